"""What can be asked about application?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from datetime import date
from typing import Literal

import msgspec

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class AgreementVersion(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One version of the agreement between a merchant and the platform."""

    version: str
    effective_from: date
    sign_by: date
    digests: dict[str, str]


class Statement(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What a signature says. Its JSON, byte for byte, is what we sign."""

    id: str
    merchant_id: str
    merchant_name: str
    version: str
    language: str
    digest: str
    signer_name: str
    signer_title: str
    signed_by: str
    remote_address: str
    signed_at: str


class AgreementStanding(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Which version holds, what was signed, and what must be signed by when."""

    current: AgreementVersion
    signed: list[Statement]
    must_sign: bool
    sign_by: date | None


class AgreementText(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """The text of a version, as it is signed."""

    version: str
    language: str
    digest: str
    text: str


class SignedAgreement(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A signed version, ready to be kept and verified anywhere: statement, text, and our signature."""

    statement: Statement
    text: str
    statement_json: str
    signature: str
    key: str


class MerchantDocumentKind(Word):
    """What a document shows."""

    BANK_PROOF = "bank_proof"
    BUSINESS_LICENCE = "business_licence"
    LEGAL_PERSON_ID = "legal_person_id"
    OTHER = "other"
    PREMISES = "premises"


class MerchantDocument(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Bytes that a merchant handed in: sealed, and never changed."""

    id: str
    merchant_id: str
    kind: MerchantDocumentKind
    name: str
    media_type: str
    size: int
    digest: str
    uploaded_by: str
    uploaded_at: str
    removed_at: str | None = None


class ApplicationState(Word):
    """How far an application is."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    SUBMITTED = "submitted"


class BusinessKind(Word):
    """What a merchant is before the law."""

    COMPANY = "company"
    INSTITUTION = "institution"
    SOLE_TRADER = "sole_trader"


class Business(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Who applies."""

    kind: BusinessKind
    legal_name: str
    credit_code: str
    address: str
    mcc: str
    website: str = ""
    expected_monthly_minor: int


class IdKind(Word):
    """What a person shows of themselves."""

    PASSPORT = "passport"
    RESIDENT_ID = "resident_id"


class LegalPerson(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Who stands for the merchant before the law."""

    name: str
    id_kind: IdKind
    id_number: str


class BankAccount(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Where a merchant's money goes."""

    holder: str
    number: str
    bank_name: str
    bank_code: str = ""


class Contact(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Whom we speak with."""

    name: str
    email: str
    phone: str


class Particulars(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """All that an application says; what is not filled in yet is `None`."""

    business: Business | None = None
    legal_person: LegalPerson | None = None
    account: BankAccount | None = None
    contact: Contact | None = None


class FieldReason(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong with one field."""

    field: str
    """`business.credit_code`, `documents.business_licence`; `application` for all of it"""
    reason: str
    """Why, in 1 to 1,000 characters"""


class ApplicationView(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An application with its documents and what is missing before it can be submitted."""

    id: str
    merchant_id: str
    state: ApplicationState
    particulars: Particulars
    reasons: list[FieldReason] = msgspec.field(default_factory=list)
    created_at: str
    submitted_at: str | None = None
    reviewer: str | None = None
    decided_at: str | None = None
    decided_by: str | None = None
    documents: list[MerchantDocument]
    missing: list[str]


class BusinessSection(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Who applies."""

    kind: BusinessKind
    legal_name: str
    """As in the licence"""
    credit_code: str
    """Unified social credit code"""
    address: str
    """1 to 200 printable characters"""
    mcc: str
    """Merchant category code"""
    website: str = ""
    """Where things are sold"""
    expected_monthly_minor: int
    """In minor units: fen, cents"""


class PersonSection(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Who stands for the merchant before the law."""

    name: str
    """1 to 64 printable characters"""
    id_kind: IdKind
    id_number: str
    """Never shown again"""


class AccountSection(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Where the money goes."""

    holder: str
    """As the bank knows it"""
    number: str
    """Answers show the last four digits"""
    bank_name: str
    """1 to 64 printable characters"""
    bank_code: str = ""
    """Twelve digits, or empty"""


class ContactSection(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Whom we speak with."""

    name: str
    """1 to 64 printable characters"""
    email: str
    """E-mail"""
    phone: str
    """Answers show the last four digits"""


class Application(Resource[M]):
    """Merchant."""

    @operation
    def get(
        self,
    ) -> Call[ApplicationView]:
        """Get the application. Masked, with its documents, what is missing, and the reasons of the review."""
        return read("/v1/merchant/application", ApplicationView, locals())

    @operation
    def edit(
        self,
        *,
        business: BusinessSection | None = None,
        legal_person: PersonSection | None = None,
        account: AccountSection | None = None,
        contact: ContactSection | None = None,
        idempotency_key: str | None = None,
    ) -> Call[ApplicationView]:
        """Fill in parts of the application. What is not said stays as it is; what is said is checked at once."""
        return change("/v1/merchant/application/edit", ApplicationView, locals())

    @operation
    def submit(self, *, idempotency_key: str | None = None) -> Call[ApplicationView]:
        """Hand the application in for review. Hand the application in for review."""
        return change("/v1/merchant/application/submit", ApplicationView, locals())

    @operation
    def take_back(self, *, idempotency_key: str | None = None) -> Call[ApplicationView]:
        """Fill in further what was handed in, as long as nobody has begun with the review. Fill in further
        what was handed in, as long as nobody has begun with the review.
        """
        return change("/v1/merchant/application/take_back", ApplicationView, locals())


class Documents(Resource[M]):
    """Merchant."""

    @operation
    def upload(
        self,
        *,
        kind: MerchantDocumentKind
        | Literal["bank_proof", "business_licence", "legal_person_id", "other", "premises"],
        name: str,
        content: bytes,
        idempotency_key: str | None = None,
    ) -> Call[MerchantDocument]:
        """Hand in a document: PDF, PNG or JPEG, up to 4 MB. Hand in a document: PDF, PNG or JPEG, up to 4 MB.

        `name`: 1 to 64 printable characters. `content`: The bytes.
        """
        return change("/v1/merchant/documents", MerchantDocument, locals())

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[MerchantDocument]]:
        """List documents. Newest first, without their bytes, also those that were taken out.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page.
        """
        return read("/v1/merchant/documents", Page[MerchantDocument], locals())

    @operation
    def get_content(self, document_id: str) -> Call[bytes]:
        """Get a document's bytes. Exactly as they were handed in, to be saved."""
        return read("/v1/merchant/documents/{document_id}/content", bytes, locals())

    @operation
    def remove(self, document_id: str, *, idempotency_key: str | None = None) -> Call[MerchantDocument]:
        """Take a document out of the application. It is kept, and not looked at any more."""
        return change("/v1/merchant/documents/{document_id}/remove", MerchantDocument, locals())


class Agreements(Resource[M]):
    """Merchant."""

    @operation
    def standing(
        self,
    ) -> Call[AgreementStanding]:
        """Get which version of the agreement holds, what was signed, and what has to be signed by when. Get
        which version of the agreement holds, what was signed, and what has to be signed by when.
        """
        return read("/v1/merchant/agreements", AgreementStanding, locals())

    @operation
    def text(self, version: str, language: str) -> Call[AgreementText]:
        """Get the text of the agreement. Whoever signs sends its digest back."""
        return read("/v1/merchant/agreements/{version}/{language}", AgreementText, locals())

    @operation
    def sign(
        self,
        *,
        version: str,
        language: str,
        digest: str,
        signer_name: str,
        signer_title: str,
        idempotency_key: str | None = None,
    ) -> Call[SignedAgreement]:
        """Sign the agreement for the merchant. Sign the agreement for the merchant.

        `version`: As `GET /v1/merchant/agreements` says. `language`: `zh-CN` or `en`: the one that you read.
        `digest`: SHA-256, in hexadecimal digits. `signer_name`: 1 to 64 printable characters. `signer_title`:
        1 to 64 printable characters.
        """
        return change("/v1/merchant/agreements", SignedAgreement, locals())

    @operation
    def get(self, agreement_id: str) -> Call[SignedAgreement]:
        """Get a signed agreement. Keep the answer: `tael merchants agreement verify` reads it as it is."""
        return read("/v1/merchant/agreements/{agreement_id}", SignedAgreement, locals())
