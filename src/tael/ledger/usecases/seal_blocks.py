"""Seal what was committed: rows become leaves, leaves a tree, and its signed root a link of the chain.

No row is missed, however late its transaction commits. Numbers are drawn by transactions that have an id already. So
we look first which number is the greatest, then which transaction id comes next, and wait until all transactions with
lower ids have ended: from then on no row with a lower number can appear.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.clock import Clock, monotonic_seconds
from tael.foundation.db import Database, Transaction
from tael.foundation.signing import SigningKey
from tael.ledger.blocks import TEXTS, insert_block, sealed_until, texts_of
from tael.ledger.proofs import FIRST_HEAD, Header, digest_for, leaves_of, root_of
from tael.ledger.store import SQL

BLOCK_LIMIT = 50_000
"""Rows in a block at most: what one transaction of the sealer takes, and what `verify` has in memory at a time."""
PATIENCE_SECONDS = 20.0
"""How long a round waits for transactions to end. If one goes on for longer, the next round tries again."""


class Range(msgspec.Struct, frozen=True):
    """Numbers of one table, both ends included."""

    sealed_table: str
    first_no: int
    last_no: int


async def seal_blocks(
    database: Database, *, key: SigningKey, clock: Clock, block_limit: int = BLOCK_LIMIT
) -> int:
    """Seal everything that is final by now; says how many rows. Another sealer at work is left alone."""
    sealed = 0
    for final in await _final_ranges(database):
        rest: Range | None = final
        while rest is not None:
            async with database.transaction() as tx:
                rows, rest = await _seal_one(tx, rest, key=key, clock=clock, limit=block_limit)
            sealed += rows
    return sealed


async def _final_ranges(database: Database) -> list[Range]:
    """The numbers that are not sealed and to which no row can be added any more; none if that takes too long."""
    async with database.transaction() as tx:
        sealed = await sealed_until(tx)
        greatest = dict(await tx.tuples(SQL.greatest_numbers))
        fresh = [
            Range(table, sealed.get(table, -1) + 1, greatest[table])
            for table in TEXTS
            if table in greatest and greatest[table] > sealed.get(table, -1)
        ]
        return fresh if fresh and await _all_before_have_ended(tx) else []


async def _all_before_have_ended(tx: Transaction) -> bool:
    """Wait for the transactions that run now. Each look is a statement, and so a snapshot, of its own."""
    next_one = (await tx.tuples(SQL.next_transaction))[0][0]
    give_up_at = monotonic_seconds() + PATIENCE_SECONDS
    while (await tx.tuples(SQL.oldest_transaction))[0][0] < next_one:
        if monotonic_seconds() > give_up_at:
            return False
        await asyncio.sleep(0.01)
    return True


async def _seal_one(
    tx: Transaction, final: Range, *, key: SigningKey, clock: Clock, limit: int
) -> tuple[int, Range | None]:
    """Seal one block of a range; says how many rows, and what is left of the range.

    What was sealed meanwhile by others is seen under the lock, so each row is sealed once.
    """
    if not (await tx.tuples(SQL.be_the_only_sealer))[0][0]:
        return 0, None
    sealed = await sealed_until(tx)
    first_no = sealed.get(final.sealed_table, -1) + 1
    rows = await texts_of(tx, final.sealed_table, first_no=first_no, last_no=final.last_no, limit=limit)
    if not rows:
        return 0, None
    full = len(rows) == limit
    block = Range(final.sealed_table, first_no, rows[-1][0] if full else final.last_no)
    newest = await tx.tuples(SQL.newest_block)
    header, leaves = await asyncio.to_thread(
        _header,
        block,
        [text for _, text in rows],
        after=newest[0] if newest else (0, FIRST_HEAD),
        now=clock.now(),
        key=key.name,
    )
    numbers = [number for number, _ in rows]
    await insert_block(tx, header, key.sign(header.head), numbers=numbers, leaves=leaves)
    rest = Range(final.sealed_table, block.last_no + 1, final.last_no)
    return len(rows), rest if full and rest.first_no <= rest.last_no else None


def _header(
    block: Range, texts: Sequence[str], *, after: tuple[int, bytes], now: datetime, key: str
) -> tuple[Header, list[bytes]]:
    digest = digest_for(key)
    leaves = leaves_of(texts, digest)
    header = Header(
        no=after[0] + 1,
        sealed_table=block.sealed_table,
        first_no=block.first_no,
        last_no=block.last_no,
        row_count=len(leaves),
        root=root_of(leaves, digest),
        previous_head=after[1],
        sealed_at=now,
        key=key,
    )
    return header, leaves
