"""Do the pages about partners reckon rightly: percents, days left, the way, the place where an expression stops?"""

from datetime import UTC, date, datetime

import pytest

from tael.foundation.errors import Malformed
from tael.partners.api import PartnerView
from tael.partners.model import Deadline, DeadlineKind, FeeLine, Partner, State, Step, StepRecord
from tael.partners.schemas import Propose, ScheduleWindow, StartCanary
from tael.routing.errors import RuleMalformed
from tael.web.console.asks import ASKS
from tael.web.console.changes import rule_differences
from tael.web.console.commands import fee_row, field_on_page, percent_in
from tael.web.console.partner_views import due_row, stations_of
from tael.web.console.routing import rules_asked
from tael.web.console.routing_views import where_it_stops
from tael.web.ui.formats import rate_text, share_text
from tael.web.ui.forms import Form

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


@pytest.mark.parametrize(
    ("name", "typed", "field"),
    [
        ("suspend", {"reason": "x" * 1_001, "note": "n"}, "reason"),
        ("suspend", {"reason": "r", "note": "n" * 1_001}, "note"),
        ("retire", {"reason": "a\u202eb", "note": "n"}, "reason"),
        ("resume", {"note": "a\x00b"}, "note"),
        ("go_live", {"note": ""}, "note"),
        ("go_live", {"note": "n", "owner": "ann"}, "owner"),
        (
            "start_canary",
            {"owner": "a\x00", "share": "5", "failures": "3", "smallest_sample": "1", "note": "n"},
            "owner",
        ),
        (
            "change_guard",
            {"share": "5", "failures": "3", "smallest_sample": "0", "note": "n"},
            "smallest_sample",
        ),
        ("change_guard", {"share": "5", "smallest_sample": "1", "note": "n"}, "failures"),
        ("change_fees", {"effective_from": "now", "note": "n", "lines.0.rate": "1"}, "effective_from"),
        ("change_fees", {"effective_from": "2027-01-01T00:00", "note": "\x00", "lines.0.rate": "1"}, "note"),
    ],
)
def test_a_form_takes_no_more_than_the_api(name: str, typed: dict[str, str], field: str) -> None:
    with pytest.raises(Malformed) as refused:
        ASKS[name].read(Form(values=typed))
    assert refused.value.field == field


def test_what_is_typed_becomes_the_change_that_the_api_would_take() -> None:
    typed = {"owner": "ann", "share": "5.25", "failures": "3", "smallest_sample": "200", "note": "n"}
    canary = StartCanary(
        owner="ann", share_basis_points=525, largest_failure_basis_points=300, smallest_sample=200
    )
    assert ASKS["start_canary"].read(Form(values=typed)) == Propose(change=canary, note="n")


@pytest.mark.parametrize("typed", ["2027-03-01T02:00", "2027-03-01T02:00:00", "2027-03-01T02:00:00.000"])
def test_a_time_is_that_of_china_with_or_without_seconds(typed: str) -> None:
    form = Form(values={"starts_at": typed, "ends_at": "2027-03-01T04:00:30", "reason": "r"})
    command = ASKS["schedule_window"].read(form)
    assert isinstance(command, ScheduleWindow)
    assert command.starts_at == datetime(2027, 2, 28, 18, 0, tzinfo=UTC)


# Rules


def test_a_form_about_rules_takes_no_more_than_the_api() -> None:
    typed = {"based_on": "3", "verb": "never", "expression": "hour < 6", "owner": "risk", "reason": "r"}
    asked = rules_asked(Form(values={**typed, "channels": ["bank"], "note": "n", "act": "propose"}))
    assert (asked.based_on, asked.add[0].channels, asked.add[0].owner) == (3, ("bank",), "risk")
    ending = rules_asked(Form(values=typed | {"expression": "", "end": ["rul_" + "0" * 26], "note": "n"}))
    assert (ending.add, len(ending.end)) == ((), 1)
    for other in (
        {"reason": "a\x00"},
        {"owner": "a\u202e"},
        {"starts_at": "2027-01-01T0:0"},
        {"note": "a\x00"},
    ):
        with pytest.raises(Malformed) as refused:
            rules_asked(Form(values=typed | {"note": "n"} | other))
        assert str(refused.value.field).removeprefix("add.0.") == next(iter(other))


def test_rules_that_look_alike_are_all_shown_with_their_ids() -> None:
    rule = {
        "verb": "only",
        "channels": ["bank"],
        "expression": "true",
        "priority": 0,
        "owner": "ann",
        "reason": "because",
    }
    ids = ["rul_" + "0" * 26, "rul_" + "1" * 26]
    found = rule_differences(dict.fromkeys(ids, rule), [rule, {**rule, "priority": -5}])
    assert [each.name for each in found] == [f"- {ids[0]}", f"- {ids[1]}", "+ 1", "+ 2"]
    text = "only  bank  [true]  priority: 0  — because (ann)"
    assert [each.before or each.after for each in found] == [text, text, text, text.replace("0", "-5")]
    assert rule_differences({"rul_gone": {}}, [])[0].before == "?"
