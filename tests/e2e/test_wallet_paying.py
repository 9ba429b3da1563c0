"""Does somebody pay a merchant: at a till by the code on their screen, and in a shop by their balance, with a passkey?"""

import re

from playwright.async_api import Browser, Page, expect

from tael.testing.books import faults_in_books
from tests.e2e.browsing import shut_out
from tests.e2e.money_town import PIN, MoneyTown
from tests.e2e.wallet_desk import hold_passkeys

PAYMENT = {"amount_minor": 1280, "currency": "CNY", "reference": "order-1", "description": "Two cups of tea"}


async def digits(page: Page) -> str:
    """What the till would read off the screen."""
    shown = page.locator(".pay-digits")
    await expect(shown).to_be_visible()
    return re.sub(r"\D", "", await shown.inner_text())


def spoken(code: str) -> str:
    """The first digits of a code, as they stand on the screen."""
    return f"{code[:4]} {code[4:8]} {code[8:12]}"


async def make_passkey(page: Page, town: MoneyTown) -> None:
    """As somebody makes one on their phone."""
    await hold_passkeys(page)
    await page.goto(f"{town.url}/security/passkeys")
    if "firm=true" in page.url:
        assert await shut_out(page) == []
        await expect(page.get_by_text("A code to your number is not enough for it")).to_be_visible()
        await page.locator("#f-proof-payment-password").fill("904175")
        await page.get_by_role("button", name="Continue").click()
        await expect(page.locator("#f-proof-payment-password-note")).to_be_visible()
        await page.locator("#f-proof-payment-password").fill(PIN)
        await page.get_by_role("button", name="Continue").click()
        await page.wait_for_url("**/security/passkeys")
    await page.get_by_role("button", name="Make a passkey on this device").click()
    await expect(page.get_by_text("The passkey is kept.")).to_be_visible()


async def order_of(town: MoneyTown, amount_minor: int) -> str:
    """A merchant's order that is to be paid by balance; its address in the wallet."""
    wanted = PAYMENT | {"amount_minor": amount_minor}
    payment = (await town.shop.merchant.post("/v1/payments", wanted)).body
    reply = await town.shop.merchant.post(
        f"/v1/payments/{payment['id']}/attempts", {"method": "balance", "product": "page"}
    )
    assert reply.status in (201, 202), reply.raw
    return f"{town.url}/orders/{reply.body['id']}"


