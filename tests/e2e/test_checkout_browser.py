"""Does a payer get through? Open the checkout, see the code, pay at the wallet, and be told without asking again."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tael.simulators.base.faults import Fault
from tael.testing.books import check_books
from tael.testing.platform import Platform
from tests.e2e.browsing import DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH, reading, shut_out
from tests.e2e.shares import DEVICES, one_of


async def shows_a_code(page: Page, name: str) -> str:
    """Wait until the code can be scanned; what it holds."""
    code = page.get_by_role("img", name=name)
    await expect(code).to_be_visible()
    await expect(code).to_have_js_property("complete", True)
    assert await code.evaluate("image => image.naturalWidth") > 0
    held = await page.locator("[data-pay-link]").get_attribute("href")
    assert held is not None
    return held


async def pay_at_the_wallet(page: Page, code: str, button: str, done: str) -> None:
    """In another tab: what the payer's wallet shows after scanning."""
    wallet = await page.context.new_page()
    await wallet.goto(code)
    await wallet.get_by_role("button", name=button).click()
    await expect(wallet.get_by_role("status")).to_contain_text(done)
    await wallet.close()


async def let_time_run_out(shop: Platform, payment_id: str) -> None:
    """As if the payment's time were over."""
    async with shop.house.database.transaction() as tx:
        await tx.connection.execute(
            b"update payments.payments set expires_at = now() where id = %(id)s", {"id": payment_id}
        )


async def test_a_payer_scans_pays_and_sees_it_without_reloading(shop: Platform, browser: Browser) -> None:
    payment = await shop.merchant.create_payment(1280, return_url="https://shop.example/orders/1001")
    async with reading(browser, **DESKTOP_IN_CHINESE) as context:
        page = await context.new_page()
        await page.goto(payment["checkout_url"])
        await expect(page.get_by_role("heading", name="打开支付宝扫一扫")).to_be_visible()
        await expect(page.locator(".total")).to_have_text("¥12.80")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("蓝茶壶 Blue Teapot")
        code = await shows_a_code(page, "支付宝付款码")
        await page.evaluate("document.body.dataset.reloaded = 'never'")
        await pay_at_the_wallet(page, code, "确认付款", "商家")
        await expect(page.get_by_role("heading", name="付款成功")).to_be_visible()
        await expect(page).to_have_title("付款成功")
        await expect(page.get_by_role("link", name="返回商户").filter(visible=True)).to_have_attribute(
            "href", "https://shop.example/orders/1001"
        )
        assert await page.evaluate("document.body.dataset.reloaded") == "never"
    paid = await shop.merchant.payment(payment["id"])
    assert (paid["state"], paid["captured_minor"]) == ("captured", 1280)
    await check_books(shop.house, await shop.simulator.control.summary())


