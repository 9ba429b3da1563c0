"""Which events does an endpoint want, when is a delivery tried again, and when does an endpoint rest?"""

from datetime import UTC, datetime, timedelta

import pytest

from tael.foundation.config import Settings
from tael.foundation.ids import check_id, derived_id, time_of
from tael.webhooks.model import DisabledBecause
from tael.webhooks.registry import EVENT_TYPES
from tael.webhooks.rules.filters import wants, why_no_filter
from tael.webhooks.rules.retries import (
    FAILURES_BEFORE_REST,
    FEWEST_FAILURES,
    Health,
    Tried,
    at_once,
    health_after,
    next_try_at,
)

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
FAILED, ARRIVED = Tried(succeeded=False, status=500), Tried(succeeded=True, status=200)


def after(*tried: Tried, health: Health | None = None, now: datetime = NOW, days: int = 5) -> Health:
    return health_after(health or Health(), tried, now=now, failing_days=days)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["*"], True),
        (["payment.captured"], True),
        (["payment.*"], True),
        (["refund.*", "payment.captured"], True),
        (["payment.failed"], False),
        (["refund.*"], False),
        (["payment.capture"], False),
        ([], False),
    ],
)
def test_an_event_is_wanted_by_its_type_its_kind_or_by_everybody(words: list[str], *, wanted: bool) -> None:
    assert wants(words, "payment.captured") is wanted


def test_a_filter_that_lets_nothing_through_is_refused() -> None:
    assert why_no_filter(["*", "payment.*", *EVENT_TYPES], EVENT_TYPES) is None
    for wrong in (
        [],
        ["pay.*"],
        ["payment"],
        ["payment.captured", "payment.exploded"],
        ["*.captured"],
        ["*"] * 65,
    ):
        assert why_no_filter(wrong, EVENT_TYPES) is not None, wrong


def test_pauses_grow_over_about_24_hours_and_then_end() -> None:
    pauses = Settings().webhook_retry_seconds
    waits = [next_try_at(tries, now=NOW, pauses=pauses, chance=0) for tries in range(1, len(pauses) + 1)]
    seconds = [(each - NOW).total_seconds() for each in waits if each is not None]
    assert seconds == sorted(seconds) == list(pauses)
    assert sum(seconds) >= 23 * 3600
    assert sum(seconds) * 1.2 < 30 * 3600
    assert next_try_at(len(pauses) + 1, now=NOW, pauses=pauses, chance=0) is None
    late = next_try_at(1, now=NOW, pauses=pauses, chance=1)
    assert late == NOW + timedelta(seconds=6)


def test_one_success_forgets_all_failures() -> None:
    failing = after(*[FAILED] * 30)
    assert failing.failures == 30
    assert after(ARRIVED, health=failing) == Health()
    assert after(*[FAILED] * 7, ARRIVED, FAILED).resting_until is None


def test_an_endpoint_rests_longer_the_more_often_it_failed_and_five_minutes_at_most() -> None:
    rests = [after(*[FAILED] * count).resting_until for count in range(1, 40)]
    assert rests[: FAILURES_BEFORE_REST - 1] == [None] * (FAILURES_BEFORE_REST - 1)
    seconds = [(each - NOW).total_seconds() for each in rests if each is not None]
    assert seconds[0] == 5
    assert seconds == sorted(seconds)
    assert seconds[-1] == 300


def test_who_asks_to_wait_is_left_alone_for_an_hour_at_most() -> None:
    asked = after(Tried(succeeded=False, status=429, retry_after_seconds=120))
    assert asked.resting_until == NOW + timedelta(seconds=120)
    greedy = after(Tried(succeeded=False, status=503, retry_after_seconds=99_999))
    assert greedy.resting_until == NOW + timedelta(hours=1)


def test_an_endpoint_is_disabled_after_days_and_enough_attempts_and_not_before() -> None:
    since = NOW - timedelta(days=5)
    long_failing = Health(failures=FEWEST_FAILURES - 1, failing_since=since)
    assert after(FAILED, health=long_failing).disable is DisabledBecause.FAILING
    few = Health(failures=FEWEST_FAILURES - 2, failing_since=since)
    assert after(FAILED, health=few).disable is None
    young = Health(failures=99, failing_since=since + timedelta(seconds=1))
    assert after(FAILED, health=young).disable is None
    assert after(ARRIVED, health=long_failing).disable is None


def test_410_disables_at_once() -> None:
    assert after(Tried(succeeded=False, status=410)).disable is DisabledBecause.GONE


def test_a_slow_endpoint_has_few_places() -> None:
    assert at_once(0.01) > at_once(1) > at_once(9) >= 1


def test_an_id_follows_from_what_it_names() -> None:
    one = derived_id("evt", at=NOW, of="7 pay_1")
    assert one == derived_id("evt", at=NOW, of="7 pay_1")
    assert one != derived_id("evt", at=NOW, of="8 pay_1")
    assert time_of(check_id(one, prefix="evt")) == NOW
