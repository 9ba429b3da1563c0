"""How are measured figures turned into a score? By the formulas of docs/guides/scorecard.md, in whole numbers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

import msgspec

from tael.channels.model import LATENCY_BOUNDS_MS, Measure
from tael.channels.port import Capabilities, ErrorClass, Operation, Product
from tael.foundation.money import EXPONENTS, Money
from tael.partners.model import BasketItem, Certificate, FeeTable, Part, PartScore, Weights

NEVER_JUDGED = (Operation.PROBE,)
_AT_FAULT = tuple(each.value for each in ErrorClass if each.channel_is_at_fault)
_WEAK = ("bearer", "basic", "tls", "secret in")
"""Words of a protection that proves who sends, but signs nothing."""

BASKET: tuple[BasketItem, ...] = (
    BasketItem(product=Product.CODE, amount_minor=1_500, times=40),
    BasketItem(product=Product.CODE, amount_minor=12_800, times=30),
    BasketItem(product=Product.H5, amount_minor=29_900, times=20),
    BasketItem(product=Product.PAGE, amount_minor=199_900, times=5),
    BasketItem(product=Product.CARD, card_kind="debit", amount_minor=19_900, times=10),
    BasketItem(product=Product.CARD, card_kind="credit", amount_minor=49_900, times=10),
    BasketItem(product=Product.TRANSFER, amount_minor=1_000_000, times=2),
    BasketItem(product=Product.CODE, operation=Operation.REFUND, amount_minor=12_800, times=3),
)
"""What a shop of middle size sells in an hour. A channel is judged by those items that it offers and prices; one that
does not take the basket's currency, by the same numbers in the first of its own."""


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """What it cost us to get, and to keep, a channel."""

    days: int
    """From the first day until the acceptance was passed; until now, if it is not."""
    incidents: int
    failed_acceptances: int


def clamp(score: int) -> int:
    """Between 0 and 100."""
    return max(0, min(100, score))


def failures_in(measure: Measure) -> int:
    """Calls that failed for a reason other than the payer's: what a guard counts."""
    return sum(count for name, count in measure.by_error.items() if name != ErrorClass.PAYER)


def judged(measures: Iterable[Measure]) -> list[Measure]:
    """Those that count: probes are our own idea, not traffic."""
    return [each for each in measures if each.operation not in NEVER_JUDGED and each.calls > 0]


