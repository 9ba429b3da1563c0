"""Does a cashier get through with an amount and a scanner, and are they told what became of it?"""

from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tael.merchants.model import TeamRole
from tael.testing.platform import Platform
from tests.e2e.browsing import PHONE_IN_ENGLISH, reading, shut_out
from tests.e2e.portal_desk import seat_in
from tests.e2e.shares import DEVICES, one_of


async def at_the_counter(shop: Platform, context: BrowserContext, role: TeamRole = TeamRole.CASHIER) -> Page:
    """The page, as somebody of the team who is signed in."""
    seat = await seat_in(shop, shop.merchant.merchant, role)
    await context.add_cookies(
        [{"name": "tael_portal", "value": seat.cookies["tael_portal"], "url": shop.public_url}]
    )
    page = await context.new_page()
    await page.goto(f"{shop.public_url}/portal/counter")
    return page


async def last_charge(shop: Platform) -> Any:
    return (await shop.merchant.get("/v1/counter/charges", limit=1)).body["items"][0]


@pytest.mark.parametrize("device", one_of(DEVICES, "desktop-zh"))
async def test_a_payer_is_asked_for_the_password_and_the_cashier_sees_it_paid(
    shop: Platform, browser: Browser, device: dict[str, Any]
) -> None:
    async with reading(browser, **device, bypass_csp=True, reduced_motion="reduce") as context:
        page = await at_the_counter(shop, context)
        assert await shut_out(page) == []
        await page.locator("#amount").fill("12.80")
        await page.keyboard.press("Enter")
        await expect(page.locator("#code")).to_be_focused()
        await page.keyboard.type(await shop.simulator.control.shown_code("ask"))
        await page.keyboard.press("Enter")
        charge = page.locator(".charge")
        await expect(charge).to_have_attribute("data-state", "waiting_for_payer")
        assert await shut_out(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= device["viewport"]["width"]
        taken = await last_charge(shop)
        assert taken["amount_minor"] == 1280
        assert taken["taken_by"].startswith("member:lgn_")
        attempt = (await shop.merchant.payment(taken["id"]))["attempts"][0]
        await shop.simulator.control.pay(attempt["id"])
        await expect(charge).to_have_attribute("data-state", "succeeded", timeout=20_000)
        assert await shut_out(page) == []


async def test_a_scanner_types_into_the_code_wherever_the_cursor_is(shop: Platform, browser: Browser) -> None:
    async with reading(browser, **PHONE_IN_ENGLISH) as context:
        page = await at_the_counter(shop, context)
        for key in "5.5":
            await page.locator(f"[data-key='{key}']").click()
        await page.locator("#amount").focus()
        code = await shop.simulator.control.shown_code("at_once")
        await page.evaluate(
            """code => {
                for (const key of [...code, "Enter"])
                    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
            }""",
            code,
        )
        await expect(page.locator(".charge")).to_have_attribute("data-state", "succeeded", timeout=20_000)
    assert (await last_charge(shop))["amount_minor"] == 550


async def test_a_cashier_cancels_a_payer_who_has_gone(shop: Platform, browser: Browser) -> None:
    async with reading(browser, **PHONE_IN_ENGLISH) as context:
        page = await at_the_counter(shop, context)
        await page.locator("#amount").fill("1")
        await page.locator("#code").fill(await shop.simulator.control.shown_code("ask"))
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Cancel this charge").click()
        await expect(page.locator(".charge")).to_have_attribute("data-state", "canceled", timeout=20_000)
        await page.get_by_role("link", name="Next payer").click()
        await expect(page.locator(".till-last li").first).to_contain_text("Canceled")


async def test_somebody_who_only_looks_does_not_get_to_the_counter(shop: Platform) -> None:
    seat = await seat_in(shop, shop.merchant.merchant, TeamRole.VIEWER)
    assert (await seat.look("/counter")).status == 403
    cashier = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER)
    assert (await cashier.look("/counter")).status == 200
    forged = await cashier.send("/counter", {"amount": "1", "code": "2512345678901234", "_once": "x" * 20})
    assert forged.status == 403
