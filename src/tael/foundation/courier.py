"""Who carries the facts to those who must hear of them? The courier.

It takes the oldest events, hands them to their subscribers and deletes them, all in one transaction: a
subscriber's change in the database and the delivery happen together or not at all. A courier that is killed
loses nothing. If a batch fails it is halved until the guilty event stands alone; that one waits, longer each
time, and only the later events of its own object wait behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
import structlog

from tael.foundation.batches import run_halving
from tael.foundation.clock import Clock
from tael.foundation.db import CommitUnknown, ConnectionLost, Contention, Database, Transaction, queries
from tael.foundation.events import Event, type_of
from tael.foundation.telemetry import OUTBOX_AGE_SECONDS, OUTBOX_DELIVERED, OUTBOX_FAILED

log = structlog.get_logger("tael.courier")
SQL = queries("tael.foundation")

E = TypeVar("E", bound=Event)
Subscriber = Callable[[Transaction, Sequence[Any]], Awaitable[None]]

BATCH_LIMIT = 500
GATHERING_SECONDS = 0.05
"""A courier that carries few at a time waits for more: many facts cost little more than one."""
LOOKING_SECONDS = 0.2
"""A courier with nothing to carry is told of what its own process writes down, and looks this often for the others'."""
BACKOFF_SECONDS = (1, 2, 5, 15, 60, 300, 900)


class Numbered(msgspec.Struct, frozen=True):
    """A fact with its number in the outbox, which is its own for ever."""

    number: int
    fact: Event


class Subscription(msgspec.Struct, frozen=True):
    """One subscriber and the facts it wants to hear, many at a time, in order."""

    events: tuple[type[Event], ...]
    subscriber: Subscriber
    numbered: bool = False
    """Whether it hears `Numbered` facts."""
    apart: bool = False
    """Whether each of its facts is delivered in a transaction of its own: one that locks and books what others lock."""


def on(*events: type[Event], do: Subscriber, numbered: bool = False, apart: bool = False) -> Subscription:
    """`on(SurplusReceived, do=payments.refund_surplus)`."""
    return Subscription(events, do, numbered, apart)


class _Parcel(msgspec.Struct, frozen=True):
    """An event as it lies in the outbox."""

    seq: int
    type: str
    payload: bytes
    attempts: int


class UnknownEvent(Exception):
    """The outbox holds a fact that this version does not know: a newer one published it."""


class Courier:
    """Delivers the outbox. Several may run; they take turns."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        known: Sequence[type[Event]],
        subscriptions: Sequence[Subscription],
        *,
        looking_seconds: float = LOOKING_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._subscriptions = subscriptions
        self._decoders = {type_of(event): msgspec.json.Decoder(event) for event in known}
        self._apart = {type_of(event) for each in subscriptions if each.apart for event in each.events}
        self._looking_seconds = looking_seconds
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Deliver until `stop` is called."""
        published = self._database.published
        while not self._stopping.is_set():
            published.clear()
            try:
                delivered = await self.deliver()
            except (ConnectionLost, Contention, CommitUnknown) as error:
                log.warning("delivery_interrupted", reason=repr(error))
                delivered = 0
            if not delivered:
                await _until(published, self._looking_seconds)
            elif delivered < BATCH_LIMIT:
                await _until(self._stopping, GATHERING_SECONDS)

    def stop(self) -> None:
        """Finish the batch at hand and stop."""
        self._stopping.set()
        self._database.published.set()

    async def deliver(self) -> int:
        """Deliver one batch; says how many events it looked at."""
        async with self._database.transaction() as tx:
            parcels = await tx.rows(SQL.next_events, _Parcel, now=self._clock.now(), limit=BATCH_LIMIT)
            oldest = (await tx.tuples(SQL.oldest_event))[0][0]
        OUTBOX_AGE_SECONDS.set((self._clock.now() - oldest).total_seconds() if oldest else 0)
        for together in self._loads(parcels):
            await run_halving(together, self._hand_over, self._postpone)
        return len(parcels)

    def _loads(self, parcels: Sequence[_Parcel]) -> list[list[_Parcel]]:
        """What goes into one transaction each, in order."""
        loads: list[list[_Parcel]] = []
        alone = True
        for parcel in parcels:
            before, alone = alone, parcel.type in self._apart
            if before or alone:
                loads.append([])
            loads[-1].append(parcel)
        return loads

    async def _hand_over(self, parcels: Sequence[_Parcel]) -> None:
        async with self._database.transaction() as tx:
            claimed = await tx.rows(
                SQL.claim_events, _Parcel, seqs=[parcel.seq for parcel in parcels], now=self._clock.now()
            )
            facts = [Numbered(parcel.seq, self._open(parcel)) for parcel in claimed]
            for subscription in self._subscriptions:
                wanted = [each for each in facts if isinstance(each.fact, subscription.events)]
                if wanted:
                    heard = wanted if subscription.numbered else [each.fact for each in wanted]
                    await subscription.subscriber(tx, heard)
            await tx.run(SQL.delete_events, seqs=[parcel.seq for parcel in claimed])
        for parcel in claimed:
            OUTBOX_DELIVERED.labels(parcel.type).inc()

    def _open(self, parcel: _Parcel) -> Event:
        try:
            return self._decoders[parcel.type].decode(parcel.payload)
        except KeyError:
            raise UnknownEvent(parcel.type) from None

    async def _postpone(self, parcel: _Parcel, error: Exception) -> None:
        if isinstance(error, ConnectionLost | CommitUnknown):
            raise error  # not the event's fault; the rest of the batch must not overtake it
        pause = BACKOFF_SECONDS[min(parcel.attempts, len(BACKOFF_SECONDS) - 1)]
        OUTBOX_FAILED.labels(parcel.type).inc()
        log.error("event_failed", type=parcel.type, seq=parcel.seq, retry_seconds=pause, exc_info=error)
        async with self._database.transaction() as tx:
            await tx.run(
                SQL.postpone_event,
                seq=parcel.seq,
                next_attempt_at=self._clock.now() + timedelta(seconds=pause),
                error=f"{type(error).__name__}: {error}"[:500],
            )


async def _until(happened: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(happened.wait(), seconds)
