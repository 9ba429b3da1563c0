"""How does a whole statement become a file? As CSV for programs, as XLSX for people with a spreadsheet.

A file is whole or is not there: it is written to the end, from one view of the books, before anybody gets a byte of
it. Written and sent piece by piece, it needs the memory of one page. No cell of ours is ever a formula.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

import xlsxwriter  # type: ignore[import-untyped]  # the package says nothing about its types

from tael.foundation.http.sheets import BYTE_ORDER_MARK, harmless
from tael.foundation.money import decimal_text
from tael.ledger.errors import ReportTooLong
from tael.ledger.model import Account
from tael.ledger.reads.statements import Statement, StatementLine

LONGEST_SHEET = 1_000_000
"""Lines of one file: a spreadsheet has room for 1,048,576."""
LINES_AT_A_TIME = 1_000
EXACT_DIGITS = 15
"""A spreadsheet keeps so many digits of a number, and makes the others zero without a word."""

_COLUMNS = ("number", "entry", "kind", "reference", "effective_at", "booked_at", "debit", "credit", "balance")
_WIDTHS = (18, 36, 24, 36, 24, 24, 20, 20, 20)

Cell = str | datetime | Decimal | None


class SheetKind(StrEnum):
    """As what a statement is written; also how the file's name ends."""

    CSV = "csv"
    XLSX = "xlsx"


class Sheet(Protocol):
    """A file in the making. Runs in a thread: writing a million lines would stop the house."""

    def begin(self, page: Statement) -> None:
        """Write what stands above the lines."""
        ...

    def add(self, cells: list[Cell]) -> None:
        """Write a line."""
        ...

    def end(self) -> None:
        """Finish the file, which takes a while if it has to be compressed."""
        ...


def new_sheet(file: BinaryIO, kind: SheetKind) -> Sheet:
    """An empty sheet that is written to `file`, which stays open."""
    return _XlsxSheet(file) if kind is SheetKind.XLSX else _CsvSheet(file)


async def write_pages(sheet: Sheet, pages: AsyncIterator[Statement], *, longest: int = LONGEST_SHEET) -> int:
    """Write everything but the end of the file; says how many lines. Refuses `ReportTooLong`."""
    written = 0
    page: Statement | None = None
    async for page in pages:
        if written == 0:
            await asyncio.to_thread(_begin, sheet, page)
        written += len(page.lines)
        if written > longest:
            raise ReportTooLong(
                f"The statement has more than {longest:,} lines.",
                hint="Ask for a shorter time, month by month.",
            )
        await asyncio.to_thread(_add, sheet, page)
    if page is not None:
        sheet.add(_bound("closing", page.period.ends_at, page.account, page.closing_minor))
    return written


def _begin(sheet: Sheet, page: Statement) -> None:
    sheet.begin(page)
    sheet.add(_bound("opening", page.period.begins_at, page.account, page.opening_minor))


def _add(sheet: Sheet, page: Statement) -> None:
    for line in page.lines:
        sheet.add(_cells(line, page.account))


def _bound(word: str, moment: datetime | None, account: Account, minor: int) -> list[Cell]:
    """The first or the last line: what is on the account, without an entry."""
    return [None, None, word, None, moment, None, None, None, _on_normal_side(minor, account)]


def _cells(line: StatementLine, account: Account) -> list[Cell]:
    is_debit = line.amount_minor > 0
    amount = Decimal(decimal_text(abs(line.amount_minor), account.exponent))
    return [
        str(line.no),
        line.id,
        line.kind,
        line.reference,
        line.effective_at,
        line.booked_at,
        amount if is_debit else None,
        None if is_debit else amount,
        _on_normal_side(line.balance_after_minor, account),
    ]


def _on_normal_side(minor: int, account: Account) -> Decimal:
    return Decimal(decimal_text(minor * account.account_class.normal_sign, account.exponent))


class _CsvSheet:
    """UTF-8 with a byte order mark, for Excel; lines as RFC 4180 wants them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._currency = ""

    def begin(self, page: Statement) -> None:
        """The names of the columns."""
        self._currency = page.account.currency
        self._file.write(BYTE_ORDER_MARK.encode())
        self._write([*_COLUMNS, "currency"])

    def add(self, cells: list[Cell]) -> None:
        """A line; amounts are plain decimals."""
        self._write([*map(_as_text, cells), self._currency])

    def end(self) -> None:
        """Nothing is left to be written."""

    def _write(self, cells: list[str | int]) -> None:
        text = io.StringIO()
        csv.writer(text).writerow(cells)
        self._file.write(text.getvalue().encode())


def _as_text(cell: Cell) -> str | int:
    """A cell of a CSV file. A negative amount begins like a formula and is none."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell.isoformat() if isinstance(cell, datetime) else harmless(cell)


class _XlsxSheet:
    """A workbook with one sheet, whose dates are dates and whose amounts are numbers."""

    def __init__(self, file: BinaryIO) -> None:
        self._book: Any = xlsxwriter.Workbook(file, {"constant_memory": True, "remove_timezone": True})
        self._sheet = self._book.add_worksheet("Statement")
        self._bold = self._book.add_format({"bold": True})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        self._amount = self._book.add_format({"num_format": "0"})
        self._long = self._book.add_format({"align": "right"})
        self._row = 0

    def begin(self, page: Statement) -> None:
        """What this is, and what there is to know about its numbers; then the names of the columns."""
        account = page.account
        if account.exponent:
            self._amount.set_num_format(f"#,##0.{'0' * account.exponent}")
        for text in _preface(page):
            self._write_texts([text])
        for column, width in enumerate(_WIDTHS):
            self._sheet.set_column(column, column, width)
        self._write_texts(list(_COLUMNS))
        self._sheet.freeze_panes(self._row, 0)

    def add(self, cells: list[Cell]) -> None:
        """A line, each cell as what it is."""
        for column, cell in enumerate(cells):
            self._write(column, cell)
        self._row += 1

    def _write(self, column: int, cell: Cell) -> None:
        if isinstance(cell, datetime):
            self._sheet.write_datetime(self._row, column, cell, self._moment)
        elif isinstance(cell, Decimal):
            if _significant_digits(cell) <= EXACT_DIGITS:
                self._sheet.write_number(self._row, column, cell, self._amount)
            else:
                self._sheet.write_string(self._row, column, f"{cell:f}", self._long)
        elif cell is not None:
            self._sheet.write_string(self._row, column, cell)

    def end(self) -> None:
        """Compress it into the file."""
        self._book.close()

    def _write_texts(self, texts: list[str]) -> None:
        for column, text in enumerate(texts):
            self._sheet.write_string(self._row, column, text, self._bold)
        self._row += 1


def _significant_digits(amount: Decimal) -> int:
    return len("".join(map(str, amount.as_tuple().digits)).rstrip("0"))


def _preface(page: Statement) -> Iterator[str]:
    account, period = page.account, page.period
    side = "debits less credits" if account.account_class.normal_sign > 0 else "credits less debits"
    yield f"Statement of {account.code} in {account.currency}"
    begins = f"From {period.begins_at.isoformat()}" if period.begins_at else "From the beginning"
    ends = f" until before {period.ends_at.isoformat()}" if period.ends_at else ""
    yield (
        f"{begins}{ends}, in the order in which"
        f" entries {'count' if period.by == 'effective' else 'were booked'}; times are in UTC"
    )
    yield f"The balance is {side}"
    yield (
        f"Amounts of more than {EXACT_DIGITS} digits are texts: as numbers, a spreadsheet would round them"
    )
