"""Does somebody see what is kept of them, take it along, consent, and leave, by hand?"""

import asyncio
import io
import zipfile

from playwright.async_api import Browser, expect

from tael.users.api import OpenKind, OpenThing
from tests.e2e.browsing import shut_out
from tests.e2e.wallet_desk import WalletTown


async def test_ones_own_data_are_masked_until_one_asks_and_that_is_on_record(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.newcomer(page)
        user = await quarter.user_with(phone)
        await quarter.claim(page, "张小三")
        quarter.clock.move(minutes=6)
        await page.goto(f"{quarter.url}/privacy")
        assert "张小三" not in await page.content()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Show in full").click()
        await page.wait_for_url("**/security/proof?next=**")
        await page.get_by_role("button", name="Send me a code").click()
        await page.locator("#f-proof-code").fill(await quarter.code(f"+86{phone}"))
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_role("button", name="Show in full").click()
        await expect(page.get_by_text("张小三")).to_be_visible()
        await expect(page.get_by_text(f"+86{phone}")).to_be_visible()
        users = quarter.shop.house.people.users
        [looked] = await users.reads.unmaskings(user_id=user.id, before=None, limit=5)
        assert (looked.by, set(looked.fields)) == (f"user:{user.id}", {"name", "document", "phone"})


async def test_a_copy_is_asked_for_made_and_fetched_once(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.newcomer(page)
        user, users = await quarter.user_with(phone), quarter.shop.house.people.users
        asked_twice = asyncio.Event()

        async def written_then(user_id: str) -> bool:
            return user_id == user.id and await asked_twice.wait()

        users.contribute("asked twice", written_then)
        try:
            await page.goto(f"{quarter.url}/privacy")
            await page.get_by_role("button", name="Ask for a copy").click()
            await expect(page.get_by_text("Your copy is being made.")).to_be_visible()
            await page.get_by_role("button", name="Ask for a copy").click()
            await expect(page.get_by_text("The same is being done already.")).to_be_visible()
        finally:
            asked_twice.set()
        await users.work_off_requests()
        await page.goto(f"{quarter.url}/privacy")
        async with page.expect_download() as coming:
            await page.get_by_role("button", name="Fetch").click()
        saved = await (await coming.value).path()
        with zipfile.ZipFile(io.BytesIO(saved.read_bytes())) as archive:
            assert phone in archive.read("personal_information.json").decode()
        await page.goto(f"{quarter.url}/privacy")
        await expect(page.get_by_text("Fetched", exact=True)).to_be_visible()


async def test_a_consent_is_given_withdrawn_and_both_are_kept(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/privacy")
        faces = page.locator("form", has=page.locator("[value=biometrics]")).get_by_role("button")
        await faces.click()
        await expect(page.get_by_text("Given. You may withdraw it")).to_be_visible()
        await faces.click()
        await expect(page.get_by_text("Withdrawn.")).to_be_visible()
        await page.get_by_text("What I gave and withdrew").click()
        await expect(page.locator("details .row-item")).to_have_count(2)
        assert await shut_out(page) == []


async def test_an_account_is_closed_by_its_owner(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.newcomer(page)
        user, users = await quarter.user_with(phone), quarter.shop.house.people.users
        seen = asyncio.Event()

        async def open_things(user_id: str) -> list[OpenThing]:
            if user_id == user.id and await users.reads.requests(user.id, before=None, limit=1):
                await seen.wait()
            return []

        users.ask_before_closing(open_things)
        try:
            await page.goto(f"{quarter.url}/privacy")
            await page.get_by_text("What happens then").click()
            assert await shut_out(page) == []
            await page.get_by_role("button", name="Close my account and erase").click()
            await expect(page.get_by_text("Your account is being closed.")).to_be_visible()
        finally:
            seen.set()
        await users.work_off_requests()
        assert await users.find_by_phone(phone) is None
        await page.goto(f"{quarter.url}/home")
        await page.wait_for_url("**/sign-in?next=**")


async def test_an_account_with_something_open_is_not_closed_and_says_what(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        user = await quarter.user_with(await quarter.newcomer(page))

        async def open_things(user_id: str) -> list[OpenThing]:
            return [OpenThing(OpenKind.BALANCE, "5.00 CNY")] if user_id == user.id else []

        quarter.shop.house.people.users.ask_before_closing(open_things)
        await page.goto(f"{quarter.url}/privacy")
        await page.get_by_text("What happens then").click()
        await page.get_by_role("button", name="Close my account and erase").click()
        await expect(page.get_by_text("Your account cannot be closed yet")).to_be_visible()
        await expect(page.get_by_text("5.00 CNY in the wallet: withdraw or spend it.")).to_be_visible()


async def test_an_account_into_which_money_came_meanwhile_stays_open_and_says_why(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        user = await quarter.user_with(await quarter.newcomer(page))
        users = quarter.shop.house.people.users

        async def open_things(user_id: str) -> list[OpenThing]:
            asked = user_id == user.id and await users.reads.requests(user.id, before=None, limit=1)
            return [OpenThing(OpenKind.BALANCE, "5.00 CNY")] if asked else []

        users.ask_before_closing(open_things)
        await page.goto(f"{quarter.url}/privacy")
        await page.get_by_text("What happens then").click()
        await page.get_by_role("button", name="Close my account and erase").click()
        await expect(page.get_by_text("Your account is being closed.")).to_be_visible()
        await users.work_off_requests()
        await page.goto(f"{quarter.url}/privacy")
        await expect(page.get_by_text("Your account was not closed on")).to_be_visible()
        await expect(page.get_by_text("5.00 CNY in the wallet: withdraw or spend it.")).to_be_visible()
        await page.goto(f"{quarter.url}/privacy?lang=zh-CN")
        await expect(page.get_by_text("钱包余额 5.00 CNY：请提现或用完。")).to_be_visible()
        assert await shut_out(page) == []
