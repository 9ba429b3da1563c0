"""How did the last days go, at a glance? Bars, in whole units of a drawing that the server makes; and shares in percent."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

HEIGHT, STEP, GAP = 100, 30, 8


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One day."""

    day: date
    minor: int
    x: int
    top: int
    height: int


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """Days side by side, the newest last."""

    bars: Sequence[Bar]
    total_minor: int
    width: int
    height: int = HEIGHT
    bar: int = STEP - GAP


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a whole."""

    name: str
    minor: int
    count: int
    basis_points: int


def trend_of(by_day: Mapping[date, int], *, until: date, days: int) -> Trend:
    """What was captured on each of the last days; nothing on those that are not named."""
    every = [until - timedelta(days=back) for back in reversed(range(days))]
    peak = max((by_day.get(day, 0) for day in every), default=0)
    bars = []
    for place, day in enumerate(every):
        minor = by_day.get(day, 0)
        height = -(-HEIGHT * minor // peak) if peak else 0
        bars.append(Bar(day=day, minor=minor, x=STEP * place + GAP // 2, top=HEIGHT - height, height=height))
    return Trend(bars=bars, total_minor=sum(bar.minor for bar in bars), width=STEP * days)


def shares_of(parts: Sequence[tuple[str, int, int]]) -> list[Share]:
    """Names with amounts and counts, as parts of their sum in hundredths of a percent."""
    whole = sum(minor for _, minor, _ in parts)
    return [
        Share(name=name, minor=minor, count=count, basis_points=10_000 * minor // whole if whole else 0)
        for name, minor, count in parts
    ]


def change_basis_points(now: int, before: int) -> int | None:
    """By how much something grew, in hundredths of a percent; none if there was nothing before."""
    return (now - before) * 10_000 // before if before else None
