"""Where does the chain lie? Blocks in and out of the database, and the texts of the rows that they seal."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from tael.foundation.db import Query, Transaction
from tael.ledger.proofs import Header, split_leaves
from tael.ledger.store import SQL

TEXTS: dict[str, Query] = {
    "currencies": SQL.texts_of_currencies,
    "accounts": SQL.texts_of_accounts,
    "limits": SQL.texts_of_limits,
    "closings": SQL.texts_of_closings,
    "entries": SQL.texts_of_entries,
}
"""The tables that are sealed, in this order, and how a row becomes the text that is hashed."""
_PAGE = 500
ALL = 2**31
"""More rows than a block has."""


class SealedBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block as it lies in the database, less its leaves."""

    header: Header
    head: bytes
    signature: bytes


class _BlockRow(Header, frozen=True, kw_only=True):
    head_kept: bytes
    signature: bytes

    def as_block(self) -> SealedBlock:
        header = Header(**{field: getattr(self, field) for field in Header.__struct_fields__})
        return SealedBlock(header=header, head=self.head_kept, signature=self.signature)


async def texts_of(
    tx: Transaction, sealed_table: str, *, first_no: int, last_no: int, limit: int = ALL
) -> list[tuple[int, str]]:
    """Number and text of the rows of a range, in the order of their numbers, the first `limit` of them."""
    if sealed_table == "entries" and limit < ALL:
        # The lines are joined by their range of numbers, so the end of the range has to be known before.
        end = await tx.tuples(SQL.number_of_entry, first_no=first_no, last_no=last_no, behind=limit - 1)
        last_no = end[0][0] if end else last_no
    return await tx.tuples(TEXTS[sealed_table], first_no=first_no, last_no=last_no, limit=limit)


async def sealed_until(tx: Transaction) -> dict[str, int]:
    """The greatest number of each table that a block has sealed."""
    return dict(await tx.tuples(SQL.sealed_until))


async def insert_block(
    tx: Transaction, header: Header, signature: bytes, *, numbers: Sequence[int], leaves: Sequence[bytes]
) -> None:
    """Add a block to the chain."""
    await tx.run(
        SQL.insert_block,
        **msgspec.structs.asdict(header),
        head=header.head,
        signature=signature,
        numbers=list(numbers),
        leaves=b"".join(leaves),
    )


async def all_blocks(tx: Transaction) -> AsyncIterator[SealedBlock]:
    """The blocks in the order of the chain, some at a time."""
    after = 0
    while page := await tx.rows(SQL.list_blocks, _BlockRow, after=after, limit=_PAGE):
        for row in page:
            yield row.as_block()
        after = page[-1].no


async def blocks_of_range(tx: Transaction, *, first_no: int, last_no: int) -> AsyncIterator[SealedBlock]:
    """The blocks that have sealed the entries of a range, in order."""
    for row in await tx.rows(SQL.blocks_of_range, _BlockRow, first_no=first_no, last_no=last_no):
        yield row.as_block()


async def newest_blocks(tx: Transaction, *, limit: int) -> list[SealedBlock]:
    """The last blocks of the chain, the very last one first."""
    return [row.as_block() for row in await tx.rows(SQL.newest_blocks, _BlockRow, limit=limit)]


async def block_of_row(tx: Transaction, sealed_table: str, number: int) -> SealedBlock | None:
    """The block that has sealed the row of that number; `None` if none has yet."""
    row = await tx.row(SQL.block_of_row, _BlockRow, sealed_table=sealed_table, number=number)
    return None if row is None else row.as_block()


async def block_by_number(tx: Transaction, no: int) -> SealedBlock | None:
    """The block of that number."""
    row = await tx.row(SQL.block_by_number, _BlockRow, no=no)
    return None if row is None else row.as_block()


async def leaves_in(tx: Transaction, no: int) -> tuple[list[int], list[bytes]]:
    """Numbers and leaves of the rows that block `no` has sealed."""
    numbers, joined = (await tx.tuples(SQL.leaves_of_block, no=no))[0]
    return numbers, split_leaves(joined)
