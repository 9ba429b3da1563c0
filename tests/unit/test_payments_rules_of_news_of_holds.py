"""What a channel says of an order and what it says of our step are two things: is neither taken for the other?"""

from typing import Any

import msgspec
import pytest

from tael.channels.port import Hold, Outcome, OutcomeState, Product
from tael.foundation.money import Money
from tael.payments import rules
from tael.payments.model import (
    Attempt,
    AttemptState,
    HoldStep,
    Payment,
    PaymentState,
    RefundReason,
    StepKind,
    StepState,
)
from tael.payments.rules import Change, Consequence, Question
from tael.payments.rules.holds import hold_of
from tests.unit.test_payments_rules import NOW, PAUSES, attempt, outcome, payment
from tests.unit.test_payments_rules_of_holds import CAN_ALL, held, step, waiting
from tests.unit.test_payments_rules_of_reversals import SOON, told

ALL_GIVEN_BACK = outcome(OutcomeState.SUCCEEDED, given_back_in_all=Money(1280, "CNY"))


def holder(**more: Any) -> Attempt:
    return attempt(AttemptState.AUTHORISED, **{"product": Product.CARD, "hold": CAN_ALL} | more)


def taken(minor: int) -> Hold:
    return msgspec.structs.replace(CAN_ALL, taken=Money(minor, "CNY"))


def heard(payment: Payment, attempt: Attempt, said: Outcome, *steps: HoldStep, asked: bool = False) -> Change:
    """What the channel says of the order."""
    change = rules.apply_outcome(
        payment,
        attempt,
        said,
        steps=steps,
        asked_at=NOW if asked else None,
        now=NOW,
        pauses=PAUSES,
        action_seconds=60,
    )
    assert isinstance(change, Change)
    return change


def answered(payment: Payment, attempt: Attempt, step: HoldStep, **said: Any) -> Change:
    """The channel says that a step was carried out."""
    change = rules.apply_step_outcome(
        payment,
        attempt,
        step,
        outcome(OutcomeState.SUCCEEDED, amount=step.amount, **said),
        now=NOW,
        pauses=PAUSES,
        fee_of=lambda _payment, _attempt, minor: minor // 100,
    )
    assert isinstance(change, Change)
    return change


def test_what_others_took_of_a_hold_is_booked_at_once_and_once() -> None:
    said = outcome(OutcomeState.AUTHORISED, hold=taken(300))
    change = heard(held(), holder(), said)
    assert change.step is not None
    assert (change.step.amount_minor, change.step.final, change.step_is_new) == (300, False, True)
    assert (change.payment.state, change.payment.captured_minor) == (PaymentState.AUTHORISED, 300)
    assert change.consequence is Consequence.PART_CAPTURED
    again = heard(change.payment, change.attempt, said)
    assert (again.step, again.payment) == (None, change.payment)
    old = heard(again.payment, again.attempt, outcome(OutcomeState.AUTHORISED, hold=taken(0)))
    assert rules.taken_so_far(old.payment, old.attempt) == 300, "what was taken never becomes less"


def test_what_may_be_our_own_capture_is_not_booked_before_that_is_decided() -> None:
    during = heard(held(), holder(), outcome(OutcomeState.AUTHORISED, hold=taken(500)), step())
    assert (during.payment.captured_minor, during.step) == (0, None)
    after = answered(during.payment, during.attempt, step(final=False), hold=taken(500))
    assert (after.payment.captured_minor, after.consequence) == (500, Consequence.PART_CAPTURED)
    assert after.attempt.next_inquiry_at == during.attempt.next_inquiry_at, "nothing is left to ask"