def percentile_ms(latency: Sequence[int], per_mille: int) -> int | None:
    """The upper bound under which so many of 1,000 calls stayed; twice the last bound for the slowest."""
    total = sum(latency)
    if not total:
        return None
    bounds = [*LATENCY_BOUNDS_MS, 2 * LATENCY_BOUNDS_MS[-1]]
    wanted = -(-total * per_mille // 1_000)
    return next(bound for bound, so_far in zip(bounds, accumulate(latency), strict=True) if so_far >= wanted)


def stability(measures: Sequence[Measure], weight: int) -> PartScore:
    """Success 50 %, speed 25 %, hours that were not down 25 %."""
    seen = judged(measures)
    calls = sum(each.calls for each in seen)
    if not calls:
        return PartScore(score=None, weight=weight, figures={"calls": 0})
    errors: dict[str, int] = defaultdict(int)
    by_hour: dict[datetime, list[int]] = defaultdict(lambda: [0, 0])
    for each in seen:
        for name, count in each.by_error.items():
            errors[name] += count
        by_hour[each.hour][0] += each.calls
        by_hour[each.hour][1] += _faults(each)
    faults = sum(errors[name] for name in _AT_FAULT)
    down = sum(2 * failed > all_calls for all_calls, failed in by_hour.values())
    latency = [sum(column) for column in zip(*(each.latency for each in seen), strict=True)]
    p95 = percentile_ms(latency, 950)
    success = clamp(100 - faults * 10_000 // calls)
    speed = clamp(100 - max(0, (p95 or 0) - 200) * 100 // 4_800)
    up = clamp(100 - down * 10_000 // len(by_hour))
    figures: dict[str, int | str | None] = {
        "calls": calls,
        "faults": faults,
        "p50_ms": percentile_ms(latency, 500),
        "p95_ms": p95,
        "p99_ms": percentile_ms(latency, 990),
        "hours": len(by_hour),
        "hours_down": down,
        "success_score": success,
        "speed_score": speed,
        "uptime_score": up,
    }
    figures |= {f"errors_{name}": count for name, count in sorted(errors.items())}
    return PartScore(score=(2 * success + speed + up) // 4, weight=weight, figures=figures)


def _faults(measure: Measure) -> int:
    return sum(measure.by_error.get(name, 0) for name in _AT_FAULT)


def coverage(capabilities: Capabilities, weight: int) -> PartScore:
    """Products 50, operations 30, currencies 20 (five are enough)."""
    products, operations = len(capabilities.products), len(capabilities.operations)
    currencies = len(capabilities.currencies)
    score = 50 * products // len(Product) + 30 * operations // len(Operation) + 20 * min(currencies, 5) // 5
    return PartScore(
        score=clamp(score),
        weight=weight,
        figures={"products": products, "operations": operations, "currencies": currencies},
    )


def security(
    capabilities: Capabilities, certificates: Sequence[Certificate], now: datetime, weight: int
) -> PartScore:
    """Requests signed 30, answers 30, notices 20, a short window for notices 10, no certificate about to end 10."""
    said = capabilities.security
    told = capabilities.notices or capabilities.feed_seconds is not None
    signs = {
        "requests": 30 * _strength(said.requests) // 2,
        "answers": 30 * _strength(said.answers) // 2,
        "notices": 20 * _strength(said.notices if told and said.notices else said.answers) // 2,
        "window": 10 if 0 < said.notice_window_seconds <= 600 or not capabilities.notices else 0,
    }
    ends = [each.ends_at for each in certificates if each.replaced_at is None]
    near = sum(end - now <= timedelta(days=30) for end in ends)
    signs["certificates"] = 0 if near else 10
    figures: dict[str, int | str | None] = {f"{name}_score": points for name, points in signs.items()}
    figures |= {
        "requests": said.requests,
        "answers": said.answers or None,
        "notices": said.notices or None,
        "notice_window_seconds": said.notice_window_seconds,
        "certificates": len(ends),
        "certificates_near_their_end": near,
    }
    return PartScore(score=clamp(sum(signs.values())), weight=weight, figures=figures)


def _strength(protection: str) -> int:
    """2 for a signature, 1 for what only proves who sends, 0 for nothing."""
    words = protection.lower()
    if not words:
        return 0
    return 1 if any(weak in words for weak in _WEAK) else 2


def fees(
    table: FeeTable | None, capabilities: Capabilities, basket: Sequence[BasketItem], weight: int
) -> PartScore:
    """100 less the cost of the basket in basis points: 0.6 % is 40, 1 % or more is 0."""
    volume = cost = priced = 0
    for item in basket:
        if table is None or item.product not in capabilities.products:
            continue
        money = _in_its_currency(item, capabilities)
        taken = table.cost(item.product, item.card_kind, money, item.operation)
        if taken is None:
            continue
        priced += 1
        cost += taken.minor * item.times
        volume += money.minor * item.times if item.operation is Operation.PAY else 0
    if not volume:
        return PartScore(score=None, weight=weight, figures={"items_priced": priced})
    basis_points = (cost * 10_000 + volume // 2) // volume
    return PartScore(
        score=clamp(100 - basis_points),
        weight=weight,
        figures={
            "basis_points": basis_points,
            "basket_minor": volume,
            "cost_minor": cost,
            "items_priced": priced,
            "fee_table": table.id if table else None,
        },
    )


def _in_its_currency(item: BasketItem, capabilities: Capabilities) -> Money:
    """The item's amount, in another currency if the channel does not take its own: ¥15.00 becomes $15.00."""
    if item.currency in capabilities.currencies or not capabilities.currencies:
        return Money(item.amount_minor, item.currency)
    currency = min(capabilities.currencies)
    decimals = EXPONENTS[currency] - EXPONENTS[item.currency]
    scaled = item.amount_minor * 10**decimals if decimals >= 0 else item.amount_minor // 10**-decimals
    return Money(scaled, currency)


def effort(spent: Effort, weight: int) -> PartScore:
    """100 for ten days or fewer, less for each further day (0 at 120), 10 less for an incident, 5 for a failed run."""
    days = clamp(100 - max(0, spent.days - 10) * 100 // 110)
    return PartScore(
        score=clamp(days - 10 * spent.incidents - 5 * spent.failed_acceptances),
        weight=weight,
        figures={
            "days": spent.days,
            "incidents": spent.incidents,
            "failed_acceptances": spent.failed_acceptances,
        },
    )


def total_of(parts: dict[Part, PartScore]) -> int | None:
    """The parts that could be judged, by their weights, rounded half up."""
    judged_parts = [(part.score, part.weight) for part in parts.values() if part.score is not None]
    weight = sum(each for _, each in judged_parts)
    if not weight:
        return None
    return (sum(score * each for score, each in judged_parts) + weight // 2) // weight


def weight_of(weights: Weights, part: Part) -> int:
    """How much a part counts."""
    found: int = getattr(weights, part)
    return found
