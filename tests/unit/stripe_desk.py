"""Messages of Stripe's as they really look, and a conversation without a wire."""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

from tael.channels.connectors.stripe import StripeConnector, StripeCredentials, StripeSettings
from tael.channels.port import (
    CaptureOrder,
    Conversation,
    HttpRequest,
    HttpResponse,
    InboundNotice,
    IncrementOrder,
    Operation,
    Order,
    Outcome,
    PayoutOrder,
    Product,
    RefundOrder,
    Request,
)
from tael.foundation.money import Money

T = TypeVar("T")
Tree = dict[str, Any]
NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
OLD_SECRET, NEW_SECRET = "whsec_0123456789abcdef0123", "whsec_fedcba9876543210fedc"
PRICE = Money(1280, "CNY")


def connector(**settings: str) -> StripeConnector:
    """Ours, while the webhook's secret is being changed."""
    return StripeConnector(
        StripeSettings(api_url="https://api.stripe.example", **settings),
        StripeCredentials(
            secret_key="sk_test_0123456789abcdef", webhook_secrets=f"{OLD_SECRET}\n{NEW_SECRET}"
        ),
    )


ORDER = Order(
    order_number="att_7",
    amount=PRICE,
    subject="A pot of tea",
    expires_at=NOW + timedelta(minutes=15),
    notice_url="https://tael.example/notices",
    product=Product.CARD,
    return_url="https://shop.example/back",
    card_token="pm_card_visa",
    created_at=NOW,
    channel_reference="pi_7",
)
REFUND = RefundOrder(refund_number="rfd_7", amount=Money(500, "CNY"), reason="broken", created_at=NOW)
CAPTURE = CaptureOrder(capture_number="cap_7", amount=PRICE)
INCREMENT = IncrementOrder(increment_number="inc_7", amount=Money(720, "CNY"))
PAYOUT = PayoutOrder(payout_number="out_7", amount=PRICE, payee_account="ba_1", created_at=NOW)


def asking(operation: Operation, order: Order = ORDER) -> Request:
    """One operation about the usual things."""
    if operation in (Operation.PAY_OUT, Operation.INQUIRE_PAYOUT):
        return Request(operation=operation, payout=PAYOUT)
    about_refund = operation in (Operation.REFUND, Operation.INQUIRE_REFUND)
    return Request(
        operation=operation,
        order=order,
        refund=REFUND if about_refund else None,
        capture=CAPTURE if operation is Operation.CAPTURE else None,
        increment=INCREMENT if operation is Operation.INCREMENT else None,
    )


def intent(**changes: Any) -> Tree:
    """A paid PaymentIntent."""
    return {
        "id": "pi_7",
        "object": "payment_intent",
        "amount": 1280,
        "amount_capturable": 0,
        "amount_received": 1280,
        "canceled_at": None,
        "capture_method": "automatic",
        "created": SECONDS,
        "currency": "cny",
        "last_payment_error": None,
        "latest_charge": charge(),
        "livemode": False,
        "metadata": {"order_number": "att_7", "product": "card"},
        "next_action": None,
        "status": "succeeded",
    } | changes


def charge(**changes: Any) -> Tree:
    """The charge that paid it."""
    return {
        "id": "ch_7",
        "object": "charge",
        "amount": 1280,
        "amount_captured": 1280,
        "amount_refunded": 0,
        "balance_transaction": {
            "id": "txn_7",
            "object": "balance_transaction",
            "amount": 1280,
            "currency": "cny",
            "created": SECONDS,
            "fee": 67,
            "net": 1213,
            "type": "charge",
        },
        "captured": True,
        "created": SECONDS,
        "currency": "cny",
        "livemode": False,
        "metadata": {"order_number": "att_7"},
        "paid": True,
        "payment_intent": "pi_7",
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
    } | changes


def refund(**changes: Any) -> Tree:
    """A refund that has succeeded."""
    return {
        "id": "re_7",
        "object": "refund",
        "amount": 500,
        "charge": "ch_7",
        "created": SECONDS,
        "currency": "cny",
        "metadata": {"order_number": "att_7", "refund_number": "rfd_7"},
        "payment_intent": "pi_7",
        "status": "succeeded",
    } | changes


def payout(**changes: Any) -> Tree:
    """A payout that has arrived."""
    return {
        "id": "po_7",
        "object": "payout",
        "amount": 1280,
        "created": SECONDS,
        "currency": "cny",
        "livemode": False,
        "metadata": {"payout_number": "out_7"},
        "status": "paid",
    } | changes


def dispute(**changes: Any) -> Tree:
    """A dispute that wants an answer."""
    return {
        "id": "dp_7",
        "object": "dispute",
        "amount": 1280,
        "charge": "ch_7",
        "created": SECONDS,
        "currency": "cny",
        "evidence_details": {"due_by": SECONDS + 604_800},
        "livemode": False,
        "payment_intent": "pi_7",
        "reason": "fraudulent",
        "status": "needs_response",
    } | changes


def session(**changes: Any) -> Tree:
    """A page that can be paid on."""
    return {
        "id": "cs_test_7",
        "object": "checkout.session",
        "amount_total": 1280,
        "client_reference_id": "att_7",
        "created": SECONDS,
        "currency": "cny",
        "expires_at": SECONDS + 3600,
        "livemode": False,
        "metadata": {"order_number": "att_7", "product": "page"},
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "url": "https://checkout.stripe.example/c/pay/cs_test_7",
    } | changes


def event(kind: str, thing: Tree, **changes: Any) -> Tree:
    """Something that happened."""
    return {
        "id": "evt_7",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": SECONDS,
        "data": {"object": thing},
        "livemode": False,
        "type": kind,
    } | changes


def signed(body: bytes, *, secret: str = OLD_SECRET, seconds: int = SECONDS) -> InboundNotice:
    """A webhook as Stripe sends it."""
    signature = hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
    header = {"stripe-signature": f"t={seconds},v1={signature}"}
    return InboundNotice(headers=header, query="", body=body)


def written(tree: Tree) -> bytes:
    """A message's bytes."""
    return json.dumps(tree).encode()


def answer(tree: Tree, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer of the API."""
    return HttpResponse(status=status, headers=headers or {}, body=written(tree))


def error(status: int, **fields: Any) -> HttpResponse:
    """An answer that says no."""
    return answer({"error": {"type": "invalid_request_error", "message": "No."} | fields}, status=status)


def talk(conversation: Conversation[T], respond: Callable[[HttpRequest], HttpResponse]) -> T:
    """What a conversation comes to, if every message is answered so."""
    try:
        step = next(conversation)
        for _ in range(50):
            assert isinstance(step, HttpRequest)
            step = conversation.send(respond(step))
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("the conversation does not end")


def heard(operation: Operation, *responses: HttpResponse, order: Order = ORDER) -> Outcome:
    """The outcome, if Stripe answers so, the last answer for ever."""
    left = list(responses)
    conversation = connector().converse(asking(operation, order), now=NOW)
    return talk(conversation, lambda _: left.pop(0) if len(left) > 1 else left[0])


def failed(**trouble: Any) -> Tree:
    """An intent whose card was refused."""
    error = {"type": "card_error", "code": "card_declined", "decline_code": "do_not_honor"} | trouble
    return intent(
        status="requires_payment_method", amount_received=0, latest_charge=None, last_payment_error=error
    )


def held() -> Tree:
    """An intent whose money is held."""
    return intent(status="requires_capture", amount_received=0, amount_capturable=1280)


def cancelled() -> Tree:
    """An intent that was ended."""
    return intent(status="canceled", amount_received=0, canceled_at=SECONDS, latest_charge=None)
