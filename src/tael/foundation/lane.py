"""How do a thousand callers share one transaction? Group commit.

A caller awaits `lane.submit(command)`. The lane takes all that is waiting, opens one transaction, calls
`verb(tx, commands) -> answers`, commits, and gives each caller the answer. There is no timer: while one batch
commits the next gathers, so an idle system adds no delay and a busy one pays for one commit per batch.

* An answer that is a `Refusal` is raised to its own caller only; it never stops the neighbours.
* If the transaction fails, the batch is halved until the guilty command stands alone.
* If nothing happened (lost connection, deadlock), the same batch is tried again for a while.
* If COMMIT's outcome is unknown, the same batch is submitted again: **commands must be idempotent** by a key
  or an id that the caller made. Does it stay unknown, each caller is told `Uncertain`.
* The queue is bounded: past the limit callers get `Throttled` at once.

Commands of one lane are decided in the order in which they came.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from tael.foundation.batches import run_halving
from tael.foundation.db import ConnectionLost, Contention, Database, Transaction
from tael.foundation.errors import Refusal, Throttled, Unavailable, Uncertain
from tael.foundation.patience import PATIENCE_SECONDS, patiently
from tael.foundation.telemetry import LANE_BATCH_SIZE, LANE_SECONDS

log = structlog.get_logger("tael.lane")

C = TypeVar("C")
R = TypeVar("R")
Verb = Callable[[Transaction, Sequence[C]], Awaitable[Sequence[R | Refusal]]]


class _Waiting(Generic[C, R]):
    """A command and the caller who waits for its answer."""

    __slots__ = ("answer", "command")

    def __init__(self, command: C, answer: "asyncio.Future[R]") -> None:
        self.command = command
        self.answer = answer

    def give(self, result: R | Refusal) -> None:
        """Tell the caller, who may have gone away meanwhile."""
        if self.answer.done():
            return
        if isinstance(result, Refusal):
            self.answer.set_exception(result)
        else:
            self.answer.set_result(result)


class Lane(Generic[C, R]):
    """One queue of commands for one verb, run as few large transactions."""

    def __init__(
        self,
        name: str,
        database: Database,
        verb: Verb[C, R],
        *,
        batch_limit: int = 512,
        queue_limit: int = 8_192,
        parallel: int = 1,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.name = name
        self._database = database
        self._verb = verb
        self._batch_limit = batch_limit
        self._queue_limit = queue_limit
        self._parallel = parallel
        self._patience_seconds = patience_seconds
        self._queue: deque[_Waiting[C, R]] = deque()
        self._arrived = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def submit(self, command: C) -> R:
        """Run the command in the next batch; returns its result or raises its refusal.

        A caller that is cancelled stops waiting; the command runs all the same.
        """
        if self._stopping or not self._workers:
            raise Unavailable(
                "The platform is being stopped or started.",
                retry_after_seconds=1,
                hint="Send the request again.",
            )
        if len(self._queue) >= self._queue_limit:
            raise Throttled(
                "More requests are waiting than can be worked off.",
                retry_after_seconds=1,
                hint="Send the same request again, with the same Idempotency-Key.",
            )
        waiting: _Waiting[C, R] = _Waiting(command, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._arrived.set()
        return await waiting.answer

    def start(self) -> None:
        """Begin to take commands; to be called inside the event loop."""
        self._workers = [
            asyncio.create_task(self._work(), name=f"lane-{self.name}-{number}")
            for number in range(self._parallel)
        ]

    async def stop(self) -> None:
        """Refuse new commands, finish those that wait, then return."""
        self._stopping = True
        self._arrived.set()
        await asyncio.gather(*self._workers)

    async def _work(self) -> None:
        while True:
            while self._queue:
                size = min(len(self._queue), self._batch_limit)
                await self._run_batch([self._queue.popleft() for _ in range(size)])
            if self._stopping:
                return
            self._arrived.clear()
            await self._arrived.wait()

    async def _run_batch(self, batch: list[_Waiting[C, R]]) -> None:
        LANE_BATCH_SIZE.labels(self.name).observe(len(batch))
        with LANE_SECONDS.labels(self.name).time():
            await run_halving(batch, self._run_patiently, self._blame)

    async def _run_patiently(self, batch: Sequence[_Waiting[C, R]]) -> None:
        """Run one transaction; try again as long as nothing happened or nobody knows whether it did."""
        try:
            await patiently(
                lambda: self._run_once(batch),
                what=self.name,
                calls=len(batch),
                seconds=self._patience_seconds,
            )
        except (ConnectionLost, Contention, Uncertain) as refusal:
            _answer_all(batch, refusal)

    async def _run_once(self, batch: Sequence[_Waiting[C, R]]) -> None:
        async with self._database.transaction() as tx:
            results = await self._verb(tx, [waiting.command for waiting in batch])
            if len(results) != len(batch):
                raise RuntimeError(f"{self.name}: {len(results)} answers to {len(batch)} commands")
        for waiting, result in zip(batch, results, strict=True):
            waiting.give(result)

    async def _blame(self, waiting: _Waiting[C, R], error: Exception) -> None:
        if not isinstance(error, Refusal):
            log.error("command_failed", lane=self.name, exc_info=error)
        if not waiting.answer.done():
            waiting.answer.set_exception(error)


def _answer_all(batch: Sequence[_Waiting[C, R]], refusal: Refusal) -> None:
    for waiting in batch:
        waiting.give(refusal)
