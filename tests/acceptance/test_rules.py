"""Does the rulebook say what it should? Which faults fit what, what contradicts the truth, what settles a question."""

from datetime import UTC, datetime

import msgspec
import pytest

from tael.acceptance.model import Fault
from tael.acceptance.rules import (
    ASK_AGAIN_AFTER_SECONDS,
    FAULTS_OF,
    NOTICE,
    RESOLVED_WITHIN_SECONDS,
    applies,
    contradiction,
    inquiry_about,
    nobody_can_pay,
    nothing_can_be_believed,
    settles,
)
from tael.acceptance.truth import OrderTruth, PayoutTruth, RefundTruth
from tael.channels.port import (
    AmountRange,
    Capabilities,
    ErrorClass,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Product,
    RefundOrder,
    Request,
    Security,
)
from tael.foundation.money import Money

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
ORDER = Order(
    order_number="att_1", amount=Money(1280, "CNY"), subject="Tea", expires_at=NOW, notice_url="http://x"
)
REFUND = RefundOrder(refund_number="rfd_1", amount=Money(280, "CNY"), reason="cold")
PAYOUT = PayoutOrder(payout_number="out_1", amount=Money(280, "CNY"), payee_account="a")
SIGNED = Security(requests="HMAC", answers="HMAC", notices="HMAC", notice_window_seconds=300)
BY_TLS = msgspec.structs.replace(SIGNED, answers="", notices="")
PAID = OrderTruth(order_number="att_1", paid_count=1, captured_minor=1280, amount_minor=1280)
S = OutcomeState


def _says(state: OutcomeState, request: Request, **more: object) -> Outcome:
    error_class = ErrorClass.TRUST if state in (S.FAILED, S.UNKNOWN) else None
    return Outcome(
        state=state,
        order_number=request.order.order_number if request.order else "",
        error_class=error_class,
        **more,  # type: ignore[arg-type]  # a few fields by name
    )


def _contradicts(
    operation: Operation,
    state: OutcomeState,
    truth: OrderTruth | None = None,
    payout: PayoutTruth | None = None,
    **more: object,
) -> str:
    request = Request(
        operation=operation,
        order=ORDER if payout is None else None,
        refund=REFUND if "refund" in operation else None,
        payout=PAYOUT if payout is not None else None,
    )
    return contradiction(request, _says(state, request, **more), order=truth, payout=payout)


def test_every_operation_of_the_port_has_its_faults() -> None:
    assert set(FAULTS_OF) >= set(Operation)
    for operation in Operation:
        assert {Fault.LOST_REPLY, Fault.RESET_AFTER_REQUEST, Fault.TRUNCATED} <= set(FAULTS_OF[operation])
    for operation in (Operation.PAY, Operation.REFUND, Operation.PAY_OUT, Operation.CAPTURE):
        assert {Fault.ONE_BIT, Fault.SYSTEM_ERROR_AFTER, Fault.WRONG_SIGNATURE} <= set(FAULTS_OF[operation])
    assert {Fault.REPLAYED_NOTICE, Fault.STALE_NOTICE, Fault.DROP_NOTICES} <= set(FAULTS_OF[NOTICE])


def test_the_waits_between_questions_fill_half_a_minute() -> None:
    assert sum(ASK_AGAIN_AFTER_SECONDS) == RESOLVED_WITHIN_SECONDS


def test_signatures_are_only_spoiled_where_there_are_some() -> None:
    assert applies(Fault.WRONG_SIGNATURE, Operation.PAY, SIGNED) == ""
    assert "no signature" in applies(Fault.WRONG_SIGNATURE, Operation.PAY, BY_TLS)
    assert "no signature" in applies(Fault.ONE_BIT, NOTICE, BY_TLS)
    assert applies(Fault.LOST_REPLY, Operation.PAY, BY_TLS) == ""
    assert nothing_can_be_believed(Fault.WRONG_SIGNATURE, SIGNED)
    assert not nothing_can_be_believed(Fault.WRONG_SIGNATURE, BY_TLS)
    assert not nothing_can_be_believed(Fault.WRONG_AMOUNT, SIGNED)


