"""What does an answer of the gateway mean? Only what it says of our own order, refund and amount."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from tael.channels.connectors.alipay.meanings import (
    PAYER_IS_ASKED,
    SUCCESS,
    kind_of_refusal,
    meaning_of_trade,
    state_of_refusal,
    sum_given_back,
)
from tael.channels.connectors.alipay.values import read_amount, read_number, read_time, read_words
from tael.channels.port import (
    Action,
    ErrorClass,
    InvokeWallet,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Request,
    ShowCode,
)
from tael.foundation.money import Money

_LONGEST_CODE_URL = 1024


class Untrusted(Exception):
    """An answer decides nothing, and why."""

    def __init__(
        self, why: str, error_class: ErrorClass = ErrorClass.TRUST, *, code: str | None = None
    ) -> None:
        super().__init__(why)
        self.why = why
        self.error_class = error_class
        self.code = code


class Part(msgspec.Struct, frozen=True):
    """What a split gave to one receiver."""

    trans_in: str | None = None
    amount: msgspec.Raw = msgspec.Raw(b"null")
    """Written as a number, sometimes as text."""
    state: str | None = None
    error_code: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """The fields of an answer that we use, of whatever method."""

    code: str
    msg: str | None = None
    sub_code: str | None = None
    sub_msg: str | None = None
    out_trade_no: str | None = None
    trade_no: str | None = None
    qr_code: str | None = None
    trade_status: str | None = None
    total_amount: str | None = None
    buyer_logon_id: str | None = None
    send_pay_date: str | None = None
    gmt_payment: str | None = None
    action: str | None = None
    retry_flag: str | None = None
    fund_change: str | None = None
    refund_fee: str | None = None
    out_request_no: str | None = None
    refund_amount: str | None = None
    refund_status: str | None = None
    gmt_refund_pay: str | None = None
    settle_no: str | None = None
    operation_dt: str | None = None
    royalty_detail_list: list[Part] | None = None
    out_biz_no: str | None = None
    order_id: str | None = None
    status: str | None = None
    trans_amount: msgspec.Raw = msgspec.Raw(b"null")
    pay_date: str | None = None
    error_code: str | None = None
    fail_reason: str | None = None
    bill_download_url: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the call did what was asked."""
        return self.code == SUCCESS

    @property
    def shown_code(self) -> str | None:
        """The code that says most, for support."""
        return read_words(self.sub_code or self.code, longest=64)


_DECODER = msgspec.json.Decoder(Answer)


def decode(node: bytes) -> Answer:
    """The fields of a node whose signature is right; raises `Untrusted`."""
    try:
        return _DECODER.decode(node)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Untrusted("Alipay's answer is signed but does not have the documented form.") from None


def read_answer(request: Request, answer: Answer) -> Outcome:
    """What the answer says about the order or refund of `request`; raises `Untrusted`."""
    asked = answer.code == PAYER_IS_ASKED and request.operation is Operation.PAY
    if not answer.succeeded and not asked:
        return read_refusal(request, answer)
    order = request.the_order()
    if answer.out_trade_no is None:
        return _read_without_order(request, answer)
    if answer.out_trade_no != order.order_number:
        raise Untrusted("Alipay's answer is about another order.", code=answer.shown_code)
    reader = _PAYMENTS[order.product] if request.operation is Operation.PAY else _READERS[request.operation]
    return reader(request, answer)


def read_refusal(request: Request, answer: Answer) -> Outcome:
    """What an answer that is no success means; raises `Untrusted` if it decides nothing."""
    order = request.order
    state = state_of_refusal(
        request.operation,
        answer.code,
        answer.sub_code,
        payer_acts_last=order is None or order.product.payer_acts_last,
    )
    kind = kind_of_refusal(answer.code, answer.sub_code)
    if state is OutcomeState.UNKNOWN:
        why = read_words(answer.sub_msg or answer.msg) or "Alipay refused, without words."
        raise Untrusted(why, kind, code=answer.shown_code)
    return outcome(request, answer, state, error_class=kind if state is OutcomeState.FAILED else None)


