"""Does somebody get through, all by themselves, from a telephone number to a statement; and does whoever steals a password not?"""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tael.testing.books import faults_in_books
from tests.e2e.browsing import shut_out
from tests.e2e.money_town import PHONE_SCREEN, PIN, MoneyTown
from tests.e2e.pictures import picture_of
from tests.e2e.test_wallet_funding import GOOD, type_card_in
from tests.e2e.test_wallet_paying import make_passkey, order_of
from tests.e2e.test_wallet_transfer import confirm, go_on, look_for, send
from tests.e2e.wallet_desk import PASSWORD

NAME = "张三"


async def verify(page: Page, town: MoneyTown, folder: Path) -> None:
    """Two sources by a press of a button, and a third by pictures: class II."""
    for source in ("identity_database", "mobile_operator"):
        await page.goto(f"{town.url}/verification")
        await page.locator(f"#source-{source} button").click()
        await expect(page.locator(f"#source-{source} .pill")).to_have_text("Confirmed")
    await page.goto(f"{town.url}/verification/sources/document_face")
    for name in ("front", "back", "face"):
        await page.locator(f"input[name={name}]").set_input_files(picture_of("a picture", folder))
    await page.get_by_role("checkbox").check()
    await page.locator("form.acting button[type=submit]").click()
    await expect(page.locator("#source-document_face .pill")).to_have_text("Confirmed")
    await expect(page.locator("#now")).to_have_text("Class II")


async def set_payment_password(page: Page, town: MoneyTown) -> None:
    """Six digits."""
    await page.goto(f"{town.url}/security/payment-password")
    await page.locator("input[name=payment_password]").fill(PIN)
    await page.locator("form.acting button[type=submit]").click()
    await expect(page.locator(".toast")).to_be_visible()


async def top_up(page: Page, town: MoneyTown, user_id: str, amount: str) -> None:
    """From another wallet, which is paid there."""
    await page.goto(f"{town.url}/top-up")
    await page.get_by_label("Amount").fill(amount)
    await page.get_by_text("Alipay").click()
    await page.get_by_role("button", name="Top up").click()
    await expect(page.get_by_role("img", name="Scan this with Alipay.")).to_be_visible()
    await town.paid_elsewhere(user_id)
    await expect(page.get_by_text("In your wallet", exact=True)).to_be_visible(timeout=30_000)


async def test_from_a_telephone_number_to_a_statement(
    town: MoneyTown, browser: Browser, tmp_path: Path
) -> None:
    bob = await town.somebody("李四四")
    context = await browser.new_context(**PHONE_SCREEN)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(error.message))
    phone = await town.letters.register(page)
    await town.letters.claim(page, NAME)
    await verify(page, town, tmp_path)
    await set_payment_password(page, town)
    await make_passkey(page, town)
    user = await town.letters.user_with(phone)
    await type_card_in(page, town, GOOD)
    await page.get_by_role("button", name="Add the card").click()
    await expect(page.get_by_text("The card is added.")).to_be_visible()
    await top_up(page, town, user.id, "2000")
    await look_for(page, town, bob)
    await send(page, "300", arrival="After 2 h")
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_text("Taken back: the money is in your wallet again.")).to_be_visible()
    await page.goto(await order_of(town, 128_000))
    await page.get_by_role("button", name="Pay CN¥1,280.00").click()
    await page.get_by_role("button", name="Confirm with a passkey").click()
    await expect(page.get_by_text("Paid", exact=True)).to_be_visible()
    await page.goto(f"{town.url}/withdraw")
    await page.get_by_label("Amount").fill("500")
    await page.get_by_role("button", name="Next").click()
    await page.get_by_role("button", name="Withdraw").click()
    await confirm(page)
    await expect(page.get_by_text("On your card", exact=True)).to_be_visible(timeout=30_000)
    await page.goto(f"{town.url}/home")
    await expect(page.locator(".balance-amount")).to_contain_text("220.00")
    assert await shut_out(page) == []
    await page.goto(f"{town.url}/statements")
    await page.get_by_role("button", name="Write it").click()
    await expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
    await context.close()
    assert complaints == []
    assert await faults_in_books(town.house) == []


async def test_whoever_freezes_their_account_moves_nothing_until_they_lift_that_with_two_proofs(
    town: MoneyTown, browser: Browser
) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    async with town.at(browser, ann) as page:
        await make_passkey(page, town)
        await page.goto(f"{town.url}/security")
        await page.locator("form[action$='/restrictions/freeze'] button").click()
        await page.goto(f"{town.url}/home")
        await expect(page.get_by_text("You have frozen your account.")).to_be_visible()
        await look_for(page, town, bob)
        await page.get_by_label("Amount").fill("10")
        await go_on(page)
        await expect(page.get_by_text("is frozen at present.")).to_be_visible()
        await page.goto(f"{town.url}/restrictions")
        await page.get_by_role("button", name="Lift it").click()
        await page.get_by_role("button", name="Confirm with a passkey").click()
        await expect(page.locator(".toast")).to_be_visible()
        await look_for(page, town, bob)
        await send(page, "10")
        await expect(page.get_by_text("It has arrived.")).to_be_visible()
    assert await town.has(bob) == 1_000


async def test_a_stolen_password_on_another_device_comes_nowhere(town: MoneyTown, browser: Browser) -> None:
    """Number and password are right; the device is new, so a code is asked for, which goes to the owner's telephone alone."""
    own = await browser.new_context(**PHONE_SCREEN)
    phone = await town.letters.register(await own.new_page())
    thief = await browser.new_context(**PHONE_SCREEN)
    page = await thief.new_page()
    await town.letters.sign_in(page, phone)
    await expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    code = await town.letters.code(f"+86{phone}")
    assert len(code) == 6, "the owner hears of it"
    for guess in ("000000", "123456"):
        await page.locator("#f-proof").fill(guess)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_text("This code is wrong")).to_be_visible()
    for closed in ("home", "transfer", "pay", "bills"):
        await page.goto(f"{town.url}/{closed}")
        assert "/sign-in" in page.url
    await thief.close()
    await own.close()


async def test_whoever_comes_from_a_checkout_and_is_not_signed_in_is_led_to_the_order_afterwards(
    town: MoneyTown, browser: Browser
) -> None:
    own = await browser.new_context(**PHONE_SCREEN)
    phone = await town.letters.register(await own.new_page())
    await own.close()
    context = await browser.new_context(**PHONE_SCREEN)
    page = await context.new_page()
    await page.goto(await order_of(town, 1_280))
    await page.wait_for_url("**/sign-in?next=**")
    await page.locator("#f-phone").fill(phone)
    await page.locator("#f-password").fill(PASSWORD)
    await page.locator("form[action$='/sign-in'] button[type=submit]").click()
    await page.locator("#f-proof").fill(await town.letters.code(f"+86{phone}"))
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/wallet/orders/att_*")
    await expect(page.get_by_text("Two cups of tea")).to_be_visible()
    await expect(page.get_by_text("There is not so much in your wallet.")).to_be_visible()
    await context.close()
