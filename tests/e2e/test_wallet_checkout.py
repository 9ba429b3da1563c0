"""Is the balance offered at the checkout, does it lead to the payer's wallet, and does the page know when it was paid there?"""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tael.behaviour.model import Circumstances
from tael.foundation.calls import Call, Caller
from tael.foundation.ids import new_id
from tael.testing.books import faults_in_books
from tael.wallets.api import PayOrder
from tests.e2e.browsing import DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH, reading, shut_out
from tests.e2e.money_town import MoneyTown
from tests.integration.wallets_scene import Person, Scene

PAYMENT = {"amount_minor": 1280, "currency": "CNY", "reference": "order-1", "description": "Two cups of tea"}


async def pays(town: MoneyTown, payer: Person, number: str) -> int:
    """A user pays an order; the status of the answer."""
    command = PayOrder(
        number=number,
        user_id=payer.user_id,
        login_id=payer.login_id,
        circumstances=Circumstances(at=town.house.clock.now()),
    )
    call = Call(
        caller=Caller(owner=payer.user_id, actor=f"user:{payer.user_id}"),
        action="wallets.pay_order",
        key=new_id("key"),
        request=command,
        command=command,
    )
    return (await town.house.wallets.orders.pay(call)).status


@pytest.mark.parametrize(
    ("device", "name"),
    [(DESKTOP_IN_CHINESE, "余额"), (PHONE_IN_ENGLISH, "Tael balance")],
    ids=["desktop-zh", "phone-en"],
)
async def test_a_payer_goes_to_the_wallet_and_the_checkout_hears_of_it(
    town: MoneyTown, browser: Browser, device: dict[str, Any], name: str
) -> None:
    payer = await Scene(town.house, town.house.clock).person(5_000)
    payment = (await town.shop.merchant.post("/v1/payments", PAYMENT)).body
    async with reading(browser, **device, bypass_csp=True, reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(f"{town.shop.public_url}/pay/{payment['id']}")
        await expect(page.locator(".ways a[aria-current]")).not_to_have_text(name)
        await page.get_by_role("link", name=name).click()
        await expect(page.locator("main")).to_have_attribute("data-kind", "go")
        assert await shut_out(page) == []
        beside = await context.new_page()
        await beside.goto(page.url)
        async with beside.expect_request(re.compile(r"/wallet/orders/att_\w{26}")) as asked:
            await beside.locator("a.button, button.button").first.click()
        found = re.search(r"/wallet/orders/(att_\w{26})", (await asked.value).url)
        assert found is not None
        assert await pays(town, payer, found[1]) == 200
        await expect(page.locator("main")).to_have_attribute("data-state", "paid")
        another = (await town.shop.merchant.post("/v1/payments", PAYMENT)).body
        await page.goto(f"{town.shop.public_url}/pay/{another['id']}")
        chosen = page.locator(".ways a[aria-current]")
        await expect(chosen).to_have_text(name)  # whoever has paid so is asked so the next time
    assert (await town.shop.merchant.payment(payment["id"]))["state"] == "captured"
    assert await faults_in_books(town.house) == []


async def test_a_cashier_scans_a_payment_code(town: MoneyTown) -> None:
    payer = await Scene(town.house, town.house.clock).person(5_000)
    code = await town.house.wallets.codes.payment_code(user_id=payer.user_id, login_id=payer.login_id)
    charge = {**PAYMENT, "payer_code": code.code}
    reply = await town.shop.merchant.post("/v1/counter/charges", charge)
    assert (reply.status, reply.body["state"], reply.body["method"]) == (201, "succeeded", "balance")
    assert await faults_in_books(town.house) == []
