"""Does somebody come into their wallet, does nobody else, and what is there without a network?"""

import pytest
from playwright.async_api import Browser, Page, Request, expect

from tael.identity.api import USER_TOKEN
from tests.e2e.browsing import shut_out
from tests.e2e.wallet_desk import PASSWORD, WalletTown, hold_passkeys

NEVER_REGISTERED = "13799999123"
MOST_BYTES = 60_000


async def sent_for_reset(quarter: WalletTown, page: Page, phone: str) -> str:
    """What a page says to whoever has forgotten the password of this number."""
    await page.goto(f"{quarter.url}/forgotten")
    await page.locator("#f-phone").fill(phone)
    await page.locator("main form button[type=submit]").first.click()
    await page.locator("#f-password").wait_for()
    await page.wait_for_load_state()
    return (await page.locator("main").inner_text()).replace(phone, "…")


async def test_somebody_registers_with_a_code_and_every_agreement(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        await page.goto(f"{quarter.url}/register")
        await page.locator("#f-phone").fill("12")
        await page.locator("main form button[type=submit]").click()
        await expect(page.locator("#f-phone-note")).to_contain_text("11 digits")
        phone = await quarter.register(page)
        await expect(page.get_by_text("Welcome! Your account is open.")).to_be_visible()
        assert await shut_out(page) == []
        user = await quarter.user_with(phone)
        assert {each.partition("@")[0] for each in user.agreed} == {"service", "privacy", "payment_account"}
        await page.goto(f"{quarter.url}/agreements")
        await expect(page.get_by_text("Accepted", exact=True)).to_have_count(3)
        await page.get_by_role("link", name="Privacy policy").click()


async def test_a_registration_with_a_wrong_code_keeps_the_number_and_says_what_to_do(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        await page.goto(f"{quarter.url}/register")
        await page.locator("#f-phone").fill("13799990456")
        await page.locator("main form button[type=submit]").click()
        await page.locator("#f-code").fill("000000")
        await page.locator("#f-password").fill("short")
        await expect(page.locator(".strength")).to_contain_text("Too short")
        await page.locator("#f-password").fill(PASSWORD)
        await expect(page.locator(".strength")).to_contain_text("Very good")
        await page.wait_for_load_state()
        for tick in await page.locator("input[type=checkbox]").all():
            await tick.check()
        await page.locator("form[action$=finish] button[type=submit]").click()
        await expect(page.locator("#f-code-note")).to_contain_text("This code is wrong")
        assert await page.locator("#f-password").input_value() == "", "a password never comes back"


async def test_a_new_device_is_asked_for_a_code_and_a_trusted_one_never_again(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as phone_page:
        phone = await quarter.register(phone_page)
    async with quarter.at(browser) as page:
        await page.goto(f"{quarter.url}/security?from=letter")
        await page.wait_for_url("**/sign-in?next=**")
        await page.locator("#f-phone").fill(phone)
        await page.locator("#f-password").fill(PASSWORD)
        await page.locator("form[action$='/sign-in'] button[type=submit]").click()
        await page.wait_for_url("**/code?next=**")
        await quarter.code(f"+86{phone}")
        assert await shut_out(page) == []
        await page.goto(f"{quarter.url}/home")
        await page.wait_for_url("**/sign-in?next=**")
        await quarter.sign_in(page, phone)
        await expect(page.get_by_text("for another try")).to_be_visible()
        quarter.clock.move(minutes=1)
        await page.get_by_role("button", name="Send a new code").click()
        await page.locator("#f-proof").fill(await quarter.code(f"+86{phone}"))
        await page.get_by_label("This is my own device").check()
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url("**/home")
        await expect(page.get_by_text("This device is new")).to_be_visible()
        await expect(page.locator(".advice")).to_contain_text("A code is a key")
        assert await shut_out(page) == []
        await page.get_by_role("button", name="I have read this").click()
        await expect(page.locator(".advice")).to_have_count(0)
        assert page.url.endswith("/wallet/home")
        assert await quarter.tips_read(phone, "new_device") == [True]
        await page.goto(f"{quarter.url}/messages")
        await expect(page.get_by_role("heading", name="new device")).to_be_visible()
        await page.goto(f"{quarter.url}/me")
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url("**/sign-in")
        await quarter.sign_in(page, phone)
        await page.wait_for_url("**/home")


async def test_a_passkey_alone_signs_somebody_in_on_the_page_and_by_the_api(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        await hold_passkeys(page)
        await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/security/passkeys")
        await page.get_by_role("button", name="Make a passkey").click()
        await expect(page.get_by_text("The passkey is kept.")).to_be_visible()
        await page.goto(f"{quarter.url}/me")
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await page.wait_for_url("**/home")
        asked = await page.request.get(f"{quarter.shop.public_url}/v1/users/sign_in/passkey")
        question = await asked.json()
        answer = await page.evaluate(
            """async (options) => {
                const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
                const used = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge) } });
                return JSON.stringify(used.toJSON());
            }""",
            {**question["options"], "allowCredentials": []},
        )
        said = {"question": question["question"], "answer": answer}
        address = f"{quarter.shop.public_url}/v1/users/sign_in/passkey"
        signed_in = await page.request.post(address, data=said)
        body = await signed_in.json()
        assert signed_in.status == 200, body
        assert body["is_whole"]
        assert body["session_token"].startswith(USER_TOKEN)
        again = await page.request.post(address, data=said)
        assert (again.status, (await again.json())["code"]) == (403, "identity.passkey_refused")


async def test_a_forgotten_password_tells_nobody_who_is_registered(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.newcomer(page)
        quarter.clock.move(minutes=1)
        known = await sent_for_reset(quarter, page, phone)
        await quarter.code(f"+86{phone}")
        assert known == await sent_for_reset(quarter, page, NEVER_REGISTERED)
        quarter.clock.move(minutes=1)
        await sent_for_reset(quarter, page, phone)
        await page.locator("#f-code").fill(await quarter.code(f"+86{phone}"))
        await page.locator("#f-password").fill("marble-lantern-orchard")
        await page.get_by_role("button", name="Save the password").click()
        await expect(page.get_by_text("Your password is changed. Please sign in with it.")).to_be_visible()
        await page.goto(f"{quarter.url}/home")
        await page.wait_for_url("**/sign-in?next=**")


async def test_whoever_guesses_a_password_is_locked_out_and_told_for_how_long(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        phone = await quarter.newcomer(page)
        await page.context.clear_cookies()
        await quarter.sign_in(page, phone, "wrong-wrong-wrong")
        await expect(page.get_by_text("Number or password is wrong.")).to_be_visible()
        for _ in range(12):
            await quarter.sign_in(page, phone, "wrong-wrong-wrong")
            if await page.get_by_role("heading", name="Too many tries").count():
                break
        await expect(page.get_by_text("nobody can try again for")).to_be_visible()
        assert await shut_out(page) == []
        await quarter.sign_in(page, phone)
        await expect(page.get_by_role("heading", name="Too many tries")).to_be_visible()
        quarter.clock.move(hours=2)
        await quarter.sign_in(page, phone)
        await page.wait_for_url("**/code")


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/portal/home", "/wallet/../v1", "javascript:1"])  # fmt: skip
async def test_signing_in_leads_nowhere_but_into_the_wallet(quarter: WalletTown, wanted: str) -> None:
    async with quarter.shop.session.get(
        f"{quarter.url}/sign-in", params={"next": wanted}, headers={"Accept-Language": "en"}
    ) as answer:
        text = await answer.text()
    assert 'name="next" value=""' in text
    assert "evil" not in text.replace("switch", "").split("<main", 1)[1]


async def test_without_a_network_nothing_of_anybodys_money_is_shown(
    quarter: WalletTown, browser: Browser
) -> None:
    async with quarter.at(browser) as page:
        await quarter.newcomer(page)
        await page.goto(f"{quarter.url}/home")
        await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        await page.goto(f"{quarter.url}/home")
        kept = "(async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map((each) => new URL(each.url).pathname)))).flat())()"
        paths = await page.evaluate(kept)
        assert [each for each in paths if not each.startswith("/assets/")] == ["/wallet/offline"]
        await page.context.set_offline(offline=True)
        await page.goto(f"{quarter.url}/home")
        await expect(page.get_by_role("heading", name="No network")).to_be_visible()
        assert "¥" not in await page.locator("body").inner_text()
        await page.context.set_offline(offline=False)
        await page.get_by_role("link", name="Try again").click()
        await expect(page.get_by_role("heading", name="Home")).to_be_attached()


async def test_the_wallet_can_be_installed_and_is_light(quarter: WalletTown, browser: Browser) -> None:
    async with quarter.at(browser) as page:
        asked: list[Request] = []
        await quarter.newcomer(page)
        fresh = await browser.new_context(
            storage_state=await page.context.storage_state(), service_workers="block"
        )
        tab = await fresh.new_page()
        tab.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 - playwright marks what it is given
        await tab.goto(f"{quarter.url}/home", wait_until="networkidle")
        assert 0 < sum([(await each.sizes())["responseBodySize"] for each in asked]) < MOST_BYTES
        manifest = await (await page.request.get(f"{quarter.url}/app.webmanifest")).json()
        assert (manifest["display"], manifest["start_url"]) == ("standalone", "/wallet/home")
        for icon in manifest["icons"]:
            found = await page.request.get(f"{quarter.shop.public_url}{icon['src']}")
            assert found.headers["content-type"] == "image/png"
        answer = await page.goto(f"{quarter.url}/home")
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert {"manifest-src 'self'", "worker-src 'self'", "trusted-types tael-worker"} <= set(
            policy.split("; ")
        )
        assert "unsafe" not in policy
        await fresh.close()
