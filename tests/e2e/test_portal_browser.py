"""Can a merchant's people use the portal in a real browser: on a desk and a phone, in both languages, by keys, without scripts?"""

from typing import Any

import pyotp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tael.foundation.clock import SystemClock
from tael.merchants.model import TeamRole
from tael.testing.platform import Platform
from tests.e2e.browsing import reading, shut_out
from tests.e2e.places import a_store
from tests.e2e.portal_desk import PASSWORD, PortalSeat, seat_in
from tests.e2e.shares import SCREENS, Share, in_turn

DOORS = ("sign-in", "sign-up", "forgotten")
PLACES = (
    "home",
    "payments",
    "payments?state=captured",
    "refunds",
    "team",
    "security",
    "merchants",
    "search",
    "search?q=1280",
    "exports",
    "keys",
    "webhooks",
    "events",
    "application",
    "agreement",
    "fees?amount=100&method=alipay",
    "settlement",
    "stores",
)


async def at_the_portal(context: BrowserContext, seat: PortalSeat) -> Page:
    """A page of somebody who is signed in."""
    await context.add_cookies(
        [{"name": name, "value": text, "url": seat.shop.public_url} for name, text in seat.cookies.items()]
    )
    return await context.new_page()


async def is_good(page: Page, place: str) -> None:
    """Nothing is wider than the screen, and nobody is left out."""
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0, f"{place} is wider than the screen"
    assert await shut_out(page) == [], place


@pytest.mark.parametrize(("screen", "share"), in_turn(SCREENS))
async def test_every_page_reads_on_every_screen_in_both_languages(
    shop: Platform, browser: Browser, screen: dict[str, Any], share: Share
) -> None:
    payment = await shop.captured_payment(1280)
    await shop.house.channels.write_notes()
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    refund = await ann.fill(f"/payments/{payment['id']}", "/refund", amount="2.50", note="one cup was cold")
    assert refund.status == 303
    async with reading(browser, **screen) as context:
        page = await context.new_page()
        for door in share.of(DOORS):
            await page.goto(f"{shop.public_url}/portal/{door}")
            await is_good(page, door)
        page = await at_the_portal(context, ann)
        for place in share.of((f"payments/{payment['id']}", *PLACES)):
            await page.goto(f"{shop.public_url}/portal/{place}")
            assert await page.locator("h1").is_visible(), place
            await is_good(page, place)
        await page.goto(f"{shop.public_url}/portal/payments/{payment['id']}")
        assert "sign=***" in await page.content(), "what was said to channels is shown, masked"


async def test_a_new_merchant_signs_up_by_hand_and_goes_about_by_keys(
    shop: Platform, browser: Browser
) -> None:
    async with reading(browser, locale="en-GB", viewport={"width": 1280, "height": 900}) as context:
        page = await context.new_page()
        await page.goto(f"{shop.public_url}/portal")
        await page.click("text=New here: sign up")
        await page.fill("#f-merchant", "Blue Teapot by hand")
        await page.fill("#f-name", "Ann")
        await page.fill("#f-email", "ann@byhand.example")
        await page.fill("#f-password", PASSWORD)
        await page.click("main button[type=submit]")
        await page.click("summary")
        secret = (await page.locator(".raw code").inner_text()).replace(" ", "")
        await is_good(page, "second-factor")
        await page.fill("#f-code", pyotp.TOTP(secret).at(SystemClock().now()))
        await page.click("main button[type=submit]")
        assert await page.locator(".codes li").count() == 10
        await is_good(page, "recovery-codes")
        await page.click("main a.button")
        await page.wait_for_url("**/portal/home")
        await page.keyboard.press("Control+k")
        await page.keyboard.type("secur")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/portal/security")
        await page.keyboard.press("?")
        assert await page.locator("[data-help]").is_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("g")
        await page.keyboard.press("p")
        await page.wait_for_url("**/portal/payments")
        await page.locator(".switch summary").click()
        await page.click(".switch-body button:has-text('Sign out')")
        await page.wait_for_url("**/portal/sign-in")


async def test_the_team_is_looked_through_and_asked_for_stores_on_a_phone(
    shop: Platform, browser: Browser
) -> None:
    await a_store(shop.merchant)
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    async with reading(browser, locale="en-GB", viewport={"width": 390, "height": 844}) as context:
        page = await at_the_portal(context, ann)
        await page.goto(f"{shop.public_url}/portal/team")
        last_role = await page.locator(".matrix thead th").last.bounding_box()
        assert last_role is not None
        assert last_role["x"] + last_role["width"] <= 390, "nobody scrolls to see who may do what"
        dot = "[...document.querySelectorAll('.row-side .pill')].map(each => getComputedStyle(each, '::before').content)"
        assert set(await page.evaluate(dot)) == {'""'}, "a pill begins with its dot, and with nothing else"
        invite = page.locator("form[action$='/team/invite']")
        stores = invite.get_by_role("group", name="Stores")
        await expect(stores).to_be_hidden()
        await invite.get_by_label("Only in these stores").check()
        await expect(stores).to_be_visible()
        await is_good(page, "the team")


async def test_the_portal_does_its_work_without_scripts(shop: Platform, browser: Browser) -> None:
    payment = await shop.captured_payment(1280)
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.FINANCE)
    async with reading(
        browser, locale="en-GB", viewport={"width": 390, "height": 844}, java_script_enabled=False
    ) as context:
        page = await at_the_portal(context, ann)
        await page.goto(f"{shop.public_url}/portal/home")
        await page.fill("#finder", payment["id"])
        await page.press("#finder", "Enter")
        await page.wait_for_url(f"**/portal/payments/{payment['id']}")
        await page.fill("#f-amount", "1.00")
        await page.click("text=Give back")
        assert "The refund is on its way." in await page.content()
