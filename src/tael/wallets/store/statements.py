"""Where do statements and their files lie?"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries
from tael.wallets.model.statements import WalletStatement

SQL = queries("tael.wallets")


async def insert(tx: Transaction, statement: WalletStatement, *, due_at: datetime) -> None:
    """Write a new one."""
    await tx.run(SQL.insert_statement, **msgspec.structs.asdict(statement), due_at=due_at)


async def count_open(tx: Transaction, user_id: str) -> int:
    """How many of a user's are not at an end; nobody else adds one until the transaction ends."""
    await tx.tuples(SQL.lock_statements_of_user, user_id=user_id)
    return int((await tx.tuples(SQL.count_open_statements, user_id=user_id))[0][0])


async def find(tx: Transaction, id: str, *, now: datetime) -> WalletStatement | None:
    """One as it stands."""
    return await tx.row(SQL.find_statement, WalletStatement, id=id, now=now)


async def find_by_code(tx: Transaction, code: str, *, now: datetime) -> WalletStatement | None:
    """The complete one with a code."""
    return await tx.row(SQL.find_statement_by_code, WalletStatement, code=code, now=now)


async def page(
    tx: Transaction, user_id: str, *, before: str | None, limit: int, now: datetime
) -> list[WalletStatement]:
    """One page of a user's, newest first."""
    return await tx.rows(
        SQL.list_statements, WalletStatement, user_id=user_id, before=before, limit=limit, now=now
    )


async def claim(tx: Transaction, *, now: datetime, lease_until: datetime) -> WalletStatement | None:
    """One that is due, for whoever asks, until then."""
    return await tx.row(SQL.claim_statement, WalletStatement, now=now, lease_until=lease_until)


async def note_progress(tx: Transaction, statement: WalletStatement, *, lease_until: datetime) -> bool:
    """Write how far it is; whether it is still the caller's."""
    return bool(
        await tx.run(
            SQL.note_progress,
            id=statement.id,
            bills=statement.bills,
            written=statement.written,
            attempts=statement.attempts,
            lease_until=lease_until,
        )
    )


async def end(tx: Transaction, statement: WalletStatement) -> bool:
    """Write how it ended; whether it was still the caller's."""
    return bool(await tx.run(SQL.end_statement, **msgspec.structs.asdict(statement)))


async def keep_file(tx: Transaction, statement: WalletStatement, sealed: bytes) -> None:
    """Keep its file."""
    await tx.run(SQL.insert_statement_file, id=statement.id, sealed=sealed, good_until=statement.file_until)


async def find_file(tx: Transaction, id: str, *, now: datetime) -> bytes | None:
    """Its file, sealed."""
    found = await tx.tuples(SQL.find_statement_file, id=id, now=now)
    return bytes(found[0][0]) if found else None


async def forget_of(tx: Transaction, user_ids: Sequence[str]) -> None:
    """Forget all of some users."""
    await tx.run(SQL.forget_statements_of, user_ids=list(user_ids))


async def forget(tx: Transaction, *, now: datetime) -> None:
    """Forget files and statements whose time is over."""
    await tx.run(SQL.forget_statement_files, now=now)
    await tx.run(SQL.forget_statements, now=now)
