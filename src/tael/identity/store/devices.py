"""Where do the devices of people lie?"""

from collections.abc import Sequence
from datetime import datetime

from tael.foundation.db import Transaction
from tael.identity.model import Device
from tael.identity.store import SQL


async def insert(tx: Transaction, device: Device, *, token_hash: bytes) -> None:
    """Write a new one."""
    await tx.run(
        SQL.insert_device,
        id=device.id,
        login_id=device.login_id,
        token_hash=token_hash,
        name=device.name,
        first_seen_at=device.first_seen_at,
        last_seen_at=device.last_seen_at,
        trusted_at=device.trusted_at,
    )


async def find(tx: Transaction, login_id: str, token_hash: bytes) -> Device | None:
    """The device of a login that holds this token."""
    return await tx.row(SQL.find_device, Device, login_id=login_id, token_hash=token_hash)


async def of_login(tx: Transaction, login_id: str, *, limit: int) -> Sequence[Device]:
    """Those that were not revoked, the last seen first."""
    return await tx.rows(SQL.list_devices, Device, login_id=login_id, limit=limit)


async def see(tx: Transaction, id: str, *, trusted_at: datetime | None, now: datetime) -> Device | None:
    """Remember that somebody came from it, and trust it from now on; none if it was revoked meanwhile."""
    return await tx.row(SQL.see_device, Device, id=id, trusted_at=trusted_at, now=now)


async def revoke(tx: Transaction, id: str, *, login_id: str, now: datetime) -> bool:
    """Believe it no longer; false if the login has none like it."""
    return await tx.run(SQL.revoke_device, id=id, login_id=login_id, now=now) > 0
