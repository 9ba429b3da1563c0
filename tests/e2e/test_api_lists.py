"""How are payments looked at? One, a page of them, all of them as a file: complete, and nobody else's."""

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from tael.foundation.clock import SystemClock
from tael.testing.platform import MerchantClient, Platform
from tests.e2e.asking import PAYMENTS


async def made(merchant: MerchantClient, count: int, **more: object) -> list[str]:
    """The ids of new payments, oldest first."""
    return [(await merchant.create_payment(100 + number, **more))["id"] for number in range(count)]


async def listed(merchant: MerchantClient, **query: str | int) -> list[str]:
    """The ids of all pages, as they come."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await merchant.get(PAYMENTS, **query, **cursor)).body
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def exported(merchant: MerchantClient, **query: str | int) -> list[dict[str, str]]:
    """The lines of an exported file."""
    reply = await merchant.get(f"{PAYMENTS}.csv", **query)
    assert reply.status == 200, reply.raw
    return list(csv.DictReader(io.StringIO(reply.raw.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("limit", [1, 2, 7, 200])
async def test_pages_together_are_all_payments_newest_first(shop: Platform, limit: int) -> None:
    merchant = await shop.new_merchant()
    ids = await made(merchant, 7)
    assert await listed(merchant, limit=limit) == sorted(ids, reverse=True)


async def test_pages_have_no_gaps_and_no_doubles_while_payments_arrive(shop: Platform) -> None:
    merchant = await shop.new_merchant()
    before = await made(merchant, 40)
    arriving = asyncio.create_task(made(merchant, 40))
    seen = await listed(merchant, limit=3)
    await arriving
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)
    assert seen == sorted(seen, reverse=True)


async def test_each_filter_shows_what_it_says(shop: Platform) -> None:
    merchant = await shop.new_merchant()
    tea = (await merchant.create_payment(1, reference="茶-1"))["id"]
    yen = (await merchant.create_payment(2, currency="JPY"))["id"]
    closed = (await merchant.create_payment(3))["id"]
    await merchant.post(f"{PAYMENTS}/{closed}/close", {})
    moment = SystemClock().now()
    await asyncio.sleep(0.01)
    late = (await merchant.create_payment(4, reference="茶-1"))["id"]
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({"reference": "茶-1"}, [late, tea]),
        ({"currency": "JPY"}, [yen]),
        ({"state": "canceled"}, [closed]),
        ({"state": "created"}, [late, yen, tea]),
        ({"created_from": moment.isoformat()}, [late]),
        ({"created_before": moment.isoformat()}, [closed, yen, tea]),
        ({"created_before": (moment + timedelta(days=1)).isoformat(), "reference": "茶-1"}, [late, tea]),
        ({"reference": "coffee"}, []),
    ]
    for query, expected in cases:
        assert await listed(merchant, **query) == expected, query
        assert [line["id"] for line in await exported(merchant, **query)] == expected, query


async def test_nobody_sees_the_payments_of_others(shop: Platform) -> None:
    await shop.merchant.create_payment()
    stranger = await shop.new_merchant()
    assert await listed(stranger) == []
    assert await exported(stranger) == []


async def test_a_payment_is_shown_with_everything_that_happened_to_it(shop: Platform) -> None:
    payment = await shop.captured_payment(1280)
    path = f"{PAYMENTS}/{payment['id']}"
    refund = (await shop.merchant.post(f"{path}/refunds", {"amount_minor": 300, "note": "one cup"})).body
    shown: dict[str, Any] = (await shop.merchant.get(path)).body
    assert (shown["state"], shown["refunded_minor"], shown["closing"]) == ("captured", 300, False)
    assert [attempt["state"] for attempt in shown["attempts"]] == ["succeeded"]
    assert [each["id"] for each in shown["refunds"]] == [refund["id"]]
    assert (await shop.merchant.get(f"/v1/refunds/{refund['id']}")).body == shown["refunds"][0]


async def test_an_exported_file_opens_in_a_spreadsheet_and_computes_nothing(shop: Platform) -> None:
    merchant = await shop.new_merchant()
    for text in ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "＝1", 'a "b", c', "两杯茶"]:
        await merchant.create_payment(1280, reference=text, description=text)
    reply = await merchant.get(f"{PAYMENTS}.csv")
    assert reply.raw.startswith(b"\xef\xbb\xbfid,")
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in reply.headers["Content-Disposition"]
    lines = list(csv.DictReader(io.StringIO(reply.raw.decode("utf-8-sig"), newline="")))
    assert [line["reference"] for line in lines] == [
        "两杯茶", 'a "b", c', "'＝1", "'@SUM(A1)", "'-1", "'+1", "'=HYPERLINK(\"http://x\",\"y\")",
    ]  # fmt: skip
    assert {line["amount"] for line in lines} == {"12.80"}
    for line in lines:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line.values())


async def test_an_exported_file_holds_more_than_a_page(shop: Platform) -> None:
    """The pages inside have 1,000 lines; rows are made in the database to be quick."""
    merchant = await shop.new_merchant()
    template = (await merchant.create_payment())["id"]
    async with shop.house.database.transaction() as tx:
        await tx.connection.execute(
            b"""insert into payments.payments select ('pay_0' || lpad(n::text, 25, '0')), merchant_id, reference,
                    description, amount_minor, currency, state, closing_as, captured_by, captured_minor,
                    refunded_minor, refunding_minor, fee_basis_points, fee_minor, fee_returned_minor, return_url,
                    created_at, expires_at, ended_at
                from payments.payments, generate_series(1, 2500) n where id = %(id)s""",
            {"id": template},
        )
    ids = [line["id"] for line in await exported(merchant)]
    assert len(ids) == len(set(ids)) == 2_501
    assert ids == sorted(ids, reverse=True)
    rest = await exported(merchant, cursor=ids[999])
    assert [line["id"] for line in rest] == ids[1_000:]
