"""Wait for something that happens elsewhere, but not for ever."""

import asyncio
from collections.abc import Awaitable, Callable

from tael.foundation.clock import monotonic_seconds


async def until(happened: Callable[[], Awaitable[bool]], what: str, *, seconds: float) -> float:
    """Wait until it has happened; says how long that took, and fails after `seconds`."""
    started = monotonic_seconds()
    while not await happened():
        assert monotonic_seconds() - started < seconds, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.05)
    return monotonic_seconds() - started
