"""Does somebody else's client understand our simulator? `wechatpayv3` drives it over real HTTP, in both its modes."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from wechatpayv3 import WeChatPay, WeChatPayType

from tael.channels.port import InvokeWallet, Operation, Product
from tael.foundation.clock import CHINA, SystemClock
from tael.simulators.base import Fault
from tael.simulators.wechatpay import APP_ID, MERCHANT_ID, MERCHANT_SERIAL, PUBLIC_KEY_ID, prepare_keys
from tael.testing.alipay import AlipayMerchant as Merchant
from tael.testing.alipay import NoticeListener, listening_for_notices
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
NOWHERE = "https://merchant.example/notices"
FEN = {"total": 1280, "currency": "CNY"}


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSimulator]:
    """One for all tests of this file: each has orders of its own."""
    async with running_simulator("wechatpay", tmp_path_factory.mktemp("wechatpay") / "keys") as running:
        yield running


@pytest.fixture
async def simulator(running: RunningSimulator) -> AsyncIterator[RunningSimulator]:
    yield running
    await running.control.switch_off()


def client_of(simulator: RunningSimulator, *, notify_url: str = NOWHERE, **changes: Any) -> WeChatPay:
    """A client that checks answers with the public key."""
    keys = prepare_keys(simulator.home)
    options = {
        "mchid": MERCHANT_ID,
        "private_key": _bare(keys.merchant_private_pem),
        "cert_serial_no": MERCHANT_SERIAL,
        "appid": APP_ID,
        "apiv3_key": keys.apiv3_key,
        "notify_url": notify_url,
        "public_key": keys.public_key_pem,
        "public_key_id": PUBLIC_KEY_ID,
    }
    client = WeChatPay(WeChatPayType.NATIVE, **(options | changes))
    client._core._gate_way = simulator.url
    return client


def _bare(pem: str) -> str:
    """The key in the one form that the client takes: PKCS #8."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def files_in(folder: Path) -> int:
    """How many certificates the client has written down."""
    return len(list(folder.iterdir()))


async def asked(call: Callable[..., tuple[int, Any]], *positional: Any, **named: Any) -> tuple[int, Any]:
    """What a call of the client gives: the status, and the content if there is any. It blocks, hence the thread."""
    status, content = await asyncio.to_thread(call, *positional, **named)
    return status, json.loads(content) if isinstance(content, str) and content else content


async def begun(client: WeChatPay, number: str, **more: Any) -> tuple[int, Any]:
    """An order over 12.80 yuan."""
    return await asked(client.pay, description="两杯咖啡", out_trade_no=number, amount=FEN, **more)


