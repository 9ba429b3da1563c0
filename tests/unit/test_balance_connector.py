"""What do answers of our own wallets mean, and what do they not mean?"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tael.channels.connectors.balance import BalanceConnector, BalanceCredentials, BalanceSettings
from tael.channels.errors import NotOffered
from tael.channels.port import (
    ErrorClass,
    GoTo,
    HttpRequest,
    HttpResponse,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    Product,
    RefundOrder,
    Request,
    ShowCode,
)
from tael.foundation.money import Money

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
ORDER = Order(
    order_number="att_1",
    amount=Money(1280, "CNY"),
    subject="Tea",
    expires_at=NOW,
    notice_url="",
    product=Product.PAGE,
)
REFUND = RefundOrder(refund_number="rfd_1", amount=Money(280, "CNY"), reason="cold")
PAY = Request(operation=Operation.PAY, order=ORDER)
GIVE_BACK = Request(operation=Operation.REFUND, order=ORDER, refund=REFUND)
STANDING = {
    "number": "att_1",
    "state": "waiting",
    "amount_minor": 1280,
    "currency": "CNY",
    "reference": "bor_1",
}


def told(request: Request, answer: dict[str, Any], *, status: int = 200) -> tuple[HttpRequest, Outcome]:
    """What the connector sends, and what it makes of the answer."""
    connector = BalanceConnector(BalanceSettings(wallet_url="https://pay.example/test"), BalanceCredentials())
    talk = connector.converse(request, now=NOW)
    sent = next(talk)
    assert isinstance(sent, HttpRequest)
    with pytest.raises(StopIteration) as ended:
        talk.send(HttpResponse(status=status, headers={}, body=msgspec.json.encode(answer)))
    outcome = ended.value.value
    assert isinstance(outcome, Outcome)
    return sent, outcome


def in_scene(product: Product, **more: Any) -> Request:
    return Request(operation=Operation.PAY, order=msgspec.structs.replace(ORDER, product=product, **more))


def test_a_payer_confirms_on_a_page_of_the_wallet() -> None:
    sent, outcome = told(PAY, STANDING)
    assert (sent.method, sent.url) == ("POST", "tael-wallets:/orders")
    assert outcome.state is OutcomeState.WAITING
    assert outcome.action == GoTo(url="https://pay.example/test/wallet/orders/att_1")


def test_a_code_leads_to_the_same_page() -> None:
    _, outcome = told(in_scene(Product.CODE), STANDING)
    assert outcome.action == ShowCode(code_url="https://pay.example/test/wallet/orders/att_1")


def test_a_code_that_the_payer_shows_goes_along_and_leads_nowhere() -> None:
    sent, outcome = told(
        in_scene(Product.BARCODE, payer_code="660000000000000001"), STANDING | {"state": "paid"}
    )
    assert msgspec.json.decode(sent.body)["payer_code"] == "660000000000000001"
    assert (outcome.state, outcome.action) == (OutcomeState.SUCCEEDED, None)


def test_without_the_payers_code_nobody_can_be_charged() -> None:
    with pytest.raises(NotOffered):
        told(in_scene(Product.BARCODE), STANDING)


@pytest.mark.parametrize(
    "lie",
    [
        {"number": "att_2"},
        {"amount_minor": 1281},
        {"currency": "USD"},
        {"state": "perhaps"},
        {"amount_minor": None},
    ],
)
def test_an_answer_about_something_else_decides_nothing(lie: dict[str, Any]) -> None:
    _, outcome = told(PAY, STANDING | {"state": "paid"} | lie)
    assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)


def test_a_payer_without_the_money_has_definitely_not_paid() -> None:
    _, outcome = told(PAY, {"code": "wallets.not_enough", "detail": "Not enough."}, status=402)
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.PAYER)


@pytest.mark.parametrize("status", [202, 409, 429, 500, 503])
def test_any_other_refusal_is_unknown(status: int) -> None:
    _, outcome = told(PAY, {"code": "wallets.strange"}, status=status)
    assert outcome.state is OutcomeState.UNKNOWN


def test_what_is_not_there_is_absent() -> None:
    _, outcome = told(
        Request(operation=Operation.INQUIRE, order=ORDER), {"code": "wallets.no_such_order"}, status=404
    )
    assert outcome.state is OutcomeState.ABSENT


def test_a_refund_is_about_its_own_number_and_amount() -> None:
    answer = {
        "number": "rfd_1",
        "state": "refunded",
        "amount_minor": 280,
        "currency": "CNY",
        "reference": "bre_1",
    }
    sent, outcome = told(GIVE_BACK, answer)
    assert sent.url == "tael-wallets:/refunds"
    assert (outcome.state, outcome.refund_number) == (OutcomeState.SUCCEEDED, "rfd_1")
    _, other = told(GIVE_BACK, answer | {"amount_minor": 1280})
    assert other.state is OutcomeState.UNKNOWN
