"""Does every page about money read on every screen, in both languages, light and dark, and shut nobody out?"""

from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tael.wallets.model.bills import BillFilter
from tests.e2e.browsing import latin_words, shut_out
from tests.e2e.money_town import MoneyTown, Somebody
from tests.e2e.shares import Share, in_turn, screens
from tests.e2e.test_wallet_funding import GOOD, type_card_in
from tests.e2e.test_wallet_paying import order_of
from tests.e2e.test_wallet_transfer import confirm, look_for, send

SCREENS = screens(
    ("zh-CN", "dark", 360), ("en", "light", 1280), ("zh-CN", "light", 1280), ("en", "dark", 360)
)
PLACES = (
    "home",
    "transfer",
    "top-up",
    "withdraw",
    "cards",
    "cards/new",
    "pay",
    "scan",
    "receive",
    "bills",
    "statements",
    "limits",
    "packets",
    "check",
)
NOT_OURS = {"Blue", "Excel", "PDF", "SHA", "Tael", "Teapot", "Two", "XLSX", "cups", "tea"}
"""What a page in Chinese has as it is: names of things, of a merchant, and of what they sell."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lived(town: MoneyTown, browser: Browser) -> tuple[Somebody, Mapping[str, str]]:
    """Somebody with a card, money on its way in, out and to a friend, a red packet and a statement; and where all that stands."""
    ann, bob = await town.somebody(minor=100_000), await town.somebody("李四四")
    found = {"transfer to a user": f"{town.url}/transfer/to/{bob.user_id}"}
    async with town.at(browser, ann) as page:
        await type_card_in(page, town, GOOD)
        found["a new card"] = page.url
        await page.get_by_role("button", name="Add the card").click()
        await expect(page.get_by_text("The card is added.")).to_be_visible()
        await look_for(page, town, bob)
        await send(page, "88.80", arrival="After 2 h")
        await expect(page.get_by_text("On its way", exact=True)).to_be_visible()
        found["a transfer"] = page.url
        found["a top-up"] = await topped_up(page, town)
        found["a withdrawal"] = await withdrawn(page, town)
        found["a red packet"] = await packed(page, town)
        await page.goto(f"{town.url}/statements")
        await page.get_by_role("button", name="Write it").click()
        await expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
        code = await page.locator("code.id").first.inner_text()
        found["a statement"] = f"{town.url}/check?code={code}"
        await page.goto(f"{town.url}/bills")
        found["a month"] = f"{town.shop.public_url}{await month_on(page)}"
    bills = await town.house.wallets.bills.list(BillFilter(user_id=ann.user_id, limit=9))
    found |= {f"a bill of a {bill.kind}": f"{town.url}/bills/{bill.id}" for bill in bills.items}
    found["an order"] = await order_of(town, 1_280)
    found["a code that asks"] = await town.code_of(bob, amount_minor=500)
    found["a printed code"] = await town.code_of(await town.somebody("王五五"))
    return ann, found


@pytest.mark.parametrize(("screen", "share"), in_turn(SCREENS))
async def test_every_page_about_money_reads_on_every_screen_in_both_languages(
    town: MoneyTown,
    browser: Browser,
    lived: tuple[Somebody, Mapping[str, str]],
    screen: dict[str, Any],
    share: Share,
) -> None:
    ann, found = lived
    addresses = {**found, **{place: f"{town.url}/{place}" for place in PLACES}}
    async with town.at(browser, ann, **screen) as page:
        for name in share.of(sorted(addresses)):
            await page.goto(addresses[name])
            await is_good(page, name)
        await page.goto(found["transfer to a user"])
        await page.locator("#f-amount").fill("25")
        if await page.locator("[name=advice_read]").count():
            await page.locator("[name=advice_read]").check()
        await page.locator("form[action$='/transfer/send'] button[type=submit]").click()
        await expect(page.locator("[name=proof]")).to_have_count(1)
        await is_good(page, "the sheet")


async def is_good(page: Page, name: str) -> None:
    """One heading, nothing wider than the screen, nobody left out, and no English on a page in Chinese."""
    assert await page.locator("h1").count() == 1, name
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name} is wider than the screen"
    assert await shut_out(page) == [], name
    if await page.locator("html[lang=zh-CN]").count():
        assert await latin_words(page) <= NOT_OURS, name


async def topped_up(page: Page, town: MoneyTown) -> str:
    """One that waits at another wallet; where it stands."""
    await page.goto(f"{town.url}/top-up")
    await page.get_by_label("Amount").fill("50")
    await page.get_by_text("Alipay").click()
    await page.get_by_role("button", name="Top up").click()
    await page.wait_for_url("**/top-ups/*")
    return page.url


async def withdrawn(page: Page, town: MoneyTown) -> str:
    """Money on its way to the card; where it stands."""
    await page.goto(f"{town.url}/withdraw")
    await page.get_by_label("Amount").fill("100")
    await page.get_by_role("button", name="Next").click()
    await page.get_by_role("button", name="Withdraw").click()
    await confirm(page)
    await page.wait_for_url("**/withdrawals/*")
    return page.url


async def packed(page: Page, town: MoneyTown) -> str:
    """A red packet that nobody has opened; where it stands."""
    await page.goto(f"{town.url}/packets")
    await page.get_by_label("Amount in all").fill("20")
    await page.get_by_label("Shares").fill("2")
    await page.get_by_label("Greeting").fill("恭喜发财")
    await page.get_by_role("button", name="Pack it").click()
    await confirm(page)
    await page.wait_for_url("**/packets/*")
    return page.url


async def month_on(page: Page) -> str:
    """Where the page of bills leads for a month's sums."""
    return str(await page.locator("a[href*='/bills/months/']").first.get_attribute("href"))
