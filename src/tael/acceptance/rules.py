"""Which faults fit what, what may an outcome say, and how is an unknown one found out? Tables and pure decisions."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from tael.acceptance.model import Fault
from tael.acceptance.truth import OrderTruth, PayoutTruth
from tael.channels.port import (
    Capabilities,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    Request,
    Security,
)
from tael.foundation.money import Money

NOTICE, BILL, FEED = "notice", "bill", "feed"
"""What faults can strike beside operations."""
LIMITS = "limits"
"""What no fault is tried with: amounts and times."""

ON_THE_WIRE = (
    Fault.DELAY,
    Fault.LOST_REPLY,
    Fault.RESET_AFTER_REQUEST,
    Fault.TRUNCATED,
    Fault.FOREIGN_PAGE,
    Fault.GATEWAY_TIMEOUT,
)
"""The kit brings these about itself, whatever the channel."""
OF_ANSWERS = (
    Fault.WRONG_SIGNATURE,
    Fault.WRONG_AMOUNT,
    Fault.WRONG_MERCHANT,
    Fault.WRONG_ORDER,
    Fault.SYSTEM_ERROR_BEFORE,
    Fault.SYSTEM_ERROR_AFTER,
    Fault.CLOCK_SKEW,
)
OF_NOTICES = (
    Fault.WRONG_SIGNATURE,
    Fault.WRONG_AMOUNT,
    Fault.WRONG_MERCHANT,
    Fault.WRONG_ORDER,
    Fault.DUPLICATE_NOTICE,
    Fault.REPLAYED_NOTICE,
    Fault.LATE_NOTICE,
    Fault.OUT_OF_ORDER,
    Fault.STALE_NOTICE,
    Fault.DROP_NOTICES,
    Fault.CLOCK_SKEW,
    Fault.ONE_BIT,
)
_USUAL = (*ON_THE_WIRE, *OF_ANSWERS, Fault.OUR_CLOCK_SKEW, Fault.ONE_BIT)
_ABOUT_NOTHING = tuple(
    fault
    for fault in _USUAL
    if fault not in (Fault.WRONG_AMOUNT, Fault.WRONG_ORDER, Fault.WRONG_MERCHANT, Fault.SYSTEM_ERROR_AFTER)
)
FAULTS_OF: Mapping[str, tuple[Fault, ...]] = {
    Operation.PAY: _USUAL,
    Operation.INQUIRE: _USUAL,
    Operation.CLOSE: _USUAL,
    Operation.CANCEL: _USUAL,
    Operation.CAPTURE: _USUAL,
    Operation.INCREMENT: _USUAL,
    Operation.REFUND: (*_USUAL, Fault.BALANCE_NOT_ENOUGH),
    Operation.INQUIRE_REFUND: _USUAL,
    Operation.SPLIT: (*_USUAL, Fault.BALANCE_NOT_ENOUGH),
    Operation.INQUIRE_SPLIT: _USUAL,
    Operation.PAY_OUT: (*_USUAL, Fault.BALANCE_NOT_ENOUGH),
    Operation.INQUIRE_PAYOUT: _USUAL,
    Operation.SUBMIT_EVIDENCE: _USUAL,
    Operation.INQUIRE_DISPUTE: _USUAL,
    Operation.SWEEP: _USUAL,
    Operation.PROBE: _ABOUT_NOTHING,
    NOTICE: OF_NOTICES,
    BILL: (*ON_THE_WIRE, Fault.WRONG_SIGNATURE, Fault.SYSTEM_ERROR_BEFORE),
    FEED: (*ON_THE_WIRE, Fault.WRONG_SIGNATURE, Fault.SYSTEM_ERROR_BEFORE),
    LIMITS: (),
}
"""The rulebook: under which faults each operation is tried."""

OUR_CLOCK_IS_OFF_BY = timedelta(minutes=15)
RESOLVED_WITHIN_SECONDS = 30
ASK_AGAIN_AFTER_SECONDS = (0, 1, 2, 4, 8, 15)
"""The waits between questions about what is not known: together half a minute."""

_INQUIRIES = {
    Operation.PAY: Operation.INQUIRE,
    Operation.CLOSE: Operation.INQUIRE,
    Operation.CAPTURE: Operation.INQUIRE,
    Operation.REFUND: Operation.INQUIRE_REFUND,
    Operation.SPLIT: Operation.INQUIRE_SPLIT,
    Operation.PAY_OUT: Operation.INQUIRE_PAYOUT,
}
_S = OutcomeState
_KNOWN = {
    Operation.PAY: {_S.SUCCEEDED, _S.AUTHORISED, _S.FAILED, _S.CLOSED},
    Operation.CLOSE: {_S.CLOSED, _S.SUCCEEDED, _S.AUTHORISED, _S.FAILED},
    Operation.CAPTURE: {_S.SUCCEEDED, _S.FAILED, _S.CLOSED},
    Operation.REFUND: {_S.SUCCEEDED, _S.FAILED, _S.WAITING},
    Operation.SPLIT: {_S.SUCCEEDED, _S.FAILED, _S.WAITING},
    Operation.PAY_OUT: {_S.SUCCEEDED, _S.FAILED, _S.WAITING},
}
"""The answers to an inquiry that settle what became of an operation; after others it is sent again."""


def inquiry_about(request: Request, capabilities: Capabilities) -> Request:
    """The question that finds out what became of `request`; itself, if it may simply be sent again."""
    operation = _INQUIRIES.get(request.operation)
    if operation is None or operation not in capabilities.operations:
        return request
    return msgspec.structs.replace(request, operation=operation, capture=None)


def settles(request: Request, asked: Request, outcome: Outcome) -> bool:
    """Whether `outcome`, heard in answer to `asked`, says what became of `request`."""
    if outcome.state is OutcomeState.UNKNOWN:
        return False
    if asked.operation is request.operation:
        return True
    if request.operation is Operation.PAY and outcome.state is OutcomeState.WAITING:
        return outcome.action is not None or not request.the_order().product.payer_acts_last
    return outcome.state in _KNOWN[request.operation]


def nobody_can_pay(request: Request, heard: Outcome) -> bool:
    """Whether an order that cannot be begun again harms nobody: it is unpaid, and nobody has what it takes to pay it."""
    unpaid = heard.state in (OutcomeState.WAITING, OutcomeState.ABSENT)
    return request.operation is Operation.PAY and unpaid and request.the_order().product.payer_acts_last


def numbers_of(request: Request) -> Sequence[str]:
    """All our numbers of that about which we ask: channels know a refund by the order's or by its own,
    some know the order by theirs.
    """
    numbers = (
        request.order and request.order.order_number,
        request.order and request.order.channel_reference,
        request.refund and request.refund.refund_number,
        request.split and request.split.split_number,
        request.payout and request.payout.payout_number,
        request.evidence and request.evidence.dispute_number,
    )
    return [number for number in numbers if number]


def nothing_can_be_believed(fault: Fault, security: Security) -> bool:
    """Whether any definite outcome under this fault is a guess, be it right or not."""
    return fault in ON_THE_WIRE or (fault is Fault.WRONG_SIGNATURE and bool(security.answers))


def applies(fault: Fault, subject: str, security: Security) -> str:
    """Why a fault cannot be tried on an operation of this channel; empty if it can."""
    signed = security.notices if subject == NOTICE else security.answers
    if fault in (Fault.WRONG_SIGNATURE, Fault.ONE_BIT) and not signed:
        return "The channel's messages carry no signature of their own: TLS protects them."
    return ""


def ill_formed(request: Request, outcome: Outcome) -> str:
    """What is wrong about an outcome whatever the truth is; empty if nothing."""
    if outcome.state in (OutcomeState.FAILED, OutcomeState.UNKNOWN):
        return "" if outcome.error_class else f"An outcome that is {outcome.state} says no kind of error."
    return _about_another(request, outcome)


def contradiction(
    request: Request, outcome: Outcome, *, order: OrderTruth | None, payout: PayoutTruth | None
) -> str:
    """Where an outcome says what the channel's own records do not; empty if it may be said."""
    wrong = ill_formed(request, outcome)
    if wrong or outcome.state is OutcomeState.UNKNOWN or request.operation in _NOT_IN_THE_RECORDS:
        return wrong
    return _TRUTHS.get(request.operation, _of_order)(request, outcome, order, payout)


