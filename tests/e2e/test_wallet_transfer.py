"""Does somebody send money to the right person, in their own words, and get it back as long as it has not arrived?"""

import re
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Browser, Page, expect

from tael.foundation.calls import Call, Caller
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.identity.store import payment_passwords
from tael.testing.books import faults_in_books
from tael.wallets.api.codes import MakePersonalCode, RevokePersonalCode
from tael.wallets.model.codes import PersonalCodeKind
from tests.e2e.browsing import shut_out
from tests.e2e.money_town import PIN, MoneyTown, Somebody
from tests.e2e.pictures import picture_of


async def look_for(page: Page, town: MoneyTown, who: Somebody) -> None:
    """From the first page to the payee, who is shown masked."""
    await page.goto(f"{town.url}/transfer")
    await page.get_by_label("To whom").fill(who.phone)
    await page.get_by_role("button", name="Next").click()


async def confirm(page: Page, pin: str = PIN) -> None:
    """Type the payment password in."""
    await page.get_by_label("Payment password").fill(pin)
    await page.get_by_role("button", name="Confirm", exact=True).click()


async def go_on(page: Page) -> None:
    """Read what has to be read, and press the button."""
    await page.wait_for_load_state()
    warning = page.get_by_label("I have read this")
    if await warning.count():
        await warning.check()
    await page.get_by_role("button", name="Transfer", exact=True).click()


async def send(page: Page, amount: str, *, arrival: str = "At once", pin: str = PIN) -> None:
    """Fill the page of a transfer in, read what has to be read, and confirm."""
    await page.get_by_label("Amount").fill(amount)
    await page.get_by_text(arrival, exact=True).click()
    await go_on(page)
    await confirm(page, pin)


