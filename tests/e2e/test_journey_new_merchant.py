"""Does a new business get from nothing to money? It applies, two people let it in, it makes a key, takes a payment by link, gives
a part back, and finds both in a file; all in a browser.
"""

import csv
import io
from collections.abc import Mapping
from typing import Any

import pyotp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tael.foundation.clock import SystemClock
from tael.merchants.model import MerchantState
from tael.staff.model import Role
from tael.testing.books import faults_in_books
from tael.testing.merchants import ACCOUNT, CREDIT_CODE, ID_NUMBER, PDF, PHONE
from tael.testing.platform import MerchantClient, Platform
from tests.e2e.browsing import reading
from tests.e2e.console_desk import Seat, seat_of
from tests.e2e.portal_desk import PASSWORD
from tests.e2e.shares import BY_LANGUAGE, one_of
from tests.e2e.test_portal_browser import is_good
from tests.e2e.test_portal_links import a_payer_pays

APPROVED = {"zh-CN": "您可以收取真实款项", "en": "You may take real payments."}
BUSINESS = {
    "business.legal_name": "蓝茶壶（杭州）有限公司",
    "business.credit_code": CREDIT_CODE,
    "business.address": "杭州市西湖区茶壶路 12 号",
    "business.mcc": "5499",
    "business.expected_monthly_minor": "50000",
}
LEGAL_PERSON = {"legal_person.name": "李明", "legal_person.id_number": ID_NUMBER}
BANK = {
    "account.holder": "蓝茶壶（杭州）有限公司",
    "account.number": ACCOUNT,
    "account.bank_name": "工商银行",
}
CONTACT = {"contact.name": "王芳", "contact.email": "fang@teapot.example", "contact.phone": PHONE}
DOCUMENTS = ("business_licence", "legal_person_id", "bank_proof")


@pytest.mark.parametrize("language", one_of(list(BY_LANGUAGE), "en"))
async def test_a_new_merchant_applies_is_let_in_by_two_takes_money_gives_a_part_back_and_exports_it(
    shop: Platform, browser: Browser, language: str
) -> None:
    name = f"Blue Teapot {language}"
    async with reading(browser, **BY_LANGUAGE[language], reduced_motion="reduce") as context:
        page = await context.new_page()
        await signs_up(shop, page, name)
        await applies(shop, page)
        [merchant] = [each for each in await shop.house.merchants.everybody() if each.name == name]
        await two_people_let_it_in(shop, browser, merchant.id, language)
        await page.goto(f"{shop.public_url}/portal/application")
        await expect(page.locator("main")).to_contain_text(APPROVED[language])
        await is_good(page, "an approved application")
        client = MerchantClient(shop.session, shop.public_url, merchant, await makes_a_key(shop, page))
        payment = await takes_a_payment_by_link(shop, browser, page, client)
        await gives_a_part_back(shop, page, payment["id"])
        rows = await exports(shop, context, page)
    [row] = [each for each in rows if each["id"] == payment["id"]]
    after = await client.payment_once(payment["id"], "captured")
    assert (after["captured_minor"], after["refunded_minor"]) == (12_800, 500)
    assert {"128.00", "5.00"} <= set(row.values()), row
    assert (await shop.house.merchants.find([merchant.id]))[merchant.id].state is MerchantState.ACTIVE
    assert await faults_in_books(shop.house) == []


async def signs_up(shop: Platform, page: Page, name: str) -> None:
    """A person with a password and a second factor, as the owner of a new merchant."""
    await page.goto(f"{shop.public_url}/portal/sign-up")
    email = f"ann@{name.rsplit(maxsplit=1)[-1].lower()}.example"
    for field, text in {"merchant": name, "name": "Ann", "email": email, "password": PASSWORD}.items():
        await page.fill(f"#f-{field}", text)
    await page.click("main button[type=submit]")
    await page.locator("main summary").click()
    secret = (await page.locator(".raw code").inner_text()).replace(" ", "")
    await page.fill("#f-code", pyotp.TOTP(secret).at(SystemClock().now()))
    await page.click("main button[type=submit]")
    await page.click("main a.button")
    await page.wait_for_url("**/portal/home")
    await is_good(page, "home of a new merchant")


async def applies(shop: Platform, page: Page) -> None:
    """Every part, every document, the agreement; then it is handed in."""
    address = f"{shop.public_url}/portal/application"
    await page.goto(address)
    await is_good(page, "an empty application")
    for part in (BUSINESS, LEGAL_PERSON, BANK, CONTACT):
        await sends(page, f"form:has([name='{next(iter(part))}'])", part)
    for kind in DOCUMENTS:
        form = page.locator("form[action$='/application/documents']")
        await form.locator("[name=kind]").select_option(kind)
        await form.locator("[name=content]").set_input_files(
            {"name": f"{kind}.pdf", "mimeType": "application/pdf", "buffer": PDF}
        )
        async with page.expect_navigation():
            await form.locator("button[type=submit]").click()
    await page.goto(f"{shop.public_url}/portal/agreement")
    await is_good(page, "the agreement")
    await page.check("[name=has_read]")
    await sends(
        page, "form[action$='/agreement/sign']", {"signer_name": "李明", "signer_title": "法定代表人"}
    )
    await page.goto(address)
    await is_good(page, "a whole application")
    await sends(page, "form[action$='/application/submit']", {})
    await is_good(page, "an application that waits")


