"""What do we believe of an answer of Stripe's? Only what it says as a whole about our own."""

from typing import Any

import msgspec
import pytest

from tael.channels.errors import NotOffered
from tael.channels.port import (
    ErrorClass,
    Evidence,
    GoTo,
    HttpResponse,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Request,
)
from tael.foundation.money import Money
from tests.unit.stripe_desk import (
    NOW,
    ORDER,
    PRICE,
    SECONDS,
    Tree,
    answer,
    cancelled,
    charge,
    connector,
    dispute,
    error,
    failed,
    heard,
    held,
    intent,
    payout,
    refund,
    session,
    talk,
    written,
)


def test_an_intent_that_is_ours_in_everything_is_believed() -> None:
    outcome = heard(Operation.INQUIRE, answer(intent()))
    assert outcome.state is OutcomeState.SUCCEEDED
    assert (outcome.amount, outcome.fee, outcome.received) == (PRICE, Money(67, "CNY"), None)
    assert (outcome.channel_reference, outcome.payer_hint) == ("pi_7", "visa **** 4242")
    assert outcome.happened_at == NOW


@pytest.mark.parametrize(
    ("tree", "state"),
    [
        (held(), OutcomeState.AUTHORISED),
        (cancelled(), OutcomeState.CLOSED),
        (failed(), OutcomeState.FAILED),
        (intent(status="processing", amount_received=0), OutcomeState.WAITING),
        (intent(status="requires_payment_method", amount_received=0), OutcomeState.WAITING),
    ],
)
def test_every_status_of_an_intent_has_one_meaning(tree: Tree, state: OutcomeState) -> None:
    assert heard(Operation.INQUIRE, answer(tree)).state is state


@pytest.mark.parametrize(
    "tree",
    [
        intent(id="pi_8"),
        intent(object="setup_intent"),
        intent(livemode=True),
        intent(metadata={"order_number": "att_8", "product": "card"}),
        intent(metadata={}),
        intent(amount=1281),
        intent(currency="usd"),
        intent(currency="cn¥"),
        intent(amount_received=0),
        intent(amount_received=1281),
        intent(amount_capturable=1),
        intent(canceled_at=SECONDS),
        intent(status="paid"),
        intent(amount=1280.0),
        intent(amount="1280"),
        intent(amount=True),
        cancelled() | {"amount_received": 1280},
        cancelled() | {"canceled_at": None},
        held() | {"amount_capturable": 1279},
        {"object": "payment_intent"},
    ],
)
def test_an_intent_that_does_not_fit_decides_nothing(tree: Tree) -> None:
    for operation in (Operation.INQUIRE, Operation.CLOSE, Operation.CANCEL, Operation.CAPTURE):
        outcome = heard(operation, answer(tree))
        assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b"[]",
        b"null",
        b'{"id":"pi_7","id":"pi_7","object":"payment_intent"}',
        b'{"amount": NaN}',
        b'{"amount": 1e999}',
        b'{"amount": ' + b"9" * 5000 + b"}",
        b'{"a":' * 100_000,
        b'{"id": "\\ud800"}',
        b"\xff\xfe",
        b" " * 1_000_001,
    ],
)
def test_what_is_not_stripes_json_decides_nothing(body: bytes) -> None:
    for operation in (*(set(Operation) - _NOT_OFFERED - _OF_DISPUTES), Operation.PAY):
        for status in (200, 400, 402, 500):
            outcome = heard(operation, HttpResponse(status=status, headers={}, body=body))
            assert outcome.state is OutcomeState.UNKNOWN
            assert outcome.error_class is not None


_NOT_OFFERED = {Operation.SPLIT, Operation.INQUIRE_SPLIT, Operation.SWEEP}
_OF_DISPUTES = {Operation.SUBMIT_EVIDENCE, Operation.INQUIRE_DISPUTE}


