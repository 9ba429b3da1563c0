"""What does an event say, and can it be believed?

A webhook carries `Stripe-Signature: t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` under a secret that only
Stripe and we have. During a rotation Stripe signs with both secrets and we accept either. `t` is the moment of
*sending*, so that repetitions are as young as first tries, and anything older than five minutes is a replay.

An event shows its object as it was when the event happened, and events come in any order: an older one never says
that something did not happen. Events about what is not ours, or not about money, say nothing (`outcome` is None).
"""

import hmac
import re
from datetime import datetime
from hashlib import sha256

from tael.channels.connectors.stripe.answers import (
    ORDER_NUMBER,
    PAYOUT_NUMBER,
    PRODUCT,
    REFUND_NUMBER,
    outcome_of_intent,
    why_not_sound,
)
from tael.channels.connectors.stripe.disputes import outcome_of_dispute
from tael.channels.connectors.stripe.objects import (
    Charge,
    DisputeObject,
    Event,
    Intent,
    PayoutObject,
    RefundObject,
    Session,
    Unreadable,
    convert,
    decode,
)
from tael.channels.connectors.stripe.payouts import outcome_of_payout
from tael.channels.connectors.stripe.refunds import outcome_of_refund
from tael.channels.connectors.stripe.settings import Access
from tael.channels.connectors.stripe.values import read_money, read_number, read_time
from tael.channels.errors import NoticeRefused
from tael.channels.port import ErrorClass, InboundNotice, Notice, Outcome, OutcomeState, Product

WINDOW_SECONDS = 300
LONGEST_BODY = 500_000
_LONGEST_HEADER = 4096
_SECONDS = re.compile(r"[1-9][0-9]{8,11}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")


def read_webhook(inbound: InboundNotice, access: Access, *, now: datetime) -> Notice:
    """The event in a message whose signature, age and addressee are right; raises `NoticeRefused`."""
    if len(inbound.body) > LONGEST_BODY:
        raise NoticeRefused(f"The event is longer than {LONGEST_BODY} bytes.")
    sent_at = _signed_at(inbound.headers.get("stripe-signature", ""), inbound.body, access.webhook_secrets)
    age = int(now.timestamp()) - sent_at
    if abs(age) > WINDOW_SECONDS:
        raise NoticeRefused(f"The event was signed {age} seconds ago; we accept {WINDOW_SECONDS}.")
    try:
        return read_event(decode(inbound.body, Event), access)
    except Unreadable as problem:
        raise NoticeRefused(f"The event is signed but cannot be read: {problem}.") from None


def _signed_at(header: str, body: bytes, secrets: tuple[bytes, ...]) -> int:
    """The moment that the header names, if one of our secrets signed it and the body; else `NoticeRefused`."""
    if len(header) > _LONGEST_HEADER or not header.isascii():
        raise NoticeRefused("The event's signature cannot be read.", field="stripe-signature")
    parts = [part.partition("=")[::2] for part in header.split(",")]
    moments = [value for name, value in parts if name == "t"]
    signatures = [value.encode() for name, value in parts if name == "v1" and _SIGNATURE.fullmatch(value)]
    if len(moments) != 1 or not _SECONDS.fullmatch(moments[0]) or not signatures:
        raise NoticeRefused(
            "The event carries no signature of the documented form.", field="stripe-signature"
        )
    content = moments[0].encode() + b"." + body
    expected = [hmac.new(secret, content, sha256).hexdigest().encode() for secret in secrets]
    if not any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures):
        raise NoticeRefused("The event's signature is not Stripe's.", field="stripe-signature")
    return int(moments[0])


def read_event(event: Event, access: Access) -> Notice:
    """What a believed event says; raises `NoticeRefused` if it is for somebody else, `Unreadable`."""
    if event.livemode is not access.live:
        raise NoticeRefused(f"The event is of {'live' if event.livemode else 'test'} mode, our key is not.")
    if event.account is not None and event.account != access.account_id:
        raise NoticeRefused("The event is for another account.", field="account")
    return Notice(notice_id=event.id, outcome=_outcome_of(event, live=access.live))