async def sends(page: Page, form: str, fields: Mapping[str, str]) -> None:
    """Open what hides a form, fill it in, and send it with its first button."""
    found = page.locator(form).first
    hiding = page.locator("details:not([open])").filter(has=found)
    if await hiding.count():
        await hiding.first.locator("summary").first.click()
    for name, text in fields.items():
        await found.locator(f"[name='{name}']").fill(text)
    async with page.expect_navigation():
        await found.locator("button[type=submit]").first.click()


async def two_people_let_it_in(shop: Platform, browser: Browser, merchant_id: str, language: str) -> None:
    """One reviews and proposes, another approves, each at a console of their own."""
    desk = f"{shop.internal_url}/console/merchants/{merchant_id}"
    anna = await seat_of(shop, f"Anna{language[:2]}", Role.OPERATIONS)
    bob = await seat_of(shop, f"Bob{language[:2]}", Role.RISK)
    async with reading(browser, **BY_LANGUAGE[language], reduced_motion="reduce") as context:
        page = await at_the_console(context, anna)
        await page.goto(f"{desk}/do/begin_review")
        await sends(page, "form[action$='/do/begin_review']", {})
        await page.goto(f"{desk}/do/approve")
        await page.select_option("[name=level]", "low")
        wanted = {"reasons": "known for years", "review_on": "2099-01-01", "rate": "0.38", "note": "compared"}
        await sends(page, "form[action$='/do/approve']", wanted)
        [proposal] = await shop.house.merchants.reads.proposals(merchant_id=merchant_id)
        place = f"{shop.internal_url}/console/proposals/merchants/{proposal.id}"
        await page.goto(place)
        await expect(page.locator("form[action$='/decision']")).to_have_count(0)
    async with reading(browser, **BY_LANGUAGE[language], reduced_motion="reduce") as context:
        page = await at_the_console(context, bob)
        await page.goto(place)
        await sends(page, "form[action$='/decision']", {"note": "compared with the licence"})


async def at_the_console(context: BrowserContext, seat: Seat) -> Page:
    """A page of somebody who is signed in."""
    await context.add_cookies(
        [{"name": name, "value": text, "url": seat.shop.internal_url} for name, text in seat.cookies.items()]
    )
    return await context.new_page()


async def makes_a_key(shop: Platform, page: Page) -> str:
    """Its secret, which is shown this once."""
    await page.goto(f"{shop.public_url}/portal/keys")
    await page.select_option("#f-may", "full")
    await sends(page, "form[action$='/keys/new']", {"name": "Online shop"})
    secret = await page.locator(".secret-once code").inner_text()
    await is_good(page, "a new key")
    await page.goto(f"{shop.public_url}/portal/keys")
    assert secret not in await page.content()
    return secret


async def takes_a_payment_by_link(
    shop: Platform, browser: Browser, page: Page, client: MerchantClient
) -> Any:
    """The payment of somebody who opened a link that was made in the portal."""
    await page.goto(f"{shop.public_url}/portal/links")
    await sends(page, "form[action$='/links/new']", {"description": "Spring course", "amount": "128"})
    await a_payer_pays(shop, browser, await page.locator(".secret-once code").inner_text())
    link = page.url.rpartition("/")[2]
    found = await client.get("/v1/payments", source=f"payment_link:{link}")
    [payment] = found.body["items"]
    return await client.payment_once(payment["id"], "captured")


async def gives_a_part_back(shop: Platform, page: Page, payment_id: str) -> None:
    """From the payment's page, which is found in the list."""
    await page.goto(f"{shop.public_url}/portal/payments?state=captured")
    await page.click(f"a[href$='{payment_id}']")
    await sends(page, "form[action$='/refund']", {"amount": "5.00", "note": "one lesson fell out"})
    await is_good(page, "a payment of which a part went back")


async def exports(shop: Platform, context: BrowserContext, page: Page) -> list[dict[str, str]]:
    """The payments, as the file says."""
    await page.goto(f"{shop.public_url}/portal/exports")
    await page.select_option("#f-kind", "payments")
    await page.select_option("#f-format", "csv")
    await sends(page, "form[action$='/exports/new']", {})
    await expect(page.locator("a[download]")).to_have_count(1, timeout=20_000)
    await is_good(page, "an export that is done")
    file = await page.locator("a[download]").get_attribute("href")
    answer = await context.request.get(f"{shop.public_url}{file}")
    assert answer.status == 200
    return list(csv.DictReader(io.StringIO((await answer.body()).decode("utf-8-sig"))))
