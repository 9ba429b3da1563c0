"""Can each of Alipay's products be paid, and is it paid once?"""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import msgspec
import pytest

from tael.channels.connectors.alipay.signing import Verifier
from tael.channels.port import (
    ErrorClass,
    GoTo,
    InvokeWallet,
    Operation,
    OutcomeState,
    PostForm,
    Product,
)
from tael.foundation.money import Money
from tael.simulators.alipay import prepare_keys
from tael.simulators.alipay.keys import signing_text
from tael.simulators.base import Fault
from tael.testing.alipay import AlipayMerchant, refund_of
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

Parties = tuple[RunningSimulator, AlipayMerchant]
RETURN_URL = "http://127.0.0.1:9/back?order=1"


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a third of a second to make: once for all."""
    return tmp_path_factory.mktemp("alipay") / "keys"


@pytest.fixture
async def parties(keys_folder: Path) -> AsyncIterator[Parties]:
    async with (
        running_simulator("alipay", keys_folder) as simulator,
        AlipayMerchant(connector_of(simulator)) as merchant,
    ):
        yield simulator, merchant


# Barcode


async def test_a_shown_code_is_paid_at_once_and_once(parties: Parties) -> None:
    simulator, merchant = parties
    code = await simulator.control.shown_code()
    order = merchant.order("att_1", product=Product.BARCODE, payer_code=code)

    paid = await merchant.ask(Operation.PAY, order)
    again = await merchant.ask(Operation.PAY, order)
    elsewhere = await merchant.ask(Operation.PAY, msgspec.structs.replace(order, order_number="att_2"))

    assert (paid.state, paid.amount) == (OutcomeState.SUCCEEDED, Money(1280, "CNY"))
    assert (again.state, again.code) == (OutcomeState.UNKNOWN, "ACQ.TRADE_HAS_SUCCESS")
    assert (elsewhere.state, elsewhere.code) == (OutcomeState.FAILED, "ACQ.PAYMENT_AUTH_CODE_INVALID")
    assert elsewhere.error_class is ErrorClass.PAYER
    assert (await simulator.control.order("att_1")).paid_count == 1


async def test_a_payer_who_is_asked_first_pays_on_their_own_page(parties: Parties) -> None:
    simulator, merchant = parties
    code = await simulator.control.shown_code("ask")
    order = merchant.order("att_1", product=Product.BARCODE, payer_code=code)

    assert (await merchant.ask(Operation.PAY, order)).state is OutcomeState.WAITING
    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.WAITING
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{simulator.url}/pay/{code}", data={"choice": "pay", "lang": "en"}) as page,
    ):
        assert "Paid" in await page.text()

    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED


async def test_a_payer_who_does_not_confirm_is_cancelled_and_can_pay_no_more(parties: Parties) -> None:
    simulator, merchant = parties
    code = await simulator.control.shown_code("ask")
    order = merchant.order("att_1", product=Product.BARCODE, payer_code=code)
    await merchant.ask(Operation.PAY, order)

    assert (await merchant.ask(Operation.CANCEL, order)).state is OutcomeState.CLOSED

    with pytest.raises(AssertionError, match="cannot pay"):
        await simulator.control.pay("att_1")


@pytest.mark.parametrize(
    ("way", "code"),
    [("poor", "ACQ.BUYER_BALANCE_NOT_ENOUGH"), (None, "ACQ.PAYMENT_AUTH_CODE_INVALID")],
)
async def test_a_shown_code_without_money_or_sense_is_refused_for_good(
    parties: Parties, way: str | None, code: str
) -> None:
    simulator, merchant = parties
    shown = await simulator.control.shown_code(way) if way else "1234"
    order = merchant.order("att_1", product=Product.BARCODE, payer_code=shown)

    refused = await merchant.ask(Operation.PAY, order)

    assert (refused.state, refused.code) == (OutcomeState.FAILED, code)
    assert refused.error_class is ErrorClass.PAYER


async def test_a_barcode_whose_answer_was_lost_is_found_paid_by_inquiry(parties: Parties) -> None:
    simulator, merchant = parties
    code = await simulator.control.shown_code()
    order = merchant.order("att_1", product=Product.BARCODE, payer_code=code)
    await simulator.control.switch_on(Fault.LOST_REPLY, calls=1)

    assert (await merchant.ask(Operation.PAY, order)).state is OutcomeState.UNKNOWN

    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED
    assert (await merchant.ask(Operation.CANCEL, order)).state is OutcomeState.CLOSED
    view = await simulator.control.order("att_1")
    assert (view.paid_count, view.refunded_minor) == (1, 1280)


# Pages and apps


async def test_a_page_leads_to_the_cashier_and_back_with_alipays_signature(parties: Parties) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1", product=Product.PAGE, return_url=RETURN_URL)
    outcome = await merchant.ask(Operation.PAY, order)
    assert isinstance(outcome.action, PostForm)

    async with aiohttp.ClientSession() as session:
        async with session.post(outcome.action.url, data=dict(outcome.action.fields)) as page:
            cashier, text = page.url, await page.text()
            assert "127.0.0.1:9" in page.headers["content-security-policy"]
        async with session.post(cashier, data={"choice": "pay"}, allow_redirects=False) as answer:
            back = answer.headers["location"]

    assert "12.80" in text
    assert back.startswith(f"{RETURN_URL}&")
    fields = dict(parse_qsl(urlsplit(back).query))
    fields.pop("order")
    verifier = Verifier(prepare_keys(simulator.home).alipay_public_pem)
    assert verifier.signed(signing_text(fields, "sign", "sign_type").encode(), fields["sign"].encode())
    assert (fields["out_trade_no"], fields["total_amount"]) == ("att_1", "12.80")
    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED


async def test_a_page_whose_amount_was_changed_on_the_way_is_not_opened(parties: Parties) -> None:
    _, merchant = parties
    outcome = await merchant.ask(Operation.PAY, merchant.order("att_1", product=Product.PAGE))
    assert isinstance(outcome.action, PostForm)
    fields = dict(outcome.action.fields)
    fields["biz_content"] = fields["biz_content"].replace("12.80", "0.01")

    async with (
        aiohttp.ClientSession() as session,
        session.post(outcome.action.url, data=fields) as answer,
    ):
        assert "isv.invalid-signature" in await answer.text()


async def test_a_page_for_phones_is_one_address_that_opens_the_cashier(parties: Parties) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1", product=Product.H5, return_url=RETURN_URL)
    outcome = await merchant.ask(Operation.PAY, order)
    assert isinstance(outcome.action, GoTo)
    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.ABSENT

    async with aiohttp.ClientSession() as session, session.get(outcome.action.url) as page:
        assert "12.80" in await page.text()

    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.WAITING
    await simulator.control.pay("att_1")
    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED


@pytest.mark.parametrize("product", [Product.APP, Product.JSAPI])
async def test_a_wallet_opens_what_it_is_handed_and_pays(parties: Parties, product: Product) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1", product=product, payer_id="2088000288880002")
    outcome = await merchant.ask(Operation.PAY, order)
    assert outcome.state is OutcomeState.WAITING
    assert isinstance(outcome.action, InvokeWallet)

    handed = msgspec.json.encode(outcome.action.parameters).decode()
    opened = await simulator.control.act("open", text=handed)
    assert (opened.order_number, opened.state) == ("att_1", "WAIT_BUYER_PAY")
    await simulator.control.pay("att_1")

    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED


async def test_a_wallet_does_not_open_what_somebody_else_signed(parties: Parties) -> None:
    simulator, merchant = parties
    outcome = await merchant.ask(Operation.PAY, merchant.order("att_1", product=Product.APP))
    assert isinstance(outcome.action, InvokeWallet)
    forged = outcome.action.parameters["order_string"].replace("12.80", "10.80")

    with pytest.raises(AssertionError, match="does not take"):
        await simulator.control.act("open", text=msgspec.json.encode({"order_string": forged}).decode())


async def test_a_refund_of_a_barcode_payment_gives_the_money_back_once(parties: Parties) -> None:
    simulator, merchant = parties
    code = await simulator.control.shown_code()
    order = merchant.order("att_1", product=Product.BARCODE, payer_code=code)
    await merchant.ask(Operation.PAY, order)
    refund = refund_of("re_1", minor=300)

    assert (await merchant.ask(Operation.REFUND, order, refund)).state is OutcomeState.SUCCEEDED
    assert (await merchant.ask(Operation.REFUND, order, refund)).state is OutcomeState.UNKNOWN
    assert (await merchant.ask(Operation.INQUIRE_REFUND, order, refund)).state is OutcomeState.SUCCEEDED
    assert (await simulator.control.order("att_1")).refunded_minor == 300
