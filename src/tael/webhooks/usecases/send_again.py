"""What if a merchant missed something? One delivery, or all that were given up since a moment, are sent again."""

from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.webhooks import store
from tael.webhooks.errors import NoSuchDelivery
from tael.webhooks.model import Delivery, DeliveryState
from tael.webhooks.usecases.keep_endpoints import Desk, check_enabled, locked

MOST_AT_A_TIME = 10_000


class Resend(msgspec.Struct, frozen=True, kw_only=True):
    """Send one delivery again."""

    delivery_id: str
    merchant_id: str


class ResendFailed(msgspec.Struct, frozen=True, kw_only=True):
    """Send again all deliveries to an endpoint that were given up."""

    endpoint_id: str
    merchant_id: str
    since: datetime


async def resend(tx: Transaction, wanted: Resend, desk: Desk) -> Delivery:
    """The delivery, due at once; one that waits already stays as it is. Refuses `NoSuchDelivery`, `EndpointIsDisabled`."""
    delivery = await find_delivery(tx, wanted.delivery_id, merchant_id=wanted.merchant_id)
    check_enabled(await locked(tx, delivery.endpoint_id, wanted.merchant_id))
    if delivery.state is not DeliveryState.PENDING:
        await store.send_again(tx, delivery.id, now=desk.now)
    return await find_delivery(tx, delivery.id, merchant_id=wanted.merchant_id)


async def resend_failed(tx: Transaction, wanted: ResendFailed, desk: Desk) -> int:
    """How many wait again, `MOST_AT_A_TIME` at most; refuses `NoSuchEndpoint`, `EndpointIsDisabled`."""
    check_enabled(await locked(tx, wanted.endpoint_id, wanted.merchant_id))
    return await store.send_failed_again(
        tx, wanted.endpoint_id, since=wanted.since, now=desk.now, limit=MOST_AT_A_TIME
    )


async def find_delivery(tx: Transaction, delivery_id: str, *, merchant_id: str) -> Delivery:
    """One delivery of this merchant; refuses `NoSuchDelivery`."""
    delivery = await store.find_delivery(tx, delivery_id, merchant_id=merchant_id)
    if delivery is None:
        raise NoSuchDelivery(f"There is no delivery {delivery_id}.", field="delivery_id")
    return delivery
