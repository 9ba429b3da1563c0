"""Once the books are closed, does anything still get in before the line? Whoever writes, however many, at whatever hour."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.calls import Caller
from tael.foundation.errors import Refusal
from tael.ledger.errors import ClosedFurther, PeriodClosed, PeriodNotClosed, PeriodNotOver
from tael.ledger.model import Booked, Closing, JournalEntry, moment_of
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, sale

DAY = timedelta(days=1)
NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
"""Where the clock of a bookkeeper stands at first."""
MIDNIGHT = NOW.replace(hour=0)
ACCOUNTANT = Caller(owner="", actor="operator:ada", request_id="req_1", remote_address="127.0.0.1")


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def books(urls: DatabaseUrls) -> AsyncIterator[Bookkeeper]:
    async with bookkeepers(urls) as [keeper]:
        yield keeper


async def close(books: Bookkeeper, until: datetime) -> Closing:
    async with books.database.transaction() as tx:
        return await books.ledger.close_period(tx, until, caller=ACCOUNTANT)


async def reopen(books: Bookkeeper, until: datetime) -> Closing:
    async with books.database.transaction() as tx:
        return await books.ledger.reopen_period(tx, until, caller=ACCOUNTANT)


def counting(posted: JournalEntry, moment: datetime) -> JournalEntry:
    return msgspec.structs.replace(posted, effective_at=moment)


def names(answers: list[Booked | Refusal]) -> list[str]:
    return [type(answer).__name__ for answer in answers]


async def test_what_counts_before_the_line_is_refused_and_the_rest_is_booked(books: Bookkeeper) -> None:
    await close(books, MIDNIGHT)

    answers = await books.post(
        counting(sale("before", 1), MIDNIGHT - timedelta(microseconds=1)),
        counting(sale("at", 2), MIDNIGHT),
        counting(sale("after", 4), MIDNIGHT + DAY),
        sale("now", 8),
    )

    assert names(answers) == ["PeriodClosed", "Booked", "Booked", "Booked"]
    assert isinstance(answers[0], PeriodClosed)
    assert (answers[0].field, "2026-03-01T00:00:00" in answers[0].message) == ("effective_at", True)
    assert await books.balances() == {"bank": 14, "shop": -14}


async def test_an_entry_that_is_in_the_books_gets_its_receipt_also_after_they_were_closed(
    books: Bookkeeper,
) -> None:
    early = counting(sale("e1", 1), MIDNIGHT - DAY)
    first = await books.post(early)
    await close(books, MIDNIGHT)

    assert await books.post(early) == first


async def test_the_future_is_not_closed(books: Bookkeeper) -> None:
    with pytest.raises(PeriodNotOver):
        await close(books, NOW + timedelta(microseconds=1))

    await close(books, NOW)


async def test_a_writer_whose_clock_is_behind_does_not_book_into_the_closed_part(urls: DatabaseUrls) -> None:
    async with bookkeepers(urls, 2) as [closer, late]:
        closer.clock.move(hours=5)
        await close(closer, NOW + timedelta(hours=5))

        [receipt] = await late.post(sale("e1", 1))

        assert isinstance(receipt, Booked)
        assert moment_of(receipt.no) >= NOW + timedelta(hours=5)


async def test_closing_twice_is_closing_once_and_going_back_is_reopening(books: Bookkeeper) -> None:
    closed = await close(books, MIDNIGHT)
    assert await close(books, MIDNIGHT) == closed
    with pytest.raises(ClosedFurther) as refused:
        await close(books, MIDNIGHT - DAY)
    assert "reopen" in (refused.value.hint or "")

    await reopen(books, MIDNIGHT - DAY)

    assert names(await books.post(counting(sale("e1", 1), MIDNIGHT - DAY))) == ["Booked"]
    assert names(await books.post(counting(sale("e2", 1), MIDNIGHT - 2 * DAY))) == ["PeriodClosed"]
    closings = await books.ledger.reports(books.database).closings(limit=10)
    assert [(each.closed_until, each.actor) for each in closings] == [
        (MIDNIGHT - DAY, "operator:ada"),
        (MIDNIGHT, "operator:ada"),
    ]


@pytest.mark.parametrize("until", [MIDNIGHT, MIDNIGHT + timedelta(hours=1)])
async def test_what_is_not_closed_cannot_be_opened_again(books: Bookkeeper, until: datetime) -> None:
    with pytest.raises(PeriodNotClosed):
        await reopen(books, until)
    await close(books, MIDNIGHT)
    with pytest.raises(PeriodNotClosed):
        await reopen(books, until)


async def test_a_reopening_that_is_said_again_is_answered_as_the_first_one(books: Bookkeeper) -> None:
    await close(books, MIDNIGHT)
    first = await reopen(books, MIDNIGHT - DAY)

    assert await reopen(books, MIDNIGHT - DAY) == first


async def test_who_closed_and_who_reopened_is_in_the_audit_trail(
    books: Bookkeeper, urls: DatabaseUrls
) -> None:
    eve = msgspec.structs.replace(ACCOUNTANT, actor="operator:eve")
    async with books.database.transaction() as tx:
        await books.ledger.close_period(tx, MIDNIGHT, caller=eve)
        await books.ledger.close_period(tx, MIDNIGHT, caller=eve)
        await books.ledger.reopen_period(tx, MIDNIGHT - DAY, caller=eve)

    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        found = await owner.execute(
            b"select action, object_id, result, request_id, remote_address from foundation.audit"
            b" where actor = 'operator:eve' order by action"
        )
        trail = await found.fetchall()
    assert trail == [
        ("ledger.close_period", "2026-03-01T00:00:00+00:00", "done", "req_1", "127.0.0.1"),
        ("ledger.reopen_period", "2026-02-28T00:00:00+00:00", "done", "req_1", "127.0.0.1"),
    ]


async def test_closing_waits_for_who_is_booking(urls: DatabaseUrls) -> None:
    async with bookkeepers(urls, 2) as [closer, writer]:
        async with writer.database.transaction() as tx:
            await writer.ledger.post(tx, [counting(sale("e1", 1), MIDNIGHT - DAY)])
            closing = asyncio.create_task(close(closer, MIDNIGHT))
            done, _ = await asyncio.wait([closing], timeout=0.3)
            assert not done, "closed while an entry was on its way"
        await closing
        assert await writer.balances() == {"bank": 1, "shop": -1}


async def test_who_books_while_the_line_is_drawn_waits_and_then_sees_it(urls: DatabaseUrls) -> None:
    async with bookkeepers(urls, 2) as [closer, writer]:
        async with closer.database.transaction() as tx:
            await closer.ledger.close_period(tx, MIDNIGHT, caller=ACCOUNTANT)
            posting = asyncio.create_task(writer.post(counting(sale("e1", 1), MIDNIGHT - DAY)))
            done, _ = await asyncio.wait([posting], timeout=0.3)
            assert not done, "booked while the line was being drawn"
        assert names(await posting) == ["PeriodClosed"]


async def test_nothing_is_booked_before_the_line_after_somebody_was_told_it_is_drawn(
    urls: DatabaseUrls,
) -> None:
    """Eight writers backdate without pause while the books are closed: what is in before is in, the rest is refused."""
    async with bookkeepers(urls, 9) as [closer, *writers]:
        told = asyncio.Event()
        answers = await asyncio.gather(
            _close_in_a_while(closer, told),
            *[_backdate(writer, number, told) for number, writer in enumerate(writers)],
        )
        closed_with, refused = answers[0], sum(answer or 0 for answer in answers[1:])

        assert closed_with > 0, "the writers had begun"
        assert refused > 0, "the writers went on after the closing"
        assert await _dated_entries(urls) == closed_with
        assert await closer.findings() == []


async def _close_in_a_while(books: Bookkeeper, told: asyncio.Event) -> int:
    """How many dated entries were in the books when the caller was told that they are closed."""
    await asyncio.sleep(0.4)
    async with books.database.transaction() as tx:
        await books.ledger.close_period(tx, MIDNIGHT, caller=ACCOUNTANT)
    async with books.database.transaction() as tx:
        await tx.freeze()
        found = await tx.connection.execute(
            b"select count(*) from ledger.entries where effective_at is not null"
        )
        told.set()
        return int((await found.fetchone() or (0,))[0])


async def _backdate(books: Bookkeeper, number: int, told: asyncio.Event) -> int:
    """Until a while after the closing; says how many were refused."""
    refused = turn = 0
    while refused < 3:
        late = told.is_set()
        posted = [counting(sale(f"w{number}-{turn}-{place}", 1), MIDNIGHT - DAY) for place in range(5)]
        answers = await books.post(*posted)
        closed = sum(isinstance(answer, PeriodClosed) for answer in answers)
        assert closed in (0, 5), "one line for the whole batch"
        assert closed == 5 or not late, "booked although the books were said to be closed"
        refused += closed
        turn += 1
    return refused


async def _dated_entries(urls: DatabaseUrls) -> int:
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        found = await owner.execute(b"select count(*) from ledger.entries where effective_at is not null")
        return int((await found.fetchone() or (0,))[0])
