"""What do we ask of our own wallets? To hold an order ready for its payer, to say how it stands, to close it, to give back."""

from datetime import datetime
from urllib.parse import quote

import msgspec

from tael.channels.connectors.balance.answers import read_answer
from tael.channels.connectors.balance.settings import CAPABILITIES, DOOR, BalanceCredentials, BalanceSettings
from tael.channels.errors import NotOffered
from tael.channels.port import (
    BaseConnector,
    Conversation,
    HttpRequest,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Request,
    ask,
    unknown_outcome,
)


class BalanceConnector(BaseConnector):
    """Speaks to `tael.wallets`."""

    capabilities = CAPABILITIES

    def __init__(self, settings: BalanceSettings, _: BalanceCredentials) -> None:
        self._wallet_url = settings.wallet_url

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """One operation, one exchange."""
        del now  # nothing here is dated by us
        response = yield from ask(self._message(request))
        if request.operation is Operation.PROBE:
            if response.status == 200:
                return Outcome(state=OutcomeState.SUCCEEDED)
            return unknown_outcome(request, f"The wallets answered {response.status}.")
        return read_answer(request, response, wallet_url=self._wallet_url)

    def _message(self, request: Request) -> HttpRequest:
        match request.operation:
            case Operation.PAY:
                return _post("orders", _order(request))
            case Operation.INQUIRE:
                return _get(f"orders/{_named(request.the_order().order_number)}")
            case Operation.CLOSE:
                return _post(f"orders/{_named(request.the_order().order_number)}/close", {})
            case Operation.REFUND:
                refund = request.the_refund()
                return _post(
                    "refunds",
                    {
                        "number": refund.refund_number,
                        "order": request.the_order().order_number,
                        "amount_minor": refund.amount.minor,
                        "currency": refund.amount.currency,
                        "reason": refund.reason,
                    },
                )
            case Operation.INQUIRE_REFUND:
                return _get(f"refunds/{_named(request.the_refund().refund_number)}")
            case Operation.PROBE:
                return _get("health")
            case _:
                raise NotOffered(f"Wallets have no {request.operation}.")


def _order(request: Request) -> dict[str, object]:
    order = request.the_order()
    if order.product is Product.BARCODE and not order.payer_code:
        raise NotOffered("Without the payer's code nobody can be charged.")
    return {
        "number": order.order_number,
        "amount_minor": order.amount.minor,
        "currency": order.amount.currency,
        "subject": order.subject,
        "expires_at": order.expires_at.isoformat(),
        "return_url": order.return_url,
        "payer_code": order.payer_code if order.product is Product.BARCODE else "",
    }


def _named(number: str) -> str:
    return quote(number, safe="")


def _post(path: str, body: dict[str, object]) -> HttpRequest:
    return HttpRequest(
        method="POST",
        url=f"{DOOR}/{path}",
        headers={"content-type": "application/json"},
        body=msgspec.json.encode(body),
    )


def _get(path: str) -> HttpRequest:
    return HttpRequest(method="GET", url=f"{DOOR}/{path}")