async def test_a_transfer_to_somebody_new_warns_waits_and_is_taken_back(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await expect(page.get_by_text("*四四")).to_be_visible()
        await expect(page.get_by_label("I have read this")).to_be_visible()
        await expect(page.get_by_label("After 24 h")).to_be_checked()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Transfer", exact=True).click()
        assert await town.has(ann) == 50_000, "what has to be read was not"
        await send(page, "88.80", arrival="After 2 h")
        await expect(page.get_by_text("On its way", exact=True)).to_be_visible()
        await expect(page.locator("[data-countdown]")).to_contain_text("1:59")
        assert (await town.has(ann), await town.has(bob)) == (41_120, 0)
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Take it back").click()
        await expect(page.get_by_text("Taken back: the money is in your wallet again.")).to_be_visible()
        assert (await town.has(ann), await town.has(bob)) == (50_000, 0)
    assert await faults_in_books(town.house) == []


async def test_what_arrives_at_once_is_there_and_from_the_next_day_on_nobody_is_warned(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await send(page, "100")
        await expect(page.get_by_text("It has arrived.")).to_be_visible()
        await page.get_by_role("link", name="Transfer again").click()
        await expect(page.get_by_label("I have read this")).to_be_visible()
        town.letters.clock.move(days=1)
        await page.reload()
        await expect(page.get_by_role("heading", name="Transfer to")).to_be_visible()
        await expect(page.get_by_label("I have read this")).to_have_count(0)
        await expect(page.get_by_label("At once")).to_be_checked()
        await page.goto(f"{town.url}/transfer")
        await page.get_by_role("link", name=re.compile("四四")).click()
        await expect(page.get_by_role("heading", name="Transfer to")).to_be_visible()
    async with town.at(browser, bob) as page:
        await page.goto(f"{town.url}/home")
        await expect(page.get_by_text("+CN¥100.00")).to_be_visible()
    assert (await town.has(ann), await town.has(bob)) == (40_000, 10_000)


async def test_a_wrong_payment_password_moves_nothing_and_says_so(town: MoneyTown, browser: Browser) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await send(page, "20", pin="193746")
        await expect(page.get_by_role("alert").or_(page.locator(".field-wrong"))).to_be_visible()
        assert await town.has(bob) == 0
        await confirm(page)
        await expect(page.get_by_text("It has arrived.")).to_be_visible()
    assert await town.has(bob) == 2_000


async def test_a_form_that_was_changed_after_it_was_confirmed_sends_nothing_else(
    town: MoneyTown, browser: Browser
) -> None:
    """Whoever changes the amount between the question and the answer has no confirmation of that."""
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await page.get_by_label("Amount").fill("20")
        await go_on(page)
        await page.evaluate("document.querySelector('input[name=amount]').value = '400'")
        await confirm(page)
        await expect(page.get_by_text("It has arrived.")).to_have_count(0)
    assert (await town.has(ann), await town.has(bob)) == (50_000, 0)


async def test_so_much_to_somebody_new_takes_the_hidden_character_and_two_factors(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=500_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await page.get_by_label("Amount").fill("1500")
        await go_on(page)
        hidden, wrong = page.get_by_label("What is hidden of the name *四四"), page.locator(".field-wrong")
        await expect(wrong).to_contain_text("type what is hidden of their name")
        await hidden.fill("王")
        await go_on(page)
        await expect(wrong).to_contain_text("That is not the hidden part of the name.")
        await hidden.fill("李")
        await go_on(page)
        await expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
        await expect(page.get_by_label("Payment password")).to_be_visible()
        await confirm(page)
        await expect(page.get_by_role("button", name="Send me a code")).to_be_visible()
        await page.get_by_role("button", name="Send me a code").click()
        await expect(page.get_by_label("The code that we send you")).to_be_visible()
    assert await town.has(bob) == 0


async def test_r4_a_form_that_is_sent_twice_at_the_same_moment_sends_money_once(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await page.get_by_label("Amount").fill("30")
        await page.get_by_text("At once", exact=True).click()
        await go_on(page)
        await page.get_by_label("Payment password").fill(PIN)
        led_to = await page.evaluate(
            """async () => {
                const form = document.querySelector("form.acting");
                const send = async () => (await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) })).url;
                const twice = await Promise.all([send(), send(), send()]);
                return [...twice, await send()];
            }"""
        )
    assert len({address for address in led_to if "/transfers/trf_" in address}) == 1, led_to
    assert (await town.has(ann), await town.has(bob)) == (47_000, 3_000)


async def test_a_form_that_is_sent_again_when_its_code_is_good_no_more_leads_to_what_it_sent(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    codes = town.house.wallets.codes
    wish = MakePersonalCode(user_id=bob.user_id, kind=PersonalCodeKind.DYNAMIC, amount_minor=1_280)
    made = await codes.make(_call(bob, wish))
    code = str(msgspec.json.decode(made.body)["code"])
    async with town.at(browser, ann) as page:
        await page.goto(f"{town.url}/to/{code}")
        await page.get_by_text("At once", exact=True).click()
        await go_on(page)
        await page.get_by_label("Payment password").fill(PIN)
        sending = """async () => {
            const form = document.querySelector("form.acting");
            return (await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) })).url;
        }"""
        first = await page.evaluate(sending)
        assert (
            await codes.revoke(_call(bob, RevokePersonalCode(code=code, user_id=bob.user_id)))
        ).status == 200
        assert "/transfers/trf_" in first
        assert await page.evaluate(sending) == first
    assert (await town.has(ann), await town.has(bob)) == (48_720, 1_280)


def _call(who: Somebody, wish: MakePersonalCode | RevokePersonalCode) -> Call[Any]:
    caller = Caller(owner=who.user_id, actor=f"user:{who.user_id}")
    return Call(caller=caller, action=type(wish).__name__, key=new_id("key"), request=wish, command=wish)


async def test_what_somebody_lets_pass_is_sent_without_a_question(town: MoneyTown, browser: Browser) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    async with town.house.database.transaction() as tx:
        now = town.house.clock.now()
        await payment_passwords.agree(tx, ann.login_id, Money(20_000, "CNY"), now=now)
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await page.get_by_label("Amount").fill("150")
        await page.get_by_text("At once", exact=True).click()
        await go_on(page)
        await expect(page.get_by_text("It has arrived.")).to_be_visible()
        await page.get_by_role("link", name="Transfer again").click()
        await page.get_by_label("Amount").fill("250")
        await go_on(page)
        await expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    assert await town.has(bob) == 15_000


async def test_too_much_is_said_before_anybody_is_asked_to_confirm(town: MoneyTown, browser: Browser) -> None:
    ann, bob = await town.somebody(minor=3_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        for amount, words in (
            ("40", "There is not so much in your wallet."),
            ("1,2x", "This is no amount."),
            ("0.001", "This is no amount."),
        ):
            await page.get_by_label("Amount").fill(amount)
            await go_on(page)
            await expect(page.locator(".field-wrong")).to_contain_text(words)
        await page.goto(f"{town.url}/transfer")
        await page.get_by_label("To whom").fill("13800009999")
        await page.get_by_role("button", name="Next").click()
        await expect(page.locator(".field-wrong")).to_contain_text("Nobody here has this number.")
        await page.get_by_label("To whom").fill(ann.phone)
        await page.get_by_role("button", name="Next").click()
        await expect(page.locator(".field-wrong")).to_contain_text("This is you.")


async def test_a_code_with_an_amount_is_read_from_a_picture_and_a_printed_one_is_not(
    town: MoneyTown, browser: Browser, tmp_path: Path
) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")

    async def address_of(kind: PersonalCodeKind) -> str:
        [code] = [each for each in await town.house.wallets.codes.mine(bob.user_id) if each.kind is kind]
        return town.house.wallets.codes.body(code).address

    async with town.at(browser, bob) as shown, town.at(browser, ann) as page:
        await shown.goto(f"{town.url}/receive")
        await shown.get_by_role("button", name="Make my code").click()
        await expect(shown.get_by_role("img", name="Code to be paid by")).to_be_visible()
        assert await shut_out(shown) == []
        await page.goto(f"{town.url}/scan")
        assert await shut_out(page) == []
        chosen = page.locator("input[type=file]")
        await chosen.set_input_files(picture_of(await address_of(PersonalCodeKind.STATIC), tmp_path))
        await expect(page.get_by_text("This is a printed code")).to_be_visible()
        await page.goto(f"{town.url}/scan")
        await shown.get_by_label("Amount", exact=True).fill("12.80")
        await shown.get_by_role("button", name="Show the code").click()
        await expect(shown.get_by_text("Good for one minute")).to_be_visible()
        await expect(shown.get_by_role("img", name="Code to be paid by")).to_be_visible()
        await chosen.set_input_files(picture_of(await address_of(PersonalCodeKind.DYNAMIC), tmp_path))
        await expect(page.get_by_text("They ask for")).to_contain_text("12.80")
        await page.get_by_text("At once", exact=True).click()
        await go_on(page)
        await confirm(page)
        await expect(page.get_by_text("It has arrived.")).to_be_visible()
        await page.goto(f"{town.url}/scan")
        await page.get_by_label("Or type it in").fill("https://evil.example/wallet/to/mfrggzdfmztwq2lk")
        await page.get_by_role("button", name="Next").click()
        await expect(page.locator(".field-wrong")).to_contain_text("This is no code of this wallet.")
    assert await town.has(bob) == 1_280


async def test_who_owes_a_quiz_is_led_to_it_before_much_is_sent(town: MoneyTown, browser: Browser) -> None:
    ann, bob = await town.somebody(minor=300_000), await town.somebody("李四四")
    async with town.house.database.transaction() as tx:
        await town.house.people.messages.assign_quiz(tx, ann.user_id, because="restriction", required=True)
    async with town.at(browser, ann) as page:
        await look_for(page, town, bob)
        await page.get_by_label("Amount").fill("1500")
        await go_on(page)
        await page.get_by_label("What is hidden of the name").fill("李")
        await go_on(page)
        await expect(page.get_by_role("alert")).to_contain_text("you were asked a quiz")
        await page.get_by_role("alert").get_by_role("link", name="Answer").click()
        await expect(page).to_have_url(re.compile("/wallet/learn$"))
        await expect(page.get_by_role("link", name="Answer")).to_be_visible()
    assert await town.has(ann) == 300_000
