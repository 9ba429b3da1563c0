"""The verbs of exports: begin one, look, give it up, read the file, write, forget."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

import msgspec

from tael.exports import rules, store
from tael.exports.errors import ExportMalformed, ExportNotReady, NoSuchExport, TooManyExports
from tael.exports.model import OPEN, Export, Exportable, ExportFilter, ExportFormat, ExportState, Scope
from tael.exports.schemas import export_answer
from tael.exports.usecases.write_exports import PAGE_ROWS, Writer
from tael.foundation.calls import Answer, Call, Reply
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Forbidden
from tael.foundation.ids import new_id
from tael.foundation.jobs import Jobs
from tael.foundation.sealing import Sealer

__all__ = ["CancelExport", "CreateExport", "Exports"]

C = TypeVar("C", bound=msgspec.Struct)

KEPT = timedelta(days=7)
MOST_AT_ONCE = 5
"""Exports of one merchant that are being written."""
WRITE = "exports.write"


class CreateExport(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's wish for a file."""

    merchant_id: str
    actor: str
    permissions: frozenset[str]
    kind: str
    format: ExportFormat
    filters: Mapping[str, object]
    columns: Sequence[str] | None
    time_zone: str


class CancelExport(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant does not want it any more."""

    merchant_id: str
    export_id: str


class Exports:
    """The exports of one platform."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        kinds: Mapping[str, Exportable],
        *,
        sealer: Sealer,
        clock: Clock,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._kinds = kinds
        self._clock = clock
        self._writer = Writer(database, clock, sealer, kinds, page_rows=page_rows)
        self._clerk = Clerk(database, clock)

    # Verbs for merchants.

    async def create(self, call: Call[CreateExport]) -> Answer:
        """Begin an export; 202, for it is written by and by."""
        return await self._clerk.answer_as(call, self._begin, _reply)

    async def cancel(self, call: Call[CancelExport]) -> Answer:
        """Give an export up; one that has ended stays as it is."""
        return await self._clerk.answer_as(call, self._give_up, _reply)

    async def get(self, export_id: str, *, merchant_id: str) -> Export:
        """One export; refuses `NoSuchExport`."""
        async with self._database.transaction() as tx:
            return await self._find(tx, export_id, merchant_id)

    async def list(self, wanted: ExportFilter) -> Sequence[Export]:
        """One page of a merchant's exports, newest first."""
        async with self._database.transaction() as tx:
            return await store.page(tx, wanted)

    def read(self, export: Export, *, permissions: frozenset[str]) -> AsyncIterator[bytes]:
        """The file, piece by piece; refuses `ExportNotReady`, and `Forbidden` whoever may not read such lists."""
        self._may_read(export.kind, permissions)
        if export.state is not ExportState.DONE:
            raise ExportNotReady(f"The export is {export.state}.", hint="Wait until it is done.")
        return self._writer.file_of(export)

    # What happens by itself.

    async def write(self, export_id: str) -> None:
        """Bring an export to its end, from wherever it is. Safe to do twice."""
        await self._writer.write(export_id)

    async def forget(self) -> None:
        """Delete what nobody may read any more."""
        async with self._database.transaction() as tx:
            await store.delete_expired(tx, now=self._clock.now())

    async def _begin(self, tx: Transaction, command: CreateExport) -> Export:
        kind = self._kind(command.kind)
        self._may_read(command.kind, command.permissions)
        rules.zone_of(command.time_zone)
        now = self._clock.now()
        kind.check(Scope(merchant_id=command.merchant_id, filters=command.filters, until=now))
        if await store.count_open(tx, command.merchant_id) >= MOST_AT_ONCE:
            raise TooManyExports(
                f"{MOST_AT_ONCE} exports are being written.",
                retry_after_seconds=10,
                hint="Wait until one is done, or give one up.",
            )
        export = Export(
            id=new_id("exp"),
            merchant_id=command.merchant_id,
            actor=command.actor,
            kind=command.kind,
            format=command.format,
            filters=dict(command.filters),
            columns=rules.chosen(command.columns, kind),
            time_zone=command.time_zone,
            state=ExportState.QUEUED,
            created_at=now,
            expires_at=now + KEPT,
        )
        await store.insert(tx, export)
        await self._jobs.defer(tx, WRITE, export_id=export.id)
        return export

    async def _give_up(self, tx: Transaction, command: CancelExport) -> Export:
        export = await self._find(tx, command.export_id, command.merchant_id, lock=True)
        if export.state not in OPEN:
            return export
        canceled = msgspec.structs.replace(export, state=ExportState.CANCELED, ended_at=self._clock.now())
        await store.update(tx, canceled)
        await store.delete_parts(tx, export.id, below=export.parts)
        return canceled

    async def _find(self, tx: Transaction, export_id: str, merchant_id: str, *, lock: bool = False) -> Export:
        export = await store.find(tx, export_id, lock=lock)
        if export is None or export.merchant_id != merchant_id or export.expires_at <= self._clock.now():
            raise NoSuchExport(f"There is no export {export_id}.", field="export_id")
        return export

    def _kind(self, name: str) -> Exportable:
        if name not in self._kinds:
            raise ExportMalformed(
                f"There is no {name[:40]!r} to export.",
                field="kind",
                hint=f"There are {', '.join(self._kinds)}.",
            )
        return self._kinds[name]

    def _may_read(self, kind: str, permissions: frozenset[str]) -> None:
        needed = self._kind(kind).permission
        if needed not in permissions:
            raise Forbidden(
                f"This needs the permission {needed}, too.",
                hint="Use a key or a role that has it.",
                permission=needed,
            )


def _reply(export: Export) -> Reply:
    return Reply(object_id=export.id, answer=export_answer(export))
