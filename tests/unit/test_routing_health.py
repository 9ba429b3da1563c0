"""Is a channel left alone while it is ill, and taken back when it is well?"""

import pytest

from tael.channels.model import CallSeen
from tael.channels.port import ErrorClass, Operation, OutcomeState
from tael.routing.health import HealthBoard, HealthTerms
from tael.routing.model import Health

TERMS = HealthTerms()


def call(error_class: ErrorClass | None = None, *, seconds: float = 0.1, channel: str = "a") -> CallSeen:
    state = OutcomeState.SUCCEEDED if error_class is None else OutcomeState.UNKNOWN
    return CallSeen(
        channel=channel, operation=Operation.PAY, state=state, error_class=error_class, seconds=seconds
    )


def ill_board(at: float = 0.0) -> HealthBoard:
    board = HealthBoard()
    for _ in range(TERMS.faults_in_a_row):
        board.observe(call(ErrorClass.TRANSPORT), at=at)
    return board


def test_a_channel_that_was_never_called_is_well() -> None:
    assert HealthBoard().health_of("a", at=0.0) is Health.WELL


def test_five_faults_in_a_row_open_the_breaker_of_that_channel_alone() -> None:
    board = HealthBoard()
    for _ in range(4):
        board.observe(call(ErrorClass.TRANSPORT), at=1.0)
    assert board.health_of("a", at=1.0) is Health.WELL
    board.observe(call(ErrorClass.CHANNEL), at=1.0)
    assert board.health_of("a", at=1.0) is Health.ILL
    assert board.health_of("b", at=1.0) is Health.WELL


@pytest.mark.parametrize(
    "error_class", [ErrorClass.PAYER, ErrorClass.DECLINED, ErrorClass.REQUEST, ErrorClass.ACCOUNT]
)
def test_what_is_not_its_own_fault_never_counts_against_a_channel(error_class: ErrorClass) -> None:
    board = HealthBoard()
    for _ in range(100):
        board.observe(call(error_class), at=1.0)
    assert board.health_of("a", at=1.0) is Health.WELL


def test_half_of_the_calls_in_the_window_are_too_many_faults() -> None:
    board = HealthBoard()
    for at in range(5):
        board.observe(call(ErrorClass.BUSY), at=float(at))
        assert board.health_of("a", at=float(at)) is Health.WELL, "too few calls to tell"
        board.observe(call(), at=float(at))
    board.observe(call(ErrorClass.BUSY), at=5.0)
    assert board.health_of("a", at=5.0) is Health.ILL


def test_faults_that_have_left_the_window_are_forgotten() -> None:
    board = HealthBoard()
    for at in (0.0, 1.0, 2.0, 3.0):
        board.observe(call(ErrorClass.BUSY), at=at)
        board.observe(call(), at=at)
    late = 3.1 + TERMS.window_seconds
    board.observe(call(ErrorClass.BUSY), at=late)
    for _ in range(10):
        board.observe(call(), at=late)
    assert board.health_of("a", at=late) is Health.WELL


def test_a_channel_that_answers_too_slowly_is_left_alone() -> None:
    board = HealthBoard()
    for number in range(12):
        board.observe(call(seconds=TERMS.slow_seconds if number % 2 else 0.1), at=1.0)
    assert board.health_of("a", at=1.0) is Health.SLOW


def test_after_its_rest_a_channel_is_probed_and_three_good_calls_bring_it_back() -> None:
    board = ill_board()
    assert board.health_of("a", at=TERMS.rest_seconds - 0.1) is Health.ILL
    assert board.health_of("a", at=TERMS.rest_seconds) is Health.PROBING
    for number in range(TERMS.probes):
        assert board.health_of("a", at=6.0) is Health.PROBING, number
        board.observe(call(), at=6.0)
    assert board.health_of("a", at=6.0) is Health.WELL
    board.observe(call(ErrorClass.TRANSPORT), at=6.0)
    assert board.health_of("a", at=6.0) is Health.WELL, "the old faults count no more"


