"""Where do events, endpoints and deliveries lie? The context's only SQL: many rows in, many rows out."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Query, Transaction, columns, queries
from tael.webhooks.model import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    DisabledBecause,
    Endpoint,
    EndpointState,
    LoggedEvent,
)

SQL = queries("tael.webhooks")


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of a merchant to list, newest first; `before` is the id where the last page ended."""

    merchant_id: str
    before: str | None = None
    type: str | None = None
    kind: str | None = None
    """What the type begins with: `payment`."""
    object_id: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    limit: int = 50


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries to an endpoint to list, newest first; `before` is the id where the last page ended."""

    merchant_id: str
    endpoint_id: str
    before: str | None = None
    state: DeliveryState | None = None
    event_id: str | None = None
    limit: int = 50


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """An event that shall go to an endpoint."""

    id: str
    endpoint_id: str
    merchant_id: str
    event_id: str
    event_type: str
    object_id: str
    line_id: str
    """In whose order it is sent, where order is wanted."""
    created_at: datetime


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint that is sent something, and what it wants."""

    merchant_id: str
    id: str
    events: tuple[str, ...]


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that was taken to be sent: where to, signed with what, and the event."""

    seq: int
    id: str
    endpoint_id: str
    tries: int
    url: str
    secret: bytes
    previous_secret: bytes | None
    event_id: str
    merchant_id: str
    type: str
    object_id: str
    object: str
    happened_at: datetime
    api_version: str
    created_at: datetime

    @property
    def event(self) -> LoggedEvent:
        """What is told."""
        return LoggedEvent(
            id=self.event_id,
            merchant_id=self.merchant_id,
            type=self.type,
            object_id=self.object_id,
            object=self.object,
            happened_at=self.happened_at,
            api_version=self.api_version,
            created_at=self.created_at,
        )


class TryEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How a delivery stands after a try."""

    seq: int
    tries: int
    """How often it had been tried before."""
    state: DeliveryState
    next_attempt_at: datetime
    status: int | None
    error: str | None
    ended_at: datetime | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How an endpoint has answered, and what follows from it."""

    id: str
    failures: int
    failing_since: datetime | None
    resting_until: datetime | None
    state: EndpointState
    disabled_because: DisabledBecause | None
    disabled_at: datetime | None


async def insert_events(tx: Transaction, events: Sequence[LoggedEvent]) -> set[str]:
    """Write events; gives the ids of those that were not there yet."""
    rows = await tx.tuples(
        SQL.insert_events,
        **columns(events, "id merchant_id type object_id object happened_at api_version created_at"),
    )
    return {id for (id,) in rows}


async def find_event(tx: Transaction, event_id: str, *, merchant_id: str) -> LoggedEvent | None:
    """One event of a merchant."""
    return await tx.row(SQL.find_event, LoggedEvent, id=event_id, merchant_id=merchant_id)


async def list_events(tx: Transaction, wanted: EventFilter) -> list[LoggedEvent]:
    """One page of a merchant's events."""
    return await tx.rows(SQL.list_events, LoggedEvent, **msgspec.structs.asdict(wanted))


async def lock_merchant(tx: Transaction, merchant_id: str) -> int:
    """Wait for whoever else adds endpoints for a merchant; gives how many there are."""
    await tx.tuples(SQL.lock_merchant, merchant_id=merchant_id)
    [(count,)] = await tx.tuples(SQL.count_endpoints, merchant_id=merchant_id)
    return int(count)


async def insert_endpoint(tx: Transaction, endpoint: Endpoint) -> None:
    """Write a new endpoint."""
    await tx.run(SQL.insert_endpoint, **_row(endpoint))


async def find_endpoints(tx: Transaction, ids: Sequence[str]) -> dict[str, Endpoint]:
    """The endpoints as they stand."""
    return {each.id: each for each in await tx.rows(SQL.find_endpoints, Endpoint, ids=list(ids))}


async def lock_endpoint(tx: Transaction, endpoint_id: str, *, merchant_id: str) -> Endpoint | None:
    """One endpoint of a merchant, locked until the transaction ends."""
    return await tx.row(SQL.lock_endpoint, Endpoint, id=endpoint_id, merchant_id=merchant_id)


async def list_endpoints(
    tx: Transaction, merchant_id: str, *, before: str | None, limit: int
) -> list[Endpoint]:
    """A merchant's endpoints, newest first."""
    return await tx.rows(SQL.list_endpoints, Endpoint, merchant_id=merchant_id, before=before, limit=limit)


async def listeners_of(tx: Transaction, merchant_ids: Sequence[str]) -> dict[str, list[Listener]]:
    """The endpoints that are sent something, by merchant."""
    found: dict[str, list[Listener]] = {}
    for each in await tx.rows(SQL.listeners_of, Listener, merchant_ids=list(merchant_ids)):
        found.setdefault(each.merchant_id, []).append(each)
    return found


