"""Who may open a page of the wallet, and whose things does it show? Nobody else's, whatever they know of them."""

import re
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tael.app.wallet_pages import wallet_behind
from tael.foundation.ids import new_id
from tael.web.wallet.money_routes import money_routes
from tests.e2e.browsing import CHROMIUM, FLAGS
from tests.e2e.money_town import PHONE_SCREEN, MoneyTown, Somebody, sign_in
from tests.e2e.pictures import film_of

OPEN = ("/wallet/check",)
"""What is for everybody."""


def addresses(town: MoneyTown, verb: str) -> list[str]:
    """Every page of these, with ids that nobody has."""
    found = set()
    for route in money_routes(wallet_behind(town.house)):
        if verb in route.http_methods:
            for path in route.paths:
                found.add(re.sub(r"\{(\w+?)(_id)?:str\}", _made_up, path))
    return sorted(found)


def _made_up(match: "re.Match[str]") -> str:
    prefixes = {"transfer": "trf", "top_up": "top", "withdrawal": "wdr", "card": "bcd", "packet": "pkt"}
    prefixes |= {"statement": "stm", "confirmation": "cfm", "request": "prq", "user": "usr"}
    return new_id(prefixes.get(match[1], "x"))


async def asked(town: MoneyTown, verb: str, path: str, who: Somebody | None = None, **form: str) -> int:
    """The status, as a browser gets it."""
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    if who is not None:
        headers["Cookie"] = f"tael_wallet={who.token}"
    url = town.shop.public_url + path
    async with town.shop.session.request(
        verb, url, data=form or None, headers=headers, allow_redirects=False
    ) as answer:
        if answer.status == 303 and "/sign-in" in answer.headers["Location"]:
            return 401
        return answer.status


async def test_s1_whoever_is_not_signed_in_sees_no_page_and_does_nothing(town: MoneyTown) -> None:
    looked = {path: await asked(town, "GET", path) for path in addresses(town, "GET") if path not in OPEN}
    assert len(looked) > 25
    assert {path: status for path, status in looked.items() if status != 401} == {}
    sent = {path: await asked(town, "POST", path) for path in addresses(town, "POST")}
    assert len(sent) > 12
    assert {path: status for path, status in sent.items() if status != 401} == {}


async def test_s1_a_form_without_the_token_of_its_session_does_nothing(town: MoneyTown) -> None:
    ann = await town.somebody(minor=10_000)
    sent = {
        path: await asked(town, "POST", path, ann, _token="0" * 64, _once="0" * 32)
        for path in addresses(town, "POST")
    }
    assert {path: status for path, status in sent.items() if status != 403} == {}


async def test_s1_what_is_not_ones_own_is_not_there(town: MoneyTown) -> None:
    ann, made_up = await town.somebody(minor=10_000), addresses(town, "GET")
    plain = {path for path in made_up if "x_" not in path and not re.search(r"/\w{3}_[0-9a-z]{26}", path)}
    looked = {path: await asked(town, "GET", path, ann) for path in made_up}
    assert {path: looked[path] for path in plain if looked[path] != 200} == {}
    strange = {path: status for path, status in looked.items() if path not in plain}
    assert len(strange) > 10
    assert {path: status for path, status in strange.items() if status not in (303, 400, 404)} == {}


async def test_s1_a_number_names_somebody_only_where_it_is_counted_who_asks(town: MoneyTown) -> None:
    ann, bob = await town.somebody(minor=10_000), await town.somebody("李四四")
    numbers = (bob.phone, "+8613700000009")
    seen = [
        await asked(town, "GET", f"/wallet/{place}/{number}", ann)
        for place in ("to", "transfer/to")
        for number in numbers
    ]
    assert seen == [400] * 4, "who is registered and who is not look alike"


@pytest.mark.parametrize("kind", ["static", "dynamic"])
async def test_a_camera_reads_a_code_that_somebody_in_front_of_it_shows(
    town: MoneyTown, tmp_path: Path, kind: str
) -> None:
    ann, bob = await town.somebody(minor=50_000), await town.somebody("李四四")
    address = await town.code_of(bob, amount_minor=1_280 if kind == "dynamic" else None)
    flags = [
        *FLAGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film_of(address, tmp_path)}",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        context = await browser.new_context(**PHONE_SCREEN, permissions=["camera"])
        await sign_in(context, town, ann)
        page = await context.new_page()
        await page.goto(f"{town.url}/scan")
        await expect(page.get_by_role("heading", name="Transfer to")).to_be_visible(timeout=20_000)
        await expect(page.get_by_text("*四四")).to_be_visible()
        await expect(page.get_by_role("button", name="Transfer", exact=True)).to_be_visible()
        await browser.close()
