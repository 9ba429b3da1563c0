"""Does somebody keep their wallet safe by hand: passkeys, passwords, an authenticator, devices, a freeze, an objection?"""

import pyotp
import pytest
from playwright.async_api import Browser, expect

from tael.standing.model import Kind, NewRestriction
from tests.e2e.browsing import shut_out
from tests.e2e.wallet_desk import PASSWORD, WalletTown, hold_passkeys

PIN = "739418"


async def test_passkeys_are_made_renamed_and_removed(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        await hold_passkeys(page)
        await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/security/passkeys")
        assert await shut_out(page) == []
        await page.locator("#f-name").fill("Blue phone")
        await page.get_by_role("button", name="Make a passkey").click()
        await expect(page.get_by_role("heading", name="Blue phone")).to_be_visible()
        await page.get_by_text("Rename or remove").click()
        assert await shut_out(page) == []
        await page.locator("input[id^=name-]").fill("Green phone")
        await page.get_by_role("button", name="Rename", exact=True).click()
        await expect(page.get_by_role("heading", name="Green phone")).to_be_visible()
        await page.get_by_text("Rename or remove").click()
        await page.get_by_role("button", name="Remove").click()
        await expect(page.get_by_text("No passkey yet")).to_be_visible()


async def test_a_payment_password_is_set_changed_and_replaced_when_forgotten(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/security/payment-password")
        for weak in ("123456", "19900101"[2:], phone[-6:]):
            await page.locator("#f-payment_password").fill(weak)
            await page.get_by_role("button", name="Save").click()
            await expect(page.locator("#f-payment_password-note")).to_contain_text("tried first")
        await page.locator("#f-payment_password").fill(PIN)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Your payment password is set.")).to_be_visible()
        await page.goto(f"{quarter.url}/security/payment-password")
        await page.locator("#f-old").fill("111222")
        await page.locator("#f-payment_password").fill("904175")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#f-old-note")).to_be_visible()
        await page.get_by_role("link", name="Forgotten the payment password?").click()
        await page.locator("#f-password").fill(PASSWORD)
        await page.locator("#f-payment_password").fill("904175")
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Your payment password is set.")).to_be_visible()


async def test_recovery_codes_are_shown_once_and_one_signs_in(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.register(page)
        await page.goto(f"{quarter.url}/security/authenticator")
        await page.get_by_text("Type it in by hand").click()
        secret = (await page.locator("[data-copy]").inner_text()).replace(" ", "")
        assert await shut_out(page) == []
        await page.locator("#f-code").fill("000000")
        await page.get_by_role("button", name="Confirm", exact=True).click()
        await expect(page.locator("#f-code-note")).to_be_visible()
        await page.locator("#f-code").fill(pyotp.TOTP(secret).at(quarter.clock.now()))
        await page.get_by_role("button", name="Confirm", exact=True).click()
        await expect(page.locator(".codes code")).to_have_count(10)
        codes = await page.locator(".codes code").all_inner_texts()
        assert await shut_out(page) == []
        await page.goto(f"{quarter.url}/security/authenticator")
        await expect(page.get_by_text("10 left")).to_be_visible()
        assert codes[0] not in await page.content()
        await page.context.clear_cookies()
        await quarter.sign_in(page, phone)
        assert await shut_out(page) == []
        await page.locator("#f-proof").fill(codes[0])
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url("**/home")


async def test_another_device_is_seen_and_put_out(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as mine, quarter.at(browser) as other:
        phone = await quarter.register(mine)
        await quarter.sign_in(other, phone)
        await other.locator("#f-proof").fill(await quarter.code(f"+86{phone}"))
        await other.get_by_role("button", name="Sign in", exact=True).click()
        await other.wait_for_url("**/home")
        await mine.goto(f"{quarter.url}/security/devices")
        assert await shut_out(mine) == []
        await expect(mine.get_by_text("Here", exact=True)).to_have_count(1)
        await mine.get_by_role("button", name="Revoke this device").click()
        await expect(mine.get_by_text("The device is not believed any more")).to_be_visible()
        await other.goto(f"{quarter.url}/security")
        await other.wait_for_url("**/sign-in?next=**")


async def test_what_is_sensitive_asks_for_a_new_proof_after_some_minutes(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.newcomer(page)
        quarter.clock.move(minutes=6)
        await page.goto(f"{quarter.url}/security/passkeys")
        await page.wait_for_url("**/security/proof?next=**")
        await page.get_by_role("button", name="Send me a code").click()
        await page.locator("#f-proof-code").fill("000000")
        await page.get_by_role("button", name="Continue").click()
        await expect(page.locator("#f-proof-code-note")).to_contain_text("This code is wrong")
        assert await shut_out(page) == []
        await page.locator("#f-proof-code").fill(await quarter.code(f"+86{phone}"))
        await page.get_by_role("button", name="Continue").click()
        await page.wait_for_url("**/security/passkeys")


async def test_a_changed_password_ends_every_other_session(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/security/password")
        await page.locator("#f-old").fill("not-what-it-was")
        await page.locator("#f-password").fill("marble-lantern-orchard")
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.locator("#f-old-note, [role=alert]").first).to_contain_text("another one")
        await page.locator("#f-old").fill(PASSWORD)
        await page.locator("#f-password").fill("marble-lantern-orchard")
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.get_by_text("Your password is changed")).to_be_visible()
        await page.context.clear_cookies()
        await quarter.sign_in(page, phone, "marble-lantern-orchard")
        await page.wait_for_url("**/code")


async def test_a_number_is_changed_with_codes_of_both(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        phone, other = await quarter.newcomer(page), "13688880123"
        await page.goto(f"{quarter.url}/verification")
        await quarter.claim(page)
        await page.locator("form[action$=identity_database] button").click()
        await expect(page.locator("#source-identity_database .pill")).to_have_text("Confirmed")
        quarter.clock.move(minutes=2)
        await page.goto(f"{quarter.url}/security/phone")
        await page.locator("#f-phone").fill(other)
        await page.get_by_role("button", name="Send codes to both numbers").click()
        assert await shut_out(page) == []
        await page.locator("#f-code").fill(await quarter.code(f"+86{other}"))
        await page.locator("#f-old_code").fill(await quarter.code(f"+86{phone}"))
        await page.get_by_role("button", name="Change the number").click()
        await expect(page.get_by_text("Your number is changed.")).to_be_visible()
        await expect(page.get_by_text("136****0123")).to_be_visible()


@pytest.mark.parametrize("by", ["passkey", "payment_password"])
async def test_a_stolen_telephones_account_is_frozen_at_once_and_thawed_with_two_proofs(
    quarter: WalletTown, browser: Browser, by: str
) -> None:
    async with quarter.at(browser) as page:
        await hold_passkeys(page)
        phone = await quarter.newcomer(page)
        if by == "passkey":
            await page.goto(f"{quarter.url}/security/passkeys")
            await page.get_by_role("button", name="Make a passkey").click()
            await expect(page.get_by_text("The passkey is kept.")).to_be_visible()
        else:
            await page.goto(f"{quarter.url}/security/payment-password")
            await page.locator("#f-payment_password").fill(PIN)
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_text("Your payment password is set.")).to_be_visible()
        await page.goto(f"{quarter.url}/security")
        await page.get_by_role("button", name="Freeze my account").click()
        await expect(page.get_by_role("heading", name="Frozen by you")).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Lift it").click()
        assert await shut_out(page) == []
        if by == "passkey":
            await page.get_by_role("button", name="Confirm with a passkey").click()
        else:
            await page.locator("#f-proof").fill(PIN)
            await page.get_by_role("button", name="Confirm", exact=True).click()
            await page.locator("button[value=code]").click()
            await page.locator("#f-proof-code").fill(await quarter.code(f"+86{phone}"))
            await page.get_by_role("button", name="Confirm", exact=True).first.click()
        await expect(page.get_by_text("Lifted. Money can move again.")).to_be_visible()
        await expect(page.get_by_text("Nothing is closed")).to_be_visible()


async def test_a_restriction_says_why_and_is_objected_to(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        user = await quarter.user_with(await quarter.newcomer(page))
        house = quarter.shop.house
        async with house.database.transaction() as tx:
            await house.people.standing.restrict(tx, NewRestriction(user_id=user.id, kind=Kind.BY_RISK))
        await page.goto(f"{quarter.url}/restrictions")
        await expect(page.get_by_text("Something unusual was seen on the account")).to_be_visible()
        await page.get_by_text("This is wrong: object").click()
        await page.get_by_label("What is wrong about it?").fill("It was me: I was on a journey.")
        await page.get_by_role("button", name="Object", exact=True).click()
        await expect(page.get_by_text("Answered within 14 days")).to_be_visible()
        assert await shut_out(page) == []


async def test_a_higher_limit_is_asked_for_and_has_a_day(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/restrictions")
        await page.get_by_text("Another limit, or something that is closed").click()
        await page.locator("#f-about").select_option("limit:transfer_day_minor")
        await page.locator("#f-wanted").fill("much")
        await page.locator("#f-words").fill("I pay my landlord.")
        await page.get_by_role("button", name="Ask", exact=True).click()
        await expect(page.locator("#f-wanted-note")).to_be_visible()
        await page.locator("#f-wanted").fill("20,000")
        await page.get_by_role("button", name="Ask", exact=True).click()
        await expect(page.locator(".row-item", has_text="Decided by")).to_be_visible()
        assert await shut_out(page) == []
        await page.get_by_role("button", name="Take back").click()
        await expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
