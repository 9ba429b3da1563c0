"""What does an unsigned error mean? What `meanings` says of its status and code, and else nothing."""

import msgspec

from tael.channels.connectors.wechatpay.meanings import (
    ERRORS,
    PAYER_ACTS_LAST,
    PAYER_SHOWED_A_CODE,
    REFUSALS,
)
from tael.channels.connectors.wechatpay.values import Unreadable, read_json, read_words
from tael.channels.port import (
    ErrorClass,
    HttpResponse,
    Operation,
    Outcome,
    OutcomeState,
    Request,
    unknown_outcome,
)


class Problem(msgspec.Struct, frozen=True):
    """The body of an error."""

    code: str
    message: str | None = None


def read_problem(response: HttpResponse) -> Problem | None:
    """What an error says; None if it is none of WeChat Pay's."""
    try:
        return read_json(response.body, Problem)
    except Unreadable:
        return None


def read_refusal(request: Request, response: HttpResponse) -> Outcome:
    """What an answer that is not a success means for `request`."""
    problem = read_problem(response)
    if problem is None:
        kind = ErrorClass.CHANNEL if response.status >= 500 else ErrorClass.TRUST
        return unknown_outcome(request, f"WeChat Pay answered with HTTP status {response.status}.", kind)
    code = read_words(problem.code, longest=64)
    status, error_class = ERRORS.get(problem.code, (0, ErrorClass.CHANNEL))
    message = read_words(problem.message) or "WeChat Pay gave no reason."
    if status != response.status:
        return unknown_outcome(request, message, error_class, code=code)
    state = _meaning(request, problem.code)
    if state is OutcomeState.UNKNOWN:
        return unknown_outcome(request, message, error_class, code=code)
    if _is_barcode(request):
        error_class = ErrorClass.PAYER
    # In our own words: theirs are not signed, and what is definite should not hang on them.
    outcome = unknown_outcome(request, f"WeChat Pay refused it with {problem.code}.", error_class, code=code)
    return msgspec.structs.replace(
        outcome, state=state, error_class=error_class if state is OutcomeState.FAILED else None
    )


def _is_barcode(request: Request) -> bool:
    return request.operation is Operation.PAY and not request.the_order().product.payer_acts_last


def _meaning(request: Request, code: str) -> OutcomeState:
    if request.operation is Operation.PAY:
        table = PAYER_SHOWED_A_CODE if _is_barcode(request) else PAYER_ACTS_LAST
    else:
        table = dict(REFUSALS[request.operation])
    return table.get(code, OutcomeState.UNKNOWN)
