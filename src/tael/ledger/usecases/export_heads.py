"""Let the newest signed head leave the database, so that nobody can cut off the end of the chain unnoticed."""

import asyncio
from datetime import datetime
from pathlib import Path

from tael.foundation.db import Database, Transaction
from tael.ledger.blocks import block_by_number, newest_blocks
from tael.ledger.errors import PastReplaced
from tael.ledger.files import ExportedHead, append_head, exported, newest_head


async def export_newest(database: Database, folder: Path, *, now: datetime) -> bool:
    """Append the newest head to this month's file; says whether it was new. Nothing happens before the first block.

    Raises `PastReplaced` if the head that was exported last is no longer in the chain: what grows there now must not
    pass for the continuation.
    """
    last = await asyncio.to_thread(newest_head, folder)
    async with database.transaction() as tx:
        newest = await newest_heads(tx, limit=1)
        kept = await block_by_number(tx, last.no) if last is not None else None
    if last is not None and (kept is None or kept.head != last.head):
        raise PastReplaced(
            f"Block {last.no} was exported, and is not in the database any more as it was.",
            hint="Run `tael ledger verify`, and look after who has rights over the database.",
        )
    if not newest:
        return False
    return await asyncio.to_thread(append_head, folder, f"{now:%Y-%m}", newest[0])


async def newest_heads(tx: Transaction, *, limit: int) -> list[ExportedHead]:
    """The signed heads of the last blocks, the very last one first."""
    return [exported(block.header, block.signature) for block in await newest_blocks(tx, limit=limit)]
