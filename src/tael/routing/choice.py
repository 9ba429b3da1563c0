"""Which channel is worth most, and with which probability is each drawn?

The value that is expected of a channel is its probability of success times what is left of a success after its price.
How likely each channel is the best, given how sure we are of each (Thompson's probabilities), is worked out by numeric
integration and mixed with a small floor, so that none is forgotten. The channel is drawn from exactly these
probabilities, and they are written down: only so can another policy be judged on past decisions (`replay`).

A probability of success p is carried as the angle asin(√p): there, what k successes of n say is close to a normal
distribution with the spread 1/(2√n) whatever p is, also close to one, where payments are.
"""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import msgspec

from tael.foundation.money import basis_points_of
from tael.routing.errors import PolicyMalformed
from tael.routing.model import Candidate, Health

WHOLE = 10_000
"""Basis points of one."""
PROBING_SHARE = 500
"""Basis points of the traffic that try a channel which was ill."""
LARGEST_HELD_SHARE = 5_000
"""What channels that are held to a share get together at most."""
BEST_VALUE, CHEAPEST, MOST_RELIABLE, FIXED = "best_value", "cheapest", "most_reliable", "fixed"
RANDOM, ROUND_ROBIN = "random", "round_robin"
POLICIES = (BEST_VALUE, CHEAPEST, MOST_RELIABLE, FIXED, RANDOM, ROUND_ROBIN)
_LEAST_BAD_FIRST = (Health.SLOW, Health.ILL, Health.MAINTENANCE)
_NUMBER = re.compile(r"[0-9]{1,5}")
_STEPS = 16
_NODES = tuple(NormalDist().inv_cdf((step + 0.5) / _STEPS) for step in range(_STEPS))
_RIGHT_ANGLE = math.pi / 2
_ROOT_HALF = math.sqrt(0.5)
_FAR = 4.0
"""Spreads. Who would have to be luckier than that, with the other as unlucky, is not the best."""
_MARGIN_STEP = 10
"""Basis points of worth that make no difference, so that amounts that differ little share one integration."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A way to choose."""

    name: str = BEST_VALUE
    channel: str = ""
    """Of `fixed`."""
    value_basis_points: int = 2_000
    """What a success is worth, in hundredths of a percent of the amount: at 2,000, a channel that costs one percent of
    the amount less may succeed five percent less often."""
    floor_basis_points: int = 100
    """The part of the traffic that is spread evenly, so that changes of any channel are noticed."""

    @property
    def words(self) -> str:
        """As `read_policy` takes it."""
        if self.name == FIXED:
            return f"{FIXED}:{self.channel}"
        if self.name == BEST_VALUE:
            return f"{BEST_VALUE}:value={self.value_basis_points},floor={self.floor_basis_points}"
        return self.name


def read_policy(words: str) -> Policy:
    """`best_value`, `best_value:value=1000,floor=50`, `cheapest`, `fixed:bank`; raises `PolicyMalformed`."""
    name, _, rest = words.strip().partition(":")
    if name not in POLICIES:
        raise PolicyMalformed(
            f"There is no policy {name[:40]!r}.", field="policy", hint=f"There are: {', '.join(POLICIES)}."
        )
    if name == FIXED:
        if not rest:
            raise PolicyMalformed("Which channel?", field="policy", hint="Write fixed:NAME.")
        return Policy(name=name, channel=rest)
    value, floor = Policy().value_basis_points, Policy().floor_basis_points
    for part in filter(None, rest.split(",")):
        key, _, number = part.partition("=")
        if name != BEST_VALUE or key not in ("value", "floor") or not _NUMBER.fullmatch(number):
            raise PolicyMalformed(
                f"{part[:40]!r} is not a parameter of {name}.",
                field="policy",
                hint="best_value takes value=… and floor=…, in basis points.",
            )
        if key == "value":
            value = int(number)
        else:
            floor = int(number)
    if not 1 <= value <= WHOLE or not 0 <= floor <= WHOLE // 2:
        raise PolicyMalformed("value is 1 to 10000 basis points, floor 0 to 5000.", field="policy")
    return Policy(name=name, value_basis_points=value, floor_basis_points=floor)


class Allotment(msgspec.Struct, frozen=True, gc=False):
    """For each candidate: what is expected of it, and the probability with which it is drawn."""

    scores: Sequence[float]
    probabilities: Sequence[float]


def allot(candidates: Sequence[Candidate], policy: Policy, *, amount_minor: int, turn: int) -> Allotment:
    """Probabilities that sum to one, if any candidate is eligible.

    Those that are ill, slow or away get nothing while another is well; if none is, the least bad gets all. Those that a
    rule prefers come before the others. Those that are held to a share get it, the others what is left, by the policy.
    """
    margins = margins_of(candidates, policy, amount_minor)
    scores = [
        each.success_probability * margin / WHOLE for each, margin in zip(candidates, margins, strict=True)
    ]
    probabilities = [0.0] * len(candidates)
    free, held = _contenders(candidates)
    left = 1.0
    for place, share in held.items():
        probabilities[place] = share
        left -= share
    if free:
        weights = _weights(
            [candidates[place] for place in free], [margins[place] for place in free], policy, turn
        )
        for place, weight in zip(free, weights, strict=True):
            probabilities[place] = left * weight
    elif eligible := [place for place, each in enumerate(candidates) if each.eligible]:
        probabilities[_least_bad(candidates, scores, eligible)] = 1.0
    return Allotment(scores, probabilities)


def draw(probabilities: Sequence[float], at: float) -> int:
    """The place on which `at`, a random number from 0 to 1, falls. No place without probability is drawn."""
    last = 0
    for place, probability in enumerate(probabilities):
        if probability > 0:
            last = place
            at -= probability
            if at < 0:
                break
    return last


