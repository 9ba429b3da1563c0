"""Are balances and statements of any moment, by either time, what naive adding up says?"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tael.ledger.api import Period, Reports
from tael.ledger.model import AccountClass, AccountSpec, Booked, Timeline, moment_of
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, entry

CODE = "till:1"
STEPS = [
    timedelta(),
    timedelta(microseconds=1),
    timedelta(minutes=20),
    timedelta(hours=5),
    timedelta(days=19),
]


class Wish(msgspec.Struct, frozen=True):
    """An entry to be posted: how long after the one before, how much, and whether it counts at another time."""

    wait: timedelta
    amounts: tuple[int, int]
    counts_at: datetime | None


class Written(msgspec.Struct, frozen=True):
    """A posting as the naive books remember it."""

    effective_at: datetime
    no: int
    position: int
    amount_minor: int

    def key(self, by: Timeline) -> tuple[datetime, int, int]:
        at = self.effective_at if by is Timeline.EFFECTIVE else moment_of(self.no)
        return at, self.no, self.position


def first_day() -> datetime:
    """Early in this month, for which the books have room; the wishes go on over four more."""
    return SystemClock().now().replace(day=1, hour=1, minute=0, second=0, microsecond=0)


def moments() -> st.SearchStrategy[datetime]:
    """Any, but often those at which something changes: midnight, the full hour."""
    start = first_day().replace(hour=0)
    spans = [
        st.integers(-30, 120).map(lambda days: timedelta(days=days)),
        st.integers(-48, 480).map(lambda hours: timedelta(hours=hours)),
        st.integers(-(10**12), 10**13).map(lambda us: timedelta(microseconds=us)),
    ]
    return st.one_of(spans).map(lambda span: start + span)


amounts = st.integers(-1_000, 1_000).filter(bool)
wishes = st.lists(
    st.builds(Wish, st.sampled_from(STEPS), st.tuples(amounts, amounts), st.none() | moments()),
    min_size=1,
    max_size=14,
)


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all examples, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture(scope="module")
async def loop() -> asyncio.AbstractEventLoop:
    """Where the examples run, one after the other."""
    return asyncio.get_running_loop()


async def post(books: Bookkeeper, wanted: Sequence[Wish]) -> list[Written]:
    """Book the wishes on an account that is moved twice by each, and remember what must stand there."""
    await books.open(AccountSpec(CODE, "CNY", AccountClass.ASSET))
    books.clock.move(seconds=(first_day() - books.clock.now()).total_seconds())
    written = []
    for place, wish in enumerate(wanted):
        books.clock.move(seconds=wish.wait.total_seconds())
        one, two = wish.amounts
        rest = [("bank", -one - two)] if one + two else []
        posted = entry(f"e{place}", (CODE, one), (CODE, two), *rest)
        [receipt] = await books.post(msgspec.structs.replace(posted, effective_at=wish.counts_at))
        assert isinstance(receipt, Booked)
        at = wish.counts_at or moment_of(receipt.no)
        written += [Written(at, receipt.no, position, minor) for position, minor in enumerate(wish.amounts)]
    return written


def asked(written: Sequence[Written], drawn: Sequence[datetime]) -> list[datetime]:
    """Moments at which something happens, just before, just after, and some others."""
    at = {moment_of(line.no) for line in written} | {line.effective_at for line in written}
    instant = timedelta(microseconds=1)
    return sorted(
        {moment + shift for moment in at for shift in (-instant, timedelta(), instant)} | set(drawn)
    )


@pytest.mark.parametrize("by", list(Timeline))
@pytest.mark.parametrize("histories", [10, pytest.param(100, marks=pytest.mark.drill)])
def test_balances_and_statements_of_any_time_are_what_adding_up_says(
    urls: DatabaseUrls, loop: asyncio.AbstractEventLoop, by: Timeline, histories: int
) -> None:
    @settings(max_examples=histories, deadline=None)
    @given(wanted=wishes, drawn=st.lists(moments(), min_size=2, max_size=5))
    def compare_any(wanted: list[Wish], drawn: list[datetime]) -> None:
        loop.run_until_complete(compare(urls, by, wanted, drawn))

    compare_any()


async def compare(urls: DatabaseUrls, by: Timeline, wanted: Sequence[Wish], drawn: list[datetime]) -> None:
    """The moments at which something changes, and a statement of the time between the first and the last drawn one."""
    async with bookkeepers(urls) as [books]:
        written = sorted(await post(books, wanted), key=lambda line: line.key(by))
        reports = books.ledger.reports(books.database)
        for moment in asked(written, drawn):
            found = await reports.balance_at(CODE, "CNY", moment, by=by)
            assert found.balance_minor == added_up(line for line in written if line.key(by)[0] <= moment)
        await compare_statement(reports, written, Period(begins_at=min(drawn), ends_at=max(drawn), by=by))


async def compare_statement(reports: Reports, written: Sequence[Written], period: Period) -> None:
    """Page by page, each of three lines."""
    balance = added_up(line for line in written if line.key(period.by)[0] < period.first)
    seen = []
    cursor = None
    while True:
        page = await reports.statement(CODE, "CNY", period, cursor=cursor, limit=3)
        assert page.opening_minor == balance
        for line in page.lines:
            balance += line.amount_minor
            assert line.balance_after_minor == balance
            seen.append(Written(line.effective_at, line.no, line.position, line.amount_minor))
        assert page.closing_minor == balance
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [line for line in written if period.first <= line.key(period.by)[0] < period.end]


def added_up(lines: Iterable[Written]) -> int:
    return sum(line.amount_minor for line in lines)
