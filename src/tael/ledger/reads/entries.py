"""Which entries stand in the books, and how many?"""

from collections.abc import Sequence

import msgspec

from tael.foundation.db import Transaction
from tael.ledger.model import PostedEntry
from tael.ledger.store import SQL, entries_by_reference


class BooksSize(msgspec.Struct, frozen=True):
    """How much is in the books."""

    entries: int
    postings: int
    accounts: int


async def entries_about(tx: Transaction, references: Sequence[str], *, limit: int = 200) -> list[PostedEntry]:
    """The entries about some business objects, in the order of booking."""
    return await entries_by_reference(tx, references, limit=limit)


async def books_size(tx: Transaction) -> BooksSize:
    """Numbers of entries, postings and accounts."""
    return BooksSize(*(await tx.tuples(SQL.count_books))[0])
