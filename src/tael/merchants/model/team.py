"""Who works at a merchant? A member: a person, in a role, perhaps in some of its stores only."""

from datetime import datetime
from enum import StrEnum

import msgspec

from tael.merchants.model.merchant import TeamRole


class MemberState(StrEnum):
    """Whether somebody is there."""

    INVITED = "invited"
    """Has a link and has not used it yet."""
    ACTIVE = "active"
    REMOVED = "removed"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person at a merchant."""

    id: str
    merchant_id: str
    email: str
    name: str
    """Empty until they have joined."""
    role: TeamRole
    stores: tuple[str, ...]
    """The only stores in which they act; empty: everywhere."""
    state: MemberState
    login_id: str | None
    invited_by: str
    invited_at: datetime
    expires_at: datetime | None
    """Until when an invitation can be accepted."""
    joined_at: datetime | None


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """Ask somebody to join; asked again, they get a new link, and the old one works no more."""

    merchant_id: str
    email: str
    role: TeamRole
    stores: tuple[str, ...] | None = None
    """`None`: those of the invitation that is open; everywhere, if there is none."""


class ChangeMember(msgspec.Struct, frozen=True, kw_only=True):
    """Give a member another role, or other stores."""

    merchant_id: str
    member_id: str
    role: TeamRole
    stores: tuple[str, ...] | None = None
    """`None`: as they were; an owner acts everywhere."""


class RemoveMember(msgspec.Struct, frozen=True, kw_only=True):
    """Let somebody in no more; an invitation ends, too."""

    merchant_id: str
    member_id: str


TeamCommand = Invite | ChangeMember | RemoveMember


_MEMBER = "member:"


def actor_of_member(login_id: str) -> str:
    """How the audit trail names somebody who acts for a merchant."""
    return _MEMBER + login_id


def login_of_actor(actor: str) -> str | None:
    """Whose login acts, if it is a person at a merchant."""
    return actor.removeprefix(_MEMBER) if actor.startswith(_MEMBER) else None
