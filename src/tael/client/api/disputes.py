"""What can be asked about disputes?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class EvidenceFile(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A file of evidence, without its bytes."""

    id: str
    """The file's id"""
    dispute_id: str
    """The dispute"""
    field: str
    """What it shows"""
    name: str
    """What you call it"""
    media_type: str
    """As its bytes show"""
    size: int
    """In bytes"""
    digest: str
    """SHA-256 of the bytes, in hexadecimal digits"""
    uploaded_at: datetime
    """When it was put into the draft, in UTC"""
    removed_at: datetime | None
    """Since when it is out of the draft"""


class DisputeState(Word):
    """Where a dispute stands. The last four are ends, unless the payer's bank looks at it once more."""

    ACCEPTED = "accepted"
    CLOSED = "closed"
    LOST = "lost"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"


class MoneyState(Word):
    """Where the disputed money is, in our books."""

    FREE = "free"
    HELD = "held"
    LOST = "lost"


class AnswerKind(Word):
    """What the merchant says."""

    ACCEPT = "accept"
    EVIDENCE = "evidence"


class Dispute(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A dispute, as merchants see it."""

    id: str
    """The dispute's id"""
    payment_id: str
    """The payment"""
    state: DisputeState
    """Where it stands"""
    warning: bool
    """Whether it is only a question so far: no money was taken"""
    reason: str
    """Why, in the channel's words"""
    amount_minor: int
    """What is disputed, in minor units"""
    currency: str
    """ISO 4217"""
    respond_by: datetime | None
    """Until when it can be answered, in UTC; after that silence loses it"""
    money: MoneyState
    """Where the money is: `free` (yours), `held` until it is decided, `lost`"""
    charged_minor: int
    """What of the captured money is held or lost"""
    answer: AnswerKind | None
    """What you have said"""
    answered_at: datetime | None
    """Since when the channel has it; null while that is not known"""
    opened_at: datetime
    """When we heard of it, in UTC"""
    ended_at: datetime | None
    """When it was decided"""


class DisputeListed(Dispute, frozen=True, kw_only=True, omit_defaults=True):
    """A dispute of a list, with what `expand` names."""

    payment: dict[str, Any] | None = None
    """The payment as `GET /v1/payments` shows it; absent unless it is expanded"""


class DisputeDetail(Dispute, frozen=True, kw_only=True, omit_defaults=True):
    """A dispute with what you say in it."""

    payment: dict[str, Any] | None = None
    """The payment as `GET /v1/payments` shows it; absent unless it is expanded"""
    evidence: dict[str, str]
    """The draft, or what was handed in, by field"""
    evidence_fields: list[str]
    """The names of the texts that the channel takes"""
    files: list[EvidenceFile]
    """The files of the draft, or what was handed in"""
    evidence_file_fields: list[str]
    """The names of the files that the channel takes; none: it takes texts only"""


class Disputes(Resource[M]):
    """Disputes."""

    @operation
    def get(self, dispute_id: str, *, expand: Sequence[str] | None = None) -> Call[DisputeDetail]:
        """Get a dispute. With what you say in it, and the evidence that the channel takes.

        `expand`: What else to show of each: payment.
        """
        return read("/v1/disputes/{dispute_id}", DisputeDetail, locals())

    @listing
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: DisputeState
        | Literal["accepted", "closed", "lost", "needs_response", "under_review", "won"]
        | None = None,
        payment_id: str | None = None,
        opened_from: datetime | None = None,
        opened_before: datetime | None = None,
        expand: Sequence[str] | None = None,
    ) -> Call[Page[DisputeListed]]:
        """List disputes. Newest first; send `next_cursor` as `cursor` for the next page.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `state`: Only those in this state: needs_response, under_review, won, lost, accepted,
        closed. `payment_id`: Only those of this payment. `opened_from`: Only those we heard of at or after
        this moment, as 2026-03-01T00:00:00Z. `opened_before`: Only those we heard of before this moment, as
        2026-04-01T00:00:00Z. `expand`: What else to show of each: payment.
        """
        return read("/v1/disputes", Page[DisputeListed], locals())

    @operation
    def save_evidence(
        self, dispute_id: str, *, texts: Mapping[str, str], idempotency_key: str | None = None
    ) -> Call[Dispute]:
        """Save evidence. A draft, as often as you like; `submit` hands it in.

        `texts`: By the names in the dispute's `evidence_fields`.
        """
        return change("/v1/disputes/{dispute_id}/evidence", Dispute, locals())

    @operation
    def add_evidence_file(
        self, dispute_id: str, *, field: str, name: str, content: bytes, idempotency_key: str | None = None
    ) -> Call[EvidenceFile]:
        """Add a file of evidence. To the draft, in the place of what is in the same field; `submit` hands it
        in.

        `field`: What it shows: one of the dispute's `evidence_file_fields`. It takes the place of what is
        there. `name`: What you call it. `content`: The bytes.
        """
        return change("/v1/disputes/{dispute_id}/files", EvidenceFile, locals())

    @operation
    def get_evidence_file(self, dispute_id: str, file_id: str) -> Call[bytes]:
        """Get the bytes of a file of evidence. Exactly as they were handed in, to be saved."""
        return read("/v1/disputes/{dispute_id}/files/{file_id}/content", bytes, locals())

    @operation
    def remove_evidence_file(
        self, dispute_id: str, file_id: str, *, idempotency_key: str | None = None
    ) -> Call[EvidenceFile]:
        """Remove a file of evidence. It is kept, and not handed in."""
        return change("/v1/disputes/{dispute_id}/files/{file_id}/remove", EvidenceFile, locals())

    @operation
    def submit(self, dispute_id: str, *, idempotency_key: str | None = None) -> Call[Dispute]:
        """Submit the evidence. What is saved goes to the payer's bank; there is no second time."""
        return change("/v1/disputes/{dispute_id}/submit", Dispute, locals())

    @operation
    def accept(self, dispute_id: str, *, idempotency_key: str | None = None) -> Call[Dispute]:
        """Accept a dispute. The payer keeps the money."""
        return change("/v1/disputes/{dispute_id}/accept", Dispute, locals())
