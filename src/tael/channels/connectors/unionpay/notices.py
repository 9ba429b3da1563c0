"""What does a notice say, and can it be believed?

A notice is a form, signed like an answer. It does not say when it was sent, so its age is that of the transaction that
it is about. An order's notice comes only after success; a refund's and a payout's after either.
"""

from datetime import datetime, timedelta

from tael.channels.connectors.unionpay.answers import Fields, happened_at
from tael.channels.connectors.unionpay.asking import PAYMENT, PAYOUT, REFUND
from tael.channels.connectors.unionpay.meanings import SUCCESS, meaning_of
from tael.channels.connectors.unionpay.values import (
    CURRENCY_NUMBER,
    mask_card,
    read_amount,
    read_number,
    read_reference,
    read_time,
    read_words,
)
from tael.channels.errors import NoticeRefused
from tael.channels.port import Notice, Outcome, OutcomeState
from tael.foundation.money import Money

FUTURE_TOLERANCE = timedelta(minutes=30)
"""How far ahead of ours UnionPay's clock may be: `txnTime` is our own, but a notice may name one of its own."""


def check_addressee(fields: Fields, *, merchant: str) -> None:
    """Refuse a notice that is for another merchant."""
    if fields.get("merId") != merchant:
        shown = read_words(fields.get("merId", ""), longest=32) or "nobody"
        raise NoticeRefused(f"The notice is for merId {shown}, we are {merchant}.", field="merId")


def check_age(fields: Fields, *, now: datetime, oldest: timedelta) -> None:
    """Refuse a notice about what began before the window or in the future."""
    begun = read_time(fields.get("txnTime", ""))
    if begun is None:
        raise NoticeRefused("The notice does not say when its transaction began.", field="txnTime")
    if now - begun > oldest:
        raise NoticeRefused(f"The notice is about {now - begun} ago; we accept {oldest}.", field="txnTime")
    if begun - now > FUTURE_TOLERANCE:
        raise NoticeRefused("The notice is about the future.", field="txnTime")


def read_notice_fields(fields: Fields) -> Notice:
    """What the fields of a believed notice say; raises `NoticeRefused` if something needed is missing."""
    reference = read_reference(fields.get("queryId", ""))
    if reference is None:
        raise NoticeRefused("The notice has no queryId that we can read.", field="queryId")
    txn_type, code = fields.get("txnType", ""), fields.get("respCode", "")
    notice_id = f"{txn_type}-{reference}" if code in SUCCESS else f"{txn_type}-{reference}-{code}"
    return Notice(notice_id=notice_id[:100], outcome=_outcome(fields, txn_type, code, reference))


def _outcome(fields: Fields, txn_type: str, code: str, reference: str) -> Outcome | None:
    succeeded = code in SUCCESS
    amount = _needed_amount(fields)
    if txn_type == PAYMENT.txn_type:
        return _paid(fields, amount, reference) if succeeded else None
    if txn_type not in (REFUND.txn_type, PAYOUT.txn_type):
        return None
    is_refund = txn_type == REFUND.txn_type
    meaning = meaning_of(code)
    ended = OutcomeState.FAILED if meaning.definite else OutcomeState.UNKNOWN
    return Outcome(
        state=OutcomeState.SUCCEEDED if succeeded else ended,
        order_number=(read_number(fields.get("reqReserved", "")) or "") if is_refund else "",
        refund_number=_needed_number(fields) if is_refund else None,
        payout_number=None if is_refund else _needed_number(fields),
        amount=amount,
        channel_reference=reference,
        happened_at=happened_at(fields) if succeeded else None,
        code=read_words(code, longest=16),
        message=read_words(fields.get("respMsg", ""), longest=200),
        error_class=None if succeeded else meaning.error_class,
    )


def _paid(fields: Fields, amount: Money, reference: str) -> Outcome:
    return Outcome(
        state=OutcomeState.SUCCEEDED,
        order_number=_needed_number(fields),
        amount=amount,
        channel_reference=reference,
        payer_hint=mask_card(fields.get("accNo", "")),
        happened_at=happened_at(fields),
        code=read_words(fields.get("respCode", ""), longest=16),
    )


def _needed_number(fields: Fields) -> str:
    number = read_number(fields.get("orderId", ""))
    if number is None:
        raise NoticeRefused("The notice has no orderId of ours.", field="orderId")
    return number


def _needed_amount(fields: Fields) -> Money:
    amount = read_amount(fields.get("txnAmt", ""))
    if amount is None or fields.get("currencyCode", CURRENCY_NUMBER) != CURRENCY_NUMBER:
        raise NoticeRefused("The notice names no amount of yuan.", field="txnAmt")
    return amount