def _outcome_of(event: Event, *, live: bool) -> Outcome | None:
    thing, kind = event.data.object, event.type
    if kind in _INTENT_EVENTS:
        return _of_intent(convert(thing, Intent), live=live)
    if kind in _SESSION_EVENTS:
        return _of_session(convert(thing, Session), live=live)
    if kind == "charge.refunded":
        return _of_charge(convert(thing, Charge), live=live)
    if kind in _REFUND_EVENTS:
        return _of_refund(convert(thing, RefundObject))
    if kind in _DISPUTE_EVENTS:
        dispute = convert(thing, DisputeObject)
        return outcome_of_dispute(dispute) if dispute.livemode is live else None
    if kind in _PAYOUT_EVENTS:
        return _of_payout(convert(thing, PayoutObject), live=live)
    return None


_INTENT_EVENTS = frozenset(
    f"payment_intent.{what}"
    for what in "amount_capturable_updated canceled payment_failed processing requires_action succeeded".split()
)
_SESSION_EVENTS = frozenset({"checkout.session.completed", "checkout.session.expired"})
_REFUND_EVENTS = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})
_DISPUTE_EVENTS = frozenset(
    f"charge.dispute.{what}" for what in "created updated closed funds_withdrawn funds_reinstated".split()
)
_PAYOUT_EVENTS = frozenset(f"payout.{what}" for what in "created updated paid failed canceled".split())


def _of_intent(intent: Intent, *, live: bool) -> Outcome | None:
    number = read_number(intent.metadata.get(ORDER_NUMBER))
    if number is None or intent.livemode is not live:
        return None
    why = why_not_sound(intent)
    if why is not None or read_money(intent.amount, intent.currency) is None:
        raise Unreadable(why or "the intent names no amount")
    by_card = intent.metadata.get(PRODUCT) == Product.CARD
    return outcome_of_intent(intent, order_number=number, by_card=by_card)


def _of_session(session: Session, *, live: bool) -> Outcome | None:
    """Only the end of an unpaid page: what was paid on it, the intent's own events say better."""
    number = read_number(session.metadata.get(ORDER_NUMBER))
    ended = session.status == "expired" and session.payment_status == "unpaid"
    if number is None or session.livemode is not live or not ended:
        return None
    return Outcome(
        state=OutcomeState.CLOSED,
        order_number=number,
        amount=read_money(session.amount_total or 0, session.currency or ""),
        channel_reference=session.id,
        code="expired",
    )


def _of_charge(charge: Charge, *, live: bool) -> Outcome | None:
    """How much of the order was given back, also by somebody at Stripe's own pages; if that is not plain, it is looked at."""
    number = read_number(charge.metadata.get(ORDER_NUMBER))
    units = charge.given_back
    if number is None or charge.livemode is not live or not charge.paid or not charge.captured:
        return None
    if units is None:
        return Outcome(
            state=OutcomeState.UNKNOWN,
            order_number=number,
            channel_reference=charge.payment_intent,
            code="refunded",
            message="Some of it may have been given back; how much, the event does not tell.",
            error_class=ErrorClass.TRUST,
        )
    given_back = read_money(units, charge.currency)
    if given_back is None or not 0 < units <= charge.amount:
        raise Unreadable("the charge's sums do not fit one another")
    return Outcome(
        state=OutcomeState.SUCCEEDED,
        order_number=number,
        amount=read_money(charge.amount, charge.currency),
        given_back_in_all=given_back,
        channel_reference=charge.payment_intent,
        happened_at=read_time(charge.created),
        code="refunded",
    )


def _of_refund(known: RefundObject) -> Outcome | None:
    order_number = read_number(known.metadata.get(ORDER_NUMBER))
    refund_number = read_number(known.metadata.get(REFUND_NUMBER))
    if order_number is None or refund_number is None:
        return None
    return outcome_of_refund(known, order_number=order_number, refund_number=refund_number)


def _of_payout(known: PayoutObject, *, live: bool) -> Outcome | None:
    number = read_number(known.metadata.get(PAYOUT_NUMBER))
    return outcome_of_payout(known, payout_number=number) if number and known.livemode is live else None