def margins_of(candidates: Sequence[Candidate], policy: Policy, amount_minor: int) -> list[int]:
    """What is left of a success after each channel's price, in basis points of its worth.

    A success is worth twice the highest price at least: otherwise it would be best to fail. A channel whose price is
    not known is taken to be as dear as the dearest.
    """
    prices = [each.cost_minor for each in candidates if each.eligible and each.cost_minor is not None]
    dearest_minor = max(prices, default=0)
    worth_minor = max(basis_points_of(amount_minor, policy.value_basis_points), 2 * dearest_minor, 1)
    costs = [dearest_minor if each.cost_minor is None else each.cost_minor for each in candidates]
    return [WHOLE - WHOLE * cost_minor // worth_minor for cost_minor in costs]


def _contenders(candidates: Sequence[Candidate]) -> tuple[list[int], dict[int, float]]:
    """The places among which the policy chooses, and the shares of those that are held to one."""
    usable = [place for place, each in enumerate(candidates) if each.eligible and each.health.usable]
    preferred = [place for place in usable if candidates[place].preferred]
    if any(candidates[place].health is Health.WELL for place in preferred):
        usable = preferred
    free = [place for place in usable if _share(candidates[place]) is None]
    if not free:  # a share is one of what others could take, and there are none
        well = [place for place in usable if candidates[place].health is Health.WELL]
        return well or usable, {}
    shares = {place: share for place in usable if (share := _share(candidates[place])) is not None}
    total = sum(shares.values())
    largest = max(total, LARGEST_HELD_SHARE)
    return free, {place: share * LARGEST_HELD_SHARE / largest / WHOLE for place, share in shares.items()}


def _share(candidate: Candidate) -> int | None:
    """Basis points of the traffic to which a candidate is held, if it is."""
    share = candidate.share_basis_points
    if candidate.health is Health.PROBING:
        return PROBING_SHARE if share is None else min(PROBING_SHARE, share)
    return share


def _least_bad(candidates: Sequence[Candidate], scores: Sequence[float], eligible: Sequence[int]) -> int:
    return min(
        eligible, key=lambda place: (_LEAST_BAD_FIRST.index(candidates[place].health), -scores[place], place)
    )


def _weights(free: Sequence[Candidate], margins: Sequence[int], policy: Policy, turn: int) -> Sequence[float]:
    """How the policy shares one among candidates that are all well."""
    count = len(free)
    match policy.name:
        case "cheapest":
            return _all_to(
                max(range(count), key=lambda at: (margins[at], free[at].success_probability)), count
            )
        case "most_reliable":
            return _all_to(max(range(count), key=lambda at: free[at].success_probability), count)
        case "fixed" if policy.channel in (names := [each.channel for each in free]):
            return _all_to(names.index(policy.channel), count)
        case "round_robin":
            return _all_to(turn % count, count)
        case "best_value":
            shapes = [
                (each.success_probability, each.observations, margin // _MARGIN_STEP * _MARGIN_STEP)
                for each, margin in zip(free, margins, strict=True)
            ]
            floor = policy.floor_basis_points / WHOLE
            return [floor / count + (1 - floor) * best for best in chances_of_being_best(tuple(shapes))]
        case _:  # random, and fixed where the channel cannot be had
            return [1 / count] * count


def _all_to(place: int, count: int) -> list[float]:
    return [1.0 if each == place else 0.0 for each in range(count)]


@lru_cache(maxsize=65_536)
def chances_of_being_best(shapes: tuple[tuple[float, float, int], ...]) -> tuple[float, ...]:
    """How likely each has the highest value: from mean, observations, and margin in basis points of each.

    For each channel, as many values as there are nodes stand for what it may be worth, all equally likely; each is held
    against what every other may be worth. Those that lie too far behind are left out.
    """
    angles = [math.asin(math.sqrt(min(mean, 1.0))) for mean, _, _ in shapes]
    spreads = [0.5 / math.sqrt(observations + 1) for _, observations, _ in shapes]
    sure = max(
        _worth(angle - _FAR * spread, margin)
        for angle, spread, (_, _, margin) in zip(angles, spreads, shapes, strict=True)
    )
    racers = [
        (place, angle, spread, shapes[place][2])
        for place, (angle, spread) in enumerate(zip(angles, spreads, strict=True))
        if _worth(angle + _FAR * spread, shapes[place][2]) >= sure
    ]
    totals = [0.0] * len(shapes)
    for racer in racers:
        place, angle, spread, margin = racer
        others = [other for other in racers if other is not racer]
        totals[place] = sum(_beats_all(angle + spread * node, margin, others) for node in _NODES)
    whole = sum(totals)
    return tuple([total / whole for total in totals])


def _worth(angle: float, margin: int) -> float:
    return math.sin(min(max(angle, 0.0), _RIGHT_ANGLE)) ** 2 * margin


def _beats_all(angle: float, margin: int, others: Sequence[tuple[int, float, float, int]]) -> float:
    """How likely a channel of this angle and margin is worth more than each of the others."""
    angle = min(max(angle, 0.0), _RIGHT_ANGLE)
    worth = _worth(angle, margin)
    product = 1.0
    for _, their_angle, their_spread, their_margin in others:
        if their_margin == margin:
            equal = angle
        elif worth >= their_margin:
            continue  # they can never be worth that much
        else:
            equal = math.asin(math.sqrt(worth / their_margin))
        product *= 0.5 + 0.5 * math.erf((equal - their_angle) / their_spread * _ROOT_HALF)
    return product
