"""What does the gateway say of a split, and of a transfer? Only what it says of our own number, receivers and amounts."""

import msgspec

from tael.channels.connectors.alipay.answers import Answer, Part, Untrusted, outcome, read_refusal
from tael.channels.connectors.alipay.values import CURRENCY, read_amount, read_number, read_time, read_words
from tael.channels.port import ErrorClass, Outcome, OutcomeState, Request
from tael.foundation.money import Money


def read_split(request: Request, answer: Answer) -> Outcome:
    """What has become of a split, from its inquiry; raises `Untrusted`."""
    if not answer.succeeded:
        return read_refusal(request, answer)
    split = request.the_split()
    if answer.out_request_no != split.split_number:
        raise Untrusted("Alipay's answer is about another split.", code=answer.shown_code)
    parts = answer.royalty_detail_list or []
    theirs = sorted((part.trans_in or "", _amount(part.amount, answer).minor) for part in parts)
    ours = sorted((receiver.account, receiver.amount.minor) for receiver in split.receivers)
    if theirs != ours:
        raise Untrusted("Alipay's answer names other receivers or amounts.", code=answer.shown_code)
    return _split_outcome(request, answer, parts)


def _split_outcome(request: Request, answer: Answer, parts: list[Part]) -> Outcome:
    amount = Money(sum(receiver.amount.minor for receiver in request.the_split().receivers), CURRENCY)
    states = {part.state for part in parts}
    if states == {"SUCCESS"}:
        return outcome(
            request,
            answer,
            OutcomeState.SUCCEEDED,
            amount=amount,
            happened_at=read_time(answer.operation_dt),
        )
    if states == {"FAIL"}:
        failed = outcome(request, answer, OutcomeState.FAILED, error_class=ErrorClass.ACCOUNT)
        return msgspec.structs.replace(
            failed, code=read_words(parts[0].error_code, longest=64) or failed.code
        )
    if states <= {"SUCCESS", "PROCESSING"}:
        return outcome(request, answer, OutcomeState.WAITING, amount=amount)
    raise Untrusted("Some receivers got their part and some did not.", code=answer.shown_code)


def read_transfer(request: Request, answer: Answer) -> Outcome | None:
    """What the answer to sending a transfer decides: a refusal; None if its inquiry has to say; raises `Untrusted`."""
    if not answer.succeeded:
        return read_refusal(request, answer)
    if answer.out_biz_no != request.the_payout().payout_number:
        raise Untrusted("Alipay's answer is about another transfer.", code=answer.shown_code)
    return None


def read_transfer_inquiry(request: Request, answer: Answer) -> Outcome:
    """What has become of a transfer; raises `Untrusted`."""
    if not answer.succeeded:
        return read_refusal(request, answer)
    payout = request.the_payout()
    if answer.out_biz_no != payout.payout_number:
        raise Untrusted("Alipay's answer is about another transfer.", code=answer.shown_code)
    amount = _amount(answer.trans_amount, answer)
    if amount != payout.amount:
        raise Untrusted(f"Alipay names {amount}, our transfer is of {payout.amount}.", code=answer.shown_code)
    reference = read_number(answer.order_id)
    match answer.status:
        case "SUCCESS":
            return outcome(
                request,
                answer,
                OutcomeState.SUCCEEDED,
                amount=amount,
                happened_at=read_time(answer.pay_date),
                channel_reference=reference,
            )
        case "DEALING" | "INIT" | "WAIT_PAY":
            return outcome(request, answer, OutcomeState.WAITING, amount=amount, channel_reference=reference)
        case "FAIL" | "CLOSED":
            failed = outcome(
                request,
                answer,
                OutcomeState.FAILED,
                channel_reference=reference,
                error_class=ErrorClass.PAYER,
            )
            return msgspec.structs.replace(
                failed,
                code=read_words(answer.error_code, longest=64) or failed.code,
                message=read_words(answer.fail_reason) or failed.message,
            )
        case _:
            raise Untrusted("Alipay's answer names no status that we know.", code=answer.shown_code)


def _amount(written: msgspec.Raw, answer: Answer) -> Money:
    """Yuan as text or as a number: `"10.00"`, `10.00`, `10`."""
    text = bytes(written)
    amount = read_amount(text.decode("ascii", "replace").strip('"')) if len(text) < 40 else None
    if amount is None:
        raise Untrusted("Alipay's answer names no amount.", code=answer.shown_code)
    return amount
