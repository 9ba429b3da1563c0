"""Who signs in, where, and who stands at the door? Logins, sessions, devices, one-time links."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A person who signs in."""

    id: str
    email: str
    """In small letters; nobody else has it. Empty for somebody who signs in with something else."""
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
    device_id: str | None = None
    """Of a user who is signed in: at which of their devices."""


class SessionKind(StrEnum):
    """How long a session lasts is a matter of where it is."""

    DESK = "desk"
    """At the portal, where somebody acts for a business."""
    VISIT = "visit"
    """Of a user, at a device that may be anybody's."""
    OWN = "own"
    """Of a user, at a device of their own that they trust."""


class Factor(StrEnum):
    """What somebody can show, beside the password with which they sign in."""

    PAYMENT_PASSWORD = "payment_password"  # noqa: S105 - the name of a kind
    """Six digits that they know."""
    PASSKEY = "passkey"
    """A key that their device keeps behind a finger, a face or a PIN. It signs what it confirms."""
    CODE = "code"
    """A one-time code that was sent to them."""
    AUTHENTICATOR = "authenticator"
    """A code that their authenticator shows, or a recovery code."""
    DEVICE = "device"
    """A device that they trusted before. Good for signing in, and for nothing else."""


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
    kind: SessionKind = SessionKind.DESK
    device_id: str | None = None
    """Of a user: which of their devices it is at, once a second factor was shown."""
    proven_with: Factor | None = None
    """Which factor that was; `None` at the portal: a code of the authenticator, or a recovery code."""


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


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody has shown a second factor, and may come from again."""

    id: str
    login_id: str
    name: str
    """What the browser called itself."""
    first_seen_at: datetime
    last_seen_at: datetime
    trusted_at: datetime | None
    """Since when it stands in for a second factor when the password is shown. None: it does not."""
    revoked_at: datetime | None = None


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has shown a password, or more, at the only moment at which the tokens are known."""

    session: NewSession
    is_whole: bool
    factors: Sequence[Factor] = ()
    """If it is half of a session: any one of these makes it whole."""
    device: Device | None = None
    """If it is whole: where."""
    device_token: str | None = None
    """For the device to keep, and to show with the next password; `None` if it has one."""
    is_new_device: bool = False
    """Whether the person has to be told that somebody came from a device that was not known."""

    def __repr__(self) -> str:
        return f"SignedIn({self.session.session.id})"


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


class SetUp(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody proves who they are with."""

    has_payment_password: bool
    recovery_codes_left: int
    passkeys: int


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """What others know of whoever holds a login."""

    account_class: str = "none"
    """How well they are known, in the words of standing: how much they may move follows from it."""
    face_shown_at: datetime | None = None
    """When they last were asked for their face and a source found that it is the one of their document."""


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
