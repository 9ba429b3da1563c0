"""Does money come in from a card and another wallet, and go out to one's own card, with fee and arrival shown before?"""

from playwright.async_api import Browser, Page, expect

from tael.simulators.base.faults import Fault
from tael.testing.books import faults_in_books
from tests.e2e.browsing import PHONE_IN_ENGLISH, shut_out
from tests.e2e.money_town import PIN, MoneyTown

GOOD, OF_ANOTHER, CODED = "6222020000000000018", "6222020000004041", "6222020000001237"


async def type_card_in(page: Page, town: MoneyTown, number: str) -> None:
    """On the page of the vault, which leads back."""
    await page.goto(f"{town.url}/cards/new")
    await page.get_by_role("link", name="Type in the number").click()
    await expect(page.get_by_role("heading", name="Bind a bank card")).to_be_visible()
    await expect(page.get_by_text("The shop sees")).to_have_count(0)
    await page.get_by_label("Card number").fill(number)
    await page.get_by_label("Valid until").fill("12/34")
    await expect(page.get_by_label("Security code")).to_have_count(0)  # of a debit card there is none to tell
    await page.get_by_role("button").first.click()
    await expect(page.get_by_text("The number is in the vault.")).to_be_visible()


async def test_a_card_is_typed_in_at_the_vault_bound_chosen_and_removed(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody()
    sent: list[str] = []
    async with town.at(browser, ann) as page:
        page.context.on("request", lambda asked: sent.append(f"{asked.url} {asked.post_data or ''}"))
        await type_card_in(page, town, GOOD)
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Add the card").click()
        await expect(page.get_by_text("The card is added.")).to_be_visible()
        await expect(page.get_by_text("•••• 0018")).to_be_visible()
        await expect(page.get_by_text("Default", exact=True)).to_be_visible()
        assert await shut_out(page) == []
        await type_card_in(page, town, OF_ANOTHER)
        await page.get_by_role("button", name="Add the card").click()
        await expect(page.get_by_role("alert")).to_contain_text("The bank says that this card is not yours")
        await page.goto(f"{town.url}/cards")
        await page.locator(".bank-card summary").click()
        await page.get_by_role("button", name="Remove the card").click()
        await expect(page.get_by_text("No cards yet")).to_be_visible()
    to_us = [each for each in sent if not each.startswith(town.vault.url)]
    assert [each for each in to_us if GOOD in each or OF_ANOTHER in each] == []


async def test_the_code_for_a_card_with_another_telephone_is_typed_in_and_sent_with_enter(
    town: MoneyTown, browser: Browser
) -> None:
    ann, other = await town.somebody(), "13912340077"
    async with town.at(browser, ann) as page:
        await type_card_in(page, town, CODED)
        await page.get_by_label("Telephone that the bank knows").fill(other)
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Send a code there").click()
        code = page.get_by_label("Code")
        await expect(code).to_be_visible()
        assert await shut_out(page) == []
        await code.fill(await town.letters.code(f"+86{other}"))
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The card is added.")).to_be_visible()


async def test_a_top_up_waits_at_another_wallet_and_is_there_when_that_says_so(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody()
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/top-up")
        await page.get_by_label("Amount").fill("250")
        await page.get_by_text("Alipay").click()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Top up").click()
        await expect(page.get_by_role("img", name="Scan this with Alipay.")).to_be_visible()
        assert await town.has(ann) == 0
        await town.paid_elsewhere(ann.user_id)
        await expect(page.get_by_text("In your wallet", exact=True)).to_be_visible(timeout=30_000)
        assert await town.has(ann) == 25_000
        assert await shut_out(page) == []
        await page.goto(f"{town.url}/top-up")
        for amount, words in (("0.5", "So little"), ("60000", "more than can be moved")):
            await page.get_by_label("Amount").fill(amount)
            await page.get_by_role("button", name="Top up").click()
            await expect(page.locator(".field-wrong")).to_contain_text(words)


async def test_whoever_tops_up_on_a_phone_comes_back_to_the_wallet_and_not_to_a_merchants_page(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody()
    async with town.at(browser, ann, user_agent=PHONE_IN_ENGLISH["user_agent"]) as page:
        await page.goto(f"{town.url}/top-up")
        await page.get_by_label("Amount").fill("80")
        await page.get_by_text("Alipay").click()
        await page.get_by_role("button", name="Top up").click()
        await page.wait_for_url("**/top-ups/top_*")
        its_page = page.url
        await page.get_by_role("link", name="Go on to Alipay").click()
        await page.get_by_role("button", name="Pay 80").click()
        await page.wait_for_url(its_page)
        await expect(page.get_by_text("In your wallet", exact=True)).to_be_visible(timeout=30_000)
    assert await town.has(ann) == 8_000


async def test_a_withdrawal_shows_what_it_costs_is_confirmed_and_arrives(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody(minor=100_000)
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/withdraw")
        await expect(page.get_by_text("You have no bank card here yet")).to_be_visible()
        await type_card_in(page, town, GOOD)
        await page.get_by_role("button", name="Add the card").click()
        await expect(page.get_by_text("The card is added.")).to_be_visible()
        await page.goto(f"{town.url}/withdraw")
        await page.get_by_label("Amount").fill("1000.01")
        await page.get_by_role("button", name="Next").click()
        await expect(page.locator(".field-wrong")).to_contain_text("There is not so much in your wallet.")
        await page.get_by_label("Amount").fill("500")
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Next").click()
        await expect(page.get_by_text("CN¥0.50", exact=True)).to_be_visible()
        await expect(page.locator(".ending-amount")).to_contain_text("499.50")
        await expect(page.get_by_text("2 hours", exact=True)).to_be_visible()
        assert await town.has(ann) == 100_000, "nothing is reserved by asking"
        await page.get_by_role("button", name="Withdraw").click()
        await expect(page.locator(".ending-amount")).to_contain_text("500.00")
        await page.get_by_label("Payment password").fill(PIN)
        await page.get_by_role("button", name="Confirm", exact=True).click()
        await expect(page.get_by_role("heading", name="Withdrawal")).to_be_visible()
        assert await town.has(ann) == 50_000
        await expect(page.get_by_text("On your card", exact=True)).to_be_visible(timeout=30_000)
        assert await shut_out(page) == []
    assert await faults_in_books(town.house) == []


async def test_whoever_is_not_verified_is_led_to_that_and_moves_nothing(
    town: MoneyTown, browser: Browser
) -> None:
    eve = await town.somebody(verified=False)
    async with town.at(browser, eve) as page:
        await page.goto(f"{town.url}/cards/new")
        await page.get_by_role("link", name="Verify now").click()
        await page.wait_for_url("**/verification")
        await page.goto(f"{town.url}/top-up")
        await page.get_by_label("Amount").fill("100")
        await page.get_by_text("Alipay").click()
        await page.get_by_role("button", name="Top up").click()
        await expect(page.get_by_role("alert")).to_contain_text("Verify who you are first")
        await page.goto(f"{town.url}/withdraw")
        await expect(page.get_by_text("You have no bank card here yet")).to_be_visible()
    assert await town.house.funding.top_ups(eve.user_id, before=None, limit=1) == []


async def test_r3_what_the_bank_did_not_say_is_being_checked_and_never_guessed(
    town: MoneyTown, browser: Browser
) -> None:
    """The reply is lost, and every inquiry after it, until the wire heals: then the truth is shown, once."""
    ann = await town.somebody()
    control = town.shop.simulators["stripe"].control
    async with town.at(browser, ann) as page:
        await type_card_in(page, town, "4242424242424242")
        await page.get_by_role("button", name="Add the card").click()
        await expect(page.get_by_text("The card is added.")).to_be_visible()
        await page.goto(f"{town.url}/top-up")
        await page.get_by_label("Amount").fill("300")
        await page.get_by_text("4242").click()
        await control.switch_on(Fault.LOST_REPLY, Fault.DROP_NOTICES)
        try:
            await page.get_by_role("button", name="Top up").click()
            await expect(page.get_by_text("Being checked", exact=True)).to_be_visible(timeout=30_000)
            await expect(page.get_by_text("Nothing is guessed")).to_be_visible()
            await page.reload()
            await expect(page.get_by_text("Being checked", exact=True)).to_be_visible()
            assert await town.has(ann) == 0
        finally:
            await control.switch_off()
        await expect(page.get_by_text("In your wallet", exact=True)).to_be_visible(timeout=45_000)
    assert await town.has(ann) == 30_000
    assert await faults_in_books(town.house) == []
