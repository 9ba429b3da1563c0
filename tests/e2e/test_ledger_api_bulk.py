"""Has each of many entries its own answer, in order, and is atomic really all or none?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tael.app.supervisor import DatabaseUrls
from tael.testing.books import faults_in_books
from tael.testing.databases import fresh_database
from tests.e2e.ledger_desk import ACCOUNTS, Desk, payout, results_of, running_ledger, sale


@pytest_asyncio.fixture(loop_scope="session")
async def desk(server: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Desk]:
    """Empty books with a bank, a shop that may not overdraw, and an account for fees."""
    async with fresh_database(server) as urls, running_ledger(urls, tmp_path) as opened:
        await opened.open(*ACCOUNTS)
        yield opened
        assert await faults_in_books(opened.house) == []


def statuses(results: list[Any]) -> list[int]:
    return [result["status"] for result in results]


def codes(results: list[Any]) -> list[str]:
    return [result["problem"]["code"] if "problem" in result else "booked" for result in results]


async def test_ten_thousand_entries_are_booked_in_one_request_and_once(desk: Desk) -> None:
    """And once more in the other format: the same entries have the same receipts."""
    entries = [sale(f"e{number}", 1) for number in range(10_000)]
    first = results_of(await desk.bulk(entries, ndjson=True))
    assert set(statuses(first)) == {201}
    assert [result["receipt"]["id"] for result in first] == [entry["id"] for entry in entries]
    numbers = [result["receipt"]["no"] for result in first]
    assert numbers == sorted(set(numbers))
    again = results_of(await desk.bulk(entries))
    assert [result["receipt"] for result in again] == [result["receipt"] for result in first]
    assert all(result["replayed"] for result in again)
    assert await desk.balances() == {"bank": 10_000, "shop": -10_000}


async def test_a_refusal_is_the_answer_of_one_and_stops_no_neighbour(desk: Desk) -> None:
    entries = [sale("e1", 5), payout("e2", 50), sale("e3", 5), sale("e1", 6)]
    for ndjson in (False, True):
        results = results_of(await desk.bulk(entries, ndjson=ndjson))
        assert codes(results) == ["booked", "ledger.limit_passed", "booked", "ledger.entry_id_reused"]
        assert results[1]["problem"]["missing_minor"] in (45, 40)
        assert results[1]["problem"]["line" if ndjson else "item"] == 2
    reply = await desk.bulk(entries)
    assert (reply.body["booked"], reply.body["refused"]) == (2, 2)
    assert await desk.balances() == {"bank": 10, "shop": -10}


async def test_a_bad_line_is_refused_alone_with_its_line_and_field(desk: Desk) -> None:
    bad = b'{"id":"e2","kind":"k","reference":"r","postings":[{"code":"bank","currency":"CNY","amount_minor":1.5}]}'
    entries = [sale("e1"), b"", bad, b"{oops", sale("e3")]
    results = results_of(await desk.bulk(entries, ndjson=True))
    assert codes(results) == ["booked", "malformed", "malformed", "booked"]
    assert (results[1]["problem"]["line"], results[1]["problem"]["field"]) == (3, "postings[0].amount_minor")
    assert results[2]["problem"]["line"] == 4
    assert await desk.balances() == {"bank": 200, "shop": -200}


async def test_what_is_linked_to_a_bad_line_falls_with_it(desk: Desk) -> None:
    bad = msgspec.json.encode(sale("b", linked=True, colour="red"))
    entries = [sale("a", linked=True), bad, sale("c"), sale("d", linked=True), sale("e")]
    results = results_of(await desk.bulk(entries, ndjson=True))
    assert codes(results) == [
        "ledger.linked_refused",
        "malformed",
        "ledger.linked_refused",
        "booked",
        "booked",
    ]


async def test_linked_entries_stand_or_fall_together_also_across_a_thousand(desk: Desk) -> None:
    """The 1,000th and the 1,001st would be in two transactions if they were not linked."""
    entries = [sale(f"e{number}", 1) for number in range(999)]
    entries += [sale("pair1", 1, linked=True), payout("pair2", 10**9), sale("last", 1)]
    results = results_of(await desk.bulk(entries))
    assert codes(results[998:]) == ["booked", "ledger.linked_refused", "ledger.limit_passed", "booked"]
    alone = results_of(await desk.bulk([sale("f1"), sale("f2", linked=True)]))
    assert codes(alone) == ["booked", "ledger.entry_malformed"]
    assert (await desk.get("/v1/entry", {"id": "pair1"})).status == 404


@pytest.mark.parametrize("ndjson", [False, True])
async def test_atomic_is_all_or_nothing(desk: Desk, *, ndjson: bool) -> None:
    entries = [sale(f"e{number}", 1) for number in range(3_000)]
    guilty = [*entries, payout("p", 10**9), sale("after", 1)]
    reply = await desk.bulk(guilty, ndjson=ndjson, atomic=True)
    assert (reply.status, reply.body["code"]) == (402, "ledger.limit_passed")
    assert reply.body["line" if ndjson else "item"] == 3_001
    assert "3001" in reply.body["detail"]
    assert await desk.balances() == {}
    assert (await desk.every("/v1/entries")) == []

    booked = results_of(await desk.bulk(entries, ndjson=ndjson, atomic=True))
    assert set(statuses(booked)) == {201}
    assert await desk.balances() == {"bank": 3_000, "shop": -3_000}


async def test_atomic_with_a_bad_line_books_nothing_and_names_it(desk: Desk) -> None:
    entries = [sale("e1"), msgspec.json.encode(sale("e2", colour="red")), sale("e3")]
    reply = await desk.bulk(entries, ndjson=True, atomic=True)
    assert (reply.status, reply.body["line"], reply.body["field"]) == (400, 2, "colour")
    assert await desk.balances() == {}


async def test_a_bulk_that_is_none_is_refused_as_a_whole(desk: Desk) -> None:
    cases = [
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b"[{]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\n\n", "application/x-ndjson", 400),
        (b"[]", "text/csv", 415),
        (b"\n".join([b"{}"] * 10_001), "application/x-ndjson", 400),
        (b" " * (16 * 1024 * 1024 + 1), "application/json", 413),
    ]
    for body, media_type, status in cases:
        reply = await desk.send("POST", "/v1/entries/bulk", body=body, media_type=media_type)
        assert reply.status == status, (body[:10], media_type, reply.raw)
    assert (await desk.bulk([sale("x")], ndjson=False)).status == 200
    odd = await desk.post("/v1/entries/bulk", [sale("y")], {"atomic": "perhaps"})
    assert (odd.status, odd.body["field"]) == (400, "atomic")


async def test_bulks_and_single_posts_at_once_lose_nothing(desk: Desk) -> None:
    bulks = [desk.bulk([sale(f"b{part}-{number}", 1) for number in range(1_500)]) for part in range(3)]
    singles = [desk.post("/v1/entries", sale(f"s{number}", 1)) for number in range(100)]
    replies = await asyncio.gather(*bulks, *singles)
    assert {reply.status for reply in replies} == {200, 201}
    assert {reply.body["refused"] for reply in replies[:3]} == {0}
    assert await desk.balances() == {"bank": 4_600, "shop": -4_600}


async def test_an_exchange_in_a_bulk_is_checked_like_one_alone(desk: Desk) -> None:
    await desk.open({"code": "bank", "currency": "USD", "account_class": "asset"})
    for currency in ("CNY", "USD"):
        await desk.open({"code": "position", "currency": currency, "account_class": "asset"})
    swap = {"from_account": "bank", "to_account": "bank", "sell_minor": 713, "sell_currency": "CNY",
            "buy_minor": 100, "buy_currency": "USD", "rate": "0.14025"}  # fmt: skip
    entries = [
        {"id": "x1", "kind": "exchange", "reference": "r", "exchange": swap},
        {"id": "x2", "kind": "exchange", "reference": "r", "exchange": swap | {"buy_minor": 90}},
    ]
    results = results_of(await desk.bulk(entries))
    assert codes(results) == ["booked", "ledger.entry_malformed"]
    assert results[1]["problem"]["field"] == "exchange.buy_minor"