def test_a_name_that_stands_twice_makes_an_answer_unreadable() -> None:
    twice = written(intent())[:-1] + b', "status": "succeeded"}'
    for body, state in ((written(intent()), OutcomeState.SUCCEEDED), (twice, OutcomeState.UNKNOWN)):
        response = HttpResponse(status=200, headers={}, body=body)
        assert heard(Operation.INQUIRE, response).state is state


def test_what_stripe_cannot_do_is_not_offered() -> None:
    for operation in _NOT_OFFERED:
        assert operation not in connector().capabilities.operations
        with pytest.raises(NotOffered):
            heard(operation, answer(intent()))


@pytest.mark.parametrize(
    ("response", "state", "error_class"),
    [
        (error(402, type="card_error", code="card_declined"), OutcomeState.UNKNOWN, ErrorClass.TRUST),
        (error(400, code="amount_too_small"), OutcomeState.FAILED, ErrorClass.REQUEST),
        (error(400), OutcomeState.FAILED, ErrorClass.REQUEST),
        (error(400, type="idempotency_error"), OutcomeState.UNKNOWN, ErrorClass.REQUEST),
        (error(400, type="who_knows"), OutcomeState.UNKNOWN, ErrorClass.TRUST),
        (error(401), OutcomeState.UNKNOWN, ErrorClass.ACCOUNT),
        (error(403), OutcomeState.UNKNOWN, ErrorClass.ACCOUNT),
        (error(409), OutcomeState.UNKNOWN, ErrorClass.BUSY),
        (error(418), OutcomeState.UNKNOWN, ErrorClass.REQUEST),
        (error(429, code="rate_limit"), OutcomeState.UNKNOWN, ErrorClass.BUSY),
        (error(500, type="api_error"), OutcomeState.UNKNOWN, ErrorClass.CHANNEL),
        (answer({}, status=301), OutcomeState.UNKNOWN, ErrorClass.TRUST),
        (answer(intent(), status=201), OutcomeState.UNKNOWN, ErrorClass.TRUST),
    ],
)
def test_a_refused_charge_is_definite_only_if_nothing_can_have_happened_under_its_key(
    response: HttpResponse, state: OutcomeState, error_class: ErrorClass
) -> None:
    outcome = heard(Operation.PAY, response)
    assert (outcome.state, outcome.error_class) == (state, error_class)


def test_a_decline_is_proved_by_the_intent_that_comes_with_it() -> None:
    trouble = {"type": "card_error", "code": "card_declined", "decline_code": "do_not_honor"}
    outcome = heard(Operation.PAY, error(402, **trouble, payment_intent=failed()))
    assert (outcome.state, outcome.code) == (OutcomeState.FAILED, "do_not_honor")
    for other in (failed() | {"amount": 1281}, failed() | {"metadata": {}}, failed() | {"livemode": True}):
        assert heard(Operation.PAY, error(402, **trouble, payment_intent=other)).state is OutcomeState.UNKNOWN


def test_a_page_that_was_refused_has_failed_since_nobody_has_its_address() -> None:
    page = msgspec.structs.replace(ORDER, product=Product.PAGE, channel_reference="")
    for status in (400, 401, 403, 429):
        assert heard(Operation.PAY, error(status), order=page).state is OutcomeState.FAILED
    assert heard(Operation.PAY, error(500), order=page).state is OutcomeState.UNKNOWN


def test_a_page_says_what_its_intent_says() -> None:
    page = msgspec.structs.replace(ORDER, product=Product.PAGE, channel_reference="cs_test_7")

    def seen(**changes: Any) -> Outcome:
        return heard(Operation.INQUIRE, answer(session(**changes)), order=page)

    assert seen().action == GoTo(url="https://checkout.stripe.example/c/pay/cs_test_7")
    paid = seen(status="complete", payment_status="paid", payment_intent=intent(), url=None)
    assert (paid.state, paid.channel_reference) == (OutcomeState.SUCCEEDED, "pi_7")
    assert seen(status="complete", payment_intent=held()).state is OutcomeState.AUTHORISED
    assert seen(status="expired", url=None).state is OutcomeState.CLOSED
    assert seen(status="open", payment_intent=failed()).state is OutcomeState.WAITING
    for wrong in (
        {"metadata": {"order_number": "att_8"}},
        {"amount_total": 1281},
        {"livemode": True},
        {"url": "javascript:alert(1)"},
        {"status": "complete", "payment_status": "paid"},
        {"status": "expired", "payment_status": "paid"},
        {"payment_intent": "pi_7"},
    ):
        assert seen(**wrong).state is OutcomeState.UNKNOWN