def test_a_probe_that_fails_lets_the_channel_rest_twice_as_long_up_to_two_minutes() -> None:
    board = ill_board()
    at, rest = TERMS.rest_seconds, TERMS.rest_seconds
    for _ in range(8):
        board.observe(call(ErrorClass.TRANSPORT), at=at)
        rest = min(2 * rest, TERMS.longest_rest_seconds)
        assert board.health_of("a", at=at + rest - 0.1) is Health.ILL
        assert board.health_of("a", at=at + rest) is Health.PROBING
        at += rest
    assert rest == TERMS.longest_rest_seconds


def test_what_was_on_its_way_when_the_breaker_opened_changes_nothing() -> None:
    board = ill_board()
    board.observe(call(), at=1.0)
    board.observe(call(ErrorClass.TRANSPORT), at=4.9)
    assert board.health_of("a", at=4.9) is Health.ILL
    assert board.health_of("a", at=5.0) is Health.PROBING


def test_a_clock_that_is_put_back_keeps_no_channel_out_for_longer() -> None:
    board = ill_board(at=3_600.0)
    assert board.health_of("a", at=3_600.0) is Health.ILL
    assert board.health_of("a", at=0.0) is Health.PROBING


def test_slow_answers_that_have_left_the_window_are_forgotten() -> None:
    board = HealthBoard()
    for _ in range(9):
        board.observe(call(seconds=9.0), at=1.0)
    late = 1.1 + TERMS.window_seconds
    for _ in range(12):
        board.observe(call(), at=late)
    for number in range(11):
        board.observe(call(seconds=9.0), at=late)
        assert board.health_of("a", at=late) is Health.WELL, number
    board.observe(call(seconds=9.0), at=late)
    assert board.health_of("a", at=late) is Health.SLOW, "twelve of twenty-four"


def test_good_probes_count_only_in_a_row() -> None:
    board = ill_board()
    for error_class in (None, None, ErrorClass.BUSY):
        board.observe(call(error_class), at=5.0)
    assert board.health_of("a", at=14.9) is Health.ILL
    for _ in range(2):
        board.observe(call(), at=15.0)
        assert board.health_of("a", at=15.0) is Health.PROBING
    board.observe(call(), at=15.0)
    assert board.health_of("a", at=15.0) is Health.WELL


def test_whoever_has_recovered_is_judged_afresh() -> None:
    board = ill_board()
    for error_class in (ErrorClass.BUSY, None, None, None):
        board.observe(call(error_class), at=5.0 if error_class else 15.0)
    for _ in range(4):
        board.observe(call(ErrorClass.TRANSPORT), at=15.0)
        assert board.health_of("a", at=15.0) is Health.WELL
    board.observe(call(ErrorClass.TRANSPORT), at=15.0)
    assert board.health_of("a", at=19.9) is Health.ILL
    assert board.health_of("a", at=20.0) is Health.PROBING, "the first rest is short again"
    for _ in range(2):
        board.observe(call(), at=20.0)
        assert board.health_of("a", at=20.0) is Health.PROBING


def test_the_standing_of_a_channel_has_the_figures_behind_its_health() -> None:
    board = HealthBoard()
    board.observe(call(ErrorClass.BUSY, seconds=6.0), at=0.0)
    board.observe(call(), at=20.0)
    well = board.standing_of("a", at=20.0)
    assert (well.health, well.calls, well.faults, well.slow) == (Health.WELL, 2, 1, 1)
    assert well.resting_seconds is None
    later = board.standing_of("a", at=40.0)
    assert (later.calls, later.faults) == (1, 0), "what has left the window is not shown"
    ill = ill_board(at=10.0).standing_of("a", at=12.0)
    assert (ill.health, ill.faults) == (Health.ILL, TERMS.faults_in_a_row)
    assert ill.resting_seconds == TERMS.rest_seconds - 2.0
    assert HealthBoard().standing_of("b", at=0.0).calls == 0
