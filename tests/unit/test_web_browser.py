"""Does the checkout work in a real browser: pushed, readable by everyone, quiet on the console?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tael.channels.port import GoTo
from tael.foundation.money import Money
from tael.web.checkout.views import CheckoutState as C
from tael.web.checkout.views import Kind
from tests.e2e.browsing import a_browser
from tests.unit.web_desk import CODE_URL, DeskInMemory, a_view, ended, serving

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
)
STATES: dict[C, dict[str, object]] = {
    C.PREPARING: {"state": C.PREPARING, "code_url": None},
    C.OPEN: {},
    C.CONFIRMING: {"state": C.CONFIRMING, "code_url": None},
    C.PAID: ended(C.PAID),
    C.PARTLY_REFUNDED: ended(C.PARTLY_REFUNDED, refunded=Money(500, "CNY")),
    C.REFUNDED: ended(C.REFUNDED, refunded=Money(12_800, "CNY")),
    C.CANCELED: ended(C.CANCELED),
    C.EXPIRED: ended(C.EXPIRED),
    C.FAILED: ended(C.FAILED),
}
DESKTOP_IN_CHINESE = {
    "viewport": {"width": 1280, "height": 800},
    "color_scheme": "light",
    "locale": "zh-CN",
}
PHONE_IN_ENGLISH = {
    "viewport": {"width": 360, "height": 740},
    "color_scheme": "dark",
    "locale": "en-GB",
    "user_agent": ANDROID,
}


@pytest_asyncio.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests of this page."""
    async with a_browser() as running:
        yield running


@pytest.fixture
def desk() -> DeskInMemory:
    """A desk with one payment for each state, named after it."""
    return DeskInMemory(*(a_view(f"pay_{state}", **changes) for state, changes in STATES.items()))


@pytest_asyncio.fixture
async def url(desk: DeskInMemory) -> AsyncIterator[str]:
    """The address of a running checkout."""
    async with serving(desk, heartbeat_seconds=0.2) as url:
        yield url


@asynccontextmanager
async def reading(browser: Browser, **device: object) -> AsyncIterator[Page]:
    """A page on a device; whatever the console has to complain of fails the test."""
    context = await browser.new_context(**device)  # type: ignore[arg-type] # playwright's forty keywords
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(error.message))
    yield page
    await context.close()
    assert complaints == []


@pytest.mark.parametrize("device", [DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH], ids=["desktop-zh", "phone-en"])
async def test_no_state_of_the_page_shuts_anybody_out(
    browser: Browser, url: str, device: dict[str, object]
) -> None:
    # The page forbids foreign scripts; only for the checker's own script is that lifted.
    async with reading(browser, **device, bypass_csp=True, reduced_motion="reduce") as page:
        for path in [*(f"/pay/pay_{state}" for state in STATES), "/ui"]:
            await page.goto(url + path)
            found = await Axe().run(page)
            assert found.response["violations"] == [], path
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= device["viewport"]["width"], f"{path} scrolls sideways"  # type: ignore[index]


async def test_a_payment_is_seen_as_paid_without_a_reload(
    browser: Browser, url: str, desk: DeskInMemory
) -> None:
    async with reading(browser, **DESKTOP_IN_CHINESE) as page:
        await page.goto(f"{url}/pay/pay_open")
        await expect(page.get_by_role("heading", name="打开支付宝扫一扫")).to_be_visible()
        assert await page.get_by_role("img", name="支付宝付款码").evaluate("image => image.naturalWidth") > 0
        await page.evaluate("document.body.dataset.reloaded = 'never'")
        await desk.change("pay_open", **ended(C.PAID))
        await expect(page.get_by_role("heading", name="付款成功")).to_be_visible()
        await expect(page.get_by_role("status")).to_have_text("付款成功")
        await expect(page).to_have_title("付款成功")
        await expect(page.get_by_text("11月22日 14:32").filter(visible=True)).to_have_count(1)
        await expect(page.get_by_role("link", name="返回商户")).to_be_visible()
        assert await page.evaluate("document.body.dataset.reloaded") == "never"


async def test_on_a_phone_a_button_opens_the_wallet(browser: Browser, url: str, desk: DeskInMemory) -> None:
    async with reading(browser, **PHONE_IN_ENGLISH) as page:
        await page.goto(f"{url}/pay/pay_open")
        button = page.get_by_role("link", name="Open Alipay")
        await expect(button).to_be_in_viewport(ratio=1)
        await expect(button).to_have_attribute("href", CODE_URL)
        await desk.change("pay_open", **ended(C.PAID))
        await expect(page.get_by_role("heading", name="Payment successful")).to_be_visible()


async def test_inside_another_wallet_the_page_says_how_to_leave(browser: Browser, url: str) -> None:
    inside = {**PHONE_IN_ENGLISH, "user_agent": f"{ANDROID} MicroMessenger/8.0"}
    async with reading(browser, **inside) as page:
        await page.goto(f"{url}/pay/pay_open")
        await expect(page.get_by_text("Open in browser")).to_be_visible()
        await expect(page.get_by_role("link", name="Open Alipay")).to_be_hidden()


