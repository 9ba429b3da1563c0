"""Where no channel takes cards, as in the demo: does the page of top-ups say what a card that is bound is for?"""

from pathlib import Path

from playwright.async_api import Browser, expect

from tael.app.supervisor import DatabaseUrls
from tael.simulators.verification.known import CARD
from tests.e2e.browsing import shut_out
from tests.e2e.money_town import money_town
from tests.e2e.test_wallet_funding import type_card_in


async def test_a_card_that_cannot_top_up_is_said_to_be_for_withdrawals(
    server: DatabaseUrls, tmp_path: Path, browser: Browser
) -> None:
    async with money_town(server, tmp_path, channels=("alipay", "unionpay")) as town:
        ann = await town.somebody()
        async with town.at(browser, ann) as page:
            await page.goto(f"{town.url}/top-up")
            await expect(page.get_by_text("What you bound is for withdrawals.")).to_have_count(0)
            await type_card_in(page, town, CARD)
            await page.get_by_role("button", name="Add the card").click()
            await expect(page.get_by_text("The card is added.")).to_be_visible()
            await page.goto(f"{town.url}/top-up")
            await expect(page.get_by_text("What you bound is for withdrawals.")).to_be_visible()
            assert await shut_out(page) == []
