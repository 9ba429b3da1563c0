"""Does a payer see what they save, use a coupon, and pay just that?"""

from playwright.async_api import Browser, expect

from tael.offers.api import SetOfferState
from tael.offers.model import Funder, OfferState
from tael.testing.books import check_books
from tael.testing.platform import Platform
from tests.e2e.browsing import DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH, reading, shut_out
from tests.integration.offers_scene import a_coupon, an_offer, offer_of


async def test_a_payer_types_a_coupon_sees_what_they_save_and_pays_that(
    shop: Platform, browser: Browser
) -> None:
    merchant_id = shop.merchant.merchant.id
    platforms = await an_offer(
        shop.house, None, funder=Funder.PLATFORM, fixed_minor=80, stacks=True, name="Spring"
    )
    with_code = await an_offer(
        shop.house, merchant_id, fixed_minor=200, stacks=True, needs_coupon=True, name="Tea lovers"
    )
    code = await a_coupon(shop.house, with_code)
    payment = await shop.merchant.create_payment(1280)
    async with reading(browser, **PHONE_IN_ENGLISH, bypass_csp=True, reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(payment["checkout_url"])
        await expect(page.locator(".total")).to_contain_text("CN¥12.00")
        await page.get_by_label("Coupon code").fill("NOSUCHCODE")
        await page.get_by_role("button", name="Use", exact=True).click()
        await expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(
            "There is no such coupon"
        )
        await page.get_by_label("Coupon code").fill(code.lower())
        await page.get_by_role("button", name="Use", exact=True).click()
        await expect(page.locator(".total")).to_contain_text("CN¥10.00")
        await expect(page.locator(".total s")).to_contain_text("CN¥12.80")
        await expect(page.get_by_text("You save CN¥2.80")).to_be_visible()
        assert await shut_out(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.get_by_role("link", name="Without coupon").click()
        await expect(page.locator(".total")).to_contain_text("CN¥12.00")
        await page.go_back()
        await expect(page.locator(".total")).to_contain_text("CN¥10.00")
        await expect(page.locator("main")).to_have_attribute("data-state", "open")
        await shop.simulator.control.pay(await page.locator("[data-pay-link]").get_attribute("href") or "")
        await expect(page.get_by_role("heading", name="Payment successful")).to_be_visible()
        await expect(page.locator("[data-panel=paid] .money")).to_have_text("CN¥10.00")

    paid = await shop.merchant.payment(payment["id"])
    assert (paid["amount_minor"], paid["captured_minor"], paid["discount_minor"]) == (1_280, 1_000, 280)
    assert {each["name"]: each["code"] for each in paid["discounts"]} == {"Spring": None, "Tea lovers": code}
    assert (await offer_of(shop.house, with_code)).used_minor == 200
    ending = SetOfferState(offer_id=platforms, state=OfferState.ENDED, merchant_id=None)
    await shop.house.offers.do(ending, actor="staff:test")
    await check_books(shop.house, await shop.simulator.control.summary())


async def test_without_javascript_a_coupon_works_just_the_same(shop: Platform, browser: Browser) -> None:
    offer_id = await an_offer(shop.house, shop.merchant.merchant.id, fixed_minor=200, needs_coupon=True)
    code = await a_coupon(shop.house, offer_id)
    payment = await shop.merchant.create_payment(1280)
    async with reading(browser, **DESKTOP_IN_CHINESE, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(payment["checkout_url"])
        await expect(page.locator(".total")).to_have_text("¥12.80")
        await page.get_by_label("优惠码").fill(code)
        await page.get_by_role("button", name="使用", exact=True).click()
        await expect(page.locator(".total")).to_contain_text("¥10.80")
        await expect(page.get_by_text("已优惠 ¥2.00")).to_be_visible()
        held = await shop.merchant.payment(payment["id"])
        assert held["attempts"][-1]["amount_minor"] == 1_080
        better = await an_offer(shop.house, shop.merchant.merchant.id, fixed_minor=500, name="Better")
        other = await shop.merchant.create_payment(1280)
        await page.goto(f"{other['checkout_url']}?coupon={code}")
        await expect(page.get_by_role("alert")).to_contain_text("这个优惠码已被用完")
        await expect(page.locator(".total")).to_contain_text("¥7.80")
        await page.goto(f"{payment['checkout_url']}?coupon=")
        await page.goto(f"{payment['checkout_url']}?coupon={code}")
        await expect(page.get_by_text("另一项优惠更划算")).to_be_visible()
        await expect(page.locator(".total")).to_contain_text("¥7.80")
    ending = SetOfferState(offer_id=better, state=OfferState.ENDED, merchant_id=None)
    await shop.house.offers.do(ending, actor="staff:test")
