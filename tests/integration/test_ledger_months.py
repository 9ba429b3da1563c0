"""Is there always room for the entries to come, and do balances change in place?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database, NoPartition, Query
from tael.foundation.telemetry import LEDGER_MONTHS_AHEAD
from tael.ledger.model import Booked, moment_of
from tael.ledger.usecases.make_months import make_months, months_from
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, sale

_MONTHS = Query(
    "months",
    b"""select relname::text from pg_class where relkind = 'r' and relnamespace = 'ledger'::regnamespace
        and relname ~ '^(entries|postings|holds)_\\d{4}_\\d\\d$' order by 1""",
)
_HOME = Query("home", b"select tableoid::regclass::text from ledger.entries where id = %(id)s")
_INDEXES = Query(
    "indexes",
    b"""select count(*) from pg_index where indrelid = 'ledger.postings_2051_03'::regclass and indisvalid""",
)
_PARENT_INDEXES = Query(
    "parent", b"select count(*) from pg_index where indrelid = 'ledger.postings'::regclass"
)
_FLUSH = Query("flush", b"select pg_stat_force_next_flush()")
_HOT = Query(
    "hot",
    b"""select n_tup_hot_upd, n_tup_upd from pg_stat_user_tables
        where schemaname = 'ledger' and relname = 'balances'""",
)


@pytest.fixture
async def keeper(urls: DatabaseUrls) -> AsyncIterator[Bookkeeper]:
    """Empty books with open accounts."""
    async with bookkeepers(urls) as [one]:
        yield one


async def months_in(database: Database) -> list[str]:
    async with database.transaction() as tx:
        return [name for (name,) in await tx.tuples(_MONTHS)]


def test_months_follow_one_another_over_the_end_of_a_year() -> None:
    assert months_from(date(2026, 11, 30), 3) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]


async def test_twelve_months_are_kept_ahead_over_the_end_of_a_year(keeper: Bookkeeper) -> None:
    before = await months_in(keeper.database)
    made = await make_months(keeper.database, now=datetime(2050, 3, 31, 23, 59, 59, tzinfo=UTC))
    again = await make_months(keeper.database, now=datetime(2050, 3, 31, 23, 59, 59, tzinfo=UTC))
    later = await make_months(keeper.database, now=datetime(2050, 4, 1, tzinfo=UTC))

    new = sorted(set(await months_in(keeper.database)) - set(before))
    assert (made, again, later) == (13, 0, 1)
    assert len(new) == 3 * 14
    assert "entries_2050_12" in new
    assert "holds_2051_01" in new
    assert new[-1] == "postings_2051_04"
    assert LEDGER_MONTHS_AHEAD._value.get() == 12
    async with keeper.database.transaction() as tx:
        assert await tx.tuples(_INDEXES) == await tx.tuples(_PARENT_INDEXES)


async def test_two_processes_that_make_months_at_once_do_not_disturb_each_other(keeper: Bookkeeper) -> None:
    now = datetime(2060, 1, 1, tzinfo=UTC)

    made = await asyncio.gather(*(make_months(keeper.database, now=now) for _ in range(3)))

    assert sum(made) == 13


async def test_an_entry_lies_in_its_month_to_the_microsecond(keeper: Bookkeeper) -> None:
    await make_months(keeper.database, now=datetime(2070, 12, 1, tzinfo=UTC))
    keeper.clock.move(days=(datetime(2070, 12, 31, tzinfo=UTC) - keeper.clock.now()).days)
    keeper.clock.move(seconds=(datetime(2071, 1, 1, tzinfo=UTC) - keeper.clock.now()).total_seconds())
    keeper.clock.move(microseconds=-1)
    [last, first] = await keeper.post(sale("last of the year", 1), sale("first of the year", 1))

    assert isinstance(last, Booked)
    assert isinstance(first, Booked)
    assert moment_of(last.no) == datetime(2071, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)
    async with keeper.database.transaction() as tx:
        assert await tx.tuples(_HOME, id="last of the year") == [("ledger.entries_2070_12",)]
        assert await tx.tuples(_HOME, id="first of the year") == [("ledger.entries_2071_01",)]


async def test_an_entry_far_beyond_the_months_that_are_made_is_refused_clearly(keeper: Bookkeeper) -> None:
    keeper.clock.move(days=365 * 60)
    with pytest.raises(NoPartition, match=r"ledger\.entries has no part for this row yet") as refused:
        await keeper.post(sale("s1", 1))

    assert refused.value.hint is not None
    assert "worker" in refused.value.hint
    assert await keeper.balances() == {}


async def test_writers_are_not_held_up_while_a_month_is_made(keeper: Bookkeeper) -> None:
    """A transaction that has read and written the books is still open; months are made all the same."""
    async with keeper.database.transaction() as tx:
        await keeper.ledger.post(tx, [sale("s1", 1)])
        await asyncio.wait_for(make_months(keeper.database, now=datetime(2080, 1, 1, tzinfo=UTC)), 10)

    assert await keeper.balances() == {"bank": 1, "shop": -1}


async def test_balances_change_in_place(keeper: Bookkeeper) -> None:
    """A heap-only update touches no index; with room on the page nearly all of them are."""
    for batch in range(300):
        await keeper.post(*(sale(f"s{batch}-{n}", 1) for n in range(10)))
    async with keeper.database.transaction() as tx:
        await tx.tuples(_FLUSH)
    hot = all_of_them = 0
    for _ in range(50):
        async with keeper.database.transaction() as tx:
            [(hot, all_of_them)] = await tx.tuples(_HOT)
        if all_of_them >= 590:
            break
        await asyncio.sleep(0.1)

    assert all_of_them >= 590, "the statistics are not there yet"
    assert hot >= 0.95 * all_of_them, f"{hot} of {all_of_them} updates were in place"
