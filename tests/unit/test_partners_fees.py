"""Is a fee reckoned to the last minor unit, by the right line of the right table?"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.channels.port import BillLine, LineKind, Operation, Product
from tael.foundation.money import Money
from tael.partners.errors import FeesOverlap, PartnerMalformed
from tael.partners.model import FeeDifference, FeeLine, FeeTable
from tael.partners.rules.fees import check_lines, check_overlap, compare_fees

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
LINES = (
    FeeLine(currency="CNY", rate_millionths=6_000),
    FeeLine(currency="CNY", product=Product.CARD, rate_millionths=8_000),
    FeeLine(currency="CNY", product=Product.CARD, card_kind="debit", rate_millionths=5_000, cap_minor=2_000),
    FeeLine(currency="CNY", card_kind="debit", rate_millionths=4_000),
    FeeLine(currency="CNY", operation=Operation.REFUND, rate_millionths=-6_000),
    FeeLine(currency="CNY", operation=Operation.PAY_OUT, fixed_minor=50, floor_minor=100),
    FeeLine(currency="USD", rate_millionths=29_000, fixed_minor=30),
)


def table(
    *lines: FeeLine, since: datetime = MARCH, until: datetime | None = None, id: str = "fee_1"
) -> FeeTable:
    return FeeTable(
        id=id,
        channel="alpha",
        effective_from=since,
        effective_until=until,
        lines=lines or LINES,
        proposed_by="ann",
        approved_by="bo",
        approved_at=MARCH,
    )


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


@pytest.mark.parametrize(
    ("product", "card_kind", "amount", "operation", "fee"),
    [
        (Product.CODE, None, yuan(10_000), Operation.PAY, yuan(60)),
        (Product.CODE, None, yuan(83), Operation.PAY, yuan(0)),
        (Product.CODE, None, yuan(84), Operation.PAY, yuan(1)),
        (None, None, yuan(250), Operation.PAY, yuan(2)),
        (Product.CARD, None, yuan(10_000), Operation.PAY, yuan(80)),
        (Product.CARD, "credit", yuan(10_000), Operation.PAY, yuan(80)),
        (Product.CARD, "debit", yuan(10_000), Operation.PAY, yuan(50)),
        (Product.CARD, "debit", yuan(10_000_000), Operation.PAY, yuan(2_000)),
        (Product.CODE, "debit", yuan(10_000), Operation.PAY, yuan(40)),
        (Product.CODE, None, yuan(10_000), Operation.REFUND, yuan(-60)),
        (Product.CODE, None, yuan(250), Operation.REFUND, yuan(-2)),
        (None, None, yuan(1_000_000), Operation.PAY_OUT, yuan(100)),
        (Product.CARD, None, Money(1_000, "USD"), Operation.PAY, Money(59, "USD")),
        (Product.CARD, None, Money(1_000, "EUR"), Operation.PAY, None),
        (Product.CARD, None, yuan(1_000), Operation.SPLIT, None),
    ],
)
def test_the_line_that_says_most_prices_a_transaction(
    product: Product | None, card_kind: str | None, amount: Money, operation: Operation, fee: Money | None
) -> None:
    assert table().cost(product, card_kind, amount, operation) == fee


@given(
    amount_minor=st.integers(0, 10**14),
    rate=st.integers(-1_000_000, 1_000_000),
    fixed=st.integers(0, 10_000),
    floor=st.none() | st.integers(0, 500),
    above=st.none() | st.integers(0, 10**6),
)
def test_a_fee_is_the_exact_share_rounded_half_up_within_its_limits(
    amount_minor: int, rate: int, fixed: int, floor: int | None, above: int | None
) -> None:
    cap = None if above is None else (floor or 0) + above
    line = FeeLine(currency="CNY", rate_millionths=rate, fixed_minor=fixed, floor_minor=floor, cap_minor=cap)
    exact = Fraction(amount_minor * rate, 1_000_000)
    cost = line.cost_of(amount_minor)
    unlimited = FeeLine(currency="CNY", rate_millionths=rate).cost_of(amount_minor)
    assert abs(unlimited - exact) <= Fraction(1, 2)
    assert abs(unlimited) >= abs(exact) or abs(unlimited - exact) < Fraction(1, 2)
    assert floor is None or cost >= floor
    assert cap is None or cost <= cap
    if (floor is None or floor < unlimited + fixed) and (cap is None or unlimited + fixed < cap):
        assert cost == unlimited + fixed


def test_a_table_holds_from_its_moment_until_the_next() -> None:
    march = table(until=APRIL)
    assert march.holds_at(MARCH)
    assert not march.holds_at(MARCH - timedelta(microseconds=1))
    assert not march.holds_at(APRIL)
    assert table().holds_at(MARCH + timedelta(days=9_999))


def test_two_lines_for_the_same_or_limits_that_cross_are_refused() -> None:
    check_lines(LINES)
    for lines in (
        (),
        (LINES[0], LINES[0]),
        (FeeLine(currency="cny"),),
        (FeeLine(currency="CNY", floor_minor=5, cap_minor=4),),
        (FeeLine(currency="CNY", rate_millionths=-1_000_001),),
        (FeeLine(currency="CNY", card_kind="Gold Card"),),
    ):
        with pytest.raises(PartnerMalformed):
            check_lines(lines)


@pytest.mark.parametrize(
    ("since", "until", "fits"),
    [
        (MARCH, APRIL, False),
        (MARCH - timedelta(days=5), MARCH, True),
        (MARCH - timedelta(days=5), MARCH + timedelta(seconds=1), False),
        (MARCH - timedelta(days=5), None, False),
        (APRIL, None, True),
        (APRIL - timedelta(seconds=1), None, False),
        (MARCH + timedelta(days=1), MARCH + timedelta(days=2), False),
    ],
)
def test_tables_may_touch_and_never_overlap(since: datetime, until: datetime | None, fits: bool) -> None:  # noqa: FBT001
    if fits:
        check_overlap([table(until=APRIL)], effective_from=since, effective_until=until)
    else:
        with pytest.raises(FeesOverlap):
            check_overlap([table(until=APRIL)], effective_from=since, effective_until=until)


_DAYS = st.tuples(st.integers(0, 20), st.none() | st.integers(1, 10))


@given(spans=st.lists(_DAYS, max_size=8))
def test_of_tables_that_were_let_in_never_two_hold_on_one_day(spans: list[tuple[int, int | None]]) -> None:
    tables: list[FeeTable] = []
    for begins, lasts in spans:
        since = MARCH + timedelta(days=begins)
        until = None if lasts is None else since + timedelta(days=lasts)
        days = [MARCH + timedelta(days=day) for day in range(40)]
        clashes = any(
            held.holds_at(day) and since <= day and (until is None or day < until)
            for held in tables
            for day in days
        )
        try:
            check_overlap(tables, effective_from=since, effective_until=until)
        except FeesOverlap:
            assert clashes
            continue
        assert not clashes
        tables.append(table(since=since, until=until))


def test_a_bill_agrees_with_the_table_line_by_line_or_the_difference_is_named() -> None:
    dearer = table(FeeLine(currency="CNY", rate_millionths=7_000), since=APRIL, id="fee_2")
    lines = [
        bill_line("o1", 10_000, fee=60),
        bill_line("o2", 10_000, fee=61),
        bill_line("o3", 10_000, fee=80),
        bill_line("o4", 10_000, fee=80),
        bill_line("o5", 10_000, fee=70, at=APRIL),
        bill_line("o6", -10_000, fee=-60, kind=LineKind.REFUND),
        bill_line("o7", 10_000, fee=None),
        bill_line("", -500, fee=500, kind=LineKind.FEE),
        bill_line("o8", -10_000, fee=3, kind=LineKind.SPLIT),
    ]
    compared = compare_fees(
        lines,
        [table(until=APRIL), dearer],
        otherwise_at=MARCH,
        traits={"o3": (Product.CARD, None), "o4": (Product.CODE, None)},
    )
    assert (compared.compared, compared.without_fee) == (7, 1)
    assert [
        (each.order_number, each.predicted_minor, each.too_much_minor) for each in compared.differences
    ] == [
        ("o4", 60, 20),
        ("o8", None, 3),
        ("o2", 60, 1),
    ]
    [total] = compared.totals
    assert (total.billed_minor, total.predicted_minor) == (294, 270)
    assert isinstance(compared.differences[0], FeeDifference)


def test_a_line_from_before_the_first_table_cannot_be_predicted() -> None:
    compared = compare_fees(
        [bill_line("o1", 100, fee=1, at=MARCH - timedelta(days=1))], [table()], otherwise_at=MARCH
    )
    assert [each.predicted_minor for each in compared.differences] == [None]


def bill_line(
    order: str,
    amount_minor: int,
    *,
    fee: int | None,
    kind: LineKind = LineKind.PAYMENT,
    at: datetime | None = MARCH,
) -> BillLine:
    return BillLine(
        kind=kind,
        amount=yuan(amount_minor),
        fee=None if fee is None else yuan(fee),
        order_number=order,
        happened_at=at,
    )
