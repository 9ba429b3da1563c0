"""Does somebody prove who they are by hand, class by class, and hear of each failure what went wrong and what to do?"""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from tael.testing.patience import until
from tael.testing.verification import PICTURE
from tael.users.model import VerificationState
from tests.e2e.browsing import shut_out
from tests.e2e.wallet_desk import WalletTown, id_number

OF_THE_REGISTER = (
    ("王不符", "Not confirmed: name", "What you said is not what this source knows.", "Look whether name and number stand exactly"),
    ("钱无此", "Not confirmed: name, document", "The source knows nobody with this name", "Check name and number for typing errors."),
    ("孙挂失", "Not confirmed: document", "This document was reported as lost.", "use the new one"),
    ("周过期", "Not confirmed: document", "This document has expired.", "Renew it where it was issued"),
)  # fmt: skip
OF_THE_CAMERA = (
    ("蒋别脸", "What you said is not what this source knows."),
    ("沈翻拍", "a picture of a picture"),
    ("韩模糊", "too poor to say yes or no"),
)


async def ask(page: Page, source: str) -> None:
    """Press the button of a source, and see the page that follows."""
    async with page.expect_navigation():
        await page.locator(f"#source-{source} form button").click()


async def show_pictures(page: Page, quarter: WalletTown) -> None:
    """Three pictures, with the consent if it is asked for."""
    await page.goto(f"{quarter.url}/verification/sources/document_face")
    for name in ("front", "back", "face"):
        picture = {"name": "picture.png", "mimeType": "image/png", "buffer": PICTURE}
        await page.locator(f"#f-{name}").set_input_files(picture)  # type: ignore[arg-type]  # of playwright
    consent = page.get_by_label("I consent")
    if await consent.count():
        await consent.check()
    await page.get_by_role("button", name="Send the pictures").click()
    await page.wait_for_url("**/verification*")


