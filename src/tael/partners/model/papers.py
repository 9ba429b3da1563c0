"""Which papers are there? Documents, reports of acceptance, certificates."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from tael.partners.model.partner import Step


class DocumentKind(StrEnum):
    """What a document is."""

    LICENCE = "licence"
    OFFER = "offer"
    CONTRACT = "contract"
    FEE_LETTER = "fee_letter"
    SPECIFICATION = "specification"
    ACCEPTANCE_REPORT = "acceptance_report"
    REVIEW = "review"
    EVIDENCE = "evidence"
    OTHER = "other"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that somebody handed in. They are never changed."""

    id: str
    channel: str
    step: Step | None
    kind: DocumentKind
    name: str
    size: int
    """In bytes."""
    digest: str
    """SHA-256, in hexadecimal digits."""
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day on which it holds."""
    uploaded_by: str
    uploaded_at: datetime
    ended_on: date | None = None
    """The last day on which it held, if it was ended before its time."""

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return (
            (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
            and (self.ended_on is None or day <= self.ended_on)
        )


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """A report of the acceptance kit, after its signature was checked."""

    id: str
    channel: str
    document_id: str
    connector: str
    connector_version: str
    promises: str
    """Digest of the connector's capabilities at that time."""
    against: str
    passed: bool
    """Whether it passed and was complete, without double effects or guesses."""
    cases: int
    failed: int
    finished_at: datetime
    signed_by: str
    recorded_by: str
    recorded_at: datetime


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate or key whose last day somebody has to remember."""

    id: str
    channel: str
    name: str
    """What it is for: `our signing key`."""
    subject: str
    serial: str
    fingerprint: str
    """SHA-256 of the certificate, in hexadecimal digits; empty if only the dates are known."""
    starts_at: datetime
    ends_at: datetime
    recorded_by: str
    recorded_at: datetime
    replaced_at: datetime | None = None
    """Since when it is no longer used."""