def _about_another(request: Request, outcome: Outcome) -> str:
    """What an outcome names must be ours."""
    named = (
        ("order", outcome.order_number, request.order and request.order.order_number),
        ("refund", outcome.refund_number, request.refund and request.refund.refund_number),
        ("split", outcome.split_number, request.split and request.split.split_number),
        ("payout", outcome.payout_number, request.payout and request.payout.payout_number),
    )
    for thing, theirs, ours in named:
        if theirs and ours and theirs != ours:
            return f"The outcome is about the {thing} {theirs}, we asked about {ours}."
    ours_amount = amount_of(request)
    if outcome.state is OutcomeState.SUCCEEDED and outcome.amount and ours_amount:
        partly = request.operation in (Operation.INQUIRE, Operation.PAY) and request.the_order().capture_later
        if outcome.amount != ours_amount and not partly and outcome.received is None:
            return f"The outcome is over {outcome.amount}, ours is {ours_amount}."
    return ""


def amount_of(request: Request) -> Money | None:
    """The amount that an operation is about."""
    if request.refund is not None:
        return request.refund.amount
    if request.payout is not None:
        return request.payout.amount
    if request.split is not None:
        return None
    if request.capture is not None:
        return request.capture.amount
    if request.increment is not None:
        return request.increment.amount
    return request.order.amount if request.order else None


