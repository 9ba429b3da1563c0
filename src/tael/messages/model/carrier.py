"""What does a carrier of messages do, and what can it answer? A gateway, a mail server, browsers' push services.

A carrier never guesses: `SENT` and `FAILED` are said only if the other side said so beyond doubt, `NOT_TAKEN` only if it
certainly has nothing. All else is `UNKNOWN`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from tael.messages.model import Language, PushAddress, Urgency, Way


class Outcome(StrEnum):
    """What a carrier said."""

    SENT = "sent"
    """It has taken the message."""
    DELIVERED = "delivered"
    """The message has arrived."""
    FAILED = "failed"
    """It takes no such message, or could not deliver it; saying it again would change nothing."""
    NOT_TAKEN = "not_taken"
    """It certainly has nothing: not reached, too busy, never heard of it. The same may be sent later."""
    GONE = "gone"
    """The address is no more."""
    UNKNOWN = "unknown"
    """No answer, or none that is understood: it may have the message."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it goes out."""

    id: str
    """Ours; the same however often it is sent, for carriers that tell two of one number apart."""
    urgency: Urgency
    language: Language
    template: str
    title: str
    text: str
    short: str
    """For telephones, with our name before it."""
    address: str
    """A number or a mailbox."""
    push: PushAddress | None = None
    expires_at: datetime
    now: datetime
    unsubscribe_url: str | None = None

    def __repr__(self) -> str:
        return f"Letter({self.id} {self.template})"


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier answered."""

    outcome: Outcome
    error: str | None = None
    """In a word: `blocked`, `timeout`, `status_503`. No address, nothing of what was sent."""


class Carrier(Protocol):
    """Takes messages of one way."""

    way: Way
    repeats_safely: bool
    """Whether the same letter handed over twice arrives once."""
    answers_inquiries: bool
    """Whether it can be asked what became of a letter."""

    async def send(self, letter: Letter) -> Heard:
        """Hand a letter over; whatever happens, says what was heard."""
        ...

    async def inquire(self, letter_id: str) -> Heard:
        """What became of it; `NOT_TAKEN` if the carrier has never heard of it."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...
