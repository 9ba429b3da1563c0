"""Does somebody read what they were told, choose what reaches them, learn, and see what was done in their name?"""

import re

from playwright.async_api import Browser, expect

from tael.behaviour.model import Act, ActKind, ActResult, Circumstances
from tael.messages.rules.quizzes import right_answers
from tael.testing.patience import until
from tests.e2e.browsing import shut_out
from tests.e2e.wallet_desk import PASSWORD, WalletTown


async def test_messages_are_filtered_and_marked_as_read(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/home")
        await expect(page.locator(".unread")).to_have_text("1")
        await page.goto(f"{quarter.url}/messages")
        await expect(page.get_by_role("heading", name="Welcome to Tael")).to_be_visible()
        assert await shut_out(page) == []
        await page.locator(".chip", has_text="Unread").click()
        await page.get_by_role("button", name="Mark all as read").click()
        await expect(page.locator(".unread")).to_have_count(0)
        await page.locator(".chip", has_text="Unread").click()
        await expect(page.get_by_text("No messages")).to_be_visible()


async def test_preferences_are_kept_and_the_language_is_spoken(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        user = await quarter.user_with(await quarter.newcomer(page))
        await page.goto(f"{quarter.url}/messages/preferences")
        assert await shut_out(page) == []
        await page.locator("input[value='education:push']").uncheck()
        await page.locator("#f-quiet_from").fill("23:30")
        await page.locator("#f-language").select_option("zh-CN")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved.")).to_be_visible()
        wanted = await quarter.shop.house.people.messages.preferences(user.id)
        assert (set(wanted.off), wanted.quiet_from, wanted.language.value) == (
            {"education:push"},
            1_410,
            "zh-CN",
        )
        await page.goto(f"{quarter.url}/messages")
        await expect(page.get_by_role("heading", name="欢迎")).to_be_visible()


async def test_a_quiz_is_not_passed_then_passed(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        user = await quarter.user_with(await quarter.newcomer(page))
        house, messages = quarter.shop.house, quarter.shop.house.people.messages
        async with house.database.transaction() as tx:
            await messages.assign_quiz(tx, user.id, because="warning", required=True)
        await page.goto(f"{quarter.url}/learn")
        await expect(page.get_by_text("After something unusual")).to_be_visible()
        first = page.locator(".tips summary").first
        english, [asked] = await first.inner_text(), await messages.quizzes(user.id)
        await page.goto(f"{quarter.url}/learn?lang=zh-CN")
        assert await first.inner_text() != english, "in the page's language"
        await page.goto(f"{quarter.url}/learn/quizzes/{asked.id}")
        await expect(page.get_by_text(asked.questions[0].text)).to_have_count(0)
        await page.goto(f"{quarter.url}/learn?lang=en")
        assert await shut_out(page) == []
        for which, words in ((":not([value='{}'])", "Not yet"), ("[value='{}']", "Passed")):
            await page.goto(f"{quarter.url}/messages")
            await page.get_by_role("link", name="To the quiz").click()
            [quiz] = await messages.quizzes(user.id)
            for place, right in enumerate(right_answers([each.name for each in quiz.questions])):
                await page.locator(f"input[name=q{place}]{which.format(right)}").first.check()
            await page.get_by_role("button", name="Done").click()
            await expect(page.locator(".quiz-result h2")).to_have_text(words)
            assert await shut_out(page) == []
        [quiz] = await messages.quizzes(user.id)
        assert quiz.passed_at is not None


async def test_what_was_done_is_listed_with_place_and_device_and_a_stranger_is_put_out(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.register(page)
        user, house = await quarter.user_with(phone), quarter.shop.house
        await page.context.clear_cookies()
        await quarter.sign_in(page, phone, "wrong-wrong-wrong")
        await quarter.sign_in(page, phone, PASSWORD)
        await page.locator("#f-proof").fill(await quarter.code(f"+86{phone}"))
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url("**/home")
        await page.goto(f"{quarter.url}/activity?kind=sign_in")
        await expect(page.get_by_text("Failed")).to_have_count(1)
        await expect(page.locator(".row-item")).to_have_count(3)  # registered, tried in vain, came in
        await expect(page.locator(".row-item").first).to_contain_text("127.0.0.1")
        assert await shut_out(page) == []
        await warn(quarter, phone)
        await page.goto(f"{quarter.url}/activity?lang=zh-CN")
        await expect(page.locator(".advice-title")).to_contain_text(re.compile("[一-龥]{4}"))
        await page.goto(f"{quarter.url}/activity?lang=en")
        assert await shut_out(page) == []
        await page.get_by_role("button", name="It was not me").first.click()
        await page.wait_for_url("**/sign-in")

        async def is_asked() -> bool:
            return bool(await house.people.messages.quizzes(user.id, only_open=True))

        await until(is_asked, "after something risky there is a quiz")


async def test_it_was_me_is_taken_from_whoever_has_read_the_tip_beside_the_warning(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.register(page)
        await warn(quarter, phone)
        await page.goto(f"{quarter.url}/activity")
        said, alarms = page.get_by_role("button", name="It was me").first, page.locator(".alarm")
        there = await alarms.count()
        async with page.expect_navigation():
            await said.evaluate("each => { each.form.noValidate = true; each.form.requestSubmit(each); }")
        await expect(alarms).to_have_count(there)
        assert not any(await quarter.tips_read(phone, "unusual_act"))
        await page.get_by_label("I have read this").first.check()
        await said.click()
        await expect(page.get_by_text("We will know it the next time.")).to_be_visible()
        await expect(alarms).to_have_count(there - 1)
        assert sum(await quarter.tips_read(phone, "unusual_act")) == 1


async def warn(quarter: WalletTown, phone: str) -> None:
    """So many tries from far away that somebody is asked whether it was they."""
    user, house = await quarter.user_with(phone), quarter.shop.house
    strange = Circumstances(at=quarter.clock.now(), address="8.8.8.8", user_agent="Other", device_id=None)
    acts = [
        Act(user_id=user.id, kind=ActKind.SIGN_IN, result=ActResult.FAILED, circumstances=strange)
        for _ in range(8)
    ]
    async with house.database.transaction() as tx:
        await house.people.behaviour.record(tx, acts)

    async def is_warned() -> bool:
        await house.people.behaviour.look()
        return bool(await house.people.behaviour.warnings(user_id=user.id, limit=1))

    await until(is_warned, "somebody has looked at the acts")
