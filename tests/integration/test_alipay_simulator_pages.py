"""Can a person pay at the simulator, without JavaScript, in Chinese and in English?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from tael.channels.port import Operation, Order, OutcomeState, PayoutOrder, Product
from tael.foundation.clock import SystemClock
from tael.foundation.money import Money
from tael.testing.alipay import AlipayMerchant
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

Scene = tuple[RunningSimulator, aiohttp.ClientSession, str]
CROSS_SITE = {"sec-fetch-site": "cross-site"}


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a third of a second to make: once for all."""
    return tmp_path_factory.mktemp("alipay") / "keys"


@pytest.fixture
async def scene(keys_folder: Path) -> AsyncIterator[Scene]:
    """A simulator, a browser of sorts, and an order's code."""
    async with (
        running_simulator("alipay", keys_folder) as simulator,
        aiohttp.ClientSession() as session,
        AlipayMerchant(connector_of(simulator)) as merchant,
    ):
        order = merchant.order("att_1", subject="<b>咖啡")
        opened = await merchant.ask(Operation.PAY, order)
        assert opened.code_url is not None
        yield simulator, session, opened.code_url


async def text_of(session: aiohttp.ClientSession, url: str, **headers: str) -> str:
    async with session.get(url, headers=headers) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_opening_the_page_is_scanning(scene: Scene) -> None:
    simulator, session, code_url = scene
    assert (await simulator.control.order("att_1")).state == "UNSCANNED"

    page = await text_of(session, code_url)

    assert (await simulator.control.order("att_1")).state == "WAIT_BUYER_PAY"
    assert "12.80" in page
    assert "模拟器" in page
    assert "&lt;b&gt;咖啡" in page


async def test_pressing_pay_pays_and_says_so(scene: Scene) -> None:
    simulator, session, code_url = scene

    async with session.post(code_url, data={"choice": "pay", "lang": "en"}) as answer:
        page = await answer.text()

    assert "Paid" in page
    assert '<html lang="en">' in page
    assert (await simulator.control.order("att_1")).state == "TRADE_SUCCESS"
    assert "<button" not in page


async def test_declining_leaves_the_order_waiting(scene: Scene) -> None:
    simulator, session, code_url = scene

    async with session.post(code_url, data={"choice": "decline", "lang": "en"}) as answer:
        page = await answer.text()

    assert "You did not pay" in page
    assert "<button" in page
    assert (await simulator.control.order("att_1")).state == "WAIT_BUYER_PAY"


async def test_an_expired_code_takes_no_money(scene: Scene) -> None:
    simulator, session, code_url = scene
    await simulator.control.advance(seconds=601)

    async with session.post(code_url, data={"choice": "pay", "lang": "en"}) as answer:
        page = await answer.text()

    assert "This order has ended" in page
    assert (await simulator.control.order("att_1")).paid_count == 0


async def test_the_page_speaks_the_browsers_language_unless_another_is_asked_for(scene: Scene) -> None:
    _, session, code_url = scene

    assert "Not now" in await text_of(session, code_url, **{"accept-language": "en-GB,en;q=0.9"})
    assert "暂不付款" in await text_of(session, code_url, **{"accept-language": "zh-CN,zh;q=0.9"})
    assert "暂不付款" in await text_of(session, f"{code_url}?lang=zh", **{"accept-language": "en"})


async def test_pages_allow_no_script_and_nothing_from_elsewhere(scene: Scene) -> None:
    _, session, code_url = scene

    async with session.get(code_url) as answer:
        policy, page = answer.headers["content-security-policy"], await answer.text()

    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "<script" not in page
    assert "style=" not in page
    for path in ("/static/simulator.css", "/favicon.ico"):
        assert await text_of(session, scene[0].url + path)


async def test_forms_of_other_sites_are_refused(scene: Scene) -> None:
    simulator, session, code_url = scene

    async with session.post(code_url, data={"choice": "pay"}, headers=CROSS_SITE) as answer:
        assert answer.status == 403

    assert (await simulator.control.order("att_1")).paid_count == 0


async def test_a_code_that_does_not_exist_is_said_to_be_so(scene: Scene) -> None:
    simulator, session, _ = scene

    async with session.get(f"{simulator.url}/pay/nosuch?lang=en") as answer:
        assert answer.status == 404
        assert "There is no such code" in await answer.text()


async def test_the_operator_sees_orders_and_switches_faults(scene: Scene) -> None:
    simulator, session, code_url = scene
    await simulator.control.pay(code_url)

    page = await text_of(session, f"{simulator.url}/?lang=en")
    assert "att_1" in page
    assert "TRADE_SUCCESS" in page
    form = {"fault": "lost_reply", "calls": "2", "order": "att_1", "method": "", "lang": "en"}
    async with session.post(f"{simulator.url}/faults", data=form) as answer:
        assert "Switch off" in await answer.text()
    (switch,) = await simulator.control.faults()
    assert (switch.fault, switch.calls, switch.order, switch.method) == ("lost_reply", 2, "att_1", None)
    async with session.post(f"{simulator.url}/faults", data={"remove": "0"}):
        assert await simulator.control.faults() == []


async def test_a_payer_makes_a_code_to_show_and_finds_the_page_behind_it(scene: Scene) -> None:
    simulator, session, _ = scene
    assert "/my-code" in await text_of(session, f"{simulator.url}/?lang=en")

    async with session.post(f"{simulator.url}/my-code", data={"choice": "ask", "lang": "en"}) as answer:
        page, code = await answer.text(), answer.url.query["code"]

    assert f"/pay/{code}" in page
    order = Order(
        order_number="att_2",
        amount=Money(300, "CNY"),
        subject="tea",
        expires_at=SystemClock().now() + timedelta(minutes=5),
        notice_url="",
        product=Product.BARCODE,
        payer_code=code,
    )
    async with AlipayMerchant(connector_of(simulator)) as merchant:
        assert (await merchant.ask(Operation.PAY, order)).state is OutcomeState.WAITING
    assert "3.00" in await text_of(session, f"{simulator.url}/pay/{code}?lang=en")


async def test_the_operator_sees_payouts_with_payee_and_state(scene: Scene) -> None:
    simulator, session, _ = scene
    payout = PayoutOrder(
        payout_number="po_1", amount=Money(5_000, "CNY"), payee_account="slow<b>", purpose="wages"
    )
    async with AlipayMerchant(connector_of(simulator)) as merchant:
        await merchant.ask(Operation.PAY_OUT, payout=payout)

    page = await text_of(session, f"{simulator.url}/?lang=en")

    assert "po_1" in page
    assert "slow&lt;b&gt;" in page
    assert "DEALING" in page


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "pay", b"{", 422),
        ("POST", "pay", b'{"qr_code":"x"}', 422),
        ("POST", "pay", b'{"order":"nobody"}', 404),
        ("POST", "fly", b"{}", 404),
        ("GET", "orders/nobody", b"", 404),
        ("PUT", "faults", b'{"switches":[{"fault":"boredom"}]}', 422),
        ("POST", "advance", b'{"seconds":1e999}', 422),
        ("POST", "pay", b"x" * 8_000_001, 413),
    ],
)
async def test_bad_control_requests_are_told_what_is_wrong(
    scene: Scene, method: str, path: str, body: bytes, status: int
) -> None:
    simulator, session, _ = scene

    sent = BytesIO(body) if body else None
    async with session.request(method, f"{simulator.url}/_control/{path}", data=sent) as answer:
        assert answer.status == status
