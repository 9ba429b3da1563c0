"""Where do merchants and their keys lie? The context's only SQL."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries
from tael.merchants.model import ApiKey, Merchant, MerchantState

SQL = queries("tael.merchants")


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key with its hash and its merchant."""

    hash: bytes
    revoked_at: datetime | None
    id: str
    name: str
    state: MerchantState
    fee_basis_points: int
    created_at: datetime

    @property
    def merchant(self) -> Merchant:
        """The merchant whose key this is."""
        return Merchant(
            id=self.id,
            name=self.name,
            state=self.state,
            fee_basis_points=self.fee_basis_points,
            created_at=self.created_at,
        )


async def insert_merchant(tx: Transaction, merchant: Merchant) -> None:
    """Write a new merchant."""
    await tx.run(SQL.insert_merchant, **msgspec.structs.asdict(merchant))


async def find_merchants(tx: Transaction, ids: Sequence[str]) -> dict[str, Merchant]:
    """The merchants among `ids`."""
    return {found.id: found for found in await tx.rows(SQL.find_merchants, Merchant, ids=list(ids))}


async def list_merchants(tx: Transaction, *, limit: int) -> list[Merchant]:
    """Merchants, oldest first."""
    return await tx.rows(SQL.list_merchants, Merchant, limit=limit)


async def set_state(tx: Transaction, merchant_id: str, state: MerchantState) -> bool:
    """Let a merchant act or not; false if there is no such merchant."""
    return await tx.run(SQL.set_merchant_state, id=merchant_id, state=state) > 0


async def insert_key(
    tx: Transaction, *, prefix: str, merchant_id: str, hash: bytes, created_at: datetime
) -> None:
    """Write a new key's hash."""
    await tx.run(SQL.insert_key, prefix=prefix, merchant_id=merchant_id, hash=hash, created_at=created_at)


async def find_key(tx: Transaction, prefix: str) -> KeyRow | None:
    """The key with its merchant."""
    return await tx.row(SQL.find_key, KeyRow, prefix=prefix)


async def list_keys(tx: Transaction, merchant_id: str) -> list[ApiKey]:
    """A merchant's keys, oldest first."""
    return await tx.rows(SQL.list_keys, ApiKey, merchant_id=merchant_id)


async def revoke_key(tx: Transaction, prefix: str, *, now: datetime) -> bool:
    """End a key; false if there is none of that prefix."""
    return await tx.run(SQL.revoke_key, prefix=prefix, now=now) > 0


async def note_use(tx: Transaction, prefixes: Sequence[str], *, now: datetime) -> None:
    """Remember when keys were used last."""
    await tx.run(SQL.note_use, prefixes=sorted(prefixes), now=now)
