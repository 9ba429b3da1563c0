"""Can a merchant's person win a dispute at the portal: see how long is left, add a file, write, hand in, and have the money back?"""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tael.merchants.model import TeamRole
from tael.payments import postings
from tael.testing.books import faults_in_books
from tael.testing.databases import fresh_database
from tael.testing.patience import until
from tael.testing.platform import MerchantClient, Platform, running_platform
from tests.e2e.browsing import PHONE_IN_ENGLISH, reading, shut_out
from tests.e2e.portal_desk import PASSWORD, PortalSeat, seat_in
from tests.e2e.shares import BY_LANGUAGE, one_of

HKD, AMOUNT, CHANNEL = "HKD", 50_000, "stripe"
PDF = b"%PDF-1.7\n% proof of delivery\n"
AN_INTERVAL_SECONDS = 30
"""For so long an authenticator shows one code."""
ONE_DAY_MILLISECONDS = 24 * 3600 * 1000
WORDS = {
    "zh-CN": {
        "to_do": "待您回应的争议：1 件",
        "left": "剩余 6 天 23 小时",
        "a_day_later": "剩余 5 天 23 小时",
        "withheld": "HK$500.00 被扣留",
        "added": "文件已加入草稿",
        "own_words": "您对银行的说明",
        "review": "保存并通读",
        "hand_in": "确定提交",
        "handed_in": "证据已提交",
        "reviewing": "审理中",
        "won": "胜诉",
        "free": "没有款项被扣留",
    },
    "en": {
        "to_do": "Disputes that wait for your answer: 1",
        "left": "6 d 23 h left",
        "a_day_later": "5 d 23 h left",
        "withheld": "HK$500.00 is withheld",
        "added": "The file is in the draft",
        "own_words": "Your words to the bank",
        "review": "Save and read through",
        "hand_in": "Hand in for good",
        "handed_in": "Your evidence is handed in",
        "reviewing": "Under review",
        "won": "Won",
        "free": "Nothing is withheld",
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bank(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A running platform with a channel for cards, started once for the file."""
    folder: Path = tmp_path_factory.mktemp("bank")
    async with (
        fresh_database(server) as urls,
        running_platform(urls, folder, channels=(CHANNEL,)) as running,
    ):
        yield running


async def disputed(bank: Platform, shop: MerchantClient, why: str = "product_not_received") -> Any:
    """A payment by card whose payer went to their bank, as soon as it is withheld."""
    payment = await shop.create_payment(AMOUNT, currency=HKD)
    wish = {"method": "card", "product": "card", "card_token": "pm_card_visa"}
    assert (await shop.post(f"/v1/payments/{payment['id']}/attempts", wish)).status in (201, 202)
    payment = await shop.payment_once(payment["id"], "captured")
    await bank.simulator.control.act("dispute", payment["attempts"][0]["id"], text=why)

    async def withheld() -> bool:
        found = (await shop.get("/v1/disputes", payment_id=payment["id"])).body["items"]
        return [each["money"] for each in found] == ["held"]

    await until(withheld)
    return payment


async def owed(bank: Platform, shop: MerchantClient) -> int:
    """What the books say that the platform owes a merchant."""
    code = postings.merchant_pending(shop.merchant.id, HKD).code
    async with bank.house.database.transaction() as tx:
        lines = await bank.house.ledger.trial_balance(tx)
    return -sum(line.balance_minor for line in lines if line.code == code)


async def blameless(page: Page) -> None:
    """Nobody is shut out, and nothing is wider than the device."""
    assert await shut_out(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


async def sign_in(page: Page, bank: Platform, seat: PortalSeat) -> None:
    """By e-mail, password and second factor."""
    login = await bank.house.people.identity.find(seat.login_id)
    await page.goto(f"{bank.public_url}/portal/sign-in")
    await page.fill("#f-email", login.email)
    await page.fill("#f-password", PASSWORD)
    await page.click("main button[type=submit]")
    later = SystemClock().now().timestamp() + AN_INTERVAL_SECONDS
    await page.fill("#f-code", pyotp.TOTP(seat.secret).at(int(later)))
    await page.click("form[action$='/code'] button[type=submit]")
    await page.wait_for_url("**/portal/home")


@pytest.mark.parametrize("language", one_of(list(WORDS), "zh-CN"))
async def test_a_merchant_answers_a_dispute_at_the_portal_wins_and_has_the_money_back(
    bank: Platform, browser: Browser, tmp_path: Path, language: str
) -> None:
    say, shop = WORDS[language], await bank.new_merchant()
    payment = await disputed(bank, shop)
    assert await owed(bank, shop) == 0, "all that the merchant was owed is withheld"
    ann = await seat_in(bank, shop.merchant, TeamRole.FINANCE)
    proof = tmp_path / "proof.pdf"
    proof.write_bytes(PDF)
    async with reading(browser, **BY_LANGUAGE[language], reduced_motion="reduce") as context:
        page = await context.new_page()
        await sign_in(page, bank, ann)
        await expect(page.locator("main")).to_contain_text(say["to_do"])
        await expect(page.locator("main")).to_contain_text(say["left"])
        await blameless(page)
        await page.click("a[href$='/portal/disputes?state=needs_response']")
        await expect(page.locator(".countdown")).to_contain_text(say["left"])
        await blameless(page)
        await page.clock.install()
        await page.click(".row-title a")
        await expect(page.locator(".countdown")).to_contain_text(say["left"])
        await page.clock.fast_forward(ONE_DAY_MILLISECONDS)
        await expect(page.locator(".countdown")).to_contain_text(say["a_day_later"])
        await expect(page.locator("main")).to_contain_text(say["withheld"])
        await blameless(page)

        await page.select_option("#f-field", "shipping_documentation")
        await page.set_input_files("#f-content", proof)
        await page.click("form[action$='/files'] button[type=submit]")
        await expect(page.get_by_role("status")).to_contain_text(say["added"])
        async with page.expect_download() as download:
            await page.click("text=proof.pdf")
        got = await download.value
        assert got.suggested_filename == "proof.pdf"
        assert await asyncio.to_thread((await got.path()).read_bytes) == PDF
        await page.get_by_label(say["own_words"]).fill("They came, and drank.")
        await page.get_by_role("button", name=say["review"]).click()
        await expect(page.locator("main")).to_contain_text("They came, and drank.")
        await expect(page.locator("main")).to_contain_text("proof.pdf")
        await blameless(page)
        await page.get_by_role("button", name=say["hand_in"]).click()
        await expect(page.get_by_role("status")).to_contain_text(say["handed_in"])
        await expect(page.locator("main header")).to_contain_text(say["reviewing"])
        await expect(page.locator("form[action$='/evidence']")).to_have_count(0)
        await blameless(page)

        await bank.simulator.control.act("dispute_won", payment["attempts"][0]["id"])

        async def is_won() -> bool:
            await page.reload()
            return say["won"] in await page.locator("main header").inner_text()

        await until(is_won)
        await expect(page.locator("main")).to_contain_text(say["free"])
        await blameless(page)
    assert await owed(bank, shop) == AMOUNT - payment["fee_minor"], "the merchant has all of it back"
    assert await faults_in_books(bank.house) == []


async def test_s1_a_stranger_finds_neither_the_dispute_nor_its_file_and_a_viewer_changes_nothing(
    bank: Platform,
) -> None:
    shop, other = await bank.new_merchant(), await bank.new_merchant()
    await disputed(bank, shop)
    [dispute] = (await shop.get("/v1/disputes")).body["items"]
    content = base64.b64encode(PDF).decode()
    wish = {"field": "receipt", "name": "receipt.pdf", "content": content}
    file = (await shop.post(f"/v1/disputes/{dispute['id']}/files", wish)).body
    owner = await seat_in(bank, shop.merchant, TeamRole.OWNER)
    viewer = await seat_in(bank, shop.merchant, TeamRole.VIEWER)
    stranger = await seat_in(bank, other.merchant, TeamRole.OWNER)
    places = [
        f"/disputes/{dispute['id']}",
        f"/disputes/{dispute['id']}/review",
        f"/disputes/{dispute['id']}/files/{file['id']}",
    ]
    for place in places:
        assert (await owner.look(place)).status == 200, place
        assert (await stranger.look(place)).status == 404, place
    by_id = f"/search?q={dispute['id']}"
    assert (await owner.look(by_id)).location.endswith(f"/portal{places[0]}")
    assert dispute["id"] not in (await stranger.look("/search?q=500")).text
    assert dispute["id"] in (await viewer.look("/search?q=500")).text
    shown = await viewer.look(places[0])
    assert (shown.status, shown.has_form("/evidence"), shown.has_form("/accept")) == (200, False, False)
    assert (await viewer.send(f"{places[0]}/accept", {"sure": "true"})).status == 403


async def test_without_scripts_nothing_that_was_written_is_lost_and_giving_in_has_to_be_meant(
    bank: Platform, browser: Browser, tmp_path: Path
) -> None:
    shop = await bank.new_merchant()
    await disputed(bank, shop, "fraudulent")
    ann = await seat_in(bank, shop.merchant, TeamRole.OWNER)
    pretended, large = tmp_path / "receipt.pdf", tmp_path / "large.pdf"
    pretended.write_bytes(b"<html>receipt</html>")
    large.write_bytes(PDF.ljust(4_000_001, b" "))
    # Not `reading`: that a form was refused is a complaint in the browser's console.
    context = await browser.new_context(**PHONE_IN_ENGLISH, java_script_enabled=False)
    cookies = [{"name": name, "value": text, "url": bank.public_url} for name, text in ann.cookies.items()]
    await context.add_cookies(cookies)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{bank.public_url}/portal/disputes")
    await page.click(".row-title a")
    assert "6 d 23 h left" in await page.locator(".countdown").inner_text()
    await page.get_by_label("Your words to the bank").fill("It was the holder of the card.")
    await page.click("text=Save the draft")
    await expect(page.get_by_role("status")).to_contain_text("The draft is saved.")
    for file, why in ((pretended, "neither PDF nor PNG nor JPEG"), (large, "at most 4 MB")):
        await page.set_input_files("#f-content", file)
        await page.click("text=Add the file")
        await expect(page.get_by_role("alert")).to_contain_text(why)
    await page.click("summary:has-text('Give in')")
    await page.click("text=Give in for good")
    await expect(page.get_by_role("alert")).to_contain_text("Tick that the payer may keep the money")
    words = page.get_by_label("Your words to the bank")
    await expect(words).to_have_value("It was the holder of the card.")
    await page.get_by_label("The payer may keep HK$500.00").check()
    await page.click("text=Give in for good")
    await expect(page.locator("main header")).to_contain_text("Given in")
    await expect(page.locator("main")).to_contain_text("went back to the payer")
    await context.close()