@pytest.mark.parametrize(
    ("operation", "state", "truth"),
    [
        (Operation.INQUIRE, S.SUCCEEDED, None),
        (Operation.INQUIRE, S.AUTHORISED, None),
        (Operation.INQUIRE, S.ABSENT, PAID),
        (Operation.INQUIRE, S.CLOSED, PAID),
        (Operation.PAY, S.FAILED, PAID),
        (Operation.REFUND, S.SUCCEEDED, PAID),
        (
            Operation.REFUND,
            S.FAILED,
            msgspec.structs.replace(PAID, refunds=[RefundTruth(refund_number="rfd_1")]),
        ),
        (
            Operation.INQUIRE_REFUND,
            S.ABSENT,
            msgspec.structs.replace(PAID, refunds=[RefundTruth(refund_number="rfd_1")]),
        ),
    ],
)
def test_what_the_channel_knows_better_is_a_contradiction(
    operation: Operation, state: OutcomeState, truth: OrderTruth | None
) -> None:
    assert _contradicts(operation, state, truth) != ""


@pytest.mark.parametrize(
    ("operation", "state", "truth"),
    [
        (Operation.INQUIRE, S.SUCCEEDED, PAID),
        (Operation.INQUIRE, S.ABSENT, None),
        (Operation.INQUIRE, S.UNKNOWN, PAID),
        (Operation.CANCEL, S.CLOSED, msgspec.structs.replace(PAID, refunded_minor=1280)),
        (Operation.REFUND, S.FAILED, PAID),
        (
            Operation.REFUND,
            S.FAILED,
            msgspec.structs.replace(PAID, refunds=[RefundTruth(refund_number="rfd_1", state="failed")]),
        ),
    ],
)
def test_what_agrees_with_the_channel_may_be_said(
    operation: Operation, state: OutcomeState, truth: OrderTruth | None
) -> None:
    assert _contradicts(operation, state, truth) == ""


def test_a_payout_is_sent_or_it_is_not() -> None:
    sent = PayoutTruth(payout_number="out_1", state="SUCCESS", sent_count=1)
    assert _contradicts(Operation.PAY_OUT, S.SUCCEEDED, payout=sent) == ""
    assert _contradicts(Operation.PAY_OUT, S.FAILED, payout=sent) != ""
    returned = msgspec.structs.replace(sent, state="RETURNED")
    assert _contradicts(Operation.INQUIRE_PAYOUT, S.FAILED, payout=returned) == ""
    assert _contradicts(Operation.INQUIRE_PAYOUT, S.SUCCEEDED, payout=returned) != ""


def test_an_outcome_about_something_else_is_a_contradiction() -> None:
    request = Request(operation=Operation.INQUIRE, order=ORDER)
    other = Outcome(state=S.WAITING, order_number="att_2")
    assert "att_2" in contradiction(request, other, order=None, payout=None)
    dearer = _says(S.SUCCEEDED, request, amount=Money(1281, "CNY"))
    assert "12.81" in contradiction(request, dearer, order=PAID, payout=None)
    wordless = Outcome(state=S.FAILED, order_number="att_1")
    assert "kind of error" in contradiction(request, wordless, order=None, payout=None)


def test_an_unknown_operation_is_found_out_by_its_inquiry_if_there_is_one() -> None:
    capabilities = Capabilities(
        method="m",
        operations=frozenset({Operation.PAY, Operation.INQUIRE, Operation.REFUND}),
        products=frozenset({Product.CODE}),
        amounts={"CNY": AmountRange(1, 100)},
        security=SIGNED,
    )
    pay = Request(operation=Operation.PAY, order=ORDER)
    refund = Request(operation=Operation.REFUND, order=ORDER, refund=REFUND)
    assert inquiry_about(pay, capabilities).operation is Operation.INQUIRE
    assert inquiry_about(refund, capabilities) is refund
    inquiry = inquiry_about(pay, capabilities)
    assert settles(pay, inquiry, _says(S.SUCCEEDED, pay))
    assert not settles(pay, inquiry, _says(S.ABSENT, pay))
    assert not settles(pay, inquiry, _says(S.WAITING, pay))
    assert not settles(pay, inquiry, _says(S.UNKNOWN, pay))


def test_an_order_without_its_code_harms_nobody_but_a_card_does() -> None:
    scanned = Request(operation=Operation.PAY, order=ORDER)
    card = Request(operation=Operation.PAY, order=msgspec.structs.replace(ORDER, product=Product.CARD))
    assert nobody_can_pay(scanned, _says(S.ABSENT, scanned))
    assert not nobody_can_pay(scanned, _says(S.SUCCEEDED, scanned))
    assert not nobody_can_pay(card, _says(S.ABSENT, card))
