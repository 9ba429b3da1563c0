"""What can happen to a payout, what does an outcome do to it, and when is another channel asked?"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tael.channels.port import ErrorClass, Outcome, OutcomeState, Pauses
from tael.foundation.money import Money
from tael.payouts import postings, rules
from tael.payouts.errors import PayoutMalformed, PayoutMismatch
from tael.payouts.model import Destination, Leg, LegState, NewPayout, Payout, PayoutState
from tael.payouts.rules import LEGS, PAYOUTS, Change, Fact, LegEvent, NoSuchMove, PayoutEvent, may, move

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PAUSES = Pauses(unknown=[2, 3, 5], waiting=[10, 60])
AMOUNT = Money(50_000, "CNY")
_S = OutcomeState


def payout(state: PayoutState = PayoutState.PROCESSING, **more: Any) -> Payout:
    """A payout over one leg."""
    ended = state in (PayoutState.SUCCEEDED, PayoutState.FAILED, PayoutState.RETURNED)
    made = Payout(
        id="pyo_1",
        owner="usr_1",
        purpose="withdrawal",
        reference="wdr_1",
        amount_minor=AMOUNT.minor,
        currency="CNY",
        account_kind="bank_account",
        payee_sealed=b"",
        shown="622202******1234",
        statement="",
        funded_by="user:usr_1:withdrawing",
        state=state,
        legs=1,
        paid_by=1 if state is PayoutState.SUCCEEDED else None,
        reason=None,
        error_class=None,
        created_at=NOW,
        ended_at=NOW if ended else None,
        waits=0,
        next_leg_at=None,
    )
    return msgspec.structs.replace(made, **more)


def leg(state: LegState = LegState.PROCESSING, **more: Any) -> Leg:
    """The first leg of it."""
    ended = state not in (LegState.PROCESSING, LegState.UNKNOWN)
    made = Leg(
        payout_id="pyo_1",
        nth=1,
        channel="bank",
        state=state,
        channel_reference=None,
        channel_code=None,
        error_class=None,
        begun_at=NOW,
        ended_at=NOW if ended else None,
        inquiries=0,
        next_inquiry_at=None if ended else NOW,
    )
    return msgspec.structs.replace(made, **more)


def said(state: OutcomeState, **more: Any) -> Outcome:
    """What a channel says of it."""
    return Outcome(state=state, payout_number="pyo_1", **more)


def applied(
    before: Payout, over: Leg, outcome: Outcome, *, asked_at: datetime | None = NOW, now: datetime = NOW
) -> Change:
    """What it makes of them."""
    change = rules.apply_outcome(before, over, outcome, asked_at=asked_at, now=now, pauses=PAUSES)
    assert isinstance(change, Change), change
    return change


WITH_CHANNEL = {
    "under_way": "processing",
    "not_known": "unknown",
    "done": "succeeded",
    "refused": "failed",
    "goes_elsewhere": "created",
}
ASKED = {"under_way": "processing", "not_known": "unknown", "done": "succeeded", "refused": "failed"}
WRITTEN_PAYOUTS: Mapping[str, Mapping[str, str]] = {
    "created": {"given_to_channel": "processing", "no_channel": "failed", "done_after_all": "succeeded"},
    "processing": WITH_CHANNEL,
    "unknown": WITH_CHANNEL,
    "succeeded": {"came_back": "returned"},
    "failed": {"done_after_all": "succeeded"},
    "returned": {"done_after_all": "succeeded"},
}
WRITTEN_LEGS: Mapping[str, Mapping[str, str]] = {
    "processing": ASKED,
    "unknown": ASKED,
    "succeeded": {"came_back": "returned"},
    "failed": {"done_after_all": "succeeded"},
    "returned": {"done_after_all": "succeeded"},
}


@pytest.mark.parametrize("event", PayoutEvent)
@pytest.mark.parametrize("state", PayoutState)
def test_every_state_and_event_of_a_payout_lead_where_it_is_written(
    state: PayoutState, event: PayoutEvent
) -> None:
    written = WRITTEN_PAYOUTS[state].get(event)
    assert PAYOUTS[state].get(event) == written
    before = payout(state)
    assert may(before, event) is (written is not None)
    if written is None:
        with pytest.raises(NoSuchMove):
            move(before, event)
    else:
        assert move(before, event) == msgspec.structs.replace(before, state=PayoutState(written))


@pytest.mark.parametrize("event", LegEvent)
@pytest.mark.parametrize("state", LegState)
def test_every_state_and_event_of_a_leg_lead_where_it_is_written(state: LegState, event: LegEvent) -> None:
    written = WRITTEN_LEGS[state].get(event)
    assert LEGS[state].get(event) == written
    if written is None:
        with pytest.raises(NoSuchMove):
            move(leg(state), event)
    else:
        assert move(leg(state), event).state == written


@pytest.mark.parametrize("state", [_S.UNKNOWN, _S.CLOSED, _S.AUTHORISED])
def test_what_is_not_definite_is_inquired_at_growing_intervals_and_never_guessed(state: OutcomeState) -> None:
    before, over, after = payout(), leg(), []
    for _ in range(5):
        change = applied(before, over, said(state, error_class=ErrorClass.TRANSPORT))
        before, over = change.payout, change.leg
        assert (before.state, over.state, change.fact) == (PayoutState.UNKNOWN, LegState.UNKNOWN, None)
        assert not change.went
        assert over.next_inquiry_at is not None
        after.append((over.next_inquiry_at - NOW).total_seconds())
    assert after == [2, 3, 5, 5, 5]


def test_what_the_channel_never_heard_of_is_asked_for_again_under_the_same_number() -> None:
    change = applied(payout(PayoutState.UNKNOWN), leg(LegState.UNKNOWN), said(_S.ABSENT))
    assert (change.payout.state, change.leg.state) == (PayoutState.PROCESSING, LegState.PROCESSING)
    assert change.leg.next_inquiry_at == NOW + timedelta(seconds=2)
    assert change.payout.legs == 1


def test_money_on_its_way_is_looked_after_in_the_slower_rhythm() -> None:
    change = applied(payout(), leg(), said(_S.WAITING))
    assert change.leg.next_inquiry_at == NOW + timedelta(seconds=10)


def test_a_success_is_booked_and_told_once() -> None:
    change = applied(payout(), leg(), said(_S.SUCCEEDED, amount=AMOUNT))
    assert (change.payout.state, change.payout.paid_by, change.fact) == (
        PayoutState.SUCCEEDED,
        1,
        Fact.SUCCEEDED,
    )
    assert change.went
    again = applied(change.payout, change.leg, said(_S.SUCCEEDED, amount=AMOUNT))
    assert (again.payout, again.leg, again.fact, again.went) == (change.payout, change.leg, None, False)


@pytest.mark.parametrize("error_class", ErrorClass)
def test_another_channel_is_tried_only_after_a_definite_refusal_that_another_may_not_share(
    error_class: ErrorClass,
) -> None:
    refused = applied(payout(), leg(), said(_S.FAILED, error_class=error_class, code="X1"))
    if error_class in (ErrorClass.PAYER, ErrorClass.REQUEST):
        assert (refused.payout.state, refused.fact) == (PayoutState.FAILED, Fact.FAILED)
    else:
        assert (refused.payout.state, refused.fact) == (PayoutState.CREATED, None)
        assert refused.payout.next_leg_at == NOW
    assert refused.payout.reason == "X1"
    last = applied(
        payout(legs=rules.MOST_LEGS), leg(nth=rules.MOST_LEGS), said(_S.FAILED, error_class=error_class)
    )
    assert last.payout.state is PayoutState.FAILED
    unknown = applied(payout(), leg(), said(_S.UNKNOWN, error_class=error_class))
    assert unknown.payout.next_leg_at is None


def test_another_amount_than_ours_is_not_believed() -> None:
    outcome = said(_S.SUCCEEDED, amount=Money(AMOUNT.minor + 1, "CNY"))
    change = rules.apply_outcome(payout(), leg(), outcome, asked_at=NOW, now=NOW, pauses=PAUSES)
    assert isinstance(change, PayoutMismatch)


def test_money_that_comes_back_is_believed_only_when_the_bank_says_so_again_on_being_asked() -> None:
    gone = applied(payout(), leg(), said(_S.SUCCEEDED))
    heard = applied(gone.payout, gone.leg, said(_S.FAILED, code="AC04"), asked_at=None)
    assert (heard.payout.state, heard.leg.doubted_at) == (PayoutState.SUCCEEDED, NOW)
    old = applied(heard.payout, heard.leg, said(_S.FAILED), asked_at=NOW - timedelta(seconds=1))
    assert old.payout.state is PayoutState.SUCCEEDED
    later = NOW + timedelta(seconds=2)
    sure = applied(heard.payout, heard.leg, said(_S.FAILED, code="AC04"), asked_at=later, now=later)
    assert (sure.payout.state, sure.payout.reason, sure.fact) == (
        PayoutState.RETURNED,
        "AC04",
        Fact.RETURNED,
    )
    assert sure.came_back
    assert not sure.leg.unowed


def test_a_doubt_that_the_channel_takes_back_is_forgotten() -> None:
    gone = applied(payout(), leg(), said(_S.SUCCEEDED))
    heard = applied(gone.payout, gone.leg, said(_S.FAILED), asked_at=None)
    calm = applied(heard.payout, heard.leg, said(_S.SUCCEEDED))
    assert (calm.leg.doubted_at, calm.leg.next_inquiry_at, calm.payout.state) == (
        None,
        None,
        PayoutState.SUCCEEDED,
    )


@pytest.mark.parametrize("state", [PayoutState.FAILED, PayoutState.RETURNED])
def test_what_went_after_it_was_given_up_is_to_be_recovered_and_nobody_is_told_it_succeeded(
    state: PayoutState,
) -> None:
    of_leg = LegState.FAILED if state is PayoutState.FAILED else LegState.RETURNED
    change = applied(payout(state), leg(of_leg, doubted_at=NOW), said(_S.SUCCEEDED))
    assert (change.payout.state, change.fact, change.leg.unowed, change.went) == (
        PayoutState.SUCCEEDED,
        None,
        True,
        True,
    )
    entry = postings.went(change.payout, change.leg)
    assert [line.code for line in entry.postings] == ["platform:recoverable", "channel:bank:receivable"]
    back = applied(
        change.payout,
        msgspec.structs.replace(change.leg, doubted_at=NOW),
        said(_S.FAILED),
    )
    assert (back.payout.state, back.fact, back.came_back) == (PayoutState.RETURNED, None, True)


def test_a_refusal_taken_back_before_another_channel_is_asked_is_simply_a_success() -> None:
    waiting = payout(PayoutState.CREATED, next_leg_at=NOW)
    change = applied(waiting, leg(LegState.FAILED, doubted_at=NOW), said(_S.SUCCEEDED))
    assert (change.payout.state, change.fact, change.leg.unowed) == (
        PayoutState.SUCCEEDED,
        Fact.SUCCEEDED,
        False,
    )
    assert change.payout.next_leg_at is None


def test_a_refusal_taken_back_while_another_channel_has_it_changes_nothing_but_the_books() -> None:
    elsewhere = payout(PayoutState.UNKNOWN, legs=2)
    change = applied(elsewhere, leg(LegState.FAILED, doubted_at=NOW), said(_S.SUCCEEDED))
    assert (change.payout, change.leg.unowed, change.went, change.contradiction) == (
        elsewhere,
        True,
        True,
        True,
    )


def test_without_a_channel_it_waits_longer_and_longer_and_is_given_up_in_the_end() -> None:
    waiting, pauses = payout(PayoutState.CREATED, legs=0, next_leg_at=NOW), []
    fact = None
    while fact is None:
        waiting, fact = rules.no_channel(waiting, NOW)
        if waiting.next_leg_at is not None:
            pauses.append((waiting.next_leg_at - NOW).total_seconds())
    assert pauses == list(rules.WAITS_FOR_CHANNEL)
    assert (waiting.state, waiting.reason, fact) == (PayoutState.FAILED, "no_channel", Fact.FAILED)


def test_one_that_a_channel_has_refused_does_not_wait_for_another_that_is_not_there() -> None:
    refused = payout(PayoutState.CREATED, next_leg_at=NOW, reason="AC04")
    ended, fact = rules.no_channel(refused, NOW)
    assert (ended.state, ended.reason, fact) == (PayoutState.FAILED, "AC04", Fact.FAILED)


def test_a_payout_over_nothing_or_to_nobody_is_refused() -> None:
    wanted = NewPayout(
        id="pyo_1",
        amount=AMOUNT,
        to=Destination(kind="bank_account", account="622202"),
        shown="622202******",
        purpose="withdrawal",
        owner="usr_1",
        reference="wdr_1",
        funded_by="user:usr_1:withdrawing",
    )
    assert rules.why_malformed(wanted) is None
    replace = msgspec.structs.replace
    for wrong in (
        replace(wanted, amount=Money(0, "CNY")),
        replace(wanted, to=Destination(kind="", account="622202")),
        replace(wanted, funded_by=""),
        replace(wanted, statement="x" * 141),
    ):
        assert isinstance(rules.why_malformed(wrong), PayoutMalformed)


def test_a_destination_shows_itself_to_nobody() -> None:
    assert "6222" not in repr(Destination(kind="bank_account", account="6222020000001234"))
