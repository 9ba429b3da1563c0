"""What does an object of Stripe's say about our order? Only what it says under our number, for our amount.

Answers carry no signature; TLS and our key stand for Stripe. So we believe an object only as a whole: the kind, the
mode (live or test), our number in its metadata, the amount, and the sums that go with its status.
"""

from tael.channels.connectors.stripe.meanings import DECLINED, ERROR_CODES
from tael.channels.connectors.stripe.objects import BalanceLine, Charge, Intent, Session
from tael.channels.connectors.stripe.values import read_money, read_time, read_words
from tael.channels.port import (
    Action,
    ErrorClass,
    GoTo,
    Hold,
    Outcome,
    OutcomeState,
    Product,
    Request,
    unknown_outcome,
)
from tael.foundation.money import Money

ORDER_NUMBER, REFUND_NUMBER, PAYOUT_NUMBER = "order_number", "refund_number", "payout_number"
CAPTURE_NUMBER, INCREMENT_NUMBER = "capture_number", "increment_number"
PRODUCT, NOTICE_URL = "product", "notice_url"
"""Names in the metadata that we give to Stripe's objects."""
_LONGEST_URL = 4096


def judge_intent(request: Request, intent: Intent, *, live: bool) -> Outcome:
    """What an intent says about the order of `request`."""
    order = request.the_order()
    amount = read_money(intent.amount, intent.currency)
    why = (
        why_not_ours(intent.livemode, intent.metadata.get(ORDER_NUMBER), live=live, number=order.order_number)
        or (f"Stripe names {amount}, our order is for {order.amount}." if amount != order.amount else None)
        or why_not_sound(intent)
    )
    if why is not None:
        return unknown_outcome(request, why, code=read_words(intent.status, longest=64))
    return outcome_of_intent(intent, order_number=order.order_number, by_card=order.product is Product.CARD)


def judge_session(request: Request, session: Session, *, live: bool) -> Outcome:
    """What a session says about the order of `request`; once it has been paid on, its intent says it."""
    order = request.the_order()
    amount = read_money(session.amount_total or 0, session.currency or "")
    why = why_not_ours(
        session.livemode, session.metadata.get(ORDER_NUMBER), live=live, number=order.order_number
    ) or (f"Stripe names {amount}, our order is for {order.amount}." if amount != order.amount else None)
    intent = session.payment_intent
    if why is not None or isinstance(intent, str):
        return unknown_outcome(request, why or "The session's intent is not shown.")
    if intent is not None:
        outcome = judge_intent(request, intent, live=live)
        if outcome.state is not OutcomeState.WAITING or intent.status == "processing":
            return outcome
    if session.status == "open" and session.payment_status == "unpaid":
        action = page_at(session.url)
        if action is None:
            return unknown_outcome(request, "The session is open but names no page.")
        return _of_session(session, order.order_number, OutcomeState.WAITING, amount, action=action)
    if session.status == "expired" and session.payment_status == "unpaid":
        return _of_session(session, order.order_number, OutcomeState.CLOSED, amount)
    return unknown_outcome(request, "The session is in no state that we know.", code=session.status)


def outcome_of_intent(intent: Intent, *, order_number: str, by_card: bool) -> Outcome:
    """What a sound intent says, in an answer or in an event. `by_card`: nobody is offered another try at paying it."""
    amount = read_money(intent.amount, intent.currency)
    received = read_money(intent.amount_received, intent.currency)
    charge = intent.latest_charge if isinstance(intent.latest_charge, Charge) else None
    trouble = intent.last_payment_error
    failed = intent.status == "requires_payment_method" and by_card and trouble is not None
    state = OutcomeState.FAILED if failed else _STATES.get(intent.status, OutcomeState.UNKNOWN)
    if state is OutcomeState.CLOSED and intent.amount_received:
        state = OutcomeState.SUCCEEDED  # only what was left of a hold was let go
    paid = state is OutcomeState.SUCCEEDED
    hold = hold_of(intent, charge)
    given_back = charge.given_back if charge and paid else None
    code = trouble.decline_code or trouble.code or trouble.type if failed and trouble else intent.status
    unknown = state is OutcomeState.UNKNOWN
    at = charge.created if charge and paid else intent.canceled_at if state is OutcomeState.CLOSED else None
    return Outcome(
        state=state,
        order_number=order_number,
        amount=amount,
        received=received if paid and received != amount and hold is None else None,
        hold=hold if paid or state is OutcomeState.AUTHORISED else None,
        given_back_in_all=read_money(given_back, intent.currency) if given_back else None,
        channel_reference=intent.id,
        action=_step_up(intent) if intent.status == "requires_action" else None,
        payer_hint=_card_shown(charge),
        fee=_fee_of(charge) if paid else None,
        happened_at=read_time(at),
        code=read_words(code, longest=64),
        message=read_words(trouble.message) if failed and trouble else None,
        error_class=ErrorClass.TRUST if unknown else class_of(code) if failed else None,
    )


