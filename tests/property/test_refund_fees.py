"""Do the parts of a fee that go back with many refunds, some of them failing, add up to the fee?"""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tael.channels.port import Outcome, OutcomeState
from tael.payments import rules
from tael.payments.model import Payment, PaymentState, Refund
from tael.payments.rules import RefundChange
from tests.unit.test_payments_rules import NOW, PAUSES
from tests.unit.test_payments_rules import payment as a_payment
from tests.unit.test_payments_rules_of_refunds import PAID
from tests.unit.test_payments_rules_of_refunds import refund as a_refund

AMOUNTS = st.one_of(st.integers(1, 2_000), st.integers(1, rules.LARGEST_AMOUNT_MINOR))


def captured(amount_minor: int, fee_basis_points: int) -> Payment:
    paid = a_payment(
        PaymentState.CAPTURED,
        amount_minor=amount_minor,
        captured_minor=amount_minor,
        fee_basis_points=fee_basis_points,
    )
    return msgspec.structs.replace(paid, fee_minor=rules.fee_of(paid, PAID, amount_minor, {}))


def begin(payment: Payment, amount_minor: int) -> tuple[Payment, Refund]:
    """Set a refund aside, as `create_refunds` does."""
    fee = rules.fee_returned(payment, amount_minor)
    refund = a_refund(amount_minor=amount_minor, fee_returned_minor=fee, currency=payment.currency)
    payment = msgspec.structs.replace(
        payment,
        refunding_minor=payment.refunding_minor + amount_minor,
        fee_returned_minor=payment.fee_returned_minor + fee,
    )
    return payment, refund


def settle(payment: Payment, refund: Refund, *, succeeded: bool) -> Payment:
    state = OutcomeState.SUCCEEDED if succeeded else OutcomeState.FAILED
    told = Outcome(state=state, order_number="att_1", refund_number="rfd_1")
    settled = rules.apply_refund_outcome(payment, refund, told, attempt=PAID, now=NOW, pauses=PAUSES)
    assert isinstance(settled, RefundChange)
    return settled.payment


@settings(max_examples=150, deadline=None)
@given(data=st.data(), amount=AMOUNTS, basis_points=st.integers(0, 1_000))
def test_the_fee_goes_back_to_the_last_unit_and_never_a_unit_more(
    data: st.DataObject, amount: int, basis_points: int
) -> None:
    payment = captured(amount, basis_points)
    pending: list[Refund] = []
    for _ in range(data.draw(st.integers(0, 12), label="steps")):
        settles: bool = data.draw(st.booleans(), label="settle one")
        if pending and settles:
            refund = pending.pop(data.draw(st.integers(0, len(pending) - 1), label="which"))
            payment = settle(payment, refund, succeeded=data.draw(st.booleans(), label="succeeded"))
        elif payment.refundable_minor:
            part = data.draw(st.integers(1, payment.refundable_minor), label="part")
            payment, refund = begin(payment, part)
            assert refund.fee_returned_minor >= 0
            pending.append(refund)
        assert 0 <= payment.fee_returned_minor <= payment.fee_minor

    for refund in pending:
        payment = settle(payment, refund, succeeded=True)
    if payment.refundable_minor:
        payment, last = begin(payment, payment.refundable_minor)
        payment = settle(payment, last, succeeded=True)
    assert payment.refunded_minor == payment.captured_minor
    assert payment.fee_returned_minor == payment.fee_minor


def test_what_failed_refunds_left_of_the_fee_comes_back_with_the_next_one() -> None:
    """Every second refund carries the rounding; if just those fail, the next one makes up for all of them."""
    payment, begun = captured(1_000, 1_000), []
    for _ in range(8):
        payment, refund = begin(payment, 5)
        begun.append(refund)
    assert [refund.fee_returned_minor for refund in begun] == [1, 0, 1, 0, 1, 0, 1, 0]
    for number, refund in enumerate(begun):
        payment = settle(payment, refund, succeeded=number % 2 == 1)

    _, following = begin(payment, 10)

    assert following.fee_returned_minor == 3, "a tenth of 30, which is all that is refunded by now"
