"""What stopped, misled or frightened somebody who used the wallet for the first time: does it still?"""

import pytest
from playwright.async_api import Browser, expect

from tael.foundation.errors import Malformed
from tael.web.ui.forms import Form
from tael.web.wallet.typed import money_in
from tests.e2e.browsing import shut_out
from tests.e2e.money_town import MoneyTown
from tests.e2e.test_wallet_transfer import confirm, go_on, look_for
from tests.e2e.wallet_desk import PASSWORD, WalletTown


async def test_a_wrong_payment_password_is_called_that_and_the_sheet_has_a_way_out(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await page.get_by_label("Amount").fill("10")
        await page.get_by_text("After 2 h", exact=True).click()
        await page.get_by_label("Note").fill("Lunch")
        await go_on(page)
        await expect(page.locator(".facts")).to_contain_text("After 2 h")
        await expect(page.locator(".facts")).to_contain_text("Lunch")
        for _ in range(5):
            await confirm(page, "111112")
            await expect(page.locator(".field-wrong")).to_contain_text("This is not your payment password.")
        await confirm(page, "111112")
        await expect(page.get_by_role("alert")).to_contain_text("rests")
        await expect(page.get_by_role("alert")).to_contain_text("Try again in 15 min.")
        await expect(page.get_by_role("link", name="Forgotten the payment password?")).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_role("link", name="Cancel and go back").click()
        await expect(page.get_by_role("heading", name="Transfer to")).to_be_visible()
    assert await town.has(ann) == 50_000


@pytest.mark.parametrize(
    ("amount", "shares", "words"),
    [("200", "101", "Up to 100"), ("0.02", "3", "too little"), ("2000", "3", "too large")],
)
async def test_a_red_packet_that_cannot_be_is_refused_before_anybody_confirms_it(
    town: MoneyTown, browser: Browser, amount: str, shares: str, words: str
) -> None:
    ann = await town.somebody(minor=500_000)
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/packets")
        await page.get_by_label("Amount in all").fill(amount)
        await page.get_by_label("Shares").fill(shares)
        await page.get_by_role("button", name="Pack it").click()
        await expect(page.locator(".field-wrong")).to_contain_text(words)


async def test_coming_back_to_a_form_or_reading_its_answer_again_sends_nothing_again(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/top-up")
        await page.get_by_label("Amount").fill("0")
        await page.get_by_role("button", name="Top up").click()
        await expect(page.locator(".field-wrong")).to_contain_text("more than nothing")
        await expect(page.get_by_label("Amount")).to_be_focused()
        await page.reload()
        await expect(page.locator(".field-wrong")).to_have_count(0)
        await look_for(page, town, bob)
        await page.get_by_label("Amount").fill("10")
        await page.get_by_text("At once", exact=True).click()
        await go_on(page)
        await confirm(page)
        await expect(page.get_by_text("It has arrived.")).to_be_visible()
        await page.go_back()
        await expect(page.get_by_role("heading", name="Transfer to")).to_be_visible()
    assert await town.has(bob) == 1_000


async def test_whoever_is_not_verified_reads_so_before_they_type_anything(
    town: MoneyTown, browser: Browser
) -> None:
    eve = await town.somebody(verified=False)
    async with town.at(browser, eve) as page:
        for place in ("top-up", "transfer", "withdraw", "packets", "receive"):
            await page.goto(f"{town.url}/{place}")
            await expect(page.get_by_role("link", name="Verify now")).to_be_visible()


async def test_whoever_types_no_card_in_after_all_comes_back_and_nothing_is_promised_that_is_not_there(
    town: MoneyTown, browser: Browser
) -> None:
    ann = await town.somebody()
    async with town.at(browser, ann, locale="zh-CN") as page:
        await page.goto(f"{town.url}/cards/new?lang=en")
        await page.get_by_role("link", name="Type in the number").click()
        await expect(page.get_by_role("heading", name="Bind a bank card")).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_role("link", name="Cancel and go back").click()
        await expect(page.get_by_role("link", name="Type in the number")).to_be_visible()
        await page.goto(f"{town.url}/messages/preferences")
        await expect(page.get_by_role("columnheader", name="Text")).to_be_visible()
        await expect(page.get_by_role("columnheader", name="E-mail")).to_have_count(0)
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".toast")).to_be_visible()
    kept = await town.house.people.messages.preferences(ann.user_id)
    assert not kept.off, "what is wished of a way that is not shown stays as it was"


