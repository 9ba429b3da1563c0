"""Whose affairs wait for somebody?"""

from tael.foundation.db import Transaction
from tael.users.store import SQL


async def users_in_review(tx: Transaction, *, limit: int) -> list[str]:
    """Users about whom a review is open, newest first."""
    return [id for (id,) in await tx.tuples(SQL.users_in_review, limit=limit)]
