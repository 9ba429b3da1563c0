"""Does somebody else's client understand our simulator? `python-alipay-sdk` drives it over real HTTP.

It calls everything that it has about payments and transfers; its calls for invoices, for tokens of other merchants, and
the two of transfers that Alipay has withdrawn (`toaccount.transfer`, `trans.order.query`) the simulator does not have.
"""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import aiohttp
import pytest
from alipay import AliPay, DCAliPay
from alipay.exceptions import AliPayException, AliPayValidationError
from yarl import URL

from tael.channels.connectors.alipay.signing import certificate_names
from tael.foundation.clock import CHINA, SystemClock
from tael.simulators.alipay import prepare_keys
from tael.simulators.base import Fault
from tael.testing.alipay import listening_for_notices
from tael.testing.simulators import RunningSimulator, running_simulator


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a third of a second to make: once for all."""
    return tmp_path_factory.mktemp("alipay") / "keys"


@pytest.fixture
async def simulator(keys_folder: Path) -> AsyncIterator[RunningSimulator]:
    async with running_simulator("alipay", keys_folder) as running:
        yield running


def client_of(simulator: RunningSimulator, *, notify_url: str | None = None, **changes: str) -> AliPay:
    keys = prepare_keys(simulator.home)
    options = {
        "appid": keys.app_id,
        "app_private_key_string": keys.app_private_pem,
        "alipay_public_key_string": keys.alipay_public_pem,
    }
    client = AliPay(app_notify_url=notify_url, sign_type="RSA2", **(options | changes))
    client._gateway = f"{simulator.url}/gateway.do"
    return client


def certified_client_of(simulator: RunningSimulator) -> DCAliPay:
    """The client in certificate mode."""
    keys = prepare_keys(simulator.home)
    client = DCAliPay(
        appid=keys.app_id,
        app_private_key_string=keys.app_private_pem,
        app_public_key_cert_string=keys.app_certificate_pem,
        alipay_public_key_cert_string=keys.alipay_certificate_pem,
        alipay_root_cert_string=keys.root_certificate_pem,
    )
    client._gateway = f"{simulator.url}/gateway.do"
    return client


async def test_a_payment_and_its_refunds_as_the_independent_client_sees_them(
    simulator: RunningSimulator,
) -> None:
    client = client_of(simulator)
    ask = asyncio.to_thread

    opened = await ask(client.api_alipay_trade_precreate, "two coffees", "order_1", "12.80")
    assert opened["code"] == "10000"
    again = await ask(client.api_alipay_trade_precreate, "two coffees", "order_1", "12.80")
    assert again["qr_code"] == opened["qr_code"]
    other = await ask(client.api_alipay_trade_precreate, "two coffees", "order_1", "12.81")
    assert other["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"

    unscanned = await ask(client.api_alipay_trade_query, "order_1")
    assert (unscanned["code"], unscanned["sub_code"]) == ("40004", "ACQ.TRADE_NOT_EXIST")

    await simulator.control.act("scan", opened["qr_code"])
    assert (await ask(client.api_alipay_trade_query, "order_1"))["trade_status"] == "WAIT_BUYER_PAY"

    await simulator.control.pay(opened["qr_code"])
    paid = await ask(client.api_alipay_trade_query, "order_1")
    assert (paid["trade_status"], paid["total_amount"]) == ("TRADE_SUCCESS", "12.80")
    assert (await ask(client.api_alipay_trade_query, None, paid["trade_no"]))["out_trade_no"] == "order_1"

    part = await ask(client.api_alipay_trade_refund, "3.00", "order_1", out_request_no="re_1")
    assert (part["fund_change"], part["refund_fee"]) == ("Y", "3.00")
    replay = await ask(client.api_alipay_trade_refund, "3.00", "order_1", out_request_no="re_1")
    assert (replay["fund_change"], replay["refund_fee"]) == ("N", "3.00")
    changed = await ask(client.api_alipay_trade_refund, "4.00", "order_1", out_request_no="re_1")
    assert changed["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"
    too_much = await ask(client.api_alipay_trade_refund, "9.81", "order_1", out_request_no="re_2")
    assert too_much["sub_code"] == "ACQ.REASON_TRADE_REFUND_FEE_ERR"
    nameless = await ask(client.api_alipay_trade_refund, "1.00", "order_1")
    assert nameless["sub_code"] == "ACQ.INVALID_PARAMETER"
    assert (await ask(client.api_alipay_trade_query, "order_1"))["trade_status"] == "TRADE_SUCCESS"

    known = await ask(client.api_alipay_trade_fastpay_refund_query, "re_1", out_trade_no="order_1")
    assert (known["refund_status"], known["refund_amount"]) == ("REFUND_SUCCESS", "3.00")
    unknown = await ask(client.api_alipay_trade_fastpay_refund_query, "re_9", out_trade_no="order_1")
    assert unknown == {"code": "10000", "msg": "Success"}

    rest = await ask(client.api_alipay_trade_refund, "9.80", "order_1", out_request_no="re_3")
    assert (rest["fund_change"], rest["refund_fee"]) == ("Y", "12.80")
    assert (await ask(client.api_alipay_trade_query, "order_1"))["trade_status"] == "TRADE_CLOSED"
    after = await ask(client.api_alipay_trade_refund, "1.00", "order_1", out_request_no="re_4")
    assert after["sub_code"] == "ACQ.TRADE_STATUS_ERROR"

    summary = await simulator.control.summary()
    assert (summary.paid_minor, summary.refunded_minor, summary.refunds) == (1280, 1280, 2)


async def test_closing_and_cancelling_as_the_independent_client_sees_them(
    simulator: RunningSimulator,
) -> None:
    client = client_of(simulator)
    ask = asyncio.to_thread
    for number in ("unscanned", "waiting", "paid"):
        await ask(client.api_alipay_trade_precreate, "x", number, "1.00")

    absent = await ask(client.api_alipay_trade_close, "unscanned")
    assert absent["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    assert "action" not in await ask(client.api_alipay_trade_cancel, "unscanned")

    await simulator.control.act("scan", "waiting")
    assert (await ask(client.api_alipay_trade_close, "waiting"))["code"] == "10000"
    assert (await ask(client.api_alipay_trade_query, "waiting"))["trade_status"] == "TRADE_CLOSED"
    assert (await ask(client.api_alipay_trade_close, "waiting"))["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
    assert (await ask(client.api_alipay_trade_cancel, "waiting"))["action"] == "close"
    reused = await ask(client.api_alipay_trade_precreate, "x", "waiting", "1.00")
    assert reused["sub_code"] == "ACQ.TRADE_HAS_CLOSE"

    await simulator.control.pay("paid")
    assert (await ask(client.api_alipay_trade_close, "paid"))["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
    assert (await ask(client.api_alipay_trade_cancel, "paid"))["action"] == "refund"
    assert (await ask(client.api_alipay_trade_cancel, "paid"))["action"] == "refund"
    assert (await simulator.control.order("paid")).refunded_minor == 100


async def test_the_independent_client_verifies_our_notices_and_notices_tampering(
    simulator: RunningSimulator,
) -> None:
    async with listening_for_notices() as listener:
        client = client_of(simulator, notify_url=listener.url)
        await asyncio.to_thread(client.api_alipay_trade_precreate, "两杯咖啡", "order_1", "12.80")
        await simulator.control.pay("order_1")
        await asyncio.to_thread(client.api_alipay_trade_refund, "3.00", "order_1", out_request_no="re_1")
        received = await listener.wait_for(2)

    for inbound, status in zip(received, ("TRADE_SUCCESS", "TRADE_SUCCESS"), strict=True):
        fields = dict(parse_qsl(inbound.body.decode(), keep_blank_values=True))
        signature = fields.pop("sign")
        assert fields["trade_status"] == status
        assert client.verify(dict(fields), signature)
        assert not client.verify(fields | {"total_amount": "12.81"}, signature)
    refunded = dict(parse_qsl(received[1].body.decode()))
    assert (refunded["out_biz_no"], refunded["refund_fee"]) == ("re_1", "3.00")


async def test_a_shown_code_as_the_independent_client_sees_it(simulator: RunningSimulator) -> None:
    client = client_of(simulator)
    at_once, ask_first = await simulator.control.shown_code(), await simulator.control.shown_code("ask")
    pay = client.api_alipay_trade_pay

    paid = await asyncio.to_thread(pay, "order_1", "bar_code", at_once, "tea", total_amount="12.80")
    assert (paid["code"], paid["total_amount"]) == ("10000", "12.80")
    asked = await asyncio.to_thread(pay, "order_2", "bar_code", ask_first, "tea", total_amount="12.80")
    assert (asked["code"], asked["out_trade_no"]) == ("10003", "order_2")
    await simulator.control.pay("order_2")
    queried = await asyncio.to_thread(client.api_alipay_trade_query, "order_2")
    assert queried["trade_status"] == "TRADE_SUCCESS"
    used = await asyncio.to_thread(pay, "order_3", "bar_code", at_once, "tea", total_amount="1.00")
    assert used["sub_code"] == "ACQ.PAYMENT_AUTH_CODE_INVALID"


async def test_a_trade_for_a_known_buyer_as_the_independent_client_sees_it(
    simulator: RunningSimulator,
) -> None:
    client = client_of(simulator)
    create = client.api_alipay_trade_create

    made = await asyncio.to_thread(create, "tea", "order_1", "12.80", buyer_id="2088000288880002")
    assert made["code"] == "10000"
    queried = await asyncio.to_thread(client.api_alipay_trade_query, None, made["trade_no"])
    assert (queried["out_trade_no"], queried["trade_status"]) == ("order_1", "WAIT_BUYER_PAY")
    nameless = await asyncio.to_thread(create, "tea", "order_2", "12.80")
    assert nameless["sub_code"] == "ACQ.BUYER_NOT_EXIST"


@pytest.mark.parametrize("kind", ["page", "wap", "app"])
async def test_what_the_independent_client_signs_for_a_payer_opens_the_cashier(
    simulator: RunningSimulator, kind: str
) -> None:
    client = client_of(simulator)
    sign = getattr(client, f"api_alipay_trade_{kind}_pay")
    signed = sign("tea & cake", "order_1", "12.80")

    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(f"{simulator.url}/gateway.do?{signed}", encoded=True)) as page,
    ):
        text = await page.text()

    assert "tea &amp; cake" in text
    assert "12.80" in text
    await simulator.control.pay("order_1")
    queried = await asyncio.to_thread(client.api_alipay_trade_query, "order_1")
    assert queried["trade_status"] == "TRADE_SUCCESS"


async def test_a_split_as_the_independent_client_sees_it(simulator: RunningSimulator) -> None:
    client = client_of(simulator)
    await asyncio.to_thread(client.api_alipay_trade_precreate, "tea", "order_1", "12.80")
    trade_no = (await simulator.control.pay("order_1")).channel_reference
    parts = [{"trans_in": "2088000000000009", "trans_in_type": "userId", "amount": 3.5}]
    settle = client.api_alipay_trade_order_settle

    split = await asyncio.to_thread(settle, "split_1", trade_no, parts)
    assert (split["code"], split["trade_no"]) == ("10000", trade_no)
    again = await asyncio.to_thread(settle, "split_1", trade_no, parts)
    assert again["settle_no"] == split["settle_no"]
    known = await asyncio.to_thread(
        client.server_api,
        "alipay.trade.order.settle.query",
        {"out_request_no": "split_1", "trade_no": trade_no},
    )
    assert [(part["trans_in"], part["amount"], part["state"]) for part in known["royalty_detail_list"]] == [
        ("2088000000000009", 3.5, "SUCCESS")
    ]


@pytest.mark.filterwarnings("ignore:.*is deprecated. You should use cryptography:DeprecationWarning")
async def test_a_transfer_in_certificate_mode_as_the_independent_client_sees_it(
    simulator: RunningSimulator,
) -> None:
    client = certified_client_of(simulator)
    transfer = client.api_alipay_fund_trans_uni_transfer

    sent = await asyncio.to_thread(transfer, "wages_1", "ALIPAY_USER_ID", "2088000000000009", "50.00")
    assert (sent["code"], sent["status"], sent["out_biz_no"]) == ("10000", "SUCCESS", "wages_1")
    again = await asyncio.to_thread(transfer, "wages_1", "ALIPAY_USER_ID", "2088000000000009", "50.00")
    assert again["order_id"] == sent["order_id"]
    known = await asyncio.to_thread(
        client.server_api,
        "alipay.fund.trans.common.query",
        {"out_biz_no": "wages_1", "product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER"},
    )
    assert (known["status"], known["trans_amount"]) == ("SUCCESS", "50.00")
    assert (await simulator.control.payout("wages_1")).sent_count == 1
    nobody = await asyncio.to_thread(transfer, "wages_2", "ALIPAY_USER_ID", "nobody", "50.00")
    assert nobody["sub_code"] == "PAYEE_NOT_EXIST"


@pytest.mark.filterwarnings("ignore:.*is deprecated. You should use cryptography:DeprecationWarning")
async def test_our_names_of_certificates_are_those_of_the_independent_client(
    simulator: RunningSimulator,
) -> None:
    client, keys = certified_client_of(simulator), prepare_keys(simulator.home)

    names = certificate_names(keys.app_certificate_pem, keys.root_certificate_pem)

    assert names == {
        "app_cert_sn": client.app_cert_sn,
        "alipay_root_cert_sn": client.alipay_root_cert_sn,
    }


async def test_a_record_of_the_day_as_the_independent_client_fetches_it(simulator: RunningSimulator) -> None:
    client = client_of(simulator)
    await asyncio.to_thread(client.api_alipay_trade_precreate, "tea", "order_1", "12.80")
    await simulator.control.pay("order_1")
    await simulator.control.advance(seconds=86_400)
    yesterday = SystemClock().now().astimezone(CHINA).date() - timedelta(days=1)
    method = "alipay.data.dataservice.bill.downloadurl.query"
    asked = {"bill_type": "trade", "bill_date": yesterday.isoformat()}

    offered = await asyncio.to_thread(client.server_api, method, asked)
    async with (
        aiohttp.ClientSession() as session,
        session.get(offered["bill_download_url"]) as answer,
    ):
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))

    names = [name.encode("cp437").decode("gbk") for name in archive.namelist()]
    assert [name.rpartition("_")[2] for name in names] == ["业务明细.csv", "业务明细(汇总).csv"]
    text = archive.read(archive.namelist()[0]).decode("gbk")
    assert "order_1\t,交易,tea," in text
    assert "#交易合计：1笔，商家实收共12.80元" in text
    refused = await asyncio.to_thread(client.server_api, method, asked | {"bill_type": "other"})
    assert refused["sub_code"] == "INVAILID_ARGUMENTS"


async def test_a_request_signed_with_another_key_is_refused_with_a_signed_answer(
    simulator: RunningSimulator,
) -> None:
    impostor = client_of(simulator, app_private_key_string=prepare_keys(simulator.home).alipay_private_pem)

    refused = await asyncio.to_thread(impostor.api_alipay_trade_query, "order_1")

    assert (refused["code"], refused["sub_code"]) == ("40002", "isv.invalid-signature")


async def test_an_unknown_application_is_refused_without_a_signature(simulator: RunningSimulator) -> None:
    stranger = client_of(simulator, appid="2021000000000000")

    with pytest.raises(AliPayException):
        await asyncio.to_thread(stranger.api_alipay_trade_query, "order_1")


async def test_the_independent_client_refuses_a_forged_answer(simulator: RunningSimulator) -> None:
    await simulator.control.switch_on(Fault.WRONG_SIGNATURE, calls=1)

    with pytest.raises(AliPayValidationError):
        await asyncio.to_thread(client_of(simulator).api_alipay_trade_query, "order_1")
    answer = await asyncio.to_thread(client_of(simulator).api_alipay_trade_query, "order_1")
    assert answer["sub_code"] == "ACQ.TRADE_NOT_EXIST"
