"""Let the newest signed head leave the database, so that nobody can cut off the end of the chain unnoticed."""

import asyncio
from datetime import datetime
from pathlib import Path

from tael.foundation.db import Database, Transaction
from tael.ledger.blocks import newest_blocks
from tael.ledger.files import ExportedHead, append_head, exported


async def export_newest(database: Database, folder: Path, *, now: datetime) -> bool:
    """Append the newest head to this month's file; says whether it was new. Nothing happens before the first block."""
    async with database.transaction() as tx:
        newest = await newest_heads(tx, limit=1)
    if not newest:
        return False
    return await asyncio.to_thread(append_head, folder, f"{now:%Y-%m}", newest[0])


async def newest_heads(tx: Transaction, *, limit: int) -> list[ExportedHead]:
    """The signed heads of the last blocks, the very last one first."""
    return [exported(block.header, block.signature) for block in await newest_blocks(tx, limit=limit)]
