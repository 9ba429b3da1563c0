"""What are the nouns of users? User, person, agreement, consent, verification, review, data request."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

import msgspec

from tael.foundation.identity_documents import DocumentKind
from tael.users.model.terms import (
    DATED_RULES,
    AgreementNotice,
    Documents,
    Registration,
    Retention,
    Reviews,
    SecondUser,
    VerificationTries,
)

__all__ = [
    "DATED_RULES",
    "FOUR_EYES",
    "LANGUAGES",
    "Acceptance",
    "AgreementName",
    "AgreementNotice",
    "AgreementStanding",
    "AgreementText",
    "AgreementVersion",
    "Consent",
    "DataRequest",
    "DataRequestKind",
    "DataRequestState",
    "Documents",
    "Known",
    "Particulars",
    "Payee",
    "Person",
    "PersonState",
    "Purpose",
    "Registration",
    "Retention",
    "Review",
    "ReviewFilter",
    "ReviewReason",
    "ReviewState",
    "Reviews",
    "SecondUser",
    "Unmasking",
    "User",
    "UserState",
    "VerificationRecord",
    "VerificationState",
    "VerificationTries",
    "actor_of_user",
]

LANGUAGES = ("zh-CN", "en")


def actor_of_user(user_id: str) -> str:
    """How the audit trail names a user."""
    return f"user:{user_id}"


# Who it is.


class UserState(StrEnum):
    """Where the relationship stands. What somebody may do in it is standing's."""

    ACTIVE = "active"
    CLOSED = "closed"
    """Ended; what the law asks us to keep is restricted."""
    ERASED = "erased"
    """Nothing is left that tells who it was."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A natural person as everybody but themselves may see them: masked."""

    id: str
    login_id: str
    state: UserState
    language: str
    phone_shown: str
    agreed: tuple[str, ...]
    """What was accepted last of each agreement: `name@version`."""
    registered_at: datetime
    closed_at: datetime | None = None
    closed_because: str | None = None
    retained_until: datetime | None = None
    erased_at: datetime | None = None


class PersonState(StrEnum):
    """How sure we are who a user is."""

    CLAIMED = "claimed"
    """They say so."""
    IN_REVIEW = "in_review"
    """Somebody looks at what they say."""
    VERIFIED = "verified"
    """At least one independent source says so, too."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who a user is, masked."""

    user_id: str
    person: str
    """The same for every user with this document, and says nothing of it."""
    state: PersonState
    name_shown: str
    payee_shown: str
    kind: DocumentKind
    issued_by: str
    number_shown: str
    valid_until: date | None
    first: bool
    """Nobody else who is active has this document."""
    claimed_at: datetime
    verified_at: datetime | None = None
    warned_days: int | None = None
    expired_at: datetime | None = None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A user and who they are, masked; what staff see, and other contexts."""

    user: User
    person: Person | None


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """Who a user is, in clear: never logged, never kept like this."""

    name: str
    kind: DocumentKind
    number: str
    issued_by: str
    valid_until: date | None
    phone: str

    def __repr__(self) -> str:
        return "Particulars(…)"


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may be paid, as far as a payer may know them."""

    user_id: str
    name: str
    """The beginning hidden: `*小明`. Empty for somebody who has not said who they are."""
    phone: str
    """Masked."""
    verified: bool


# What they agree to.


class AgreementName(StrEnum):
    """Which texts have to be accepted."""

    SERVICE = "service"
    PRIVACY = "privacy"
    PAYMENT_ACCOUNT = "payment_account"


class AgreementVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a text, from a day on."""

    agreement: AgreementName
    version: str
    announced_on: date
    effective_from: date
    digests: Mapping[str, str]
    """SHA-256 of the text in each language, in hexadecimal digits."""


class AgreementText(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it is accepted."""

    agreement: AgreementName
    version: str
    language: str
    digest: str
    effective_from: date
    text: str


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody has accepted a text."""

    id: str
    agreement: AgreementName
    version: str
    language: str
    digest: str
    address: str
    device: str
    accepted_at: datetime


class AgreementStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a user stands to one agreement."""

    agreement: AgreementName
    version: str
    """The one that holds today."""
    digests: Mapping[str, str]
    effective_from: date
    accepted: str | None
    """The version that they accepted last."""
    due: bool
    """Whether the one that holds has to be accepted."""
    coming: str | None = None
    """The next version, if one is announced."""
    coming_from: date | None = None