def test_a_last_capture_ends_nothing_if_more_was_taken_than_our_captures() -> None:
    change = answered(held(), holder(), step(), hold=taken(800))
    assert (change.payment.state, change.payment.captured_minor) == (PaymentState.AUTHORISED, 500)
    assert change.attempt.next_inquiry_at == NOW
    looked = heard(change.payment, change.attempt, outcome(OutcomeState.SUCCEEDED, hold=taken(800)))
    assert looked.step is not None
    assert (looked.step.amount_minor, looked.payment.captured_minor) == (300, 800)
    assert (looked.payment.state, looked.attempt.state) == (PaymentState.CAPTURED, AttemptState.SUCCEEDED)


@pytest.mark.parametrize("said", [ALL_GIVEN_BACK, outcome(OutcomeState.CLOSED)])
def test_what_is_heard_while_a_capture_is_under_way_is_looked_at_after_it(said: Outcome) -> None:
    capture = step(StepState.UNKNOWN, amount_minor=1280)
    during = heard(held(), holder(), said, capture)
    assert (during.consequence, during.attempt.doubted_at) == (None, NOW)
    for final in (True, False):
        ended = msgspec.structs.replace(capture, final=final)
        after = answered(during.payment, during.attempt, ended, hold=taken(1280))
        assert after.payment.captured_minor == 1280
        assert after.attempt.next_inquiry_at is not None
        assert after.attempt.next_inquiry_at < SOON


def test_what_went_back_while_a_capture_was_not_known_is_booked_after_it() -> None:
    during = heard(held(), holder(), ALL_GIVEN_BACK, step(StepState.UNKNOWN, amount_minor=1280))
    captured = answered(during.payment, during.attempt, step(amount_minor=1280), hold=taken(1280))
    assert captured.payment.state is PaymentState.CAPTURED
    gone = told(captured.payment, captured.attempt, ALL_GIVEN_BACK, now=SOON)
    assert gone.consequence is Consequence.VOIDED
    assert gone.taken is not None
    assert (gone.taken.amount_minor, gone.payment.refundable_minor) == (1280, 0)


@pytest.mark.parametrize(
    ("of_step", "said", "looks"),
    [
        ({}, {"hold": taken(500)}, False),
        ({"inquiries": 1}, {"hold": taken(500)}, True),
        ({}, {"hold": taken(500), "given_back_in_all": Money(500, "CNY")}, True),
        ({}, {"hold": None}, True),
    ],
)
def test_an_order_is_looked_at_after_a_step_that_left_a_doubt(
    of_step: dict[str, Any], said: dict[str, Any], *, looks: bool
) -> None:
    for final in (True, False):
        change = answered(held(), holder(next_inquiry_at=None), step(final=final, **of_step), **said)
        assert (change.attempt.next_inquiry_at is not None) is looks


def test_an_increment_of_an_order_that_has_ended_is_looked_at() -> None:
    more = step(kind=StepKind.INCREMENT, id="inc_1", amount_minor=720, before_minor=1280, final=False)
    change = answered(held(), holder(next_inquiry_at=None), more, hold=None)
    assert (change.payment.authorised_minor, change.attempt.amount_minor) == (2000, 2000)
    assert change.attempt.next_inquiry_at == NOW
    paid = answered(held(), holder(next_inquiry_at=None), more, hold=taken(2000))
    assert (paid.payment.captured_minor, paid.attempt.next_inquiry_at) == (0, NOW)


def test_news_of_money_given_back_that_overtakes_the_news_of_the_capture_is_not_lost() -> None:
    change = heard(held(), holder(), ALL_GIVEN_BACK)
    assert (change.payment.state, change.payment.captured_minor) == (PaymentState.CAPTURED, 1280)
    assert change.attempt.next_inquiry_at is not None
    gone = told(change.payment, change.attempt, ALL_GIVEN_BACK, now=SOON)
    assert gone.consequence is Consequence.VOIDED


