"""Is the balance offered at the checkout, does it lead to the payer's wallet, and does the page know when it was paid there?"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tael.app.supervisor import DatabaseUrls
from tael.behaviour.model import Circumstances
from tael.foundation.calls import Call, Caller
from tael.foundation.ids import new_id
from tael.testing.books import check_books
from tael.testing.databases import fresh_database
from tael.testing.platform import Platform, running_platform
from tael.wallets.api import PayOrder
from tests.e2e.browsing import DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH, reading, shut_out
from tests.integration.wallets_scene import Person, Scene

PAYMENT = {"amount_minor": 1280, "currency": "CNY", "reference": "order-1", "description": "Two cups of tea"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def market(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A platform that can be paid from wallets, too."""
    folder: Path = tmp_path_factory.mktemp("market")
    async with fresh_database(server) as urls, running_platform(urls, folder, balance=True) as running:
        yield running


async def pays(market: Platform, payer: Person, number: str) -> int:
    """A user pays an order; the status of the answer."""
    command = PayOrder(
        number=number,
        user_id=payer.user_id,
        login_id=payer.login_id,
        circumstances=Circumstances(at=market.house.clock.now()),
    )
    call = Call(
        caller=Caller(owner=payer.user_id, actor=f"user:{payer.user_id}"),
        action="wallets.pay_order",
        key=new_id("key"),
        request=command,
        command=command,
    )
    return (await market.house.wallets.orders.pay(call)).status


@pytest.mark.parametrize(
    ("device", "name"),
    [(DESKTOP_IN_CHINESE, "余额"), (PHONE_IN_ENGLISH, "Tael balance")],
    ids=["desktop-zh", "phone-en"],
)
async def test_a_payer_goes_to_the_wallet_and_the_checkout_hears_of_it(
    market: Platform, browser: Browser, device: dict[str, Any], name: str
) -> None:
    payer = await Scene(market.house, market.house.clock).person(5_000)
    payment = (await market.merchant.post("/v1/payments", PAYMENT)).body
    async with reading(browser, **device, bypass_csp=True, reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(f"{market.public_url}/pay/{payment['id']}")
        await page.get_by_role("link", name=name).click()
        await expect(page.locator("main")).to_have_attribute("data-kind", "go")
        assert await shut_out(page) == []
        beside = await context.new_page()
        await beside.goto(page.url)
        asked: list[str] = []
        beside.on("request", lambda request: asked.append(request.url))
        await beside.locator("a.button, button.button").first.click()
        await beside.wait_for_load_state()
        [number] = {found[1] for url in asked if (found := re.search(r"/wallet/orders/(att_\w{26})", url))}
        assert await pays(market, payer, number) == 200
        await expect(page.locator("main")).to_have_attribute("data-state", "paid", timeout=10_000)
    assert (await market.merchant.payment(payment["id"]))["state"] == "captured"
    await check_books(market.house, await market.simulator.control.summary())


async def test_a_cashier_scans_a_payment_code(market: Platform) -> None:
    payer = await Scene(market.house, market.house.clock).person(5_000)
    code = await market.house.wallets.codes.payment_code(user_id=payer.user_id, login_id=payer.login_id)
    reply = await market.merchant.post("/v1/counter/charges", {**PAYMENT, "payer_code": code.code})
    assert (reply.status, reply.body["state"], reply.body["method"]) == (201, "succeeded", "balance")
    await check_books(market.house, await market.simulator.control.summary())
