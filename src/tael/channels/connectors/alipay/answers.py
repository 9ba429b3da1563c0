"""What does an answer of the gateway mean? Only what it says of our own order, refund and amount."""

from datetime import datetime

import msgspec

from tael.channels.connectors.alipay.meanings import SUCCESS, meaning_of_refusal, meaning_of_trade
from tael.channels.connectors.alipay.values import read_amount, read_number, read_time, read_words
from tael.channels.port import Operation, Outcome, OutcomeState, RefundOrder, Request
from tael.foundation.money import Money

_LONGEST_CODE_URL = 1024


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
    action: str | None = None
    retry_flag: str | None = None
    fund_change: str | None = None
    refund_fee: str | None = None
    out_request_no: str | None = None
    refund_amount: str | None = None
    refund_status: str | None = None
    gmt_refund_pay: str | None = None


_DECODER = msgspec.json.Decoder(Answer)


def untrusted(request: Request, why: str, answer: Answer | None = None) -> Outcome:
    """An outcome that decides nothing, and says why."""
    return Outcome(
        state=OutcomeState.UNKNOWN,
        order_number=request.order.order_number,
        refund_number=request.refund.refund_number if request.refund else None,
        code=_code_of(answer) if answer else None,
        message=why,
    )


def read_answer(request: Request, node: bytes) -> Outcome:
    """What the node, whose signature is right, says about `request`."""
    try:
        answer = _DECODER.decode(node)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return untrusted(request, "Alipay's answer is signed but does not have the documented form.")
    if answer.code != SUCCESS:
        return _outcome(request, answer, meaning_of_refusal(request.operation, answer.code, answer.sub_code))
    if answer.out_trade_no is None:
        return _read_without_order(request, answer)
    if answer.out_trade_no != request.order.order_number:
        return untrusted(request, "Alipay's answer is about another order.", answer)
    return _READERS[request.operation](request, answer)


def _read_without_order(request: Request, answer: Answer) -> Outcome:
    """A success that names no order: for a refund inquiry that is how Alipay says "no such refund"."""
    silent = answer.refund_status is None and answer.refund_amount is None and answer.out_request_no is None
    if request.operation is Operation.INQUIRE_REFUND and silent:
        return _outcome(request, answer, OutcomeState.ABSENT)
    return untrusted(request, "Alipay's answer names no order.", answer)


def _read_open_code(request: Request, answer: Answer) -> Outcome:
    code_url = read_words(answer.qr_code, longest=_LONGEST_CODE_URL + 1)
    if code_url is None or code_url != answer.qr_code or len(code_url) > _LONGEST_CODE_URL:
        return untrusted(request, "Alipay's answer holds no code to scan.", answer)
    return _outcome(request, answer, OutcomeState.WAITING, code_url=code_url)


def _read_inquiry(request: Request, answer: Answer) -> Outcome:
    amount = read_amount(answer.total_amount)
    if amount is None:
        return untrusted(request, "Alipay's answer names no amount.", answer)
    if amount != request.order.amount:
        return untrusted(request, f"Alipay names {amount}, our order is for {request.order.amount}.", answer)
    paid_at = read_time(answer.send_pay_date)
    given_back = read_amount(answer.refund_fee)
    was_paid = bool(answer.send_pay_date) or (given_back is not None and given_back.minor > 0)
    state = meaning_of_trade(answer.trade_status, was_paid=was_paid)
    if state is OutcomeState.UNKNOWN:
        return untrusted(request, "Alipay's answer names no trade status that we know.", answer)
    happened_at = paid_at if state is OutcomeState.SUCCEEDED else None
    return _outcome(request, answer, state, amount=amount, happened_at=happened_at)


def _read_close(request: Request, answer: Answer) -> Outcome:
    return _outcome(request, answer, OutcomeState.CLOSED)


