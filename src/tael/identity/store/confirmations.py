"""Where do confirmations lie?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from tael.foundation.db import Transaction
from tael.identity.model import Confirmation, Factor
from tael.identity.store import SQL


async def insert(tx: Transaction, confirmation: Confirmation) -> None:
    """Write a new one."""
    await tx.run(
        SQL.insert_confirmation,
        id=confirmation.id,
        login_id=confirmation.login_id,
        session_id=confirmation.session_id,
        about=confirmation.about,
        strength=confirmation.strength,
        sets=_json(confirmation.sets),
        words=_json(confirmation.words),
        nonce=confirmation.nonce,
        made_at=confirmation.made_at,
        expires_at=confirmation.expires_at,
    )


async def find(tx: Transaction, id: str, *, login_id: str, lock: bool = False) -> Confirmation | None:
    """One of a login's."""
    query = SQL.lock_confirmation if lock else SQL.find_confirmation
    return await tx.row(query, Confirmation, id=id, login_id=login_id)


async def show(
    tx: Transaction,
    id: str,
    *,
    shown: Sequence[Factor],
    confirmed_at: datetime | None,
    signature: dict[str, Any] | None,
) -> None:
    """Write down what was shown, and the signature, if it was one."""
    await tx.run(
        SQL.show_factor,
        id=id,
        shown=list(shown),
        confirmed_at=confirmed_at,
        signature=None if signature is None else _json(signature),
    )


async def lock_many(tx: Transaction, ids: Sequence[str]) -> Sequence[Confirmation]:
    """Those of these ids that there are, whoever's they are."""
    return await tx.rows(SQL.lock_confirmations, Confirmation, ids=list(ids))


async def use_many(tx: Transaction, ids: Sequence[str], *, now: datetime) -> None:
    """Use these up."""
    if ids:
        await tx.run(SQL.use_confirmations, ids=list(ids), now=now)


async def forget(tx: Transaction, *, after: datetime, before: datetime) -> None:
    """Drop those made between two moments that served no act."""
    await tx.run(SQL.forget_confirmations, after=after, before=before)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
