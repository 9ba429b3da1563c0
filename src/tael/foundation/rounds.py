"""How are rounds made over all channels, so that one that hangs holds up nobody else?"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from tael.foundation.clock import monotonic_seconds

log = structlog.get_logger("tael.rounds")

T = TypeVar("T")

ROUND_SECONDS = 20.0
"""After this long, a round takes nothing more of a channel: the next one goes on."""
BATCH_SECONDS = 60.0
"""After this long, what hangs is left to whoever takes it next. Longer than a channel has for all that is asked at once."""


class Rounds:
    """Each channel by itself, and by one round of a kind at a time: they do not pile up before a dead one."""

    def __init__(self, *, round_seconds: float = ROUND_SECONDS, batch_seconds: float = BATCH_SECONDS) -> None:
        self._round_seconds = round_seconds
        self._batch_seconds = batch_seconds
        self._under_way: set[tuple[str, str]] = set()

    async def go(
        self, what: str, channels: Sequence[str], work_off: Callable[[str], Awaitable[bool]]
    ) -> None:
        """Work off batch after batch of each channel; `work_off` says whether more may be due.

        A channel whose last round of this kind goes on is passed over.
        """
        rounds = [self._go_round(what, channel, work_off) for channel in channels]
        for channel, error in zip(
            channels, await asyncio.gather(*rounds, return_exceptions=True), strict=True
        ):
            if error is not None:
                log.error("round_of_channel_failed", channel=channel, exc_info=error)

    async def _go_round(self, what: str, channel: str, work_off: Callable[[str], Awaitable[bool]]) -> None:
        if (what, channel) in self._under_way:
            return
        self._under_way.add((what, channel))
        over_at = monotonic_seconds() + self._round_seconds
        try:
            more = True
            while more:
                async with asyncio.timeout(self._batch_seconds):
                    more = await work_off(channel)
                more = more and monotonic_seconds() < over_at
        finally:
            self._under_way.discard((what, channel))


async def for_each(errands: Sequence[T], do: Callable[[T], Awaitable[object]]) -> list[BaseException]:
    """Do something for each, all at once; gives what went wrong."""
    results = await asyncio.gather(*map(do, errands), return_exceptions=True)
    return [result for result in results if isinstance(result, BaseException)]