async def test_a_new_device_is_named_in_messages_as_people_name_it(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as own, quarter.at(browser) as other:
        phone = await quarter.register(own)
        await quarter.sign_in(other, phone)
        await other.locator("#f-proof").fill(await quarter.code(f"+86{phone}"))
        await other.get_by_role("button", name="Sign in", exact=True).click()
        await other.wait_for_url("**/wallet/home")
        await other.goto(f"{quarter.url}/messages")
        await expect(other.locator("main")).to_contain_text("Chrome · Android")
        await expect(other.locator("main")).not_to_contain_text("Mozilla")


async def test_one_press_of_the_switch_makes_a_dark_device_light(
    quarter: WalletTown, browser: Browser
) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    async with quarter.at(browser, color_scheme="dark") as page:
        await page.goto(f"{quarter.url}/sign-in")
        dark = await page.evaluate(ground)
        await page.get_by_role("link", name="Light or dark").click()
        await page.wait_for_url("**theme=light")
        assert await page.evaluate(ground) != dark


async def test_enter_in_the_field_of_a_code_confirms_and_asks_only_for_what_somebody_has(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=500_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await page.get_by_label("Amount").fill("1500")
        await page.get_by_text("At once", exact=True).click()
        await go_on(page)
        await page.get_by_label("What is hidden of the name").fill("李")
        await go_on(page)
        await confirm(page)
        await expect(page.get_by_label("The code that we send you")).to_be_visible()
        await expect(page.get_by_label("The code of your authenticator")).to_have_count(0)
        await page.get_by_role("button", name="Send me a code").click()
        await page.get_by_label("The code that we send you").fill(await town.letters.code(f"+86{ann.phone}"))
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("It has arrived.")).to_be_visible()
    assert await town.has(bob) == 150_000


async def test_a_code_that_is_good_stays_typed_while_somebody_finds_a_better_password(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        phone = "13799990457"
        await page.goto(f"{quarter.url}/register")
        await page.locator("#f-phone").fill(phone)
        await page.locator("main form button[type=submit]").click()
        code = await quarter.code(f"+86{phone}")
        await page.locator("#f-code").fill(code)
        await page.locator("#f-password").fill("password1234")
        await page.wait_for_load_state()
        for tick in await page.locator("input[type=checkbox]").all():
            await tick.check()
        await page.locator("form[action$=finish] button[type=submit]").click()
        await expect(page.locator("#f-password-note")).to_contain_text("too short")
        assert await page.locator("#f-code").input_value() == code
        assert await page.locator("#f-password").input_value() == "", "a password never comes back"
        await page.locator("#f-password").fill(PASSWORD)
        await expect(page.locator("#f-password-note")).to_be_hidden()
        await expect(page.locator(".field-wrong")).to_have_count(0)
        await page.locator("form[action$=finish] button[type=submit]").click()
        await page.wait_for_url("**/wallet/home")


@pytest.mark.parametrize("typed", ["12.80", "１２．８０", "¥12.80", "￥12。80", " 12.8 "])
def test_an_amount_is_read_from_any_keyboard(typed: str) -> None:
    assert money_in(Form(values={"amount": typed})).minor == 1_280


@pytest.mark.parametrize("typed", ["0", "-5", "1e5", "NaN", "½", "12.801", "١٢"])
def test_what_is_no_amount_is_none_on_any_keyboard(typed: str) -> None:
    with pytest.raises(Malformed):
        money_in(Form(values={"amount": typed}))
