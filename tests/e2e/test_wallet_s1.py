"""S1 at the wallet: every page and every form, for nobody, for half a session, for a merchant's key, for another user.

What is expected is computed from what the routes declare: a new page is in the matrix by itself.
"""

import re
from collections.abc import Mapping

import aiohttp
import pytest_asyncio
from playwright.async_api import Browser

from tael.app.wallet_pages import wallet_pages
from tael.foundation.http.permissions import OPTION, PUBLIC
from tests.e2e.console_desk import FROM_US
from tests.e2e.wallet_desk import PASSWORD, WalletTown

NONE = "0" * 26
_PREFIX = {
    "restriction": "rst",
    "request": "prq",
    "session": "ses",
    "device": "dev",
    "passkey": "psk",
    "push": "psh",
}


def doors_of(quarter: WalletTown) -> list[tuple[str, str]]:
    """Method and address of every route that is not open to everybody, with the name of nothing in its path."""
    doors = []
    for route in wallet_pages(quarter.shop.house):
        if route.opt[OPTION] == PUBLIC:
            continue
        for path in route.paths:
            filled = re.sub(
                r"\{(\w+?)(_id)?:\w+\}", lambda each: f"{_PREFIX.get(each[1], each[1][:3])}_{NONE}", path
            )
            doors += [(str(each), filled) for each in sorted(route.http_methods) if each in {"GET", "POST"}]
    assert len(doors) > 60
    return doors


async def knock(
    quarter: WalletTown, door: tuple[str, str], cookies: Mapping[str, str], **headers: str
) -> tuple[int, str]:
    """Status and code of what a program hears, with a browser's cookies."""
    said = {"Accept": "application/json", **FROM_US, **headers}
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    async with aiohttp.ClientSession() as session:
        asked = session.request(
            door[0],
            quarter.shop.public_url + door[1],
            headers=said | ({"Cookie": cookie} if cookie else {}),
            data={} if door[0] == "POST" else None,
            allow_redirects=False,
        )
        async with asked as answer:
            text = await answer.text() if answer.content_type.endswith("json") else ""
    return answer.status, next(iter(re.findall(r'"code":\s*"([\w.]+)"', text)), "")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cookies(quarter: WalletTown, browser: Browser) -> Mapping[str, str]:
    """Of a whole session and of half of one."""
    async with quarter.at(browser) as page:
        phone = await quarter.newcomer(page)
        whole = {each["name"]: each["value"] for each in await page.context.cookies()}
    async with quarter.at(browser) as page:
        await quarter.sign_in(page, phone, PASSWORD)
        await page.wait_for_url("**/code")
        half = {each["name"]: each["value"] for each in await page.context.cookies()}
    return {"whole": whole["tael_wallet"], "half": half["tael_wallet"]}


async def test_s1_nobody_opens_anything_without_a_whole_session_of_a_user(
    quarter: WalletTown, cookies: Mapping[str, str]
) -> None:
    for door in doors_of(quarter):
        assert (await knock(quarter, door, {}))[0] == 401, door
        assert (await knock(quarter, door, {"tael_wallet": cookies["half"]}))[0] == 401, door
        assert (await knock(quarter, door, {"tael_portal": cookies["whole"]}))[0] == 401, door
        key = f"Bearer {quarter.shop.merchant.secret}"
        assert (await knock(quarter, door, {}, Authorization=key))[0] == 403, door


async def test_s1_a_user_opens_pages_and_their_forms_act_from_our_own_pages_alone(
    quarter: WalletTown, cookies: Mapping[str, str]
) -> None:
    mine = {"tael_wallet": cookies["whole"]}
    for door in doors_of(quarter):
        status, code = await knock(quarter, door, mine)
        if door[0] == "POST":
            assert (status, code) == (403, "console.forged"), (door, status, code)
            elsewhere = await knock(quarter, door, mine, **{"Sec-Fetch-Site": "cross-site"})
            assert elsewhere[0] == 401, door
        else:
            assert status < 500, door
            assert status != 401, door


async def test_s1_a_session_of_the_wallet_is_none_at_the_api_nor_at_the_portal(
    quarter: WalletTown, cookies: Mapping[str, str]
) -> None:
    mine = {"tael_wallet": cookies["whole"]}
    for path in ("/v1/me", "/v1/payments", "/portal/home"):
        assert (await knock(quarter, ("GET", path), mine))[0] == 401, path
