"""Which of WeChat Pay's words is a definite answer, and to what? This file is the whole of our judgement.

Answers with a 2xx status are signed, and what they say of our own order, number and amount is definite. *Errors
are not signed*: WeChat Pay documents the status and the code, and TLS is all that speaks for them. So an error
decides something only where these three hold together: status and code are a documented pair; the documentation
says what it means for the order, and not only for the call; and an earlier call under the same number, whose
answer we may have lost, could not have moved money. Everything else is `UNKNOWN`: the inquiry, which is signed,
tells the truth. Worked out:

* *Beginning an order that the payer finishes* (code, JSAPI, H5, app). A refusal means that there is no code and no
  prepay id in anybody's hands, so nobody can pay: definite. Not so `OUT_TRADE_NO_USED`, `ORDER_CLOSED`,
  `INVALID_REQUEST` and `TRADE_ERROR`, which are also said of an order that exists and may have been paid.
* *Payer-presented codes.* This call takes the money. Only the codes about the payer's code and means are
  documented as "the payment has failed for certain"; all others are documented as unknown, or not at all. Even
  then we ask for the order, and a signed `PAYERROR` is what we would rather hear.
* *Refund, split.* The documentation says of the codes listed below that the application has failed. Before we
  believe it, we ask for the number: if WeChat Pay knows it all the same, from a call whose answer we lost, then
  that counts. A refused signature and too many calls are about the call only and decide nothing.
* *Paying out.* The documentation says in so many words that the code of an error stands for this request and
  never for the transfer, and that only its inquiry tells. So no error decides.
* *Inquiries.* 404 with the documented code says that WeChat Pay does not know the number: `ABSENT`, which
  decides nothing either.
"""

from collections.abc import Mapping

from tael.channels.port import ErrorClass, ErrorMeaning, Operation, OutcomeState

TRADE_STATES = {
    "NOTPAY": OutcomeState.WAITING,
    "USERPAYING": OutcomeState.WAITING,
    "ACCEPT": OutcomeState.WAITING,
    "SUCCESS": OutcomeState.SUCCEEDED,
    "REFUND": OutcomeState.SUCCEEDED,
    "CLOSED": OutcomeState.CLOSED,
    "REVOKED": OutcomeState.CLOSED,
    "PAYERROR": OutcomeState.FAILED,
}
"""What became of an order.

`REFUND` is a paid order of which something, or all, was given back: the payment stands, refunds are asked for by
their own numbers. `REVOKED` only ever follows our own cancellation of a payer-presented code: whatever was paid
has been given back, and nothing of the order remains. `PAYERROR` is said of payer-presented codes only.
"""

REFUND_STATES = {
    "SUCCESS": OutcomeState.SUCCEEDED,
    "PROCESSING": OutcomeState.WAITING,
    "CLOSED": OutcomeState.FAILED,
    "ABNORMAL": OutcomeState.UNKNOWN,
}
"""What became of a refund. `ABNORMAL`: the payer's card is gone and the money lies between us and the payer until
somebody names another account in the console. It may still arrive, so it is not `FAILED`; people must look."""

TRANSFER_STATES = {
    "ACCEPTED": OutcomeState.WAITING,
    "PROCESSING": OutcomeState.WAITING,
    "WAIT_USER_CONFIRM": OutcomeState.WAITING,
    "TRANSFERING": OutcomeState.WAITING,
    "CANCELING": OutcomeState.WAITING,
    "SUCCESS": OutcomeState.SUCCEEDED,
    "FAIL": OutcomeState.FAILED,
    "CANCELLED": OutcomeState.FAILED,
}
"""What became of a transfer to a payee's balance."""

_ACCOUNT_IS_SHORT = frozenset({"BALANCE_NOT_ENOUGH", "NOT_ENOUGH"})
_REQUEST_IS_WRONG = frozenset({"OPENID_INVALID", "NAME_NOT_CORRECT", "PAYEE_NAME_NOT_MATCH"})


def class_of_failed_transfer(reason: str | None) -> ErrorClass:
    """Why a transfer failed, by WeChat Pay's `fail_reason`."""
    if reason in _ACCOUNT_IS_SHORT:
        return ErrorClass.ACCOUNT
    return ErrorClass.REQUEST if reason in _REQUEST_IS_WRONG else ErrorClass.DECLINED


