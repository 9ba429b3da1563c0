"""Which devices does somebody come from, and which stand in for a second factor? A random token at the device, its hash with us."""

import secrets
from collections.abc import Sequence

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.identity import proofs, rules
from tael.identity.errors import NoSuchDevice
from tael.identity.events import Change
from tael.identity.model import Device, Visitor, actor_of
from tael.identity.store import devices as store
from tael.identity.store import end_sessions_at
from tael.identity.usecases.desk import Desk

MOST_DEVICES = 100
"""How many are listed."""
_LONGEST_TOKEN = 100


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """The device from which somebody came; its token, if it got one just now."""

    device: Device
    token: str | None


async def known(tx: Transaction, login_id: str, token: str | None) -> Device | None:
    """The device of a login that holds this token, if it was not revoked."""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    return await store.find(tx, login_id, proofs.hash_of_token(token))


async def arrive(
    desk: Desk, tx: Transaction, login_id: str, visitor: Visitor, *, token: str | None, trust: bool
) -> Arrived:
    """Remember from where somebody came who has shown everything; `trust` it from now on, if it was not trusted yet."""
    now = desk.now()
    before = await known(tx, login_id, token)
    if before is not None:
        seen = await store.see(tx, before.id, trusted_at=now if trust else None, now=now)
        if seen is not None:
            return Arrived(device=seen, token=None)
    device = Device(
        id=new_id("dev"),
        login_id=login_id,
        name=rules.device_as_kept(visitor.device),
        first_seen_at=now,
        last_seen_at=now,
        trusted_at=now if trust else None,
    )
    fresh = secrets.token_urlsafe(32)
    await store.insert(tx, device, token_hash=proofs.hash_of_token(fresh))
    return Arrived(device=device, token=fresh)


async def of_login(desk: Desk, login_id: str) -> Sequence[Device]:
    """From where somebody came, the last seen first."""
    async with desk.database.transaction() as tx:
        return await store.of_login(tx, login_id, limit=MOST_DEVICES)


async def revoke(desk: Desk, tx: Transaction, login_id: str, device_id: str, visitor: Visitor) -> int:
    """Believe a device no longer, and end the sessions at it; gives how many. Refuses `NoSuchDevice`."""
    now = desk.now()
    if not await store.revoke(tx, device_id, login_id=login_id, now=now):
        raise NoSuchDevice(f"There is no device {device_id[:40]!r}.", field="device_id")
    await desk.allow_and_tell(tx, login_id, Change.DEVICE_REVOKED, visitor=visitor)
    ended = await end_sessions_at(tx, login_id, device_id=device_id, because="device_revoked", now=now)
    await desk.audit(
        tx, actor=actor_of(login_id), action="revoke_device", object_id=device_id, visitor=visitor
    )
    return ended
