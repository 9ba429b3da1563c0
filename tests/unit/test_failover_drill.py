"""What became of payments while a channel was out, by their attempts alone?"""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tael.app.drill import DrillResult, Fate, could_take, fate_of, last_given
from tael.channels.port import ErrorClass, Product
from tael.payments.model import Attempt, AttemptState
from tael.routing.model import Candidate, Health, PastDecision, Purpose, WhyNot
from tael.testing.routing_worlds import wanted_payment

OUT_AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
WAITING, UNKNOWN, FAILED = AttemptState.WAITING, AttemptState.UNKNOWN, AttemptState.FAILED
GOOD = DrillResult(
    channel="first",
    share_before=0.5,
    begun=20,
    moved=18,
    lost=0,
    moved_after_seconds=1.5,
    longest_wait_seconds=0.4,
    back_after_seconds=2.0,
    broken=False,
)


def attempt(
    number: int,
    channel: str,
    state: AttemptState,
    *,
    abandoned: bool = False,
    error_class: ErrorClass | None = None,
    after_seconds: float = 0.0,
) -> Attempt:
    return Attempt(
        id=f"att_{number}",
        payment_id="pay_1",
        channel=channel,
        method="wallet",
        product=Product.CODE,
        state=state,
        abandoned=abandoned,
        amount_minor=100,
        currency="CNY",
        action=None,
        action_expires_at=None,
        received_minor=0,
        payer_sealed=None,
        channel_reference=None,
        channel_code=None,
        error_class=error_class,
        created_at=OUT_AT + timedelta(seconds=after_seconds),
        ended_at=None,
        inquiries=0,
        next_inquiry_at=None,
    )


def decision(chosen: str, *, after_seconds: float, health: Health, **more: object) -> PastDecision:
    return PastDecision(
        id="dec_1",
        wanted=msgspec.structs.replace(wanted_payment(), **more),
        purpose=Purpose.PAY,
        decided_at=OUT_AT + timedelta(seconds=after_seconds),
        policy="random",
        segment="pay",
        turn=0,
        candidates=[Candidate(channel="first", health=health), Candidate(channel="second")],
        chosen=chosen,
        probability=0.5,
    )


@pytest.mark.parametrize(
    ("attempts", "fate"),
    [
        ([attempt(1, "second", WAITING)], Fate(elsewhere=True, lost=False, waited_seconds=0.0)),
        ([attempt(1, "first", WAITING)], Fate(elsewhere=False, lost=False, waited_seconds=0.0)),
        (
            [
                attempt(1, "first", UNKNOWN, abandoned=True),
                attempt(2, "second", WAITING, after_seconds=2.5),
            ],
            Fate(elsewhere=True, lost=False, waited_seconds=2.5),
        ),
        (
            [attempt(1, "first", FAILED, error_class=ErrorClass.PAYER)],
            Fate(elsewhere=False, lost=False, waited_seconds=0.0),
        ),
        (
            [attempt(1, "first", FAILED, error_class=ErrorClass.CHANNEL)],
            Fate(elsewhere=False, lost=True, waited_seconds=0.0),
        ),
        (
            [attempt(1, "first", WAITING, abandoned=True), attempt(2, "second", FAILED)],
            Fate(elsewhere=False, lost=True, waited_seconds=0.0),
        ),
        ([attempt(1, "first", UNKNOWN)], None),
    ],
)
def test_a_payment_is_lost_only_if_its_payer_has_nothing_left_to_do(
    attempts: list[Attempt], fate: Fate | None
) -> None:
    assert fate_of(attempts, "first", begun={"att_1", "att_2"}) == fate


def test_probes_do_not_count_as_payments_that_were_still_given_to_it() -> None:
    made = [
        decision("first", after_seconds=1.5, health=Health.WELL),
        decision("first", after_seconds=9.0, health=Health.PROBING),
        decision("second", after_seconds=9.5, health=Health.MAINTENANCE),
    ]
    assert last_given(made, "first", OUT_AT) == 1.5
    assert last_given(made[2:], "first", OUT_AT) == 0.0


def test_only_payments_count_that_could_have_gone_over_the_channel() -> None:
    made = decision("second", after_seconds=1, health=Health.WELL)
    assert could_take(made, "first")
    assert not could_take(decision("first", after_seconds=1, health=Health.WELL, pinned="first"), "first")
    for why, counts in ((WhyNot.TRIED, True), (WhyNot.PRODUCT, False)):
        candidates = [Candidate(channel="first", why_not=why), Candidate(channel="second")]
        assert could_take(msgspec.structs.replace(made, candidates=candidates), "first") is counts


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"begun": 0, "moved": 0}, "nothing was shown"),
        ({"lost": 2}, "2 payments were lost"),
        ({"longest_wait_seconds": 5.1}, "a payer waited 5.1 s"),
        ({"moved_after_seconds": 5.1}, "still used 5.1 s"),
        ({"moved": 0}, "nothing went elsewhere"),
        ({"back_after_seconds": None}, "got no payment after"),
    ],
)
def test_a_drill_is_passed_only_if_everything_was_well(change: dict[str, object], fault: str) -> None:
    assert GOOD.faults == []
    [said] = msgspec.structs.replace(GOOD, **change).faults
    assert fault in said
    assert f"Failed: {said}." in msgspec.structs.replace(GOOD, **change).words


def test_a_broken_channel_may_find_out_later_as_long_as_no_payer_waits() -> None:
    assert msgspec.structs.replace(GOOD, moved_after_seconds=9.0, broken=True).faults == []
