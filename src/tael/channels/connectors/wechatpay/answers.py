"""What does a signed answer mean? Only what it says of our own order, refund, split or payout, and amount."""

from collections.abc import Mapping, Sequence

import msgspec

from tael.channels.connectors.wechatpay.meanings import (
    REFUND_STATES,
    TRADE_STATES,
    TRANSFER_STATES,
    class_of_failed_transfer,
)
from tael.channels.connectors.wechatpay.settings import WechatPaySettings
from tael.channels.connectors.wechatpay.values import (
    CURRENCY,
    bill_number,
    masked,
    read_fen,
    read_reference,
    read_time,
    read_words,
)
from tael.channels.port import (
    Action,
    ErrorClass,
    InvokeWallet,
    Outcome,
    OutcomeState,
    Receiver,
    Request,
    unknown_outcome,
)
from tael.foundation.money import Money


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """Of an order or a refund, in fen."""

    total: int | None = None
    refund: int | None = None
    currency: str | None = CURRENCY


class Payer(msgspec.Struct, frozen=True):
    """Who paid."""

    openid: str | None = None


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """An order, in an answer or a notice."""

    mchid: str
    out_trade_no: str
    trade_state: str
    transaction_id: str | None = None
    trade_state_desc: str | None = None
    success_time: str | None = None
    amount: Amount | None = None
    payer: Payer | None = None


class Reversal(msgspec.Struct, frozen=True, kw_only=True):
    """A payer-presented code's order that has been ended."""

    mchid: str
    out_trade_no: str


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund, in an answer (`status`) or a notice (`refund_status`, and `mchid`)."""

    out_trade_no: str
    out_refund_no: str
    amount: Amount
    status: str = ""
    refund_status: str = ""
    mchid: str = ""
    refund_id: str | None = None
    success_time: str | None = None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one receiver got of an order."""

    account: str
    amount: int
    result: str
    fail_reason: str | None = None


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """How an order was shared."""

    transaction_id: str
    out_order_no: str
    state: str
    order_id: str | None = None
    receivers: list[Share] = []


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way to a payee's balance; only inquiries name merchant, payee and amount."""

    out_bill_no: str
    state: str
    transfer_bill_no: str | None = None
    fail_reason: str | None = None
    package_info: str | None = None
    mch_id: str | None = None
    openid: str | None = None
    transfer_amount: int | None = None
    update_time: str | None = None


def read_transaction(request: Request, answer: Transaction, settings: WechatPaySettings) -> Outcome:
    """What became of an order."""
    order = request.the_order()
    if answer.mchid != settings.merchant_id or answer.out_trade_no != order.order_number:
        return unknown_outcome(request, "WeChat Pay's answer is about another order.")
    outcome = outcome_of(answer)
    if outcome.amount is not None and outcome.amount != order.amount:
        why = f"WeChat Pay names {outcome.amount}, our order is for {order.amount}."
        return unknown_outcome(request, why, code=outcome.code)
    return outcome


def read_reversal(request: Request, answer: Reversal, settings: WechatPaySettings) -> Outcome:
    """The order has ended, and what was paid has been given back."""
    number = request.the_order().order_number
    if answer.mchid != settings.merchant_id or answer.out_trade_no != number:
        return unknown_outcome(request, "WeChat Pay's answer is about another order.")
    return Outcome(state=OutcomeState.CLOSED, order_number=number, voided=True)


def outcome_of(answer: Transaction) -> Outcome:
    """What an order's state means; paid without an amount is not believed."""
    state = TRADE_STATES.get(answer.trade_state, OutcomeState.UNKNOWN)
    amount = read_fen(answer.amount.total, answer.amount.currency) if answer.amount is not None else None
    error_class = {OutcomeState.FAILED: ErrorClass.PAYER, OutcomeState.UNKNOWN: ErrorClass.TRUST}.get(state)
    if state is OutcomeState.SUCCEEDED and amount is None:
        state, error_class = OutcomeState.UNKNOWN, ErrorClass.TRUST
    return Outcome(
        state=state,
        order_number=answer.out_trade_no,
        amount=amount,
        voided=answer.trade_state == "REVOKED",
        channel_reference=read_reference(answer.transaction_id),
        payer_hint=masked(answer.payer.openid) if answer.payer is not None else None,
        happened_at=read_time(answer.success_time) if state is OutcomeState.SUCCEEDED else None,
        code=read_words(answer.trade_state, longest=64),
        message=read_words(answer.trade_state_desc),
        error_class=error_class,
    )


def read_refund(request: Request, answer: Refund) -> Outcome:
    """What became of a refund."""
    order, refund = request.the_order(), request.the_refund()
    if (answer.out_trade_no, answer.out_refund_no) != (order.order_number, refund.refund_number):
        return unknown_outcome(request, "WeChat Pay's answer is about another refund.")
    amount, total = (
        read_fen(minor, answer.amount.currency) for minor in (answer.amount.refund, answer.amount.total)
    )
    if amount != refund.amount or total != order.amount:
        why = f"WeChat Pay names {amount} of {total}, our refund is of {refund.amount} of {order.amount}."
        return unknown_outcome(request, why)
    return refund_outcome_of(answer, answer.status, amount)


