"""What do wallets know of that which bills are about?"""

from collections.abc import Collection

from tael.foundation.db import Transaction, queries

SQL = queries("tael.wallets")


async def packets(tx: Transaction, ids: Collection[str]) -> list[tuple[str, str, str]]:
    """Red packets: id, whose, and what stands on it."""
    found: list[tuple[str, str, str]] = await tx.tuples(SQL.packets_of_bills, ids=list(ids))
    return found


async def open_things(tx: Transaction, user_id: str) -> list[tuple[str, int]]:
    """What of a user must end before their account is closed: kind, and how many."""
    found: list[tuple[str, int]] = await tx.tuples(SQL.open_things, user_id=user_id)
    return found


async def codes_of(tx: Transaction, user_id: str) -> list[tuple[str, str, str, object, object]]:
    """A user's personal codes: code, kind, note, made, revoked."""
    found: list[tuple[str, str, str, object, object]] = await tx.tuples(SQL.codes_of_user, user_id=user_id)
    return found
