"""Where do deliveries and their attempts lie?"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, columns
from tael.messages.model import Attempt, Delivery, DeliveryState, Language, Urgency, Way
from tael.messages.store.messages import SQL


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message that shall go on one way."""

    id: str
    message_id: str
    user_id: str | None
    template: str
    urgency: Urgency
    language: Language
    way: Way
    address_sealed: bytes | None
    address_masked: str
    subscription_id: str | None = None
    state: DeliveryState = DeliveryState.QUEUED
    next_attempt_at: datetime | None
    expires_at: datetime
    error: str | None = None
    created_at: datetime


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that was taken: to send it, or to ask what became of it."""

    seq: int
    id: str
    message_id: str
    user_id: str | None
    template: str
    urgency: Urgency
    language: Language
    way: Way
    address_sealed: bytes | None
    subscription_id: str | None
    state: DeliveryState
    begun: int
    tries: int
    expires_at: datetime
    created_at: datetime
    sent_at: datetime | None
    values_sealed: bytes | None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a way and an urgency may be taken."""

    way: Way
    urgency: Urgency
    places: int


class StepEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How a delivery stands after a try."""

    seq: int
    begun: int
    state: DeliveryState
    next_attempt_at: datetime | None
    error: str | None


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries to list, newest first; `before` is the id where the last page ended."""

    before: str | None = None
    user_id: str | None = None
    message_id: str | None = None
    way: Way | None = None
    state: DeliveryState | None = None
    urgency: Urgency | None = None
    template: str | None = None
    created_from: datetime | None = None
    limit: int = 50


async def insert_deliveries(tx: Transaction, deliveries: Sequence[NewDelivery]) -> None:
    """Write deliveries."""
    if deliveries:
        await tx.run(SQL.insert_deliveries, **columns(deliveries, " ".join(NewDelivery.__struct_fields__)))


async def claim_deliveries(
    tx: Transaction, places: Sequence[Place], *, now: datetime, lease_until: datetime
) -> Sequence[Parcel]:
    """Take what is due."""
    return await tx.rows(
        SQL.claim_deliveries,
        Parcel,
        now=now,
        lease_until=lease_until,
        **columns(places, "way urgency places"),
    )


async def record_steps(
    tx: Transaction, attempts: Sequence[Attempt], steps: Sequence[StepEnd], *, now: datetime
) -> None:
    """Write down how tries went, and how deliveries stand after them."""
    fields = "delivery_id number started_at milliseconds asked outcome error"
    await tx.run(SQL.insert_attempts, **columns(attempts, fields))
    await tx.run(SQL.record_steps, now=now, **columns(steps, "seq begun state next_attempt_at error"))


async def record_receipt(
    tx: Transaction, delivery_id: str, *, way: Way, state: DeliveryState, error: str | None, now: datetime
) -> str | None:
    """What a gateway tells by itself; gives the message's id, none if it had ended or is not known."""
    rows = await tx.tuples(SQL.record_receipt, id=delivery_id, way=way, state=state, error=error, now=now)
    return rows[0][0] if rows else None


async def is_known(tx: Transaction, delivery_id: str, *, way: Way) -> bool:
    """Whether there is such a delivery."""
    return bool(await tx.tuples(SQL.find_delivery_state, id=delivery_id, way=way))


async def list_deliveries(tx: Transaction, wanted: DeliveryFilter) -> Sequence[Delivery]:
    """One page of deliveries, newest first."""
    return await tx.rows(SQL.list_deliveries, Delivery, **msgspec.structs.asdict(wanted))


async def list_attempts(tx: Transaction, message_id: str, *, limit: int) -> Sequence[Attempt]:
    """The attempts of a message on all its ways, oldest first."""
    return await tx.rows(SQL.list_attempts, Attempt, message_id=message_id, limit=limit)


async def send_again(
    tx: Transaction, message_id: str, *, way: Way | None, expires_at: datetime, now: datetime
) -> list[str]:
    """Let what did not arrive go again; gives which deliveries."""
    rows = await tx.tuples(SQL.send_again, message_id=message_id, way=way, expires_at=expires_at, now=now)
    return [id for (id,) in rows]


async def fail_expired(tx: Transaction, *, long_ago: datetime, now: datetime, limit: int) -> int:
    """Give up what nobody sent in time; gives how many."""
    return await tx.run(SQL.fail_expired, long_ago=long_ago, now=now, limit=limit)
