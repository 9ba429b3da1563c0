"""Who remembers what was said? A journal that takes notes at once, and writes them a moment later, many together.

Nobody waits for it: a call to a channel goes on while its note is still in memory. A process that is killed loses the
notes of its last half second; they explain payments, they do not make them. If the database is away, notes are kept
up to a limit and then dropped, oldest first; counts of calls are never dropped. A note that the database will not have
is dropped alone, and whatever goes wrong, the journal goes on.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import structlog

from tael.channels import rules, store
from tael.channels.masking import without_card_numbers
from tael.channels.model import LATENCY_BOUNDS_MS, CallSeen, Exchange
from tael.channels.store import CountedCalls
from tael.channels.usecases.turned_away import TurnedAway
from tael.foundation.clock import Clock
from tael.foundation.db import CommitUnknown, Database
from tael.foundation.errors import Unavailable

log = structlog.get_logger("tael.channels")

PAUSE_SECONDS = 0.5
AT_A_TIME = 500
_LONGEST = 10_000
_FORGET_AT_A_TIME = 5_000
_LONGEST_WORD, _LONGEST_MESSAGE = 128, 1_000
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""What a text of ours can hold and one of the database cannot."""
_TROUBLE = ("42", "53", "55", "57", "58")
"""Classes of SQLSTATE that are about the server, its disk, its tables and rights: no note is to blame for them."""
Key = tuple[str, str, datetime, str, str]
Counts = dict[Key, list[int]]


class _Batch(msgspec.Struct):
    """What is being written: the same again, until nobody doubts that it is there."""

    exchanges: list[Exchange]
    counts: Counts


class Journal:
    """Notes of one process on their way to the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._exchanges: deque[Exchange] = deque(maxlen=_LONGEST)
        self._turned_away = TurnedAway(clock)
        self._counts: Counts = {}
        self._batch: _Batch | None = None
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def note(self, exchange: Exchange) -> None:
        """Remember one turn of a conversation. Whoever notes is not harmed by what cannot be noted."""
        try:
            self._exchanges.append(_writable(exchange))
        except Exception as error:  # a connector may have put anything into an outcome
            log.warning("note_unreadable", channel=exchange.channel, error=type(error).__name__)

    def note_refused(self, channel: str, make: Callable[[], Exchange]) -> bool:
        """Remember a notice that was not believed, if there were few of late; whether it was remembered."""
        return self._turned_away.note(channel, lambda: _writable(make()))

    def count(self, call: CallSeen) -> None:
        """Count one call."""
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        key = (call.channel, str(call.operation), hour, str(call.state), str(call.error_class or ""))
        counts = self._counts.setdefault(key, [0] * (len(LATENCY_BOUNDS_MS) + 1))
        counts[rules.place_of(call.seconds)] += 1

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._write_again_and_again(), name="channels.journal")

    async def stop(self) -> None:
        """Write what is left, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.write_all(everything=True)

    async def forget(self, *, older_than: timedelta) -> int:
        """Delete what is old, in small steps; gives how many."""
        before = self._clock.now() - older_than
        deleted = 0
        while True:
            async with self._database.transaction() as tx:
                step = await store.forget_exchanges(tx, before=before, limit=_FORGET_AT_A_TIME)
            deleted += step
            if step < _FORGET_AT_A_TIME:
                return deleted

    async def _write_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            try:
                await self.write_all()
            except Exception:  # without the journal nobody could explain a payment: it never ends
                log.exception("journal_failed")

    async def write_all(self, *, everything: bool = False) -> None:
        """Write what was noted until now; `everything`: also counts that were not due yet."""
        async with self._writing:
            while batch := self._batch or self._next_batch(everything=everything):
                self._batch = batch
                try:
                    await self._write(batch)
                except Exception as error:  # only to tell apart what passes; the rest is raised again
                    if not _may_pass(error):
                        raise
                    log.warning("journal_waits", notes=len(self._exchanges), error=type(error).__name__)
                    return
                self._batch = None

    def _next_batch(self, *, everything: bool) -> _Batch | None:
        exchanges = [self._exchanges.popleft() for _ in range(min(AT_A_TIME, len(self._exchanges)))]
        exchanges += self._turned_away.take(AT_A_TIME, everything=everything)
        counts, self._counts = self._counts, {}
        return _Batch(exchanges, counts) if exchanges or counts else None

    async def _write(self, batch: _Batch) -> None:
        """Write a batch in one transaction; if the database will not have it, without the notes that are to blame."""
        try:
            await self._store(batch.exchanges, batch.counts)
        except Exception as error:  # whatever it is, it must not take the good notes along
            if _may_pass(error):
                raise
            await self._write_without_the_guilty(batch.exchanges, error)
            batch.exchanges = []
            await self._store_counts(batch.counts)

    async def _write_without_the_guilty(self, exchanges: list[Exchange], error: Exception) -> None:
        dropped = 0
        halves = _halves(exchanges)
        while halves:
            some = halves.pop()
            try:
                await self._store(some, {})
            except Exception as found:  # of one note: that note's fault; of many: one of theirs
                if _may_pass(found):
                    raise
                error, alone = found, len(some) == 1
                dropped += alone
                halves += [] if alone else _halves(some)
        log.error("notes_dropped", notes=dropped, error=type(error).__name__)

    async def _store_counts(self, counts: Counts) -> None:
        try:
            await self._store([], counts)
        except Exception as error:  # no cause is known; the next counts are written all the same
            if _may_pass(error):
                raise
            log.warning("counts_dropped", counts=len(counts), error=type(error).__name__)

    async def _store(self, exchanges: list[Exchange], counts: Counts) -> None:
        """One transaction. If all these notes are there already, so are these counts: its COMMIT was lost."""
        async with self._database.transaction() as tx:
            written = await store.insert_exchanges(tx, exchanges) if exchanges else 1
            if counts and written:
                await store.add_measures(tx, [_counted(key, given) for key, given in counts.items()])


def _may_pass(error: Exception) -> bool:
    """Whether the same notes can be written later. If they are there already, that has no effect."""
    trouble = str(getattr(error, "sqlstate", None) or "")[:2] in _TROUBLE
    return trouble or isinstance(error, (Unavailable, CommitUnknown, ConnectionError))


def _halves(exchanges: list[Exchange]) -> list[list[Exchange]]:
    middle = len(exchanges) // 2
    return [half for half in (exchanges[:middle], exchanges[middle:]) if half]


def _writable(exchange: Exchange) -> Exchange:
    """The same in texts that the database takes: a channel, or whoever posts a notice, may have put anything into them."""
    return msgspec.structs.replace(
        exchange,
        state=_clean(exchange.state)[:_LONGEST_WORD],
        operation=_clean(exchange.operation)[:_LONGEST_WORD],
        number=_clean(exchange.number)[:_LONGEST_WORD],
        code=None if exchange.code is None else _clean(exchange.code)[:_LONGEST_WORD],
        message=None if exchange.message is None else _sentence(exchange.message),
        said=_clean(exchange.said),
        heard=_clean(exchange.heard),
    )


def _sentence(text: str) -> str:
    return without_card_numbers(_clean(text)[:_LONGEST_MESSAGE])


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)


def _counted(key: Key, latency: list[int]) -> CountedCalls:
    channel, operation, hour, state, error_class = key
    return CountedCalls(
        channel=channel,
        operation=operation,
        hour=hour,
        state=state,
        error_class=error_class,
        calls=sum(latency),
        latency=",".join(map(str, latency)),
    )
