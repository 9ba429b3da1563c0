"""How is an order ended at Stripe: unpaid, held, or paid?

Before anything is ended it is read and must be ours. An order that was not found may still be on its way to Stripe.
Then we take its idempotency key for an intent that nobody can pay, and cancel that: whatever arrives later under the
key is refused, since it asks for something else. If the key was taken already, the order had arrived.
"""

from datetime import datetime
from typing import TypeGuard

from tael.channels.connectors.stripe.answers import ORDER_NUMBER
from tael.channels.connectors.stripe.finding import EXPAND_INTENT, find_order
from tael.channels.connectors.stripe.line import Line, StripeRefused, nothing_learnt
from tael.channels.connectors.stripe.objects import Intent, RefundObject, Session
from tael.channels.connectors.stripe.orders import (
    judge,
    never_sent,
    order_metadata,
    pay_key,
)
from tael.channels.connectors.stripe.values import CannotBeWritten, write_minor
from tael.channels.port import (
    Conversation,
    ErrorClass,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    Product,
    Request,
    unknown_outcome,
)


def end(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    """`CLOSE` ends what nobody has paid; `CANCEL` also releases what is held and gives back what was paid."""
    order = request.the_order()
    found = yield from find_order(line, order, now=now)
    if found is None:
        if order.product is not Product.CARD:
            return judge(line, request, None)
        outcome = yield from _take_thekey_of_now(line, request, now=now)
        return outcome
    return (yield from _end_found(line, request, found, now=now))


def _end_found(
    line: Line, request: Request, found: Intent | Session, *, now: datetime, again: bool = True
) -> Conversation[Outcome]:
    cancelling = request.operation is Operation.CANCEL
    outcome = judge(line, request, found)
    intent = found.payment_intent if isinstance(found, Session) else found
    if outcome.state is OutcomeState.SUCCEEDED and cancelling and _is_paid(intent):
        return (yield from _give_back(line, request, intent))
    if outcome.state is OutcomeState.AUTHORISED and not cancelling:
        return outcome
    if outcome.state in (OutcomeState.UNKNOWN, OutcomeState.CLOSED, OutcomeState.SUCCEEDED):
        return outcome
    try:
        ended = yield from _stop(line, request.the_order(), found, now=now)
    except StripeRefused as refused:
        if refused.status != 400 or not again:
            return nothing_learnt(request, refused)
        changed = yield from find_order(line, request.the_order(), now=now)
        if changed is None:
            return nothing_learnt(request, refused)
        return (yield from _end_found(line, request, changed, now=now, again=False))
    return judge(line, request, ended)


def _is_paid(intent: Intent | str | None) -> TypeGuard[Intent]:
    """Not one that was cancelled after some was taken: to cancel it once more does no more than the first time."""
    return isinstance(intent, Intent) and intent.status == "succeeded"


def _stop(
    line: Line, order: Order, found: Intent | Session, *, now: datetime
) -> Conversation[Intent | Session]:
    """Cancel the intent, or let the page end on which it would be paid."""
    if isinstance(found, Session) and found.status == "open":
        path = f"/v1/checkout/sessions/{found.id}/expire"
        fields = {"expand[]": "payment_intent"}
        ended = yield from line.post(path, Session, fields, key=key_of_now("expire", order, now))
        return ended
    intent = found if isinstance(found, Intent) else found.payment_intent
    if not isinstance(intent, Intent):
        return found
    path = f"/v1/payment_intents/{intent.id}/cancel"
    fields = {"cancellation_reason": "abandoned"} | dict(EXPAND_INTENT)
    return (yield from line.post(path, Intent, fields, key=key_of_now("cancel", order, now)))


def _take_thekey_of_now(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    order = request.the_order()
    try:
        fields: dict[str, str | int] = {
            "amount": write_minor(order.amount),
            "currency": order.amount.currency.lower(),
            "payment_method_types[]": "card",
            **order_metadata(order),
        }
    except CannotBeWritten as problem:
        return never_sent(request, str(problem))
    try:
        intent = yield from line.create("/v1/payment_intents", Intent, fields, key=pay_key(order))
    except StripeRefused as refused:
        found = yield from find_order(line, order, now=now)
        if found is None:
            return nothing_learnt(request, refused)
        return (yield from _end_found(line, request, found, now=now))
    return (yield from _end_found(line, request, intent, now=now))


def _give_back(line: Line, request: Request, intent: Intent) -> Conversation[Outcome]:
    """Refund whatever has not been given back yet; `CLOSED` once all of it surely was."""
    order = request.the_order()
    refunds = yield from line.everything(
        "/v1/refunds", RefundObject, {"payment_intent": intent.id}, most_pages=2
    )
    left = intent.amount_received - _sum_of(refunds, "succeeded", "pending", "requires_action")
    if left > 0:
        fields: dict[str, str | int] = {
            "payment_intent": intent.id,
            "amount": left,
            "reason": "requested_by_customer",
            f"metadata[{ORDER_NUMBER}]": order.order_number,
        }
        key = f"give-back:{order.order_number}:{left}"
        try:
            made = yield from line.create("/v1/refunds", RefundObject, fields, key=key)
        except StripeRefused as refused:
            return nothing_learnt(request, refused)
        if made.payment_intent != intent.id or made.amount != left or made.currency != intent.currency:
            return unknown_outcome(request, "Stripe's refund is not the one that was asked for.")
        refunds = [*(refund for refund in refunds if refund.id != made.id), made]
    if _sum_of(refunds, "succeeded") != intent.amount_received:
        why = "The money is on its way back, but Stripe does not say that it has arrived."
        return unknown_outcome(request, why, ErrorClass.CHANNEL)
    return Outcome(
        state=OutcomeState.CLOSED,
        order_number=order.order_number,
        amount=order.amount,
        given_back_in_all=order.amount if intent.amount_received == intent.amount else None,
        channel_reference=intent.id,
        code="refunded",
    )


def _sum_of(refunds: list[RefundObject], *states: str) -> int:
    return sum(refund.amount for refund in refunds if refund.status in states)


def key_of_now(verb: str, order: Order, now: datetime) -> str:
    """These verbs do nothing the second time, so their keys need only keep apart what is sent twice at once.

    A key keeps whatever was answered first, a breakdown of Stripe's too, for a day; a new minute is a new try.
    """
    return f"{verb}:{order.order_number}:{now:%Y%m%dT%H%M}"
