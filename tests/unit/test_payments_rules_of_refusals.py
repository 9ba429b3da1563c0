"""What may not be done with a payment, and what does the refusal say?"""

import pytest

from tael.foundation.errors import Malformed
from tael.payments import rules
from tael.payments.errors import NotCaptured, PaymentMalformed, RefundExceedsCaptured
from tael.payments.model import PaymentState
from tests.unit.test_payments_rules import payment


@pytest.mark.parametrize("amount", [0, -1, 1281, 10**18])
def test_no_more_than_was_captured_is_refunded(amount: int) -> None:
    refusal = rules.why_not_refundable(payment(PaymentState.CAPTURED), amount)

    assert isinstance(refusal, RefundExceedsCaptured)
    assert refusal.facts == {"refundable_minor": 1280, "currency": "CNY"}


def test_what_is_on_its_way_back_cannot_be_refunded_again() -> None:
    partly = payment(PaymentState.CAPTURED, refunded_minor=1000, refunding_minor=200)

    assert rules.why_not_refundable(partly, 80) is None
    assert isinstance(rules.why_not_refundable(partly, 81), RefundExceedsCaptured)
    for state in PaymentState:
        if state is not PaymentState.CAPTURED:
            assert isinstance(rules.why_not_refundable(payment(state), 1), NotCaptured)


@pytest.mark.parametrize(
    ("amount", "currency", "exponent", "seconds", "field"),
    [
        (0, "CNY", None, 900, "amount_minor"),
        (-1, "CNY", None, 900, "amount_minor"),
        (10**14 + 1, "CNY", None, 900, "amount_minor"),
        (1280, "CNY", 0, 900, "exponent"),
        (1280, "JPY", 2, 900, "exponent"),
        (1280, "KWD", 2, 900, "exponent"),
        (1280, "CNY", None, 59, "expires_in_seconds"),
        (1280, "CNY", None, 86_401, "expires_in_seconds"),
    ],
)
def test_s22_a_payment_with_wrong_particulars_is_refused_by_field(
    amount: int, currency: str, exponent: int | None, seconds: int, field: str
) -> None:
    refusal = rules.why_not_payable(amount, currency, exponent, seconds)

    assert isinstance(refusal, PaymentMalformed)
    assert refusal.field == field


def test_a_payment_with_right_particulars_is_not_refused() -> None:
    assert rules.why_not_payable(1280, "CNY", 2, 60) is None
    assert rules.why_not_payable(10**14, "JPY", 0, 86_400) is None
    with pytest.raises(Malformed):
        rules.why_not_payable(1280, "RMB", None, 900)
