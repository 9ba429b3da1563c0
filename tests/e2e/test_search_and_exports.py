"""Does a merchant find its payments, and take them out as a file, over HTTP?"""

import asyncio
from typing import Any

from tael.foundation.clock import monotonic_seconds
from tael.testing.platform import MerchantClient, Platform


async def done(merchant: MerchantClient, export: Any) -> Any:
    """The export as soon as a worker has written it."""
    deadline = monotonic_seconds() + 30
    while export["state"] in ("queued", "running"):
        assert monotonic_seconds() < deadline, export
        await asyncio.sleep(0.1)
        export = (await merchant.get(f"/v1/exports/{export['id']}")).body
    return export


async def test_search_finds_by_reference_amount_and_metadata(shop: Platform) -> None:
    merchant = await shop.new_merchant()
    payment = await merchant.create_payment(123_45, reference="tea-2026-7", metadata={"table": "seven"})
    for text in (payment["id"], "tea-2026", "123.45", "seven"):
        items = (await merchant.get("/v1/search", q=text)).body["items"]
        assert [(hit["type"], hit["id"]) for hit in items] == [("payment", payment["id"])], text
    made = await merchant.post("/v1/customers", {"reference": "regular-7"})
    assert made.status in (200, 201), made.raw
    [hit] = (await merchant.get("/v1/search", q="regular-7")).body["items"]
    assert (hit["type"], hit["id"]) == ("customer", made.body["id"])
    other = await shop.new_merchant()
    assert (await other.get("/v1/search", q=payment["id"])).body["items"] == []


async def test_a_refund_shows_its_payment_if_that_is_asked_for(shop: Platform) -> None:
    merchant, payment = shop.merchant, await shop.captured_payment()
    made = await merchant.post(f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 300})
    at = f"/v1/refunds/{made.body['id']}"
    plain, shown = (await merchant.get(at)).body, (await merchant.get(at, expand="payment")).body
    assert shown.pop("payment")["id"] == payment["id"]
    assert shown == plain
    refused = await merchant.get(at, expand="disputes")
    assert (refused.status, refused.body["field"]) == (400, "expand")


async def test_lists_expand_what_belongs_to_payments(shop: Platform) -> None:
    merchant = await shop.new_merchant()
    payment = await merchant.create_payment()
    await merchant.start_attempt(payment["id"])
    [plain] = (await merchant.get("/v1/payments")).body["items"]
    assert "attempts" not in plain
    [item] = (await merchant.get("/v1/payments", expand="attempts,refunds")).body["items"]
    assert (len(item["attempts"]), item["refunds"]) == (1, [])
    refused = await merchant.get("/v1/payments", expand="secrets")
    assert (refused.status, refused.body["field"]) == (400, "expand")
    found = (await merchant.get("/v1/payments", **{"metadata[table]": "7"})).body["items"]
    assert found == []


async def test_an_export_is_written_and_fetched_by_its_owner_only(shop: Platform) -> None:
    merchant, other = await shop.new_merchant(), await shop.new_merchant()
    payment = await merchant.create_payment(reference="=1+1")
    asked = await merchant.post("/v1/exports", {"kind": "payments", "columns": ["id", "reference"]})
    assert asked.status == 202, asked.raw
    export = await done(merchant, asked.body)
    assert (export["state"], export["rows_done"], export["rows_total"]) == ("done", 1, 1)
    file = await merchant.get(f"/v1/exports/{export['id']}/file")
    assert file.raw.decode("utf-8-sig").splitlines() == ["id,reference", f"{payment['id']},'=1+1"]
    assert file.headers["Content-Disposition"].startswith('attachment; filename="payments-')
    for address in (f"/v1/exports/{export['id']}", f"/v1/exports/{export['id']}/file"):
        assert (await other.get(address)).status == 404
    assert (await other.get("/v1/exports")).body["items"] == []
