"""Where do one-time codes lie, and how many were made?"""

from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.identity.store import SQL


class CodeCount(msgspec.Struct, frozen=True):
    """How many codes were made about somebody since when, and when the last one."""

    made: int
    since: datetime
    last_at: datetime


async def count(
    tx: Transaction,
    about: str,
    *,
    now: datetime,
    last_before: datetime,
    counted_since: datetime,
    most: int,
) -> bool:
    """Count one more; false if it is too soon, or too many."""
    found = await tx.tuples(
        SQL.count_code,
        about=about,
        now=now,
        last_before=last_before,
        counted_since=counted_since,
        most=most,
    )
    return bool(found)


async def counted(tx: Transaction, about: str) -> CodeCount | None:
    """How many there were."""
    return await tx.row(SQL.code_count, CodeCount, about=about)


async def put(
    tx: Transaction, *, about: str, purpose: str, sealed: bytes, now: datetime, expires_at: datetime
) -> None:
    """Write a code in the place of the one before."""
    await tx.run(SQL.put_code, about=about, purpose=purpose, sealed=sealed, now=now, expires_at=expires_at)


async def find(tx: Transaction, *, about: str, purpose: str, now: datetime) -> bytes | None:
    """The code that can be used, sealed."""
    found = await tx.tuples(SQL.find_code, about=about, purpose=purpose, now=now)
    return bytes(found[0][0]) if found else None


async def use(tx: Transaction, *, about: str, purpose: str, sealed: bytes, now: datetime) -> bool:
    """Use it up; false if somebody was quicker."""
    return await tx.run(SQL.use_code, about=about, purpose=purpose, sealed=sealed, now=now) > 0


async def forget(tx: Transaction, *, before: datetime) -> None:
    """Drop what was made long ago."""
    await tx.run(SQL.forget_codes, before=before)
    await tx.run(SQL.forget_code_counts, before=before)
