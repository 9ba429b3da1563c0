"""When do signals add up to something that the platform does by itself?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tael.standing.model import Adjustment, Adjustments, Signal


def longest_window(adjustments: Adjustments) -> timedelta:
    """How far back anybody looks."""
    return timedelta(days=max((each.within_days for each in adjustments.rules), default=0))


def due(adjustments: Adjustments, signals: Sequence[Signal], *, now: datetime) -> Sequence[Adjustment]:
    """The rules that the signals of one user reach: what they weigh together, within the rule's days."""
    return [
        each
        for each in adjustments.rules
        if sum(signal.weight for signal in signals if _counts(each, signal, now)) >= each.weight_least
    ]


def ends(adjustment: Adjustment, signals: Sequence[Signal]) -> datetime | None:
    """When what the rule took is given back by itself: after so many quiet days; `None`: never."""
    if adjustment.quiet_days is None:
        return None
    last = max(signal.at for signal in signals if signal.kind == adjustment.signal)
    return last + timedelta(days=adjustment.quiet_days)


def _counts(adjustment: Adjustment, signal: Signal, now: datetime) -> bool:
    return signal.kind == adjustment.signal and now - signal.at < timedelta(days=adjustment.within_days)