def read_probe(request: Request, answer: Answer) -> Outcome:
    """Whether Alipay believed us: a signed word about an order that does not exist, or about our keys."""
    if answer.succeeded or answer.code == "40004":
        return outcome(request, answer, OutcomeState.SUCCEEDED)
    kind = kind_of_refusal(answer.code, answer.sub_code)
    if kind is ErrorClass.ACCOUNT:
        return outcome(request, answer, OutcomeState.FAILED, error_class=kind)
    raise Untrusted(read_words(answer.sub_msg or answer.msg) or "no words", kind, code=answer.shown_code)


def _read_without_order(request: Request, answer: Answer) -> Outcome:
    """A success that names no order: for a refund inquiry that is how Alipay says "no such refund"."""
    silent = answer.refund_status is None and answer.refund_amount is None and answer.out_request_no is None
    if request.operation is Operation.INQUIRE_REFUND and silent:
        return outcome(request, answer, OutcomeState.ABSENT)
    raise Untrusted("Alipay's answer names no order.", code=answer.shown_code)


def _read_code(request: Request, answer: Answer) -> Outcome:
    code_url = read_words(answer.qr_code, longest=_LONGEST_CODE_URL + 1)
    if code_url is None or code_url != answer.qr_code or len(code_url) > _LONGEST_CODE_URL:
        raise Untrusted("Alipay's answer holds no code to scan.", code=answer.shown_code)
    return outcome(request, answer, OutcomeState.WAITING, action=ShowCode(code_url=code_url))


def _read_barcode(request: Request, answer: Answer) -> Outcome:
    """Paid at once, or the payer is being asked."""
    if answer.code == PAYER_IS_ASKED:
        return outcome(request, answer, OutcomeState.WAITING)
    amount = _the_amount(request, answer)
    if read_number(answer.trade_no) is None:
        raise Untrusted("Alipay's answer names no trade.", code=answer.shown_code)
    return outcome(
        request, answer, OutcomeState.SUCCEEDED, amount=amount, happened_at=read_time(answer.gmt_payment)
    )


def _read_trade(request: Request, answer: Answer) -> Outcome:
    trade_no = read_number(answer.trade_no)
    if trade_no is None:
        raise Untrusted("Alipay's answer names no trade.", code=answer.shown_code)
    return outcome(
        request, answer, OutcomeState.WAITING, action=InvokeWallet(parameters={"trade_no": trade_no})
    )


def _read_inquiry(request: Request, answer: Answer) -> Outcome:
    amount = _the_amount(request, answer)
    paid_at = read_time(answer.send_pay_date)
    given_back = read_amount(answer.refund_fee)
    was_paid = bool(answer.send_pay_date) or (given_back is not None and given_back.minor > 0)
    state = meaning_of_trade(answer.trade_status, was_paid=was_paid)
    if state is OutcomeState.UNKNOWN:
        raise Untrusted("Alipay's answer names no trade status that we know.", code=answer.shown_code)
    paid = state is OutcomeState.SUCCEEDED
    return outcome(
        request,
        answer,
        state,
        amount=amount,
        happened_at=paid_at if paid else None,
        given_back_in_all=sum_given_back(answer.trade_status, amount, given_back) if paid else None,
    )


def _the_amount(request: Request, answer: Answer) -> Money:
    amount, ours = read_amount(answer.total_amount), request.the_order().amount
    if amount is None:
        raise Untrusted("Alipay's answer names no amount.", code=answer.shown_code)
    if amount != ours:
        raise Untrusted(f"Alipay names {amount}, our order is for {ours}.", code=answer.shown_code)
    return amount


def _read_close(request: Request, answer: Answer) -> Outcome:
    return outcome(request, answer, OutcomeState.CLOSED)


def _read_cancel(request: Request, answer: Answer) -> Outcome:
    """`action` says what was done; without it Alipay found no trade."""
    if answer.retry_flag == "Y":
        raise Untrusted(
            "Alipay asks to send the cancellation again.", ErrorClass.CHANNEL, code=answer.shown_code
        )
    if answer.action in ("close", "refund"):
        return outcome(request, answer, OutcomeState.CLOSED)
    if not answer.action:
        return outcome(request, answer, OutcomeState.ABSENT)
    raise Untrusted("Alipay names an action that we do not know.", code=answer.shown_code)


