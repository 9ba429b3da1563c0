"""Can those who operate the platform see what they need, and nobody else anything? The console in a real browser."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.browsing import reading, shut_out
from tests.e2e.console_desk import FROM_US, come_in
from tests.e2e.shares import SCREENS, Share, in_turn
from tests.e2e.staff_desk import hired, key_of

PLACES = (
    "channels",
    "matrix",
    "channels/alipay",
    "channels/alipay/change",
    "exchanges",
    "scorecards",
    "decisions",
    "proposals/channels",
)


async def signed_in(context: BrowserContext, shop: Platform, secret: str) -> Page:
    """A page of somebody who has shown a key, and a code of a new authenticator if they are asked for one."""
    page = await context.new_page()
    await page.goto(f"{shop.internal_url}/console")
    assert "/console/sign-in" in page.url
    await come_in(page, shop, secret)
    await page.wait_for_url("**/console/channels")
    return page


@pytest.mark.parametrize(("screen", "share"), in_turn(SCREENS))
async def test_operations_see_channels_conversations_scores_and_decisions(
    shop: Platform, browser: Browser, screen: dict[str, Any], share: Share
) -> None:
    payment = await shop.captured_payment(1280)
    attempt = payment["attempts"][0]["id"]
    await shop.house.channels.write_notes()
    secret = await key_of(shop, f"Ann{screen['viewport']['width']}-{share.count}", Role.OPERATIONS)
    async with reading(browser, **screen) as context:
        page = await signed_in(context, shop, secret)
        await _look_around(shop, page, attempt, share.of(PLACES))


async def _look_around(shop: Platform, page: Page, attempt: str, places: Sequence[str]) -> None:
    """These places, on this screen and in this language."""
    assert await page.locator(".tile h2 a").all_inner_texts() == ["alipay"]
    for place in places:
        await page.goto(f"{shop.internal_url}/console/{place}")
        assert await page.locator("h1").is_visible()
        wide = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide == 0, f"{place} is wider than the screen"
        assert await shut_out(page) == []
    await page.goto(f"{shop.internal_url}/console/exchanges")
    await page.fill("#number", attempt)
    await page.click("main button[type=submit]")
    assert attempt in await page.locator(".turn pre").first.inner_text()
    await page.locator(".turn summary").first.click()
    assert not await page.locator(".turn pre").first.is_visible(), "it folds"
    assert "sign=***" in await page.content()
    await page.click(".sign-out button")
    await page.goto(f"{shop.internal_url}/console/channels")
    assert "/console/sign-in" in page.url


async def test_one_proposes_in_a_browser_and_another_approves_what_was_read(
    shop: Platform, browser: Browser
) -> None:
    ann, bob = await key_of(shop, "Anna", Role.OPERATIONS), await key_of(shop, "Bob", Role.RISK)
    async with reading(browser, locale="en") as context:
        page = await signed_in(context, shop, ann)
        await page.goto(f"{shop.internal_url}/console/channels/alipay")
        await page.get_by_role("link", name="Propose a change").click()
        await page.get_by_label("notice_max_age_seconds").fill("7200")
        await page.get_by_label("Why").fill("Shorter, says risk")
        await page.get_by_role("button", name="Propose").click()
        assert await page.get_by_role("status").inner_text() == "Proposed. Somebody else decides now."
        assert await page.get_by_text("You proposed this").is_visible()
        assert await page.get_by_role("button", name="Approve").count() == 0
        address = page.url
        await page.reload()
        assert await page.get_by_role("status").count() == 0, "it is said once"
    async with reading(browser, locale="en", viewport={"width": 390, "height": 844}) as context:
        page = await signed_in(context, shop, bob)
        await page.goto(f"{shop.internal_url}/console/proposals/channels")
        await page.get_by_role("link", name="alipay").click()
        assert page.url == address
        assert await page.locator(".diff-item").all_inner_texts() == [
            "notice_max_age_seconds\nbefore:\n93600\nafter:\n7200"
        ]
        await page.get_by_label("Note").fill("agreed")
        await page.get_by_role("button", name="Approve").click()
        assert await page.get_by_role("status").inner_text() == "Approved, and done."
        await page.get_by_role("link", name="What it is about").click()
        assert await page.get_by_text("7200").is_visible()


async def test_nobody_sees_what_their_role_does_not_let_them_see(shop: Platform, browser: Browser) -> None:
    administrator = await key_of(shop, "Adam", Role.ADMINISTRATOR)
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{shop.internal_url}/console/sign-in?next=//evil.example")
    await page.fill("#key", "tael_staff_wrong")
    await page.click("main button[type=submit]")
    assert await page.locator("[aria-invalid=true]").is_visible()
    await page.fill("#key", administrator)
    await page.click("main button[type=submit]")
    assert page.url == f"{shop.internal_url}/console/proposals/staff"
    answer = await page.request.get(f"{shop.internal_url}/console/channels")
    assert answer.status == 403
    await context.close()


async def test_a_session_ends_with_its_key_and_is_not_believed_from_elsewhere(shop: Platform) -> None:
    made = await hired(shop, "Bea", Role.OPERATIONS)
    url = f"{shop.internal_url}/console"
    form = {"key": made.key.secret, "next": ""}
    elsewhere = FROM_US | {"Origin": "http://evil.example"}
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, elsewhere):
        async with shop.session.post(f"{url}/sign-in", data=form, headers=headers) as answer:
            assert (answer.status, "tael_staff" in answer.cookies) == (403, False), (
                "nobody is signed in by others"
            )
    async with shop.session.post(f"{url}/sign-out", headers=elsewhere, allow_redirects=False) as answer:
        assert "tael_staff" not in answer.cookies, "nor signed out"
    sign_in = shop.session.post(f"{url}/sign-in", data=form, headers=FROM_US, allow_redirects=False)
    async with sign_in as answer:
        assert answer.status == 303
        cookie = answer.cookies["tael_staff"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "strict"
    assert made.key.secret not in cookie.value
    headers = {"Cookie": f"tael_staff={cookie.value}"}
    async with shop.session.get(f"{url}/channels", headers=headers) as answer:
        assert answer.status == 200
    async with shop.session.post(f"{shop.internal_url}/v1/partners/alipay/open", headers=headers) as answer:
        assert answer.status == 401, "another site's form must not act in somebody's name"
    broken = {"Cookie": f"tael_staff={cookie.value[:-2]}AA"}
    async with shop.session.get(f"{url}/channels", headers=broken) as answer:
        assert answer.status == 401
