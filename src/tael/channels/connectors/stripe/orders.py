"""How is an order begun, asked about and ended at Stripe?

A card is charged by one PaymentIntent, made and confirmed in one call. A page is a Checkout Session, whose intent
begins when the payer pays. An order's number goes with everything as metadata and is the key of idempotency.
"""

from datetime import datetime, timedelta

from tael.channels.connectors.stripe.answers import (
    NOTICE_URL,
    ORDER_NUMBER,
    PRODUCT,
    judge_intent,
    judge_session,
)
from tael.channels.connectors.stripe.finding import (
    EXPAND_INTENT,
    EXPAND_SESSION,
    find_order,
    sent_long_ago,
)
from tael.channels.connectors.stripe.line import Line, StripeRefused, nothing_learnt
from tael.channels.connectors.stripe.objects import Intent, Session
from tael.channels.connectors.stripe.values import (
    CannotBeWritten,
    read_id,
    read_words,
    write_minor,
    write_time,
)
from tael.channels.port import (
    CARD_EXPIRY_MONTH,
    CARD_EXPIRY_YEAR,
    CARD_NUMBER,
    CARD_SECURITY_CODE,
    CardOfVault,
    Conversation,
    ErrorClass,
    Order,
    Outcome,
    OutcomeState,
    Product,
    Request,
    is_of_our_vault,
    unknown_outcome,
)

SESSION_AT_LEAST = timedelta(minutes=60)
"""Stripe wants a page to stay for 30 minutes from when it hears of it; the rest is for sending again."""
SESSION_AT_MOST = timedelta(hours=23)
_LONGEST_METADATA = 500
_OUR_CARD = {
    "payment_method_data[type]": "card",
    "payment_method_data[card][number]": CARD_NUMBER,
    "payment_method_data[card][exp_month]": CARD_EXPIRY_MONTH,
    "payment_method_data[card][exp_year]": CARD_EXPIRY_YEAR,
    "payment_method_data[card][cvc]": CARD_SECURITY_CODE,
}


