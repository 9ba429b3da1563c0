"""What does an answer of our wallets mean for what was asked? Definite only if it names our number and our amount."""

from datetime import datetime

import msgspec

from tael.channels.connectors.balance.settings import CAPABILITIES
from tael.channels.port import (
    Action,
    ErrorClass,
    GoTo,
    HttpResponse,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Request,
    ShowCode,
    unknown_outcome,
)
from tael.foundation.money import Money

_STATES = {
    "waiting": OutcomeState.WAITING,
    "paid": OutcomeState.SUCCEEDED,
    "declined": OutcomeState.FAILED,
    "closed": OutcomeState.CLOSED,
    "refunded": OutcomeState.SUCCEEDED,
}


class _Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An order or a refund as the wallets know it."""

    number: str
    state: str
    amount_minor: int
    currency: str
    reference: str
    code: str = ""
    payer: str = ""
    """The payer, masked."""
    happened_at: datetime | None = None


class _Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A problem document."""

    code: str = ""
    detail: str = ""


def read_answer(request: Request, response: HttpResponse, *, wallet_url: str) -> Outcome:
    """What became of the order or refund about which we asked."""
    try:
        if response.status != 200:
            return _refused(request, response.status, msgspec.json.decode(response.body, type=_Refused))
        answered = msgspec.json.decode(response.body, type=_Answered)
    except msgspec.MsgspecError:
        return unknown_outcome(request, "The wallets' answer cannot be read.")
    number, amount = _asked(request)
    told = Money(answered.amount_minor, answered.currency)
    if answered.number != number or answered.state not in _STATES:
        return unknown_outcome(request, f"The wallets' answer is about {answered.number[:40]!r}.")
    if told != amount:
        return unknown_outcome(request, f"The wallets name {told}, we asked for {amount}.")
    state = _STATES[answered.state]
    meaning = CAPABILITIES.error_codes.get(answered.code)
    return Outcome(
        state=state,
        order_number=request.the_order().order_number,
        refund_number=request.refund.refund_number if request.refund else None,
        amount=amount,
        channel_reference=answered.reference,
        action=_action(request, wallet_url) if state is OutcomeState.WAITING else None,
        payer_hint=answered.payer or None,
        happened_at=answered.happened_at,
        code=answered.code or None,
        error_class=(meaning.error_class if meaning else ErrorClass.PAYER)
        if state is OutcomeState.FAILED
        else None,
    )


def _asked(request: Request) -> tuple[str, Money]:
    if request.refund is not None:
        return request.refund.refund_number, request.refund.amount
    order = request.the_order()
    return order.order_number, order.amount


def _action(request: Request, wallet_url: str) -> Action | None:
    """Where the payer confirms: on a page of the wallet, which a code may lead to as well."""
    order = request.the_order()
    if request.operation is not Operation.PAY or order.product is Product.BARCODE:
        return None
    url = f"{wallet_url.rstrip('/')}/wallet/orders/{order.order_number}"
    return ShowCode(code_url=url) if order.product is Product.CODE else GoTo(url=url)


def _refused(request: Request, status: int, refused: _Refused) -> Outcome:
    """Nothing happened if the code says so beyond doubt, or if the thing is not there."""
    number, _ = _asked(request)
    meaning = CAPABILITIES.error_codes.get(refused.code)
    if status == 404:
        return Outcome(
            state=OutcomeState.ABSENT,
            order_number=request.the_order().order_number,
            refund_number=request.refund.refund_number if request.refund else None,
            code=refused.code,
            message=refused.detail or f"The wallets know no {number}.",
        )
    if meaning is None or not meaning.definite:
        error_class = meaning.error_class if meaning else ErrorClass.CHANNEL
        return unknown_outcome(
            request, refused.detail or f"The wallets answered {status}.", error_class, code=refused.code
        )
    return Outcome(
        state=OutcomeState.FAILED,
        order_number=request.the_order().order_number,
        refund_number=request.refund.refund_number if request.refund else None,
        code=refused.code,
        message=refused.detail,
        error_class=meaning.error_class,
    )
