"""Is a moment always aware, and is there one clock?"""

from datetime import UTC, datetime, timedelta

from tael.foundation.clock import CHINA, SystemClock, monotonic_seconds, unix_milliseconds
from tael.testing.clocks import ManualClock


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    now = SystemClock().now()

    assert now.utcoffset() == timedelta(0)
    assert abs(now.timestamp() * 1000 - unix_milliseconds()) < 1_000


def test_china_is_eight_hours_ahead_all_year() -> None:
    for month in (1, 7):
        assert datetime(2026, month, 1, tzinfo=UTC).astimezone(CHINA).hour == 8


def test_durations_are_measured_on_a_clock_that_never_goes_back() -> None:
    readings = [monotonic_seconds() for _ in range(100)]

    assert readings == sorted(readings)


def test_time_by_hand_moves_only_when_it_is_moved() -> None:
    clock = ManualClock()
    before = clock.now()

    assert clock.now() == before
    clock.move(minutes=15)
    assert clock.now() - before == timedelta(minutes=15)
