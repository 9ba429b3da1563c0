"""What are the nouns of verification? A check, what a source counts for, and how long is asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.verification.port import (
    DocumentRead,
    Element,
    Finding,
    Particulars,
    Reason,
    SourceName,
    State,
)

__all__ = [
    "DATED_RULES",
    "Check",
    "CheckFilter",
    "DocumentRead",
    "Element",
    "Finding",
    "Particulars",
    "Patience",
    "Presence",
    "Reason",
    "SourceFigures",
    "SourceName",
    "SourceTerms",
    "Sources",
    "State",
]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One question to one source about one person. Nothing here tells who they are."""

    id: str
    subject: str
    """The user that it is about."""
    source: SourceName
    state: State
    reason: Reason
    elements: Sequence[Element]
    """What was asked about, in the order of the port."""
    findings: Mapping[Element, Finding]
    score_percent: int | None
    reference: str
    """The provider's number."""
    page_url: str
    """Where the person has to show themselves; empty once it is over."""
    times_asked: int
    created_at: datetime
    next_ask_at: datetime | None
    """When it is asked again, as long as it is open."""
    answered_at: datetime | None
    given_up_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it is still asked about."""
        return self.state is State.UNKNOWN and self.given_up_at is None


class CheckFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which checks are wanted, newest first."""

    subject: str | None = None
    source: SourceName | None = None
    state: State | None = None
    open: bool | None = None
    """Whether it is still asked about; `None`: either."""
    before: str | None = None
    limit: int = 50


class SourceFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How a source did with the checks that were begun in some time."""

    source: SourceName
    asked: int = 0
    matched: int = 0
    mismatched: int = 0
    partial: int = 0
    open: int = 0
    """It has not said yet."""
    given_up: int = 0
    """It never did."""
    median_milliseconds: int | None = None
    """From the question to the answer."""
    answered_last_at: datetime | None = None


class Presence(StrEnum):
    """How near the person was when the source looked."""

    REMOTE = "remote"
    FACE_TO_FACE = "face_to_face"


_Days = Annotated[int, Meta(ge=1, le=36_500)]


class SourceTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a match of one source is worth, and what it costs."""

    group: Annotated[str, Meta(min_length=1, max_length=40)]
    """Sources of one group rest on the same knowledge, and count once."""
    presence: Presence
    valid_days: _Days
    """After so many days the person has to be verified anew."""
    cost_minor: Annotated[int, Meta(ge=0)]
    """Of one answer, in the currency's minor units."""
    currency: str = "CNY"
    most_a_day: Annotated[int, Meta(ge=1, le=1000)] = 5
    """Checks of one person within 24 hours: each costs money, and somebody who guesses tries again and again."""
    least_score_percent: Annotated[int, Meta(ge=0, le=100)] = 0
    """A face that is less alike is nobody's: neither a match nor a mismatch."""


class Sources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of every source."""

    identity_database: SourceTerms
    mobile_operator: SourceTerms
    bank_card: SourceTerms
    document_face: SourceTerms
    video: SourceTerms

    def of(self, source: SourceName) -> SourceTerms:
        """The terms of one of them."""
        terms: SourceTerms = getattr(self, source)
        return terms

    def groups(self) -> Mapping[str, str]:
        """Of each source its group."""
        return {str(source): self.of(source).group for source in SourceName}


_Pauses = Annotated[list[Annotated[int, Meta(ge=1, le=86_400)]], Meta(min_length=1, max_length=50)]


class Patience(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long an open check is asked about."""

    pauses_seconds: _Pauses
    """Between one question and the next; the last one repeats."""
    give_up_after_hours: Annotated[int, Meta(ge=1, le=24 * 365)]
    pending_pauses_seconds: _Pauses
    """While the source has understood and waits for the person: it tells by itself, so asking is for lost notices."""
    give_up_pending_after_hours: Annotated[int, Meta(ge=1, le=24 * 365)]
    documents_read_days: _Days
    """How long is kept, sealed, what was read off the pictures of a document."""


DATED_RULES = {"verification.sources": Sources, "verification.patience": Patience}
