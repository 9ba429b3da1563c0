"""Has anything changed in the books or among the payments? Everything there is, before and after, must be the same."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tael.app.house import House
from tael.foundation.db import Query

_TABLES = (
    "payments.payments",
    "payments.attempts",
    "payments.refunds",
    "ledger.entries",
    "ledger.postings",
    "ledger.balances",
)
_EVERYTHING = Query(
    "everything",
    " union all ".join(
        f"select '{table}', count(*), md5(coalesce(string_agg(row, '|' order by row), ''))"
        f" from (select (to_jsonb(t) - array['inquiries', 'next_inquiry_at', 'channel_code', 'error_class'])::text from {table} t) as rows (row)"
        for table in _TABLES
    ).encode(),
)


async def everything(house: House) -> list[tuple[object, ...]]:
    """Each table with its number of rows and the digest of all of them, less the janitor's own notes."""
    async with house.database.transaction() as tx:
        return await tx.tuples(_EVERYTHING)


@asynccontextmanager
async def nothing_changes(house: House) -> AsyncIterator[None]:
    """Whatever happens in the block leaves no trace in the books nor among the payments."""
    before = await everything(house)
    yield
    assert await everything(house) == before
