"""Can a person pay with a test card, be asked by their bank, and come back, in Chinese and in English?"""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest

from tael.channels.port import GoTo, Operation, Order, OutcomeState, Product
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.testing.simulators import running_simulator
from tests.integration.channel_scene import Scene, opened

BACK = "https://shop.example/back?cart=7"
Shop = tuple[Scene, aiohttp.ClientSession]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """The scene, and a browser of sorts."""
    async with opened("stripe", tmp_path) as scene, aiohttp.ClientSession() as browser:
        yield scene, browser


async def page_of(scene: Scene, **changes: object) -> tuple[Order, str]:
    """An order and the address of its page."""
    changes = {"product": Product.PAGE, "return_url": BACK, "subject": "<b>茶"} | changes
    order = scene.order(new_id("att"), amount=Money(1280, "CNY"), **changes)
    outcome = await scene.ask(Operation.PAY, order)
    assert isinstance(outcome.action, GoTo)
    return msgspec.structs.replace(order, channel_reference=outcome.channel_reference), outcome.action.url


async def text_of(browser: aiohttp.ClientSession, url: str, **headers: str) -> str:
    async with browser.get(url, headers=headers) as answer:
        assert answer.status == 200
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        return await answer.text()


async def sent(browser: aiohttp.ClientSession, url: str, **form: str) -> str:
    """Where a form leads."""
    async with browser.post(url, data=form, allow_redirects=False) as answer:
        assert answer.status == 303
        return answer.headers["location"]


async def state_of(scene: Scene, order: Order) -> OutcomeState:
    return (await scene.ask(Operation.INQUIRE, order)).state


async def test_a_person_pays_with_a_test_card_and_is_led_back(shop: Shop) -> None:
    scene, browser = shop
    order, url = await page_of(scene)
    page = await text_of(browser, url)
    assert "12.80" in page
    assert "&lt;b&gt;茶" in page
    assert "模拟器" in page
    assert "Simulator" in await text_of(browser, url, **{"accept-language": "en-GB"})
    assert await sent(browser, url, number="4242 4242 4242 4242", exp="12/34", cvc="123") == BACK
    assert await state_of(scene, order) is OutcomeState.SUCCEEDED
    assert "付款成功" in await text_of(browser, url)


async def test_a_refused_card_leaves_the_page_open_for_another(shop: Shop) -> None:
    scene, browser = shop
    order, url = await page_of(scene)
    again = await sent(browser, url, number="4000000000009995", lang="en")
    assert "said=card_declined" in again
    assert "Try another card" in await text_of(browser, scene.running.url + again)
    assert await state_of(scene, order) is OutcomeState.WAITING
    assert await sent(browser, url, number="4242424242424242") == BACK
    assert (await scene.control.order(order.order_number)).paid_count == 1


def kept_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_a_number_that_is_no_test_card_is_neither_taken_nor_kept(tmp_path: Path) -> None:
    cart = {
        "mode": "payment",
        "success_url": BACK,
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "cny",
        "line_items[0][price_data][unit_amount]": "1280",
        "line_items[0][price_data][product_data][name]": "Tea",
    }
    async with (
        running_simulator("stripe", tmp_path, remembers=True) as running,
        aiohttp.ClientSession() as browser,
    ):
        bearer = {"authorization": f"Bearer {running.credentials['secret_key']}"}
        sessions = f"{running.url}/v1/checkout/sessions"
        async with browser.post(sessions, data=cart, headers=bearer) as answer:
            url = (await answer.json())["url"]
        assert "said=not_a_test_card" in await sent(browser, url, number="4111 1111 1111 1111", cvc="987")
        assert await sent(browser, url, number="4242 4242 4242 4242", cvc="987") == BACK
    kept = kept_in(tmp_path)
    assert b"payment_intent.succeeded" in kept
    for number in (b"4111111111111111", b"4111 1111 1111 1111", b"4242424242424242", b"4242 4242 4242 4242"):
        assert number not in kept


@pytest.mark.parametrize(
    ("choice", "state"), [("pass", OutcomeState.SUCCEEDED), ("fail", OutcomeState.WAITING)]
)
async def test_a_bank_asks_a_payer_who_typed_in_their_card(
    shop: Shop, choice: str, state: OutcomeState
) -> None:
    scene, browser = shop
    order, url = await page_of(scene)
    question = scene.running.url + await sent(browser, url, number="4000000000003220")
    assert "发卡行" in await text_of(browser, question)
    to = await sent(browser, question, choice=choice)
    assert to == BACK if choice == "pass" else "said=card_declined" in to
    assert await state_of(scene, order) is state


@pytest.mark.parametrize(
    ("choice", "state"), [("pass", OutcomeState.SUCCEEDED), ("fail", OutcomeState.FAILED)]
)
async def test_a_bank_asks_about_a_card_from_the_vault_and_leads_back(
    shop: Shop, choice: str, state: OutcomeState
) -> None:
    scene, browser = shop
    order, url = await page_of(scene, product=Product.CARD, card_token="pm_card_authenticationRequired")
    assert "12.80" in await text_of(browser, url)
    to = await sent(browser, url, choice=choice)
    assert to.startswith(f"{BACK}&payment_intent=pi_")
    assert await state_of(scene, order) is state


async def test_a_closed_page_takes_no_card_unless_the_payer_comes_too_late(shop: Shop) -> None:
    scene, browser = shop
    order, url = await page_of(scene)
    await scene.ask(Operation.CLOSE, order)
    assert "此页面已失效" in await text_of(browser, url)
    await sent(browser, url, number="4242424242424242")
    assert await state_of(scene, order) is OutcomeState.CLOSED
    await scene.control.switch_on(Fault.LATE_SUCCESS, order=order.order_number)
    assert await sent(browser, url, number="4242424242424242") == BACK
    assert await state_of(scene, order) is OutcomeState.SUCCEEDED


async def test_forms_are_taken_from_our_own_pages_only(shop: Shop) -> None:
    scene, browser = shop
    order, url = await page_of(scene)
    headers = {"sec-fetch-site": "cross-site"}
    async with browser.post(url, data={"number": "4242424242424242"}, headers=headers) as answer:
        assert answer.status == 403
    assert await state_of(scene, order) is OutcomeState.WAITING


async def test_the_operator_sees_orders_payouts_and_faults(shop: Shop) -> None:
    scene, browser = shop
    order, url = await page_of(scene)
    await sent(browser, url, number="4242424242424242")
    page = await text_of(browser, scene.running.url + "/?lang=en")
    for words in (order.order_number, "payment_intent.succeeded", "balance_not_enough", "POST /v1/refunds"):
        assert words in page