def _read_refund(request: Request, answer: Answer) -> Outcome:
    """`refund_fee` is all that was ever given back of this trade, so it bounds our refund and no more.

    `fund_change=Y` is the proof that this call moved our amount. `N` says only that this call moved
    nothing: an earlier one with the same number may have, and the refund inquiry knows.
    """
    refund, order = request.the_refund(), request.the_order()
    given_back = read_amount(answer.refund_fee)
    if given_back is None:
        raise Untrusted("Alipay's answer does not say how much was given back.", code=answer.shown_code)
    if not refund.amount.minor <= given_back.minor <= order.amount.minor:
        why = (
            f"Alipay gave back {given_back} of this order so far, which does not fit"
            f" our refund of {refund.amount} of {order.amount}."
        )
        raise Untrusted(why, code=answer.shown_code)
    if answer.fund_change != "Y":
        raise Untrusted(
            "No money moved by this call; inquire the refund by its number.", code=answer.shown_code
        )
    return outcome(
        request,
        answer,
        OutcomeState.SUCCEEDED,
        amount=refund.amount,
        happened_at=read_time(answer.gmt_refund_pay),
        given_back_in_all=given_back,
    )


def _read_refund_inquiry(request: Request, answer: Answer) -> Outcome:
    refund = request.the_refund()
    if answer.refund_status is None and answer.refund_amount is None and answer.out_request_no is None:
        return outcome(request, answer, OutcomeState.ABSENT)
    if answer.out_request_no != refund.refund_number:
        raise Untrusted("Alipay's answer is about another refund.", code=answer.shown_code)
    if answer.refund_status != "REFUND_SUCCESS":
        raise Untrusted("Alipay has not finished the refund.", ErrorClass.CHANNEL, code=answer.shown_code)
    amount = read_amount(answer.refund_amount)
    if amount is None:
        raise Untrusted("Alipay's answer names no amount.", code=answer.shown_code)
    if amount != refund.amount:
        raise Untrusted(
            f"Alipay gave back {amount}, our refund is of {refund.amount}.", code=answer.shown_code
        )
    happened_at = read_time(answer.gmt_refund_pay)
    return outcome(request, answer, OutcomeState.SUCCEEDED, amount=amount, happened_at=happened_at)


_Reader = Callable[[Request, Answer], Outcome]
_PAYMENTS: dict[Product, _Reader] = {
    Product.CODE: _read_code,
    Product.BARCODE: _read_barcode,
    Product.JSAPI: _read_trade,
}
_READERS: dict[Operation, _Reader] = {
    Operation.INQUIRE: _read_inquiry,
    Operation.CLOSE: _read_close,
    Operation.CANCEL: _read_cancel,
    Operation.REFUND: _read_refund,
    Operation.INQUIRE_REFUND: _read_refund_inquiry,
}


def outcome(
    request: Request,
    answer: Answer,
    state: OutcomeState,
    *,
    amount: Money | None = None,
    action: Action | None = None,
    happened_at: datetime | None = None,
    given_back_in_all: Money | None = None,
    channel_reference: str | None = None,
    error_class: ErrorClass | None = None,
) -> Outcome:
    """An outcome that carries what the answer says beside its state."""
    return Outcome(
        state=state,
        order_number=request.order.order_number if request.order else "",
        refund_number=request.refund.refund_number if request.refund else None,
        split_number=request.split.split_number if request.split else None,
        payout_number=request.payout.payout_number if request.payout else None,
        amount=amount,
        given_back_in_all=given_back_in_all,
        channel_reference=channel_reference or read_number(answer.trade_no),
        action=action,
        payer_hint=read_words(answer.buyer_logon_id, longest=100),
        happened_at=happened_at,
        code=answer.shown_code,
        message=read_words(answer.sub_msg or answer.msg),
        error_class=error_class,
    )
