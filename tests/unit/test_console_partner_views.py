"""Do the pages about partners reckon rightly: percents, days left, the way, the place where an expression stops?"""

from datetime import UTC, date, datetime

import pytest

from tael.foundation.errors import Malformed
from tael.partners.api import PartnerView
from tael.partners.model import Deadline, DeadlineKind, FeeLine, Partner, State, Step, StepRecord
from tael.routing.errors import RuleMalformed
from tael.web.console.commands import fee_row, field_on_page, percent_in
from tael.web.console.forms import Form
from tael.web.console.partner_views import due_row, stations_of
from tael.web.console.routing_views import where_it_stops
from tael.web.ui.formats import rate_text, share_text

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("text", "millionths", "shown"),
    [
        ("0.6", 6_000, "0.60\N{NO-BREAK SPACE}%"),
        (" 0.3825 % ", 3_825, "0.3825\N{NO-BREAK SPACE}%"),
        ("-0.60", -6_000, "\N{MINUS SIGN}0.60\N{NO-BREAK SPACE}%"),
        ("100", 1_000_000, "100.00\N{NO-BREAK SPACE}%"),
        ("0", 0, "0.00\N{NO-BREAK SPACE}%"),
    ],
)
def test_a_rate_is_read_and_written_in_percent(text: str, millionths: int, shown: str) -> None:
    assert percent_in(text, decimals=4, field="rate") == millionths
    assert rate_text(millionths) == shown


@pytest.mark.parametrize("text", ["", "0.60000", "1e2", "0,6", "½", "٣", "1000", "+1", "--1"])
def test_what_is_no_percentage_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        percent_in(text, decimals=4, field="lines.3.rate")
    assert refused.value.field == "lines.3.rate"


def test_a_share_is_written_with_its_hundredths() -> None:
    assert share_text(505) == "5.05\N{NO-BREAK SPACE}%"


def test_a_line_of_a_table_is_typed_as_people_write_it() -> None:
    line = FeeLine(currency="JPY", rate_millionths=8_250, fixed_minor=10, cap_minor=5_000)
    row = fee_row(line)
    assert (row["rate"], row["fixed"], row["floor"], row["cap"]) == ("0.825", "10", "", "5000")


def test_the_field_of_a_line_is_that_of_the_row_in_which_it_was_typed() -> None:
    typed = Form(values={"lines.0.currency": "CNY", "lines.1.rate": "0.6", "lines.12.fixed": "1"})
    assert field_on_page(typed, "lines.0.rate_millionths") == "lines.1.rate"
    assert field_on_page(typed, "lines.1.floor_minor") == "lines.12.floor"
    assert field_on_page(typed, "lines.1") == "lines.12.rate"
    assert field_on_page(typed, "effective_from") == "effective_from"


@pytest.mark.parametrize(
    ("kind", "due_at", "last_day", "days", "tone"),
    [
        (DeadlineKind.STEP, datetime(2026, 3, 1, 16, tzinfo=UTC), TODAY, 0, "warning"),
        (DeadlineKind.STEP, datetime(2026, 2, 28, 16, tzinfo=UTC), date(2026, 2, 28), -1, "danger"),
        (DeadlineKind.POLICY_CHANGE, datetime(2026, 3, 1, 16, tzinfo=UTC), date(2026, 3, 2), 1, "warning"),
        (DeadlineKind.CERTIFICATE, datetime(2026, 3, 9, 4, tzinfo=UTC), date(2026, 3, 9), 8, "neutral"),
    ],
)
def test_days_left_are_those_of_the_calendar_in_china(
    kind: DeadlineKind, due_at: datetime, last_day: date, days: int, tone: str
) -> None:
    due = Deadline(kind=kind, object_id="x_1", channel="alpha", what="w", owner="", due_at=due_at)
    row = due_row(due, today=TODAY)
    assert (row.last_day, row.days, row.tone) == (last_day, days, tone)


def way_of(state: State, *done: Step, resumes_to: State | None = None) -> dict[str, str]:
    partner = Partner(
        channel="alpha", title="A", state=state, since=NOW, opened_at=NOW, resumes_to=resumes_to
    )
    steps = [StepRecord(channel="alpha", step=step, owner="a", begun_at=NOW, done_at=NOW) for step in done]
    view = PartnerView(partner=partner, steps=steps, checks=[], missing_papers=[])
    return {station.state.value: station.place for station in stations_of(view)}


def test_the_way_shows_what_is_done_where_it_stands_and_what_lies_ahead() -> None:
    way = way_of(State.NEGOTIATION, Step.RESEARCH)
    assert (way["research"], way["negotiation"], way["live"]) == ("done", "here", "ahead")
    assert "suspended" not in way
    back = way_of(State.RESEARCH, Step.RESEARCH)
    assert (back["research"], back["negotiation"]) == ("here", "ahead")
    suspended = way_of(State.SUSPENDED, *Step, resumes_to=State.LIVE)
    assert (suspended["live"], suspended["suspended"]) == ("done", "here")
    assert way_of(State.TRIAL)["trial"] == "here"


def test_an_expression_is_marked_where_it_cannot_be_read_on() -> None:
    refusal = RuleMalformed("It cannot be read at line 2, column 4: Syntax error", field="expression")
    stop = where_it_stops("a ==\n1 && && 2", refusal)
    assert stop is not None
    assert (stop.line, stop.before) == ("1 && && 2", "   ")
    assert where_it_stops("a", refusal) is None, "the line is not there"
    assert where_it_stops("a", RuleMalformed("No place.", field="expression")) is None
    assert where_it_stops("a", None) is None
