"""Does somebody find what moved their money, get it on paper that others can check, see their limits, and give a red packet?"""

import re

from playwright.async_api import Browser, expect
from pypdf import PdfReader

from tests.e2e.browsing import shut_out
from tests.e2e.money_town import PIN, MoneyTown


async def test_amounts_are_hidden_from_those_who_look_on_until_the_eye_is_pressed_again(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody(minor=30_000)
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/home")
        amount, eye = page.locator(".balance-amount"), page.get_by_role("button", name="Hide amounts")
        await expect(amount).to_contain_text("300.00")
        assert await shut_out(page) == []
        await eye.click()
        await page.reload()
        await expect(eye).to_have_attribute("aria-pressed", "true")
        await expect(amount).to_have_attribute("aria-hidden", "true")
        await eye.click()
        await expect(amount).to_have_attribute("aria-hidden", "false")


async def test_bills_are_listed_searched_filtered_and_summed(town: MoneyTown, browser: Browser) -> None:
    ann = await town.somebody(minor=30_000)
    await town.give(ann, 7_777)
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/bills")
        await expect(page.get_by_text("+CN¥300.00")).to_be_visible()
        await expect(page.get_by_text("In CN¥377.77")).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_text("Filters").click()
        await page.get_by_label("At least").fill("100")
        await page.get_by_role("button", name="Show", exact=True).click()
        await expect(page.get_by_text("+CN¥77.77")).to_have_count(0)
        await expect(page.get_by_text("+CN¥300.00")).to_be_visible()
        await page.get_by_label("Kind").select_option("withdrawal")
        await page.get_by_role("button", name="Show", exact=True).click()
        await expect(page.get_by_text("Nothing fits these filters.")).to_be_visible()
        await page.get_by_role("link", name="All bills").click()
        await page.get_by_role("link", name=re.compile(r"^[A-Z][a-z]+ 20\d\d$")).click()
        await expect(page.get_by_role("img", name="In and out of the last months")).to_be_visible()
        await expect(page.get_by_text("+CN¥377.77")).to_be_visible()
        assert await shut_out(page) == []
        await page.goto(f"{town.url}/bills")
        await page.get_by_text("+CN¥77.77").click()
        await expect(page.get_by_text("CN¥377.77")).to_be_visible()
        assert await shut_out(page) == []


async def test_a_statement_is_written_fetched_and_checked_by_whoever_holds_it(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody(minor=30_000)
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/statements")
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Write it").click()
        fetch = page.get_by_role("link", name="Download")
        await expect(fetch).to_be_visible(timeout=60_000)
        await page.goto(f"{town.url}/statements")  # which reads itself again when it comes to rest
        async with page.expect_download() as came:
            await fetch.click()
        kept = await (await came.value).path()
        assert kept.read_bytes().startswith(b"%PDF")
        code = await page.locator("code.id").first.inner_text()
        await page.context.clear_cookies(name="tael_wallet")
        paper = PdfReader(kept).pages[0].extract_text().replace("\n", "")
        assert f"{town.url}/check?code={code}" in paper, paper
        await page.goto(f"{town.url}/check?code={code}")
        await expect(page.get_by_label("Verification code")).to_have_value(code)
        await expect(page.get_by_text("We made this statement")).to_be_visible()
        await expect(page.get_by_text("CN¥300.00").first).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_label("Verification code").fill("00000-00000-00000-00000")
        await page.get_by_role("button", name="Check a statement").click()
        await expect(page.locator(".field-wrong")).to_contain_text("We made no statement with this code.")


async def test_a_lower_limit_holds_at_once_and_a_higher_one_is_asked_for(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody(minor=30_000)
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/limits")
        assert await shut_out(page) == []
        await page.get_by_label("To how much").fill("50")
        await page.get_by_role("button", name="Ask").click()
        await expect(page.get_by_text("The lower limit holds from now on.")).to_be_visible()
        await expect(page.get_by_text("CN¥50.00 left")).to_be_visible()
        await page.get_by_label("To how much").fill("30000")
        await page.get_by_label("Why").fill("Rent")
        await page.get_by_role("button", name="Ask").click()
        await expect(page.get_by_text("Being looked at")).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Take it back").click()
        await expect(page.get_by_text("Taken back", exact=True)).to_be_visible()


async def test_a_red_packet_is_packed_given_and_opened_once_by_each(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=30_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/packets")
        assert await shut_out(page) == []
        await page.get_by_label("Amount in all").fill("20")
        await page.get_by_label("Shares").fill("2")
        await page.get_by_text("All the same").click()
        await page.get_by_role("button", name="Pack it").click()
        await expect(page.get_by_text("Red packet", exact=True)).to_be_visible()
        await expect(page.get_by_text("2 shares, all the same")).to_be_visible()
        await page.get_by_label("Payment password").fill(PIN)
        await page.get_by_role("button", name="Confirm", exact=True).click()
        await expect(page.get_by_text("Your red packet is ready.")).to_be_visible()
        assert await shut_out(page) == []
        address = page.url
    async with town.at(browser, bob) as page:
        await page.goto(address)
        await expect(page.get_by_text("From *三")).to_be_visible()
        await page.get_by_role("button", name="Open").click()
        await expect(page.get_by_text("It is in your wallet.")).to_be_visible()
        await expect(page.locator(".ending-amount")).to_contain_text("10.00")
        assert await shut_out(page) == []
    async with town.at(browser, ann) as page:
        await page.goto(address)
        await expect(page.get_by_text("1 of 2 taken")).to_be_visible()
        await expect(page.get_by_text("*四四")).to_be_visible()
    assert (await town.has(ann), await town.has(bob)) == (28_000, 1_000)
