"""Do restrictions have their papers and their spans, and do dates and signals count as the rules say?"""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from tael.foundation.clock import CHINA
from tael.standing.errors import (
    RestrictionMalformed,
)
from tael.standing.model import (
    CLASS_OF,
    REASON_WORDS,
    TRANSACTIONS,
    Kind,
    NewRestriction,
    PermissionClass,
    Reason,
    Signal,
)
from tael.standing.rules import adjusting, dates, restrictions
from tests.unit.standing_samples import (
    ADJUSTMENTS,
    DEADLINES,
    NOW,
    SPANS,
    P,
)

# Restrictions.


def completed(kind: Kind, **says: object) -> NewRestriction:
    new = msgspec.structs.replace(NewRestriction(user_id="usr_1", kind=kind), **says)
    return restrictions.completed(new, spans=SPANS, now=NOW)


ORDER = {"order_number": "2026-17", "authority": "Bureau 3"}


def test_a_provisional_freeze_ends_after_forty_eight_hours_at_the_latest() -> None:
    assert completed(Kind.BY_LAW, provisional=True, **ORDER).until == NOW + timedelta(hours=48)
    longer = NOW + timedelta(days=30)
    assert completed(Kind.BY_LAW, provisional=True, until=longer, **ORDER).until == NOW + timedelta(hours=48)
    assert completed(Kind.BY_LAW, until=longer, **ORDER).until == longer


def test_letting_an_account_takes_all_that_moves_money_for_five_years() -> None:
    done = completed(Kind.ACCOUNT_RENTING)
    assert done.until == datetime(2031, 3, 1, 4, tzinfo=UTC)
    assert set(done.takes or ()) == TRANSACTIONS


@pytest.mark.parametrize(
    ("kind", "says", "field"),
    [
        (Kind.BY_LAW, {}, "order_number"),
        (Kind.BY_LAW, {"order_number": "1"}, "authority"),
        (Kind.BY_RISK, {"amount_minor": 5, "currency": "CNY"}, "amount_minor"),
        (Kind.BY_LAW, {**ORDER, "amount_minor": 5}, "currency"),
        (Kind.BY_LAW, {**ORDER, "amount_minor": 0, "currency": "CNY"}, "amount_minor"),
        (Kind.BY_LAW, {**ORDER, "amount_minor": 5, "currency": "CNY", "takes": (P.PAY,)}, "takes"),
        (Kind.BY_RISK, {"provisional": True}, "provisional"),
        (Kind.BY_RISK, {"until": NOW}, "until"),
        (Kind.BY_RISK, {"takes": ()}, "takes"),
        (Kind.BY_RISK, {"takes": (P.SIGN_IN,)}, "takes"),
        (Kind.DORMANCY, {"takes": (P.PAY,)}, "takes"),
        (Kind.BY_USER, {"hidden": True}, "hidden"),
    ],
)
def test_a_restriction_without_its_papers_or_against_itself_is_refused(
    kind: Kind, says: dict[str, object], field: str
) -> None:
    with pytest.raises(RestrictionMalformed) as refused:
        completed(kind, **says)
    assert refused.value.field == field


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_says_what_it_takes_and_why_and_leaves_the_user_their_basic_rights(kind: Kind) -> None:
    done = completed(kind, **(ORDER if kind is Kind.BY_LAW else {}))
    assert done.takes
    assert done.reason in REASON_WORDS
    assert not {each for each in done.takes if CLASS_OF[each] is PermissionClass.BASIC}


def test_every_reason_has_words_for_people() -> None:
    assert set(REASON_WORDS) == set(Reason)


# Dates.


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=CHINA), 3, date(2026, 3, 6)),
        (datetime(2026, 3, 5, 23, tzinfo=CHINA), 3, date(2026, 3, 11)),
        (datetime(2026, 3, 7, 1, tzinfo=CHINA), 1, date(2026, 3, 10)),
    ],
)
def test_working_days_leave_out_weekends_and_end_at_midnight_in_china(
    asked: datetime, days: int, due: date
) -> None:
    end = dates.end_of_working_day(asked.astimezone(UTC), days, DEADLINES)
    assert end.tzinfo is UTC
    assert (end.astimezone(CHINA).date(), end.astimezone(CHINA).hour) == (due, 0)


def test_working_days_leave_out_holidays_and_count_weekends_on_which_people_work() -> None:
    year = msgspec.structs.replace(
        DEADLINES, holidays=(date(2026, 10, 1),), working_weekends=(date(2026, 10, 10),)
    )
    assert not dates.is_working_day(date(2026, 10, 1), year)
    assert dates.is_working_day(date(2026, 10, 10), year)
    assert not dates.is_working_day(date(2026, 10, 11), year)


def test_half_a_year_before_the_end_of_august_is_the_end_of_february() -> None:
    assert dates.months_before(datetime(2026, 8, 31, 3, tzinfo=UTC), 6) == datetime(
        2026, 2, 28, 3, tzinfo=UTC
    )
    assert dates.years_after(datetime(2024, 2, 29, 3, tzinfo=UTC), 5) == datetime(2029, 2, 28, 3, tzinfo=UTC)


# Signals.


def signal(kind: str, *, days_ago: float = 0, weight: int = 1) -> Signal:
    return Signal(user_id="usr_1", kind=kind, weight=weight, reason="seen", at=NOW - timedelta(days=days_ago))


@pytest.mark.parametrize(
    ("signals", "names"),
    [
        ([signal("warning"), signal("warning", days_ago=6)], []),
        (
            [signal("warning"), signal("warning", days_ago=2), signal("warning", days_ago=6)],
            ["warnings_in_a_week"],
        ),
        ([signal("warning"), signal("warning", days_ago=2), signal("warning", days_ago=7)], []),
        ([signal("warning", weight=3)], ["warnings_in_a_week"]),
        ([signal("fraud_report", days_ago=29)], ["fraud_reported"]),
        ([signal("applause")] * 9, []),
    ],
)
def test_signals_reach_a_rule_when_they_weigh_enough_within_its_days(
    signals: list[Signal], names: list[str]
) -> None:
    assert [each.name for each in adjusting.due(ADJUSTMENTS, signals, now=NOW)] == names


def test_what_warnings_took_ends_ninety_quiet_days_after_the_last_of_them() -> None:
    rule = next(each for each in ADJUSTMENTS.rules if each.name == "warnings_in_a_week")
    signals = [signal("warning", days_ago=5), signal("warning", days_ago=1), signal("other")]
    assert adjusting.ends(rule, signals) == NOW + timedelta(days=89)