_STATES = {
    "requires_payment_method": OutcomeState.WAITING,
    "requires_confirmation": OutcomeState.WAITING,
    "requires_action": OutcomeState.WAITING,
    "processing": OutcomeState.WAITING,
    "requires_capture": OutcomeState.AUTHORISED,
    "succeeded": OutcomeState.SUCCEEDED,
    "canceled": OutcomeState.CLOSED,
}


def hold_of(intent: Intent, charge: Charge | None) -> Hold | None:
    """What may be done with the money that an intent holds; None if it is taken as it is paid."""
    taken = read_money(intent.amount_received, intent.currency)
    if intent.capture_method != "manual" or taken is None:
        return None
    card = charge.payment_method_details.card if charge and charge.payment_method_details else None
    if card is None:
        return Hold(taken=taken, told=False)
    beyond = card.overcapture if card.overcapture is not None and card.overcapture.given else None
    at_most = beyond.maximum_amount_capturable if beyond is not None else None
    return Hold(
        taken=taken,
        until=read_time(card.capture_before),
        at_most=read_money(at_most, intent.currency) if at_most is not None else None,
        in_parts=card.multicapture is not None and card.multicapture.given,
        may_grow=card.incremental_authorization is not None and card.incremental_authorization.given,
    )


def why_not_ours(livemode: bool, theirs: str | None, *, live: bool, number: str) -> str | None:  # noqa: FBT001 # as Stripe names it
    """Why an object is not about our thing, in our mode; None if it is."""
    if livemode is not live:
        return f"Stripe's object is of {'live' if livemode else 'test'} mode, our key is not."
    return None if theirs == number else "Stripe's object does not carry our number."


def why_not_sound(intent: Intent) -> str | None:
    """Why an intent's sums do not go with its status; None if they do."""
    received, capturable = intent.amount_received, intent.amount_capturable
    beyond = intent.capture_method == "manual"
    sound = {
        "succeeded": received > 0 and (received <= intent.amount or beyond) and capturable == 0,
        "requires_capture": 0 < capturable <= intent.amount and received + capturable == intent.amount,
        "canceled": received <= (intent.amount if beyond else 0)
        and capturable == 0
        and intent.canceled_at is not None,
    }.get(intent.status, received == 0 and capturable == 0)
    if intent.status in ("succeeded", "requires_capture"):
        sound = sound and intent.canceled_at is None
    return None if sound else f"An intent that is {read_words(intent.status)} cannot have these sums."


def class_of(code: str | None) -> ErrorClass:
    """Why a card was refused."""
    return ERROR_CODES.get(code or "", DECLINED).error_class


def page_at(url: str | None) -> Action | None:
    """The page at an address that a browser can be led to; None if it is not one."""
    if url is None or len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return None
    return GoTo(url=url) if url.startswith(("https://", "http://")) else None


def _step_up(intent: Intent) -> Action | None:
    action = intent.next_action
    if action is None or action.type != "redirect_to_url" or action.redirect_to_url is None:
        return None
    return page_at(action.redirect_to_url.url)


def _card_shown(charge: Charge | None) -> str | None:
    card = charge.payment_method_details.card if charge and charge.payment_method_details else None
    shown = card and read_words(f"{card.brand or 'card'} **** {card.last4 or '????'}", longest=60)
    return shown or None


def _fee_of(charge: Charge | None) -> Money | None:
    line = charge.balance_transaction if charge else None
    return read_money(line.fee, line.currency) if isinstance(line, BalanceLine) else None


def _of_session(
    session: Session,
    order_number: str,
    state: OutcomeState,
    amount: Money | None,
    *,
    action: Action | None = None,
) -> Outcome:
    return Outcome(
        state=state,
        order_number=order_number,
        amount=amount,
        channel_reference=session.id,
        action=action,
        code=read_words(session.status, longest=64),
    )
