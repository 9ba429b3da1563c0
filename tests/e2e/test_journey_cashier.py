"""A cashier's morning: sign in with a second factor, stand at a till, scan a code that needs a password, see it paid, find it."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from tael.foundation.clock import SystemClock
from tael.merchants.model import TeamRole
from tael.testing.platform import Platform
from tests.e2e.browsing import reading, shut_out
from tests.e2e.places import a_store, a_terminal
from tests.e2e.portal_desk import PASSWORD, PortalSeat, seat_in
from tests.e2e.shares import DEVICES, one_of

WORDS = {
    "zh-CN": {"waits": "等待付款人输入密码", "paid": "收款成功", "again": "下一位", "print": "打印小票"},
    "en-GB": {
        "waits": "The payer has to enter the password.",
        "paid": "Paid",
        "again": "Next payer",
        "print": "Print the receipt",
    },
}


@pytest.mark.parametrize("device", one_of(DEVICES, "phone-en"))
async def test_a_cashier_takes_a_shown_code_that_needs_a_password(
    shop: Platform, browser: Browser, device: dict[str, Any]
) -> None:
    mine, other = await a_store(shop.merchant), await a_store(shop.merchant)
    till, _ = await a_terminal(shop.merchant, mine), await a_terminal(shop.merchant, other)
    seat = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER, name="Lin", stores=(mine,))
    words, width = WORDS[device["locale"]], device["viewport"]["width"]
    async with reading(browser, **device, reduced_motion="reduce") as context:
        page = await context.new_page()
        await _comes_in(page, seat)
        await _is_good(page, width)
        await page.locator("#place").select_option(till)
        await page.locator("#amount").fill("12.80")
        await page.keyboard.press("Enter")
        await expect(page.locator("#code")).to_be_focused()
        await page.keyboard.type(await shop.simulator.control.shown_code("ask"))
        await page.keyboard.press("Enter")
        charge = page.locator(".charge")
        await expect(charge.locator("[data-says]")).to_have_text(words["waits"])
        await _is_good(page, width)
        address = page.url
        charge_id = address.rpartition("charge=")[2]
        [attempt] = (await shop.merchant.payment(charge_id))["attempts"]
        await shop.simulator.control.pay(attempt["id"])
        await expect(charge.locator("[data-says]")).to_have_text(words["paid"], timeout=20_000)
        await expect(charge.locator("[data-sign=succeeded]")).to_be_visible()
        await expect(page.locator(".till-last li").first).to_contain_text(words["paid"])
        assert page.url == address, "the page turned green by itself"
        await _is_good(page, width)
        await _has_a_receipt(page, words["print"], charge_id)
        await page.get_by_role("link", name=words["again"]).click()
        assert await page.locator("#place").input_value() == till, "the device knows where it stands"
        assert charge_id in (await page.locator(".till-last li a").first.get_attribute("href") or "")
        await page.goto(f"{shop.public_url}/portal/payments")
        await _is_good(page, width)
        await page.locator(f"a[href$='/portal/payments/{charge_id}']").first.click()
        await expect(page.locator("h1")).to_contain_text("12.80")
        await _is_good(page, width)
    taken = (await shop.merchant.get(f"/v1/counter/charges/{charge_id}")).body
    assert (taken["store_id"], taken["terminal_id"]) == (mine, till)
    assert taken["taken_by"] == f"member:{seat.login_id}"


async def _comes_in(page: Page, seat: PortalSeat) -> None:
    """To the counter, past the door: with the password, and the next code of the authenticator."""
    email = (await seat.shop.house.people.identity.find(seat.login_id)).email
    await page.goto(f"{seat.shop.public_url}/portal/counter")
    await page.locator("input[name=email]").fill(email)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    code = pyotp.TOTP(seat.secret).at(SystemClock().now() + timedelta(seconds=30))
    await page.locator("input[name=code]").fill(code)
    await page.keyboard.press("Enter")
    await expect(page.locator("#place")).to_be_visible()


async def _is_good(page: Page, width: int) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert await shut_out(page) == [], page.url


async def _has_a_receipt(page: Page, words: str, charge_id: str) -> None:
    """What is printed: where, how much, the number; and no buttons."""
    await expect(page.get_by_role("button", name=words)).to_be_visible()
    await page.emulate_media(media="print")
    for text in ("12.80", charge_id, "West Lake · Till 1", "Blue Teapot"):
        await expect(page.locator(".charge")).to_contain_text(text)
    await expect(page.get_by_role("button", name=words)).to_be_hidden()
    await expect(page.locator(".till-last")).to_be_hidden()
    await page.emulate_media(media="screen")