@pytest.mark.parametrize(
    ("tree", "state"),
    [
        (refund(), OutcomeState.SUCCEEDED),
        (refund(status="pending"), OutcomeState.WAITING),
        (refund(status="failed"), OutcomeState.FAILED),
        (refund(status=None), OutcomeState.UNKNOWN),
        (refund(status="done"), OutcomeState.UNKNOWN),
        (refund(amount=501), OutcomeState.UNKNOWN),
        (refund(currency="usd"), OutcomeState.UNKNOWN),
        (refund(payment_intent="pi_8"), OutcomeState.UNKNOWN),
        (refund(metadata={"order_number": "att_7", "refund_number": "rfd_8"}), OutcomeState.UNKNOWN),
        (refund(metadata={"order_number": "att_8", "refund_number": "rfd_7"}), OutcomeState.UNKNOWN),
    ],
)
def test_a_refund_is_believed_only_as_ours(tree: Tree, state: OutcomeState) -> None:
    assert heard(Operation.REFUND, answer(tree)).state is state


@pytest.mark.parametrize(
    ("tree", "state"),
    [
        (payout(), OutcomeState.SUCCEEDED),
        (payout(status="in_transit"), OutcomeState.WAITING),
        (payout(status="failed", failure_code="no_account"), OutcomeState.FAILED),
        (payout(status="lost"), OutcomeState.UNKNOWN),
        (payout(amount=1), OutcomeState.UNKNOWN),
        (payout(livemode=True), OutcomeState.UNKNOWN),
        (payout(metadata={"payout_number": "out_8"}), OutcomeState.UNKNOWN),
    ],
)
def test_a_payout_is_believed_only_as_ours(tree: Tree, state: OutcomeState) -> None:
    assert heard(Operation.PAY_OUT, answer(tree)).state is state


def test_what_was_given_back_is_said_unless_it_may_be_what_was_never_taken() -> None:
    whole = heard(Operation.INQUIRE, answer(intent(latest_charge=charge(amount_refunded=300))))
    assert whole.given_back_in_all == Money(300, "CNY")
    part = charge(amount_captured=500, amount_refunded=780)
    outcome = heard(Operation.INQUIRE, answer(intent(amount_received=500, latest_charge=part)))
    assert (outcome.received, outcome.given_back_in_all) == (Money(500, "CNY"), None)
    back = [refund(amount=300), refund(amount=100, status="pending"), refund(amount=50, status="failed")]
    for more, given_back in ((False, Money(400, "CNY")), (True, None)):
        shown = part | {"refunds": {"object": "list", "data": back, "has_more": more}}
        told = heard(Operation.INQUIRE, answer(intent(amount_received=500, latest_charge=shown)))
        assert told.given_back_in_all == given_back


def test_a_dispute_about_another_order_is_not_ours() -> None:
    request = Request(
        operation=Operation.INQUIRE_DISPUTE, order=ORDER, evidence=Evidence(dispute_number="dp_7")
    )

    def seen(tree: Tree) -> OutcomeState:
        return talk(connector().converse(request, now=NOW), lambda _: answer(tree)).state

    assert seen(dispute(payment_intent=intent())) is OutcomeState.SUCCEEDED
    assert seen(dispute(payment_intent=intent(metadata={"order_number": "att_8"}))) is OutcomeState.UNKNOWN
    assert seen(dispute(id="dp_8")) is OutcomeState.UNKNOWN
    assert seen(dispute(status="shouting")) is OutcomeState.UNKNOWN