async def update_endpoint(tx: Transaction, endpoint: Endpoint) -> None:
    """Write what changed."""
    await tx.run(SQL.update_endpoint, **_row(endpoint))


async def lock_health(tx: Transaction, *, failed: Sequence[str], succeeded: Sequence[str]) -> list[Endpoint]:
    """The endpoints of which an attempt has failed, and those that had failed before and answered; locked."""
    return await tx.rows(SQL.lock_health, Endpoint, failed=list(failed), succeeded=list(succeeded))


async def update_health(tx: Transaction, standings: Sequence[Standing]) -> None:
    """Write how endpoints stand."""
    if standings:
        fields = "id failures failing_since resting_until state disabled_because disabled_at"
        await tx.run(SQL.update_health, **columns(standings, fields))


async def insert_deliveries(tx: Transaction, deliveries: Sequence[NewDelivery]) -> None:
    """Write what shall be sent, in this order."""
    if deliveries:
        fields = "id endpoint_id merchant_id event_id event_type object_id line_id created_at"
        await tx.run(SQL.insert_deliveries, **columns(deliveries, fields))


async def claim_deliveries(
    tx: Transaction,
    *,
    now: datetime,
    lease_until: datetime,
    busy: dict[str, int],
    each: int,
    failures: int,
    limit: int,
) -> list[Parcel]:
    """What is due, taken from other relays until the lease ends.

    busy       how many of each endpoint are under way already
    each       how many of one endpoint may be under way; one, of an endpoint that failed so often in a row (`failures`)
    """
    return await tx.rows(
        SQL.claim_deliveries,
        Parcel,
        now=now,
        lease_until=lease_until,
        busy=list(busy),
        under_way=list(busy.values()),
        each=each,
        failures=failures,
        limit=limit,
    )


async def release_deliveries(tx: Transaction, seqs: Sequence[int], *, now: datetime) -> None:
    """Let others send what was taken and not sent."""
    await tx.run(SQL.release_deliveries, seqs=list(seqs), now=now)


async def record_attempts(
    tx: Transaction, attempts: Sequence[DeliveryAttempt], ends: Sequence[TryEnd]
) -> None:
    """Write what was tried, and how the deliveries stand."""
    await tx.run(
        SQL.insert_attempts,
        **columns(attempts, "delivery_id started_at milliseconds status error headers body"),
    )
    await tx.run(SQL.record_tries, **columns(ends, "seq tries state next_attempt_at status error ended_at"))


async def give_up_deliveries(tx: Transaction, endpoint_ids: Sequence[str], *, now: datetime) -> None:
    """End what waits for endpoints that are sent nothing any more."""
    if endpoint_ids:
        await tx.run(SQL.give_up_deliveries, endpoint_ids=list(endpoint_ids), now=now)


async def find_delivery(tx: Transaction, delivery_id: str, *, merchant_id: str) -> Delivery | None:
    """One delivery of a merchant."""
    return await tx.row(SQL.find_delivery, Delivery, id=delivery_id, merchant_id=merchant_id)


async def list_deliveries(tx: Transaction, wanted: DeliveryFilter) -> list[Delivery]:
    """One page of the deliveries to an endpoint."""
    return await tx.rows(SQL.list_deliveries, Delivery, **msgspec.structs.asdict(wanted))


async def list_attempts(tx: Transaction, delivery_id: str, *, limit: int) -> list[DeliveryAttempt]:
    """How a delivery was tried, oldest first."""
    return await tx.rows(SQL.list_attempts, DeliveryAttempt, delivery_id=delivery_id, limit=limit)


async def send_again(tx: Transaction, delivery_id: str, *, now: datetime) -> None:
    """Make a delivery that ended wait again, if its event is still there."""
    await tx.run(SQL.send_again, id=delivery_id, now=now)


async def send_failed_again(
    tx: Transaction, endpoint_id: str, *, since: datetime, now: datetime, limit: int
) -> int:
    """Make what was given up since then wait again; gives how many."""
    return await tx.run(SQL.send_failed_again, endpoint_id=endpoint_id, since=since, now=now, limit=limit)


FORGETTING: Sequence[Query] = (SQL.forget_attempts, SQL.forget_deliveries, SQL.forget_events)


async def forget(tx: Transaction, what: Query, *, before: datetime, limit: int) -> int:
    """Delete the oldest rows of one of the tables of `FORGETTING`; gives how many."""
    return await tx.run(what, before=before, limit=limit)


def _row(endpoint: Endpoint) -> dict[str, object]:
    return msgspec.structs.asdict(endpoint) | {"events": list(endpoint.events)}
