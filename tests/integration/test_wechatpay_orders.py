"""Are orders of every product begun, paid, ended and known, also when something goes wrong?"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from tael.channels.connectors.wechatpay import WechatPayConnector
from tael.channels.port import (
    ErrorClass,
    GoTo,
    InvokeWallet,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    Product,
    ShowCode,
)
from tael.foundation.clock import SystemClock
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.testing.alipay import AlipayMerchant as Merchant
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

S = OutcomeState
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
NOWHERE = "https://merchant.example/notices"


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSimulator]:
    """One for all tests of this file: each has orders of its own."""
    async with running_simulator("wechatpay", tmp_path_factory.mktemp("wechatpay") / "keys") as running:
        yield running


@pytest.fixture
async def merchant(simulator: RunningSimulator) -> AsyncIterator[Merchant]:
    async with Merchant(connector_of(simulator)) as merchant:
        yield merchant
    await simulator.control.switch_off()


async def begun(merchant: Merchant, number: str, **more: Any) -> tuple[Order, Outcome]:
    order = merchant.order(number, notice_url=NOWHERE, **more)
    return order, await merchant.ask(Operation.PAY, order)


async def paid(merchant: Merchant, simulator: RunningSimulator, number: str, **more: Any) -> Order:
    order, _ = await begun(merchant, number, **more)
    await simulator.control.pay(number)
    return order


# Every product


async def test_a_code_is_shown_scanned_paid_and_known_by_its_number(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order, outcome = await begun(merchant, "order-code")
    assert outcome.state is S.WAITING
    assert isinstance(outcome.action, ShowCode)
    assert (await merchant.ask(Operation.INQUIRE, order)).state is S.WAITING

    await simulator.control.pay(outcome.action.code_url)
    found = await merchant.ask(Operation.INQUIRE, order)

    assert (found.state, found.amount, found.payer_hint) == (S.SUCCEEDED, order.amount, "oUpF****eS6o")
    assert found.happened_at is not None
    assert found.channel_reference == (await simulator.control.order("order-code")).channel_reference


@pytest.mark.parametrize(
    ("product", "keys"),
    [
        (Product.JSAPI, {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}),
        (Product.APP, {"appid", "partnerid", "prepayid", "package", "noncestr", "timestamp", "sign"}),
    ],
)
async def test_a_wallet_is_invoked_with_signed_parameters(
    merchant: Merchant, product: Product, keys: set[str]
) -> None:
    _, outcome = await begun(merchant, f"order-{product}", product=product, payer_id=OPENID)

    assert isinstance(outcome.action, InvokeWallet)
    assert set(outcome.action.parameters) == keys


async def test_an_h5_page_is_paid_and_leads_back(merchant: Merchant, simulator: RunningSimulator) -> None:
    back = "https://merchant.example/thanks?order=1"
    _, outcome = await begun(
        merchant, "order-h5", product=Product.H5, payer_address="203.0.113.7", return_url=back
    )
    assert isinstance(outcome.action, GoTo)
    assert parse_qs(urlsplit(outcome.action.url).query)["redirect_url"] == [back]

    async with aiohttp.ClientSession() as browser:
        async with browser.get(outcome.action.url) as page:
            assert (page.status, "确认付款" in await page.text()) == (200, True)
        form = {"choice": "pay", "lang": "en"}
        address = outcome.action.url.partition("?")[0]
        async with browser.post(address, data=form, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["location"]) == (303, back)
    assert (await simulator.control.order("order-h5")).paid_count == 1


async def test_a_shown_code_is_paid_at_once(merchant: Merchant, simulator: RunningSimulator) -> None:
    code = await simulator.control.shown_code()

    _, outcome = await begun(merchant, "shown-once", product=Product.BARCODE, payer_code=code)

    assert (outcome.state, outcome.amount) == (S.SUCCEEDED, Money(1280, "CNY"))


async def test_a_payer_who_is_asked_first_is_waited_for(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    code = await simulator.control.shown_code("ask")
    order, outcome = await begun(merchant, "shown-asked", product=Product.BARCODE, payer_code=code)
    assert (outcome.state, outcome.code) == (S.WAITING, "USERPAYING")

    await simulator.control.pay("shown-asked")

    assert (await merchant.ask(Operation.INQUIRE, order)).state is S.SUCCEEDED


@pytest.mark.parametrize(("way", "code"), [("poor", "NOT_ENOUGH"), ("at_once", "AUTH_CODE_EXPIRED")])
async def test_a_payer_who_cannot_pay_has_failed_for_certain(
    merchant: Merchant, simulator: RunningSimulator, way: str, code: str
) -> None:
    shown = await simulator.control.shown_code(way)
    if code == "AUTH_CODE_EXPIRED":
        await simulator.control.advance(seconds=61)

    order, outcome = await begun(merchant, f"shown-{way}", product=Product.BARCODE, payer_code=shown)

    assert (outcome.state, outcome.error_class) == (S.FAILED, ErrorClass.PAYER)
    assert (await merchant.ask(Operation.INQUIRE, order)).code == "PAYERROR"


async def test_a_payer_who_declines_a_scanned_code_has_failed(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    code = await simulator.control.shown_code("ask")
    order, _ = await begun(merchant, "shown-declined", product=Product.BARCODE, payer_code=code)

    await simulator.control.act("decline", "shown-declined")

    found = await merchant.ask(Operation.INQUIRE, order)
    assert (found.state, found.error_class) == (S.FAILED, ErrorClass.PAYER)


# Ends


async def test_an_unpaid_order_is_closed_and_stays_so(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order, _ = await begun(merchant, "order-close")

    assert (await merchant.ask(Operation.CLOSE, order)).state is S.CLOSED
    again = await merchant.ask(Operation.CLOSE, order)
    assert (again.state, again.code) == (S.UNKNOWN, "ORDER_CLOSED")
    assert (await merchant.ask(Operation.INQUIRE, order)).state is S.CLOSED
    assert (await simulator.control.order("order-close")).paid_count == 0


async def test_a_paid_order_is_never_reported_as_closed(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-late")

    assert (await merchant.ask(Operation.CLOSE, order)).state is S.UNKNOWN
    assert (await merchant.ask(Operation.INQUIRE, order)).state is S.SUCCEEDED


async def test_cancelling_a_shown_code_gives_the_money_back_once(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    code = await simulator.control.shown_code()
    order, _ = await begun(merchant, "shown-cancel", product=Product.BARCODE, payer_code=code)

    outcomes = [await merchant.ask(Operation.CANCEL, order) for _ in range(2)]

    assert [outcome.state for outcome in outcomes] == [S.CLOSED, S.CLOSED]
    seen = await simulator.control.order("shown-cancel")
    assert (seen.state, seen.refunded_minor, len(seen.refunds)) == ("REVOKED", 1280, 1)
    assert (await merchant.ask(Operation.INQUIRE, order)).state is S.CLOSED


async def test_cancelling_a_paid_code_gives_the_money_back_once(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-cancel")

    states = [(await merchant.ask(Operation.CANCEL, order)).state for _ in range(3)]

    assert states[-1] is S.CLOSED
    seen = await simulator.control.order("order-cancel")
    assert (seen.refunded_minor, len(seen.refunds)) == (1280, 1)


async def test_an_order_that_never_was_is_absent(merchant: Merchant) -> None:
    order = merchant.order("order-never")

    for operation in (Operation.INQUIRE, Operation.CLOSE, Operation.CANCEL):
        assert (await merchant.ask(operation, order)).state is S.ABSENT


# Keys and time


async def test_a_probe_knows_whether_we_are_believed(merchant: Merchant, simulator: RunningSimulator) -> None:
    stranger = connector_of(simulator, merchant_serial="00FF")

    assert (await merchant.ask(Operation.PROBE)).state is S.SUCCEEDED
    async with Merchant(stranger) as refused:
        outcome = await refused.ask(Operation.PROBE)
    assert (outcome.state, outcome.error_class) == (S.FAILED, ErrorClass.ACCOUNT)


async def test_certificates_are_had_without_knowing_any_key(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    connector = merchant.connector
    assert isinstance(connector, WechatPayConnector)

    listed = await merchant.carry_on(connector.refresh_keys(now=SystemClock().now()))

    assert all(pem in simulator.credentials["wechatpay_keys_pem"] for pem in listed)
    assert len(listed) == 2


@pytest.mark.parametrize(
    ("fault", "error_class"),
    [
        (Fault.WRONG_SIGNATURE, ErrorClass.TRUST),
        (Fault.WRONG_AMOUNT, ErrorClass.TRUST),
        (Fault.WRONG_MERCHANT, ErrorClass.TRUST),
        (Fault.WRONG_ORDER, ErrorClass.TRUST),
        (Fault.CLOCK_SKEW, ErrorClass.TRUST),
        (Fault.SYSTEM_ERROR_BEFORE, ErrorClass.CHANNEL),
        (Fault.SYSTEM_ERROR_AFTER, ErrorClass.CHANNEL),
        (Fault.LOST_REPLY, ErrorClass.TRANSPORT),
        (Fault.TRUNCATED, ErrorClass.TRANSPORT),
    ],
)
async def test_an_inquiry_under_a_fault_learns_nothing(
    merchant: Merchant, simulator: RunningSimulator, fault: Fault, error_class: ErrorClass
) -> None:
    order = await paid(merchant, simulator, f"order-{fault.replace('_', '-')[:20]}")
    await simulator.control.switch_on(fault)

    struck = await merchant.ask(Operation.INQUIRE, order)
    await simulator.control.switch_off()
    healed = await merchant.ask(Operation.INQUIRE, order)

    assert (struck.state, struck.error_class) == (S.UNKNOWN, error_class)
    assert healed.state is S.SUCCEEDED


async def test_a_late_payment_of_a_closed_order_is_learnt(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order, _ = await begun(merchant, "order-closed")
    await merchant.ask(Operation.CLOSE, order)
    await simulator.control.switch_on(Fault.LATE_SUCCESS)

    await simulator.control.pay("order-closed")

    assert (await merchant.ask(Operation.INQUIRE, order)).state is S.SUCCEEDED
