"""Who remembers what was said? A journal that takes notes at once, and writes them a moment later, many together.

Nobody waits for it: a call to a channel goes on while its note is still in memory. A process that is killed loses the
notes of its last half second; they explain payments, they do not make them. If the database is away, notes are kept
up to a limit and then dropped, oldest first; counts of calls are never dropped.
"""

import asyncio
from collections import deque
from datetime import datetime, timedelta

import structlog

from tael.channels import rules, store
from tael.channels.model import LATENCY_BOUNDS_MS, CallSeen, Exchange
from tael.channels.store import CountedCalls
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.errors import Unavailable

log = structlog.get_logger("tael.channels")

PAUSE_SECONDS = 0.5
AT_A_TIME = 500
_LONGEST = 20_000
_FORGET_AT_A_TIME = 5_000
Key = tuple[str, str, datetime, str, str]


class Journal:
    """Notes of one process on their way to the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._exchanges: deque[Exchange] = deque(maxlen=_LONGEST)
        self._counts: dict[Key, list[int]] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, exchange: Exchange) -> None:
        """Remember one turn of a conversation."""
        self._exchanges.append(exchange)

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
        await self.write_all()

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
            await self.write_all()

    async def write_all(self) -> None:
        """Write what was noted until now."""
        while self._exchanges or self._counts:
            exchanges = [self._exchanges.popleft() for _ in range(min(AT_A_TIME, len(self._exchanges)))]
            counts, self._counts = self._counts, {}
            try:
                async with self._database.transaction() as tx, tx.together():
                    if exchanges:
                        await store.insert_exchanges(tx, exchanges)
                    if counts:
                        await store.add_measures(tx, [_counted(key, given) for key, given in counts.items()])
            except (Unavailable, asyncio.CancelledError) as error:
                self._put_back(exchanges, counts)
                if isinstance(error, asyncio.CancelledError):
                    raise
                log.warning("journal_waits", notes=len(self._exchanges), reason=str(error))
                return

    def _put_back(self, exchanges: list[Exchange], counts: dict[Key, list[int]]) -> None:
        room = _LONGEST - len(self._exchanges)
        self._exchanges.extendleft(reversed(exchanges[-room:] if room else []))
        for key, given in counts.items():
            now = self._counts.get(key, [0] * len(given))
            self._counts[key] = [a + b for a, b in zip(now, given, strict=True)]


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
