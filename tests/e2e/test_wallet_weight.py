"""Is every page about money light enough for a slow phone, the first time that it is opened?"""

import pytest
from playwright.async_api import Browser, Request

from tests.e2e.money_town import MoneyTown
from tests.e2e.test_wallet_door import MOST_BYTES

PLACES = (
    "bills",
    "cards",
    "limits",
    "packets",
    "pay",
    "receive",
    "scan",
    "statements",
    "top-up",
    "transfer",
    "verification",
    "withdraw",
)


@pytest.mark.parametrize("place", PLACES)
async def test_a_page_of_the_wallet_is_light_without_anything_kept(
    town: MoneyTown, browser: Browser, place: str
) -> None:
    ann, asked = await town.somebody(minor=50_000), list[Request]()
    async with town.at(browser, ann) as page:
        page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108 - playwright marks what it is given
        await page.goto(f"{town.url}/{place}", wait_until="networkidle")
        letters = [each for each in asked if each.resource_type != "font"]
        weight = sum([(await each.sizes())["responseBodySize"] for each in letters])
    assert 0 < weight < MOST_BYTES
