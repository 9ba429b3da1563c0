"""What are the nouns of staff? Member, role, key, and whoever is behind one."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What somebody is here for."""

    OPERATIONS = "operations"
    """Runs channels and partners from day to day; proposes changes."""
    FINANCE = "finance"
    """Looks after contracts and fees; approves changes of partners."""
    RISK = "risk"
    """Approves changes of channels, routing and partners."""
    COMPLIANCE = "compliance"
    """Keeps check-lists and policy changes; approves changes of staff."""
    DEVELOPER = "developer"
    """Integrates channels; looks, and changes nothing here."""
    AUDITOR = "auditor"
    """Looks at everything and changes nothing."""
    ADMINISTRATOR = "administrator"
    """Proposes changes of staff and does nothing else."""


class MemberState(StrEnum):
    """Whether a member may act."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person who works here."""

    id: str
    name: str
    email: str
    """In small letters; no two members share one."""
    roles: tuple[Role, ...]
    state: MemberState
    created_at: datetime

    @property
    def actor(self) -> str:
        """The person, as audit trail and proposals name them, whichever of their keys they use."""
        return actor_of(self.id)


class StaffKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it can be shown again: without its secret."""

    prefix: str
    member_id: str
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class NewStaffKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key at the only moment at which its secret is known."""

    key: StaffKey
    secret: str

    def __repr__(self) -> str:
        return f"NewStaffKey({self.key.prefix}…)"


class NewMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member who has just come, with a first key."""

    member: Member
    key: NewStaffKey


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who is behind a valid key, and what they may do."""

    member: Member
    prefix: str
    permissions: frozenset[str]

    @property
    def actor(self) -> str:
        """The person, whichever of their keys this is."""
        return self.member.actor


class RolesChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal about staff holds: the roles that a member has now and will have."""

    member_id: str
    before: tuple[Role, ...]
    after: tuple[Role, ...]


def actor_of(member_id: str) -> str:
    """`staff:stf_…`."""
    return f"staff:{member_id}"
