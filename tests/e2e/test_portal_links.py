"""Does a link that somebody makes in the portal bring money, and does a store's code come out of the printer?"""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tael.merchants.model import TeamRole
from tael.testing.patience import once
from tael.testing.platform import Platform
from tests.e2e.browsing import PHONE_IN_ENGLISH, reading
from tests.e2e.places import a_store
from tests.e2e.portal_desk import seat_in
from tests.e2e.shares import SCREENS, one_of
from tests.e2e.test_portal_browser import at_the_portal, is_good


@pytest.mark.parametrize("screen", one_of(SCREENS, "zh-CN-light-1280"))
async def test_a_link_is_made_in_the_portal_paid_by_a_payer_and_counted(
    shop: Platform, browser: Browser, screen: dict[str, Any]
) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    async with reading(browser, **screen) as context:
        page = await at_the_portal(context, ann)
        await page.goto(f"{shop.public_url}/portal/links")
        await is_good(page, "links")
        await page.fill("#f-description", "Spring course 春季课程")
        await expect(page.locator("#f-least")).to_be_hidden()
        await page.select_option("#f-whose", "payer")
        await expect(page.locator("#f-amount")).to_be_hidden()
        await expect(page.locator("#f-least")).to_be_visible()
        await page.select_option("#f-whose", "fixed")
        await page.fill("#f-amount", "12.80")
        await page.fill("#f-limit_count", "3")
        await page.click("main .acting button[type=submit]")
        await page.wait_for_url(re.compile(r"/portal/links/lnk_"))
        await is_good(page, "a new link")
        url = await page.locator("[data-copy]").first.inner_text()
        code = page.locator(".qr img")
        assert await code.evaluate("image => image.naturalWidth") > 0
        await a_payer_pays(shop, browser, url)
        link = f"/v1/payment_links/{page.url.rpartition('/')[2].partition('?')[0]}"
        await once(lambda: shop.merchant.get(link), lambda seen: seen.body["paid_count"] == 1)
        await page.reload()
        await expect(page.locator("dl dd").nth(1)).to_have_text("1 / 3")
        await expect(page.locator("main tbody tr")).to_have_count(1)
        await is_good(page, "a link that was paid by")
        await page.click(".press .button-danger")
        await expect(page.get_by_role("status")).to_be_visible()
        await page.goto(f"{shop.public_url}/portal/links?on=no")
        await expect(page.locator("main tbody tr").first).to_contain_text("1 / 3")
        await is_good(page, "links that are off")
    async with shop.session.get(url) as closed:
        assert closed.status == 409


async def a_payer_pays(shop: Platform, browser: Browser, url: str) -> None:
    """On another device."""
    async with reading(browser, **PHONE_IN_ENGLISH) as context:
        page = await context.new_page()
        await page.goto(url)
        await page.click("main button[type=submit]")
        await expect(page.locator("main")).to_have_attribute("data-state", "open")
        held = await page.locator("[data-pay-link]").get_attribute("href")
        await shop.simulator.control.pay(held or "")
        await expect(page.locator("main")).to_have_attribute("data-state", "paid", timeout=15_000)


@pytest.mark.parametrize("screen", one_of(SCREENS, "en-dark-390"))
async def test_a_stores_code_is_made_in_the_portal_and_its_sheet_fits_the_paper(
    shop: Platform, browser: Browser, screen: dict[str, Any]
) -> None:
    await a_store(shop.merchant)
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    async with reading(browser, **screen) as context:
        page = await at_the_portal(context, ann)
        await page.goto(f"{shop.public_url}/portal/codes")
        await is_good(page, "codes")
        await page.fill("#f-name", "Table 7 七号桌")
        await page.locator("#f-place").select_option(index=1)
        await page.click("main .acting button[type=submit]")
        await page.wait_for_url(re.compile(r"/portal/codes/cod_"))
        await is_good(page, "a new code")
        for paper, width_mm in (("a4", 210), ("a5", 148)):
            sheet = await page.locator(f"a[href$='size={paper}']").get_attribute("href")
            printed = await context.new_page()
            await printed.goto(sheet or "")
            await is_good(printed, f"the sheet on {paper}")
            text = await printed.inner_text("main")
            for words in ("蓝茶壶 Blue Teapot", "West Lake", "Table 7 七号桌", "支付宝", "Alipay"):
                assert words in text
            assert pages_of(await printed.pdf(prefer_css_page_size=True)) == [width_mm]
            await printed.close()
        await page.goto(f"{shop.public_url}/portal/codes")
        await expect(page.locator("main tbody tr").first).to_contain_text("West Lake")


