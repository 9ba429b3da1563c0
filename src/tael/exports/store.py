"""Where do exports and the pieces of their files lie? The context's only SQL."""

import zlib
from datetime import datetime

import msgspec

from tael.exports.model import Export, ExportFilter
from tael.foundation.db import Transaction, queries
from tael.foundation.sealing import Sealer

SQL = queries("tael.exports")


async def insert(tx: Transaction, export: Export) -> None:
    """Write a new export."""
    fields = msgspec.structs.asdict(export)
    fields["filters"] = msgspec.json.encode(export.filters).decode()
    named = "id merchant_id actor kind format filters columns time_zone state created_at expires_at".split()
    await tx.run(SQL.insert_export, **{name: fields[name] for name in named})


async def find(tx: Transaction, export_id: str, *, lock: bool = False) -> Export | None:
    """An export as it stands; locked until the transaction ends, if wanted."""
    return await tx.row(SQL.lock_export if lock else SQL.find_export, Export, id=export_id)


async def page(tx: Transaction, wanted: ExportFilter) -> list[Export]:
    """One page of a merchant's exports, newest first."""
    return await tx.rows(SQL.list_exports, Export, **msgspec.structs.asdict(wanted))


async def count_open(tx: Transaction, merchant_id: str) -> int:
    """How many of a merchant's exports are not at an end."""
    return int((await tx.tuples(SQL.count_open, merchant_id=merchant_id))[0][0])


async def update(tx: Transaction, export: Export) -> None:
    """Write what changed."""
    fields = msgspec.structs.asdict(export)
    named = "id state rows_total rows_done parts last_id file_bytes trouble ended_at".split()
    await tx.run(SQL.update_export, **{name: fields[name] for name in named})


async def add_part(tx: Transaction, export_id: str, number: int, content: bytes, *, sealer: Sealer) -> None:
    """Write a piece of the file: compressed and sealed."""
    sealed = sealer.seal(zlib.compress(content), about=_about(export_id, number))
    await tx.run(SQL.insert_part, export_id=export_id, number=number, sealed=sealed)


async def read_part(tx: Transaction, export_id: str, number: int, *, sealer: Sealer) -> bytes | None:
    """A piece of the file."""
    found = await tx.tuples(SQL.find_part, export_id=export_id, number=number)
    return zlib.decompress(sealer.open(found[0][0], about=_about(export_id, number))) if found else None


async def delete_parts(tx: Transaction, export_id: str, *, below: int) -> None:
    """Remove the first pieces."""
    await tx.run(SQL.delete_parts, export_id=export_id, below=below)


async def delete_expired(tx: Transaction, *, now: datetime) -> int:
    """Remove what nobody may read any more; gives how many exports."""
    return await tx.run(SQL.delete_expired, now=now)


def _about(export_id: str, number: int) -> str:
    return f"exports.part:{export_id}:{number}"
