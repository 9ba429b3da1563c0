"""Which of Alipay's codes is a definite answer, and to what? This file is the whole of our judgement.

`code` is the gateway's word, `sub_code` the business's. A code that stands in no table here is `UNKNOWN`:
we inquire. In particular `20000`, `10003`, `ACQ.SYSTEM_ERROR` and every `aop.*` and `isp.*` say that Alipay
itself does not know, whatever else the message may sound like.
"""

from tael.channels.port import Operation, OutcomeState

SUCCESS = "10000"
BUSINESS_REFUSAL = "40004"

NOT_EXECUTED = frozenset({"20001", "40001", "40002", "40003", "40005", "40006"})
"""The gateway turned the call away at the door: authorisation, bad parameters, rate, permission.

For opening a code that is the end of this attempt: no code exists, so nobody can pay. For every other
operation it says nothing about the order or refund, which an earlier call may have changed: `UNKNOWN`.
"""

TRADE_STATUS = {
    "WAIT_BUYER_PAY": OutcomeState.WAITING,
    "TRADE_SUCCESS": OutcomeState.SUCCEEDED,
    "TRADE_FINISHED": OutcomeState.SUCCEEDED,
    "TRADE_CLOSED": OutcomeState.CLOSED,
}
"""`TRADE_CLOSED` is two things: ended unpaid, and paid and then given back in full.

Alipay uses one word for both, and the second must never be read as "nobody paid": the money did come and
go, and the books need both entries. Only a paid trade has a time at which the payer's money was taken
(`send_pay_date` in an inquiry, `gmt_payment` in a notice) or something given back (`refund_fee`). With
either, `TRADE_CLOSED` means `SUCCEEDED`; the refund is a fact of its own, asked for by its own number.
"""

_ABSENT = OutcomeState.ABSENT
_FAILED = OutcomeState.FAILED

REFUSALS: dict[Operation, dict[str, OutcomeState]] = {
    Operation.OPEN_CODE: {
        # About the request or the contract: the same order will never get a code.
        "ACQ.INVALID_PARAMETER": _FAILED,
        "ACQ.ACCESS_FORBIDDEN": _FAILED,
        "ACQ.EXIST_FORBIDDEN_WORD": _FAILED,
        "ACQ.PARTNER_ERROR": _FAILED,
        "ACQ.TOTAL_FEE_EXCEED": _FAILED,
        "ACQ.BEYOND_PER_RECEIPT_RESTRICTION": _FAILED,
        "ACQ.BUYER_SELLER_EQUAL": _FAILED,
        "ACQ.SUBJECT_BLANK": _FAILED,
        "ACQ.INVALID_RECEIVE_ACCOUNT": _FAILED,
        # Not here, so UNKNOWN: ACQ.TRADE_HAS_SUCCESS, ACQ.TRADE_HAS_CLOSE and ACQ.CONTEXT_INCONSISTENT
        # say that the order number is known already. Somebody may have paid it.
    },
    Operation.INQUIRE: {
        # The trade begins when the payer scans; before that an inquiry finds nothing.
        "ACQ.TRADE_NOT_EXIST": _ABSENT,
    },
    Operation.CLOSE: {
        # Nothing to close yet: the code can still be scanned until it expires.
        "ACQ.TRADE_NOT_EXIST": _ABSENT,
        # Not here, so UNKNOWN: ACQ.TRADE_STATUS_ERROR is said of a paid trade and of a closed one.
    },
    Operation.CANCEL: {
        "ACQ.TRADE_NOT_EXIST": _ABSENT,
    },
    Operation.REFUND: {
        # A refund number that succeeded once answers "success, no change" for ever (the number is
        # Alipay's key of idempotency), so a business refusal says that this number moved no money.
        "ACQ.SELLER_BALANCE_NOT_ENOUGH": _FAILED,
        "ACQ.REASON_TRADE_REFUND_FEE_ERR": _FAILED,
        "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": _FAILED,
        "ACQ.TRADE_HAS_FINISHED": _FAILED,
        "ACQ.TRADE_HAS_CLOSE": _FAILED,
        "ACQ.TRADE_STATUS_ERROR": _FAILED,
        "ACQ.TRADE_NOT_EXIST": _FAILED,
        "ACQ.TRADE_NOT_ALLOW_REFUND": _FAILED,
        "ACQ.REFUND_FEE_ERROR": _FAILED,
        "ACQ.INVALID_PARAMETER": _FAILED,
        "ACQ.NOT_ALLOW_PARTIAL_REFUND": _FAILED,
        "ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND": _FAILED,
        # Not here, so UNKNOWN: ACQ.DISCORDANT_REPEAT_REQUEST says that the number did move money once,
        # another amount. That is for people to look at.
    },
    Operation.INQUIRE_REFUND: {
        "ACQ.TRADE_NOT_EXIST": _ABSENT,
    },
}
"""What a signed `40004` means, by operation and `sub_code`."""


def meaning_of_refusal(operation: Operation, code: str, sub_code: str | None) -> OutcomeState:
    """What a signed answer whose code is not `10000` means for `operation`."""
    if code == BUSINESS_REFUSAL:
        return REFUSALS[operation].get(sub_code or "", OutcomeState.UNKNOWN)
    if code in NOT_EXECUTED and operation is Operation.OPEN_CODE:
        return OutcomeState.FAILED
    return OutcomeState.UNKNOWN


def meaning_of_trade(trade_status: str | None, *, was_paid: bool) -> OutcomeState:
    """What a trade's status means; `was_paid` if there is evidence that money came."""
    state = TRADE_STATUS.get(trade_status or "", OutcomeState.UNKNOWN)
    return OutcomeState.SUCCEEDED if state is OutcomeState.CLOSED and was_paid else state
