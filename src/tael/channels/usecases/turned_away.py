"""How much is remembered of notices that are not believed? Little: anybody can post them.

Their notes have a place of their own, so that they never push out what a channel really said; a channel's first ones of
a moment are kept, the rest is counted, and once a minute one note tells the count.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime

import msgspec

from tael.channels.model import Exchange, ExchangeKind
from tael.foundation.clock import Clock
from tael.foundation.ids import new_id
from tael.foundation.telemetry import NOTICES_NOT_KEPT

PER_SECOND = 2.0
"""Notes of one channel that are kept in the long run."""
AT_ONCE = 20.0
"""Notes of one channel that are kept after a quiet time."""
SUMMARY_SECONDS = 60.0
_LONGEST = 1_000
_LONGEST_TEXT = 2_000


class _Allowance(msgspec.Struct):
    """How many notes a channel may still have now, and what was counted instead."""

    filled_at: datetime
    told_at: datetime
    left: float = AT_ONCE
    not_kept: int = 0


class TurnedAway:
    """Notes of refused notices, of one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._notes: deque[Exchange] = deque(maxlen=_LONGEST)
        self._allowances: dict[str, _Allowance] = {}

    def note(self, channel: str, make: Callable[[], Exchange]) -> bool:
        """Remember one, or only count it; whether it was remembered. It is made only if it is."""
        now = self._clock.now()
        allowance = self._allowances.setdefault(channel, _Allowance(filled_at=now, told_at=now))
        passed = max((now - allowance.filled_at).total_seconds(), 0.0)
        allowance.left = min(allowance.left + passed * PER_SECOND, AT_ONCE)
        allowance.filled_at = now
        if allowance.left < 1:
            allowance.not_kept += 1
            NOTICES_NOT_KEPT.labels(channel).inc()
            return False
        allowance.left -= 1
        exchange = make()
        self._notes.append(msgspec.structs.replace(exchange, heard=_short(exchange.heard)))
        return True

    def take(self, most: int, *, everything: bool = False) -> list[Exchange]:
        """The oldest notes, at most so many, and the counts that are due (or all)."""
        taken = [self._notes.popleft() for _ in range(min(most, len(self._notes)))]
        now = self._clock.now()
        for channel, allowance in self._allowances.items():
            due = everything or (now - allowance.told_at).total_seconds() >= SUMMARY_SECONDS
            if allowance.not_kept and due:
                taken.append(_summary(channel, allowance.not_kept, now))
                allowance.not_kept, allowance.told_at = 0, now
        return taken


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"


def _summary(channel: str, not_kept: int, now: datetime) -> Exchange:
    return Exchange(
        id=new_id("exch"),
        at=now,
        channel=channel,
        kind=ExchangeKind.NOTICE,
        operation="notice",
        number="",
        state="refused",
        message=f"{not_kept} more notices were refused, of which no note was kept.",
    )
