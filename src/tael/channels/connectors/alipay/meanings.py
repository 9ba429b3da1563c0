"""Which of Alipay's codes is a definite answer, to what, and of which kind? This file is the whole of our judgement.

`code` is the gateway's word, `sub_code` the business's. A code that stands in no table here is `UNKNOWN`:
we inquire. In particular `20000`, `ACQ.SYSTEM_ERROR` and every `aop.*` and `isp.*` say that Alipay itself does not
know, whatever else the message may sound like.
"""

from collections.abc import Mapping
from functools import cache

from tael.channels.port import ErrorClass, ErrorMeaning, Operation, OutcomeState
from tael.foundation.money import Money

SUCCESS = "10000"
PAYER_IS_ASKED = "10003"
BUSINESS_REFUSAL = "40004"

NOT_EXECUTED = {
    "20001": ErrorClass.ACCOUNT,
    "40001": ErrorClass.REQUEST,
    "40002": ErrorClass.REQUEST,
    "40003": ErrorClass.REQUEST,
    "40005": ErrorClass.BUSY,
    "40006": ErrorClass.ACCOUNT,
}
"""The gateway turned the call away at the door: authorisation, bad parameters, rate, permission.

For an order that only the payer can carry on, that is the end of this attempt: there is nothing to pay with. For
every other operation it says nothing about the order or refund, which an earlier call may have changed: `UNKNOWN`.
"""

