"""What follows for money that is held, case by case? And what may not be done with it?"""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tael.channels.port import AmountRange, Hold, Operation, OutcomeState, Product
from tael.foundation.money import Money
from tael.payments import rules
from tael.payments.errors import (
    AlreadyAuthorised,
    CaptureExceedsAuthorised,
    ChannelNotSuited,
    HoldNotSuited,
    NotAuthorised,
    PaymentClosing,
    PaymentMalformed,
    RefundNotSuited,
    StepUndecided,
)
from tael.payments.model import (
    AttemptState,
    CaptureMethod,
    HoldStep,
    Payment,
    PaymentState,
    RefundState,
    StepKind,
    StepState,
)
from tael.payments.rules import Consequence, Question
from tests.unit.test_payments_rules import NOW, PAUSES, apply, attempt, capabilities, outcome, payment
from tests.unit.test_payments_rules_of_refunds import refund

HOLDS = capabilities(
    operations=frozenset({Operation.PAY, Operation.CANCEL, Operation.CAPTURE, Operation.INCREMENT}),
    products=frozenset({Product.CARD}),
    capture_later=frozenset({Product.CARD}),
    partial_captures=True,
)
HELD_UNTIL = NOW + timedelta(days=7)
CAN_ALL = Hold(
    taken=Money(0, "CNY"), until=HELD_UNTIL, at_most=Money(1536, "CNY"), in_parts=True, may_grow=True
)
CAN_NOTHING = Hold(taken=Money(0, "CNY"))


def waiting(**more: Any) -> Payment:
    return payment(capture_method=CaptureMethod.MANUAL, **more)


def held(**more: Any) -> Payment:
    particulars: dict[str, Any] = {"authorised_minor": 1280, "capture_before": HELD_UNTIL}
    return payment(PaymentState.AUTHORISED, capture_method=CaptureMethod.MANUAL, **particulars | more)


def step(state: StepState = StepState.PROCESSING, **more: Any) -> HoldStep:
    particulars: dict[str, Any] = {
        "id": "cap_1",
        "payment_id": "pay_1",
        "attempt_id": "att_1",
        "merchant_id": "mer_1",
        "channel": "alipay",
        "kind": StepKind.CAPTURE,
        "state": state,
        "amount_minor": 500,
        "before_minor": 0,
        "tip_minor": 0,
        "final": True,
        "currency": "CNY",
        "fee_minor": 0,
        "channel_code": None,
        "error_class": None,
        "created_at": NOW,
        "ended_at": None,
        "inquiries": 0,
        "next_inquiry_at": NOW,
    }
    return HoldStep(**particulars | more)


def test_money_that_is_held_waits_for_its_captures() -> None:
    change = apply(waiting(), attempt(), outcome(OutcomeState.AUTHORISED, hold=CAN_ALL))
    assert change.consequence is Consequence.AUTHORISED
    assert (change.payment.state, change.payment.authorised_minor) == (PaymentState.AUTHORISED, 1280)
    assert change.payment.capture_before == HELD_UNTIL
    assert change.attempt.holds
    assert change.attempt.next_inquiry_at == HELD_UNTIL - timedelta(days=1), "then it is warned of"
    assert rules.question_about(change.payment, change.attempt, NOW) is Question.INQUIRE
    assert rules.question_about(change.payment, change.attempt, HELD_UNTIL) is Question.CLOSE


@pytest.mark.parametrize("before", [AttemptState.FAILED, AttemptState.CLOSED])
@pytest.mark.parametrize("state", [PaymentState.CANCELED, PaymentState.CAPTURED, PaymentState.CREATED])
def test_a_hold_of_which_we_hear_after_the_end_is_released_and_charges_nobody(
    before: AttemptState, state: PaymentState
) -> None:
    ended = payment(state)
    change = apply(ended, attempt(before), outcome(OutcomeState.AUTHORISED))
    assert (change.payment, change.consequence) == (ended, None)
    assert (change.attempt.state, change.attempt.holds) == (AttemptState.AUTHORISED, False)
    assert change.attempt.next_inquiry_at == NOW
    assert rules.question_about(change.payment, change.attempt, NOW) is Question.CLOSE
    assert rules.way_to_end(HOLDS, Product.CARD, held=True) is Operation.CANCEL
    released = apply(change.payment, change.attempt, outcome(OutcomeState.CLOSED))
    assert released.attempt.state is AttemptState.CLOSED
    assert released.payment.state is state


def test_a_second_hold_is_released_and_the_first_one_stays() -> None:
    first, second = attempt(AttemptState.AUTHORISED), attempt(id="att_2")
    change = rules.apply_outcome(
        held(),
        second,
        msgspec.structs.replace(outcome(OutcomeState.AUTHORISED), order_number="att_2"),
        siblings=[first, second],
        now=NOW,
        pauses=PAUSES,
        action_seconds=60,
    )
    assert isinstance(change, rules.Change)
    assert (change.attempt.holds, change.payment) == (False, held())


def test_a_hold_is_not_ended_while_a_capture_is_under_way() -> None:
    holder = attempt(AttemptState.AUTHORISED, hold=CAN_ALL)
    for told in (OutcomeState.CLOSED, OutcomeState.FAILED, OutcomeState.SUCCEEDED):
        change = rules.apply_outcome(
            held(), holder, outcome(told), steps=[step()], now=NOW, pauses=PAUSES, action_seconds=60
        )
        assert isinstance(change, rules.Change)
        assert (change.payment, change.consequence) == (held(), None)
        assert change.attempt.next_inquiry_at is not None


