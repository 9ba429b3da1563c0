"""Can a month leave the database, whatever happens on the way, and is it still part of the books?"""

import asyncio
import gzip
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Query
from tael.foundation.signing import make_key
from tael.ledger.archives import archived_among, entries_file, find_archived, read_texts
from tael.ledger.errors import EntryIdReused, LimitPassed, MonthArchived, NotArchivable
from tael.ledger.model import Booked, JournalEntry, Phase, Timeline
from tael.ledger.store import find_numbers
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import entry, payout, sale
from tests.integration.commands import Done, run_tael
from tests.integration.sealed_books import SealedBooks, ending, held, sealed_books

_LIVE = Query("live", b"select id from ledger.entries order by no")
_PARTS = Query("parts", b"select count(*) from pg_class where relname ~ '2027_0[12]$' and relkind = 'r'")
_CLOSE = Query(
    "close",
    b"insert into ledger.closings (closed_until, closed_at, actor) values (%(until)s, %(until)s, 'operator:ann')",
)
_LOCK = Query("lock", b"select pg_advisory_xact_lock(7235120006)")
JANUARY, FEBRUARY, MARCH = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)


@pytest.fixture
async def books(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[SealedBooks]:
    """Books of three months: each has entries, and those of the first are of every sort."""
    async with books_of_three_months(urls, tmp_path) as written:
        yield written


@pytest.fixture(scope="module")
async def archived(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SealedBooks]:
    """The same books, of which the first month was archived."""
    folder = tmp_path_factory.mktemp("archived")
    async with fresh_database(server) as urls, books_of_three_months(urls, folder) as written:
        await written.archive(JANUARY)
        yield written


@asynccontextmanager
async def books_of_three_months(urls: DatabaseUrls, folder: Path) -> AsyncIterator[SealedBooks]:
    async with sealed_books(urls, folder) as sealed:
        keeper = sealed.keeper
        keeper.clock.move(
            seconds=(datetime(2027, 1, 31, 23, tzinfo=UTC) - keeper.clock.now()).total_seconds()
        )
        await keeper.post(*of_january())
        await keeper.post(*ends_of_january())
        keeper.clock.move(hours=2)
        await keeper.post(sale("february", 7), msgspec.structs.replace(sale("back", 3), effective_at=BACK))
        keeper.clock.move(days=40)
        await sealed.seal(block_limit=4)
        await keeper.post(sale("march", 5))
        await close(sealed, MARCH)
        yield sealed


BACK = datetime(2027, 1, 10, tzinfo=UTC)


def of_january() -> list[JournalEntry]:
    return [
        entry("e1", ("bank", 1280), ("shop", -1272), ("fees", -8)),
        sale("e2", 20),
        payout("e3", 500),
        held("posted", 50, expires_at=datetime(2027, 1, 31, 23, 30, tzinfo=UTC)),
        held("voided", 30),
        msgspec.structs.replace(sale("earlier", 9), effective_at=BACK, metadata={"b": "1", "a": "日"}),
    ]


def ends_of_january() -> list[JournalEntry]:
    return [
        ending("p1", Phase.POST, "posted", ("bank", 40), ("shop", -40)),
        ending("v1", Phase.VOID, "voided"),
        JournalEntry(id="r1", kind="correction", reference="r1", reverses="e2"),
    ]


async def close(books: SealedBooks, until: date) -> None:
    async with books.database.transaction() as tx:
        await tx.run(_CLOSE, until=datetime(until.year, until.month, 1, tzinfo=UTC))


async def live_ids(books: SealedBooks) -> list[str]:
    async with books.database.transaction() as tx:
        return [id for (id,) in await tx.tuples(_LIVE)]


async def parts_left(books: SealedBooks) -> int:
    async with books.database.transaction() as tx:
        return int((await tx.tuples(_PARTS))[0][0])


async def test_archived_months_are_out_of_the_database_and_still_verified(books: SealedBooks) -> None:
    before = await books.keeper.balances()
    january = await books.archive(JANUARY)
    assert await books.details() == []
    february = await books.archive(FEBRUARY)

    assert await live_ids(books) == ["march"]
    assert await parts_left(books) == 0
    assert (january.read_manifest().entries, february.read_manifest().entries) == (9, 2)
    assert (january.first_no, february.first_no) == (0, january.last_no + 1)
    assert await books.keeper.balances() == before
    assert await books.details() == []
    await books.keeper.post(sale("later", 1))
    await books.seal()
    assert await books.details() == []


async def test_the_same_month_becomes_the_same_bytes(books: SealedBooks) -> None:
    file = entries_file(books.folder / "archive", "2027-01")
    written = []
    for _ in range(2):
        async with books.database.transaction() as tx:
            await tx.tuples(_LOCK)
            with pytest.raises(NotArchivable, match="Somebody else archives"):
                await books.archive(JANUARY)
        written.append(file.read_bytes())

    assert written[0] == written[1]
    assert len(await live_ids(books)) == 12, "the files are there, and the month is still in the database"


async def test_without_its_file_a_month_is_known_by_its_signed_balances(books: SealedBooks) -> None:
    await books.archive(JANUARY)
    entries_file(books.folder / "archive", "2027-01").unlink()
    async with books.database.transaction() as tx:
        checks = {
            check: findings
            async for check, findings in books.keeper.ledger.verify(tx, evidence=books.evidence)
        }

    assert "the archive of 2027-01 is not at hand: its signed closing balances stand for it" in checks
    assert not any(checks.values())
    broken = await books.details_after("update ledger.balances set balance_minor = 0 where account_no = 1")
    assert any("bank CNY stands at 0" in detail for detail in broken)


async def test_s3_what_is_altered_in_an_archive_is_found(books: SealedBooks) -> None:
    await books.archive(JANUARY)
    file = entries_file(books.folder / "archive", "2027-01")
    whole = file.read_bytes()
    lines = [text for texts in read_texts(file) for text in texts]
    [e3] = [place for place, text in enumerate(lines) if '"e3"' in text]
    altered = {
        "entry e3 (": [*lines[:e3], lines[e3].replace("500", "400"), *lines[e3 + 1 :]],
        "(e3) is gone": [*lines[:e3], *lines[e3 + 1 :]],
        "more entries than were sealed": [*lines, lines[-1]],
        "is not the one whose manifest": [lines[1], lines[0], *lines[2:]],
    }
    for named, content in altered.items():
        file.write_bytes(gzip.compress("".join(f"{text}\n" for text in content).encode()))
        details = await books.details()
        assert any(named in detail for detail in details), (named, details)
    file.write_bytes(whole[: len(whole) // 2])
    assert any("the file of 2027-01 cannot be read" in detail for detail in await books.details())
    file.write_bytes(whole)
    assert await books.details() == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("update ledger.archives set manifest = replace(manifest, '829', '828')", "is not signed"),
        ("update ledger.archives set last_no = last_no - 1", "is that of another month"),
        ("update ledger.archives set signature = '\\x00'", "is not signed, or not by a key"),
        ("delete from ledger.archives", "is gone: block"),
        (
            "delete from ledger.archived_entries where no = (select max(no) from ledger.archived_entries)",
            "not among",
        ),
        ("delete from ledger.entry_ids where id = 'e1'", "its id is not in the list of ids"),
        ("update ledger.balances set balance_minor = 0 where account_no = 1", "bank CNY stands at 0"),
        ("delete from ledger.blocks where no = 5", "does not follow block 4"),
    ],
)
async def test_s3_what_is_altered_around_an_archive_is_found(
    archived: SealedBooks, statement: str, named: str
) -> None:
    details = await archived.details_after(statement)

    assert any(named in detail for detail in details), details


async def test_an_entry_that_comes_again_is_told_from_another_with_its_id(archived: SealedBooks) -> None:
    async with archived.database.transaction() as tx:
        numbers = await find_numbers(tx, [each.id for each in (*of_january(), *ends_of_january())])
        remains = await find_archived(tx, list(numbers.values()))
        answer = await archived_among(tx, numbers, known=())
    assert answer(sale("never booked", 1)) is None
    assert isinstance(answer(sale("e1", 1)), EntryIdReused)
    for each in (*of_january(), *ends_of_january()):
        left = remains[numbers[each.id]]
        regards_no = numbers.get(each.ends or each.reverses or "")
        assert left.answer(each, regards_no=regards_no) == Booked(numbers[each.id], each.id) == answer(each)
        for field, other in {
            "kind": "x",
            "reference": "x",
            "phase": Phase.EXPIRY,
            "expires_at": datetime(2031, 1, 1, tzinfo=UTC),
            "effective_at": datetime(2027, 1, 9, tzinfo=UTC),
            "metadata": {"x": "y"},
            "postings": sale("x", 21).postings,
        }.items():
            another = msgspec.structs.replace(each, **{field: other})
            assert left.differing_field(another, regards_no=regards_no), (each.id, field)
        assert left.differing_field(each, regards_no=1)


async def test_what_lies_in_an_archived_month_cannot_be_reversed_or_looked_up(archived: SealedBooks) -> None:
    reversal = JournalEntry(id="r9", kind="correction", reference="r1", reverses="e3")
    reports = archived.keeper.ledger.reports(archived.database)

    [refused] = await archived.keeper.post(reversal)

    assert isinstance(refused, MonthArchived)
    assert refused.field == "reverses"
    for by in Timeline:
        with pytest.raises(MonthArchived):
            await reports.balance_at("bank", "CNY", datetime(2027, 1, 31, 23, 5, tzinfo=UTC), by=by)
    end_of_january = await reports.balance_at("bank", "CNY", datetime(2027, 2, 1, tzinfo=UTC))
    assert end_of_january.balance_minor == 1280 + 20 - 500 + 9 + 40 - 20


async def test_ids_of_an_archived_month_are_taken_for_ever(books: SealedBooks) -> None:
    first = await books.keeper.post(*of_january())
    before = await books.keeper.balances()
    await books.archive(JANUARY)

    assert await books.keeper.post(*of_january()) == first
    [refused] = await books.keeper.post(sale("e1", 1))
    assert isinstance(refused, EntryIdReused)
    assert "archived month" in refused.message
    assert await books.keeper.balances() == before
    assert await books.details() == []


async def test_an_entry_that_took_back_an_archived_one_is_still_known_by_it(books: SealedBooks) -> None:
    reversal = JournalEntry(id="late", kind="correction", reference="late", reverses="e3")
    [first] = await books.keeper.post(reversal)
    await books.archive(JANUARY)

    assert await books.keeper.post(reversal) == [first]
    async with books.database.transaction() as tx:
        [stands] = await books.keeper.ledger.entries_about(tx, ["late"])
    assert stands.reverses == "e3"


async def test_a_repeat_of_an_archived_entry_keeps_its_receipt_in_a_group_that_is_refused(
    archived: SealedBooks,
) -> None:
    again = msgspec.structs.replace(of_january()[0], linked=True)

    kept, refused = await archived.keeper.post(again, payout("too much", 10**9))

    assert isinstance(kept, Booked)
    assert isinstance(refused, LimitPassed)


async def test_only_a_month_that_is_done_with_is_archived(books: SealedBooks) -> None:
    refused = {
        FEBRUARY: "Months are archived in order: 2027-01 comes first",
        MARCH: "2027-03 is not over",
        date(2027, 4, 1): "2027-04 is not over",
    }
    for month, reason in refused.items():
        with pytest.raises(NotArchivable, match=reason):
            await books.archive(month)
    await books.archive(JANUARY)
    with pytest.raises(NotArchivable, match="2027-01 is archived already"):
        await books.archive(JANUARY)
    await close(books, JANUARY)
    with pytest.raises(NotArchivable, match="not closed until the end of 2027-02"):
        await books.archive(FEBRUARY)
    await close(books, MARCH)
    await books.keeper.post(held("waiting", 5))
    books.keeper.clock.move(days=30)
    with pytest.raises(NotArchivable, match="not closed until the end of 2027-03"):
        await books.archive(MARCH)
    await close(books, date(2027, 4, 1))
    with pytest.raises(NotArchivable, match="comes first"):
        await books.archive(MARCH)
    await books.archive(FEBRUARY)
    with pytest.raises(NotArchivable, match="is not sealed yet"):
        await books.archive(MARCH)
    await books.seal()
    with pytest.raises(NotArchivable, match="has not ended"):
        await books.archive(MARCH)


async def test_an_archivist_who_dies_anywhere_loses_nothing(books: SealedBooks) -> None:
    """After each death the month is in the database, or it is in its file and signed for: never neither."""
    dice = random.Random(3)
    done = False
    for _ in range(40):
        dying = asyncio.create_task(books.archive(JANUARY))
        await asyncio.sleep(dice.uniform(0, 0.08))
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        done = "e1" not in await live_ids(books)
        assert await books.details() == []
        if done:
            assert entries_file(books.folder / "archive", "2027-01").exists()
            break
    if not done:
        await books.archive(JANUARY)
    assert await live_ids(books) == ["february", "back", "march"]
    assert await books.details() == []


async def test_months_signed_with_sm2_are_archived_too(server: DatabaseUrls, tmp_path: Path) -> None:
    async with (
        fresh_database(server) as urls,
        sealed_books(urls, tmp_path, key=make_key("sm2")) as sealed,
    ):
        await sealed.keeper.post(sale("s1", 1))
        sealed.keeper.clock.move(days=31)
        await sealed.seal()
        await close(sealed, sealed.keeper.clock.now().date().replace(day=1))
        last_month = sealed.keeper.clock.now() - timedelta(days=31)
        await sealed.archive(last_month.date())

        assert await live_ids(sealed) == []
        assert await sealed.details() == []


async def test_a_month_is_archived_from_the_command_line_by_the_owner(
    books: SealedBooks, urls: DatabaseUrls, tmp_path: Path
) -> None:
    async def archive(month: str) -> Done:
        environment = {
            "TAEL_DATABASE_URL": urls.application,
            "TAEL_DATABASE_OWNER_URL": urls.owner,
            "TAEL_HOME": str(tmp_path / "home"),
        }
        return await run_tael("ledger", "archive", month, environment=environment)

    too_early = await archive("2999-01")
    wrong = await archive("January")
    assert (too_early.status, wrong.status) == (2, 2)
    assert "2999-01 is not over" in too_early.errors
    assert "January is not a month like 2026-03" in wrong.errors
    assert len(await live_ids(books)) == 12
