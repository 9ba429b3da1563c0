"""Is a card kept whose payer agreed to it?"""

from datetime import timedelta

import pytest

from tael.checkout.usecases.agreed_cards import FORGOTTEN_AFTER, is_to_be_kept
from tael.customers.model import CardAgreed
from tael.payments.model import AttemptState
from tests.unit.test_payments_rules import NOW, attempt

AGREED = CardAgreed(
    attempt_id="att_1",
    payment_id="pay_1",
    merchant_id="mer_1",
    customer_id="cus_1",
    card_token="tok_1",
    text_version="text-1",
    address="",
    agreed_at=NOW,
)


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (AttemptState.CREATED, None),
        (AttemptState.WAITING, None),
        (AttemptState.UNKNOWN, None),
        (AttemptState.AUTHORISED, True),
        (AttemptState.SUCCEEDED, True),
        (AttemptState.FAILED, False),
        (AttemptState.CLOSED, False),
    ],
)
def test_a_card_is_kept_once_it_has_paid_and_nothing_is_said_before(
    state: AttemptState, *, kept: bool | None
) -> None:
    assert is_to_be_kept(attempt(state=state), AGREED, now=NOW) is kept
    later = NOW + FORGOTTEN_AFTER
    assert is_to_be_kept(attempt(state=state), AGREED, now=later - timedelta(seconds=1)) is kept
    assert is_to_be_kept(attempt(state=state), AGREED, now=later) is False
    assert is_to_be_kept(None, AGREED, now=NOW) is False
