"""Does somebody else's client understand our simulator? `python-alipay-sdk` drives it over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError

from tael.simulators.alipay.faults import Fault
from tael.testing.alipay import listening_for_notices
from tael.testing.simulators import RunningAlipay, running_alipay


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a third of a second to make: once for all."""
    return tmp_path_factory.mktemp("alipay") / "keys"


@pytest.fixture
async def simulator(keys_folder: Path) -> AsyncIterator[RunningAlipay]:
    async with running_alipay(keys_folder) as running:
        yield running


def client_of(simulator: RunningAlipay, *, notify_url: str | None = None, **changes: str) -> AliPay:
    keys = simulator.keys
    options = {
        "appid": keys.app_id,
        "app_private_key_string": keys.app_private_pem,
        "alipay_public_key_string": keys.alipay_public_pem,
    }
    client = AliPay(app_notify_url=notify_url, sign_type="RSA2", **(options | changes))
    client._gateway = simulator.gateway_url
    return client


async def test_a_payment_and_its_refunds_as_the_independent_client_sees_them(
    simulator: RunningAlipay,
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

    await simulator.control.scan(opened["qr_code"])
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


async def test_closing_and_cancelling_as_the_independent_client_sees_them(simulator: RunningAlipay) -> None:
    client = client_of(simulator)
    ask = asyncio.to_thread
    for number in ("unscanned", "waiting", "paid"):
        await ask(client.api_alipay_trade_precreate, "x", number, "1.00")

    absent = await ask(client.api_alipay_trade_close, "unscanned")
    assert absent["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    assert "action" not in await ask(client.api_alipay_trade_cancel, "unscanned")

    await simulator.control.scan("waiting")
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
    assert (await simulator.control.trade("paid")).refunded_minor == 100


async def test_the_independent_client_verifies_our_notices_and_notices_tampering(
    simulator: RunningAlipay,
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


async def test_a_request_signed_with_another_key_is_refused_with_a_signed_answer(
    simulator: RunningAlipay,
) -> None:
    impostor = client_of(simulator, app_private_key_string=simulator.keys.alipay_private_pem)

    refused = await asyncio.to_thread(impostor.api_alipay_trade_query, "order_1")

    assert (refused["code"], refused["sub_code"]) == ("40002", "isv.invalid-signature")


async def test_an_unknown_application_is_refused_without_a_signature(simulator: RunningAlipay) -> None:
    stranger = client_of(simulator, appid="2021000000000000")

    with pytest.raises(AliPayException):
        await asyncio.to_thread(stranger.api_alipay_trade_query, "order_1")


async def test_the_independent_client_refuses_a_forged_answer(simulator: RunningAlipay) -> None:
    await simulator.control.switch_on(Fault.WRONG_SIGNATURE, calls=1)

    with pytest.raises(AliPayValidationError):
        await asyncio.to_thread(client_of(simulator).api_alipay_trade_query, "order_1")
    answer = await asyncio.to_thread(client_of(simulator).api_alipay_trade_query, "order_1")
    assert answer["sub_code"] == "ACQ.TRADE_NOT_EXIST"
