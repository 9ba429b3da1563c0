"""How does a list become a file that a spreadsheet opens? CSV that keeps its letters and computes nothing.

UTF-8 with a byte order mark, so that Excel shows Chinese; lines as RFC 4180 wants them; and no cell of ours is
ever a formula: a text that begins like one gets an apostrophe before it.
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence

from litestar.response import Stream

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Row = Sequence[str | int | None]


def sheet(columns: Sequence[str], pages: AsyncIterator[Sequence[Row]], *, file_name: str) -> Stream:
    """The rows of all pages under the names of their columns, sent as they are read."""

    async def lines() -> AsyncIterator[bytes]:
        yield (BYTE_ORDER_MARK + _lines([columns])).encode()
        async for rows in pages:
            yield _lines(rows).encode()

    disposition = f'attachment; filename="{file_name}"'
    return Stream(lines(), media_type="text/csv", headers={"Content-Disposition": disposition})


def harmless(cell: str | int | None) -> str | int:
    """A cell that a spreadsheet shows and never computes."""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA_BEGINS) else cell
    return "" if cell is None else cell


def _lines(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()
