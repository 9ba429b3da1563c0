"""Whose key opens the books? Make keys, list them, take them back, say what the holder of one may do.

The keys of merchants are another context's: who runs the ledger by itself has no merchants.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tael.foundation import api_keys, audit
from tael.foundation.api_keys import KeyRing
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.ledger.errors import KeyMalformed, KeyRefused, NoSuchKey
from tael.ledger.store import SQL

MAY = {"read": "ledger.read", "write": "ledger.write", "close": "ledger.close"}
"""What a key may be given, in the words of the command line, and the permission that each stands for."""
_LONGEST_NAME = 64


class LedgerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it can be shown again: without its secret."""

    prefix: str
    name: str
    """What it is for, in the words of whoever made it."""
    permissions: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class NewLedgerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key at the only moment at which its secret is known."""

    key: LedgerKey
    secret: str

    def __repr__(self) -> str:
        return f"NewLedgerKey({self.key.prefix}…)"


class _KeptKey(LedgerKey, frozen=True, kw_only=True):
    hash: bytes


class LedgerKeys:
    """The keys of one ledger's API."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._ring: KeyRing[LedgerKey] = KeyRing(clock, self._look_up)

    async def create(self, name: str, *, may: Iterable[str], actor: str) -> NewLedgerKey:
        """A new key that may do what `may` says (words of `MAY`); its secret is in the answer and nowhere else.

        Refuses `KeyMalformed`.
        """
        name, may = name.strip(), set(may)
        _check(name, may)
        made = api_keys.make_secret("tael_ledger")
        key = LedgerKey(
            prefix=made.prefix,
            name=name,
            permissions=tuple(permission for word, permission in MAY.items() if word in may),
            created_at=self._clock.now(),
        )
        async with self._database.transaction() as tx:
            await tx.run(
                SQL.insert_key,
                prefix=key.prefix,
                name=key.name,
                permissions=list(key.permissions),
                hash=api_keys.hash_of(made.secret),
                created_at=key.created_at,
            )
            await self._audit(tx, actor, "ledger.create_key", key.prefix)
        return NewLedgerKey(key=key, secret=made.secret)

    async def everything(self) -> Sequence[LedgerKey]:
        """All keys, oldest first, without their secrets."""
        async with self._database.transaction() as tx:
            return await tx.rows(SQL.list_keys, LedgerKey)

    async def revoke(self, prefix: str, *, actor: str) -> None:
        """End a key, everywhere within `api_keys.CACHE_SECONDS`; refuses `NoSuchKey`."""
        async with self._database.transaction() as tx:
            if not await tx.run(SQL.revoke_key, prefix=prefix, now=self._clock.now()):
                raise NoSuchKey(f"There is no key {prefix}.", field="prefix")
            await self._audit(tx, actor, "ledger.revoke_key", prefix)

    async def authenticate(self, secret: str) -> LedgerKey:
        """Which key this is; refuses `KeyRefused`."""
        return await self._ring.holder_of(secret)

    async def note_uses(self) -> None:
        """Write down which keys were used since the last call."""
        used = self._ring.take_used()
        if used:
            async with self._database.transaction() as tx:
                await tx.run(SQL.note_key_use, prefixes=used, now=self._clock.now())

    async def _look_up(self, secret: str) -> LedgerKey:
        prefix = api_keys.prefix_of(secret)
        kept = None
        if prefix is not None:
            async with self._database.transaction() as tx:
                kept = await tx.row(SQL.find_key, _KeptKey, prefix=prefix)
        if kept is None or not api_keys.is_hash_of(secret, kept.hash) or kept.revoked_at:
            raise KeyRefused(
                "The API key is not valid, or it was revoked.",
                field="Authorization",
                hint="Send `Authorization: Bearer tael_ledger_…` with a key from `tael ledger keys create`.",
            )
        return kept

    async def _audit(self, tx: Transaction, actor: str, action: str, prefix: str) -> None:
        event = AuditEvent(
            happened_at=self._clock.now(), actor=actor, action=action, object_id=prefix, result="done"
        )
        await audit.record(tx, [event])


def _check(name: str, may: set[str]) -> None:
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise KeyMalformed(f"A key's name has 1 to {_LONGEST_NAME} printable characters.", field="name")
    unknown = sorted(may - MAY.keys())
    if unknown or not may:
        raise KeyMalformed(
            f"{unknown[0]!r} is nothing that a key may do."
            if unknown
            else "A key must be allowed something.",
            field="may",
            hint=f"Say one or more of: {', '.join(MAY)}, all.",
        )
