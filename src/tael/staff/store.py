"""Where do members and their keys lie? The context's only SQL."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries
from tael.staff.errors import MemberExists, NoSuchMember
from tael.staff.model import Member, MemberState, Role, StaffKey

SQL = queries("tael.staff")


class KeptKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key's hash, with the member whose it is."""

    hash: bytes
    revoked_at: datetime | None
    id: str
    name: str
    email: str
    roles: tuple[Role, ...]
    state: MemberState
    created_at: datetime

    @property
    def member(self) -> Member:
        """Whose key this is."""
        return msgspec.convert(self, Member, from_attributes=True)


async def insert_member(tx: Transaction, member: Member) -> None:
    """Write a new member; refuses `MemberExists`."""
    row = msgspec.structs.asdict(member) | {"roles": list(member.roles)}
    if not await tx.run(SQL.insert_member, **row):
        raise MemberExists(f"{member.email} is somebody's already.", field="email")


async def find_member(tx: Transaction, id: str, *, lock: bool = False) -> Member:
    """One member; refuses `NoSuchMember`."""
    found = await tx.row(SQL.lock_member if lock else SQL.find_member, Member, id=id)
    if found is None:
        raise NoSuchMember(f"There is no member {id[:40]!r}.", field="member_id")
    return found


async def list_members(
    tx: Transaction, *, after: str | None, state: MemberState | None, role: Role | None, limit: int
) -> list[Member]:
    """Members in the order in which they came."""
    return await tx.rows(SQL.list_members, Member, after=after, state=state, role=role, limit=limit)


async def set_state(tx: Transaction, id: str, state: MemberState) -> None:
    """Let a member act or not."""
    await tx.run(SQL.set_member_state, id=id, state=state)


async def set_roles(tx: Transaction, id: str, roles: Sequence[Role]) -> None:
    """Give a member these roles and no others."""
    await tx.run(SQL.set_member_roles, id=id, roles=list(roles))


async def insert_key(tx: Transaction, key: StaffKey, *, hash: bytes) -> None:
    """Write a new key's hash."""
    await tx.run(
        SQL.insert_key, prefix=key.prefix, member_id=key.member_id, hash=hash, created_at=key.created_at
    )


async def find_key(tx: Transaction, prefix: str) -> KeptKey | None:
    """The key with its member."""
    return await tx.row(SQL.find_key, KeptKey, prefix=prefix)


async def list_keys(tx: Transaction, member_id: str) -> list[StaffKey]:
    """A member's keys, oldest first."""
    return await tx.rows(SQL.list_keys, StaffKey, member_id=member_id)


async def revoke_key(tx: Transaction, prefix: str, *, now: datetime) -> bool:
    """End a key; false if there is none of that prefix."""
    return await tx.run(SQL.revoke_key, prefix=prefix, now=now) > 0


async def note_use(tx: Transaction, prefixes: Sequence[str], *, now: datetime) -> None:
    """Remember when keys were used last."""
    await tx.run(SQL.note_use, prefixes=sorted(prefixes), now=now)
