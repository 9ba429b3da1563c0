"""What may a session, a link, a tip and a static code ask for; whose code does a payer show?"""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.checkout.errors import CheckoutMalformed, LinkOff, LinkUsedUp, ShownCodeUnknown
from tael.checkout.model import LineItem, Link, day_of
from tael.checkout.rules.emv_codes import EmvTold, written_for
from tael.checkout.rules.emvco import read
from tael.checkout.rules.limits import LIMITS, Limit, limit_on, payer_hash
from tael.checkout.rules.sessions import amount_of, check_link, check_usable, chosen_amount, tip_of
from tael.checkout.rules.shown_codes import CODE_RULES, as_scanned, method_of
from tael.foundation.money import Money

NOW = datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)


def a_link(**changes: object) -> Link:
    given: dict[str, object] = {
        "id": "lnk_1",
        "merchant_id": "mer_1",
        "code": "k3vqm2x7abcdefgh",
        "description": "Tea",
        "amount_minor": None,
        "least_minor": 100,
        "most_minor": 500,
        "currency": "CNY",
        "limit_count": None,
        "open_count": 0,
        "paid_count": 0,
        "active": True,
        "store_id": None,
        "metadata": {},
        "success_url": None,
        "tip_percents": (),
        "created_at": NOW,
        "expires_at": None,
    }
    return Link(**(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "method"),
    [
        ("2512345678901234", "alipay"),
        ("301234567890123456789012", "alipay"),
        ("101234567890123456", "wechat_pay"),
        ("151234567890123456", "wechat_pay"),
        ("6212345678901234567", "unionpay"),
        ("hQVDUFYwMWETTwegAAADMwEBUAhVbmlvblBheQ==", "unionpay"),
    ],
)
def test_the_first_characters_say_whose_code_it_is(code: str, method: str) -> None:
    assert method_of(code) == method


@pytest.mark.parametrize(
    "code",
    [
        "2412345678901234",
        "3112345678901234",
        "251234567890123",
        "2512345678901234567890123",
        "1612345678901234567",
        "10123456789012345",
        "621234567890123456",
        "hQVDUFX",
        "hqvdufywMWETTwegAAADMwE",
        "٢٥12345678901234",
    ],
)
def test_what_is_nearly_a_code_is_none(code: str) -> None:
    with pytest.raises(ShownCodeUnknown) as refused:
        method_of(code)
    assert code not in refused.value.message


@given(st.text(max_size=600))
def test_no_scanned_text_breaks_the_table(text: str) -> None:
    try:
        method = method_of(as_scanned(text))
    except ShownCodeUnknown:
        return
    assert method in {rule.method for rule in CODE_RULES}


def test_a_scanned_code_is_read_without_its_spaces() -> None:
    assert as_scanned(" 2512 3456 7890 1234\n") == "2512345678901234"


def test_the_amount_is_that_of_the_line_items() -> None:
    items = [LineItem(name="Tea", quantity=3, unit_minor=250), LineItem(name="Cup", quantity=1, unit_minor=1)]
    assert amount_of(None, items, "CNY") == amount_of(751, items, "CNY") == 751
    for amount, given_items in ((750, items), (None, []), (0, []), (10**14 + 1, [])):
        with pytest.raises(CheckoutMalformed):
            amount_of(amount, given_items, "CNY")


@pytest.mark.parametrize(
    ("amount", "percent", "tip"), [(1000, 10, 100), (1005, 10, 101), (1004, 10, 100), (1, 15, 0)]
)
def test_a_tip_is_rounded_half_up(amount: int, percent: int, tip: int) -> None:
    assert tip_of(amount, percent, offered=(10, 15)) == tip


def test_only_a_tip_that_is_offered_can_be_given() -> None:
    assert tip_of(1000, 0, offered=(10,)) == 0
    with pytest.raises(CheckoutMalformed):
        tip_of(1000, 100, offered=(10,))


def test_a_link_is_used_only_while_it_holds() -> None:
    check_usable(a_link(), NOW)
    check_usable(a_link(limit_count=2, open_count=1), NOW)
    for off in (a_link(active=False), a_link(expires_at=NOW)):
        with pytest.raises(LinkOff):
            check_usable(off, NOW)
    with pytest.raises(LinkUsedUp):
        check_usable(a_link(limit_count=2, open_count=1, paid_count=1), NOW)


def test_a_payer_chooses_between_least_and_most() -> None:
    assert chosen_amount(a_link(), 100) == 100
    assert chosen_amount(a_link(), 500) == 500
    assert chosen_amount(a_link(amount_minor=300), None) == 300
    for chosen in (None, 99, 501):
        with pytest.raises(CheckoutMalformed):
            chosen_amount(a_link(), chosen)


def test_a_link_that_nobody_could_use_is_not_made() -> None:
    check_link(a_link())
    for useless in (a_link(least_minor=501), a_link(expires_at=NOW + timedelta(seconds=60))):
        with pytest.raises(CheckoutMalformed):
            check_link(useless)


def test_the_limit_is_the_newest_that_has_begun() -> None:
    newer = Limit(
        risk_class="D",
        currency="CNY",
        per_day_minor=60_000,
        effective_from=date(2026, 3, 2),
        source="invented",
        verified=False,
    )
    assert limit_on(date(2018, 3, 31), "CNY") is None
    today = limit_on(date(2026, 3, 1), "CNY", limits=(newer, *LIMITS))
    assert today is not None
    assert today.per_day_minor == 50_000
    tomorrow = limit_on(date(2026, 3, 2), "CNY", limits=(newer, *LIMITS))
    assert tomorrow == newer
    assert limit_on(date(2026, 3, 2), "USD") is None


def test_a_day_is_a_day_of_china() -> None:
    assert day_of(NOW) == date(2026, 3, 1)
    assert day_of(NOW + timedelta(seconds=1)) == date(2026, 3, 2)


def test_one_payer_is_known_by_method_and_id() -> None:
    assert payer_hash("alipay", "2088") == payer_hash("alipay", "2088")
    assert (
        len({payer_hash("alipay", "2088"), payer_hash("device", "2088"), payer_hash("alipay", "2089")}) == 3
    )


def test_an_emvco_code_of_ours_leads_to_us() -> None:
    told = EmvTold(
        name="BLUE TEAPOT",
        city="HANGZHOU",
        category="5812",
        country="CN",
        amount=Money(2372, "CNY"),
        reference="table-7",
        tip_percent=0,
        local_name="蓝茶壶",
    )
    terminal = "trm_06dk3vg5m8x4t9c1h2zq7n0rby"
    text = written_for(
        "k3vqm2x7abcdefgh",
        public_url="https://pay.tael.example:8443",
        currency="CNY",
        terminal_id=terminal,
        told=told,
    )
    code = read(text)
    assert code.accounts == {"26": {"00": "example.tael.pay", "01": "k3vqm2x7abcdefgh"}}
    assert (code.initiation, code.amount, code.tip_indicator) == ("12", "23.72", "01")
    assert code.additional == {"05": "table-7", "07": terminal[-25:]}
    with pytest.raises(CheckoutMalformed):
        written_for("a", public_url="https://a.example", currency="BHD", terminal_id=None, told=told)
