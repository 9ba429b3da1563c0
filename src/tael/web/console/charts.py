"""How did the last hours go, at a glance? Bars, one for each hour, in whole units of a drawing that the server makes."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.model import Measure

HEIGHT, STEP, GAP = 100, 30, 6
_HOUR = timedelta(hours=1)


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One hour."""

    hour: datetime
    calls: int
    errors: int
    x: int
    top: int
    """Of what went well."""
    good: int
    """The height of what went well."""
    bad: int
    """The height of what had an error; it stands below."""


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Hours side by side, the newest last."""

    bars: Sequence[Bar]
    calls: int
    errors: int
    peak: int
    """The most calls in an hour."""
    width: int
    height: int = HEIGHT
    bar: int = STEP - GAP


def hours_chart(measures: Iterable[Measure], *, until: datetime, hours: int = 24) -> Chart:
    """The calls of the last hours, and how many of them had an error."""
    last = until.replace(minute=0, second=0, microsecond=0)
    begins = [last - _HOUR * back for back in reversed(range(hours))]
    calls, errors = dict.fromkeys(begins, 0), dict.fromkeys(begins, 0)
    for each in measures:
        if each.hour in calls:
            calls[each.hour] += each.calls
            errors[each.hour] += sum(each.by_error.values())
    peak = max(calls.values(), default=0)
    return Chart(
        bars=[
            _bar(begin, calls[begin], errors[begin], peak=peak, place=place)
            for place, begin in enumerate(begins)
        ],
        calls=sum(calls.values()),
        errors=sum(errors.values()),
        peak=peak,
        width=STEP * hours,
    )


def _bar(hour: datetime, calls: int, errors: int, *, peak: int, place: int) -> Bar:
    whole = -(-HEIGHT * calls // peak) if peak else 0
    bad = -(-whole * errors // calls) if calls else 0
    return Bar(
        hour=hour,
        calls=calls,
        errors=errors,
        x=STEP * place + GAP // 2,
        top=HEIGHT - whole,
        good=whole - bad,
        bad=bad,
    )
