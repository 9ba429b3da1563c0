"""Is the balance of any moment known, by either time, at once, and without rewriting anything?"""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tael.foundation.db import Query
from tael.foundation.errors import Refusal
from tael.ledger import store
from tael.ledger.api import AccountBalance, Period, Reports
from tael.ledger.errors import MonthArchived, NoSuchAccount
from tael.ledger.model import Booked, JournalEntry, Timeline, number_at
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, payout, sale

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
ARCHIVED = (
    b"insert into ledger.archives (month, first_no, last_no, manifest, key, signature, archived_at)"
    b" values ('2000-01-01', %s, %s, 'MANIFEST', 'key', 'signature', now())"
)


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def books(urls: DatabaseUrls) -> AsyncIterator[Bookkeeper]:
    """Books whose clock stands at the first of this month: there is room for this month and a year ahead."""
    async with bookkeepers(urls) as [keeper]:
        start = SystemClock().now().replace(day=1, hour=9, minute=0, second=0, microsecond=0)
        keeper.clock.move(seconds=(start - keeper.clock.now()).total_seconds())
        yield keeper


@pytest.fixture
def reports(books: Bookkeeper) -> Reports:
    return books.ledger.reports(books.database)


def counting(entry: JournalEntry, moment: datetime) -> JournalEntry:
    return msgspec.structs.replace(entry, effective_at=moment)


async def shop_at(reports: Reports, moment: datetime, by: Timeline = Timeline.BOOKED) -> int:
    return (await reports.balance_at("shop", "CNY", moment, by=by)).balance_minor


async def test_the_balance_of_every_moment_is_that_of_the_last_booking_before(
    books: Bookkeeper, reports: Reports
) -> None:
    moments = []
    for number in range(6):
        moments.append(books.clock.now())
        await books.post(sale(f"e{number}", 10**number))
        books.clock.move(days=27)

    assert await shop_at(reports, moments[0] - INSTANT) == 0
    booked = ["1", "11", "111", "1111", "11111", "111111"]
    assert [str(-await shop_at(reports, moment)) for moment in moments] == booked
    assert [str(-await shop_at(reports, moment + DAY)) for moment in moments] == booked
    assert [str(-await shop_at(reports, moment - INSTANT)) for moment in moments[1:]] == booked[:-1]
    assert await shop_at(reports, books.clock.now() + 3_650 * DAY) == -111_111


async def test_the_last_moment_of_a_month_and_the_first_of_the_next_are_told_apart(
    books: Bookkeeper, reports: Reports
) -> None:
    next_month = (books.clock.now() + 31 * DAY).replace(day=1, hour=0)
    books.clock.move(seconds=(next_month - INSTANT - books.clock.now()).total_seconds())
    await books.post(sale("last", 5))
    books.clock.move(microseconds=1)
    await books.post(sale("first", 7))

    assert await shop_at(reports, next_month - 2 * INSTANT) == 0
    assert await shop_at(reports, next_month - INSTANT) == -5
    assert await shop_at(reports, next_month) == -12


async def test_a_backdated_entry_counts_then_and_was_not_booked_then(
    books: Bookkeeper, reports: Reports
) -> None:
    first = books.clock.now()
    await books.post(sale("e1", 100))
    books.clock.move(days=40)
    second = books.clock.now()
    await books.post(counting(sale("e2", 7), first - 3 * DAY))

    by = Timeline.EFFECTIVE
    assert await shop_at(reports, first - 3 * DAY - INSTANT, by) == 0
    assert await shop_at(reports, first - 3 * DAY, by) == -7
    assert await shop_at(reports, first, by) == -107
    assert await shop_at(reports, second, by) == -107
    assert await shop_at(reports, first) == -100
    assert await shop_at(reports, second - INSTANT) == -100
    assert await shop_at(reports, second) == -107


@pytest.mark.parametrize("by", list(Timeline))
async def test_the_balance_of_now_has_the_whole_batch_that_was_just_booked(
    books: Bookkeeper, reports: Reports, by: Timeline
) -> None:
    """Numbers of a batch run ahead of the clock, by a microsecond each."""
    await books.post(*[sale(f"e{number}", 1) for number in range(50)])

    now = await reports.balance_at("shop", "CNY", None, by=by)

    assert now.balance_minor == -50
    assert now.at == books.clock.now() + 49 * INSTANT
    assert await shop_at(reports, books.clock.now(), by) == -1


async def test_an_entry_that_counts_later_is_not_in_the_effective_balance_before(
    books: Bookkeeper, reports: Reports
) -> None:
    now = books.clock.now()
    await books.post(counting(sale("e1", 100), now + 2 * DAY))

    assert await shop_at(reports, now) == -100
    assert await shop_at(reports, now + DAY, Timeline.EFFECTIVE) == 0
    assert await shop_at(reports, now + 2 * DAY, Timeline.EFFECTIVE) == -100


async def test_many_accounts_are_asked_at_once_and_each_has_its_own_answer(
    books: Bookkeeper, reports: Reports
) -> None:
    await books.post(sale("e1", 100))

    names = [("shop", "CNY"), ("nobody", "CNY"), ("bank", "CNY"), ("shop", "CNY"), ("bank", "USD")]
    shop, nobody, bank, again, dollars = await reports.balances_at(names, books.clock.now())

    assert isinstance(nobody, NoSuchAccount)
    assert "nobody" in nobody.message
    assert [balance_of(each) for each in (shop, bank, again, dollars)] == [-100, 100, -100, 0]
    with pytest.raises(NoSuchAccount):
        await reports.balance_at("shop", "USD", books.clock.now())