async def test_three_sources_lead_to_class_two(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/verification")
        await expect(page.get_by_role("heading", name="Not verified")).to_be_visible()
        assert await shut_out(page) == []
        await quarter.claim(page)
        await expect(page.get_by_text("张*")).to_be_visible()
        await ask(page, "identity_database")
        await expect(page.get_by_text("Confirmed. Look what is open to you now.")).to_be_visible()
        await expect(page.locator("#now")).to_have_text("Class I")
        await ask(page, "mobile_operator")
        await page.goto(f"{quarter.url}/verification/sources/document_face")
        assert await shut_out(page) == []
        await show_pictures(page, quarter)
        await expect(page.locator("#now")).to_have_text("Class II")
        await expect(page.locator(".rung-reached")).to_have_count(2)
        assert await shut_out(page) == []
        await page.goto(f"{quarter.url}/privacy")
        await expect(page.get_by_text("What I gave and withdrew")).to_be_visible()


async def test_each_no_of_the_register_says_what_was_wrong_and_what_to_do(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        for name, wrong, why, advice in OF_THE_REGISTER:
            await quarter.claim(page, name, id_number())
            await ask(page, "identity_database")
            failed = page.locator("#source-identity_database")
            await expect(failed).to_contain_text("Not confirmed")
            text = " ".join((await failed.inner_text()).split())
            assert (wrong in text, why in text, advice in text) == (True, True, True), text
        assert await shut_out(page) == []


async def test_each_no_of_the_camera_says_what_was_wrong(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        for name, why in OF_THE_CAMERA:
            await quarter.claim(page, name, id_number())
            await show_pictures(page, quarter)
            await expect(page.locator("#source-document_face .note-danger")).to_contain_text(why)


@pytest.mark.parametrize(
    ("phone", "why"), [("13900000404", "somebody else's name"), ("13900000405", "nobody")]
)
async def test_a_number_of_somebody_else_is_explained(
    quarter: WalletTown, browser: Browser, phone: str, why: str
) -> None:
    async with quarter.at(browser) as page:
        await quarter.register(page, phone)
        await quarter.claim(page)
        await ask(page, "mobile_operator")
        await expect(page.locator("#source-mobile_operator .note-danger")).to_contain_text(why)


@pytest.mark.parametrize("name", ["郑迟到", "卫永默"])
async def test_whoever_does_not_answer_keeps_nobody_waiting_and_is_asked_again(
    quarter: WalletTown, browser: Browser, name: str
) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        await quarter.claim(page, name, id_number())
        await ask(page, "identity_database")
        await expect(page.locator("#source-identity_database .pill")).to_have_text("Waiting")
        await expect(page.get_by_text("We ask again by ourselves, and tell you.").first).to_be_visible()


@pytest.mark.parametrize(
    ("how", "state", "words"),
    [
        ("pass", VerificationState.MATCHED, "Confirmed"),
        ("not_alive", VerificationState.MISMATCHED, "Not confirmed"),
        ("other_face", VerificationState.MISMATCHED, "Not confirmed"),
    ],
)
async def test_a_conversation_by_video_leads_to_its_page_and_what_it_found_is_said_afterwards(
    quarter: WalletTown, browser: Browser, how: str, state: VerificationState, words: str
) -> None:
    async with quarter.at(browser) as page:
        user = await quarter.user_with(await quarter.newcomer(page))
        await quarter.claim(page, "吴女士", id_number())
        await page.goto(f"{quarter.url}/verification/sources/video")
        await page.get_by_label("I consent").check()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Begin").click()
        opens = page.get_by_role("link", name="Open the conversation")
        assert (await opens.get_attribute("href") or "").startswith(quarter.sources.url)
        assert await shut_out(page) == []
        users = quarter.shop.house.people.users
        [record] = await users.reads.verifications(user.id, before=None, limit=5)
        await quarter.sources.show(record.check_id, how)

        async def is_over() -> bool:
            found, _ = await users.reads.verification(user.id, record.check_id)
            return found.state is state

        await until(is_over, "the notice has been heard")
        await page.goto(f"{quarter.url}/verification")
        await expect(page.locator("#source-video")).to_contain_text(words)
        await expect(page.locator("#now")).to_have_text("Class I" if how == "pass" else "Not verified")


async def test_a_mistyped_number_is_refused_before_anybody_is_asked(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser, locale="zh-CN") as page:
        await quarter.register(page)
        await page.goto(f"{quarter.url}/verification/identity")
        await page.locator("#f-name").fill("张三")
        await page.locator("#f-number").fill("110101199003070178")
        await page.locator("main form.acting button[type=submit]").click()
        await expect(page.locator("#f-valid_until-note")).to_contain_text("长期有效")
        await page.get_by_label("长期有效").check()
        await page.locator("main form.acting button[type=submit]").click()
        await expect(page.locator("#f-number-note")).to_contain_text("逐位核对")
        assert await shut_out(page) == []


async def test_a_passport_is_looked_at_by_a_person_and_can_be_taken_back(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/verification/identity")
        await expect(page.locator("#f-issued_by")).to_be_hidden()
        await page.locator("#f-kind").select_option("passport")
        await page.locator("#f-name").fill("Ann Example")
        await page.locator("#f-number").fill("E12345678")
        await page.locator("#f-issued_by").fill("GBR")
        await page.locator("#f-valid_until").fill("2036-01-01")
        await page.locator("main form.acting button[type=submit]").click()
        await expect(page.get_by_text("Documents of other states are looked at by a person")).to_be_visible()
        await expect(page.get_by_text("You will hear by")).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Take it back").click()
        await expect(page.get_by_text("Taken back.")).to_be_visible()


async def test_a_document_that_ends_soon_or_has_ended_warns(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/verification/identity")
        soon = f"{quarter.clock.now() + timedelta(days=30):%Y-%m-%d}"
        await page.locator("#f-name").fill("张三")
        await page.locator("#f-number").fill(id_number())
        await page.locator("#f-valid_until").fill("2020-01-01")
        await page.locator("main form.acting button[type=submit]").click()
        await expect(page.locator("#f-valid_until-note")).to_contain_text("no longer valid")
        await page.locator("#f-valid_until").fill(soon)
        await page.locator("main form.acting button[type=submit]").click()
        await expect(page.get_by_text(f"Your document ends on {soon}.")).to_be_visible()
        await page.goto(f"{quarter.url}/verification/correction")
        assert await shut_out(page) == []
