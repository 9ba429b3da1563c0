"""Do the console's pages about people say what is late, what is hidden, and the same in a file as on the page?"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from tael.foundation.money import Money
from tael.standing.model import Kind, Permission, Reason, Restriction
from tael.web.console.cells import NOTHING, Cell, Section, at, line, sum_of, text, user, word, words_for
from tael.web.console.listing import Reader, one_of
from tael.web.console.standing_views import due_cell, restriction_state, shortened, taken
from tael.web.console.user_pages import of_one
from tael.web.ui.i18n import CATALOGUES, Language
from tests.unit.standing_samples import NOW as NOON

LATER, EARLIER = NOON + timedelta(days=1), NOON - timedelta(days=1)
WHO = Reader(names={"staff:ann": "Ann"}, now=NOON, permissions=frozenset())
HELD = Restriction(
    id="rst_0",
    user_id="usr_0",
    kind=Kind.BY_LAW,
    takes=(Permission.PAY,),
    amount_minor=None,
    currency=None,
    reason=Reason.ORDER_OF_AUTHORITY,
    hidden=False,
    order_number="1",
    authority="Court",
    note="",
    rule=None,
    set_by="staff:ann",
    set_at=EARLIER,
    until=None,
    review_by=None,
    reviewed_by=None,
    reviewed_at=None,
    lifted_by=None,
    lifted_at=None,
    lift_reason=None,
    lift_note=None,
)


def names(cell: Cell) -> list[str]:
    """What a cell says, as names of words."""
    return [each.text for each in cell.several] if cell.several else [cell.text]


def test_what_is_open_and_over_its_time_is_late_and_nothing_else_is() -> None:
    assert "late" in names(due_cell(EARLIER, WHO, is_open=True))
    assert "late" not in names(due_cell(EARLIER, WHO, is_open=False))
    assert "late" not in names(due_cell(LATER, WHO, is_open=True))
    assert "late" not in names(due_cell(NOON, WHO, is_open=True))


def test_a_restriction_says_whether_it_holds_and_whether_a_second_person_is_late() -> None:
    change = msgspec.structs.replace
    assert names(restriction_state(HELD, NOON)) == ["holds"]
    assert names(restriction_state(change(HELD, review_by=LATER), NOON)) == ["holds", "to_review"]
    assert names(restriction_state(change(HELD, review_by=EARLIER), NOON)) == ["holds", "late"]
    looked = change(HELD, review_by=EARLIER, reviewed_by="staff:bo", reviewed_at=NOON)
    assert names(restriction_state(looked, NOON)) == ["holds"]
    assert names(restriction_state(change(HELD, until=NOON), NOON)) == ["over"]
    assert names(restriction_state(change(HELD, lifted_at=EARLIER, review_by=LATER), NOON)) == ["over"]


def test_an_order_shows_the_amount_that_it_holds_or_what_it_takes() -> None:
    amount = msgspec.structs.replace(HELD, takes=(), amount_minor=50_000, currency="CNY")
    assert taken(amount).money == Money(50_000, "CNY")
    assert names(taken(HELD)) == ["pay"]


def test_a_file_says_what_the_page_says_in_the_readers_language() -> None:
    moment = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    cells = (
        user("usr_1"),
        at(moment),
        sum_of(1_280, "CNY"),
        word("permission_of", "pay"),
        words_for("permission_of", ["pay", "transfer"]),
        text(None),
        NOTHING,
    )
    english = line(cells, CATALOGUES[Language.ENGLISH])
    assert english == ["usr_1", "2026-11-23 01:30:00", "12.80 CNY", "Pay", "Pay, Transfer", "", ""]
    assert line(cells, CATALOGUES[Language.CHINESE])[3:5] == ["支付", "支付, 转账"]


def test_a_users_own_page_leaves_out_whose_it_is() -> None:
    whole = Section(name="x", columns=("what", "user", "when"), rows=[(text("a"), user("usr_1"), at(NOON))])
    [row] = of_one(whole).rows
    assert list(of_one(whole).columns) == ["what", "when"]
    assert [each.text for each in row] == ["a", ""]
    without = Section(name="x", columns=("what",), rows=[(text("a"),)])
    assert of_one(without) is without


def test_who_did_something_is_called_by_name_or_by_what_the_trail_says() -> None:
    assert [WHO.person(each) for each in ("staff:ann", "user:usr_1", "platform", None)] == [
        "Ann",
        "usr_1",
        "platform",
        "",
    ]
    assert shortened("x" * 41) == "x" * 39 + "…"
    assert shortened("x" * 40) == "x" * 40


class _Colour(StrEnum):
    RED = "red"


def test_what_was_asked_for_is_one_of_its_kind_or_nothing() -> None:
    assert one_of(_Colour, "red") is _Colour.RED
    assert one_of(_Colour, "loud") is None