async def test_a_code_that_has_run_out_is_replaced(browser: Browser, url: str, desk: DeskInMemory) -> None:
    async with reading(browser, **DESKTOP_IN_CHINESE) as page:
        await page.goto(f"{url}/pay/pay_open")
        code = page.get_by_role("img", name="支付宝付款码")
        before = await code.get_attribute("src") or ""
        desk.views["pay_open"] = a_view(
            "pay_open", code_url=CODE_URL + "-new"
        )  # no news: the heartbeat finds it
        await expect(code).not_to_have_attribute("src", before)


async def test_a_code_appears_when_the_channel_answers_at_last(
    browser: Browser, url: str, desk: DeskInMemory
) -> None:
    async with reading(browser, **DESKTOP_IN_CHINESE) as page:
        await page.goto(f"{url}/pay/pay_preparing")
        await expect(page.get_by_role("heading", name="正在准备付款码")).to_be_visible()
        await desk.change("pay_preparing", state=C.OPEN, code_url=CODE_URL)
        code = page.get_by_role("img", name="支付宝付款码")
        await expect(code).to_be_visible()
        await expect(code).to_have_js_property("complete", True)
        assert await code.evaluate("image => image.naturalWidth") > 0


async def test_a_payer_on_the_way_to_the_channels_page_is_not_called_back(
    browser: Browser, url: str, desk: DeskInMemory
) -> None:
    """What begins at the channel is pushed to the page that the payer is just leaving: it must not load itself again."""
    desk.views["pay_open"] = a_view("pay_open", kind=Kind.GO, code_url=None)
    desk.leads_to, desk.seconds_to_begin = GoTo(url=f"{url}/ui"), 1.0
    async with reading(browser, **PHONE_IN_ENGLISH) as page:
        await page.goto(f"{url}/pay/pay_open")
        await page.wait_for_load_state("load")
        await page.get_by_role("link", name="Go on with Alipay").click()
        await expect(page).to_have_url(f"{url}/ui")
        await page.go_back()
        await expect(page.locator("main")).to_have_attribute("data-begun", "true")


async def test_a_page_that_stays_open_shows_what_was_begun_elsewhere(
    browser: Browser, url: str, desk: DeskInMemory
) -> None:
    desk.views["pay_open"] = a_view("pay_open", kind=Kind.GO, code_url=None)
    async with reading(browser, **PHONE_IN_ENGLISH) as page:
        await page.goto(f"{url}/pay/pay_open")
        await page.locator("h2").filter(visible=True).click()
        await desk.change("pay_open", begun=True)
        await expect(page.locator("main")).to_have_attribute("data-begun", "true")


async def test_after_the_countdown_pending_is_not_failed(
    browser: Browser, url: str, desk: DeskInMemory
) -> None:
    soon = a_view().now
    desk.views["pay_open"] = a_view("pay_open", expires_at=soon)
    async with reading(browser, **PHONE_IN_ENGLISH) as page:
        await page.goto(f"{url}/pay/pay_open")
        await expect(page.get_by_role("heading", name="Confirming your payment")).to_be_visible()
        await expect(page.get_by_role("status")).to_have_text("Confirming, please do not pay again")


async def test_where_streams_are_refused_the_page_asks(
    browser: Browser, url: str, desk: DeskInMemory
) -> None:
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    await page.route("**/events", lambda route: route.fulfill(status=503))
    await page.goto(f"{url}/pay/pay_open")
    await asyncio.sleep(0.1)
    await desk.change("pay_open", **ended(C.PAID))
    await expect(page.get_by_role("heading", name="Payment successful")).to_be_visible(timeout=8_000)
    await context.close()


async def test_without_javascript_the_code_is_there_and_a_reload_shows_the_result(
    browser: Browser, url: str, desk: DeskInMemory
) -> None:
    async with reading(browser, **DESKTOP_IN_CHINESE, java_script_enabled=False) as page:
        await page.goto(f"{url}/pay/pay_open")
        await expect(page.get_by_role("img", name="支付宝付款码")).to_be_visible()
        # By selector: playwright's look-up by text passes over <noscript>.
        await expect(page.locator(".panel noscript p")).to_be_visible()
        await expect(page.locator(".counter > noscript p")).to_be_visible()
        await desk.change("pay_open", **ended(C.PAID))
        await page.locator(".counter > noscript a").click()
        await expect(page.get_by_role("heading", name="付款成功")).to_be_visible()


async def test_the_language_switch_is_a_link(browser: Browser, url: str) -> None:
    async with reading(browser, **DESKTOP_IN_CHINESE) as page:
        await page.goto(f"{url}/pay/pay_open")
        await page.get_by_role("link", name="English").click()
        await expect(page.get_by_role("heading", name="Scan with Alipay")).to_be_visible()
        await page.goto(f"{url}/pay/pay_paid")
        await expect(page.get_by_role("heading", name="Payment successful")).to_be_visible()


async def test_foreign_scripts_and_html_sinks_are_refused(browser: Browser, url: str) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{url}/pay/pay_open")
    refused = "(() => { try { document.body.innerHTML = '<b>x</b>'; return 'written' } catch (e) { return e.name } })()"
    assert await page.evaluate(refused) == "TypeError"
    assert await page.evaluate("typeof trustedTypes") == "object"
    await context.close()
