"""Does a payer find every way to pay, and get through by each: over links, codes of stores, pages of banks and transfers?"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tael.app.supervisor import DatabaseUrls
from tael.testing.databases import fresh_database
from tael.testing.platform import Platform, running_platform
from tests.e2e.browsing import DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH, reading, shut_out
from tests.e2e.places import a_store, a_terminal
from tests.e2e.shares import DEVICES, one_of

SESSION = {"amount_minor": 1280, "currency": "CNY", "reference": "order-1", "description": "Two cups of tea"}
ON_A_DESKTOP = pytest.mark.parametrize("device", one_of(DEVICES, "desktop-zh"))
ON_A_PHONE = pytest.mark.parametrize("device", one_of(DEVICES, "phone-en"))
"""On the other in the drills."""
STRICT = {"bypass_csp": True, "reduced_motion": "reduce"}
"""For the checker's own script our policy is lifted."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def market(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A platform with channels of every kind."""
    folder: Path = tmp_path_factory.mktemp("market")
    channels = ("alipay", "wechatpay", "unionpay", "stripe", "bank")
    async with fresh_database(server) as urls, running_platform(urls, folder, channels=channels) as running:
        yield running


async def made(market: Platform, path: str, body: object) -> Any:
    reply = await market.merchant.post(path, body)
    assert reply.status == 201, reply.raw
    return reply.body