def pay(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    """Begin the order; after a day it is only asked about, since Stripe may have forgotten its key."""
    order = request.the_order()
    if sent_long_ago(order.created_at, now):
        outcome = yield from inquire(line, request, now=now)
        return outcome
    by_card = order.product is Product.CARD
    try:
        fields = _intent_fields(line, order) if by_card else _session_fields(line, order, now)
    except (CannotBeWritten, _Missing) as problem:
        return never_sent(request, str(problem))
    key = pay_key(order)
    try:
        if by_card:
            path = "/v1/payment_intents"
            card = _card_of_ours(order)
            intent = yield from line.create(path, Intent, fields, key=key, expand=EXPAND_INTENT, card=card)
            return judge_intent(request, intent, live=line.access.live)
        path = "/v1/checkout/sessions"
        session = yield from line.create(path, Session, fields, key=key, expand=EXPAND_SESSION)
        return judge_session(request, session, live=line.access.live)
    except StripeRefused as refused:
        return _payment_refused(request, refused, live=line.access.live)


def inquire(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    """What became of the order."""
    found = yield from find_order(line, request.the_order(), now=now)
    return judge(line, request, found)


def judge(line: Line, request: Request, found: Intent | Session | None) -> Outcome:
    """What a thing that was found says about the order; `ABSENT` if nothing was."""
    if isinstance(found, Intent):
        return judge_intent(request, found, live=line.access.live)
    if isinstance(found, Session):
        return judge_session(request, found, live=line.access.live)
    return Outcome(state=OutcomeState.ABSENT, order_number=request.number)


def never_sent(request: Request, why: str, error_class: ErrorClass = ErrorClass.REQUEST) -> Outcome:
    """A failure before anything was said to Stripe."""
    return _failed(request, why, error_class)


def definitely_refused(request: Request, refused: StripeRefused) -> Outcome:
    """`FAILED` if the refusal proves that our number moved nothing and will not, else `UNKNOWN`."""
    if not refused.meaning.definite:
        return nothing_learnt(request, refused)
    return _failed(
        request, refused.words, refused.meaning.error_class, code=read_words(refused.code, longest=64)
    )


def _failed(request: Request, why: str, error_class: ErrorClass, *, code: str | None = None) -> Outcome:
    return Outcome(
        state=OutcomeState.FAILED,
        order_number=request.order.order_number if request.order else "",
        refund_number=request.refund.refund_number if request.refund else None,
        payout_number=request.payout.payout_number if request.payout else None,
        code=code,
        message=why,
        error_class=error_class,
    )


def pay_key(order: Order) -> str:
    """The idempotency key under which an order is begun; also taken to keep it from ever beginning."""
    return f"pay:{order.order_number}"


def order_metadata(order: Order) -> dict[str, str]:
    """What goes with everything that belongs to an order.

    Stripe sends events to addresses that are set up for the account. The notice address goes with the order for
    those who pass events on to several platforms; our simulator is one of them.
    """
    named = {ORDER_NUMBER: order.order_number, PRODUCT: order.product.value}
    if 0 < len(order.notice_url) <= _LONGEST_METADATA:
        named[NOTICE_URL] = order.notice_url
    return {f"metadata[{name}]": value for name, value in named.items()}


class _Missing(ValueError):
    """The order lacks what Stripe needs."""


def _intent_fields(line: Line, order: Order) -> dict[str, str | int]:
    fields: dict[str, str | int] = {
        "amount": write_minor(order.amount),
        "currency": order.amount.currency.lower(),
        "confirm": "true",
        "payment_method_types[]": "card",
        "capture_method": "manual" if order.capture_later else "automatic",
        "return_url": _return_url(line, order),
        "description": read_words(order.subject, longest=500) or order.order_number,
    }
    if is_of_our_vault(order.card_token):
        fields |= _OUR_CARD
    elif read_id(order.card_token, "tok"):
        fields |= {"payment_method_data[type]": "card", "payment_method_data[card][token]": order.card_token}
    elif read_id(order.card_token, "pm", "card", "src"):
        fields["payment_method"] = order.card_token
    else:
        raise _Missing("The order names no card of our vault's or of Stripe's (pm_…, tok_…).")
    if order.descriptor:
        fields["statement_descriptor_suffix"] = order.descriptor
    if order.off_session:
        fields["off_session"] = "true"
    return fields | _asked_of_card(order) | order_metadata(order)


def _asked_of_card(order: Order) -> dict[str, str | int]:
    """What is asked of a card whose money is to be held: several captures, more later, a tip beyond it."""
    if not order.capture_later:
        return {}
    wishes = ("request_multicapture", "request_incremental_authorization", "request_overcapture")
    return {f"payment_method_options[card][{wish}]": "if_available" for wish in wishes}


def _card_of_ours(order: Order) -> CardOfVault | None:
    """Which card of our vault fills in the placeholders of the intent, if it is one of ours."""
    if not is_of_our_vault(order.card_token):
        return None
    return CardOfVault(token=order.card_token, number=order.order_number)


def _session_fields(line: Line, order: Order, now: datetime) -> dict[str, str | int]:
    """The end is reckoned from when the order was first sent, so that sent again it is the same message."""
    begun = order.created_at or now
    ends_at = max(begun + SESSION_AT_LEAST, min(order.expires_at, begun + SESSION_AT_MOST))
    back = _return_url(line, order)
    metadata = order_metadata(order)
    named = {"payment_intent_data[statement_descriptor_suffix]": order.descriptor} if order.descriptor else {}
    return {
        "mode": "payment",
        "client_reference_id": order.order_number,
        "payment_method_types[0]": "card",
        "line_items[0][quantity]": 1,
        "line_items[0][price_data][currency]": order.amount.currency.lower(),
        "line_items[0][price_data][unit_amount]": write_minor(order.amount),
        "line_items[0][price_data][product_data][name]": read_words(order.subject, longest=250) or "-",
        "success_url": back,
        "cancel_url": back,
        "expires_at": write_time(ends_at),
        "payment_intent_data[capture_method]": "manual" if order.capture_later else "automatic",
        **named,
        **_asked_of_card(order),
        **metadata,
        **{f"payment_intent_data[{name.replace('[', '][', 1)}": value for name, value in metadata.items()},
    }


def _return_url(line: Line, order: Order) -> str:
    back = order.return_url or line.access.return_url
    if not back:
        raise _Missing("The order does not say where the payer comes back to (return_url).")
    return back


def _payment_refused(request: Request, refused: StripeRefused, *, live: bool) -> Outcome:
    """A refused card is proved by its intent, which comes with the error.

    Nobody has the address of a page that was refused, so nobody can pay there, whatever the reason.
    """
    if refused.trouble is not None and refused.trouble.payment_intent is not None:
        outcome = judge_intent(request, refused.trouble.payment_intent, live=live)
        if outcome.state is OutcomeState.FAILED or refused.trouble.type == "card_error":
            return outcome
        return unknown_outcome(request, refused.words, code=outcome.code)
    by_card = request.the_order().product is Product.CARD
    if by_card and refused.status == 402:
        return unknown_outcome(
            request, "Stripe refused a card but does not show the intent.", code=refused.code
        )
    told_no = refused.trouble is not None and refused.status in (400, 401, 402, 403, 404, 429)
    if not by_card and told_no and not _key_was_used(refused):
        return _failed(request, refused.words, refused.meaning.error_class, code=refused.code)
    return definitely_refused(request, refused)


def _key_was_used(refused: StripeRefused) -> bool:
    return refused.trouble is not None and refused.trouble.type == "idempotency_error"
