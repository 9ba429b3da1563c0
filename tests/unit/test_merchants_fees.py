"""Is a merchant's fee reckoned to the last minor unit, and by the terms that apply at that moment?"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.foundation.money import Money
from tael.merchants.errors import FeesMalformed
from tael.merchants.model import (
    FeePlan,
    FeeTerms,
    Limits,
    Price,
    Promotion,
    Tier,
    fee_of,
    fee_terms_id,
    flat_rate,
)
from tael.merchants.rules.fees import applying, check_prices, check_tiers, month_before, month_of

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
CARD = Price(rate_millionths=8_000, limits={"CNY": Limits(fixed_minor=10, floor_minor=50, cap_minor=2_000)})
TERMS = FeeTerms(default=Price(rate_millionths=6_000), by_method={"card": CARD})


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


@pytest.mark.parametrize(
    ("amount_minor", "method", "fee_minor"),
    [
        (1_280, "wallet", 8),  # 7.68, rounded half up
        (1_250, "wallet", 8),  # 7.5
        (1_249, "wallet", 7),
        (10_000, "card", 90),  # 80 of rate and 10 fixed
        (100, "card", 50),  # 1 and 10: raised to the floor
        (1_000_000, "card", 2_000),  # lowered to the cap
        (30, "card", 30),  # never more than the amount
        (0, "card", 0),
    ],
)
def test_a_fee_is_rate_and_fixed_part_between_floor_and_cap(
    amount_minor: int, method: str, fee_minor: int
) -> None:
    assert fee_of(TERMS, yuan(amount_minor), method) == yuan(fee_minor)


def test_limits_hold_for_their_own_currency_alone() -> None:
    assert TERMS.fee_of(Money(100, "USD"), "card") == Money(1, "USD")


@given(
    amount_minor=st.integers(0, 2**62),
    rate=st.integers(0, 100_000),
    fixed=st.integers(0, 10_000),
    floor=st.none() | st.integers(0, 5_000),
    cap=st.none() | st.integers(5_000, 1_000_000),
)
def test_no_fee_is_negative_or_more_than_its_amount_and_rounding_is_half_up(
    amount_minor: int, rate: int, fixed: int, floor: int | None, cap: int | None
) -> None:
    limits = Limits(fixed_minor=fixed, floor_minor=floor, cap_minor=cap)
    fee = Price(rate_millionths=rate, limits={"CNY": limits}).fee_of(yuan(amount_minor)).minor
    assert 0 <= fee <= amount_minor
    exact = Fraction(amount_minor * rate, 1_000_000)
    if floor is None and cap is None and fee < amount_minor:
        assert Fraction(-1, 2) < fee - fixed - exact <= Fraction(1, 2)


def test_terms_are_named_by_what_they_say_however_it_was_written() -> None:
    again = FeeTerms(
        default=Price(rate_millionths=6_000, limits={}),
        by_method={"card": Price(rate_millionths=8_000, limits=dict(CARD.limits))},
    )
    swapped: Mapping[str, Price] = {"b": CARD, "a": CARD}
    assert fee_terms_id(again) == fee_terms_id(TERMS)
    assert fee_terms_id(FeeTerms(default=CARD, by_method=swapped)) == fee_terms_id(
        FeeTerms(default=CARD, by_method={"a": CARD, "b": CARD})
    )
    assert fee_terms_id(flat_rate(60)) != fee_terms_id(flat_rate(61))
    assert fee_terms_id(flat_rate(60)) == "fee_ppja4ine6o904tomaep1ulh734"


def test_the_old_rate_in_basis_points_is_terms_of_just_that_rate() -> None:
    assert flat_rate(60).fee_of(yuan(1_280), "whatever") == yuan(8)


# What applies.


def plan(*tiers: Tier, since: datetime = MARCH, approved: datetime = MARCH, id: str = "pln_1") -> FeePlan:
    return FeePlan(
        id=id,
        merchant_id="mer_1",
        effective_from=since,
        currency="CNY",
        tiers=tiers or (Tier(from_minor=0, terms=flat_rate(50)), Tier(from_minor=1_000, terms=flat_rate(40))),
        proposed_by="ann",
        approved_by="bo",
        approved_at=approved,
    )


def promotion(
    default: Price | None, by_method: Mapping[str, Price], *, days: int = 10, approved: datetime = MARCH
) -> Promotion:
    return Promotion(
        id="prm_1",
        merchant_id="mer_1",
        name="spring",
        begins_at=MARCH,
        ends_at=MARCH + timedelta(days=days),
        default=default,
        by_method=by_method,
        proposed_by="ann",
        approved_by="bo",
        approved_at=approved,
    )


def terms_at(
    at: datetime, *plans: FeePlan, promotions: tuple[Promotion, ...] = (), captured: int = 0
) -> FeeTerms:
    return applying(
        plans, promotions, otherwise=flat_rate(60), captured_last_month={"CNY": captured, "USD": 10**9}, at=at
    )


def test_before_any_plan_begins_the_rate_of_the_merchant_applies() -> None:
    just_before = MARCH - timedelta(microseconds=1)
    assert terms_at(just_before, plan()) == flat_rate(60)
    assert terms_at(MARCH, plan()) == flat_rate(50)


def test_last_months_volume_in_the_plans_currency_picks_the_tier() -> None:
    assert terms_at(MARCH, plan(), captured=999) == flat_rate(50)
    assert terms_at(MARCH, plan(), captured=1_000) == flat_rate(40)


def test_the_plan_that_began_last_counts_and_of_two_the_one_approved_last() -> None:
    second = plan(Tier(from_minor=0, terms=flat_rate(30)), since=MARCH + timedelta(days=1), id="pln_2")
    third = plan(Tier(from_minor=0, terms=flat_rate(20)), approved=MARCH + timedelta(hours=1), id="pln_0")
    assert terms_at(MARCH, plan(), second) == flat_rate(50)
    assert terms_at(MARCH + timedelta(days=1), second, plan()) == flat_rate(30)
    assert terms_at(MARCH, third, plan()) == flat_rate(20)


def test_a_promotion_beats_the_plan_for_its_methods_while_it_lasts() -> None:
    free = Price(rate_millionths=0)
    spring = promotion(None, {"wallet": free})
    terms = terms_at(MARCH, plan(), promotions=(spring,))
    assert terms.price_of("wallet") == free
    assert terms.price_of("card") == flat_rate(50).default
    assert terms_at(MARCH + timedelta(days=10), plan(), promotions=(spring,)) == flat_rate(50)


def test_a_promotion_for_all_methods_hides_the_plan_and_the_one_approved_last_wins() -> None:
    tenth = Price(rate_millionths=1_000)
    everything = promotion(tenth, {})
    later = promotion(None, {"card": CARD}, approved=MARCH + timedelta(hours=1))
    terms = terms_at(MARCH, plan(Tier(from_minor=0, terms=TERMS)), promotions=(later, everything))
    assert terms == FeeTerms(default=tenth, by_method={"card": CARD})


def test_months_are_those_of_china() -> None:
    new_year_in_china = datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert month_of(new_year_in_china) == "2026-01"
    assert month_before(new_year_in_china) == "2025-12"
    assert month_before(new_year_in_china - timedelta(seconds=1)) == "2025-11"


@pytest.mark.parametrize(
    "tiers",
    [
        (),
        (Tier(from_minor=5, terms=TERMS),),
        (Tier(from_minor=0, terms=TERMS), Tier(from_minor=0, terms=TERMS)),
        (Tier(from_minor=0, terms=flat_rate(1_001)),),
        (Tier(from_minor=0, terms=flat_rate(-1)),),
        (Tier(from_minor=0, terms=FeeTerms(default=CARD, by_method={"Card!": CARD})),),
        (Tier(from_minor=0, terms=FeeTerms(default=Price(rate_millionths=0, limits={"XXX": Limits()}))),),
        (
            Tier(
                from_minor=0,
                terms=FeeTerms(default=Price(rate_millionths=0, limits={"CNY": Limits(fixed_minor=-1)})),
            ),
        ),
        (
            Tier(
                from_minor=0,
                terms=FeeTerms(
                    default=Price(rate_millionths=0, limits={"CNY": Limits(floor_minor=2, cap_minor=1)})
                ),
            ),
        ),
    ],
)
def test_a_plan_that_nobody_can_mean_is_refused(tiers: tuple[Tier, ...]) -> None:
    with pytest.raises(FeesMalformed):
        check_tiers(tiers, "CNY")


def test_a_plan_that_can_be_meant_is_accepted() -> None:
    check_tiers((Tier(from_minor=0, terms=TERMS), Tier(from_minor=1, terms=flat_rate(0))), "CNY")
    check_prices(None, {"card": CARD}, field="promotion")
    with pytest.raises(FeesMalformed):
        check_tiers((Tier(from_minor=0, terms=TERMS),), "XXX")
