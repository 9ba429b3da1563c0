"""Do scores follow from the figures as the guide says, and deadlines from the days?"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.channels.model import LATENCY_BOUNDS_MS, Measure
from tael.channels.port import (
    AmountRange,
    Capabilities,
    ErrorClass,
    Operation,
    Product,
    Security,
)
from tael.partners.model import Certificate, DeadlineKind, FeeLine, FeeTable, Part, PartScore
from tael.partners.rules import scores
from tael.partners.rules.deadlines import DISTANCES, distance_reached
from tael.partners.rules.scores import BASKET, Effort
from tael.testing.partners import capabilities_of_a_wallet

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
PLACES = len(LATENCY_BOUNDS_MS) + 1


def measure(
    calls: int,
    *,
    by_error: Mapping[str, int] | None = None,
    place: int = 3,
    hour: int = 0,
    operation: Operation = Operation.PAY,
) -> Measure:
    latency = [0] * PLACES
    latency[place] = calls
    return Measure(
        channel="alpha",
        operation=operation,
        hour=NOW + timedelta(hours=hour),
        calls=calls,
        by_state={},
        by_error=by_error or {},
        latency=latency,
    )


def stability(*measures: Measure) -> PartScore:
    return scores.stability(measures, 35)


def test_a_channel_that_never_fails_and_is_quick_is_perfectly_stable() -> None:
    part = stability(measure(1_000), measure(500, hour=1, operation=Operation.REFUND))
    assert part.score == 100
    assert (part.figures["calls"], part.figures["p95_ms"], part.figures["hours_down"]) == (1_500, 100, 0)


def test_failures_of_the_payer_and_probes_count_against_nobody() -> None:
    part = stability(
        measure(1_000, by_error={ErrorClass.PAYER: 400, ErrorClass.DECLINED: 50}),
        measure(60, by_error={ErrorClass.TRANSPORT: 60}, operation=Operation.PROBE),
    )
    assert part.score == 100
    assert (part.figures["calls"], part.figures["faults"]) == (1_000, 0)
    assert (part.figures["errors_payer"], part.figures["errors_declined"]) == (400, 50)


@pytest.mark.parametrize(("faults", "success"), [(0, 100), (1, 99), (5, 95), (25, 75), (100, 0), (1_000, 0)])
def test_each_tenth_of_a_per_mille_of_faults_costs_a_point_of_success(faults: int, success: int) -> None:
    assert stability(measure(10_000, by_error={"channel": faults})).figures["success_score"] == success


@pytest.mark.parametrize(("place", "speed"), [(4, 99), (5, 94), (6, 84), (9, 0), (12, 0)])
def test_speed_falls_from_200_ms_to_nothing_at_five_seconds(place: int, speed: int) -> None:
    assert stability(measure(100, place=place)).figures["speed_score"] == speed


def test_an_hour_in_which_most_calls_failed_was_down() -> None:
    hours = [measure(10, hour=hour) for hour in range(200)]
    part = stability(*hours, measure(10, hour=200, by_error={"transport": 6}))
    assert (part.figures["hours"], part.figures["hours_down"], part.figures["uptime_score"]) == (201, 1, 51)
    half = stability(*hours, measure(10, hour=200, by_error={"transport": 5}))
    assert half.figures["hours_down"] == 0


def test_without_calls_there_is_nothing_to_judge_by() -> None:
    assert stability().score is None
    assert stability(measure(5, operation=Operation.PROBE)).score is None


@given(
    latency=st.lists(st.integers(0, 1_000), min_size=PLACES, max_size=PLACES), per_mille=st.integers(1, 1_000)
)
def test_a_percentile_is_the_first_bound_that_covers_so_many_calls(
    latency: Sequence[int], per_mille: int
) -> None:
    found = scores.percentile_ms(latency, per_mille)
    if not sum(latency):
        assert found is None
        return
    bounds = [*LATENCY_BOUNDS_MS, 2 * LATENCY_BOUNDS_MS[-1]]
    assert found is not None
    within = sum(latency[: bounds.index(found) + 1])
    before = sum(latency[: bounds.index(found)])
    assert within * 1_000 >= per_mille * sum(latency) > before * 1_000


def test_coverage_is_the_share_of_what_there_is() -> None:
    everything = msgspec.structs.replace(
        capabilities_of_a_wallet(),
        products=frozenset(Product),
        operations=frozenset(Operation),
        amounts={name: AmountRange(1, 2) for name in ("CNY", "USD", "EUR", "JPY", "GBP", "HKD")},
    )
    assert scores.coverage(everything, 15).score == 100
    wallet = scores.coverage(capabilities_of_a_wallet(), 15)
    assert wallet.score == 50 * 2 // 8 + 30 * 3 // len(Operation) + 20 * 1 // 5
    assert wallet.figures == {"products": 2, "operations": 3, "currencies": 1}


@pytest.mark.parametrize(
    ("requests", "answers", "notices", "window", "score"),
    [
        ("RSA2", "RSA2", "RSA2", 300, 100),
        ("RSA2", "RSA2", "RSA2", 601, 90),
        ("RSA2", "RSA2", "RSA2", 0, 90),
        ("Bearer over TLS", "", "HMAC-SHA256", 300, 55),
        ("Bearer over TLS", "", "", 0, 25),
    ],
)
def test_security_counts_what_is_signed(
    requests: str, answers: str, notices: str, window: int, score: int
) -> None:
    security = Security(requests=requests, answers=answers, notices=notices, notice_window_seconds=window)
    capabilities = msgspec.structs.replace(capabilities_of_a_wallet(), security=security)
    assert scores.security(capabilities, [], NOW, 20).score == score


def test_a_certificate_in_its_last_month_costs_ten_points_until_it_is_replaced() -> None:
    def score(days: int, *, replaced: bool = False) -> int | None:
        certificate = Certificate(
            id="cert_1",
            channel="alpha",
            name="key",
            subject="",
            serial="",
            fingerprint="",
            starts_at=NOW - timedelta(days=300),
            ends_at=NOW + timedelta(days=days),
            recorded_by="ann",
            recorded_at=NOW,
            replaced_at=NOW if replaced else None,
        )
        return scores.security(capabilities_of_a_wallet(), [certificate], NOW, 20).score

    assert (score(31), score(30), score(-1), score(-1, replaced=True)) == (100, 90, 90, 100)


def fees(table: FeeTable | None, capabilities: Capabilities | None = None) -> PartScore:
    return scores.fees(table, capabilities or capabilities_of_a_wallet(), BASKET, 20)


def fee_table(*lines: FeeLine) -> FeeTable:
    return FeeTable(
        id="fee_1",
        channel="alpha",
        effective_from=NOW,
        lines=lines,
        proposed_by="ann",
        approved_by="bo",
        approved_at=NOW,
    )


@pytest.mark.parametrize(("rate", "score"), [(0, 100), (3_000, 70), (6_000, 40), (10_000, 0), (30_000, 0)])
def test_each_basis_point_of_the_basket_costs_a_point(rate: int, score: int) -> None:
    part = fees(fee_table(FeeLine(currency="CNY", rate_millionths=rate)))
    assert part.score == score
    assert part.figures["fee_table"] == "fee_1"


def test_fees_that_nobody_knows_are_not_judged() -> None:
    assert fees(None).score is None
    assert fees(fee_table(FeeLine(currency="USD"))).score is None


def test_a_channel_of_another_currency_is_judged_by_the_same_numbers_in_its_own() -> None:
    dollars = msgspec.structs.replace(capabilities_of_a_wallet(), amounts={"USD": AmountRange(1, 10**9)})
    yen = msgspec.structs.replace(capabilities_of_a_wallet(), amounts={"JPY": AmountRange(1, 10**9)})
    in_dollars = fees(fee_table(FeeLine(currency="USD", fixed_minor=30)), dollars)
    in_yuan = fees(fee_table(FeeLine(currency="CNY", fixed_minor=30)))
    assert in_dollars.figures == in_yuan.figures
    in_yen = fees(fee_table(FeeLine(currency="JPY", rate_millionths=6_000)), yen)
    assert in_yen.figures["basket_minor"] == 10_420


@pytest.mark.parametrize(
    ("days", "incidents", "failed", "score"),
    [(0, 0, 0, 100), (10, 0, 0, 100), (65, 0, 0, 50), (120, 0, 0, 0), (10, 2, 3, 65), (10, 20, 0, 0)],
)
def test_effort_counts_days_incidents_and_failed_runs(
    days: int, incidents: int, failed: int, score: int
) -> None:
    spent = Effort(days=days, incidents=incidents, failed_acceptances=failed)
    assert scores.effort(spent, 10).score == score


def test_the_total_weighs_only_what_could_be_judged() -> None:
    parts = {
        Part.STABILITY: PartScore(score=None, weight=35, figures={}),
        Part.COVERAGE: PartScore(score=50, weight=15, figures={}),
        Part.SECURITY: PartScore(score=100, weight=20, figures={}),
    }
    assert scores.total_of(parts) == (50 * 15 + 100 * 20 + 17) // 35
    assert scores.total_of({Part.FEES: PartScore(score=None, weight=9, figures={})}) is None
    assert scores.total_of({Part.FEES: PartScore(score=80, weight=0, figures={})}) is None


@pytest.mark.parametrize(
    ("days_left", "reached"),
    [
        (61, None),
        (60, 60),
        (31, 60),
        (30, 30),
        (15, 30),
        (14, 14),
        (8, 14),
        (7, 7),
        (2, 7),
        (1, 1),
        (0, 0),
        (-3, 0),
    ],
)
def test_a_certificate_is_warned_of_at_60_30_14_7_and_1_days(days_left: int, reached: int | None) -> None:
    assert distance_reached(DeadlineKind.CERTIFICATE, NOW + timedelta(days=days_left), NOW) == reached


@pytest.mark.parametrize("kind", DeadlineKind)
def test_distances_come_nearer_and_are_reached_once_each(kind: DeadlineKind) -> None:
    assert list(DISTANCES[kind]) == sorted(DISTANCES[kind], reverse=True)
    due_at = NOW + timedelta(days=100)
    reached = [distance_reached(kind, due_at, NOW + timedelta(hours=hours)) for hours in range(24 * 130)]
    assert tuple(dict.fromkeys(day for day in reached if day is not None)) == DISTANCES[kind]