@pytest.mark.parametrize(
    ("kind", "more", "field"),
    [
        (WeChatPayType.NATIVE, {}, "code_url"),
        (WeChatPayType.JSAPI, {"payer": {"openid": OPENID}}, "prepay_id"),
        (WeChatPayType.APP, {}, "prepay_id"),
        (
            WeChatPayType.H5,
            {"scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}},
            "h5_url",
        ),
    ],
)
async def test_the_client_begins_an_order_of_each_product(
    simulator: RunningSimulator, kind: WeChatPayType, more: dict[str, Any], field: str
) -> None:
    client = client_of(simulator)

    status, answer = await begun(client, f"order-{kind.name}", pay_type=kind, **more)

    assert status == 200, answer
    assert list(answer) == [field]
    _, order = await asked(client.query, out_trade_no=f"order-{kind.name}")
    assert (order["trade_state"], order["amount"]["total"]) == ("NOTPAY", 1280)


async def test_the_client_takes_the_money_of_a_code_that_the_payer_shows(simulator: RunningSimulator) -> None:
    client = client_of(simulator)
    at_once, ask_first = await simulator.control.shown_code(), await simulator.control.shown_code("ask")
    shop = {"store_info": {"id": "0001"}}

    def scanned(number: str, code: str) -> Any:
        more = {"payer": {"auth_code": code}, "scene_info": shop}
        return begun(client, number, pay_type=WeChatPayType.CODEPAY, **more)

    assert (await scanned("shown-1", at_once))[1]["trade_state"] == "SUCCESS"
    assert await scanned("shown-2", ask_first) == (
        202,
        {"code": "USERPAYING", "message": "需要用户输入支付密码"},
    )
    status, reversed_ = await asked(client.codepay_reverse, "shown-2")

    assert (status, reversed_["out_trade_no"]) == (200, "shown-2")
    assert (await asked(client.query, out_trade_no="shown-2"))[1]["trade_state"] == "REVOKED"
    assert (await scanned("shown-3", at_once))[1]["code"] == "AUTH_CODE_INVALID"


async def test_the_client_closes_an_order_and_believes_the_empty_answer(simulator: RunningSimulator) -> None:
    client = client_of(simulator)
    await begun(client, "order-close")

    assert await asked(client.close, "order-close") == (204, b"")
    assert (await asked(client.query, out_trade_no="order-close"))[1]["trade_state"] == "CLOSED"
    assert (await asked(client.query, out_trade_no="order-never"))[0] == 404


async def test_a_number_used_for_another_order_is_refused(simulator: RunningSimulator) -> None:
    client = client_of(simulator)
    _, first = await begun(client, "order-twice")

    assert await begun(client, "order-twice") == (200, first)
    status, refusal = await begun(client, "order-twice", attach="something else")
    assert (status, refusal["code"]) == (403, "OUT_TRADE_NO_USED")


async def test_the_client_gives_money_back_and_asks_for_it(simulator: RunningSimulator) -> None:
    client = client_of(simulator)
    await begun(client, "order-refund")
    paid = await simulator.control.pay("order-refund")
    amount = {"refund": 300, "total": 1280, "currency": "CNY"}

    status, refund = await asked(
        client.refund, out_refund_no="refund-1", amount=amount, transaction_id=paid.channel_reference
    )

    assert (status, refund["status"], refund["amount"]["refund"]) == (200, "PROCESSING", 300)
    _, found = await asked(client.query_refund, "refund-1")
    assert (found["status"], found["refund_id"]) == ("SUCCESS", refund["refund_id"])
    await asked(client.refund, out_refund_no="refund-1", amount=amount, out_trade_no="order-refund")
    assert (await simulator.control.order("order-refund")).refunded_minor == 300


async def test_the_client_fetches_both_records_and_their_hashes_are_right(
    simulator: RunningSimulator,
) -> None:
    client = client_of(simulator)
    await begun(client, "order-bill")
    await simulator.control.pay("order-bill")
    await simulator.control.advance(seconds=2 * 86400)
    day = (SystemClock().now() - timedelta(days=2)).astimezone(CHINA).date().isoformat()

    for call, heading in ((client.trade_bill, "交易时间,"), (client.fundflow_bill, "记账时间,")):
        status, place = await asked(call, bill_date=day)
        assert status == 200, place
        _, packed = await asked(client.download_bill, place["download_url"])
        text = gzip.decompress(packed)
        assert hashlib.sha1(text).hexdigest() == place["hash_value"]
        assert text.decode().startswith(heading)
        assert "order-bill" in text.decode()
        await simulator.control.advance(seconds=301)
        assert (await asked(client.download_bill, place["download_url"]))[0] == 400


async def test_the_client_shares_the_money_of_an_order(simulator: RunningSimulator) -> None:
    client = client_of(simulator)
    await begun(client, "order-shared", settle_info={"profit_sharing": True})
    paid = await simulator.control.pay("order-shared")
    number = paid.channel_reference
    receiver = {"type": "MERCHANT_ID", "account": "1900000110", "amount": 200, "description": "分给供应商"}

    refused, _ = await asked(
        client.profitsharing_order, number, "split-1", [receiver], unfreeze_unsplit=False
    )
    await asked(client.profitsharing_add_receiver, "MERCHANT_ID", "1900000110", "SUPPLIER", name="供应商")
    status, split = await asked(
        client.profitsharing_order, number, "split-1", [receiver], unfreeze_unsplit=False
    )
    _, found = await asked(client.profitsharing_order_query, number, "split-1")
    _, left = await asked(client.profitsharing_amount_query, number)
    _, unfrozen = await asked(client.profitsharing_unfreeze, number, "split-2", "完结")

    assert (refused, status, split["state"]) == (400, 200, "PROCESSING")
    assert [(part["result"], part["amount"]) for part in found["receivers"]] == [("SUCCESS", 200)]
    assert left["unsplit_amount"] == 1080
    assert unfrozen["out_order_no"] == "split-2"
    assert (await asked(client.profitsharing_amount_query, number))[1]["unsplit_amount"] == 0


async def test_the_client_pays_somebody_whose_name_it_seals(simulator: RunningSimulator) -> None:
    client = client_of(simulator)

    def paid_out(name: str) -> Any:
        return asked(
            client.mch_transfer_bills,
            out_bill_no="bill1",
            transfer_scene_id="1000",
            openid=OPENID,
            transfer_amount=300_000,
            transfer_remark="报销",
            user_name=name,
        )

    status, transfer = await paid_out("张三")
    assert (status, transfer["state"]) == (200, "WAIT_USER_CONFIRM")
    assert (await paid_out("李四"))[0] == 400
    await simulator.control.act_on_payout("payout_succeed", "bill1")
    _, found = await asked(client.mch_transfer_bills_query, out_bill_no="bill1")

    assert (found["state"], found["transfer_amount"]) == ("SUCCESS", 300_000)
    assert (await asked(client.mch_transfer_bills_query, out_bill_no="bill2"))[0] == 404


async def _one_notice(simulator: RunningSimulator, listener: NoticeListener, client: WeChatPay) -> Any:
    await begun(client, "order-told")
    await simulator.control.pay("order-told")
    return (await listener.wait_for(1))[0]


async def test_the_client_opens_a_notice_and_refuses_a_signature_test(simulator: RunningSimulator) -> None:
    async with listening_for_notices() as listener:
        client = client_of(simulator, notify_url=listener.url)
        inbound = await _one_notice(simulator, listener, client)

        opened = client.callback(inbound.headers, inbound.body)
        assert opened["event_type"] == "TRANSACTION.SUCCESS"
        assert opened["resource"]["out_trade_no"] == "order-told"

        await simulator.control.switch_on(Fault.WRONG_SIGNATURE, method="notice", calls=1)
        amount = {"refund": 1280, "total": 1280, "currency": "CNY"}
        await asked(client.refund, out_refund_no="r1", amount=amount, out_trade_no="order-told")
        forged = (await listener.wait_for(2))[1]
        assert client.callback(forged.headers, forged.body) is None


async def test_the_client_in_certificate_mode_follows_a_rotation(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    keys = prepare_keys(simulator.home)
    (tmp_path / "old.pem").write_text(keys.certificate_pems[0])
    client = client_of(simulator, public_key=None, public_key_id=None, cert_dir=str(tmp_path))

    assert (await begun(client, "order-certificates"))[0] == 200
    await simulator.control.act_at_large("rotate")

    status, order = await asked(client.query, out_trade_no="order-certificates")
    assert (status, order["trade_state"]) == (200, "NOTPAY")
    assert files_in(tmp_path) == 3


async def test_the_client_notices_a_wrong_signature(simulator: RunningSimulator) -> None:
    client = client_of(simulator)
    await simulator.control.switch_on(Fault.WRONG_SIGNATURE, calls=1)

    with pytest.raises(Exception, match="failed to verify the signature"):
        await begun(client, "order-forged")


async def test_a_client_with_another_key_is_refused(simulator: RunningSimulator) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    status, refusal = await begun(client_of(simulator, private_key=other.decode()), "order-other")

    assert (status, refusal["code"]) == (401, "SIGN_ERROR")


async def test_our_signature_for_the_wallet_is_the_one_that_the_client_makes(
    simulator: RunningSimulator,
) -> None:
    client = client_of(simulator)
    async with Merchant(connector_of(simulator)) as merchant:
        order = merchant.order("order-wallet", notice_url=NOWHERE, product=Product.JSAPI, payer_id=OPENID)
        outcome = await merchant.ask(Operation.PAY, order)
    assert isinstance(outcome.action, InvokeWallet)
    said = outcome.action.parameters

    theirs = client.sign([said["appId"], said["timeStamp"], said["nonceStr"], said["package"]])

    assert said["paySign"] == theirs


async def test_the_client_in_certificate_mode_opens_notices_too(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    for number, pem in enumerate(prepare_keys(simulator.home).certificate_pems):
        (tmp_path / f"{number}.pem").write_text(pem)
    async with listening_for_notices() as listener:
        client = client_of(
            simulator, notify_url=listener.url, public_key=None, public_key_id=None, cert_dir=str(tmp_path)
        )
        await begun(client, "order-told-too")
        await simulator.control.pay("order-told-too")
        inbound = (await listener.wait_for(1))[0]

    assert client.callback(inbound.headers, inbound.body)["resource"]["amount"]["total"] == 1280