def _of_payout(_: Request, outcome: Outcome, __: OrderTruth | None, payout: PayoutTruth | None) -> str:
    sent = payout is not None and payout.sent_count > 0 and not has_come_to_nothing(payout.state)
    match outcome.state:
        case OutcomeState.SUCCEEDED if not sent:
            return "The outcome says that the money was sent; the channel has sent none."
        case OutcomeState.FAILED | OutcomeState.ABSENT | OutcomeState.CLOSED if sent:
            return f"The outcome is {outcome.state}; the channel has sent the money."
    return ""


def _of_refund(request: Request, outcome: Outcome, order: OrderTruth | None, _: PayoutTruth | None) -> str:
    refund = order.refund(request.the_refund().refund_number) if order else None
    given = refund is not None and not has_come_to_nothing(refund.state)
    match outcome.state:
        case OutcomeState.SUCCEEDED if not given:
            return "The outcome says that the money was given back; the channel knows no such refund."
        case OutcomeState.FAILED | OutcomeState.ABSENT if given:
            return f"The outcome is {outcome.state}; the channel has given the money back."
    return ""


def _of_split(request: Request, outcome: Outcome, order: OrderTruth | None, _: PayoutTruth | None) -> str:
    number = request.the_split().split_number
    done = order is not None and any(split.split_number == number for split in order.splits)
    match outcome.state:
        case OutcomeState.SUCCEEDED if not done:
            return "The outcome says that the money was shared; the channel knows no such sharing."
        case OutcomeState.FAILED | OutcomeState.ABSENT if done:
            return f"The outcome is {outcome.state}; the channel has shared the money."
    return ""


def _of_order(request: Request, outcome: Outcome, order: OrderTruth | None, _: PayoutTruth | None) -> str:
    paid = order is not None and order.paid_count > 0
    match outcome.state:
        case OutcomeState.SUCCEEDED | OutcomeState.AUTHORISED if not paid:
            return f"The outcome is {outcome.state}; nobody has paid."
        case OutcomeState.SUCCEEDED if order and order.captured_minor == 0 and _held(request.the_order()):
            return "The outcome says that the money was taken; it is only held."
        case OutcomeState.ABSENT if paid:
            return "The outcome says that there is no such order; it is paid."
        case OutcomeState.CLOSED if order and paid and order.captured_minor > order.refunded_minor:
            return "The outcome says that the order ended unpaid; it is paid."
        case OutcomeState.FAILED if (
            order and paid and request.operation in (Operation.PAY, Operation.INQUIRE)
        ):
            return "The outcome says that the payment failed; it is paid."
        case OutcomeState.FAILED if order and order.captured_minor and request.operation is Operation.CAPTURE:
            return "The outcome says that nothing was taken; it was."
    return ""


def _held(order: Order) -> bool:
    return order.capture_later


def _of_increment(_: Request, outcome: Outcome, order: OrderTruth | None, __: PayoutTruth | None) -> str:
    held = order is not None and order.paid_count > 0
    if outcome.state is OutcomeState.SUCCEEDED and not held:
        return "The outcome says that more is held; nothing is."
    return ""


_TRUTHS = {
    Operation.INCREMENT: _of_increment,
    Operation.PAY_OUT: _of_payout,
    Operation.INQUIRE_PAYOUT: _of_payout,
    Operation.REFUND: _of_refund,
    Operation.INQUIRE_REFUND: _of_refund,
    Operation.SPLIT: _of_split,
    Operation.INQUIRE_SPLIT: _of_split,
}
_NOT_IN_THE_RECORDS = (Operation.PROBE, Operation.SUBMIT_EVIDENCE, Operation.INQUIRE_DISPUTE)
_COME_TO_NOTHING = ("fail", "return", "reject", "cancel", "close", "abnormal")


def has_come_to_nothing(state: str) -> bool:
    """Whether the channel's word says that a refund or a payout did not happen after all."""
    return any(word in state.lower() for word in _COME_TO_NOTHING)