def _read_cancel(request: Request, answer: Answer) -> Outcome:
    """`action` says what was done; without it Alipay found no trade."""
    if answer.retry_flag == "Y":
        return untrusted(request, "Alipay asks to send the cancellation again.", answer)
    if answer.action in ("close", "refund"):
        return _outcome(request, answer, OutcomeState.CLOSED)
    if not answer.action:
        return _outcome(request, answer, OutcomeState.ABSENT)
    return untrusted(request, "Alipay names an action that we do not know.", answer)


def _read_refund(request: Request, answer: Answer) -> Outcome:
    """`refund_fee` is all that was ever given back of this trade, so it bounds our refund and no more.

    `fund_change=Y` is the proof that this call moved our amount. `N` says only that this call moved
    nothing: an earlier one with the same number may have, and the refund inquiry knows.
    """
    refund = _refund_of(request)
    given_back = read_amount(answer.refund_fee)
    if given_back is None:
        return untrusted(request, "Alipay's answer does not say how much was given back.", answer)
    if not refund.amount.minor <= given_back.minor <= request.order.amount.minor:
        why = (
            f"Alipay gave back {given_back} of this order so far, which does not fit"
            f" our refund of {refund.amount} of {request.order.amount}."
        )
        return untrusted(request, why, answer)
    if answer.fund_change != "Y":
        return untrusted(request, "No money moved by this call; inquire the refund by its number.", answer)
    return _outcome(
        request,
        answer,
        OutcomeState.SUCCEEDED,
        amount=refund.amount,
        happened_at=read_time(answer.gmt_refund_pay),
        given_back_in_all=given_back,
    )


def _read_refund_inquiry(request: Request, answer: Answer) -> Outcome:
    refund = _refund_of(request)
    if answer.refund_status is None and answer.refund_amount is None and answer.out_request_no is None:
        return _outcome(request, answer, OutcomeState.ABSENT)
    if answer.out_request_no != refund.refund_number:
        return untrusted(request, "Alipay's answer is about another refund.", answer)
    if answer.refund_status != "REFUND_SUCCESS":
        return untrusted(request, "Alipay has not finished the refund.", answer)
    amount = read_amount(answer.refund_amount)
    if amount is None:
        return untrusted(request, "Alipay's answer names no amount.", answer)
    if amount != refund.amount:
        return untrusted(request, f"Alipay gave back {amount}, our refund is of {refund.amount}.", answer)
    happened_at = read_time(answer.gmt_refund_pay)
    return _outcome(request, answer, OutcomeState.SUCCEEDED, amount=amount, happened_at=happened_at)


_READERS = {
    Operation.OPEN_CODE: _read_open_code,
    Operation.INQUIRE: _read_inquiry,
    Operation.CLOSE: _read_close,
    Operation.CANCEL: _read_cancel,
    Operation.REFUND: _read_refund,
    Operation.INQUIRE_REFUND: _read_refund_inquiry,
}


def _refund_of(request: Request) -> RefundOrder:
    if request.refund is None:
        raise ValueError(f"{request.operation} needs a refund")
    return request.refund


def _code_of(answer: Answer) -> str | None:
    return read_words(answer.sub_code or answer.code, longest=64)


def _outcome(
    request: Request,
    answer: Answer,
    state: OutcomeState,
    *,
    amount: Money | None = None,
    code_url: str | None = None,
    happened_at: datetime | None = None,
    given_back_in_all: Money | None = None,
) -> Outcome:
    """An outcome that carries what the answer says beside its state."""
    return Outcome(
        state=state,
        order_number=request.order.order_number,
        refund_number=request.refund.refund_number if request.refund else None,
        amount=amount,
        given_back_in_all=given_back_in_all,
        channel_reference=read_number(answer.trade_no),
        code_url=code_url,
        payer_hint=read_words(answer.buyer_logon_id, longest=100),
        happened_at=happened_at,
        code=_code_of(answer),
        message=read_words(answer.sub_msg or answer.msg),
    )
