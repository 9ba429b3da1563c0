"""What does an offer take off a purchase, which are used together, and what goes back with refunds?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.offers.model import (
    Funder,
    Offer,
    OfferState,
    OnRefund,
    Purchase,
    Redemption,
    RedemptionState,
    Terms,
)
from tael.offers.rules import (
    best_of,
    changed_charge,
    charge_of,
    discount_of,
    goes_back,
    why_malformed,
    why_not_usable,
)

NOW = datetime(2026, 11, 11, tzinfo=UTC)
TERMS = Terms(
    currency="CNY",
    fixed_minor=500,
    budget_minor=1_000_000,
    starts_at=NOW - timedelta(days=1),
    ends_at=NOW + timedelta(days=1),
)
PURCHASE = Purchase(merchant_id="mer_1", amount_minor=10_000, currency="CNY", method="card", payer="cus_1")


def offer(id: str = "off_1", *, used_minor: int = 0, **terms: object) -> Offer:
    return Offer(
        id=id,
        funder=Funder.MERCHANT,
        merchant_id="mer_1",
        name="Double eleven",
        terms=msgspec.structs.replace(TERMS, **terms),
        used_minor=used_minor,
        state=OfferState.ACTIVE,
        created_at=NOW,
        created_by="key:x",
    )


@pytest.mark.parametrize(
    ("terms", "amount_minor", "off_minor"),
    [
        ({}, 10_000, 500),
        ({"fixed_minor": 0, "percent_basis_points": 1_250}, 9_999, 1_249),
        ({"percent_basis_points": 1_000}, 10_000, 1_500),
        ({"percent_basis_points": 5_000, "most_minor": 800}, 10_000, 800),
        ({}, 300, 299),
        ({}, 1, 0),
        ({"budget_minor": 200}, 10_000, 200),
    ],
)
def test_a_discount_is_the_share_and_the_fixed_part_within_its_bounds(
    terms: dict[str, Any], amount_minor: int, off_minor: int
) -> None:
    assert discount_of(offer(**terms), amount_minor) == off_minor


@pytest.mark.parametrize(
    ("changed", "purchase", "uses", "why"),
    [
        ({"starts_at": NOW + timedelta(hours=1)}, {}, 0, "does not hold now"),
        ({"ends_at": NOW}, {}, 0, "does not hold now"),
        ({}, {"merchant_id": "mer_2"}, 0, "not for this payment"),
        ({}, {"currency": "USD"}, 0, "not for this payment"),
        ({"methods": ("alipay",)}, {}, 0, "holds with alipay"),
        ({"least_amount_minor": 10_001}, {}, 0, "from 100.01 CNY on"),
        ({"per_payer": 2}, {}, 2, "2 times by one payer"),
        ({"per_payer": 2}, {"payer": None}, 0, "payers who are known"),
        ({"budget_minor": 1}, {}, 0, "used up"),
    ],
)
def test_an_offer_that_does_not_hold_says_why(
    changed: dict[str, Any], purchase: dict[str, Any], uses: int, why: str
) -> None:
    asked = msgspec.structs.replace(PURCHASE, **purchase)
    used_minor = 1 if changed.get("budget_minor") == 1 else 0

    refusal = why_not_usable(offer(used_minor=used_minor, **changed), asked, uses=uses, now=NOW)

    assert refusal is not None
    assert why in refusal.message
    assert why_not_usable(offer(), PURCHASE, uses=0, now=NOW) is None


def test_the_payer_gets_the_cheaper_of_one_alone_and_all_that_stack() -> None:
    alone = offer("off_a", fixed_minor=900)
    first = offer("off_b", fixed_minor=600, stacks=True)
    second = offer("off_c", fixed_minor=0, percent_basis_points=500, stacks=True)

    together = best_of([(alone, None), (first, "CODE1"), (second, None)], 10_000)
    assert [(each.offer.id, each.amount_minor, each.code) for each in together] == [
        ("off_b", 600, "CODE1"),
        ("off_c", 470, None),
    ]
    assert [each.offer.id for each in best_of([(alone, None), (first, None)], 10_000)] == ["off_a"]
    assert best_of([], 10_000) == ()


@given(
    amount_minor=st.integers(1, 10**6),
    offers=st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 10**6), st.integers(1, 10**6), st.booleans()),
        max_size=6,
    ),
)
def test_discounts_never_take_all_nor_more_than_a_budget(
    amount_minor: int, offers: list[tuple[int, int, int, bool]]
) -> None:
    usable = [
        offer(
            f"off_{place}", percent_basis_points=share, fixed_minor=fixed, budget_minor=budget, stacks=stacks
        )
        for place, (share, fixed, budget, stacks) in enumerate(offers)
    ]

    used = best_of([(each, None) for each in usable], amount_minor)

    assert 0 <= sum(each.amount_minor for each in used) < amount_minor
    assert all(0 < each.amount_minor <= each.offer.left_minor for each in used)
    assert len(used) <= 1 or all(each.offer.terms.stacks for each in used)


@given(
    paid_minor=st.integers(1, 10**6),
    discount_minor=st.integers(1, 10**6),
    parts=st.lists(st.integers(1, 10**5), max_size=8),
)
def test_parts_of_a_discount_that_go_back_with_refunds_add_up(
    paid_minor: int, discount_minor: int, parts: list[int]
) -> None:
    redemption = Redemption(
        id="red_1",
        offer_id="off_1",
        attempt_id="att_1",
        payment_id="pay_1",
        payer=None,
        code=None,
        funder=Funder.PLATFORM,
        on_refund=OnRefund.IN_PROPORTION,
        amount_minor=discount_minor,
        given_back_minor=0,
        state=RedemptionState.SPENT,
        created_at=NOW,
    )
    refunded = 0
    for part in [*parts, paid_minor]:
        refunded = min(paid_minor, refunded + part)
        more = goes_back(redemption, paid_minor=paid_minor, refunded_minor=refunded)
        assert more >= 0
        redemption = msgspec.structs.replace(redemption, given_back_minor=redemption.given_back_minor + more)
    assert redemption.given_back_minor == discount_minor
    kept = msgspec.structs.replace(redemption, on_refund=OnRefund.KEPT, given_back_minor=0)
    assert goes_back(kept, paid_minor=paid_minor, refunded_minor=paid_minor) == 0


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"fixed_minor": 0}, "fixed_minor"),
        ({"percent_basis_points": 10_001}, "percent_basis_points"),
        ({"fixed_minor": -1}, "fixed_minor"),
        ({"ends_at": TERMS.starts_at}, "ends_at"),
        ({"per_payer": 0}, "per_payer"),
        ({"budget_minor": 0}, "budget_minor"),
        ({"most_minor": 0}, "most_minor"),
        ({"least_amount_minor": 0}, "least_amount_minor"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused_by_field(terms: dict[str, object], field: str) -> None:
    refusal = why_malformed("Double eleven", msgspec.structs.replace(TERMS, **terms))

    assert refusal is not None
    assert refusal.field == field
    assert why_malformed("Double eleven", TERMS) is None


def redemption(attempt_id: str, state: RedemptionState, amount_minor: int, *, payment_id: str) -> Redemption:
    return Redemption(
        id=f"red_{attempt_id}",
        offer_id="off_1",
        attempt_id=attempt_id,
        payment_id=payment_id,
        payer="cus_1",
        code="TEAPOT",
        funder=Funder.MERCHANT,
        on_refund=OnRefund.IN_PROPORTION,
        amount_minor=amount_minor,
        given_back_minor=0,
        state=state,
        created_at=NOW,
    )


def test_the_attempts_of_a_payment_are_charged_once_and_as_much_as_the_dearest() -> None:
    held, spent, released = RedemptionState.HELD, RedemptionState.SPENT, RedemptionState.RELEASED
    first = redemption("att_1", held, 300, payment_id="pay_1")
    dearer = redemption("att_2", spent, 500, payment_id="pay_1")
    other = redemption("att_3", held, 200, payment_id="pay_2")
    over = redemption("att_4", released, 900, payment_id="pay_3")
    offer, coupon, payer = ("offer", "off_1"), ("coupon", "TEAPOT"), ("payer", "off_1", "cus_1")

    charge = charge_of([first, dearer, other, over])
    assert charge == {offer: 700, coupon: 2, payer: 2}
    let_go = charge_of([first, msgspec.structs.replace(dearer, state=released), other, over])
    assert +changed_charge(let_go, charge) == {offer: 200}
    assert changed_charge(charge, let_go)[offer] == -200
    assert charge_of([over]) == {}


def test_a_discount_leaves_what_can_be_paid_at_the_least() -> None:
    assert discount_of(offer(), 600, least_minor=400) == 200
    assert discount_of(offer(), 300, least_minor=400) == 0
    [taken] = best_of([(offer(), None)], 600, least_minor=400)
    assert taken.amount_minor == 200
