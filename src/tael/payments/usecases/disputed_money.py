"""What does a payer's dispute change here? The captured money that is free, and the books. Its story is told elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import structlog

from tael.channels.api import AcceptedNotice, Channels
from tael.channels.port import Outcome
from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.api import Ledger
from tael.merchants.model import PLATFORM
from tael.payments import postings, store
from tael.payments.events import DisputeReported
from tael.payments.model import Attempt, DisputeBooking, DisputeHolding, DisputeMove, Payment

log = structlog.get_logger("tael.payments")


class DisputedMoney:
    """The money of payments, as disputes move it."""

    def __init__(self, ledger: Ledger, channels: Channels) -> None:
        self._ledger = ledger
        self._channels = channels

    async def report(
        self, tx: Transaction, channel: str, outcome: Outcome, *, notice_id: str, now: datetime
    ) -> None:
        """Tell what a notice says of a dispute, once; of an order that nobody knows, too."""
        assert outcome.dispute is not None  # noqa: S101 - whoever calls has looked
        notice = AcceptedNotice(channel, notice_id, outcome.dispute.dispute_number)
        if await self._channels.known_notices(tx, [notice]):
            return
        await self._channels.remember_notices(tx, [notice])
        attempt = await self.find_attempt(tx, channel, outcome)
        payment = None
        if attempt is not None:
            payment = (await store.lock_payments(tx, [attempt.payment_id]))[attempt.payment_id]
        await outbox.publish(tx, [_reported(channel, outcome, attempt, payment, now)])

    async def find_attempt(self, tx: Transaction, channel: str, outcome: Outcome) -> Attempt | None:
        """The attempt that an outcome is about, by our number or by the channel's."""
        number = outcome.order_number
        if not number and outcome.channel_reference:
            found = await store.find_attempts_by_reference(tx, channel, [outcome.channel_reference])
            number = found.get(outcome.channel_reference, "")
        attempt = (await store.find_attempts(tx, [number])).get(number)
        return attempt if attempt is not None and attempt.channel == channel else None

    async def lock(self, tx: Transaction, payment_ids: Iterable[str]) -> Mapping[str, Payment]:
        """The payments, locked until the transaction ends: nobody refunds or disputes them meanwhile."""
        return await store.lock_payments(tx, set(payment_ids))

    async def settled_attempts(self, tx: Transaction, attempt_ids: Sequence[str]) -> set[str]:
        """Those of the attempts that have come to an end in our books: what was paid is booked."""
        found = await store.find_attempts(tx, attempt_ids)
        return {attempt.id for attempt in found.values() if not attempt.live}

    async def move(self, tx: Transaction, channel: str, booking: DisputeBooking) -> DisputeHolding:
        """Book a move of a dispute whose payment is locked; gives whose money stands for it from now on.

        Held is at most what is left of the captured money, and of that what the merchant's balance covers. The rest is to
        be recovered; all of it if the platform itself was paid, on whose account lies what others have topped up.
        """
        payment = (await store.lock_payments(tx, [booking.payment_id]))[booking.payment_id]
        if booking.move is DisputeMove.HELD:
            left = payment.refundable_minor if payment.captured_by == booking.attempt_id else 0
            charged = min(booking.holding.amount_minor, left)
            covered = 0 if payment.merchant_id == PLATFORM else charged
            holding = msgspec.structs.replace(booking.holding, charged_minor=charged, pending_minor=covered)
            booking = msgspec.structs.replace(booking, holding=holding)
        _require(await self._ledger.open_accounts(tx, postings.accounts_of_dispute(payment, channel)))
        booking = await self._post(tx, channel, payment, booking)
        moved = {
            DisputeMove.HELD: booking.holding.charged_minor,
            DisputeMove.RETURNED: -booking.holding.charged_minor,
        }.get(booking.move, 0)
        if moved:
            await store.update_disputed(tx, payment.id, payment.disputed_minor + moved)
        return booking.holding

    async def _post(
        self, tx: Transaction, channel: str, payment: Payment, booking: DisputeBooking
    ) -> DisputeBooking:
        """The entry. What the merchant's balance is short of, as the books say under their lock, is to be recovered."""
        [receipt] = await self._ledger.post(tx, [postings.dispute_moved(booking, payment, channel)])
        missing = receipt.facts.get("missing_minor") if isinstance(receipt, Refusal) else None
        if isinstance(missing, int) and booking.move is DisputeMove.HELD:
            covered = max(0, booking.holding.pending_minor - missing)
            log.error("dispute_not_covered", dispute=booking.dispute_id, missing_minor=missing)
            holding = msgspec.structs.replace(booking.holding, pending_minor=covered)
            booking = msgspec.structs.replace(booking, holding=holding)
            [receipt] = await self._ledger.post(tx, [postings.dispute_moved(booking, payment, channel)])
        _require([receipt])
        return booking


def _reported(
    channel: str, outcome: Outcome, attempt: Attempt | None, payment: Payment | None, now: datetime
) -> DisputeReported:
    said = outcome.dispute
    assert said is not None  # noqa: S101 - whoever calls has looked
    if attempt is None:
        log.error("dispute_of_unknown_order", channel=channel, number=said.dispute_number)
    return DisputeReported(
        object_id=payment.id if payment else said.dispute_number,
        happened_at=now,
        channel=channel,
        number=said.dispute_number,
        payment_id=payment.id if payment else None,
        attempt_id=attempt.id if attempt else None,
        merchant_id=payment.merchant_id if payment else None,
        state=said.state,
        warning=said.warning,
        amount_minor=said.amount.minor,
        currency=said.amount.currency,
        reason=said.reason,
        respond_by=said.respond_by,
    )


def _require(results: Sequence[object]) -> None:
    """Money that moved is always booked: a refusal here is a bug, and undoes the transaction."""
    for result in results:
        if isinstance(result, Refusal):
            raise RuntimeError(f"the books refuse what has happened: {result.message}") from result