async def blameless(page: Page, device: dict[str, Any]) -> None:
    """Nobody is shut out, and nothing is wider than the device."""
    assert await shut_out(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= device["viewport"]["width"]


@ON_A_PHONE
async def test_every_way_to_pay_is_offered_and_none_loses_the_payment(
    market: Platform, browser: Browser, device: dict[str, Any]
) -> None:
    items = [{"name": "Longjing", "quantity": 2, "unit_minor": 640}]
    wanted = {key: value for key, value in SESSION.items() if key != "amount_minor"} | {
        "line_items": items,
        "cancel_url": "https://shop.example/cart",
    }
    session = await made(market, "/v1/checkout_sessions", wanted)
    async with reading(browser, **device, **STRICT) as context:
        page = await context.new_page()
        await page.goto(session["url"])
        await expect(page).to_have_url(re.compile(f"/pay/{session['payment_id']}$"))
        await expect(page.locator("main")).to_have_attribute("data-state", "open")
        ways = page.locator(".ways a")
        assert await ways.count() == 5
        await blameless(page, device)
        for number in range(1, 5):
            await ways.nth(number).click()
            await expect(page.locator("main")).to_have_attribute("data-state", "open")
            await blameless(page, device)
        await expect(page.locator(".ways a[aria-current]")).to_have_count(1)
    payment = await market.merchant.payment(session["payment_id"])
    assert payment["state"] == "requires_action"
    await market.merchant.post(f"/v1/checkout_sessions/{session['id']}/expire", {})


async def test_the_way_that_was_chosen_last_on_a_device_comes_first(
    market: Platform, browser: Browser
) -> None:
    async with reading(browser, **DESKTOP_IN_CHINESE) as context:
        page = await context.new_page()
        first = await made(market, "/v1/checkout_sessions", SESSION)
        await page.goto(first["url"])
        await expect(page.locator("main")).to_have_attribute("data-kind", "code")
        await page.get_by_role("link", name="银行转账").click()
        await expect(page.locator("main")).to_have_attribute("data-kind", "money")
        await expect(page.locator(".account")).to_be_visible()
        second = await made(market, "/v1/checkout_sessions", SESSION)
        await page.goto(second["url"])
        await expect(page.locator(".ways a").first).to_have_text("银行转账")
        await expect(page.locator("main")).to_have_attribute("data-kind", "money")


async def test_a_session_for_one_way_offers_no_other(market: Platform, browser: Browser) -> None:
    session = await made(market, "/v1/checkout_sessions", SESSION | {"methods": ["wechat_pay"]})
    async with reading(browser, **DESKTOP_IN_CHINESE) as context:
        page = await context.new_page()
        await page.goto(f"{market.public_url}/pay/{session['payment_id']}?method=alipay")
        await expect(page.get_by_role("heading", name="打开微信支付扫一扫")).to_be_visible()
        await expect(page.locator(".ways")).to_have_count(0)


async def test_a_payer_in_a_wallets_own_browser_goes_straight_to_it(
    market: Platform, browser: Browser
) -> None:
    session = await made(market, "/v1/checkout_sessions", SESSION)
    inside = PHONE_IN_ENGLISH | {"user_agent": f"{PHONE_IN_ENGLISH['user_agent']} MicroMessenger/8.0"}
    async with reading(browser, **inside) as context:
        page = await context.new_page()
        await page.goto(session["url"])
        await expect(page.locator("main")).to_have_attribute("data-agent", "wallet")
        await expect(page.locator(".ways a").first).to_have_text("WeChat Pay")


async def test_a_card_is_paid_on_its_own_page_and_the_payer_comes_back(
    market: Platform, browser: Browser
) -> None:
    session = await made(
        market, "/v1/checkout_sessions", SESSION | {"success_url": "https://shop.example/thanks"}
    )
    async with reading(browser, **DESKTOP_IN_CHINESE) as context:
        page = await context.new_page()
        await page.goto(session["url"])
        await page.get_by_role("link", name="银行卡", exact=True).click()
        await expect(page.locator("main")).to_have_attribute("data-kind", "go")
        assert (await market.merchant.payment(session["payment_id"]))["attempts"][-1]["method"] != "card"
        await page.get_by_role("link", name="使用银行卡继续").click()
        await page.wait_for_url(re.compile(re.escape(market.simulators["stripe"].url)), wait_until="commit")
        await page.goto(f"{market.public_url}/pay/{session['payment_id']}")
        await expect(page.get_by_text("请勿重复付款").first).to_be_visible()
        attempts = (await market.merchant.payment(session["payment_id"]))["attempts"]
        card = next(each for each in attempts if each["method"] == "card")
        await market.simulators["stripe"].control.pay(card["id"])
        await expect(page.get_by_role("heading", name="付款成功")).to_be_visible(timeout=15_000)
        await expect(page.get_by_role("link", name="返回商户").filter(visible=True)).to_have_attribute(
            "href", "https://shop.example/thanks"
        )


@ON_A_DESKTOP
async def test_a_link_leads_to_a_payment_with_the_amount_that_the_payer_chose(
    market: Platform, browser: Browser, device: dict[str, Any]
) -> None:
    wanted = {"description": "Donation 捐赠", "currency": "CNY", "least_minor": 1_000, "most_minor": 5_000}
    link = await made(market, "/v1/payment_links", wanted)
    async with reading(browser, **device, **STRICT) as context:
        page = await context.new_page()
        await page.goto(link["url"])
        await blameless(page, device)
        await page.locator("#amount").fill("23.72")
        await page.keyboard.press("Enter")
        await expect(page.locator(".total")).to_contain_text("23.72")
        await expect(page.locator("main")).to_have_attribute("data-state", "open")
        await page.go_back()
        await page.locator("#amount").fill("40")
        await page.keyboard.press("Enter")
        await expect(page.locator(".total")).to_be_visible()
    found = (await market.merchant.get(f"/v1/payment_links/{link['id']}")).body
    assert 1 <= found["open_count"] <= 2


async def test_a_wrong_amount_is_said_where_it_was_typed(market: Platform) -> None:
    wanted = {"description": "Donation", "currency": "CNY", "least_minor": 1_000, "most_minor": 5_000}
    link = await made(market, "/v1/payment_links", wanted)
    async with market.session.post(
        link["url"],
        data={"visit": "a-visit-of-this-test", "amount": "9.99"},
        headers={"Accept-Language": "en"},
    ) as reply:
        assert reply.status == 400
        text = await reply.text()
    assert 'aria-invalid="true"' in text
    assert 'value="9.99"' in text
    assert "From CN¥10.00 to CN¥50.00" in text


@ON_A_PHONE
async def test_a_stores_code_is_printed_and_paid_by_whichever_wallet_scans_it(
    market: Platform, browser: Browser, device: dict[str, Any]
) -> None:
    code = await made(market, "/v1/static_codes", {"name": "West Lake 西湖店"})
    inside = device | {"user_agent": "Mozilla/5.0 (Linux; Android 14) Mobile AlipayClient/10.5"}
    async with reading(browser, **inside, **STRICT) as context:
        page = await context.new_page()
        await page.goto(code["print_url"])
        image = page.locator(".print-code")
        await expect(image).to_have_js_property("complete", True)
        assert await image.evaluate("image => image.naturalWidth") > 0
        await blameless(page, device)
        await page.goto(code["url"])
        await blameless(page, device)
        await page.locator("#amount").fill("12.80")
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_have_attribute("data-agent", "wallet")
        await expect(page.locator(".ways")).to_have_count(0)
        link = await page.locator("[data-pay-link]").get_attribute("href")
        await market.simulators["alipay"].control.pay(link or "")
        await expect(page.locator("main")).to_have_attribute("data-state", "paid", timeout=15_000)


async def test_a_device_pays_no_more_than_the_days_limit_by_static_codes(market: Platform) -> None:
    code = await made(market, "/v1/static_codes", {"name": "West Lake"})

    async def pay(visit: str, amount: str, cookie: str) -> tuple[int, str, str]:
        async with market.session.post(
            code["url"],
            data={"visit": visit, "amount": amount},
            headers={"Accept-Language": "en", "Cookie": cookie},
            allow_redirects=False,
        ) as reply:
            given = reply.cookies.get("tael_payer")
            return reply.status, given.value if given else "", await reply.text()

    status, device, _ = await pay("visit-one-of-a-device", "12.80", "")
    assert status == 303
    status, _, text = await pay("visit-two-of-a-device", "487.21", f"tael_payer={device}")
    assert status == 402
    assert "By printed codes you can pay CN¥500.00 in one day." in text
    assert (await pay("visit-three-of-a-device", "487.20", f"tael_payer={device}"))[0] == 303


@ON_A_DESKTOP
async def test_a_tip_is_asked_for_before_the_payment_is_made(
    market: Platform, browser: Browser, device: dict[str, Any]
) -> None:
    session = await made(market, "/v1/checkout_sessions", SESSION | {"tip_percents": [10, 15]})
    assert session["payment_id"] is None
    async with reading(browser, **device, **STRICT) as context:
        page = await context.new_page()
        await page.goto(session["url"])
        await blameless(page, device)
        await page.locator("button[value='15']").click()
        await expect(page.locator(".total")).to_contain_text("14.72")
    told = (await market.merchant.get(f"/v1/checkout_sessions/{session['id']}")).body
    assert (told["amount_minor"], told["tip_minor"]) == (1280, 192)
    assert (await market.merchant.payment(told["payment_id"]))["amount_minor"] == 1472


async def test_no_page_of_the_checkout_is_heavier_than_thirty_kilobytes(
    market: Platform, browser: Browser
) -> None:
    session = await made(market, "/v1/checkout_sessions", SESSION)
    weights: list[int] = []
    async with reading(browser, **PHONE_IN_ENGLISH) as context:
        page = await context.new_page()

        async def weigh(request: Any) -> None:
            sizes = await request.sizes()
            weights.append(sizes["responseBodySize"] + sizes["responseHeadersSize"])

        page.on("requestfinished", weigh)
        await page.goto(session["url"])
        await expect(page.locator("main")).to_have_attribute("data-state", "open")
        await page.wait_for_load_state("load")
    assert 5_000 < sum(weights) < 30 * 1024


async def test_a_deposit_is_held_and_the_final_amount_with_a_tip_is_taken_later(
    market: Platform, browser: Browser
) -> None:
    wanted = SESSION | {
        "amount_minor": 50_000,
        "capture_method": "manual",
        "cancel_url": "https://shop.example",
    }
    session = await made(market, "/v1/checkout_sessions", wanted)
    async with reading(browser, **PHONE_IN_ENGLISH) as context:
        page = await context.new_page()
        await page.goto(session["url"])
        await expect(page.locator(".ways")).to_have_count(0)
        await expect(page.get_by_role("heading", name="Pay with Card")).to_be_visible()
        await page.get_by_role("link", name="Go on with Card").click()
        await page.wait_for_url(re.compile(re.escape(market.simulators["stripe"].url)), wait_until="commit")
        card = (await market.merchant.payment(session["payment_id"]))["attempts"][-1]
        await market.simulators["stripe"].control.pay(card["id"])
        await page.goto(f"{market.public_url}/pay/{session['payment_id']}")
        await expect(page.get_by_role("heading", name="Deposit held")).to_be_visible(timeout=15_000)
    payment = f"/v1/payments/{session['payment_id']}"
    await market.merchant.payment_once(session["payment_id"], "authorised")
    capture = await market.merchant.post(f"{payment}/captures", {"amount_minor": 46_000, "tip_minor": 3_000})
    assert capture.status == 201, capture.raw
    paid = await market.merchant.payment_once(session["payment_id"], "captured")
    assert paid["captured_minor"] == 46_000
    told = (await market.merchant.get(f"/v1/checkout_sessions/{session['id']}")).body
    assert told["state"] == "complete"


async def test_a_phone_held_to_a_terminal_pays_by_its_token(market: Platform) -> None:
    terminal = await a_terminal(market.merchant, await a_store(market.merchant))
    path = f"/v1/terminals/{terminal}/charges"
    wanted = SESSION | {"currency": "USD", "card": {"token": "pm_card_visa"}}
    reply = await market.merchant.post(path, wanted)
    assert (reply.status, reply.body["state"], reply.body["method"]) == (201, "succeeded", "card"), reply.raw
    number = await market.merchant.post(path, wanted | {"card": {"token": "4242424242424242"}})
    assert number.status == 400
    assert "4242424242424242" not in number.raw.decode()
