"""Where do passkeys lie, and which questions have they answered?"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.identity.model import Passkey
from tael.identity.store import SQL


class KeptCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey with its public half."""

    id: str
    login_id: str
    credential_id: bytes
    public_key: bytes
    sign_count: int


class Descriptor(msgspec.Struct, frozen=True, kw_only=True):
    """By what a browser knows a passkey again."""

    credential_id: bytes
    transports: tuple[str, ...]


async def insert(
    tx: Transaction,
    passkey: Passkey,
    *,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    transports: Sequence[str],
    most: int,
) -> bool:
    """Write a new one; false if there are too many, or somebody has it."""
    written = await tx.run(
        SQL.insert_passkey,
        id=passkey.id,
        login_id=passkey.login_id,
        name=passkey.name,
        is_synced=passkey.is_synced,
        created_at=passkey.created_at,
        credential_id=credential_id,
        public_key=public_key,
        sign_count=sign_count,
        transports=list(transports),
        most=most,
    )
    return written > 0


async def of_login(tx: Transaction, login_id: str) -> Sequence[Passkey]:
    """Somebody's passkeys, the oldest first."""
    return await tx.rows(SQL.list_passkeys, Passkey, login_id=login_id)


async def descriptors(tx: Transaction, login_id: str) -> Sequence[Descriptor]:
    """By what browsers know them."""
    return await tx.rows(SQL.list_credentials, Descriptor, login_id=login_id)


async def find(tx: Transaction, credential_id: bytes) -> KeptCredential | None:
    """The passkey that a browser names."""
    return await tx.row(SQL.find_credential, KeptCredential, credential_id=credential_id)


async def use(tx: Transaction, id: str, *, sign_count: int, now: datetime) -> bool:
    """Remember that it was used; false if its count did not go up, or it was forgotten."""
    return await tx.run(SQL.use_passkey, id=id, sign_count=sign_count, now=now) > 0


async def rename(tx: Transaction, id: str, *, login_id: str, name: str) -> bool:
    """Call it something else; false if the login has none like it."""
    return await tx.run(SQL.rename_passkey, id=id, login_id=login_id, name=name) > 0


async def forget(tx: Transaction, id: str, *, login_id: str, now: datetime) -> str | None:
    """Believe it no longer; gives its name, `None` if the login has none like it."""
    found = await tx.tuples(SQL.forget_passkey, id=id, login_id=login_id, now=now)
    return str(found[0][0]) if found else None


async def spend_question(tx: Transaction, hash: bytes, *, expires_at: datetime) -> bool:
    """Remember that a question was answered; false if it was before."""
    return await tx.run(SQL.spend_question, hash=hash, expires_at=expires_at) > 0


async def forget_questions(tx: Transaction, *, before: datetime) -> None:
    """Drop those that nobody can answer any more."""
    await tx.run(SQL.forget_questions, before=before)