async def test_a_payment_code_is_new_each_time_covered_when_nobody_looks_and_pays_once(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody(minor=5_000)
    async with town.at(browser, ann) as page:
        answers: list[str] = []
        page.on("request", lambda asked: answers.append(asked.url))
        await page.goto(f"{town.url}/pay")
        first = await digits(page)
        assert (len(first), first[:2]) == (18, "88")
        await expect(page.locator("[data-countdown]")).to_contain_text(re.compile("00:[1-5][0-9]"))
        assert await shut_out(page) == []
        await page.get_by_role("button", name="New code now").click()
        await expect(page.locator(".pay-digits")).not_to_contain_text(spoken(first))
        second = await digits(page)
        await page.evaluate(
            "Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        await expect(page.locator(".pay-digits")).to_have_count(0)
        await expect(page.get_by_text("Covered, because you looked elsewhere.")).to_be_visible()
        await page.evaluate(
            "Object.defineProperty(document, 'hidden', { value: false, configurable: true });"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        third = await digits(page)
        assert len({first, second, third}) == 3
        assert [url for url in answers if first in url or second in url or third in url] == []
        charged = await town.shop.merchant.post(
            "/v1/counter/charges", {**PAYMENT, "amount_minor": 1_000, "payer_code": third}
        )
        assert charged.body["state"] == "waiting_for_payer", charged.raw
        await page.goto(f"{town.url}/home")
        await page.get_by_role("link", name=re.compile("^Pay 蓝茶壶")).click()
        await expect(page.locator(".ending-amount")).to_contain_text("10.00")
        await page.get_by_role("button", name=re.compile("^Pay CN¥10.00")).click()
        await page.get_by_label("Payment password").fill(PIN)
        await page.get_by_role("button", name="Confirm", exact=True).click()
        await expect(page.get_by_text("Paid", exact=True)).to_be_visible()
    assert await town.has(ann) == 4_000


async def test_what_a_till_has_scanned_is_declined_and_costs_nothing(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody(minor=5_000)
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/pay")
        wanted = PAYMENT | {"payer_code": await digits(page)}
        charged = await town.shop.merchant.post("/v1/counter/charges", wanted)
        assert charged.body["state"] == "waiting_for_payer", charged.raw
        await page.goto(f"{town.url}/home")
        await page.get_by_role("link", name=re.compile("^Pay 蓝茶壶")).click()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="I do not pay this").click()
        await expect(page.get_by_text("Not paid", exact=True)).to_be_visible()
        await expect(page.get_by_role("button", name=re.compile("^Pay "))).to_have_count(0)
        await page.goto(await order_of(town, 1_280))
        await expect(page.get_by_role("button", name=re.compile("^Pay "))).to_be_visible()
        await expect(page.get_by_role("button", name="I do not pay this")).to_have_count(0)
    assert await town.has(ann) == 5_000


async def test_a_payment_code_is_replaced_every_minute_and_not_shown_to_whoever_may_not_pay(
    town: MoneyTown, browser: Browser
) -> None:
    ann, eve = await town.somebody(minor=5_000), await town.somebody(verified=False)
    async with town.at(browser, ann) as page:
        await page.clock.install()
        await page.goto(f"{town.url}/pay")
        first = await digits(page)
        await page.clock.fast_forward("01:01")
        await expect(page.locator(".pay-digits")).not_to_contain_text(spoken(first))
        assert await digits(page) != first
    async with town.at(browser, eve) as page:
        await page.goto(f"{town.url}/pay")
        await expect(page.get_by_role("alert")).to_contain_text("Verify who you are first")
        await expect(page.locator(".pay-digits")).to_have_count(0)
        await page.goto(f"{town.url}/home")
        await expect(page.get_by_role("link", name="Verify now")).to_be_visible()


async def test_an_order_is_paid_with_a_passkey_and_leads_back_to_the_shop(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=200_000), await town.somebody("李四四", minor=200_000)
    address = await order_of(town, 128_000)
    async with town.at(browser, ann) as page:
        await make_passkey(page, town)
        await page.goto(address)
        await expect(page.get_by_text("Two cups of tea")).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Pay CN¥1,280.00").click()
        await expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Confirm with a passkey").click()
        await expect(page.get_by_text("Paid", exact=True)).to_be_visible()
        back = page.get_by_role("link", name="Back to the shop")
        await expect(back).to_have_attribute("href", re.compile("/pay/pay_"))
        assert await shut_out(page) == []
    assert await town.has(ann) == 72_000
    async with town.at(browser, bob) as page:
        gone = await page.goto(address)
        assert gone is not None
        assert gone.status == 404, "what somebody has paid nobody else sees"
    assert await faults_in_books(town.house) == []


async def test_the_largest_amounts_take_the_payment_password_and_then_the_passkey(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody(minor=2_000_000)
    address = await order_of(town, 600_000)
    async with town.at(browser, ann) as page:
        await make_passkey(page, town)
        await page.goto(address)
        await page.get_by_role("button", name="Pay CN¥6,000.00").click()
        await expect(page.get_by_role("button", name="Confirm with a passkey")).to_have_count(0)
        await page.get_by_label("Payment password").fill(PIN)
        await page.get_by_role("button", name="Confirm", exact=True).click()
        await page.get_by_role("button", name="Confirm with a passkey").click()
        await expect(page.get_by_text("Paid", exact=True)).to_be_visible()
    assert await town.has(ann) == 1_400_000


async def test_whatever_a_merchant_shows_leads_from_the_scanner_to_where_it_is_paid(
    town: MoneyTown, browser: Browser
) -> None:
    ann, merchant, here = await town.somebody(minor=5_000), town.shop.merchant, town.shop.public_url
    payment = (await merchant.post("/v1/payments", PAYMENT)).body
    session = (await merchant.post("/v1/checkout_sessions", PAYMENT)).body
    link = (await merchant.post("/v1/payment_links", {"description": "Tea", "currency": "CNY"})).body
    printed = (await merchant.post("/v1/static_codes", {"name": "West Lake"})).body
    async with town.at(browser, ann) as page:
        for shown, there in (
            (f"{here}/pay/{payment['id']}", "/pay/pay_"),
            (session["url"], "/pay/pay_"),
            (link["url"], "/l/"),
            (printed["url"], "/q/"),
        ):
            await page.goto(f"{town.url}/scan")
            await page.get_by_label("Or type it in").fill(shown)
            await page.get_by_role("button", name="Next").click()
            await expect(page).to_have_url(re.compile(re.escape(here + there) + r"\w+$"))
            await expect(page.locator("main")).to_be_visible()
        for elsewhere in (
            "//evil.example" + payment["id"],
            f"https://evil.example/pay/{payment['id']}",
            "http://[/",
        ):
            await page.goto(f"{town.url}/scan")
            await page.get_by_label("Or type it in").fill(elsewhere)
            await page.get_by_role("button", name="Next").click()
            await expect(page.locator(".field-wrong")).to_contain_text("This is no code of this wallet.")