def refund_outcome_of(answer: Refund, status: str, amount: Money | None) -> Outcome:
    """What a refund's state means."""
    state = REFUND_STATES.get(status, OutcomeState.UNKNOWN)
    known_trouble = ErrorClass.ACCOUNT if status in REFUND_STATES else ErrorClass.TRUST
    troubled = state in (OutcomeState.FAILED, OutcomeState.UNKNOWN)
    return Outcome(
        state=state,
        order_number=answer.out_trade_no,
        refund_number=answer.out_refund_no,
        amount=amount,
        channel_reference=read_reference(answer.refund_id),
        happened_at=read_time(answer.success_time) if state is OutcomeState.SUCCEEDED else None,
        code=read_words(status, longest=64),
        message=_ABNORMAL if status == "ABNORMAL" else None,
        error_class=known_trouble if troubled else None,
    )


_ABNORMAL = "The payer's account cannot take the money back; name another one in WeChat Pay's console."


def read_split(request: Request, answer: Split, transaction_id: str) -> Outcome:
    """What became of a split: succeeded only if everybody got what we said."""
    split = request.the_split()
    if (answer.out_order_no, answer.transaction_id) != (split.split_number, transaction_id):
        return unknown_outcome(request, "WeChat Pay's answer is about another split.")
    shares = {share.account: share for share in answer.receivers}
    theirs = [shares.get(receiver.account) for receiver in split.receivers]
    if len(shares) != len(answer.receivers) or not all(
        share is not None and share.amount == receiver.amount.minor
        for share, receiver in zip(theirs, split.receivers, strict=True)
    ):
        return unknown_outcome(request, "WeChat Pay shares the order in another way than we said.")
    results = {share.result for share in theirs if share is not None} or {"SUCCESS"}
    state, error_class = _state_of_split(answer.state, results)
    reasons = {share.fail_reason for share in theirs if share is not None and share.fail_reason}
    return Outcome(
        state=state,
        order_number=request.the_order().order_number,
        split_number=split.split_number,
        amount=_sum_of(split.receivers),
        channel_reference=read_reference(answer.order_id),
        code=read_words(answer.state, longest=64),
        message=read_words(", ".join(sorted(reasons))),
        error_class=error_class,
    )


def _state_of_split(state: str, results: set[str]) -> tuple[OutcomeState, ErrorClass | None]:
    if state == "PROCESSING":
        return OutcomeState.WAITING, None
    if state == "FINISHED" and results == {"SUCCESS"}:
        return OutcomeState.SUCCEEDED, None
    if state == "FINISHED" and results == {"CLOSED"}:
        return OutcomeState.FAILED, ErrorClass.REQUEST
    # Some got their part and some did not: neither word is true, and somebody has to look.
    return OutcomeState.UNKNOWN, ErrorClass.REQUEST


def _sum_of(receivers: Sequence[Receiver]) -> Money:
    return Money(sum(receiver.amount.minor for receiver in receivers), CURRENCY)


def read_transfer(request: Request, answer: Transfer, settings: WechatPaySettings) -> Outcome:
    """What became of a payout. The answer to our order names no amount: WeChat Pay refuses a changed one."""
    payout = request.the_payout()
    if answer.out_bill_no != bill_number(payout.payout_number) or answer.mch_id not in (
        None,
        settings.merchant_id,
    ):
        return unknown_outcome(request, "WeChat Pay's answer is about another transfer.")
    if answer.transfer_amount is not None and read_fen(answer.transfer_amount) != payout.amount:
        return unknown_outcome(
            request, f"WeChat Pay names {answer.transfer_amount} fen, we said {payout.amount}."
        )
    if answer.openid is not None and answer.openid != payout.payee_account:
        return unknown_outcome(request, "WeChat Pay names another payee.")
    outcome = transfer_outcome_of(answer, payout.payout_number)
    if outcome.state is OutcomeState.SUCCEEDED and outcome.amount is None:
        # The answer to an order that is repeated; only the inquiry says how much.
        return msgspec.structs.replace(outcome, state=OutcomeState.WAITING, happened_at=None)
    return msgspec.structs.replace(outcome, action=_confirmation(answer, settings))


def transfer_outcome_of(answer: Transfer, payout_number: str) -> Outcome:
    """What a transfer says of itself, in an answer or a notice."""
    state = TRANSFER_STATES.get(answer.state, OutcomeState.UNKNOWN)
    classes = {
        OutcomeState.FAILED: class_of_failed_transfer(answer.fail_reason),
        OutcomeState.UNKNOWN: ErrorClass.TRUST,
    }
    return Outcome(
        state=state,
        payout_number=payout_number,
        amount=read_fen(answer.transfer_amount) if answer.transfer_amount is not None else None,
        channel_reference=read_reference(answer.transfer_bill_no),
        happened_at=read_time(answer.update_time) if state is OutcomeState.SUCCEEDED else None,
        code=read_words(answer.state, longest=64),
        message=read_words(answer.fail_reason),
        error_class=classes.get(state),
    )


def _confirmation(answer: Transfer, settings: WechatPaySettings) -> Action | None:
    """How the payee agrees to take the money, in the wallet's own browser (`requestMerchantTransfer`)."""
    package = read_words(answer.package_info, longest=1024)
    if answer.state != "WAIT_USER_CONFIRM" or package is None:
        return None
    parameters: Mapping[str, str] = {
        "mchId": settings.merchant_id,
        "appId": settings.app_id,
        "package": package,
    }
    return InvokeWallet(parameters=parameters)
