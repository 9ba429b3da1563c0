"""Which fee terms apply to a merchant at a moment, and which may be agreed at all? No input, no output, no clock."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from tael.foundation.clock import CHINA
from tael.foundation.money import EXPONENTS, MAX_MINOR
from tael.merchants.errors import FeesMalformed
from tael.merchants.model import FeePlan, FeeTerms, Price, Promotion, Tier
from tael.merchants.model.fees import MILLION

LARGEST_RATE_MILLIONTHS = 100_000
"""10 %: more is a typing error."""
MOST_TIERS, MOST_METHODS = 20, 50
_METHOD = re.compile(r"[a-z][a-z0-9_]{0,39}")


def month_of(moment: datetime) -> str:
    """The calendar month of China in which a moment lies: `2026-03`."""
    return f"{moment.astimezone(CHINA):%Y-%m}"


def month_before(moment: datetime) -> str:
    """The month before the one in which a moment lies: whose volume decides about tiers."""
    local = moment.astimezone(CHINA)
    year, month = (local.year, local.month - 1) if local.month > 1 else (local.year - 1, 12)
    return f"{year:04}-{month:02}"


def applying(
    plans: Sequence[FeePlan],
    promotions: Sequence[Promotion],
    *,
    otherwise: FeeTerms,
    captured_last_month: Mapping[str, int],
    at: datetime,
) -> FeeTerms:
    """What applies to a merchant at a moment: its plan, by last month's volume, less what promotions change.

    otherwise            for merchants that have no plan yet
    captured_last_month  in minor units, by currency

    Of plans the one that began last counts, of those that began together the one that was approved last. Of
    promotions that say something about a method, the one that was approved last.
    """
    plan = plan_at(plans, at)
    terms = otherwise if plan is None else tier_for(plan, captured_last_month.get(plan.currency, 0)).terms
    for promotion in sorted(promotions, key=lambda each: (each.approved_at, each.id)):
        if promotion.holds_at(at):
            terms = _with(terms, promotion)
    return terms


def plan_at(plans: Sequence[FeePlan], at: datetime) -> FeePlan | None:
    """The plan that counts at a moment."""
    begun = [plan for plan in plans if plan.effective_from <= at]
    return max(begun, key=lambda plan: (plan.effective_from, plan.approved_at, plan.id), default=None)


def tier_for(plan: FeePlan, captured_minor: int) -> Tier:
    """The highest tier that such a volume reaches."""
    return max(
        (tier for tier in plan.tiers if tier.from_minor <= captured_minor), key=lambda tier: tier.from_minor
    )


def _with(terms: FeeTerms, promotion: Promotion) -> FeeTerms:
    if promotion.default is not None:
        return FeeTerms(default=promotion.default, by_method=promotion.by_method)
    return FeeTerms(default=terms.default, by_method={**terms.by_method, **promotion.by_method})


def check_tiers(tiers: Sequence[Tier], currency: str) -> None:
    """Refuses `FeesMalformed`: no first tier, tiers that do not rise, prices that cannot be."""
    if currency not in EXPONENTS:
        raise FeesMalformed(f"{currency[:12]!r} is no currency.", field="currency")
    if not 1 <= len(tiers) <= MOST_TIERS or tiers[0].from_minor != 0:
        raise FeesMalformed(
            f"A plan has 1 to {MOST_TIERS} tiers, of which the first begins at 0.", field="tiers"
        )
    for place, (lower, higher) in enumerate(pairwise(tiers), start=1):
        if not lower.from_minor < higher.from_minor <= MAX_MINOR:
            raise FeesMalformed("Each tier begins above the one before.", field=f"tiers.{place}.from_minor")
    for place, tier in enumerate(tiers):
        check_prices(tier.terms.default, tier.terms.by_method, field=f"tiers.{place}.terms")


def check_prices(default: Price | None, by_method: Mapping[str, Price], *, field: str) -> None:
    """Refuses `FeesMalformed`: methods that cannot be, prices that cannot be."""
    if len(by_method) > MOST_METHODS:
        raise FeesMalformed(f"At most {MOST_METHODS} methods have prices of their own.", field=field)
    for method, price in by_method.items():
        if not _METHOD.fullmatch(method):
            raise FeesMalformed("A method is a word of small letters.", field=f"{field}.by_method")
        _check_price(price, field=f"{field}.by_method.{method}")
    if default is not None:
        _check_price(default, field=f"{field}.default")


def _check_price(price: Price, *, field: str) -> None:
    if not 0 <= price.rate_millionths <= LARGEST_RATE_MILLIONTHS:
        raise FeesMalformed(
            f"A rate is between 0 and {LARGEST_RATE_MILLIONTHS} millionths.", field=f"{field}.rate_millionths"
        )
    for currency, limits in price.limits.items():
        here = f"{field}.limits.{currency[:12]}"
        if currency not in EXPONENTS:
            raise FeesMalformed(f"{currency[:12]!r} is no currency.", field=here)
        amounts = (limits.fixed_minor, limits.floor_minor or 0, limits.cap_minor or 0)
        if any(not 0 <= amount_minor <= MAX_MINOR // MILLION for amount_minor in amounts):
            raise FeesMalformed("This is no amount that a fee can be.", field=here)
        if limits.floor_minor is not None and limits.cap_minor is not None:
            _check_order(limits.floor_minor, limits.cap_minor, field=here)


def _check_order(floor_minor: int, cap_minor: int, *, field: str) -> None:
    if floor_minor > cap_minor:
        raise FeesMalformed("The floor lies above the cap.", field=f"{field}.floor_minor")
