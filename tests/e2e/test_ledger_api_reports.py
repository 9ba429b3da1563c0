"""Can a program ask the ledger's API about time and about the books as a whole, and close periods?"""

import csv
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tael.app.supervisor import DatabaseUrls
from tael.testing.databases import fresh_database
from tests.e2e.ledger_desk import ACCOUNTS, Desk, payout, running_ledger, sale

SHOP = {"code": "shop", "currency": "CNY"}
COINS = [
    {"code": "coins:vault", "currency": "USDC", "account_class": "asset", "exponent": 6},
    {"code": "coins:owner", "currency": "USDC", "account_class": "equity", "exponent": 6},
]
LONG_AGO = "2026-01-15T12:00:00Z"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A ledger with sales, a payout, a backdated sale and some coins. Nobody books any more."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    async with fresh_database(server) as urls, running_ledger(urls, folder) as opened:
        await opened.open(*ACCOUNTS, *COINS)
        await opened.booked(sale("s1", 1000))
        await opened.booked(payout("p1", 300))
        await opened.booked(sale("backdated", 20, effective_at=LONG_AGO))
        await opened.booked(
            {
                "id": "c1",
                "kind": "bought",
                "reference": "r",
                "postings": [
                    {"code": "coins:vault", "currency": "USDC", "amount_minor": 1_500_000},
                    {"code": "coins:owner", "currency": "USDC", "amount_minor": -1_500_000},
                ],
            }
        )
        yield opened


async def ask(desk: Desk, path: str, query: dict[str, Any] | None = None) -> Any:
    reply = await desk.get(path, query)
    assert reply.status == 200, reply.raw
    return reply.body


async def test_the_balance_of_now_and_of_a_moment_by_either_time(desk: Desk) -> None:
    now = await ask(desk, "/v1/account/balance", SHOP)
    then = {"at": "2026-02-01T00:00:00+08:00"}
    as_booked = await ask(desk, "/v1/account/balance", SHOP | then)
    as_effective = await ask(desk, "/v1/account/balance", SHOP | then | {"by": "effective"})

    assert (now["balance_minor"], now["normal_balance_minor"], now["by"]) == (-720, 720, "booked")
    assert as_booked["balance_minor"] == 0
    assert as_effective["balance_minor"] == -20
    assert as_effective["at"] == "2026-01-31T16:00:00Z"


async def test_the_balances_of_many_accounts_are_listed_page_by_page(desk: Desk) -> None:
    items = await desk.every("/v1/balances", {"limit": 2})

    assert [(item["code"], item["balance_minor"]) for item in items] == [
        ("bank", 720),
        ("coins:owner", -1_500_000),
        ("coins:vault", 1_500_000),
        ("fees", 0),
        ("shop", -720),
    ]
    assert [item["exponent"] for item in await desk.every("/v1/balances", {"prefix": "coins:"})] == [6, 6]


