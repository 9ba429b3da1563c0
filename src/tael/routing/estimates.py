"""How likely does a channel succeed, as far as we have seen? Old results weigh less, few results lean on many.

Payments that succeed alike form a segment: method, product, currency, size of the amount. A channel's results are
counted per segment, halve in weight with time, and never weigh more than so many payments together: so a change is
noticed after that many new results at the latest. Where a channel has few results in a segment, they lean on its results
in all sizes of amount, and these on all its results; a channel without any is hoped to be good, so that it is tried.
"""

import math
from collections.abc import Iterable
from datetime import datetime

import msgspec

from tael.channels.port import Product
from tael.routing.model import Estimate, Lesson, Purpose


class Forgetting(msgspec.Struct, frozen=True, kw_only=True):
    """How fast results lose their weight."""

    half_life_seconds: int = 6 * 3600
    """After which a result weighs half."""
    most: int = 1_500
    """How many results may weigh together, of one channel in one segment."""


class Chance(msgspec.Struct, frozen=True, gc=False):
    """What is believed of one channel in one segment."""

    mean: float
    observations: float
    """How many results that is worth: the more, the surer."""


HOPE = Chance(0.9, 2.0)
"""What is believed of a channel nobody has tried."""
LEANING = 20.0
"""How many results the wider segment may count for in the narrower one."""
_SMALLEST_BAND, _LARGEST_BAND = 3, 8


def segment_of(
    *, purpose: Purpose, method: str | None, product: Product, currency: str, amount_minor: int
) -> str:
    """`pay/wallet/code/CNY/4`: the last part is the number of digits of the amount in minor units."""
    band = min(max(len(str(amount_minor)), _SMALLEST_BAND), _LARGEST_BAND)
    return f"{purpose}/{method or 'any'}/{product}/{currency}/{band}"


def _wider(segment: str) -> list[str]:
    """The segment, all sizes of amount, everything of that purpose."""
    return [segment, segment.rpartition("/")[0], segment.partition("/")[0]]


def learn(known: Estimate | None, lesson: Lesson, *, now: datetime, forgetting: Forgetting) -> Estimate:
    """An estimate with new results in it."""
    successes, failures = _faded(known, now, forgetting) if known is not None else (0.0, 0.0)
    successes += lesson.successes
    failures += lesson.failures
    shrunk = min(1.0, forgetting.most / max(successes + failures, 1.0))
    return Estimate(
        channel=lesson.channel,
        segment=lesson.segment,
        successes=successes * shrunk,
        failures=failures * shrunk,
        counted_at=now if known is None else max(now, known.counted_at),
    )


def _faded(estimate: Estimate, now: datetime, forgetting: Forgetting) -> tuple[float, float]:
    age = max((now - estimate.counted_at).total_seconds(), 0.0)
    left = 0.5 ** (age / forgetting.half_life_seconds)
    return estimate.successes * left, estimate.failures * left


class Chances:
    """What is believed of every channel in every segment, at one moment."""

    def __init__(self, estimates: Iterable[Estimate], *, now: datetime, forgetting: Forgetting) -> None:
        self._counts: dict[tuple[str, str], tuple[float, float]] = {}
        self._worked_out: dict[tuple[str, str], Chance] = {}
        for estimate in estimates:
            successes, failures = _faded(estimate, now, forgetting)
            for segment in _wider(estimate.segment):
                key = estimate.channel, segment
                s, f = self._counts.get(key, (0.0, 0.0))
                self._counts[key] = s + successes, f + failures

    def of(self, channel: str, segment: str) -> Chance:
        """What is believed of a channel in a segment."""
        key = channel, segment
        known = self._worked_out.get(key)
        if known is None:
            known = self._worked_out[key] = self._work_out(channel, segment)
        return known

    def _work_out(self, channel: str, segment: str) -> Chance:
        believed = HOPE
        for each in reversed(_wider(segment)):
            successes, failures = self._counts.get((channel, each), (0.0, 0.0))
            borrowed = min(believed.observations, LEANING)
            total = successes + failures + borrowed
            believed = Chance((successes + borrowed * believed.mean) / total, total)
        return Chance(round(believed.mean, 3), _two_digits(believed.observations))


def _two_digits(number: float) -> float:
    """No belief is better than that; and what hardly differs need not be worked out anew (`choice`)."""
    return float(round(number, 1 - math.floor(math.log10(number))))
