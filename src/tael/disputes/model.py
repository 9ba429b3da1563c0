"""What are the nouns of disputes?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from tael.channels.port import DisputeState as Said


class DisputeState(StrEnum):
    """Where a dispute stands. The last four are ends, unless the payer's bank looks at it once more."""

    NEEDS_RESPONSE = "needs_response"
    """The merchant can say something, until `respond_by`."""
    UNDER_REVIEW = "under_review"
    """The payer's bank decides."""
    WON = "won"
    """The merchant was believed, and has the money back."""
    LOST = "lost"
    ACCEPTED = "accepted"
    """Lost, since the merchant gave in."""
    CLOSED = "closed"
    """Ended without a decision: withdrawn, or only ever a warning."""


OPEN = frozenset({DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW})
"""The states in which a dispute is not decided."""


class AnswerKind(StrEnum):
    """What the merchant says."""

    EVIDENCE = "evidence"
    ACCEPT = "accept"
    """The payer is right."""


class MoneyState(StrEnum):
    """Where the disputed money is, in our books."""

    FREE = "free"
    """With the merchant: it was not taken, or has come back."""
    HELD = "held"
    """The channel has taken it back; it is withheld from the merchant."""
    LOST = "lost"
    """It is the payer's."""


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A payer's dispute."""

    id: str
    channel: str
    number: str
    """The channel's."""
    payment_id: str | None
    """None as long as nobody knows which payment it is about: it is looked for, and nothing is booked."""
    attempt_id: str | None
    merchant_id: str | None
    state: DisputeState
    warning: bool
    """Only a question so far: no money was taken."""
    reason: str
    """In the channel's words."""
    amount_minor: int
    currency: str
    respond_by: datetime | None
    answer: AnswerKind | None = None
    """What the merchant says, once it is handed in."""
    answered_at: datetime | None = None
    """Since when the channel has it; none while that is not known."""
    evidence_sealed: bytes | None = None
    """The texts, by the channel's names of fields; sealed."""
    money: MoneyState = MoneyState.FREE
    held_minor: int = 0
    """What the channel took back, when it is not free."""
    charged_minor: int = 0
    """What of it is of the captured money."""
    pending_minor: int = 0
    """What of that the merchant's balance covered; the rest is to be recovered."""
    moves: int = 0
    """How often the money has moved: each move is an entry in the books."""
    doubted_at: datetime | None = None
    """Since when the channel contradicts what it said before. It is believed if it says so when asked once more."""
    inquiries: int = 0
    """How often the channel has been asked without an answer."""
    next_inquiry_at: datetime | None = None
    warned_days: int | None = None
    """The nearest distance to the deadline of which the merchant was told."""
    channel_code: str | None = None
    opened_at: datetime
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it is not decided."""
        return self.state in OPEN

    @property
    def answering(self) -> bool:
        """Whether an answer is on its way, and nobody knows whether it has arrived."""
        return self.answer is not None and self.answered_at is None


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the merchant puts into the draft: sealed, and never changed."""

    id: str
    dispute_id: str
    field: str
    """The channel's name of what it shows."""
    name: str
    """As the merchant calls it."""
    media_type: str
    """As the bytes show, whatever was said: PDF, PNG or JPEG."""
    size: int
    """In bytes."""
    digest: str
    """SHA-256 of the bytes, in hexadecimal digits."""
    uploaded_by: str
    uploaded_at: datetime
    removed_at: datetime | None = None
    """Since when it is out of the draft."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says in a dispute, and what its channel takes."""

    texts: Mapping[str, str]
    """By field."""
    files: Sequence[EvidenceFile]
    text_fields: frozenset[str]
    file_fields: frozenset[str]


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel says of a dispute."""

    state: Said
    warning: bool
    amount_minor: int
    currency: str
    reason: str
    respond_by: datetime | None
    asked_at: datetime | None = None
    """When it was asked; none if it spoke by itself."""


class StaffDisputeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which disputes of all merchants to list, newest first; `before` is the id where the last page ended."""

    before: str | None = None
    state: DisputeState | None = None
    merchant_id: str | None = None
    limit: int = 50


class DisputeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which disputes of a merchant to list, newest first; `before` is the id where the last page ended."""

    merchant_id: str
    before: str | None = None
    state: DisputeState | None = None
    payment_id: str | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    limit: int = 50
