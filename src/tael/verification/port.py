"""In which words are sources asked, and in which do they answer?

A source does no input or output: it writes a message, and reads what came back. It never guesses: an answer that is not
whole, not signed by the provider, not about this question, or that contradicts itself is `UNKNOWN`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from tael.foundation.identity_documents import IdentityDocument
from tael.foundation.wire import HttpRequest, HttpResponse


class SourceName(StrEnum):
    """Who is asked."""

    IDENTITY_DATABASE = "identity_database"
    MOBILE_OPERATOR = "mobile_operator"
    BANK_CARD = "bank_card"
    DOCUMENT_FACE = "document_face"
    """A picture of both sides of the document and one of a face, compared by a machine."""
    VIDEO = "video"
    """A recording of the person, seen by an agent or a machine; the result comes later."""


class Element(StrEnum):
    """What is compared."""

    NAME = "name"
    DOCUMENT = "document"
    """The document's number."""
    PHONE = "phone"
    CARD = "card"
    PICTURES = "pictures"
    """Whether the pictures are of a real document, and say what the person says."""
    LIVENESS = "liveness"
    PORTRAIT = "portrait"
    """Whether the face is that of the document's holder."""


class Finding(StrEnum):
    """What the source says of an element."""

    MATCHED = "matched"
    MISMATCHED = "mismatched"
    UNCHECKED = "unchecked"


class State(StrEnum):
    """What came of a check."""

    MATCHED = "matched"
    """Every element that was asked about."""
    MISMATCHED = "mismatched"
    """At least one element is another one."""
    PARTIAL = "partial"
    """Nothing speaks against it, but not everything could be compared; it proves nothing."""
    UNKNOWN = "unknown"
    """Nobody knows yet. Asked again until it is known or given up."""


class Reason(StrEnum):
    """Why a check is not plainly matched."""

    NONE = ""
    # Of a mismatch, or of what could not be compared: in the source's words, as far as it says why.
    NOT_FOUND = "not_found"
    DOCUMENT_LOST = "document_lost"
    DOCUMENT_EXPIRED = "document_expired"
    PHONE_OF_ANOTHER = "phone_of_another"
    CARD_OF_ANOTHER = "card_of_another"
    CARD_NOT_USABLE = "card_not_usable"
    NOT_ALIVE = "not_alive"
    NOT_SURE_ENOUGH = "not_sure_enough"
    """A picture or a score is too poor to say yes or no."""
    # Of what is unknown.
    UNDER_WAY = "under_way"
    PENDING = "pending"
    """The source has understood, and tells later."""
    NO_ANSWER = "no_answer"
    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad_signature"
    CONTRADICTORY = "contradictory"
    """The answer is about something else, or contradicts itself."""
    PROVIDER_ERROR = "provider_error"
    NOT_SET_UP = "not_set_up"
    """The source was taken away from this installation while the check was open."""
    UNREADABLE = "unreadable"
    """Our own sealed question does not open."""


UNKNOWN_REASONS = frozenset(
    {
        Reason.UNDER_WAY,
        Reason.PENDING,
        Reason.NO_ANSWER,
        Reason.MALFORMED,
        Reason.BAD_SIGNATURE,
        Reason.CONTRADICTORY,
        Reason.PROVIDER_ERROR,
        Reason.NOT_SET_UP,
        Reason.UNREADABLE,
    }
)


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of themselves; each source takes what it needs. Shows itself to nobody."""

    name: str
    document: IdentityDocument
    phone: str = ""
    """With its country: `+8613800001234`."""
    card_token: str = ""
    """Of our vault: the number itself never comes here."""
    card_last4: str = ""
    """To see that the answer is about that card."""
    front: bytes = b""
    """Picture of the document's side with the face: PNG or JPEG."""
    back: bytes = b""
    face: bytes = b""

    def __repr__(self) -> str:
        return "Particulars(…)"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question as it goes out now."""

    number: str
    """Ours, of the check: the provider answers the same number with the same answer, and asks nobody twice."""
    elements: frozenset[Element]
    particulars: Particulars
    once: str
    """Used for this one message: the answer is signed over it."""
    asked_at: datetime
    notify_url: str = ""
    """Where a result that comes later is to be told."""


class DocumentRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was read off the pictures of a document. Shows itself to nobody."""

    name: str = ""
    number: str = ""
    valid_until: str = ""
    """`2036-11-01`, or empty: without an end, or unreadable."""
    address: str = ""
    nation: str = ""
    """民族, as it stands on resident identity cards."""

    def __repr__(self) -> str:
        return "DocumentRead(…)"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a source has said."""

    state: State
    findings: Mapping[Element, Finding] = {}
    reason: Reason = Reason.NONE
    reference: str = ""
    """The provider's number of it."""
    score_percent: int | None = None
    """How alike the faces are."""
    page_url: str = ""
    """Where the person has to show themselves, while the result is pending."""
    read: DocumentRead | None = None


def unknown(reason: Reason, *, reference: str = "", page_url: str = "") -> Answer:
    """Nobody knows, because of this."""
    return Answer(state=State.UNKNOWN, reason=reason, reference=reference, page_url=page_url)


class InboundNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider sent to our notice address, as it came. Names of headers are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice whose signature and age are right."""

    number: str
    """Ours, of the check."""
    body: bytes


class Source(Protocol):
    """The code that speaks to one source."""

    timeout_seconds: float

    def request(self, question: Question) -> HttpRequest:
        """The message, signed."""
        ...

    def read(self, question: Question, response: HttpResponse) -> Answer:
        """What came back means this. Never raises: what cannot be understood is unknown."""
        ...

    def hear(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """A notice of a result that comes later; refuses `NoticeRefused`."""
        ...

    def read_notice(self, number: str, elements: frozenset[Element], notice: Notice) -> Answer:
        """What the notice says of the check. Never raises."""
        ...
