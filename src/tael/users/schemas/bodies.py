"""What is a user told about themselves?"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.identity_documents import DocumentKind
from tael.users.model import AgreementName, Purpose, ReviewReason, UserState, VerificationState
from tael.users.schemas.words import Moment


class AgreementBody(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement and how you stand to it."""

    agreement: AgreementName
    version: str
    digests: Annotated[Mapping[str, str], Meta(description="SHA-256 of the text in each language")]
    effective_from: date
    accepted: Annotated[str | None, Meta(description="The version that you accepted last", examples=[None])]
    due: Annotated[bool, Meta(description="Whether the one that holds has to be accepted")]
    coming: Annotated[str | None, Meta(description="The next version, once announced", examples=[None])]
    coming_from: date | None


class AgreementTextBody(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it is accepted."""

    agreement: AgreementName
    version: str
    language: str
    digest: str
    effective_from: date
    text: str


class ConsentTextBody(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a consent, and your last word on it."""

    purpose: Purpose
    version: str
    digest: str
    text: str
    given: bool


class ConsentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that was given or withdrawn."""

    id: str
    purpose: Purpose
    given: bool
    version: str
    decided_at: Moment


class IdentityBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who a user is, masked."""

    state: str
    name: str
    document_kind: DocumentKind
    document_number: str
    issued_by: str
    valid_until: date | None
    expired: bool
    claimed_at: Moment
    verified_at: Moment | None


class UserBody(msgspec.Struct, frozen=True, kw_only=True):
    """A user, masked."""

    id: Annotated[str, Meta(examples=["usr_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    state: UserState
    phone: Annotated[str, Meta(examples=["138****1234"])]
    language: str
    registered_at: Moment
    identity: IdentityBody | None
    closed_at: Moment | None = None
    retained_until: Annotated[
        Moment | None, Meta(description="Until when the law asks us to keep what is left", examples=[None])
    ] = None


class VerificationBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a source said."""

    id: Annotated[str, Meta(examples=["chk_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    source: str
    state: VerificationState
    wrong: Annotated[list[str], Meta(description="What was not confirmed", examples=[["phone"]])]
    counts: Annotated[bool, Meta(description="Whether it counts for the account class")]
    page_url: Annotated[str, Meta(description="Where you show yourself, for a source that asks for it")]
    asked_at: Moment
    ended_at: Moment | None


class ReviewBody(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks at, as its user sees it."""

    id: Annotated[str, Meta(examples=["rvw_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    reason: ReviewReason
    state: str
    wanted: Annotated[Mapping[str, str], Meta(description="Masked")]
    asked_at: Moment
    due_at: Moment
    ended_at: Moment | None
    answer: Annotated[str | None, Meta(description="What whoever decided says", examples=[None])]


class DataRequestBody(msgspec.Struct, frozen=True, kw_only=True):
    """A wish about your personal information."""

    id: Annotated[str, Meta(examples=["pdr_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    kind: str
    state: str
    asked_at: Moment
    ended_at: Moment | None
    good_until: Annotated[Moment | None, Meta(description="Until when the file can be fetched, once")]
    file_bytes: int | None
    outcome: Annotated[Mapping[str, str], Meta(description="Of a deletion: what became of each kind of data")]


class KeptBody(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of personal information that we keep."""

    what: str
    shown: Annotated[str, Meta(description="Masked; the copy that you can ask for has it in clear")]
    purpose: str
    basis: str
    kept_until: str


class PersonalInformationBody(msgspec.Struct, frozen=True, kw_only=True):
    """What we keep of you, what for, and how long."""

    user_id: str
    kept: list[KeptBody]
