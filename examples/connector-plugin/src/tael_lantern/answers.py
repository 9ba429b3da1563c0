"""What does a message of Lantern mean? Only what it says of our own account, order, refund and amount."""

from datetime import UTC, datetime

import msgspec

from tael.channels.port import (
    ErrorClass,
    ErrorMeaning,
    Operation,
    Outcome,
    OutcomeState,
    Request,
    ShowCode,
    unknown_outcome,
)
from tael.foundation.money import Money

CURRENCY = "CNY"
_S = OutcomeState
LONGEST_CODE = 500
LARGEST_MINOR = 5_000_000


class Message(msgspec.Struct, frozen=True):
    """The fields of answers and notices that we use."""

    merchant: str
    order: str = ""
    refund: str = ""
    amount: int | None = None
    state: str = ""
    code: str = ""
    paid_at: int | None = None
    notice: str = ""
    error: str = ""
    message: str = ""


ERRORS = {
    "bad_request": ErrorMeaning(ErrorClass.REQUEST, definite=True),
    "amount_not_allowed": ErrorMeaning(ErrorClass.REQUEST, definite=True),
    "balance_not_enough": ErrorMeaning(ErrorClass.ACCOUNT, definite=True),
    "refund_too_large": ErrorMeaning(ErrorClass.REQUEST, definite=True),
    "order_not_paid": ErrorMeaning(ErrorClass.REQUEST, definite=True),
    # The number is known already, with another content: what happened to it, only an inquiry tells.
    "order_differs": ErrorMeaning(ErrorClass.REQUEST, definite=False),
    "refund_differs": ErrorMeaning(ErrorClass.REQUEST, definite=False),
    "order_paid": ErrorMeaning(ErrorClass.REQUEST, definite=False),
    "system_error": ErrorMeaning(ErrorClass.CHANNEL, definite=False),
}
"""What Lantern's codes mean. One that does not stand here decides nothing."""

_ABSENT = {"order_unknown", "refund_unknown"}
_STATES = {"open": _S.WAITING, "paid": _S.SUCCEEDED, "closed": _S.CLOSED}
_DECODER = msgspec.json.Decoder(Message)


def decode(body: bytes, *, merchant: str) -> Message:
    """The message; raises `ValueError` if it has another form or is for another merchant."""
    try:
        message = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("the message does not have the documented form") from error
    if message.merchant != merchant:
        raise ValueError("the message is for another merchant")
    if message.amount is not None and not 0 <= message.amount <= LARGEST_MINOR:
        raise ValueError("the message names an amount that cannot be")
    return message


def outcome_of(request: Request, message: Message) -> Outcome:
    """What a message, whose signature is right, says about `request`."""
    if message.error:
        return _refusal(request, message)
    if request.operation is Operation.PROBE:
        return Outcome(state=_S.SUCCEEDED)
    order = request.the_order()
    if message.order != order.order_number:
        return unknown_outcome(request, "Lantern's answer is about another order.")
    if request.operation in (Operation.REFUND, Operation.INQUIRE_REFUND):
        return _refund(request, message)
    if message.amount != order.amount.minor:
        return unknown_outcome(request, f"Lantern names {message.amount}, our order is for {order.amount}.")
    state = _STATES.get(message.state)
    if state is None:
        return unknown_outcome(request, "Lantern's answer names a state that we do not know.")
    return Outcome(
        state=state,
        order_number=order.order_number,
        amount=order.amount,
        action=_action(message) if state is _S.WAITING else None,
        happened_at=read_time(message.paid_at),
    )


def read_time(seconds: int | None) -> datetime | None:
    """The moment; None if there is none that makes sense."""
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 < seconds < 10**11 else None


def notice_outcome(message: Message) -> Outcome | None:
    """What a notice says; None if it is of a kind that we do not know."""
    if not message.order or message.amount is None or message.state not in _STATES:
        return None
    return Outcome(
        state=_STATES[message.state],
        order_number=message.order,
        amount=Money(message.amount, CURRENCY),
        happened_at=read_time(message.paid_at),
    )


def _refund(request: Request, message: Message) -> Outcome:
    refund = request.the_refund()
    if message.refund != refund.refund_number or message.amount != refund.amount.minor:
        return unknown_outcome(request, "Lantern's answer is about another refund.")
    if message.state != "done":
        return unknown_outcome(request, "Lantern's answer names a state that we do not know.")
    return Outcome(
        state=_S.SUCCEEDED,
        order_number=message.order,
        refund_number=refund.refund_number,
        amount=refund.amount,
    )


def _refusal(request: Request, message: Message) -> Outcome:
    code, words = message.error[:64], message.message[:200]
    asks = request.operation in (Operation.INQUIRE, Operation.INQUIRE_REFUND)
    if code in _ABSENT and (asks or request.operation is Operation.CLOSE):
        state, error_class = _S.ABSENT, None
    else:
        meaning = ERRORS.get(code, ErrorMeaning(ErrorClass.CHANNEL, definite=False))
        state = _S.FAILED if meaning.definite and not asks else _S.UNKNOWN
        error_class = meaning.error_class
    return Outcome(
        state=state,
        order_number=request.order.order_number if request.order else "",
        refund_number=request.refund.refund_number if request.refund else None,
        code=code,
        message=words,
        error_class=error_class,
    )


def _action(message: Message) -> ShowCode | None:
    return ShowCode(code_url=message.code) if 0 < len(message.code) <= LONGEST_CODE else None