async def test_whoever_has_paid_is_not_led_back_without_paying(shop: Platform, browser: Browser) -> None:
    wanted = {"amount_minor": 1280, "currency": "CNY", "reference": "order-1", "description": "Tea"}
    urls = {"success_url": "https://shop.example/thanks", "cancel_url": "https://shop.example/cart"}
    session = (await shop.merchant.post("/v1/checkout_sessions", {**wanted, **urls})).body
    async with reading(browser, **PHONE_IN_ENGLISH, reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(session["url"])
        back = page.get_by_role("link", name="Back to the merchant without paying")
        await expect(back).to_be_visible()
        held = await page.locator("[data-pay-link]").get_attribute("href")
        await shop.simulator.control.pay(held or "")
        await expect(page.get_by_role("heading", name="Payment successful")).to_be_visible(timeout=15_000)
        await expect(back).to_be_hidden()
        await expect(page.locator(".ways").filter(visible=True)).to_have_count(0)


async def test_a_payer_on_a_phone_reads_english_and_opens_the_wallet(
    shop: Platform, browser: Browser
) -> None:
    payment = await shop.merchant.create_payment(50)
    async with reading(browser, **PHONE_IN_ENGLISH) as context:
        page = await context.new_page()
        await page.goto(payment["checkout_url"])
        button = page.get_by_role("link", name="Open Alipay")
        await expect(button).to_be_in_viewport(ratio=1)
        await expect(page.locator(".total")).to_have_text("CN¥0.50")
        code = await shows_a_code(page, "Alipay payment code")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await pay_at_the_wallet(page, f"{code}?lang=en", "Pay", "You can close this page")
        await expect(page.get_by_role("heading", name="Payment successful")).to_be_visible()


@pytest.mark.parametrize("device", one_of(DEVICES, "desktop-zh"))
async def test_neither_the_code_nor_the_result_shuts_anybody_out(
    shop: Platform, browser: Browser, device: dict[str, Any]
) -> None:
    payment = await shop.merchant.create_payment()
    # Our pages forbid foreign scripts; only for the checker's own script is that lifted.
    async with reading(browser, **device, bypass_csp=True, reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(payment["checkout_url"])
        await expect(page.locator("main")).to_have_attribute("data-state", "open")
        assert await shut_out(page) == []
        await shop.simulator.control.pay(await page.locator("[data-pay-link]").get_attribute("href") or "")
        await expect(page.locator("main")).to_have_attribute("data-state", "paid")
        assert await shut_out(page) == []


@pytest.mark.parametrize("device", one_of(DEVICES, "phone-en"))
async def test_the_reference_of_the_api_shuts_nobody_out(
    shop: Platform, browser: Browser, device: dict[str, Any]
) -> None:
    """Two hundred operations have one make: the page as a whole fits and names nothing twice, every tenth is looked at closely."""
    async with reading(browser, **device, bypass_csp=True, reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(f"{shop.public_url}/docs")
        assert await page.evaluate("document.documentElement.scrollWidth") <= device["viewport"]["width"]
        ids = await page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
        assert len(ids) == len(set(ids)) > 100
        await page.evaluate(
            "document.querySelectorAll('section.operation').forEach((each, at) => at % 10 && each.remove())"
        )
        assert await page.locator("section.operation").count() > 10
        assert await shut_out(page) == []


async def test_without_javascript_the_code_is_there_and_a_reload_tells(
    shop: Platform, browser: Browser
) -> None:
    payment = await shop.merchant.create_payment()
    async with reading(browser, **DESKTOP_IN_CHINESE, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(payment["checkout_url"])
        code = page.get_by_role("img", name="支付宝付款码")
        await expect(code).to_be_visible()
        image = await context.request.get(shop.public_url + (await code.get_attribute("src") or ""))
        assert (image.status, image.headers["content-type"]) == (200, "image/svg+xml")
        await shop.simulator.control.pay(await page.locator("[data-pay-link]").get_attribute("href") or "")
        await shop.merchant.payment_once(payment["id"], "captured")
        await page.reload()
        await expect(page.get_by_role("heading", name="付款成功")).to_be_visible()


async def test_a_payment_that_nobody_paid_in_time_is_shown_as_over(shop: Platform, browser: Browser) -> None:
    payment = await shop.merchant.create_payment()
    async with reading(browser, **PHONE_IN_ENGLISH) as context:
        page = await context.new_page()
        await page.goto(payment["checkout_url"])
        await shows_a_code(page, "Alipay payment code")
        await let_time_run_out(shop, payment["id"])
        await page.reload()
        await expect(page.get_by_role("heading", name="Time ran out")).to_be_visible(timeout=15_000)
        await expect(page.get_by_role("img", name="Alipay payment code")).to_be_hidden()
    await shop.merchant.payment_once(payment["id"], "expired")


async def test_a_closed_payment_that_is_paid_late_is_never_shown_as_paid(
    shop: Platform, browser: Browser
) -> None:
    """The money goes back by itself; the page says so before the payer asks."""
    payment = await shop.merchant.create_payment(700)
    async with reading(browser, **PHONE_IN_ENGLISH) as context:
        page = await context.new_page()
        await page.goto(payment["checkout_url"])
        code = await shows_a_code(page, "Alipay payment code")
        await shop.simulator.control.act("scan", code)
        await shop.merchant.post(f"/v1/payments/{payment['id']}/close", {})
        await expect(page.get_by_role("heading", name="Payment canceled")).to_be_visible()
        await shop.simulator.control.switch_on(Fault.LATE_SUCCESS)
        await shop.simulator.control.pay(code)
        await shop.simulator.control.switch_off()
        await the_surplus_is_back(shop, payment["id"])
        await page.reload()
        await expect(page.get_by_role("heading", name="Payment canceled")).to_be_visible()
        await expect(
            page.get_by_text("your money will come back by itself").filter(visible=True)
        ).to_have_count(1)
        await expect(page.get_by_role("heading", name="Payment successful")).to_be_hidden()
    await check_books(shop.house, await shop.simulator.control.summary())


async def the_surplus_is_back(shop: Platform, payment_id: str) -> None:
    """Wait until the platform has given back by itself what came late."""
    async with asyncio.timeout(20):
        while True:
            shown = await shop.merchant.payment(payment_id)
            assert shown["state"] == "canceled"
            if [(each["reason"], each["state"]) for each in shown["refunds"]] == [
                ("late_success", "succeeded")
            ]:
                return
            await asyncio.sleep(0.1)


async def test_an_address_that_leads_nowhere_is_a_calm_page(shop: Platform, browser: Browser) -> None:
    context = await browser.new_context(**PHONE_IN_ENGLISH)
    page = await context.new_page()
    for path in (f"/pay/pay_{'0' * 26}", "/pay/mistyped", "/nothing"):
        answer = await page.goto(shop.public_url + path)
        assert answer is not None
        assert answer.status in (400, 404)
        await expect(page.get_by_role("heading", name="We cannot find this page")).to_be_visible()
    await context.close()