@pytest.mark.parametrize("by", ["booked", "effective"])
async def test_a_statement_is_read_page_by_page(desk: Desk, by: str) -> None:
    lines = []
    cursor: dict[str, str] = {}
    closing = 0
    while True:
        page = await ask(desk, "/v1/account/statement", SHOP | {"limit": 1, "by": by} | cursor)
        assert page["opening_minor"] == closing
        closing = page["closing_minor"]
        lines += page["lines"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    order = ["s1", "p1", "backdated"] if by == "booked" else ["backdated", "s1", "p1"]
    assert [line["id"] for line in lines] == order
    assert closing == lines[-1]["balance_after_minor"] == -720
    backdated = next(line for line in lines if line["id"] == "backdated")
    assert backdated["effective_at"] == LONG_AGO
    assert backdated["booked_at"] > LONG_AGO
    assert (page["normal_side"], page["begins_at"], page["ends_at"]) == ("credit", None, None)


async def test_a_statement_of_a_time_has_what_moved_in_it(desk: Desk) -> None:
    january = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z", "by": "effective"}

    page = await ask(desk, "/v1/account/statement", SHOP | january)

    assert [line["id"] for line in page["lines"]] == ["backdated"]
    assert (page["opening_minor"], page["closing_minor"]) == (0, -20)


async def test_a_t_account_has_debits_left_and_credits_right(desk: Desk) -> None:
    page = await ask(desk, "/v1/account/t-account", SHOP)

    assert [line["debit_minor"] for line in page["debits"]] == [300]
    assert [line["credit_minor"] for line in page["credits"]] == [1000, 20]
    assert (page["debits_minor"], page["credits_minor"], page["closing_minor"]) == (300, 1020, -720)


async def test_a_statement_comes_as_a_csv_file(desk: Desk) -> None:
    reply = await desk.get("/v1/account/statement.csv", SHOP)

    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/csv")
    assert 'filename="statement.csv"' in reply.headers["Content-Disposition"]
    assert int(reply.headers["Content-Length"]) == len(reply.raw)
    opening, *rows, closing = csv.DictReader(io.StringIO(reply.raw.decode("utf-8-sig")))
    assert [row["entry"] for row in rows] == ["s1", "p1", "backdated"]
    assert (Decimal(opening["balance"]), Decimal(closing["balance"])) == (Decimal(0), Decimal("7.20"))


async def test_a_statement_comes_as_an_xlsx_file(desk: Desk) -> None:
    reply = await desk.get("/v1/account/statement.xlsx", SHOP | {"by": "effective"})

    assert reply.status == 200
    assert "spreadsheetml" in reply.headers["Content-Type"]
    with zipfile.ZipFile(io.BytesIO(reply.raw)) as parts:
        assert parts.testzip() is None
        assert b"backdated" in parts.read("xl/worksheets/sheet1.xml")


async def test_sums_and_the_tree_come_by_currency(desk: Desk) -> None:
    sums = await ask(desk, "/v1/sums", {"prefix": "coins:"})
    tree = await ask(desk, "/v1/tree", {"depth": 2})

    assert [(each["currency"], each["accounts"], each["balance_minor"]) for each in sums["sums"]] == [
        ("USDC", 2, 0)
    ]
    assert [(node["code"], node["level"]) for node in tree["nodes"]] == [
        ("", 0),
        ("bank", 1),
        ("coins", 1),
        ("coins:owner", 2),
        ("coins:vault", 2),
        ("fees", 1),
        ("shop", 1),
    ]
    assert tree["nodes"][2]["account_classes"] == ["asset", "equity"]


async def test_the_trial_balance_balances_now_and_then(desk: Desk) -> None:
    now = await ask(desk, "/v1/trial-balance")
    then = await ask(desk, "/v1/trial-balance", {"at": LONG_AGO, "by": "effective", "depth": 1})

    assert now["balanced"]
    assert {line["code"]: line["debits_minor"] for line in now["lines"]}["bank"] == 720
    whole = [total for total in now["totals"] if total["account_class"] is None]
    assert [(total["currency"], total["debits_minor"], total["credits_minor"]) for total in whole] == [
        ("CNY", 720, 720),
        ("USDC", 1_500_000, 1_500_000),
    ]
    assert then["balanced"]
    assert {line["code"]: line["credits_minor"] for line in then["lines"]}["shop"] == 20


@pytest.mark.parametrize(
    ("path", "query", "status", "field"),
    [
        ("/v1/account/balance", {"code": "nobody", "currency": "CNY"}, 404, "code"),
        ("/v1/account/balance", {"code": "shop"}, 400, "currency"),
        ("/v1/account/balance", SHOP | {"at": "yesterday"}, 400, "at"),
        ("/v1/account/balance", SHOP | {"at": "2026-01-01T00:00:00"}, 400, "at"),
        ("/v1/account/balance", SHOP | {"at": "9999-12-31T23:59:59Z"}, 400, "at"),
        ("/v1/account/balance", SHOP | {"by": "guess"}, 400, "by"),
        ("/v1/account/balance", SHOP | {"until": "2026-01-01T00:00:00Z"}, 400, "until"),
        ("/v1/account/statement", SHOP | {"cursor": "x"}, 400, "cursor"),
        ("/v1/account/statement", SHOP | {"limit": 0}, 400, "limit"),
        (
            "/v1/account/statement.csv",
            SHOP | {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
            400,
            "to",
        ),
        ("/v1/account/statement.xlsx", {"code": "nobody", "currency": "CNY"}, 404, "code"),
        ("/v1/tree", {"depth": 99}, 400, "depth"),
        ("/v1/trial-balance", {"depth": "all"}, 400, "depth"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused_by_name(
    desk: Desk, path: str, query: dict[str, Any], status: int, field: str
) -> None:
    reply = await desk.get(path, query)

    assert (reply.status, reply.body["field"]) == (status, field), reply.raw


async def test_periods_are_closed_and_opened_again_by_who_may(desk: Desk) -> None:
    assert await ask(desk, "/v1/closings") == {"closed_until": None, "closings": []}
    reader = await desk.house.ledger_keys.create("reader", may=["read", "write"], actor="operator:test")
    refused = await desk.with_key(reader.secret).post("/v1/closings", {"until": "2026-01-01T00:00:00Z"})
    assert refused.status == 403
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert (await desk.post("/v1/closings", {"until": tomorrow})).body["code"] == "ledger.period_not_over"

    closed = await desk.post("/v1/closings", {"until": "2026-02-01T00:00:00+08:00"})
    assert (closed.status, closed.body["closed_until"]) == (200, "2026-01-31T16:00:00Z")
    late = await desk.post("/v1/entries", sale("late", 1, effective_at=LONG_AGO))
    assert (late.status, late.body["code"], late.body["field"]) == (
        409,
        "ledger.period_closed",
        "effective_at",
    )

    back = await desk.post("/v1/closings", {"until": "2026-01-01T00:00:00Z"})
    assert (back.status, back.body["code"]) == (409, "ledger.closed_further")
    opened = await desk.post("/v1/closings/reopen", {"until": "2026-01-01T00:00:00Z"})
    assert opened.status == 200
    history = await ask(desk, "/v1/closings")
    assert history["closed_until"] == "2026-01-01T00:00:00Z"
    assert len(history["closings"]) == 2
    assert history["closings"][0]["actor"].startswith("key:")
    assert (await desk.post("/v1/closings", {"until": "soon"})).status == 400
    assert (await desk.post("/v1/closings", {})).status == 400