def balance_of(answer: AccountBalance | Refusal) -> int:
    assert isinstance(answer, AccountBalance)
    return answer.balance_minor


@pytest.mark.parametrize("by", list(Timeline))
async def test_the_first_and_the_last_moment_of_all_can_be_asked_for(
    books: Bookkeeper, reports: Reports, by: Timeline
) -> None:
    await books.post(sale("e1", 100))

    zone = books.clock.now().tzinfo
    assert await shop_at(reports, datetime.max.replace(tzinfo=zone), by) == -100
    assert await shop_at(reports, datetime.min.replace(tzinfo=zone), by) == 0


async def test_a_backdated_entry_changes_no_row_that_stands(books: Bookkeeper, urls: DatabaseUrls) -> None:
    for number in range(3):
        await books.post(counting(sale(f"e{number}", 100), books.clock.now() - DAY))
        await books.post(sale(f"u{number}", 5))
        books.clock.move(days=20)
    before = await versions(urls)

    await books.post(counting(payout("late", 1), books.clock.now() - 55 * DAY))

    after = await versions(urls)
    assert len(before) == 6 * 2 + 6 + 3 * 2
    assert before.items() <= after.items()
    assert len(after) == len(before) + 2 + 1 + 2


async def versions(urls: DatabaseUrls) -> dict[str, Any]:
    """Every row of what must not change, with its place in the file and the transaction that wrote it."""
    found: dict[str, Any] = {}
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        for table in ("postings", "entries", "dated_postings"):
            rows = await owner.execute(
                f"select tableoid, ctid::text, xmin::text, t::text from ledger.{table} t".encode()
            )
            found |= {f"{table} {oid} {ctid}": (xmin, row) async for oid, ctid, xmin, row in rows}
    return found


# ── How it is found ───────────────────────────────────────────────────────────────────────────────────


async def test_the_months_are_looked_at_one_by_one_until_a_posting_is_found(books: Bookkeeper) -> None:
    await books.post(sale("e1", 100))
    await books.post(sale("e2", 100))
    asked_at = books.clock.now() + 200 * DAY

    looked_at = [
        node["Relation Name"]
        for node in await plan(books, asked_at)
        if node["Actual Loops"] and node.get("Relation Name", "").startswith("postings")
    ]

    month = f"postings_{books.clock.now():%Y_%m}"
    assert "postings_before" not in looked_at, "it went on after the posting was found"
    assert looked_at.count(month) == 1
    assert len(looked_at) <= 2 + 200 // 28, "months after the moment were looked at"


async def test_no_balance_needs_a_scan_of_a_whole_table(books: Bookkeeper) -> None:
    await books.post(sale("e1", 100), counting(sale("e2", 5), books.clock.now() - DAY))

    for node in await plan(books, books.clock.now(), enable_seqscan="off"):
        assert node["Node Type"] not in ("Seq Scan", "Bitmap Heap Scan"), node
        assert node.get("Actual Rows", 0) <= 3, node


async def plan(books: Bookkeeper, moment: datetime, *, enable_seqscan: str = "on") -> list[dict[str, Any]]:
    """Every step of the plan by which the balance of the shop is found, as it was carried out."""
    explain = Query("explain", b"explain (analyze, format json) " + store.SQL.balances_before.text)
    async with books.database.transaction() as tx:
        await tx.connection.execute(f"set local enable_seqscan = {enable_seqscan}".encode())
        accounts = await store.AccountCache().find(tx, [("shop", "CNY")])
        [(found,)] = await tx.tuples(
            explain,
            account_nos=[accounts["shop", "CNY"].no],
            before=moment,
            before_no=number_at(moment),
            effective=True,
        )
    return list(steps((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]))


def steps(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from steps(child)


async def test_what_stood_before_the_first_posting_that_is_kept_is_found_by_looking_forward(
    urls: DatabaseUrls, books: Bookkeeper, reports: Reports
) -> None:
    """A month goes, as when it is archived: what it left on the accounts is still known."""
    await books.post(sale("e1", 100))
    archived = books.clock.now()
    books.clock.move(days=40)
    [kept] = await books.post(sale("e2", 10))
    assert isinstance(kept, Booked)

    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        await owner.execute(f"delete from ledger.postings where entry_no < {kept.no}".encode())
        await owner.execute(f"delete from ledger.entries where no < {kept.no}".encode())
        await owner.execute(ARCHIVED, [number_at(archived), number_at(archived + 20 * DAY)])
    try:
        assert await shop_at(reports, books.clock.now()) == -110
        assert await shop_at(reports, books.clock.now() - INSTANT) == -100
        assert await shop_at(reports, archived + 20 * DAY) == -100
        assert (await reports.statement("shop", "CNY", Period(), limit=5)).opening_minor == -100
        for by in Timeline:
            with pytest.raises(MonthArchived) as refused:
                await shop_at(reports, archived + 20 * DAY - INSTANT, by)
            assert (archived + 20 * DAY + INSTANT).isoformat() in refused.value.message
        with pytest.raises(MonthArchived):
            await reports.statement("shop", "CNY", Period(begins_at=archived), limit=5)
        with pytest.raises(MonthArchived):
            await reports.trial_balance(at=archived)
    finally:
        async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
            await owner.execute(b"delete from ledger.archives")
            await owner.execute(b"delete from ledger.postings")
    assert await shop_at(reports, books.clock.now()) == -110
