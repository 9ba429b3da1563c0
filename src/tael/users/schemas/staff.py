"""What do members of staff ask about users, and what are they told?"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tael.foundation.printable import PRINTABLE
from tael.users.model import ReviewReason
from tael.users.schemas.own import DocumentGiven
from tael.users.schemas.words import Moment, Note, Phone, Strict


class StaffReviewBody(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks at, as staff see it."""

    id: str
    user_id: str
    reason: ReviewReason
    state: str
    wanted: Mapping[str, str]
    other_user_id: str | None
    four_eyes: Annotated[bool, Meta(description="Whether one looks and another decides")]
    asked_by: str
    asked_at: Moment
    due_at: Moment
    looked_by: str | None
    looked_at: Moment | None
    look_note: str | None
    ended_by: str | None
    ended_at: Moment | None
    end_note: str | None


class SearchRequest(Strict, frozen=True, kw_only=True):
    """Whom staff look for: by one of the three, which is not logged and not kept."""

    phone: Annotated[Phone | None, Meta(examples=[None])] = None
    document: DocumentGiven | None = None
    name: Annotated[
        Annotated[str, Meta(min_length=1, max_length=64, pattern=PRINTABLE)] | None,
        Meta(
            description="The whole name, in any case, with or without its spaces; of many users of a name, the newest 200",
            examples=["李小明"],
        ),
    ] = None

    def __repr__(self) -> str:
        return "SearchRequest(…)"


class UnmaskRequest(Strict, frozen=True, kw_only=True):
    """What somebody reads in clear, and why."""

    fields: Annotated[tuple[Literal["name", "document", "phone"], ...], Meta(min_length=1, max_length=3)]
    reason: Note


class UnmaskedBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who a user is, in clear; only what was asked for."""

    user_id: str
    name: str | None = None
    document: str | None = None
    phone: str | None = None

    def __repr__(self) -> str:
        return "UnmaskedBody(…)"


class UnmaskingBody(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody has read in clear who a user is."""

    id: str
    user_id: str
    by: str
    fields: list[str]
    reason: str
    at: Moment


class LookRequest(Strict, frozen=True, kw_only=True):
    """What the first of two people saw."""

    note: Note


class DecideRequest(Strict, frozen=True, kw_only=True):
    """Yes or no, and what the user is told of it."""

    approve: bool
    note: Note


class EndSessionsRequest(Strict, frozen=True, kw_only=True):
    """Nothing has to be said."""


class RevokeDeviceRequest(Strict, frozen=True, kw_only=True):
    """Which of a user's devices is believed no more."""

    device_id: Annotated[str, Meta(pattern=r"^dev_[0-9a-z]{26}$(?!\n)")]


class EndedAccessBody(msgspec.Struct, frozen=True, kw_only=True):
    """What has ended."""

    id: str
    sessions_ended: Annotated[int, Meta(examples=[2])]


class AccessSessionBody(msgspec.Struct, frozen=True, kw_only=True):
    """Where a user is signed in."""

    id: str
    kind: str
    device: str
    network: Annotated[str | None, Meta(description="Of the address the network alone", examples=[None])]
    created_at: Moment
    last_seen_at: Moment


class AccessDeviceBody(msgspec.Struct, frozen=True, kw_only=True):
    """From where a user has come with all that it takes."""

    id: str
    name: str
    trusted: bool
    first_seen_at: Moment
    last_seen_at: Moment


class AccessBody(msgspec.Struct, frozen=True, kw_only=True):
    """With what a user comes in: that there is something, and never what."""

    sessions: list[AccessSessionBody]
    devices: list[AccessDeviceBody]
    passkeys: int
    has_payment_password: bool
    has_authenticator: bool
    recovery_codes_left: int
