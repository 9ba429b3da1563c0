"""Whose turn is it? An event loop with virtual time on which dice choose the next of the steps that are ready."""

import asyncio
import contextvars
import heapq
import random
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

T = TypeVar("T")

GROUP: contextvars.ContextVar[str] = contextvars.ContextVar("group", default="")
"""To which process of the simulation a task belongs; tasks hand it on to those that they make."""


class Stuck(Exception):
    """Somebody waits, and nothing can happen any more."""


class _Call:
    """A step that will be taken, unless it is cancelled."""

    __slots__ = ("args", "callback", "context", "is_cancelled", "moment")

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
        moment: float,
    ) -> None:
        self.callback = callback
        self.args = args
        self.context = context or contextvars.copy_context()
        self.moment = moment
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return self.moment


class SeededLoop:
    """As much of an event loop as code needs that only waits for other code."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._now = 0.0
        self._ready: list[_Call] = []
        self._later: list[tuple[float, int, _Call]] = []
        self._count = 0
        self._tasks: dict[str, list[asyncio.Task[Any]]] = {}

    # ── What asyncio asks of a loop ───────────────────────────────────────────────────────────────────

    def time(self) -> float:
        """Virtual seconds since the beginning."""
        return self._now

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> _Call:
        """Take this step some time, without waiting for time to pass."""
        call = _Call(callback, args, context, self._now)
        self._ready.append(call)
        return call

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> _Call:
        """Take this step after some virtual seconds."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> _Call:
        """Take this step at a moment of virtual time."""
        call = _Call(callback, args, context, when)
        self._count += 1
        heapq.heappush(self._later, (when, self._count, call))
        return call

    def create_future(self) -> asyncio.Future[Any]:
        """Something to wait for."""
        return asyncio.Future(loop=self._as_loop())

    def create_task(self, work: Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:
        """A task of the group that makes it."""
        task = asyncio.Task(work, loop=self._as_loop(), **options)
        self._tasks.setdefault(GROUP.get(), []).append(task)
        return task

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_closed(self) -> bool:
        """Never."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Answers that nobody waits for any more, because who asked is dead."""

    # ── What a simulation asks of it ──────────────────────────────────────────────────────────────────

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Step by step until `main` is done; raises `Stuck` if it never will be."""
        outside = asyncio._get_running_loop()  # noqa: SLF001 - how a loop of one's own is made
        asyncio._set_running_loop(self._as_loop())  # noqa: SLF001
        try:
            task = self.create_task(main)
            while not task.done():
                self._step()
            return task.result()
        finally:
            asyncio._set_running_loop(outside)  # noqa: SLF001

    def kill(self, group: str) -> None:
        """End every task of a group."""
        for task in self._tasks.pop(group, []):
            task.cancel()

    def _step(self) -> None:
        while self._later and (self._later[0][0] <= self._now or not self._ready):
            self._now, _, call = heapq.heappop(self._later)
            self._ready.append(call)
        if not self._ready:
            raise Stuck(f"after {self._now} seconds")
        place = self._dice.randrange(len(self._ready))
        self._ready[place], self._ready[-1] = self._ready[-1], self._ready[place]
        call = self._ready.pop()
        if not call.is_cancelled:
            call.context.run(call.callback, *call.args)

    def _as_loop(self) -> asyncio.AbstractEventLoop:
        return cast(asyncio.AbstractEventLoop, self)
