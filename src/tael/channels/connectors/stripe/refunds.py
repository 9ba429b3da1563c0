"""How is money given back, and how do we know that it was? A refund carries our number as metadata.

The idempotency key keeps a refund from being made twice for a day. A refund that was first sent longer ago is looked
for among all refunds of its order before it is sent again.
"""

from datetime import datetime

from tael.channels.connectors.stripe.answers import ORDER_NUMBER, REFUND_NUMBER
from tael.channels.connectors.stripe.finding import MOST_PAGES, find_order, only, sent_long_ago
from tael.channels.connectors.stripe.line import Line, StripeRefused
from tael.channels.connectors.stripe.meanings import REFUND_STATES
from tael.channels.connectors.stripe.objects import Intent, RefundObject, Session, Unreadable
from tael.channels.connectors.stripe.orders import definitely_refused, never_sent
from tael.channels.connectors.stripe.values import (
    CannotBeWritten,
    read_id,
    read_money,
    read_time,
    read_words,
    write_minor,
)
from tael.channels.port import (
    Conversation,
    ErrorClass,
    Order,
    Outcome,
    OutcomeState,
    Request,
    unknown_outcome,
)

_NO_SUCH_PAYMENT = "Stripe has no payment of this order."


def refund(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    """Give money back under our refund's number."""
    wanted = request.the_refund()
    intent_id = yield from _intent_id(line, request.the_order(), now=now)
    if intent_id is None:
        return unknown_outcome(request, _NO_SUCH_PAYMENT, ErrorClass.REQUEST)
    if sent_long_ago(wanted.created_at, now):
        known = yield from _find(line, request, intent_id)
        if known is not None:
            return judge_refund(request, known, intent_id)
    try:
        fields: dict[str, str | int] = {
            "payment_intent": intent_id,
            "amount": write_minor(wanted.amount),
            "reason": "requested_by_customer",
            f"metadata[{ORDER_NUMBER}]": request.the_order().order_number,
            f"metadata[{REFUND_NUMBER}]": wanted.refund_number,
        }
    except CannotBeWritten as problem:
        return never_sent(request, str(problem))
    if words := read_words(wanted.reason, longest=400):
        fields["metadata[reason]"] = words
    key = f"refund:{wanted.refund_number}"
    try:
        made = yield from line.create("/v1/refunds", RefundObject, fields, key=key)
    except StripeRefused as refused:
        return definitely_refused(request, refused)
    return judge_refund(request, made, intent_id)


def inquire_refund(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    """What became of our refund."""
    wanted = request.the_refund()
    intent_id = yield from _intent_id(line, request.the_order(), now=now)
    if intent_id is None:
        return unknown_outcome(request, _NO_SUCH_PAYMENT, ErrorClass.REQUEST)
    if read_id(wanted.channel_reference, "re", "pyr"):
        path = f"/v1/refunds/{wanted.channel_reference}"
        known: RefundObject | None = yield from line.get(path, RefundObject)
    else:
        known = yield from _find(line, request, intent_id)
    if known is None:
        return Outcome(
            state=OutcomeState.ABSENT,
            order_number=request.the_order().order_number,
            refund_number=wanted.refund_number,
        )
    return judge_refund(request, known, intent_id)


def judge_refund(request: Request, known: RefundObject, intent_id: str) -> Outcome:
    """What a refund of Stripe's says about ours."""
    order, wanted = request.the_order(), request.the_refund()
    numbers = (known.metadata.get(ORDER_NUMBER), known.metadata.get(REFUND_NUMBER))
    if known.payment_intent != intent_id or numbers != (order.order_number, wanted.refund_number):
        return unknown_outcome(request, "Stripe's refund is not about ours.")
    outcome = outcome_of_refund(known, order_number=order.order_number, refund_number=wanted.refund_number)
    if outcome.amount != wanted.amount:
        return unknown_outcome(
            request, f"Stripe gave back {outcome.amount}, our refund is of {wanted.amount}."
        )
    return outcome


def outcome_of_refund(known: RefundObject, *, order_number: str, refund_number: str) -> Outcome:
    """What a refund says of itself, in an answer or in an event."""
    state = REFUND_STATES.get(known.status or "", OutcomeState.UNKNOWN)
    failed = state is OutcomeState.FAILED
    return Outcome(
        state=state,
        order_number=order_number,
        refund_number=refund_number,
        amount=read_money(known.amount, known.currency),
        channel_reference=known.id,
        happened_at=read_time(known.created) if state is OutcomeState.SUCCEEDED else None,
        code=read_words(known.failure_reason or known.status, longest=64),
        error_class=ErrorClass.DECLINED
        if failed
        else ErrorClass.TRUST
        if state is OutcomeState.UNKNOWN
        else None,
    )


def _intent_id(line: Line, order: Order, *, now: datetime) -> Conversation[str | None]:
    if read_id(order.channel_reference, "pi"):
        return order.channel_reference
    found = yield from find_order(line, order, now=now)
    if isinstance(found, Session):
        return found.payment_intent.id if isinstance(found.payment_intent, Intent) else None
    return found.id if found is not None else None


def _find(line: Line, request: Request, intent_id: str) -> Conversation[RefundObject | None]:
    refunds = yield from line.everything(
        "/v1/refunds", RefundObject, {"payment_intent": intent_id}, most_pages=MOST_PAGES
    )
    order_number = request.the_order().order_number
    for known in refunds:
        if (
            known.payment_intent != intent_id
            or known.metadata.get(ORDER_NUMBER, order_number) != order_number
        ):
            raise Unreadable("the list holds refunds of another order")
    number = request.the_refund().refund_number
    ours = {known.id: known for known in refunds if known.metadata.get(REFUND_NUMBER) == number}
    found = only(list(ours))
    return ours[found] if found else None
