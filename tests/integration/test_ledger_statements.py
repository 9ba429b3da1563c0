"""Does a statement say everything that moved, in the right order, with balances that go on from page to page?"""

import csv
import io
import itertools
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.errors import Malformed
from tael.ledger.api import Period, Reports, SheetKind, Statement
from tael.ledger.errors import NoSuchAccount, ReportTooLong, StatementChanged
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, Posting, Timeline
from tael.ledger.reads.sheets import new_sheet, write_pages
from tael.ledger.reads.statements import statement_pages
from tael.ledger.store import AccountCache
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, entry, payout, sale

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
"""Where the clock of a bookkeeper stands at first."""
ALL = Period(begins_at=START - 30 * DAY, ends_at=START + 30 * DAY)
AS_EFFECTIVE = msgspec.structs.replace(ALL, by=Timeline.EFFECTIVE)
GAS = AccountSpec("wallet:gas", "ETH", AccountClass.LIABILITY, exponent=18)
MINT = AccountSpec("mint", "ETH", AccountClass.EQUITY, exponent=18)


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def books(urls: DatabaseUrls) -> AsyncIterator[Bookkeeper]:
    async with bookkeepers(urls) as [keeper]:
        yield keeper


@pytest.fixture
def reports(books: Bookkeeper) -> Reports:
    return books.ledger.reports(books.database)


async def trade(books: Bookkeeper, count: int) -> None:
    """A sale an hour, and a payout after every third."""
    for number in range(count):
        await books.post(sale(f"s{number}", 100 + number))
        if number % 3 == 2:
            await books.post(payout(f"p{number}", 50))
        books.clock.move(hours=1)


def counting(posted: JournalEntry, moment: datetime) -> JournalEntry:
    return msgspec.structs.replace(posted, effective_at=moment)


async def pages_of(reports: Reports, period: Period, *, limit: int) -> list[Statement]:
    pages = [await reports.statement("shop", "CNY", period, limit=limit)]
    while (cursor := pages[-1].next_cursor) is not None:
        pages.append(await reports.statement("shop", "CNY", period, cursor=cursor, limit=limit))
    return pages


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_statement_has_an_opening_its_lines_and_a_closing(
    books: Bookkeeper, reports: Reports
) -> None:
    await trade(books, 4)

    period = msgspec.structs.replace(ALL, begins_at=START + timedelta(hours=1))
    page = await reports.statement("shop", "CNY", period, limit=50)

    assert page.opening_minor == -100
    assert [
        (line.id, line.debit_minor, line.credit_minor, line.balance_after_minor) for line in page.lines
    ] == [
        ("s1", 0, 101, -201),
        ("s2", 0, 102, -303),
        ("p2", 50, 0, -253),
        ("s3", 0, 103, -356),
    ]
    assert page.closing_minor == -356
    assert page.next_cursor is None
    assert page.lines[0].booked_at == START + timedelta(hours=1)
    assert page.lines[2].kind == "payout"


@pytest.mark.parametrize("period", [ALL, AS_EFFECTIVE], ids=["booked", "effective"])
@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_the_closing_of_a_page_is_the_opening_of_the_next(
    books: Bookkeeper, reports: Reports, period: Period, limit: int
) -> None:
    await trade(books, 6)
    await books.post(
        counting(sale("b1", 7), START + timedelta(hours=2)), counting(sale("b2", 9), START - DAY)
    )

    whole = await reports.statement("shop", "CNY", period, limit=100)
    pages = await pages_of(reports, period, limit=limit)

    assert len(whole.lines) == 10
    assert [line for page in pages for line in page.lines] == whole.lines
    for page, following in itertools.pairwise(pages):
        assert page.closing_minor == following.opening_minor
    assert (pages[0].opening_minor, pages[-1].closing_minor) == (whole.opening_minor, whole.closing_minor)


async def test_a_backdated_entry_stands_where_it_counts_and_where_it_was_booked(
    books: Bookkeeper, reports: Reports
) -> None:
    await trade(books, 2)
    await books.post(counting(sale("late", 7), START + timedelta(minutes=30)))

    as_booked = await reports.statement("shop", "CNY", ALL, limit=50)
    as_effective = await reports.statement("shop", "CNY", AS_EFFECTIVE, limit=50)

    assert [line.id for line in as_booked.lines] == ["s0", "s1", "late"]
    assert [(line.id, line.balance_after_minor) for line in as_effective.lines] == [
        ("s0", -100),
        ("late", -107),
        ("s1", -208),
    ]
    assert as_effective.lines[1].booked_at > as_effective.lines[2].booked_at


async def test_entries_of_the_same_moment_are_told_apart_by_their_numbers(
    books: Bookkeeper, reports: Reports
) -> None:
    """What counts at the very microsecond at which another was booked comes after it, whatever the pages are."""
    await books.post(sale("e1", 1), sale("e2", 2))
    await books.post(
        counting(sale("same", 4), START), counting(sale("next", 8), START + timedelta(microseconds=1))
    )

    for limit in (1, 2, 3, 9):
        pages = await pages_of(reports, AS_EFFECTIVE, limit=limit)
        assert [line.id for page in pages for line in page.lines] == ["e1", "same", "e2", "next"]


