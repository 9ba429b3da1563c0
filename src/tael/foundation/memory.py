"""What did we learn a moment ago? Kept for some seconds, and asked once however many want to know.

When an answer grows old under load, hundreds of requests miss it at the same moment. Each asking for itself was a
tenth of the server's work and emptied the pool of connections; now the first asks, and the others wait for its answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from tael.foundation.clock import Clock

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_LIMIT = 10_000


class Memory(Generic[K, T]):
    """Answers by key, each good for `seconds` from the moment at which it was asked for."""

    def __init__(self, clock: Clock, *, seconds: float) -> None:
        self._clock = clock
        self._lifetime = timedelta(seconds=seconds)
        self._known: dict[K, tuple[T, datetime]] = {}
        self._asking: dict[K, asyncio.Task[T]] = {}

    async def get(self, key: K, ask: Callable[[], Awaitable[T]]) -> T:
        """What is known under `key`, or what `ask` gives; what it raises is raised to all who wait, and not kept."""
        known = self._known.get(key)
        if known is not None and self._clock.now() < known[1]:
            return known[0]
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(key, ask))
        return await asyncio.shield(asking)  # whoever goes away does not take the answer from the others

    async def _ask(self, key: K, ask: Callable[[], Awaitable[T]]) -> T:
        good_until = self._clock.now() + self._lifetime
        try:
            answer = await ask()
        finally:
            del self._asking[key]
        if len(self._known) >= _LIMIT:
            self._known.clear()
        self._known[key] = answer, good_until
        return answer
