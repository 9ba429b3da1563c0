"""What does an answer of UnionPay mean? Only what it says of our own transaction and amount.

Whatever comes here was signed by UnionPay. That does not make it an answer to *our* question: merchant, number, time
and amount have to be those that we asked about.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from tael.channels.connectors.unionpay.asking import Kind, Name
from tael.channels.connectors.unionpay.meanings import (
    ACCEPTED,
    NOT_FOUND,
    SUCCESS,
    UNDER_WAY,
    meaning_of,
)
from tael.channels.connectors.unionpay.values import (
    CURRENCY_NUMBER,
    mask_card,
    read_amount,
    read_reference,
    read_time,
    read_trace_time,
    read_words,
)
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
    unknown_outcome,
)
from tael.foundation.money import Money

SETTLES_WITHIN = timedelta(minutes=5)
"""How long after an order's end its last payment may still be on its way."""

_LONGEST_CODE_URL = 1024
_LONGEST_TN = 64
Fields = Mapping[str, str]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer has to be about."""

    request: Request
    kind: Kind
    name: Name
    merchant: str
    amount: Money | None = None


def why_not_ours(asked: Asked, fields: Fields) -> str | None:
    """What shows that the answer is not to our question; None if it is."""
    if fields.get("merId") != asked.merchant:
        return "UnionPay's answer is for another merchant."
    if fields.get("orderId") != asked.name.order_id or fields.get("txnTime") != asked.name.txn_time:
        return "UnionPay's answer is about another transaction."
    if fields.get("txnType") not in (asked.kind.txn_type, "00"):
        return "UnionPay's answer is about another kind of transaction."
    return None


def why_other_amount(fields: Fields, amount: Money) -> str | None:
    """What shows that the answer is about another amount; None if it is about ours."""
    theirs = read_amount(fields.get("txnAmt", ""))
    if theirs is None or fields.get("currencyCode", CURRENCY_NUMBER) != CURRENCY_NUMBER:
        return "UnionPay's answer names no amount of yuan."
    return None if theirs == amount else f"UnionPay names {theirs}, we named {amount}."


def read_acceptance(asked: Asked, fields: Fields) -> Outcome:
    """What the answer to a message means that was to do something: begin an order, refund, void."""
    code = fields.get("respCode", "")
    if code != ACCEPTED:
        meaning = meaning_of(code)
        state = OutcomeState.FAILED if meaning.definite else OutcomeState.UNKNOWN
        return outcome_of(asked, fields, state, code=code, error_class=meaning.error_class)
    if asked.request.operation is not Operation.PAY:
        return outcome_of(asked, fields, OutcomeState.WAITING)
    action = _action_of(asked.request.the_order().product, fields)
    if action is None:
        return unknown_outcome(asked.request, "UnionPay's answer holds nothing for the payer.")
    return outcome_of(asked, fields, OutcomeState.WAITING, action=action)


def read_inquiry(asked: Asked, fields: Fields, *, now: datetime) -> Outcome:
    """How a transaction stands, from the answer to an inquiry."""
    code = fields.get("respCode", "")
    if code == NOT_FOUND:
        return outcome_of(asked, fields, OutcomeState.ABSENT, code=code)
    if code != ACCEPTED:
        return outcome_of(
            asked, fields, OutcomeState.UNKNOWN, code=code, error_class=meaning_of(code).error_class
        )
    amount = asked.amount
    other = why_other_amount(fields, amount) if amount is not None else None
    if other is not None:
        return unknown_outcome(asked.request, other)
    return _read_original(asked, fields, now=now)


def _read_original(asked: Asked, fields: Fields, *, now: datetime) -> Outcome:
    """What `origRespCode` says.

    The payer of an order may try again with another card, so a refusal ends nothing before the order's own end.
    After it UnionPay takes no money for us: whatever is paid then goes back to the payer by itself (`payTimeout`).
    """
    code = fields.get("origRespCode", "")
    meaning = meaning_of(code)
    if code in SUCCESS:
        return outcome_of(asked, fields, OutcomeState.SUCCEEDED, code=code, amount=asked.amount)
    if asked.request.operation is Operation.INQUIRE:
        if code != UNDER_WAY and not meaning.definite:
            return outcome_of(asked, fields, OutcomeState.UNKNOWN, code=code, error_class=meaning.error_class)
        over = now > asked.request.the_order().expires_at + SETTLES_WITHIN
        state = OutcomeState.CLOSED if over else OutcomeState.WAITING
        return outcome_of(asked, fields, state, code=code, amount=asked.amount)
    if code == UNDER_WAY:
        return outcome_of(asked, fields, OutcomeState.WAITING, code=code, amount=asked.amount)
    state = OutcomeState.FAILED if meaning.definite else OutcomeState.UNKNOWN
    return outcome_of(asked, fields, state, code=code, error_class=meaning.error_class)


def outcome_of(
    asked: Asked,
    fields: Fields,
    state: OutcomeState,
    *,
    code: str | None = None,
    amount: Money | None = None,
    action: Action | None = None,
    error_class: ErrorClass | None = None,
) -> Outcome:
    """An outcome about what was asked, with what else the answer tells."""
    request = asked.request
    words = fields.get("origRespMsg") or fields.get("respMsg") or ""
    return Outcome(
        state=state,
        order_number=request.order.order_number if request.order else "",
        refund_number=request.refund.refund_number if request.refund else None,
        payout_number=request.payout.payout_number if request.payout else None,
        amount=amount,
        channel_reference=read_reference(fields.get("queryId", "")),
        action=action,
        payer_hint=mask_card(fields.get("accNo", "")),
        happened_at=happened_at(fields) if state is OutcomeState.SUCCEEDED else None,
        code=read_words(code, longest=16) if code else None,
        message=read_words(words, longest=200),
        error_class=error_class,
    )


def happened_at(fields: Fields) -> datetime | None:
    """When UnionPay carried it out (`traceTime` has no year, `txnTime` has)."""
    begun = read_time(fields.get("txnTime", ""))
    return read_trace_time(fields.get("traceTime", ""), after=begun) if begun is not None else None


def _action_of(product: Product, fields: Fields) -> Action | None:
    if product is Product.CODE:
        code_url = fields.get("qrCode", "")
        whole = read_words(code_url, longest=_LONGEST_CODE_URL + 1) == code_url
        return ShowCode(code_url=code_url) if whole and len(code_url) <= _LONGEST_CODE_URL else None
    tn = fields.get("tn", "")
    if not tn.isascii() or not tn.isalnum() or len(tn) > _LONGEST_TN:
        return None
    return InvokeWallet(parameters={"tn": tn})
