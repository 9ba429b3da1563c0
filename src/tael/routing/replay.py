"""What would another policy have brought, judged by decisions that were taken?

Only what was chosen has a result. But each decision says with which probability it was drawn, and so each result can
be weighed by how much more, or less, often the other policy would have drawn the same (`weight`). Three estimates:

inverse propensity   the mean of the weighed results: right on average, wide if weights differ much
self-normalised      divided by the weights instead of their number: a little biased, far less wide
doubly robust        what we believed each channel would bring, mended by the weighed error of that belief: right if
                     either the probabilities or the beliefs are; probabilities always are, so beliefs only narrow it

An estimate says nothing about what was never tried: how much of the other policy lies there, and how few decisions
really speak about it (the effective number), is said with a warning.
"""

import math

import msgspec

from tael.routing.choice import WHOLE, Policy, allot, margins_of
from tael.routing.model import PastDecision

_95_PERCENT = 1.96
"""Standard errors to both sides, within which the truth lies 95 times in 100."""
LEAST_EFFECTIVE = 100
LEAST_EFFECTIVE_SHARE = 0.05
LARGEST_UNTRIED_SHARE = 0.01
LARGEST_SINGLE_SHARE = 0.1


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate and the interval in which the truth lies 95 times in 100."""

    mean: float
    low: float
    high: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of a policy, by all three estimates."""

    observed: Judged
    """What the decisions that were taken brought."""
    inverse_propensity: Judged
    self_normalised: Judged
    doubly_robust: Judged
    gain: Judged
    """The doubly robust estimate less what was observed: whether zero lies outside is what matters."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy would have brought."""

    policy: str
    decisions: int
    success: Verdict
    """The part of payments that succeed."""
    value: Verdict
    """The same, less the price: a success that costs nothing counts as 1."""
    effective: float
    """How many decisions of the policy itself would say as much."""
    untried_share: float
    """How much of the policy's choices had no chance of being made."""
    warnings: list[str]


class _Tally:
    """Sums over decisions, of one measure."""

    def __init__(self) -> None:
        self._count = 0
        self._results = _Moments()
        self._weighed = _Moments()
        self._robust = _Moments()
        self._gains = _Moments()
        self._weights = self._squares = self._square_results = self._square_results_squared = 0.0

    def add(self, *, result: float, weight: float, believed: float, expected: float) -> None:
        """`believed` of the one that was chosen, `expected` of the other policy by what was believed of all."""
        robust = expected + weight * (result - believed)
        self._count += 1
        self._results.add(result)
        self._weighed.add(weight * result)
        self._robust.add(robust)
        self._gains.add(robust - result)
        self._weights += weight
        self._squares += weight**2
        self._square_results += weight**2 * result
        self._square_results_squared += weight**2 * result**2

    @property
    def effective(self) -> float:
        return self._weights**2 / self._squares if self._squares else 0.0

    def verdict(self) -> Verdict:
        return Verdict(
            observed=self._results.judged(),
            inverse_propensity=self._weighed.judged(),
            self_normalised=self._self_normalised(),
            doubly_robust=self._robust.judged(),
            gain=self._gains.judged(),
        )

    def _self_normalised(self) -> Judged:
        if not self._weights:
            return _around(math.nan, math.nan)
        mean = self._weighed.sum / self._weights
        spread = self._square_results_squared - 2 * mean * self._square_results + mean**2 * self._squares
        return _around(mean, math.sqrt(max(spread, 0.0)) / self._weights)


class _Moments:
    """Mean and standard error of numbers that come one after another (Welford's method)."""

    def __init__(self) -> None:
        self._count = 0
        self._mean = self._squares = 0.0

    @property
    def sum(self) -> float:
        return self._mean * self._count

    def add(self, number: float) -> None:
        self._count += 1
        away = number - self._mean
        self._mean += away / self._count
        self._squares += away * (number - self._mean)

    def judged(self) -> Judged:
        if self._count < 2:
            return _around(self._mean, math.nan)
        return _around(self._mean, math.sqrt(self._squares / (self._count - 1) / self._count))


def _around(mean: float, error: float) -> Judged:
    return Judged(mean=mean, low=mean - _95_PERCENT * error, high=mean + _95_PERCENT * error)


class Trial:
    """A policy that is being judged, decision by decision."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._success, self._value = _Tally(), _Tally()
        self._decisions = 0
        self._untried = self._weights = self._heaviest = 0.0

    def hear(self, past: PastDecision) -> bool:
        """Take one decision into account; false if it says nothing, because its result is not known."""
        if past.succeeded is None:
            return False
        amount_minor = past.wanted.amount.minor
        candidates = past.candidates
        wanted = allot(candidates, self._policy, amount_minor=amount_minor, turn=past.turn).probabilities
        margins = margins_of(candidates, self._policy, amount_minor)
        place = next(at for at, each in enumerate(candidates) if each.channel == past.chosen)
        weight = wanted[place] / past.probability
        beliefs = [each.success_probability for each in candidates]
        values = [belief * margin / WHOLE for belief, margin in zip(beliefs, margins, strict=True)]
        for tally, believed, worth in (
            (self._success, beliefs, 1.0),
            (self._value, values, margins[place] / WHOLE),
        ):
            tally.add(
                result=worth if past.succeeded else 0.0,
                weight=weight,
                believed=believed[place],
                expected=sum(p * each for p, each in zip(wanted, believed, strict=True)),
            )
        self._decisions += 1
        self._weights += weight
        self._heaviest = max(self._heaviest, weight)
        self._untried += sum(p for p, each in zip(wanted, candidates, strict=True) if each.probability <= 0)
        return True

    def judgement(self) -> Judgement | None:
        """What came out; `None` if nothing was heard."""
        if not self._decisions:
            return None
        effective = self._success.effective
        untried = self._untried / self._decisions
        return Judgement(
            policy=self._policy.words,
            decisions=self._decisions,
            success=self._success.verdict(),
            value=self._value.verdict(),
            effective=effective,
            untried_share=untried,
            warnings=self._warnings(effective, untried),
        )

    def _warnings(self, effective: float, untried: float) -> list[str]:
        said = []
        if untried > LARGEST_UNTRIED_SHARE:
            said.append(
                f"{untried:.1%} of what it would choose had no chance of being chosen: of that we know nothing."
            )
        if effective < LEAST_EFFECTIVE or effective < LEAST_EFFECTIVE_SHARE * self._decisions:
            said.append(
                f"Only about {effective:.0f} of {self._decisions} decisions speak about it: overlap is poor."
            )
        if self._heaviest > LARGEST_SINGLE_SHARE * self._weights:
            said.append("One decision alone decides more than a tenth of the estimate.")
        return said
