"""Is an entry that is posted over HTTP in the books once, whoever repeats it, and refused with its reason?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tael.app.supervisor import DatabaseUrls
from tael.testing.books import faults_in_books
from tael.testing.databases import fresh_database
from tests.e2e.ledger_desk import ACCOUNTS, Desk, lines, payout, running_ledger, sale


@pytest_asyncio.fixture(loop_scope="session")
async def desk(server: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Desk]:
    """Empty books with a bank, a shop that may not overdraw, and an account for fees."""
    async with fresh_database(server) as urls, running_ledger(urls, tmp_path) as opened:
        await opened.open(*ACCOUNTS)
        yield opened
        assert await faults_in_books(opened.house) == []


async def test_an_entry_stands_in_the_books_as_it_was_posted(desk: Desk) -> None:
    receipt = await desk.booked(sale("e/1?&#%", 1280, metadata={"shop": "north"}))

    shown = (await desk.get("/v1/entry", {"id": "e/1?&#%"})).body
    assert shown["no"] == receipt["no"]
    assert shown["booked_at"] == shown["effective_at"] == receipt["booked_at"]
    assert (shown["phase"], shown["metadata"]) == ("single", {"shop": "north"})
    assert [
        (line["code"], line["amount_minor"], line["balance_after_minor"]) for line in shown["postings"]
    ] == [
        ("bank", 1280, 1280),
        ("shop", -1280, -1280),
    ]


async def test_sixty_four_posts_of_one_id_at_once_have_one_effect_and_one_answer(desk: Desk) -> None:
    replies = await asyncio.gather(*[desk.post("/v1/entries", sale("e1", 7)) for _ in range(64)])
    assert {reply.status for reply in replies} == {201}
    assert len({reply.raw for reply in replies}) == 1
    assert sum("Idempotent-Replayed" not in reply.headers for reply in replies) == 1
    assert await desk.balances() == {"bank": 7, "shop": -7}


async def test_another_entry_under_the_same_id_names_the_field_that_differs(desk: Desk) -> None:
    await desk.booked(sale("e1", 7))
    for differs, entry in {
        "kind": sale("e1", 7, kind="gift"),
        "reference": sale("e1", 7, reference="order-2"),
        "postings": sale("e1", 8),
        "metadata": sale("e1", 7, metadata={"a": "b"}),
        "effective_at": sale("e1", 7, effective_at="2026-01-01T00:00:00Z"),
        "phase": sale("e1", 7, phase="pending"),
    }.items():
        reply = await desk.post("/v1/entries", entry)
        assert (reply.status, reply.body["code"]) == (409, "ledger.entry_id_reused")
        assert reply.body["field"] == differs


async def test_a_pending_entry_holds_and_is_posted_in_part_voided_or_reversed(desk: Desk) -> None:
    await desk.booked(sale("s", 1000))
    await desk.booked(payout("p1", 300, phase="pending"))
    shop = await desk.account("shop")
    assert (shop["balance_minor"], shop["held_debits_minor"], shop["available_minor"]) == (-1000, 300, 700)
    assert shop["normal_balance_minor"] == 1000
    [held] = await desk.every("/v1/account/holds", {"code": "shop", "currency": "CNY"})
    assert (held["entry_id"], held["amount_minor"]) == ("p1", 300)

    end: dict[str, Any] = {"kind": "payout", "reference": "order-1", "ends": "p1"}
    part = {"id": "p1:post", "phase": "post", "postings": lines(("bank", -100), ("shop", 100))}
    await desk.booked(end | part)
    again = await desk.post("/v1/entries", end | {"id": "p1:void", "phase": "void"})
    assert (again.status, again.body["code"], again.body["ended_as"]) == (409, "ledger.hold_ended", "post")
    assert await desk.every("/v1/account/holds", {"code": "shop", "currency": "CNY"}) == []

    await desk.booked(payout("p2", 300, phase="pending"))
    await desk.booked(end | {"id": "p2:void", "phase": "void", "ends": "p2"})
    await desk.booked({"id": "back", "kind": "mistake", "reference": "order-1", "reverses": "p1:post"})
    assert await desk.balances() == {"bank": 1000, "shop": -1000}


async def test_a_hold_that_expires_in_some_seconds_can_be_sent_again(desk: Desk) -> None:
    await desk.booked(sale("s", 1000))
    pending = payout("p", 300, phase="pending", expires_in_seconds=3600)
    first = await desk.booked(pending)
    await asyncio.sleep(0.02)
    again = await desk.post("/v1/entries", pending)
    assert again.body == first
    assert again.headers["Idempotent-Replayed"] == "true"
    shown = (await desk.get("/v1/entry", {"id": "p"})).body
    assert shown["expires_at"] > shown["booked_at"]
    other = await desk.post("/v1/entries", pending | {"expires_in_seconds": 3601})
    assert (other.status, other.body["field"]) == (409, "expires_at")


EXCHANGE: dict[str, Any] = {
    "from_account": "wallet:7",
    "to_account": "wallet:7",
    "sell_minor": 10_001,
    "sell_currency": "USD",
    "buy_minor": 71_242,
    "buy_currency": "CNY",
    "rate": "7.12345",
}


def exchange(id: str, **more: object) -> dict[str, Any]:
    return {"id": id, "kind": "exchange", "reference": "x-1", "exchange": EXCHANGE | more}


async def open_wallets(desk: Desk) -> None:
    await desk.open(
        {"code": "bank", "currency": "USD", "account_class": "asset"},
        *[
            {"code": code, "currency": currency, "account_class": kind}
            for currency in ("USD", "CNY")
            for code, kind in (("wallet:7", "liability"), ("position", "asset"))
        ],
    )
    cash = lines(("bank", 20_000), ("wallet:7", -20_000), currency="USD")
    await desk.booked({"id": "cash", "kind": "top-up", "reference": "x", "postings": cash})


async def test_an_exchange_is_one_entry_with_its_rate_kept(desk: Desk) -> None:
    await open_wallets(desk)
    await desk.booked(exchange("x1"))
    shown = (await desk.get("/v1/entry", {"id": "x1"})).body
    assert shown["metadata"] == {"exchange.rate": "7.12345"}
    assert [(line["code"], line["currency"], line["amount_minor"]) for line in shown["postings"]] == [
        ("wallet:7", "USD", 10_001),
        ("position", "USD", -10_001),
        ("position", "CNY", 71_242),
        ("wallet:7", "CNY", -71_242),
    ]
    replayed = await desk.post("/v1/entries", exchange("x1"))
    assert (replayed.status, replayed.headers["Idempotent-Replayed"]) == (201, "true")


UNFIT: list[tuple[dict[str, Any], str, int]] = [
    ({"buy_minor": 71_243}, "exchange.buy_minor", 400),
    ({"rate": "0.0"}, "exchange.rate", 400),
    ({"rate": "7,1"}, "exchange.rate", 400),
    ({"rate": 7.1}, "exchange.rate", 400),
    ({"sell_minor": 0}, "exchange.sell_minor", 400),
    ({"from_account": "nobody"}, "exchange.from_account", 404),
    ({"buy_currency": "USD"}, "exchange.buy_currency", 400),
    ({"position": "elsewhere"}, "postings.code", 404),
    ({"speed": 1}, "exchange.speed", 400),
]


async def test_an_exchange_that_does_not_fit_names_its_field(desk: Desk) -> None:
    await open_wallets(desk)
    for more, field, status in UNFIT:
        reply = await desk.post("/v1/entries", exchange("x1", **more))
        assert (reply.status, reply.body.get("field")) == (status, field), (more, reply.raw)


REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    (sale("x", postings=lines(("bank", 1), ("shop", -2))), 400, "ledger.entry_malformed", "postings"),
    (sale("x", postings=[]), 400, "ledger.entry_malformed", "postings"),
    (sale("x", postings=lines(("bank", 1), ("nobody", -1))), 404, "ledger.no_such_account", "postings.code"),
    (sale("x", ends="nothing", phase="post"), 404, "ledger.no_such_entry", "ends"),
    (sale("x", reverses="nothing", postings=[]), 404, "ledger.no_such_entry", "reverses"),
    (sale("x", ends="s1", phase="void", postings=[]), 409, "ledger.not_endable", "ends"),
    (sale("x", reverses="h1", postings=[]), 409, "ledger.not_reversible", "reverses"),
    (sale("x", reverses="s2", postings=[]), 409, "ledger.already_reversed", "reverses"),
    (sale("x", ends="h2", phase="void", postings=[]), 409, "ledger.hold_ended", "ends"),
    (payout("x", 51, ends="h1", phase="post"), 402, "ledger.hold_exceeded", "postings"),
    (sale("x", postings=lines(("closed", 1), ("fees", -1))), 402, "ledger.account_closed", "postings"),
    (sale("x", postings=lines(("frozen", 1), ("fees", -1))), 402, "ledger.account_frozen", "postings"),
    (payout("x", 1_000_000), 402, "ledger.limit_passed", "postings"),
    (
        sale("x", postings=lines(("bank", 2**63 - 1), ("fees", 1 - 2**63))),
        402,
        "ledger.balance_too_large",
        "postings",
    ),
    (
        payout("x", 1, phase="pending", expires_at="2020-01-01T00:00:00Z"),
        409,
        "ledger.hold_expired",
        "expires_at",
    ),
    (sale("x", linked=True), 400, "ledger.entry_malformed", "linked"),
    (sale("x", phase="expiry", ends="h1", postings=[]), 400, "ledger.entry_malformed", "phase"),
    (sale("x", expires_in_seconds=5), 400, "ledger.entry_malformed", "expires_in_seconds"),
    (sale("x", expires_at="2027-01-01T00:00:00Z"), 400, "ledger.entry_malformed", "expires_at"),
    (sale("x", effective_at="0001-01-01T00:00:00+23:59"), 400, "malformed", "effective_at"),
    (sale("x", effective_at="2026-01-01T00:00:00"), 400, "malformed", "effective_at"),
]


async def test_every_reason_is_told_with_its_field(desk: Desk) -> None:
    await desk.open(
        {"code": "closed", "currency": "CNY", "account_class": "asset"},
        {"code": "frozen", "currency": "CNY", "account_class": "asset"},
    )
    name = {"currency": "CNY"}
    assert (await desk.patch("/v1/account", {"close": True}, name | {"code": "closed"})).status == 200
    assert (await desk.patch("/v1/account", {"frozen": "both"}, name | {"code": "frozen"})).status == 200
    for id in ("s1", "s2"):
        await desk.booked(sale(id, 500))
    await desk.booked(sale("s2:back", reverses="s2", postings=[]))
    for id in ("h1", "h2"):
        await desk.booked(payout(id, 50, phase="pending"))
    await desk.booked(sale("h2:void", phase="void", ends="h2", postings=[]))
    before = await desk.balances()
    for entry, status, code, field in REFUSED:
        reply = await desk.post("/v1/entries", entry)
        told = (reply.status, reply.body["code"], reply.body.get("field"))
        assert told == (status, code, field), entry
        assert reply.body["detail"]
    assert await desk.balances() == before


async def test_a_limit_names_the_account_and_what_is_missing(desk: Desk) -> None:
    await desk.booked(sale("s", 500))
    problem = (await desk.post("/v1/entries", payout("p", 800))).body
    assert (problem["account"], problem["missing_minor"], problem["limit_minor"]) == ("shop", 300, 0)


AMOUNTS: list[bytes] = [
    b"true", b"1.0", b"1e2", b'"1"', b"NaN", b"Infinity", b"1e999", b"9223372036854775808", b"-9223372036854775808",
    b"-0", b"0", b"-0.0", b"null", b"[]", b"{}", b"0x10", b"01", b"1" * 400, b"+1", b"1_000",
]  # fmt: skip


async def test_s22_an_amount_that_is_no_whole_number_of_63_bits_is_refused(desk: Desk) -> None:
    for amount in AMOUNTS:
        body = (
            b'{"id":"x","kind":"k","reference":"r","postings":['
            b'{"code":"bank","currency":"CNY","amount_minor":%b},{"code":"shop","currency":"CNY","amount_minor":-1}]}'
        ) % amount
        reply = await desk.send("POST", "/v1/entries", body=body)
        assert reply.status == 400, (amount, reply.raw)
        if "no JSON" in reply.body["detail"]:
            assert "byte" in reply.body["detail"], amount
        else:
            assert reply.body["field"] in ("postings[0].amount_minor", "postings.amount_minor", "postings"), (
                amount
            )
        assert await desk.balances() == {}


async def test_s22_the_largest_amount_is_booked_and_one_more_is_refused(desk: Desk) -> None:
    most = 2**63 - 1
    await desk.booked(sale("most", postings=lines(("bank", most), ("fees", -most))))
    assert await desk.balances() == {"bank": most, "fees": -most}
    refused = await desk.post("/v1/entries", sale("more", postings=lines(("bank", 1), ("fees", -1))))
    assert (refused.status, refused.body["code"]) == (402, "ledger.balance_too_large")


BODIES: list[tuple[bytes, str]] = [
        (b'{"id":"x","id":"y","kind":"k","reference":"r"}', "id"),
        (b'{"id":"x","kind":"k","reference":"r","colour":1}', "colour"),
        (b'{"kind":"k","reference":"r"}', "id"),
        (b'{"id":"","kind":"k","reference":"r"}', "id"),
        (b'{"id":"a\\u0000b","kind":"k","reference":"r"}', "id"),
        (b'{"id":"a\\u00adb","kind":"k","reference":"r"}', "id"),
        (b'{"id":"' + b"a" * 201 + b'","kind":"k","reference":"r"}', "id"),
        (b'{"id":"x","kind":"' + b"k" * 65 + b'","reference":"r"}', "kind"),
        (b'{"id":"x","kind":"k","reference":"\\n"}', "reference"),
        (b'{"id":"x","kind":"k","reference":"r","metadata":{"a":1}}', "metadata"),
        (b'{"id":"x","kind":"k","reference":"r","metadata":{"a":"\\u0000"}}', "metadata"),
        (b'{"id":"x","kind":"k","reference":"r","metadata":{"' + b"a" * 65 + b'":"1"}}', "metadata"),
        (b'{"id":"x","kind":"k","reference":"r","ends":"\\u0000","phase":"void"}', "ends"),
        (b'{"id":"x","kind":"k","reference":"r","postings":[{"code":"\\u0000","currency":"CNY","amount_minor":1}]}', "postings[0].code"),
        (b'{"id":"x","kind":"k","reference":"r","postings":[{"code":"a","currency":"C Y","amount_minor":1}]}', "postings[0].currency"),
        (b'{"id":"x","kind":"k","reference":"r","phase":"double"}', "phase"),
        (b'{"id":"x","kind":"k","reference":"r","expires_in_seconds":0}', "expires_in_seconds"),
    ]  # fmt: skip


async def test_a_body_that_does_not_fit_names_the_field(desk: Desk) -> None:
    for body, field in BODIES:
        reply = await desk.send("POST", "/v1/entries", body=body)
        assert (reply.status, reply.body.get("field")) == (400, field), (body, reply.raw)
