"""Are figures, drawings, amounts and columns of the portal what they should be? And where does one go after signing in?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from tael.channels.model import Exchange, ExchangeKind
from tael.foundation.errors import Malformed
from tael.foundation.money import Money
from tael.merchants.model import TeamRole
from tael.merchants.rules import EVERY_PERMISSION
from tael.payments.api import DaySum, RefundSum
from tael.payments.model import AttemptState, PaymentState, RefundReason, RefundState
from tael.web.portal.agreement import paragraphs_of
from tael.web.portal.charts import HEIGHT, change_basis_points, shares_of, trend_of
from tael.web.portal.door import next_of
from tael.web.portal.payment import minor_of
from tael.web.portal.payments import Asked, amounts_of, columns_of
from tael.web.portal.places import PLACES, open_to
from tael.web.portal.views import ALWAYS, COLUMNS, TONES, USUAL, figures_of, told_once
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.session_cookies import form_token

SUNDAY = date(2026, 3, 1)


def day(currency: str = "CNY", **told: int) -> DaySum:
    return DaySum(
        currency=currency, day=SUNDAY, **({"made": 0, "paid": 0, "ended": 0, "captured_minor": 0} | told)
    )


def told(kind: ExchangeKind, id: str, *, code: str = "10000") -> Exchange:
    return Exchange(
        id=id,
        at=datetime(2026, 3, 1, tzinfo=UTC),
        channel="alipay",
        kind=kind,
        operation=str(kind),
        number="att_1",
        state="succeeded",
        code=code,
    )


def test_what_a_feed_tells_every_few_seconds_is_shown_the_first_time_only() -> None:
    feed, notice = ExchangeKind.FEED, ExchangeKind.NOTICE
    newest_first = [
        told(feed, "5"),
        told(feed, "4", code="40004"),
        told(notice, "3"),
        told(notice, "2"),
        told(feed, "1"),
    ]
    assert [each.id for each in told_once(newest_first)] == ["4", "3", "2", "1"]


def test_figures_are_of_one_currency_and_success_of_what_has_ended() -> None:
    days = [day(made=5, paid=3, ended=4, captured_minor=900), day("USD", made=9, captured_minor=7)]
    refunds = [
        RefundSum(currency="CNY", made=2, amount_minor=150),
        RefundSum(currency="USD", made=1, amount_minor=1),
    ]
    figures = figures_of(days, refunds, "CNY")
    assert (figures.captured, figures.made, figures.paid) == (Money(900, "CNY"), 5, 3)
    assert figures.success_basis_points == 7_500
    assert (figures.refunded, figures.refunds) == (Money(150, "CNY"), 2)
    assert figures_of([], [], "CNY").success_basis_points is None


def test_a_trend_has_every_day_and_its_peak_is_as_high_as_the_drawing() -> None:
    trend = trend_of({SUNDAY: 300, SUNDAY - timedelta(days=1): 1}, until=SUNDAY, days=14)
    assert [bar.height for bar in trend.bars] == [0] * 12 + [1, HEIGHT]
    assert trend.bars[-1].top == 0
    assert trend.total_minor == 301
    assert trend_of({}, until=SUNDAY, days=2).bars[0].height == 0


def test_shares_are_parts_of_the_whole_and_growth_needs_a_before() -> None:
    assert [each.basis_points for each in shares_of([("a", 3, 1), ("b", 1, 1)])] == [7_500, 2_500]
    assert shares_of([("a", 0, 1)])[0].basis_points == 0
    assert (change_basis_points(150, 100), change_basis_points(1, 0)) == (5_000, None)


@pytest.mark.parametrize(("text", "minor"), [("12.80", 1280), (" 1,280 ", 128_000), ("0.01", 1)])
def test_an_amount_is_read_as_people_write_it(text: str, minor: int) -> None:
    assert minor_of(text, "CNY") == minor


@pytest.mark.parametrize("text", ["0", "-1", "1.234", "ten", "", "1e3", "NaN"])
def test_what_is_no_amount_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        minor_of(text, "CNY", field="take")
    assert refused.value.field == "take"


def test_a_number_in_the_search_box_may_be_yuan_or_fen() -> None:
    assert amounts_of("12.8") == [1280]
    assert amounts_of("¥1,280") == [1280, 128_000]
    assert amounts_of("order-12") == []
    assert amounts_of("1.234") == []


def test_columns_keep_their_order_and_those_that_are_always_there() -> None:
    assert columns_of([""]) == list(USUAL)
    picked = columns_of(["refunded", "id", "nonsense"])
    assert picked == [each for each in COLUMNS if each in {*ALWAYS, "refunded"}]


def test_links_of_a_list_keep_filters_and_drop_what_is_none() -> None:
    asked = Asked(filters={"state": "captured", "q": "a b"}, shown=USUAL)
    assert asked.query(before="pay_1") == "?state=captured&q=a+b&before=pay_1"
    assert asked.query(state=None) == "?q=a+b"
    assert Asked(filters={}, shown=["id"]).query() == "?columns=id"


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/portal/../x", "/portalx", "/portal/home\n", "/v1/payments"],
)
def test_after_signing_in_nobody_is_led_elsewhere(wanted: str) -> None:
    assert next_of(wanted) == ""
    assert next_of("/portal/payments?state=captured") == "/portal/payments?state=captured"


def test_the_token_of_a_form_is_of_one_session_and_one_merchant() -> None:
    assert len({form_token("a", "m"), form_token("b", "m"), form_token("a", "n")}) == 3


def test_everything_that_the_portal_shows_has_its_words_and_its_place() -> None:
    messages = next(iter(CATALOGUES.values())).messages

    def words_of(table: str) -> set[str]:
        return {key.rpartition(".")[2] for key in messages if key.startswith(f"portal.{table}.")}

    assert words_of("state_of") == set(PaymentState) == set(TONES)
    assert words_of("refund_state_of") == set(RefundState)
    assert words_of("reason_of") == set(RefundReason)
    assert words_of("role_of") == set(TeamRole)
    assert words_of("permission_of") == {each.replace(".", "_") for each in EVERY_PERMISSION}
    assert set(AttemptState) <= words_of("outcome_of")
    assert set(COLUMNS) <= words_of("column_of")
    assert [place.name for place in open_to({"signed_in"}, in_test_mode=False)] == ["security"]
    assert {place.permission for place in PLACES} <= {*EVERY_PERMISSION, "signed_in"}


def test_the_agreement_is_read_as_paragraphs_and_loses_no_word() -> None:
    text = "# Terms\n\nOne line\nand its end.\n1. **First.** It\n   goes on.\n2. Second.\n"
    assert paragraphs_of(text) == [
        (True, ["Terms"]),
        (False, ["One line and its end."]),
        (False, ["1. ", "First.", " It goes on."]),
        (False, ["2. Second."]),
    ]