def test_news_that_do_not_tell_how_an_order_stands_are_asked_about() -> None:
    unclear = outcome(OutcomeState.UNKNOWN)
    for said, asked in ((unclear, False), (outcome(OutcomeState.SUCCEEDED), False), (unclear, True)):
        done = attempt(AttemptState.SUCCEEDED, hold=taken(500), ended_at=NOW, next_inquiry_at=None)
        change = told(payment(PaymentState.CAPTURED), done, said, asked=asked, now=SOON)
        assert (change.attempt.next_inquiry_at == SOON) is (said is unclear and not asked)
    holding = heard(held(), holder(), unclear)
    assert holding.attempt.doubted_at == NOW
    by_itself = heard(held(), holder(), outcome(OutcomeState.SUCCEEDED, hold=taken(500)))
    assert by_itself.attempt.next_inquiry_at is not None, "it does not tell what went back"
    asked_for = heard(held(), holder(), outcome(OutcomeState.SUCCEEDED, hold=taken(500)), asked=True)
    assert asked_for.attempt.next_inquiry_at is None


def test_a_hold_that_ends_given_back_after_a_part_was_captured_is_looked_at() -> None:
    part = held(captured_minor=300, captured_by="att_1")
    change = heard(part, holder(hold=taken(300)), outcome(OutcomeState.CLOSED, voided=True))
    assert (change.payment.state, change.payment.captured_minor) == (PaymentState.CAPTURED, 300)
    assert (change.attempt.voided, change.attempt.next_inquiry_at is not None) == (False, True)


@pytest.mark.parametrize(
    ("paying", "trying"),
    [
        (held(closing_as=PaymentState.CANCELED), holder()),
        (waiting(), holder(abandoned=True)),
    ],
)
def test_what_was_given_back_at_the_end_is_owed_to_nobody_when_it_is_reported_later(
    paying: Payment, trying: Attempt
) -> None:
    ended = heard(paying, trying, outcome(OutcomeState.CLOSED, voided=True))
    assert (ended.attempt.state, ended.attempt.voided) == (AttemptState.CLOSED, True)
    late = heard(ended.payment, ended.attempt, outcome(OutcomeState.SUCCEEDED, hold=taken(1280)))
    assert (late.consequence, late.payment) == (None, ended.payment)
    assert rules.question_about(late.payment, late.attempt, NOW) is Question.CLOSE
    settled = heard(late.payment, late.attempt, outcome(OutcomeState.CLOSED, voided=True), asked=True)
    assert (settled.consequence, settled.attempt.doubted_at) == (None, None)
    sure = heard(late.payment, late.attempt, outcome(OutcomeState.SUCCEEDED, hold=taken(1280)), asked=True)
    assert sure.consequence in (Consequence.SURPLUS, Consequence.CAPTURED), "it says so again"
    assert (sure.attempt.voided, sure.attempt.doubted_at) == (False, None)


def test_only_what_was_taken_of_a_hold_that_nobody_needs_goes_back() -> None:
    unneeded = holder(abandoned=True)
    change = heard(payment(PaymentState.CANCELED), unneeded, outcome(OutcomeState.CLOSED))
    assert change.consequence is None
    late = heard(
        msgspec.structs.replace(waiting(), state=PaymentState.CANCELED),
        unneeded,
        outcome(OutcomeState.SUCCEEDED, hold=taken(300)),
    )
    assert (late.surplus_minor, late.surplus_reason) == (300, RefundReason.LATE_SUCCESS)


def test_a_notice_tells_what_was_taken_and_an_answer_what_may_be_done() -> None:
    bare = Hold(taken=Money(300, "CNY"), told=False)
    known = hold_of(holder(), outcome(OutcomeState.AUTHORISED, hold=bare))
    assert known == taken(300)
    assert hold_of(attempt(hold=None), outcome(OutcomeState.AUTHORISED, hold=bare)) == bare
    for said in (None, taken(300)):
        told_before = outcome(OutcomeState.AUTHORISED, hold=said)
        assert hold_of(holder(hold=taken(500)), told_before) == taken(500), "it never becomes less"
