"""Wait for something that happens elsewhere, but not for ever."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tael.foundation.clock import monotonic_seconds

T = TypeVar("T")

_PAUSE_SECONDS = 0.05


async def until(
    happened: Callable[[], object | Awaitable[object]],
    what: str = "what was waited for",
    *,
    seconds: float = 20,
) -> float:
    """Wait until it has happened; says how long that took, and fails after `seconds`."""
    started = monotonic_seconds()
    while True:
        answer = happened()
        if await answer if inspect.isawaitable(answer) else answer:
            return monotonic_seconds() - started
        assert monotonic_seconds() - started < seconds, f"not within {seconds} s: {what}"
        await asyncio.sleep(_PAUSE_SECONDS)


async def once(look: Callable[[], Awaitable[T]], fits: Callable[[T], bool], *, seconds: float = 20) -> T:
    """What is seen as soon as it fits; fails after `seconds`, with what was seen last."""
    started = monotonic_seconds()
    while not fits(seen := await look()):
        assert monotonic_seconds() - started < seconds, f"not within {seconds} s; the last seen: {seen}"
        await asyncio.sleep(_PAUSE_SECONDS)
    return seen
