"""Write exports, page by page: each page is committed with how far it goes, so whoever is killed is taken over from there."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import structlog
import xlsxwriter  # type: ignore[import-untyped]

from tael.exports import rules, store
from tael.exports.model import OPEN, Export, Exportable, ExportFormat, ExportState, Row, Scope
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.errors import Refusal
from tael.foundation.http.sheets import BYTE_ORDER_MARK, harmless
from tael.foundation.money import Money
from tael.foundation.sealing import Sealer

log = structlog.get_logger("tael.exports")

PAGE_ROWS = 2_000
PIECE_BYTES = 1_000_000
"""Of a file that is made at the end."""


class Writer:
    """Writes exports of the kinds that it knows."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sealer: Sealer,
        kinds: Mapping[str, Exportable],
        *,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._kinds = kinds
        self._page_rows = page_rows

    async def write(self, export_id: str) -> None:
        """Bring an export to its end, from wherever it is. Safe to do twice, and at once."""
        export = await self._begin(export_id)
        while export is not None and export.state is ExportState.RUNNING:
            export = await self._write_page(export)

    async def _begin(self, export_id: str) -> Export | None:
        async with self._database.transaction() as tx:
            export = await store.find(tx, export_id)
        if export is None or export.state is not ExportState.QUEUED:
            return export
        try:
            total = await self._kinds[export.kind].count(_scope(export))
        except Refusal as refusal:
            return await self._end(export, ExportState.FAILED, trouble=refusal.message)
        return await self._change(
            export, lambda now: msgspec.structs.replace(now, state=ExportState.RUNNING, rows_total=total)
        )

    async def _write_page(self, export: Export) -> Export | None:
        kind = self._kinds[export.kind]
        things = await kind.page(_scope(export), export.last_id, self._page_rows)
        zone = rules.zone_of(export.time_zone)
        rows = [rules.row_of(thing, export.columns, kind, zone) for thing in things]
        last = len(rows) < self._page_rows
        too_long = export.format is ExportFormat.XLSX and export.rows_done + len(rows) > rules.MOST_SHEET_ROWS
        if too_long:
            return await self._end(
                export,
                ExportState.FAILED,
                trouble=f"A sheet holds {rules.MOST_SHEET_ROWS:,} lines: filter, or export CSV.",
            )
        content = self._content(export, kind, rows)
        async with self._database.transaction() as tx:
            now = await store.find(tx, export.id, lock=True)
            if now is None or now.state is not ExportState.RUNNING or now.parts != export.parts:
                return None  # given up, or another is at it
            await store.add_part(tx, export.id, export.parts, content, sealer=self._sealer)
            after = msgspec.structs.replace(
                now,
                parts=now.parts + 1,
                rows_done=now.rows_done + len(rows),
                last_id=kind.id_of(things[-1]) if things else now.last_id,
                file_bytes=now.file_bytes + len(content),
            )
            if last and export.format is ExportFormat.CSV:
                after = msgspec.structs.replace(after, state=ExportState.DONE, ended_at=self._clock.now())
            await store.update(tx, after)
        if last and export.format is ExportFormat.XLSX:
            return await self._make_workbook(after)
        return after

    def _content(self, export: Export, kind: Exportable, rows: list[Row]) -> bytes:
        heads = rules.heads(export.columns, kind, export.time_zone)
        first = export.parts == 0
        if export.format is ExportFormat.CSV:
            return _csv_of([heads, *rows] if first else rows, first=first)
        return msgspec.msgpack.encode([heads, *rows] if first else rows)

    async def _make_workbook(self, export: Export) -> Export | None:
        """The pieces so far are lines; they are replaced by the pieces of the file, all at once."""
        with tempfile.TemporaryDirectory(prefix="tael-export-") as folder:
            file = Path(folder) / "export.xlsx"
            book = xlsxwriter.Workbook(
                str(file), {"constant_memory": True, "strings_to_formulas": False, "tmpdir": folder}
            )
            sheet = book.add_worksheet(export.kind[:31])
            line = 0
            async for content in self._parts(export):
                rows = msgspec.msgpack.decode(content, type=list[list[str | int | Money | None]])
                line = await asyncio.to_thread(_write_rows, sheet, rows, line)
            await asyncio.to_thread(book.close)
            return await self._keep_file(export, file)

    async def _keep_file(self, export: Export, file: Path) -> Export | None:
        async with self._database.transaction() as tx:
            now = await store.find(tx, export.id, lock=True)
            if now is None or now.state is not ExportState.RUNNING or now.parts != export.parts:
                return None
            number, size = now.parts, 0
            with file.open("rb") as source:
                while piece := source.read(PIECE_BYTES):
                    await store.add_part(tx, export.id, number, piece, sealer=self._sealer)
                    number, size = number + 1, size + len(piece)
            await store.delete_parts(tx, export.id, below=now.parts)
            done = msgspec.structs.replace(
                now, state=ExportState.DONE, parts=number, file_bytes=size, ended_at=self._clock.now()
            )
            await store.update(tx, done)
            return done

    async def _parts(self, export: Export) -> AsyncIterator[bytes]:
        for number in range(export.parts):
            async with self._database.transaction() as tx:
                content = await store.read_part(tx, export.id, number, sealer=self._sealer)
            if content is not None:
                yield content

    def file_of(self, export: Export) -> AsyncIterator[bytes]:
        """The file, piece by piece."""
        return self._parts(export)

    async def _end(self, export: Export, state: ExportState, *, trouble: str | None = None) -> Export | None:
        log.warning("export_ended", export=export.id, state=state, trouble=trouble)
        at = self._clock.now()
        return await self._change(
            export, lambda now: msgspec.structs.replace(now, state=state, trouble=trouble, ended_at=at)
        )

    async def _change(self, export: Export, change: Callable[[Export], Export]) -> Export | None:
        async with self._database.transaction() as tx:
            now = await store.find(tx, export.id, lock=True)
            if now is None or now.state not in OPEN:
                return None
            after = change(now)
            await store.update(tx, after)
            return after


def _scope(export: Export) -> Scope:
    return Scope(merchant_id=export.merchant_id, filters=export.filters, until=export.created_at)


def _write_rows(sheet: Any, rows: list[list[str | int | Money | None]], line: int) -> int:
    """Texts are texts, whatever they begin with; gives the next line."""
    for row in rows:
        for column, cell in enumerate(row):
            if isinstance(cell, Money):
                sheet.write_number(line, column, Decimal(cell.decimal()))
            elif isinstance(cell, int):
                sheet.write_number(line, column, cell)
            elif cell is not None:
                sheet.write_string(line, column, cell)
        line += 1
    return line


def _csv_of(rows: Sequence[Row], *, first: bool) -> bytes:
    """Lines of CSV that Excel reads as they are meant, and computes none of. Amounts are numbers, also below zero."""
    text = io.StringIO()
    csv.writer(text).writerows(
        [cell.decimal() if isinstance(cell, Money) else harmless(cell) for cell in row] for row in rows
    )
    return ((BYTE_ORDER_MARK if first else "") + text.getvalue()).encode()