ERRORS: Mapping[str, tuple[int, ErrorClass]] = {
    "PARAM_ERROR": (400, ErrorClass.REQUEST),
    "INVALID_REQUEST": (400, ErrorClass.REQUEST),
    "APPID_MCHID_NOT_MATCH": (400, ErrorClass.ACCOUNT),
    "MCH_NOT_EXISTS": (400, ErrorClass.ACCOUNT),
    "ORDER_CLOSED": (400, ErrorClass.REQUEST),
    "NO_STATEMENT_EXIST": (400, ErrorClass.REQUEST),
    "STATEMENT_CREATING": (400, ErrorClass.BUSY),
    "AUTH_CODE_EXPIRED": (400, ErrorClass.PAYER),
    "AUTH_CODE_ERROR": (400, ErrorClass.PAYER),
    "AUTH_CODE_INVALID": (400, ErrorClass.PAYER),
    "SIGN_ERROR": (401, ErrorClass.ACCOUNT),
    "NO_AUTH": (403, ErrorClass.ACCOUNT),
    "OUT_TRADE_NO_USED": (403, ErrorClass.REQUEST),
    "NOT_ENOUGH": (403, ErrorClass.ACCOUNT),
    "RULE_LIMIT": (403, ErrorClass.DECLINED),
    "TRADE_ERROR": (403, ErrorClass.DECLINED),
    "ACCOUNT_ERROR": (403, ErrorClass.PAYER),
    "USER_ACCOUNT_ABNORMAL": (403, ErrorClass.PAYER),
    "ORDER_NOT_EXIST": (404, ErrorClass.REQUEST),
    "RESOURCE_NOT_EXISTS": (404, ErrorClass.REQUEST),
    "NOT_FOUND": (404, ErrorClass.REQUEST),
    "FREQUENCY_LIMITED": (429, ErrorClass.BUSY),
    "SYSTEM_ERROR": (500, ErrorClass.CHANNEL),
    "BANK_ERROR": (500, ErrorClass.CHANNEL),
}
"""The status that documents each code, and its kind. A code with another status is a code we do not know."""

_THE_DOOR = (
    "PARAM_ERROR",
    "APPID_MCHID_NOT_MATCH",
    "MCH_NOT_EXISTS",
    "SIGN_ERROR",
    "NO_AUTH",
    "FREQUENCY_LIMITED",
)
_UNKNOWN_NUMBER = dict.fromkeys(("ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS", "NOT_FOUND"), OutcomeState.ABSENT)

PAYER_ACTS_LAST = dict.fromkeys((*_THE_DOOR, "RULE_LIMIT", "ACCOUNT_ERROR"), OutcomeState.FAILED)
"""Errors at the beginning of an order that the payer finishes."""

PAYER_SHOWED_A_CODE = dict.fromkeys(
    ("AUTH_CODE_EXPIRED", "AUTH_CODE_ERROR", "AUTH_CODE_INVALID", "NOT_ENOUGH", "USER_ACCOUNT_ABNORMAL"),
    OutcomeState.FAILED,
)
"""Errors when we scanned the payer's code. `NOT_ENOUGH` here is the payer's balance, not ours."""

_REFUSED_BY_RULE = dict.fromkeys(
    (
        *("PARAM_ERROR", "INVALID_REQUEST", "RESOURCE_NOT_EXISTS", "RULE_LIMIT"),
        *("NOT_ENOUGH", "USER_ACCOUNT_ABNORMAL", "NO_AUTH", "MCH_NOT_EXISTS", "APPID_MCHID_NOT_MATCH"),
    ),
    OutcomeState.FAILED,
)

REFUSALS: Mapping[Operation, Mapping[str, OutcomeState]] = {
    Operation.INQUIRE: _UNKNOWN_NUMBER,
    Operation.CLOSE: _UNKNOWN_NUMBER,
    Operation.CANCEL: _UNKNOWN_NUMBER,
    Operation.REFUND: _REFUSED_BY_RULE,
    Operation.INQUIRE_REFUND: _UNKNOWN_NUMBER,
    Operation.SPLIT: _REFUSED_BY_RULE,
    Operation.INQUIRE_SPLIT: _UNKNOWN_NUMBER,
    Operation.PAY_OUT: {},
    Operation.INQUIRE_PAYOUT: _UNKNOWN_NUMBER,
    # The order that we ask about does not exist: whoever says so has believed our signature.
    Operation.PROBE: dict.fromkeys(_UNKNOWN_NUMBER, OutcomeState.SUCCEEDED)
    | {
        "SIGN_ERROR": OutcomeState.FAILED,
        "NO_AUTH": OutcomeState.FAILED,
        "MCH_NOT_EXISTS": OutcomeState.FAILED,
    },
}
"""What an error with the documented status means, by operation; for `PAY`, see the two tables above."""

ERROR_MEANINGS: Mapping[str, ErrorMeaning] = {
    code: ErrorMeaning(
        error_class=error_class,
        definite=code in PAYER_ACTS_LAST or code in PAYER_SHOWED_A_CODE or code in _REFUSED_BY_RULE,
    )
    for code, (_, error_class) in ERRORS.items()
}
"""For the capability matrix: whether a code is definite for any operation."""
