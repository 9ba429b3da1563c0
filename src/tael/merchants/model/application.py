"""What does somebody tell who wants to be paid through us, and how far is the review?"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.printable import LINES


class ApplicationState(StrEnum):
    """How far an application is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    REJECTED = "rejected"


class BusinessKind(StrEnum):
    """What a merchant is before the law."""

    COMPANY = "company"
    SOLE_TRADER = "sole_trader"
    INSTITUTION = "institution"


class IdKind(StrEnum):
    """What a person shows of themselves."""

    RESIDENT_ID = "resident_id"
    """The 18 digits of GB 11643."""
    PASSPORT = "passport"


class Business(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who applies."""

    kind: BusinessKind
    legal_name: str
    """As in the business licence."""
    credit_code: str
    """Unified social credit code, 18 characters (GB 32100)."""
    address: str
    mcc: str
    """What is sold: merchant category code of ISO 18245, four digits."""
    website: str = ""
    expected_monthly_minor: int
    """What they expect to sell in a month, in fen."""


class LegalPerson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who stands for the merchant before the law."""

    name: str
    id_kind: IdKind
    id_number: str
    """Sealed; answers show its ends alone."""


class BankAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a merchant's money goes."""

    holder: str
    number: str
    """Sealed; answers show its ends alone."""
    bank_name: str
    bank_code: str = ""
    """Twelve digits of the payment system (CNAPS), if it is known."""


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom we speak with."""

    name: str
    email: str
    phone: str
    """Sealed; answers show its ends alone."""


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """All that an application says; what is not filled in yet is `None`."""

    business: Business | None = None
    legal_person: LegalPerson | None = None
    account: BankAccount | None = None
    contact: Contact | None = None


class MerchantDocumentKind(StrEnum):
    """What a document shows."""

    BUSINESS_LICENCE = "business_licence"
    LEGAL_PERSON_ID = "legal_person_id"
    BANK_PROOF = "bank_proof"
    PREMISES = "premises"
    OTHER = "other"


class Uploads(msgspec.Struct, frozen=True, kw_only=True):
    """How much was handed in with one application; what was taken out again counts, for its bytes are kept."""

    uploads: int
    documents: int
    """Those that were not taken out."""
    bytes: int


class MerchantDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that a merchant handed in: sealed, and never changed."""

    id: str
    merchant_id: str
    kind: MerchantDocumentKind
    name: str
    media_type: str
    """As the bytes show, whatever was said: PDF, PNG or JPEG."""
    size: int
    """In bytes."""
    digest: str
    """SHA-256 of the bytes, in hexadecimal digits."""
    uploaded_by: str
    uploaded_at: datetime
    removed_at: datetime | None = None


class FieldReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with one field."""

    field: Annotated[
        str,
        Meta(
            pattern=r"^[a-z_]{1,40}(\.[a-z_]{1,40})?$(?!\n)",
            description="`business.credit_code`, `documents.business_licence`; `application` for all of it",
            examples=["business.address"],
        ),
    ]
    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1_000,
            pattern=LINES,
            description="Why, in 1 to 1,000 characters",
            examples=["Not that of the licence."],
        ),
    ]


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant tells us, masked, and how far the review is."""

    id: str
    merchant_id: str
    state: ApplicationState
    particulars: Particulars
    reasons: Sequence[FieldReason] = ()
    """Why changes were requested, or why it was rejected."""
    created_at: datetime
    submitted_at: datetime | None = None
    reviewer: str | None = None
    """Who looks at it first; another person decides."""
    decided_at: datetime | None = None
    decided_by: str | None = None


class ApplicationView(Application, frozen=True, kw_only=True):
    """An application with its documents and what is missing before it can be submitted."""

    documents: Sequence[MerchantDocument]
    missing: Sequence[str]
    """Fields, in the words of `FieldReason.field`."""
