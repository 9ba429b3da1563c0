"""Do staff see everybody's disputes, at the console and over their API, and does the audit trail say who opened a file?"""

from typing import Any

import pytest
from playwright.async_api import Browser

from tael.foundation.db import Query
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.browsing import reading, shut_out
from tests.e2e.console_desk import seat_of
from tests.e2e.dispute_desk import PDF, a_dispute
from tests.e2e.shares import SCREENS, one_of
from tests.e2e.staff_desk import asked, key_of

OPENED = Query(
    "opened", b"select actor from foundation.audit where action = 'disputes.open_file' and object_id = %(id)s"
)


@pytest.mark.parametrize("screen", one_of(SCREENS, "en-dark-390"))
async def test_staff_read_disputes_on_every_screen_and_open_files_in_the_audit_trail(
    shop: Platform, browser: Browser, screen: dict[str, Any]
) -> None:
    dispute_id, file_id = await a_dispute(shop, await shop.captured_payment(1280))
    ann = await seat_of(shop, f"Ann{screen['viewport']['width']}", Role.RISK)
    async with reading(browser, **screen) as context:
        cookies = [
            {"name": name, "value": text, "url": shop.internal_url} for name, text in ann.cookies.items()
        ]
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(f"{shop.internal_url}/console/disputes?state=needs_response")
        for place in ("list", "one"):
            assert await shut_out(page) == [], place
            wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, place
            if place == "list":
                await page.click(f"a[href$='{dispute_id}']")
                await page.wait_for_url(f"**/console/disputes/{dispute_id}")
        async with page.expect_download() as download:
            await page.click("text=receipt.pdf")
        assert (await download.value).suggested_filename == "receipt.pdf"
    async with shop.house.database.transaction() as tx:
        assert await tx.tuples(OPENED, id=file_id) == [(ann.actor,)]


async def test_s1_only_staff_who_read_payments_see_disputes(shop: Platform) -> None:
    dispute_id, file_id = await a_dispute(shop, await shop.captured_payment(1280))
    places = ("/v1/disputes", f"/v1/disputes/{dispute_id}")
    risk, developer = await key_of(shop, "Rita", Role.RISK), await key_of(shop, "Dev", Role.DEVELOPER)
    for place in (*places, f"/v1/disputes/{dispute_id}/files/{file_id}/content"):
        assert (await asked(shop, developer, "GET", place))[0] == 403, place
    status, listed = await asked(shop, risk, "GET", f"{places[0]}?limit=1&state=needs_response")
    assert (status, [each["id"] for each in listed["items"]]) == (200, [dispute_id])
    status, detail = await asked(shop, risk, "GET", places[1])
    assert (status, [each["id"] for each in detail["files"]]) == (200, [file_id])
    other = await asked(shop, risk, "GET", f"/v1/disputes?merchant_id=mer_{'0' * 26}")
    assert other[1]["items"] == []
    headers = {"Authorization": f"Bearer {risk}"}
    address = f"{shop.internal_url}/v1/disputes/{dispute_id}/files/{file_id}/content"
    async with shop.session.get(address, headers=headers) as answer:
        assert (answer.status, await answer.read()) == (200, PDF)
        assert answer.headers["content-disposition"].startswith("attachment;")
    dev = await seat_of(shop, "Devi", Role.DEVELOPER)
    assert (await dev.look(f"/disputes/{dispute_id}")).status == 403
