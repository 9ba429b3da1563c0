"""What of a login goes when its person leaves, and what when nothing has to be kept any longer?"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.identity.store import SQL


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody confirmed: the words that they saw, masked."""

    id: str
    words: Mapping[str, str]
    made_at: datetime
    confirmed_at: datetime | None
    used_at: datetime | None


async def forget(tx: Transaction, login_id: str, *, subjects: Sequence[str], now: datetime) -> None:
    """Where somebody was, and what they signed in with. subjects: under which their tries are counted."""
    for query in (
        SQL.forget_sessions_of,
        SQL.forget_devices_of,
        SQL.forget_payment_password_of,
        SQL.forget_small_amounts,
        SQL.forget_recovery_codes,
        SQL.forget_factor_of,
        SQL.forget_views_of,
    ):
        await tx.run(query, login_id=login_id)
    await tx.run(SQL.forget_tries_of, subjects=list(subjects))
    await tx.run(SQL.forget_passkeys_of, login_id=login_id, now=now)
    await tx.run(SQL.empty_login, id=login_id, now=now)


async def erase(tx: Transaction, login_id: str) -> None:
    """What was kept of it because of what it signed."""
    for query in (SQL.erase_confirmations_of, SQL.erase_passkeys_of):
        await tx.run(query, login_id=login_id)


async def confirmed_by(tx: Transaction, login_id: str, *, limit: int) -> Sequence[Confirmed]:
    """What somebody confirmed and used, the newest first."""
    return await tx.rows(SQL.confirmations_of, Confirmed, login_id=login_id, limit=limit)
