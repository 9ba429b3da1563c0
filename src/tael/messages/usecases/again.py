"""How does a message that did not arrive go again, and how does a gateway tell that one has?"""

from datetime import timedelta

import msgspec

from tael.foundation.db import Transaction
from tael.messages.errors import NoSuchMessage, NotSentAgain, ReceiptRefused
from tael.messages.model import Delivery, DeliveryState, Urgency, Way
from tael.messages.store import deliveries, messages
from tael.messages.store.deliveries import DeliveryFilter
from tael.messages.usecases.desk import Desk

WORTH_AGAIN = timedelta(days=1)
"""How long what is sent again by hand may be tried."""
_MOST_DELIVERIES = 50
_STATES = {"delivered": DeliveryState.DELIVERED, "failed": DeliveryState.FAILED}


class SendAgain(msgspec.Struct, frozen=True, kw_only=True):
    """Let what did not arrive of a message be sent again; `way`: on this one alone."""

    message_id: str
    way: Way | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway tells of a message by itself."""

    id: str
    state: str
    error: str | None = None


async def send_again(tx: Transaction, wanted: SendAgain, desk: Desk) -> list[Delivery]:
    """The deliveries of the message as they are afterwards; refuses `NoSuchMessage`, `NotSentAgain`."""
    of_message = DeliveryFilter(message_id=wanted.message_id, limit=_MOST_DELIVERIES)
    found = await deliveries.list_deliveries(tx, of_message)
    if not found:
        raise NoSuchMessage(
            f"There is no message {wanted.message_id} that went anywhere.", field="message_id"
        )
    now = desk.now()
    if found[0].urgency is Urgency.CODE:
        raise NotSentAgain("A code is not sent twice.", hint="The person asks for a new one.")
    again = await deliveries.send_again(
        tx, wanted.message_id, way=wanted.way, expires_at=now + WORTH_AGAIN, now=now
    )
    if not again:
        raise NotSentAgain(
            "Nothing of it can be sent again: it has arrived, is under way, has no address, or was forgotten."
        )
    return list(await deliveries.list_deliveries(tx, of_message))


async def hear_receipt(desk: Desk, tx: Transaction, receipt: Receipt, *, way: Way) -> None:
    """Believe a receipt that a gateway has signed; refuses `NoSuchMessage`, `ReceiptRefused`. Heard twice, it counts once."""
    if receipt.state not in _STATES:
        raise ReceiptRefused(
            f"{receipt.state[:40]!r} is no end of a message.",
            field="state",
            hint="Such as delivered or failed.",
        )
    error = receipt.error if receipt.error and receipt.error.replace("_", "").isalnum() else None
    message_id = await deliveries.record_receipt(
        tx, receipt.id, way=way, state=_STATES[receipt.state], error=error and error[:40], now=desk.now()
    )
    if message_id is not None:
        await messages.forget_secrets(tx, [message_id])
    elif not await deliveries.is_known(tx, receipt.id, way=way):
        raise NoSuchMessage(f"There is no message {receipt.id[:40]!r}.", field="id")
