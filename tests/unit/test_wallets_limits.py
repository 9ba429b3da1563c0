"""When does a limit begin anew? At midnight and at the turn of the year in China, to the millisecond."""

from datetime import UTC, datetime, timedelta

import pytest

from tael.wallets.rules import limits

LAST = datetime(2026, 3, 1, 15, 59, 59, 999_000, tzinfo=UTC)
"""23:59:59.999 in China."""
FIRST = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
"""0:00 of the next day."""
LAST_OF_YEAR = datetime(2026, 12, 31, 15, 59, 59, 999_000, tzinfo=UTC)
FIRST_OF_YEAR = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "day", "year"),
    [
        (LAST, "2026-03-01", "2026"),
        (FIRST, "2026-03-02", "2026"),
        (LAST_OF_YEAR, "2026-12-31", "2026"),
        (FIRST_OF_YEAR, "2027-01-01", "2027"),
    ],
)
def test_days_and_years_turn_at_midnight_in_china(at: datetime, day: str, year: str) -> None:
    assert (limits.day_of(at), limits.year_of(at)) == (day, year)


def test_a_limit_is_free_again_at_the_next_midnight_and_never_at_once() -> None:
    assert limits.free_again_at("transfer_day", LAST) == FIRST
    assert limits.free_again_at("transfer_day", FIRST) == datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    assert limits.free_again_at("spent_year", LAST_OF_YEAR) == FIRST_OF_YEAR
    assert limits.free_again_at("spent_year", FIRST_OF_YEAR) == datetime(2027, 12, 31, 16, 0, tzinfo=UTC)
    assert limits.free_again_at("spent_life", LAST) is None


def test_a_life_is_every_year_since_the_wallet_was_opened() -> None:
    assert limits.periods_between(LAST_OF_YEAR, FIRST_OF_YEAR) == ["2027-01-01", "2026", "2027"]
    assert limits.periods_between(FIRST, LAST_OF_YEAR - timedelta(days=1)) == ["2026-12-30", "2026"]


def test_about_new_year_acts_of_both_years_may_have_been_counted() -> None:
    assert limits.periods_between(FIRST_OF_YEAR, FIRST_OF_YEAR) == ["2027-01-01", "2026", "2027"]
    assert limits.periods_between(FIRST, LAST_OF_YEAR) == ["2026-12-31", "2026", "2027"]