def test_a_payment_that_was_tried_as_often_as_may_be_has_failed() -> None:
    tried = [attempt(AttemptState.FAILED, id=f"att_{n}") for n in range(2, rules.ATTEMPTS_LIMIT + 1)]
    last = attempt(AttemptState.CREATED, action=None)
    for others, state in ((tried, PaymentState.FAILED), (tried[1:], PaymentState.CREATED)):
        change = rules.apply_outcome(
            payment(),
            last,
            outcome(OutcomeState.FAILED),
            siblings=[*others, last],
            now=NOW,
            pauses=PAUSES,
            action_seconds=60,
        )
        assert isinstance(change, rules.Change)
        assert change.payment.state is state


def test_nothing_new_is_begun_or_stepped_on_where_it_may_not() -> None:
    assert isinstance(rules.why_not_startable(held(), NOW), AlreadyAuthorised)
    assert isinstance(rules.why_not_steppable(waiting(), [], NOW), NotAuthorised)
    assert isinstance(rules.why_not_steppable(held(), [step()], NOW), StepUndecided)
    assert isinstance(rules.why_not_steppable(held(), [], HELD_UNTIL), NotAuthorised)
    closing = held(closing_as=PaymentState.CANCELED)
    assert isinstance(rules.why_not_steppable(closing, [], NOW), PaymentClosing)
    assert isinstance(rules.why_not_closable(held(), [step()]), StepUndecided)
    done = [step(StepState.SUCCEEDED), step(StepState.FAILED)]
    assert rules.why_not_steppable(held(), done, NOW) is None
    assert rules.why_not_closable(held(), done) is None


@pytest.mark.parametrize(
    ("hold", "amount", "final", "refusal"),
    [
        (CAN_ALL, 1280, True, None),
        (CAN_ALL, 1, False, None),
        (CAN_ALL, 1536, True, None),
        (CAN_ALL, 1537, True, CaptureExceedsAuthorised),
        (CAN_ALL, 0, True, CaptureExceedsAuthorised),
        (CAN_ALL, 1280, False, HoldNotSuited),
        (CAN_ALL, 1281, False, CaptureExceedsAuthorised),
        (CAN_NOTHING, 1, True, None),
        (CAN_NOTHING, 1, False, HoldNotSuited),
        (CAN_NOTHING, 1281, True, CaptureExceedsAuthorised),
    ],
)
def test_as_much_is_captured_as_the_hold_allows(
    hold: Hold, amount: int, *, final: bool, refusal: type[Exception] | None
) -> None:
    found = rules.why_not_capturable(held(), hold, HOLDS, amount_minor=amount, tip_minor=0, final=final)
    assert type(found) is (refusal or type(None))


def test_a_channel_that_takes_all_or_nothing_and_a_tip_beyond_the_amount_are_refused() -> None:
    whole = msgspec.structs.replace(HOLDS, partial_captures=False)
    part: dict[str, Any] = {"amount_minor": 500, "tip_minor": 0, "final": True}
    assert isinstance(rules.why_not_capturable(held(), CAN_NOTHING, whole, **part), HoldNotSuited)
    tip = part | {"tip_minor": 501}
    assert isinstance(rules.why_not_capturable(held(), CAN_ALL, HOLDS, **tip), PaymentMalformed)


def test_more_is_held_where_channel_and_card_can_and_within_its_limits() -> None:
    small = msgspec.structs.replace(HOLDS, amounts={"CNY": AmountRange(1, 2000)})
    without = msgspec.structs.replace(HOLDS, operations=frozenset({Operation.PAY}))
    assert rules.why_not_addable(held(), CAN_ALL, small, 720) is None
    assert isinstance(rules.why_not_addable(held(), CAN_ALL, small, 721), PaymentMalformed)
    assert isinstance(rules.why_not_addable(held(), CAN_NOTHING, HOLDS, 1), HoldNotSuited)
    assert isinstance(rules.why_not_addable(held(), CAN_ALL, without, 1), HoldNotSuited)


def test_a_channel_that_cannot_hold_money_is_not_asked_to() -> None:
    assert rules.why_not_held_by(waiting(), "cards", HOLDS, Product.CARD) is None
    assert isinstance(
        rules.why_not_held_by(waiting(), "wallet", capabilities(), Product.CODE), ChannelNotSuited
    )
    assert rules.why_not_held_by(payment(), "wallet", capabilities(), Product.CODE) is None


def test_what_a_way_of_paying_does_not_give_back_is_refused_with_its_reason() -> None:
    paid, by = payment(PaymentState.CAPTURED), attempt(AttemptState.SUCCEEDED)
    can = capabilities(refund_window_days=30, partial_refunds=False, refunds_per_order=2)

    def why(days: int = 0, amount: int = 1280, *made: RefundState) -> str:
        refusal = rules.why_not_refundable_by(
            paid,
            by,
            can,
            [refund(attempt_id="att_1", state=state) for state in made],
            amount_minor=amount,
            now=NOW + timedelta(days=days),
        )
        assert refusal is None or isinstance(refusal, RefundNotSuited)
        return refusal.message if refusal is not None else ""

    assert why(29) == ""
    assert "30 days" in why(30)
    assert "whole payment" in why(0, 1279)
    assert "2 times" in why(0, 1280, RefundState.SUCCEEDED, RefundState.UNKNOWN)
    assert why(0, 1280, RefundState.SUCCEEDED, RefundState.FAILED, RefundState.FAILED) == ""