async def test_a_page_that_no_longer_adds_up_with_those_before_is_refused(
    books: Bookkeeper, reports: Reports
) -> None:
    await trade(books, 4)
    first = await reports.statement("shop", "CNY", AS_EFFECTIVE, limit=3)
    as_booked = await reports.statement("shop", "CNY", ALL, limit=3)

    await books.post(counting(sale("late", 7), START - DAY))

    with pytest.raises(StatementChanged):
        await reports.statement("shop", "CNY", AS_EFFECTIVE, cursor=first.next_cursor, limit=3)
    following = await reports.statement("shop", "CNY", ALL, cursor=as_booked.next_cursor, limit=3)
    assert following.opening_minor == as_booked.closing_minor


@pytest.mark.parametrize("period", [ALL, AS_EFFECTIVE], ids=["booked", "effective"])
async def test_an_account_on_which_nothing_moved_opens_and_closes_alike(
    books: Bookkeeper, reports: Reports, period: Period
) -> None:
    await trade(books, 2)
    later = msgspec.structs.replace(period, begins_at=START + 2 * DAY)

    page = await reports.statement("shop", "CNY", later, limit=5)

    assert (page.opening_minor, page.lines, page.closing_minor) == (-201, [], -201)
    assert page.next_cursor is None


@pytest.mark.parametrize(
    "cursor", ["", "1", "x.y.z.w", "1.2.3", "1.2.-3.4", f"{2**70:x}.1.1.1", "1.1.ffffff.1"]
)
async def test_a_cursor_that_is_none_is_refused(reports: Reports, cursor: str) -> None:
    with pytest.raises(Malformed):
        await reports.statement("shop", "CNY", ALL, cursor=cursor, limit=5)


async def test_a_forged_balance_in_a_cursor_is_not_believed(books: Bookkeeper, reports: Reports) -> None:
    await trade(books, 4)
    page = await reports.statement("shop", "CNY", ALL, limit=2)
    assert page.next_cursor is not None

    with pytest.raises(StatementChanged):
        await reports.statement("shop", "CNY", ALL, cursor=f"{page.next_cursor}0", limit=2)


async def test_an_account_that_is_not_open_and_a_time_that_ends_too_early_are_refused(
    reports: Reports,
) -> None:
    with pytest.raises(NoSuchAccount):
        await reports.statement("shop", "EUR", ALL, limit=5)
    backwards = Period(begins_at=ALL.ends_at, ends_at=ALL.begins_at)
    with pytest.raises(Malformed) as refused:
        await reports.statement("shop", "CNY", backwards, limit=5)
    assert refused.value.field == "to"


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────


async def file_of(reports: Reports, code: str, currency: str, kind: SheetKind) -> tuple[int, bytes]:
    file = io.BytesIO()
    lines = await reports.write_statement(code, currency, ALL, file, kind=kind)
    return lines, file.getvalue()


async def test_a_csv_file_has_every_line_and_the_same_totals(books: Bookkeeper, reports: Reports) -> None:
    await trade(books, 9)
    page = await reports.statement("shop", "CNY", ALL, limit=100)

    lines, written = await file_of(reports, "shop", "CNY", SheetKind.CSV)

    assert written.startswith(b"\xef\xbb\xbfnumber,entry,")
    opening, *rows, closing = csv.DictReader(io.StringIO(written.decode("utf-8-sig")))
    assert lines == len(rows) == len(page.lines) == 12
    assert [row["entry"] for row in rows] == [line.id for line in page.lines]
    assert [int(row["number"]) for row in rows] == [line.no for line in page.lines]
    assert [datetime.fromisoformat(row["booked_at"]) for row in rows] == [
        line.booked_at for line in page.lines
    ]
    credits, debits = (sum(Decimal(row[side] or 0) for row in rows) for side in ("credit", "debit"))
    assert Decimal(opening["balance"]) + credits - debits == Decimal(closing["balance"]) == Decimal("7.86")
    assert [Decimal(row["balance"]) for row in rows] == [
        Decimal(-line.balance_after_minor).scaleb(-2) for line in page.lines
    ]
    assert (opening["kind"], closing["kind"]) == ("opening", "closing")


async def test_an_xlsx_file_has_numbers_and_dates_and_the_same_totals(
    books: Bookkeeper, reports: Reports
) -> None:
    await trade(books, 9)

    lines, written = await file_of(reports, "shop", "CNY", SheetKind.XLSX)

    preface = cells_of(written)[:4]
    assert preface[0]["A"] == ("text", "Statement of shop in CNY")
    assert any("digits are texts" in row["A"][1] for row in preface)
    rows = [row for row in cells_of(written) if row.get("A", ("", ""))[1].isdigit()]
    assert lines == len(rows) == 12
    assert {row["I"][0] for row in rows} == {"number"}
    assert sum(number(row, "H") for row in rows) - sum(number(row, "G") for row in rows) == Decimal("7.86")
    assert number(rows[-1], "I") == Decimal("7.86")
    days = Decimal(rows[0]["F"][1])
    assert rows[0]["F"][0] == "number"
    shown = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=float(days))
    assert abs(shown - START) < timedelta(milliseconds=1)


