"""What does a till print of a charge that was tried more than once?"""

from datetime import UTC, datetime

import pytest

from tael.checkout.model import Charge, ChargeState
from tael.checkout.schemas import charge_body
from tael.offers.model import AppliedOffer, Funder, TakenOff
from tael.payments.model import Attempt, AttemptState, PaymentState
from tests.unit.test_payments_rules import attempt, payment

CHARGE = Charge(
    payment_id="pay_1",
    merchant_id="mer_1",
    store_id=None,
    terminal_id=None,
    method="alipay",
    actor="key:test",
    created_at=datetime(2026, 3, 1, tzinfo=UTC),
)


def cheaper_by(minor: int, state: AttemptState = AttemptState.WAITING) -> Attempt:
    offer = AppliedOffer(offer_id="off_1", name="Tea day", amount_minor=minor, funder=Funder.MERCHANT)
    return attempt(amount_minor=1280 - minor, taken_off=TakenOff(offers=(offer,)), state=state)


@pytest.mark.parametrize(
    ("paid_by", "off_minor"), [("att_1", 200), ("att_2", 0)], ids=["the earlier", "the later"]
)
def test_a_till_prints_the_discount_of_the_attempt_that_was_paid(paid_by: str, off_minor: int) -> None:
    attempts = [cheaper_by(200, AttemptState.CLOSED), attempt(AttemptState.CLOSED, id="att_2")]
    captured = payment(
        PaymentState.CAPTURED,
        captured_by=paid_by,
        captured_minor=1280 - off_minor,
        discount_minor=off_minor,
    )
    body = charge_body(CHARGE, captured, attempts, state=ChargeState.SUCCEEDED)

    assert body.discount_minor == off_minor


def test_a_till_shows_what_would_be_taken_off_until_something_is_paid() -> None:
    body = charge_body(CHARGE, payment(), [cheaper_by(200)], state=ChargeState.CONFIRMING)

    assert body.discount_minor == 200
