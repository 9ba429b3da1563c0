"""What does an outcome do to a refund, and how much of the fee goes back with it?"""

from datetime import timedelta
from typing import Any

import pytest

from tael.channels.port import Outcome, OutcomeState
from tael.foundation.money import Money
from tael.payments import rules
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import (
    Attempt,
    AttemptState,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
    RefundState,
    RefundWay,
)
from tael.payments.rules import RefundChange
from tests.unit.test_payments_rules import NOW, PAUSES
from tests.unit.test_payments_rules import attempt as an_attempt
from tests.unit.test_payments_rules import payment as a_payment


def refund(state: RefundState = RefundState.PROCESSING, **more: Any) -> Refund:
    particulars: dict[str, Any] = {
        "id": "rfd_1",
        "payment_id": "pay_1",
        "attempt_id": "att_0",
        "channel": "alipay",
        "way": RefundWay.REFUND,
        "merchant_id": "mer_1",
        "reason": RefundReason.MERCHANT,
        "cause": None,
        "note": "",
        "state": state,
        "amount_minor": 500,
        "currency": "CNY",
        "fee_returned_minor": 3,
        "channel_code": None,
        "created_at": NOW,
        "ended_at": None,
        "inquiries": 0,
        "next_inquiry_at": NOW,
    }
    return Refund(**particulars | more)


PAID = an_attempt(AttemptState.SUCCEEDED, id="att_0")
REFUNDING = a_payment(PaymentState.CAPTURED, refunding_minor=500, fee_returned_minor=3)


def change(
    payment: Payment, refund: Refund, state: OutcomeState, *, attempt: Attempt = PAID, **more: Any
) -> RefundChange:
    told = Outcome(state=state, order_number="att_0", refund_number="rfd_1")
    result = rules.apply_refund_outcome(
        payment, refund, told, attempt=attempt, now=NOW, pauses=PAUSES, **more
    )
    assert not isinstance(result, OutcomeMismatch)
    return result


def apply(payment: Payment, refund: Refund, state: OutcomeState) -> tuple[Payment, Refund]:
    result = change(payment, refund, state)
    return result.payment, result.refund


@pytest.mark.parametrize("before", [RefundState.PROCESSING, RefundState.UNKNOWN])
@pytest.mark.parametrize(
    ("told", "state"),
    [
        (OutcomeState.SUCCEEDED, RefundState.SUCCEEDED),
        (OutcomeState.FAILED, RefundState.FAILED),
        (OutcomeState.ABSENT, RefundState.PROCESSING),
        (OutcomeState.WAITING, RefundState.UNKNOWN),
        (OutcomeState.CLOSED, RefundState.UNKNOWN),
        (OutcomeState.UNKNOWN, RefundState.UNKNOWN),
    ],
)
def test_only_a_definite_answer_ends_a_refund(
    before: RefundState, told: OutcomeState, state: RefundState
) -> None:
    payment, after = apply(REFUNDING, refund(before), told)

    assert after.state is state
    ended = state in (RefundState.SUCCEEDED, RefundState.FAILED)
    assert (after.ended_at == NOW) is ended
    assert (after.next_inquiry_at is None) is ended
    if not ended:
        assert payment == REFUNDING, "nothing is given up before the channel has spoken"
        assert after.next_inquiry_at == NOW + timedelta(seconds=2)


@pytest.mark.parametrize("before", [RefundState.SUCCEEDED, RefundState.FAILED])
@pytest.mark.parametrize("told", OutcomeState)
def test_a_refund_that_ended_is_at_most_asked_about_once_more(
    before: RefundState, told: OutcomeState
) -> None:
    """What contradicts its end may be older than what we know: it is believed when the channel says it again."""
    ended = refund(before, ended_at=NOW, next_inquiry_at=None)
    end = {RefundState.SUCCEEDED: OutcomeState.FAILED, RefundState.FAILED: OutcomeState.SUCCEEDED}

    payment, after = apply(REFUNDING, ended, told)

    assert payment == REFUNDING
    if told is end[before]:
        assert (after.state, after.doubted_at) == (before, NOW)
        assert after.next_inquiry_at == NOW + timedelta(seconds=2)
    else:
        assert after == ended


def test_a_refund_that_succeeded_is_refunded_for_good() -> None:
    payment, _ = apply(REFUNDING, refund(), OutcomeState.SUCCEEDED)

    assert (payment.refunded_minor, payment.refunding_minor, payment.fee_returned_minor) == (500, 0, 3)


def test_a_refund_that_failed_can_be_asked_for_again() -> None:
    payment, _ = apply(REFUNDING, refund(), OutcomeState.FAILED)

    assert (payment.refunded_minor, payment.refunding_minor, payment.fee_returned_minor) == (0, 0, 0)
    assert payment.refundable_minor == payment.captured_minor


@pytest.mark.parametrize("reason", [RefundReason.LATE_SUCCESS, RefundReason.SECOND_SUCCESS])
@pytest.mark.parametrize("told", [OutcomeState.SUCCEEDED, OutcomeState.FAILED])
def test_a_surplus_that_goes_back_does_not_touch_the_payments_sums(
    reason: RefundReason, told: OutcomeState
) -> None:
    captured = a_payment(PaymentState.CAPTURED)

    payment, _ = apply(captured, refund(reason=reason, fee_returned_minor=0), told)

    assert payment == captured


def test_a_refund_of_another_amount_than_ours_changes_nothing() -> None:
    told = Outcome(
        state=OutcomeState.SUCCEEDED, order_number="att_0", refund_number="rfd_1", amount=Money(501, "CNY")
    )

    assert isinstance(
        rules.apply_refund_outcome(REFUNDING, refund(), told, attempt=PAID, now=NOW, pauses=PAUSES),
        OutcomeMismatch,
    )


def test_the_whole_fee_goes_back_with_the_whole_amount() -> None:
    assert rules.fee_returned(a_payment(PaymentState.CAPTURED), 1280) == 8
    assert rules.fee_returned(a_payment(PaymentState.CAPTURED), 80) == 1
    assert rules.fee_returned(a_payment(PaymentState.CAPTURED), 79) == 0
