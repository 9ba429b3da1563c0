"""Are accounts opened, changed, listed over HTTP as promised, and is every change in the audit trail?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Query
from tael.testing.databases import fresh_database
from tests.e2e.ledger_desk import ACCOUNTS, Desk, lines, payout, running_ledger, sale

AUDIT = Query(
    "audit", b"select actor, action, object_id, result from foundation.audit order by happened_at, action"
)
ODD = [
    "a/b",
    "..",
    "a/../b",
    "50%",
    "a?b&c=d#e",
    "两个 词:茶",
    "a+b",
    "quote'\"",
    "back\\slash",
    "x" * 200,
    "%2F",
    ";",
]


@pytest_asyncio.fixture(loop_scope="session")
async def desk(server: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Desk]:
    """Empty books, with accounts for some."""
    async with fresh_database(server) as urls, running_ledger(urls, tmp_path) as opened:
        yield opened


def named(code: str, currency: str = "CNY") -> dict[str, Any]:
    return {"code": code, "currency": currency}


async def audited(desk: Desk) -> list[tuple[Any, ...]]:
    async with desk.house.database.transaction() as tx:
        return await tx.tuples(AUDIT)


async def test_codes_of_odd_characters_travel_there_and_back(desk: Desk) -> None:
    await desk.open(*[named(code) | {"account_class": "asset"} for code in ODD])
    for code in ODD:
        assert (await desk.account(code))["code"] == code
        changed = await desk.patch("/v1/account", {"metadata": {"seen": code[:9]}}, named(code))
        assert changed.body["metadata"] == {"seen": code[:9]}
        assert (await desk.get("/v1/account/postings", named(code))).body["items"] == []
    assert {item["code"] for item in await desk.every("/v1/accounts", {"limit": 5})} == set(ODD)


async def test_accounts_are_opened_many_at_a_time_each_with_its_result(desk: Desk) -> None:
    wanted = [
        named("a") | {"account_class": "asset"},
        named("a") | {"account_class": "liability"},
        named("a:") | {"account_class": "asset"},
        named("coin", "USDC") | {"account_class": "asset", "exponent": 6, "metadata": {"chain": "x"}},
        named("coin", "XYZ") | {"account_class": "asset"},
        named("floor") | {"account_class": "asset", "floor_minor": 5, "ceiling_minor": 4},
    ]
    for _ in range(2):
        results = (await desk.post("/v1/accounts", {"accounts": wanted})).body["results"]
        assert [(each["status"], each.get("problem", {}).get("field")) for each in results] == [
            (200, None), (409, "account_class"), (400, "code"), (200, None), (400, "exponent"), (400, "floor_minor"),
        ]  # fmt: skip
    assert (await desk.account("coin", "USDC"))["exponent"] == 6
    many = [named(f"m:{number}") | {"account_class": "asset"} for number in range(1_001)]
    assert (await desk.post("/v1/accounts", {"accounts": many})).status == 400
    await desk.open(*many[:1_000])
    strict = await desk.post("/v1/accounts", {"accounts": [many[0] | {"color": "red"}]})
    assert (strict.status, strict.body["field"]) == (400, "accounts[0].color")


async def test_an_account_is_shown_with_both_signs_explained(desk: Desk) -> None:
    await desk.open(*ACCOUNTS)
    await desk.booked(sale("s", 1000))
    await desk.booked(payout("p", 300, phase="pending"))
    bank, shop = await desk.account("bank"), await desk.account("shop")
    numbers = (
        "balance_minor",
        "normal_balance_minor",
        "held_debits_minor",
        "held_credits_minor",
        "available_minor",
    )
    assert [bank[name] for name in numbers] == [1000, 1000, 0, 300, 700]
    assert [shop[name] for name in numbers] == [-1000, 1000, 300, 0, 700]
    assert shop["limits"] == [{"floor_minor": 0, "ceiling_minor": None, "begins_at": None}]


async def test_an_account_is_frozen_limited_and_closed_and_all_of_it_is_audited(desk: Desk) -> None:
    await desk.open(*ACCOUNTS)
    await desk.booked(sale("s", 100))
    assert (await desk.patch("/v1/account", {"frozen": "out"}, named("shop"))).body["frozen"] == "out"
    stopped = await desk.post("/v1/entries", payout("p1", 50))
    assert stopped.body["code"] == "ledger.account_frozen"
    assert (await desk.patch("/v1/account", {"frozen": "no"}, named("shop"))).status == 200
    limited = await desk.patch("/v1/account", {"limit": {"floor_minor": -50}}, named("shop"))
    assert limited.body["limits"][1]["floor_minor"] == -50
    await desk.booked(payout("p2", 150))
    later = {"limit": {"floor_minor": 0, "begins_at": "2150-01-01T00:00:00Z"}}
    assert len((await desk.patch("/v1/account", later, named("shop"))).body["limits"]) == 3
    in_use = await desk.patch("/v1/account", {"close": True}, named("shop"))
    assert (in_use.status, in_use.body["code"]) == (409, "ledger.account_in_use")
    assert (await desk.patch("/v1/account", {"close": True}, named("fees"))).body["closed_at"]
    nobody = await desk.patch("/v1/account", {"close": True}, named("nobody"))
    assert (nobody.status, nobody.body["code"], nobody.body["field"]) == (
        404,
        "ledger.no_such_account",
        "code",
    )
    for body, field in [({"colour": 1}, "colour"), ({"frozen": "yes"}, "frozen"), ({"limit": {"floor_minor": 1.0}}, "limit.floor_minor")]:  # fmt: skip
        reply = await desk.patch("/v1/account", body, named("shop"))
        assert (reply.status, reply.body["field"]) == (400, field)
    lines_of_trail = await audited(desk)
    actions = [(action, about, result) for _, action, about, result in lines_of_trail]
    assert actions.count(("ledger.open_account", "shop CNY", "done")) == 1
    assert actions.count(("ledger.change_account", "shop CNY", "done")) == 4
    assert ("ledger.change_account", "shop CNY", "ledger.account_in_use") in actions
    assert ("ledger.change_account", "nobody CNY", "ledger.no_such_account") in actions
    assert all(
        actor.startswith("key:tael_ledger_") for actor, action, *_ in lines_of_trail if "account" in action
    )


async def test_accounts_are_filtered_by_prefix_currency_class_and_metadata(desk: Desk) -> None:
    for number in range(6):
        kind = "asset" if number % 2 else "liability"
        shop: dict[str, Any] = {"metadata": {"shop": "north" if number < 3 else "south", "n": str(number)}}
        await desk.open(named(f"m:{number}:pending") | {"account_class": kind} | shop)
    await desk.open(
        named("m:1:pending", "USD") | {"account_class": "asset"}, named("n") | {"account_class": "asset"}
    )
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({"prefix": "m:1:"}, ["m:1:pending CNY", "m:1:pending USD"]),
        ({"prefix": "m:1:", "currency": "USD"}, ["m:1:pending USD"]),
        ({"prefix": "m:1:pending"}, ["m:1:pending CNY", "m:1:pending USD"]),
        ({"account_class": "liability"}, ["m:0:pending CNY", "m:2:pending CNY", "m:4:pending CNY"]),
        ({"metadata[shop]": "south", "account_class": "asset"}, ["m:3:pending CNY", "m:5:pending CNY"]),
        ({"metadata[shop]": "north", "metadata[n]": "2"}, ["m:2:pending CNY"]),
        ({"prefix": "zebra"}, []),
    ]
    for query, expected in cases:
        for limit in (1, 2, 50):
            items = await desk.every("/v1/accounts", {**query, "limit": limit})
            assert [f"{item['code']} {item['currency']}" for item in items] == expected, (query, limit)


async def test_entries_are_filtered_by_everything_that_is_promised(desk: Desk) -> None:
    await desk.open(*ACCOUNTS)
    await desk.booked(sale("e1", 10, reference="r1", metadata={"shop": "north"}))
    await desk.booked(sale("e2", 10, reference="r2", kind="gift", metadata={"shop": "south"}))
    moment = (await desk.get("/v1/entry", {"id": "e2"})).body["booked_at"]
    await asyncio.sleep(0.01)
    await desk.booked(payout("e3", 1, phase="pending", reference="r1"))
    await desk.booked(
        {"id": "e4", "kind": "fee", "reference": "r1", "postings": lines(("shop", 1), ("fees", -1))}
    )
    month = {"booked_from": moment[:8] + "01T00:00:00Z", "booked_before": moment[:8] + "28T23:00:00Z"}
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({}, ["e4", "e3", "e2", "e1"]),
        ({"reference": "r1"}, ["e4", "e3", "e1"]),
        ({"reference": "r1", "phase": "pending"}, ["e3"]),
        ({"reference": "r1", "code": "shop", "currency": "CNY"}, ["e4", "e1"]),
        ({"metadata[shop]": "south"}, ["e2"]),
        ({"metadata[shop]": "north", "kind": "gift"}, []),
        ({"code": "shop", "currency": "CNY"}, ["e4", "e2", "e1"]),
        ({"code": "bank", "currency": "CNY", "kind": "gift"}, ["e2"]),
        ({"booked_before": moment}, ["e1"]),
        ({"booked_from": moment}, ["e4", "e3", "e2"]),
        ({"kind": "gift"} | month, ["e2"]),
    ]
    for query, expected in cases:
        for limit in (1, 50):
            items = await desk.every("/v1/entries", {**query, "limit": limit})
            assert [item["id"] for item in items] == expected, (query, limit)
    bad: list[tuple[dict[str, str], str]] = [
        ({"kind": "gift"}, "kind"),
        ({"phase": "single"}, "phase"),
        ({"kind": "gift", "booked_from": moment}, "kind"),
        ({"code": "shop"}, "currency"),
        ({"currency": "CNY"}, "code"),
        ({"cursor": "x"}, "cursor"),
        ({"metadata[]": "x"}, "metadata[]"),
        ({"metadata[a]": "x" * 501}, "metadata[a]"),
        ({"booked_from": "yesterday"}, "booked_from"),
        ({"colour": "red"}, "colour"),
        ({"limit": "201"}, "limit"),
    ]
    for query, field in bad:
        reply = await desk.get("/v1/entries", query)
        assert (reply.status, reply.body["field"]) == (400, field), query


async def test_pages_have_no_gap_and_no_repeat_while_others_post(desk: Desk) -> None:
    await desk.open(*ACCOUNTS)
    await desk.bulk([sale(f"old{number}", 1) for number in range(120)])

    async def go_on() -> None:
        for number in range(60):
            await desk.booked(sale(f"new{number}", 1))

    posting = asyncio.create_task(go_on())
    entries = await desk.every("/v1/entries", {"limit": 7})
    postings = await desk.every("/v1/account/postings", named("shop") | {"limit": "7"})
    await posting
    for ids in ([each["id"] for each in entries], [each["entry_id"] for each in postings]):
        assert len(ids) == len(set(ids))
        assert {f"old{number}" for number in range(120)} <= set(ids)
    assert [each["entry_no"] for each in postings] == sorted(
        (each["entry_no"] for each in postings), reverse=True
    )
    assert [each["balance_after_minor"] for each in reversed(postings)] == [
        -1 - place for place in range(len(postings))
    ]


async def test_an_entry_with_many_lines_on_one_account_is_cut_between_pages_rightly(desk: Desk) -> None:
    await desk.open(*ACCOUNTS)
    many = lines(*[("shop", -number) for number in range(1, 12)], ("bank", 66))
    await desk.booked({"id": "split", "kind": "sale", "reference": "r", "postings": many})
    postings = await desk.every("/v1/account/postings", named("shop") | {"limit": "2"})
    assert [each["amount_minor"] for each in postings] == [-number for number in range(11, 0, -1)]
    assert len(await desk.every("/v1/entries", named("shop") | {"limit": "1"})) == 1
    held = {"id": "held", "kind": "sale", "reference": "r", "phase": "pending", "postings": many}
    await desk.booked(held)
    holds = await desk.every("/v1/account/holds", named("shop") | {"limit": "2"})
    assert [each["amount_minor"] for each in holds] == [-number for number in range(11, 0, -1)]
    for cursor in ("1", "x.1", "1.x", "1.99999", "٣.1"):
        assert (await desk.get("/v1/account/holds", named("shop") | {"cursor": cursor})).status == 400