REFUSED_US = {
    "isv.invalid-app-id": ErrorClass.ACCOUNT,
    "isv.invalid-signature": ErrorClass.ACCOUNT,
    "isv.invalid-signature-type": ErrorClass.ACCOUNT,
    "isv.missing-signature-key": ErrorClass.ACCOUNT,
    "isv.invalid-app-auth-token": ErrorClass.ACCOUNT,
    "isv.app-cert-sn-error": ErrorClass.ACCOUNT,
    "isv.insufficient-isv-permissions": ErrorClass.ACCOUNT,
}
"""Sub-codes of the gateway that are about our keys, our application or its permissions."""

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
either, `TRADE_CLOSED` means `SUCCEEDED`, and that all of it has been given back: by refunds, each asked for by its own
number, or by a cancellation, whose answer may have been lost.
"""

KINDS = {
    # About our request.
    "ACQ.INVALID_PARAMETER": ErrorClass.REQUEST,
    "ACQ.EXIST_FORBIDDEN_WORD": ErrorClass.REQUEST,
    "ACQ.SUBJECT_BLANK": ErrorClass.REQUEST,
    "ACQ.CONTEXT_INCONSISTENT": ErrorClass.REQUEST,
    "ACQ.TRADE_HAS_SUCCESS": ErrorClass.REQUEST,
    "ACQ.TRADE_HAS_CLOSE": ErrorClass.REQUEST,
    "ACQ.TRADE_HAS_FINISHED": ErrorClass.REQUEST,
    "ACQ.TRADE_STATUS_ERROR": ErrorClass.REQUEST,
    "ACQ.TRADE_NOT_EXIST": ErrorClass.REQUEST,
    "ACQ.DISCORDANT_REPEAT_REQUEST": ErrorClass.REQUEST,
    "ACQ.REASON_TRADE_REFUND_FEE_ERR": ErrorClass.REQUEST,
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": ErrorClass.REQUEST,
    "ACQ.REFUND_FEE_ERROR": ErrorClass.REQUEST,
    "ACQ.NOT_ALLOW_PARTIAL_REFUND": ErrorClass.REQUEST,
    "ACQ.TRADE_NOT_ALLOW_REFUND": ErrorClass.REQUEST,
    "ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND": ErrorClass.REQUEST,
    "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR": ErrorClass.REQUEST,
    "ACQ.TRADE_SETTLE_NOT_EXIST": ErrorClass.REQUEST,
    "INVALID_PARAMETER": ErrorClass.REQUEST,
    "DUPLICATE_REQUEST": ErrorClass.REQUEST,
    "ORDER_NOT_EXIST": ErrorClass.REQUEST,
    "BILL_NOT_EXIST": ErrorClass.REQUEST,
    "NO_BILL_DATA": ErrorClass.REQUEST,
    "INVAILID_ARGUMENTS": ErrorClass.REQUEST,
    # About our contract or account.
    "ACQ.ACCESS_FORBIDDEN": ErrorClass.ACCOUNT,
    "ACQ.PARTNER_ERROR": ErrorClass.ACCOUNT,
    "ACQ.TOTAL_FEE_EXCEED": ErrorClass.ACCOUNT,
    "ACQ.BEYOND_PAY_RESTRICTION": ErrorClass.ACCOUNT,
    "ACQ.BEYOND_PER_RECEIPT_RESTRICTION": ErrorClass.ACCOUNT,
    "ACQ.INVALID_RECEIVE_ACCOUNT": ErrorClass.ACCOUNT,
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": ErrorClass.ACCOUNT,
    "ACQ.ROYALTY_RECEIVER_INVALID": ErrorClass.ACCOUNT,
    "BALANCE_IS_NOT_ENOUGH": ErrorClass.ACCOUNT,
    "PAYER_BALANCE_NOT_ENOUGH": ErrorClass.ACCOUNT,
    "EXCEED_LIMIT_SM_MIN_AMOUNT": ErrorClass.ACCOUNT,
    "EXCEED_LIMIT_DM_MAX_AMOUNT": ErrorClass.ACCOUNT,
    "PERMIT_CHECK_PERM_LIMITED": ErrorClass.ACCOUNT,
    "PAYER_STATUS_ERROR": ErrorClass.ACCOUNT,
    # About the payer, or somebody whom we pay.
    "ACQ.BUYER_SELLER_EQUAL": ErrorClass.PAYER,
    "ACQ.BUYER_NOT_EXIST": ErrorClass.PAYER,
    "ACQ.BUYER_BALANCE_NOT_ENOUGH": ErrorClass.PAYER,
    "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH": ErrorClass.PAYER,
    "ACQ.ERROR_BALANCE_PAYMENT_DISABLE": ErrorClass.PAYER,
    "ACQ.BUYER_ENABLE_STATUS_FORBID": ErrorClass.PAYER,
    "ACQ.PAYMENT_AUTH_CODE_INVALID": ErrorClass.PAYER,
    "ACQ.PULL_MOBILE_CASHIER_FAIL": ErrorClass.PAYER,
    "ACQ.MOBILE_PAYMENT_SWITCH_OFF": ErrorClass.PAYER,
    "ACQ.USER_FACE_PAYMENT_SWITCH_OFF": ErrorClass.PAYER,
    "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE": ErrorClass.PAYER,
    "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR": ErrorClass.PAYER,
    "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR": ErrorClass.PAYER,
    "PAYEE_NOT_EXIST": ErrorClass.PAYER,
    "PAYEE_USER_INFO_ERROR": ErrorClass.PAYER,
    "PAYEE_CARD_INFO_ERROR": ErrorClass.PAYER,
    "PAYEE_ACC_OCUPIED": ErrorClass.PAYER,
    # Alipay says no to this one.
    "ACQ.PAYMENT_FAIL": ErrorClass.DECLINED,
    "ACQ.PAYMENT_REQUEST_HAS_RISK": ErrorClass.DECLINED,
    # Alipay does not know.
    "ACQ.SYSTEM_ERROR": ErrorClass.CHANNEL,
    "SYSTEM_ERROR": ErrorClass.CHANNEL,
    "20000": ErrorClass.CHANNEL,
}
"""Of which kind a code is, whether or not it is definite. Every code that this file knows stands here."""

DEFINITE: Mapping[Operation, frozenset[str]] = {
    Operation.PAY: frozenset(
        {
            # About the request or the contract: the same order will never be payable.
            "ACQ.INVALID_PARAMETER",
            "ACQ.ACCESS_FORBIDDEN",
            "ACQ.EXIST_FORBIDDEN_WORD",
            "ACQ.PARTNER_ERROR",
            "ACQ.TOTAL_FEE_EXCEED",
            "ACQ.BEYOND_PAY_RESTRICTION",
            "ACQ.BEYOND_PER_RECEIPT_RESTRICTION",
            "ACQ.BUYER_SELLER_EQUAL",
            "ACQ.BUYER_NOT_EXIST",
            "ACQ.SUBJECT_BLANK",
            "ACQ.INVALID_RECEIVE_ACCOUNT",
            # About the payer whose code we scanned.
            "ACQ.BUYER_BALANCE_NOT_ENOUGH",
            "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
            "ACQ.ERROR_BALANCE_PAYMENT_DISABLE",
            "ACQ.BUYER_ENABLE_STATUS_FORBID",
            "ACQ.PAYMENT_AUTH_CODE_INVALID",
            "ACQ.PULL_MOBILE_CASHIER_FAIL",
            "ACQ.MOBILE_PAYMENT_SWITCH_OFF",
            "ACQ.USER_FACE_PAYMENT_SWITCH_OFF",
            "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE",
            "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR",
            "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR",
            "ACQ.PAYMENT_FAIL",
            "ACQ.PAYMENT_REQUEST_HAS_RISK",
            # Not here, so UNKNOWN: ACQ.TRADE_HAS_SUCCESS, ACQ.TRADE_HAS_CLOSE and ACQ.CONTEXT_INCONSISTENT
            # say that the order number is known already. Somebody may have paid it.
        }
    ),
    Operation.REFUND: frozenset(
        {
            # A refund number that succeeded once answers "success, no change" for ever (the number is
            # Alipay's key of idempotency), so a business refusal says that this number moved no money.
            "ACQ.SELLER_BALANCE_NOT_ENOUGH",
            "ACQ.REASON_TRADE_REFUND_FEE_ERR",
            "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
            "ACQ.TRADE_HAS_FINISHED",
            "ACQ.TRADE_HAS_CLOSE",
            "ACQ.TRADE_STATUS_ERROR",
            "ACQ.TRADE_NOT_EXIST",
            "ACQ.TRADE_NOT_ALLOW_REFUND",
            "ACQ.REFUND_FEE_ERROR",
            "ACQ.INVALID_PARAMETER",
            "ACQ.NOT_ALLOW_PARTIAL_REFUND",
            "ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND",
            # Not here, so UNKNOWN: ACQ.DISCORDANT_REPEAT_REQUEST says that the number did move money once,
            # another amount. That is for people to look at.
        }
    ),
    Operation.SPLIT: frozenset(
        {
            "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR",
            "ACQ.ROYALTY_RECEIVER_INVALID",
            "ACQ.INVALID_PARAMETER",
            "ACQ.TRADE_NOT_EXIST",
            # Not here, so UNKNOWN: ACQ.TRADE_STATUS_ERROR may come for a number that did split before the
            # trade was finished.
        }
    ),
    Operation.PAY_OUT: frozenset(
        {
            "BALANCE_IS_NOT_ENOUGH",
            "PAYER_BALANCE_NOT_ENOUGH",
            "PAYEE_NOT_EXIST",
            "PAYEE_USER_INFO_ERROR",
            "PAYEE_CARD_INFO_ERROR",
            "PAYEE_ACC_OCUPIED",
            "EXCEED_LIMIT_SM_MIN_AMOUNT",
            "EXCEED_LIMIT_DM_MAX_AMOUNT",
            "PERMIT_CHECK_PERM_LIMITED",
            "PAYER_STATUS_ERROR",
            "INVALID_PARAMETER",
        }
    ),
}
"""By operation, the sub-codes of a signed `40004` that prove that it moved no money and never will."""

ABSENT: Mapping[Operation, frozenset[str]] = {
    # The trade begins when the payer scans; before that an inquiry finds nothing, and there is nothing to close.
    Operation.INQUIRE: frozenset({"ACQ.TRADE_NOT_EXIST"}),
    Operation.CLOSE: frozenset({"ACQ.TRADE_NOT_EXIST"}),
    Operation.CANCEL: frozenset({"ACQ.TRADE_NOT_EXIST"}),
    Operation.INQUIRE_REFUND: frozenset({"ACQ.TRADE_NOT_EXIST"}),
    Operation.INQUIRE_SPLIT: frozenset({"ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_SETTLE_NOT_EXIST"}),
    Operation.INQUIRE_PAYOUT: frozenset({"ORDER_NOT_EXIST"}),
    # Not here for CLOSE, so UNKNOWN: ACQ.TRADE_STATUS_ERROR is said of a paid trade and of a closed one.
}
"""By operation, the sub-codes of a signed `40004` that say that Alipay knows nothing of it."""


def state_of_refusal(
    operation: Operation, code: str, sub_code: str | None, *, payer_acts_last: bool
) -> OutcomeState:
    """What a signed answer that is no success means for `operation`."""
    if code == BUSINESS_REFUSAL:
        if sub_code in DEFINITE.get(operation, ()):
            return OutcomeState.FAILED
        return OutcomeState.ABSENT if sub_code in ABSENT.get(operation, ()) else OutcomeState.UNKNOWN
    if code in NOT_EXECUTED and operation is Operation.PAY and payer_acts_last:
        return OutcomeState.FAILED
    return OutcomeState.UNKNOWN


def kind_of_refusal(code: str, sub_code: str | None) -> ErrorClass:
    """Of which kind a signed answer is that is no success."""
    if code == BUSINESS_REFUSAL:
        return KINDS.get(sub_code or "", ErrorClass.CHANNEL)
    return REFUSED_US.get(sub_code or "") or NOT_EXECUTED.get(code, ErrorClass.CHANNEL)


def meaning_of_trade(trade_status: str | None, *, was_paid: bool) -> OutcomeState:
    """What a trade's status means; `was_paid` if there is evidence that money came."""
    state = TRADE_STATUS.get(trade_status or "", OutcomeState.UNKNOWN)
    return OutcomeState.SUCCEEDED if state is OutcomeState.CLOSED and was_paid else state


def sum_given_back(trade_status: str | None, amount: Money, given_back: Money | None) -> Money | None:
    """What has been given back of a paid trade so far, also if only its status says so."""
    if TRADE_STATUS.get(trade_status or "") is OutcomeState.CLOSED:
        return amount
    return given_back if given_back is not None and given_back.minor else None


@cache
def error_codes() -> Mapping[str, ErrorMeaning]:
    """Every code that we know, of which kind it is, and whether there is an operation of which it is the end."""
    definite = frozenset().union(*DEFINITE.values())
    return {
        **{code: ErrorMeaning(kind, code in definite) for code, kind in KINDS.items()},
        **{code: ErrorMeaning(kind, definite=True) for code, kind in (NOT_EXECUTED | REFUSED_US).items()},
    }