class Purpose(StrEnum):
    """Uses of personal information that take a consent of their own. Each asks for it where it is used; there is none in stock."""

    BIOMETRICS = "biometrics"
    """Comparing a face with a document (PIPL Art. 28–30)."""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """A consent as it was given or withdrawn."""

    id: str
    purpose: Purpose
    given: bool
    version: str
    digest: str
    address: str
    device: str
    decided_at: datetime


# How they are verified.


class VerificationState(StrEnum):
    """Where a question to a source stands."""

    PENDING = "pending"
    """The source has not said yet; it is asked again by itself."""
    MATCHED = "matched"
    MISMATCHED = "mismatched"
    PARTIAL = "partial"
    """It has confirmed some of it: what is missing stands in `wrong`."""
    GIVEN_UP = "given_up"
    """The source has nothing to say of this person, or did not answer for too long."""


class VerificationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One question to one source about one user."""

    check_id: str
    user_id: str
    source: str
    state: VerificationState
    presence: str
    wrong: tuple[str, ...]
    """The elements that were not confirmed: `name`, `document`, `phone`, `card`, `face`."""
    evidence: bool
    """Whether it counts for the account class."""
    asked_at: datetime
    ended_at: datetime | None


# What people look at.


class ReviewReason(StrEnum):
    """Why somebody has to look."""

    DUPLICATE_PERSON = "duplicate_person"
    """Whoever has this document is another user already."""
    PHONE_OF_ANOTHER = "phone_of_another"
    """The number belonged to somebody else before, whose data we still keep."""
    FOREIGN_DOCUMENT = "foreign_document"
    PARTIAL_ANSWERS = "partial_answers"
    """Sources confirm a part, again and again."""
    DOCUMENT_EXPIRED = "document_expired"
    NAME_CORRECTION = "name_correction"
    DOCUMENT_CORRECTION = "document_correction"
    LOST_PHONE = "lost_phone"


FOUR_EYES = frozenset(
    {
        ReviewReason.NAME_CORRECTION,
        ReviewReason.DOCUMENT_CORRECTION,
        ReviewReason.DOCUMENT_EXPIRED,
        ReviewReason.LOST_PHONE,
    }
)
"""What is looked at by one and decided by another: it makes somebody else of a user, or lets somebody else in."""


class ReviewState(StrEnum):
    """Where a review stands."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    """Nobody has decided in time; the user was told, and may ask again."""
    WITHDRAWN = "withdrawn"


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What a member of staff has to decide about a user; what it is about is masked."""

    id: str
    user_id: str
    reason: ReviewReason
    state: ReviewState
    asked_by: str
    asked_at: datetime
    due_at: datetime
    other_user_id: str | None = None
    wanted_shown: Mapping[str, str] = {}
    """What would be from then on, masked."""
    looked_by: str | None = None
    looked_at: datetime | None = None
    look_note: str | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_note: str | None = None


class ReviewFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which reviews are wanted, newest first. `None` lets everything through."""

    state: ReviewState | None = None
    reason: ReviewReason | None = None
    user_id: str | None = None
    before: str | None = None
    limit: int = 50


# What they ask about their data.


class DataRequestKind(StrEnum):
    """What somebody asks."""

    EXPORT = "export"
    DELETION = "deletion"


class DataRequestState(StrEnum):
    """Where a request stands; `refused` if an account is not closed because money has come, or something has begun since."""

    ASKED = "asked"
    READY = "ready"
    """A file waits to be fetched, once."""
    FETCHED = "fetched"
    DONE = "done"
    EXPIRED = "expired"
    """Nobody has fetched the file in time, or whoever asked has left."""
    REFUSED = "refused"


class DataRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A wish about one's personal information."""

    id: str
    user_id: str
    kind: DataRequestKind
    state: DataRequestState
    asked_at: datetime
    ended_at: datetime | None = None
    good_until: datetime | None = None
    file_bytes: int | None = None
    outcome: Mapping[str, str] = {}
    """Of a deletion: what became of each kind of data, and until when what is left is kept; or what is still open."""


class Unmasking(msgspec.Struct, frozen=True, kw_only=True):
    """That a member of staff has read in clear who a user is."""

    id: str
    user_id: str
    by: str
    fields: tuple[str, ...]
    reason: str
    address: str
    at: datetime
