"""Does every page of the wallet read on every screen, in both languages, light and dark, and shut nobody out?"""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browsing import latin_words, shut_out
from tests.e2e.money_town import MoneyTown
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
NOT_OURS = set("Android Chrome English GBR III JavaScript PIN Python Tael USA ZIP aiohttp".split())
"""Names that a page in Chinese has as they are."""
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
            if language == "zh-CN" and place != "messages":  # they were told in their reader's own language
                assert await latin_words(page) <= NOT_OURS, place
            if (language, scheme, width) in LOOKED_AT:
                assert await shut_out(page) == [], place


MONEY = (
    "home",
    "bills",
    "transfer",
    "top-up",
    "withdraw",
    "cards",
    "packets",
    "pay",
    "receive",
    "statements",
    "limits",
    "scan",
)
FRAMED = PLACES[:-1]
"""The pages within the wallet's frame."""
SMALL = """() => [...document.querySelectorAll("a, button, summary, input, select, label:has(input)")].filter((each) => {
    const { width, height } = each.getBoundingClientRect();
    if (width < 3 || each.matches(".skip-link") || each.closest("label")?.offsetHeight >= 44) return false;
    return height < 43.5;
}).map((each) => each.outerHTML)"""
"""Whatever is pressed and is lower than a thumb is wide: 44 pixels."""


async def test_a_desk_has_two_sides_and_unfolds_the_place_where_one_is(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser, viewport={"width": 1280, "height": 800}) as page:
        await quarter.newcomer(page)
        await quarter.claim(page)
        for place in FRAMED:
            await page.goto(f"{quarter.url}/{place}")
            main, side = page.locator(".side-main"), page.locator(".side-beside")
            done, beside = await main.bounding_box(), await side.bounding_box()
            assert done is not None, place
            assert beside is not None, place
            assert beside["x"] > done["x"] + done["width"], place
            assert beside["x"] + beside["width"] > 1200, f"{place} leaves the right of the screen empty"
        places = page.get_by_role("navigation", name="Pages")
        await expect(places.get_by_role("link", name="Limits")).to_be_visible()
        await places.get_by_role("link", name="Agreements").click()
        await expect(places.get_by_role("link", name="Agreements")).to_have_attribute("aria-current", "page")
        await expect(places.get_by_role("link", name="Me", exact=True)).to_have_attribute(
            "aria-current", "true"
        )


async def test_on_a_phone_whatever_is_pressed_is_as_high_as_a_thumb(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        await quarter.claim(page)
        for place in FRAMED:
            await page.goto(f"{quarter.url}/{place}")
            assert await page.evaluate(SMALL) == [], place
            await expect(page.locator(".places-under, .tips-beside").locator("visible=true")).to_have_count(0)


@pytest.mark.parametrize(("width", "text"), [(320, "100%"), (390, "200%")])
async def test_a_small_phone_and_large_letters_leave_nothing_beyond_the_edge(
    town: MoneyTown, browser: Browser, width: int, text: str
) -> None:
    ann = await town.somebody(minor=12_345_678)
    async with town.at(browser, ann, viewport={"width": width, "height": 740}) as page:
        for place in MONEY:
            await page.goto(f"{town.url}/{place}")
            await page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{place} is wider than the screen"


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
