"""What does a notice say, and can it be believed?

The signature covers time, nonce and body; the time must be within five minutes of ours. WeChat Pay signs each
repetition anew, so an old signature means that somebody kept the message. What happened is sealed with the
APIv3 key. It must be about our merchant number. Repeats are known by their id.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from tael.channels.connectors.wechatpay.answers import (
    Refund,
    Transaction,
    Transfer,
    outcome_of,
    refund_outcome_of,
    transfer_outcome_of,
)
from tael.channels.connectors.wechatpay.signing import ChannelKeys, Disbelieved, Unsealer
from tael.channels.connectors.wechatpay.values import (
    Unreadable,
    is_order_number,
    is_refund_number,
    payout_number_of,
    read_fen,
    read_json,
    read_reference,
)
from tael.channels.errors import NoticeRefused
from tael.channels.port import InboundNotice, Notice, Outcome

LONGEST_BODY = 65_536
ALGORITHM = "AEAD_AES_256_GCM"
ABOUT_REFUNDS = ("REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED")
ABOUT_ORDERS = ("TRANSACTION.SUCCESS",)
ABOUT_TRANSFERS = ("MCHTRANSFER.BILL.FINISHED",)


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, sealed."""

    algorithm: str
    ciphertext: str
    nonce: str
    associated_data: str = ""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it came."""

    id: str
    event_type: str
    resource: Resource


def read_notice(
    inbound: InboundNotice, *, keys: ChannelKeys, unsealer: Unsealer, merchant_id: str, now: datetime
) -> Notice:
    """What a notice says; raises `NoticeRefused` if it cannot be believed."""
    if len(inbound.body) > LONGEST_BODY:
        raise NoticeRefused(f"The notice is longer than {LONGEST_BODY} bytes.")
    try:
        keys.check(inbound.headers, inbound.body, now=now)
        envelope = read_json(inbound.body, Envelope)
        notice_id = read_reference(envelope.id)
        if notice_id is None:
            raise Unreadable("it has no id")
        if envelope.event_type not in ABOUT_ORDERS + ABOUT_REFUNDS + ABOUT_TRANSFERS:
            return Notice(notice_id=notice_id, outcome=None)
        if envelope.resource.algorithm != ALGORITHM:
            raise Unreadable("it is sealed in a way that we do not know")
        text = unsealer.open(
            envelope.resource.ciphertext,
            nonce=envelope.resource.nonce,
            associated_data=envelope.resource.associated_data,
        )
        outcome = _READERS[envelope.event_type](text, merchant_id)
    except (Disbelieved, Unreadable) as problem:
        raise NoticeRefused(f"The notice is not believed: {problem}.") from None
    return Notice(notice_id=notice_id, outcome=outcome)


def _read_transaction(text: bytes, merchant_id: str) -> Outcome:
    transaction = read_json(text, Transaction)
    _check_merchant(transaction.mchid, merchant_id)
    if not is_order_number(transaction.out_trade_no):
        raise Unreadable("it names no order")
    outcome = outcome_of(transaction)
    if outcome.amount is None:
        raise Unreadable("it names no amount")
    return outcome


def _read_refund(text: bytes, merchant_id: str) -> Outcome:
    refund = read_json(text, Refund)
    _check_merchant(refund.mchid, merchant_id)
    if not is_order_number(refund.out_trade_no) or not is_refund_number(refund.out_refund_no):
        raise Unreadable("it names no refund")
    amount = read_fen(refund.amount.refund, refund.amount.currency)
    if amount is None:
        raise Unreadable("it names no amount")
    return refund_outcome_of(refund, refund.refund_status, amount)


def _read_transfer(text: bytes, merchant_id: str) -> Outcome | None:
    """The end of a transfer; nothing, if it is one that somebody made by hand."""
    transfer = read_json(text, Transfer)
    _check_merchant(transfer.mch_id or "", merchant_id)
    number = payout_number_of(transfer.out_bill_no)
    if number is None:
        return None
    outcome = transfer_outcome_of(transfer, number)
    if outcome.amount is None:
        raise Unreadable("it names no amount")
    return outcome


_READERS: Mapping[str, Callable[[bytes, str], Outcome | None]] = {
    **dict.fromkeys(ABOUT_ORDERS, _read_transaction),
    **dict.fromkeys(ABOUT_REFUNDS, _read_refund),
    **dict.fromkeys(ABOUT_TRANSFERS, _read_transfer),
}


def _check_merchant(theirs: str, ours: str) -> None:
    if theirs != ours:
        raise NoticeRefused(f"The notice is for another merchant; we are {ours}.", field="mchid")