def number(row: dict[str, tuple[str, str]], column: str) -> Decimal:
    return Decimal(row.get(column, ("", "0"))[1])


def cells_of(workbook: bytes) -> list[dict[str, tuple[str, str]]]:
    """The rows of the only sheet: by column, whether it is a number, a text or a formula, and what it says."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in sheet.iter(f"{space}row"):
        cells = {}
        for cell in row:
            column = cell.attrib["r"].rstrip("0123456789")
            if cell.find(f"{space}f") is not None:
                cells[column] = ("formula", "")
            elif cell.attrib.get("t") == "inlineStr":
                cells[column] = ("text", "".join(cell.itertext()))
            else:
                cells[column] = ("number", "".join(cell.itertext()))
        rows.append(cells)
    return rows


async def test_texts_that_look_like_formulas_stay_texts(books: Bookkeeper, reports: Reports) -> None:
    evil = '=HYPERLINK("http://evil.example","1")'
    await books.post(entry(evil, ("bank", 5), ("shop", -5), kind="+1", reference="@SUM(A1)"))
    await books.post(entry("plain", ("bank", -5), ("shop", 5)))

    _, written = await file_of(reports, "bank", "CNY", SheetKind.CSV)
    [_, row, back, _] = csv.DictReader(io.StringIO(written.decode("utf-8-sig")))
    assert (row["entry"], row["kind"], row["reference"]) == (f"'{evil}", "'+1", "'@SUM(A1)")
    assert (back["credit"], back["balance"]) == ("0.05", "0.00")
    _, written = await file_of(reports, "bank", "CNY", SheetKind.XLSX)
    cells = [cell for row in cells_of(written) for cell in row.values()]
    assert ("text", evil) in cells
    assert "formula" not in {kind for kind, _ in cells}


async def test_amounts_beyond_fifteen_digits_are_written_as_texts_and_exactly(
    books: Bookkeeper, reports: Reports
) -> None:
    await books.open(GAS, MINT)
    minor = 9_123_456_789_012_345_678
    await books.post(
        JournalEntry(
            id="e1",
            kind="minted",
            reference="r",
            postings=(Posting("mint", "ETH", minor), Posting("wallet:gas", "ETH", -minor)),
        )
    )
    await books.post(
        JournalEntry(
            id="e2",
            kind="minted",
            reference="r",
            postings=(Posting("mint", "ETH", 10**15), Posting("wallet:gas", "ETH", -(10**15))),
        )
    )

    _, written = await file_of(reports, "wallet:gas", "ETH", SheetKind.XLSX)
    first, second = [row for row in cells_of(written) if row.get("A", ("", ""))[1].isdigit()]
    assert first["H"] == ("text", "9.123456789012345678")
    assert second["H"][0] == "number"
    assert number(second, "H") == Decimal("0.001")
    _, written = await file_of(reports, "mint", "ETH", SheetKind.CSV)
    *_, closing = csv.DictReader(io.StringIO(written.decode("utf-8-sig")))
    assert closing["balance"] == "-9.124456789012345678"


@pytest.mark.parametrize("kind", list(SheetKind))
@pytest.mark.parametrize("period", [ALL, AS_EFFECTIVE], ids=["booked", "effective"])
async def test_a_file_is_the_same_whatever_its_lines_were_read_by(
    books: Bookkeeper, kind: SheetKind, period: Period
) -> None:
    await trade(books, 6)
    await books.post(counting(sale("b1", 7), START + timedelta(hours=2)))

    read_by = [await written(books, period, kind, limit=limit) for limit in (2, 3, 1000)]

    assert read_by[0] == read_by[1] == read_by[2]
    assert len(read_by[0]) > 9


async def test_a_statement_that_is_too_long_for_a_file_is_refused(books: Bookkeeper) -> None:
    await trade(books, 4)

    assert await written(books, ALL, SheetKind.CSV, limit=2, longest=5)
    with pytest.raises(ReportTooLong):
        await written(books, ALL, SheetKind.CSV, limit=2, longest=4)


async def written(
    books: Bookkeeper, period: Period, kind: SheetKind, *, limit: int, longest: int = 1000
) -> list[object]:
    """The rows of a file that was read so many lines at a time."""
    file = io.BytesIO()
    sheet = new_sheet(file, kind)
    async with books.database.transaction() as tx:
        await tx.freeze()
        account = (await AccountCache().find(tx, [("shop", "CNY")]))["shop", "CNY"]
        await write_pages(sheet, statement_pages(tx, account, period, limit=limit), longest=longest)
    sheet.end()
    if kind is SheetKind.XLSX:
        return list(cells_of(file.getvalue()))
    return list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"))))
