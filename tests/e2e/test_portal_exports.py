"""Does a list become a file at the portal, with the filters of its page, told how far it is, and given to nobody else?"""

import re
from datetime import timedelta

import msgspec
from playwright.async_api import Browser

from tael.exports import store
from tael.exports.model import Export, ExportFilter, ExportFormat, ExportState
from tael.foundation.clock import SystemClock
from tael.foundation.ids import new_id
from tael.merchants.model import TeamRole
from tael.testing.patience import until
from tael.testing.platform import Platform
from tests.e2e.browsing import reading
from tests.e2e.portal_desk import seat_in
from tests.e2e.test_portal_browser import at_the_portal, is_good


async def test_a_filtered_list_of_payments_becomes_a_file_of_just_these(shop: Platform) -> None:
    paid, open_one = await shop.captured_payment(1280), await shop.merchant.create_payment(900)
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.FINANCE)
    listed = await ann.look("/payments?state=captured&since=2020-01-01")
    [address] = re.findall(r'href="/portal(/exports\?[^"]+)"', listed.text)
    page = await ann.look(address.replace("&amp;", "&"))
    assert '<input type="hidden" name="state" value="captured">' in page.text
    begun = await ann.fill(
        address.replace("&amp;", "&"), "/exports/new", format="csv", since="2020-01-01", until="", zone="UTC"
    )
    assert begun.location == "/portal/exports", begun.text
    merchant = shop.merchant.merchant.id

    async def written() -> bool:
        [export, *_] = await shop.house.exports.list(ExportFilter(merchant_id=merchant))
        return export.state is ExportState.DONE

    await until(written)
    [file] = re.findall(r"/exports/exp_\w{26}/file", (await ann.look("/exports")).text)
    text = (await ann.look(file)).text
    assert paid["id"] in text
    assert open_one["id"] not in text
    other = await seat_in(shop, (await shop.new_merchant("Other")).merchant, TeamRole.OWNER)
    assert (await other.look(file)).status == 404
    assert "No file yet" in (await other.look("/exports")).text
    cashier = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER)
    assert (await cashier.look(file)).status == 403


async def test_lists_of_refunds_and_disputes_take_their_state_along(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.FINANCE)
    for kind, state in (("refunds", "failed"), ("disputes", "won")):
        listed = await ann.look(f"/{kind}?state={state}")
        [address] = re.findall(r'href="/portal(/exports\?[^"]+)"', listed.text)
        page = await ann.look(address.replace("&amp;", "&"))
        _, hidden = page.form("/exports/new")
        assert (hidden["kind"], hidden["state"]) == (kind, state)
    unknown = await ann.look("/exports?kind=refunds&state=captured")
    assert "state" not in unknown.form("/exports/new")[1]


async def test_an_export_that_cannot_be_made_says_why_and_keeps_what_was_typed(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.FINANCE)
    wrong = await ann.fill(
        "/exports", "/exports/new", kind="refunds", format="xlsx", since="2026-02-30", until="", zone="UTC"
    )
    assert wrong.status == 400
    assert 'value="refunds" selected' in wrong.text
    assert (
        await ann.fill("/exports", "/exports/new", kind="secrets", format="csv", zone="UTC")
    ).status == 400
    viewer = await seat_in(shop, shop.merchant.merchant, TeamRole.VIEWER)
    assert "/exports/new" not in (await viewer.look("/exports")).text


async def half_written(shop: Platform, merchant_id: str) -> Export:
    """An export that somebody writes, a quarter done."""
    now = SystemClock().now()
    export = Export(
        id=new_id("exp"),
        merchant_id=merchant_id,
        actor="operator:test",
        kind="refunds",
        format=ExportFormat.CSV,
        filters={},
        columns=["id"],
        time_zone="UTC",
        state=ExportState.RUNNING,
        rows_done=250,
        rows_total=1_000,
        created_at=now,
        expires_at=now + timedelta(days=7),
    )
    async with shop.house.database.transaction() as tx:
        await store.insert(tx, export)
        await store.update(tx, export)
    return export


async def test_an_export_that_is_not_wanted_any_more_is_given_up(shop: Platform) -> None:
    merchant = (await shop.new_merchant("Gives up")).merchant
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    export = await half_written(shop, merchant.id)
    page = await ann.look("/exports")
    assert "250 of 1000 lines" in page.text
    assert 'max="100" value="25"' in page.text
    assert (await ann.fill("/exports", f"{export.id}/cancel")).location == "/portal/exports"
    after = await ann.look("/exports")
    assert "data-moves" not in after.text
    assert (await ann.look(f"/exports/{export.id}/file")).status == 409


async def test_the_bar_of_an_export_moves_by_itself_until_it_is_done(
    shop: Platform, browser: Browser
) -> None:
    merchant = (await shop.new_merchant("Watches")).merchant
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    export = await half_written(shop, merchant.id)
    async with reading(browser, locale="en-GB", viewport={"width": 390, "height": 844}) as context:
        page = await at_the_portal(context, ann)
        await page.goto(f"{shop.public_url}/portal/exports")
        assert await page.locator("progress").get_attribute("value") == "25"
        await is_good(page, "an export that is written")
        further = msgspec.structs.replace(export, rows_done=500)
        ended = msgspec.structs.replace(
            export, rows_done=1_000, state=ExportState.DONE, ended_at=export.created_at
        )
        for changed, says in ((further, "500 of 1000 lines"), (ended, "Lines: 1000 · kept")):
            async with shop.house.database.transaction() as tx:
                await store.update(tx, changed)
            await page.get_by_text(says).wait_for()
        assert await page.locator("progress").count() == 0
        assert await page.get_by_role("link", name="Download").is_visible()
        assert await page.locator("[data-moves]").count() == 0


async def test_filters_are_kept_under_a_name_for_whoever_keeps_them(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.FINANCE)
    seen = "/payments?state=captured&column=refunded"
    kept = await ann.fill(seen, "/payments/views", name="Paid <lately>")
    query = "state=captured&columns=created%2Camount%2Cstate%2Crefunded%2Cid"
    assert kept.location == f"/portal/payments?{query}", kept.text
    page = await ann.look(f"/payments?{query}")
    assert 'aria-current="page">Paid &lt;lately&gt;</a>' in page.text
    again = await ann.fill("/payments?state=failed", "/payments/views", name="Paid <lately>")
    assert again.location == "/portal/payments?state=failed"
    bob = await seat_in(shop, shop.merchant.merchant, TeamRole.FINANCE)
    assert "lately" not in (await bob.look("/payments")).text
    assert (await ann.fill("/payments", "/views/forget")).location == "/portal/payments"
    assert "lately" not in (await ann.look("/payments")).text
    for place in range(20):
        assert (await ann.fill("/payments", "/payments/views", name=f"View {place}")).status == 303
    assert (await ann.fill("/payments", "/payments/views", name="One more")).status == 409
