"""What are the nouns of identity? Login, session, one-time link, and who stands at the door."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A person who signs in."""

    id: str
    email: str
    """In small letters; nobody else has it."""
    name: str
    has_second_factor: bool
    password_changed_at: datetime
    created_at: datetime


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever stands at the door, as far as it can be seen."""

    device: str
    """What the browser calls itself."""
    address: str
    request_id: str | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser in which somebody signed in."""

    id: str
    login_id: str
    device: str
    address: str
    acts_for: str | None
    """On whose behalf; the id of a merchant, where merchants' people sign in."""
    created_at: datetime
    last_seen_at: datetime
    proven_at: datetime | None
    """When a second factor was shown last. None: the session is half of one, and opens nothing but the next step."""


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session at the only moment at which its token is known."""

    session: Session
    token: str

    def __repr__(self) -> str:
        return f"NewSession({self.session.id})"


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in, and where."""

    session: Session
    login: Login


class LinkKind(StrEnum):
    """What a one-time link lets its holder do."""

    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a kind
    """Choose a new password; the second factor stays."""
    RESET_ALL = "reset_all"
    """Choose a new password and set up a new second factor."""


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time link at the only moment at which its token is known."""

    id: str
    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"NewLink({self.id})"


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor that was just set up."""

    session: NewSession
    recovery_codes: Sequence[str]
    """Shown this one time."""

    def __repr__(self) -> str:
        return f"Confirmed({self.session.session.id})"


def actor_of(login_id: str) -> str:
    """How the audit trail names a person."""
    return f"login:{login_id}"


class ViewPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Whose views, on whose behalf, and of which page."""

    login_id: str
    acts_for: str
    page: str


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """The filters and columns of a page, under a name."""

    name: str
    query: str
    """What stands after the question mark in the address."""
