"""Does a payer get a card into the vault? Embedded in a shop's page, on a page of its own, with keys alone, without scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, FrameLocator, Page, expect

from tael.app.supervisor import DatabaseUrls
from tael.testing.databases import fresh_database
from tael.testing.vaults import MERCHANT, RunningVault, running_vault
from tests.e2e.browsing import DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH, reading, shut_out

SHOP_PAGE = """<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,"></head><body>
<main><h1>Pay</h1><div id="card"></div><button id="pay">Pay</button><output id="said"></output></main>
<script type="module">
import {{ mountCardFields }} from "{vault}/card-fields.js";
const said = document.getElementById("said");
const fields = mountCardFields(document.getElementById("card"), {{
  address: "{address}", title: "Card", onChange: ({{ complete, brand }}) => {{ said.dataset.brand = brand; said.dataset.complete = complete; }},
}});
window.heard = [];
window.addEventListener("message", (event) => window.heard.push(JSON.stringify(event.data)));
document.getElementById("pay").addEventListener("click", async () => {{
  try {{ const token = await fields.submit(); said.textContent = `${{token.id}} ${{token.brand}} ${{token.last4}}`; }}
  catch (error) {{ said.textContent = `not: ${{error.message}}`; }}
}});
</script></body></html>"""


@pytest.fixture(scope="module")
async def vault(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningVault]:
    """A vault for all tests of the file."""
    folder: Path = tmp_path_factory.mktemp("vault")
    async with fresh_database(server) as urls, running_vault(urls, folder) as running:
        yield running


@asynccontextmanager
async def a_shop(vault: RunningVault, *, other_origin: bool = False) -> AsyncIterator[str]:
    """A shop's page with the fields in it; with `other_origin` the fields were opened for another page."""
    runner = web.AppRunner(app := web.Application())
    page: list[str] = []

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=page[0], content_type="text/html")

    app.router.add_get("/", answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    origin = "https://other.example" if other_origin else url
    address = vault.client.fields_address(merchant_id=MERCHANT, origin=origin)
    page.append(SHOP_PAGE.format(vault=vault.url, address=address))
    try:
        yield url
    finally:
        await runner.cleanup()


def fields_in(page: Page) -> FrameLocator:
    """The card fields of a shop's page."""
    return page.frame_locator("iframe[title=Card]")


async def test_a_payer_types_a_card_and_the_shop_hears_of_a_token_alone(
    vault: RunningVault, browser: Browser
) -> None:
    async with a_shop(vault) as url, reading(browser, **PHONE_IN_ENGLISH) as context:
        page = await context.new_page()
        await page.goto(url)
        fields = fields_in(page)
        await fields.get_by_label("Card number").press_sequentially("4242424242424242")
        await expect(fields.get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
        await expect(page.locator("#said")).to_have_attribute("data-brand", "Visa")
        await page.keyboard.press("Tab")
        await page.keyboard.type("934")
        await expect(fields.get_by_label("Valid until")).to_have_value("09 / 34")
        await page.keyboard.press("Tab")
        await page.keyboard.type("737")
        await expect(page.locator("#said")).to_have_attribute("data-complete", "true")
        await page.get_by_role("button", name="Pay").click()
        await expect(page.locator("#said")).to_contain_text("visa 4242")
        token = (await page.locator("#said").inner_text()).split()[0]
        assert (await vault.client.describe(token)).merchant_id == MERCHANT
        heard = " ".join(await page.evaluate("window.heard"))
        assert "4242424242424242" not in heard
        assert "737" not in heard
        await expect(fields.get_by_label("Card number")).to_have_value("")


async def test_what_is_wrong_is_said_at_its_field_in_both_languages(
    vault: RunningVault, browser: Browser
) -> None:
    for device, words in (
        (DESKTOP_IN_CHINESE, ("卡号", "有效期", "安全码", "有一位数字不对", "此卡已过期")),
        (
            PHONE_IN_ENGLISH,
            ("Card number", "Valid until", "Security code", "One digit is wrong", "not valid any more"),
        ),
    ):
        number, expiry, code, wrong_digit, over = words
        async with a_shop(vault) as url, reading(browser, **device) as context:
            page = await context.new_page()
            await page.goto(url)
            fields = fields_in(page)
            await fields.get_by_label(number).fill("4242 4242 4242 4241")
            await fields.get_by_label(expiry).fill("01/20")
            await fields.get_by_label(code).fill("123")
            await page.get_by_role("button", name="Pay").click()
            await expect(page.locator("#said")).to_have_text("not: incomplete")
            await expect(fields.locator("#number-note")).to_contain_text(wrong_digit)
            await expect(fields.locator("#expiry-note")).to_contain_text(over)
            await expect(fields.get_by_label(number)).to_have_attribute("aria-invalid", "true")
            await expect(fields.get_by_label(number)).to_be_focused()


async def test_another_page_than_it_was_opened_for_shows_no_fields(
    vault: RunningVault, browser: Browser
) -> None:
    async with a_shop(vault, other_origin=True) as url:
        context = await browser.new_context()
        page = await context.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        await page.goto(url)
        await expect(fields_in(page).get_by_label("Card number")).to_have_count(0)
        assert any("frame-ancestors" in text for text in refused)
        await context.close()


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_page_of_its_own_leads_back_with_a_token(
    vault: RunningVault,
    browser: Browser,
    scripts: bool,  # noqa: FBT001
) -> None:
    async with (
        a_shop(vault) as shop,
        reading(browser, **PHONE_IN_ENGLISH, java_script_enabled=scripts) as context,
    ):
        page = await context.new_page()
        await page.goto(vault.client.fields_address(merchant_id=MERCHANT, return_url=f"{shop}/?order=7"))
        await page.get_by_label("Card number").fill("5555555555554444")
        await page.get_by_label("Valid until").fill("12/34")
        await page.get_by_label("Security code").fill("123")
        await page.get_by_role("button", name="Use this card").click()
        await page.wait_for_url(f"{shop}/?order=7&card_token=tok_*")
        token = page.url.rpartition("=")[2]
        assert (await vault.client.describe(token)).brand == "mastercard"


async def test_a_wrong_card_comes_back_without_its_number(vault: RunningVault, browser: Browser) -> None:
    async with await browser.new_context(**PHONE_IN_ENGLISH, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(vault.client.fields_address(merchant_id=MERCHANT, return_url="https://shop.example/"))
        await page.get_by_label("Card number").fill("5555555555554445")
        await page.get_by_label("Valid until").fill("12/34")
        await page.get_by_label("Security code").fill("123")
        await page.get_by_label("Name on the card").fill("Ann Otter")
        await page.get_by_role("button", name="Use this card").click()
        await expect(page.locator("#number-note")).to_contain_text("One digit is wrong")
        await expect(page.get_by_label("Name on the card")).to_have_value("Ann Otter")
        assert "5555555555554445" not in await page.content()


async def test_the_fields_can_be_read_by_everybody(vault: RunningVault, browser: Browser) -> None:
    for device in (DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH, DESKTOP_IN_CHINESE | {"color_scheme": "dark"}):
        async with reading(browser, **device) as context:
            page = await context.new_page()
            await page.goto(
                vault.client.fields_address(merchant_id=MERCHANT, return_url="https://shop.example/")
            )
            await page.locator("#number").fill("4242 4242 4242 4241")
            await page.locator("[data-send]").click()
            await expect(page.locator("#number")).to_be_focused()
            assert await shut_out(page) == []
            width = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert width <= 0
