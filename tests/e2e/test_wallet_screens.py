"""Does every page of the wallet read on every screen, in both languages, light and dark, and shut nobody out?"""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browsing import shut_out
from tests.e2e.wallet_desk import WalletTown

DOORS = ("sign-in", "register", "forgotten", "texts/privacy/2026-01", "offline")
PLACES = (
    "home",
    "me",
    "messages",
    "messages/preferences",
    "learn",
    "activity",
    "privacy",
    "agreements",
    "restrictions",
    "verification",
    "verification/identity",
    "verification/correction",
    "security",
    "security/password",
    "security/payment-password",
    "security/passkeys",
    "security/authenticator",
    "security/phone",
    "security/devices",
    "security/proof",
    "nowhere",
)
SCREENS = [("zh-CN", "dark", 360), ("en", "light", 1280), ("zh-CN", "light", 1280), ("en", "dark", 360)]
LOOKED_AT = SCREENS[:2]
"""Between them each language, each scheme and each width: who is shut out is not asked of all four, which takes long."""


@pytest.mark.parametrize(("language", "scheme", "width"), SCREENS)
async def test_every_page_reads_on_every_screen_in_both_languages(
    quarter: WalletTown, browser: Browser, language: str, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 800}
    async with quarter.at(browser, locale=language, color_scheme=scheme, viewport=size) as page:
        await quarter.newcomer(page)
        await quarter.claim(page)
        for place in (*PLACES, *DOORS):
            await page.goto(f"{quarter.url}/{place}")
            assert await page.locator("h1").count() == 1, place
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{place} is wider than the screen"
            if (language, scheme, width) in LOOKED_AT:
                assert await shut_out(page) == [], place


async def test_the_wallet_does_its_work_without_scripts(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser, java_script_enabled=False) as page:
        await quarter.register(page)
        await quarter.claim(page)
        await page.locator("#source-identity_database form button").click()
        await expect(page.locator("#now")).to_have_text("Class I")
        await page.goto(f"{quarter.url}/security/payment-password")
        await page.locator("#f-payment_password").fill("739418")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Your payment password is set.")).to_be_visible()
        await page.goto(f"{quarter.url}/security/passkeys")
        await expect(page.get_by_role("button", name="Make a passkey")).to_be_hidden()
        await page.get_by_role("link", name="Change language").click()
        await expect(page.get_by_role("heading", name="通行密钥", exact=True)).to_be_visible()