async def test_what_is_wrong_with_a_link_is_said_at_its_field_and_what_is_right_is_kept(
    shop: Platform,
) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    own = {"description": "Donation", "whose": "payer", "currency": "CNY"}
    wrongs: list[tuple[str, dict[str, str]]] = [
        ("amount", {"whose": "fixed"}),
        ("amount", {"whose": "fixed", "amount": "12.805"}),
        ("description", {"description": "", "amount": "1"}),
        ("limit_count", {"limit_count": "none"}),
        ("tip_percents", {"tip_percents": "200"}),
        ("success_url", {"success_url": "javascript:alert(1)"}),
        ("store_id", {"store_id": "sto_of_another"}),
        ("least", {"least": "20", "most": "10"}),
    ]
    for field, wrong in wrongs:
        seen = await ann.fill("/links", "/links/new", **(own | wrong))
        assert seen.status == 400, (field, seen.status)
        assert f'href="#f-{field}"' in seen.text, (field, re.findall(r'role="alert">.*', seen.text))
    made = await ann.fill(
        "/links",
        "/links/new",
        **own,
        least="5",
        most="50",
        tip_percents="5, 10%",
        expires_at="2099-01-01T10:00",
    )
    assert made.status == 303, made.text
    link = (await shop.merchant.get(f"/v1/payment_links/{made.location.rpartition('/')[2]}")).body
    assert (link["least_minor"], link["most_minor"], link["tip_percents"]) == (500, 5_000, [5, 10])
    assert link["expires_at"] == "2099-01-01T02:00:00Z", "ten o'clock in China"
    off = (await shop.merchant.get("/v1/payment_links", active="false")).body["items"]
    assert link["id"] not in [each["id"] for each in off]


async def test_s1_links_and_codes_are_switched_by_nobody_but_who_may(shop: Platform) -> None:
    link = (
        await shop.merchant.post(
            "/v1/payment_links", {"description": "Tea", "currency": "CNY", "amount_minor": 1}
        )
    ).body
    code = (await shop.merchant.post("/v1/static_codes", {"name": "Door"})).body
    owner = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    cashier = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER)
    stranger = await seat_in(shop, (await shop.new_merchant("Other")).merchant, TeamRole.OWNER)
    for place, mine, theirs in (
        ("links", link, "/v1/payment_links"),
        ("codes", code, "/v1/static_codes"),
    ):
        page = f"/{place}/{mine['id']}"
        assert (await stranger.look(page)).status == 404
        assert mine["id"] not in (await stranger.look(f"/{place}")).text
        assert not (await cashier.look(page)).has_form("/switch")
        _, hidden = (await owner.look(page)).form("/switch")
        _, own = (await stranger.look(f"/{place}")).form("/new")
        assert (await stranger.send(f"{page}/switch", own | {"active": "no"})).status == 404
        assert (await cashier.send(f"{page}/switch", hidden)).status == 403
        assert (await shop.merchant.get(f"{theirs}/{mine['id']}")).body["active"]
        assert (await owner.send(f"{page}/switch", hidden)).status == 303
        off = (await shop.merchant.get(theirs, active="false")).body["items"]
        assert mine["id"] in [each["id"] for each in off]
        assert mine["id"] not in [
            each["id"] for each in (await shop.merchant.get(theirs, active="true")).body["items"]
        ]
    assert (await stranger.look(f"/links/{link['id']}/code.svg")).status == 404


def pages_of(pdf: bytes) -> list[int]:
    """How wide each page is, in millimetres."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([0-9.]+)\s+[0-9.]+\s*\]", pdf)
    return [round(float(each) * 25.4 / 72) for each in boxes]
