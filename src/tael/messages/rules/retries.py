"""What is done with a delivery that is due, and what follows from what its carrier said?

The one question behind both: might the carrier have it already? If so it is asked, where it answers; handed the same once
more, where it tells two of one number apart; and left alone otherwise. Nobody gets two codes because a network was slow.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from tael.messages.model import DeliveryState, Urgency
from tael.messages.model.carrier import Heard, Outcome

PAUSES: Mapping[bool, tuple[float, ...]] = {
    True: (1, 2, 4, 8, 15, 30, 60, 60, 60),
    False: (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800),
}
"""Seconds before a delivery that was not taken is tried again; of codes (true) and of all else."""
FIRST_INQUIRY_SECONDS = 30.0
LAST_INQUIRY = timedelta(days=3)
"""A carrier is asked what became of what it has taken so long; what no receipt came for stays `sent`."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is due, as far as a decision needs it."""

    urgency: Urgency
    state: DeliveryState
    begun: int
    """How often somebody set out to send it or to ask, this time too."""
    tries: int
    """How often it was written down how that ended, and so without this time."""
    expires_at: datetime
    since: datetime
    """When the carrier took it, or when it was posted."""

    @property
    def may_be_there(self) -> bool:
        """Whether the carrier might have it: it did not answer, or whoever sent it died before he wrote it down."""
        was_cut_off = self.begun > self.tries + 1
        return self.state is DeliveryState.UNKNOWN or (self.state is DeliveryState.QUEUED and was_cut_off)


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """What can be done with a carrier."""

    repeats_safely: bool
    answers_inquiries: bool


class Move(StrEnum):
    """What is done now."""

    SEND = "send"
    ASK = "ask"
    EXPIRE = "expire"
    LEAVE = "leave"
    """It may have arrived, and nobody can tell."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How a delivery stands afterwards."""

    state: DeliveryState
    next_at: datetime | None = None
    """When something is to be done again; none: never."""
    error: str | None = None


def move_for(due: Due, manners: Manners, now: datetime) -> Move:
    """What is done with a delivery that is due."""
    expired = now >= due.expires_at
    if due.state is DeliveryState.SENT:
        return Move.ASK
    if due.may_be_there:
        if manners.answers_inquiries:
            return Move.ASK
        return Move.SEND if manners.repeats_safely and not expired else Move.LEAVE
    return Move.EXPIRE if expired else Move.SEND


def step_after(due: Due, manners: Manners, heard: Heard, *, asked: bool, now: datetime) -> Step:
    """How a delivery stands after its carrier answered."""
    match heard.outcome:
        case Outcome.DELIVERED:
            return Step(state=DeliveryState.DELIVERED)
        case Outcome.FAILED | Outcome.GONE:
            return Step(state=DeliveryState.FAILED, error=heard.error or heard.outcome)
        case Outcome.SENT:
            since = due.since if due.state is DeliveryState.SENT else now
            asked_at = _next_inquiry(since, now) if manners.answers_inquiries else None
            return Step(state=DeliveryState.SENT, next_at=asked_at)
        case Outcome.UNKNOWN:
            return _after_silence(due, manners, heard, asked=asked, now=now)
        case Outcome.NOT_TAKEN:
            return _after_not_taken(due, heard, asked=asked, now=now)


def _after_silence(due: Due, manners: Manners, heard: Heard, *, asked: bool, now: datetime) -> Step:
    if due.state is DeliveryState.SENT:  # it was taken: only its receipt is not there yet
        return Step(state=DeliveryState.SENT, next_at=_next_inquiry(due.since, now), error=heard.error)
    if not (asked or manners.answers_inquiries or manners.repeats_safely):
        return Step(state=DeliveryState.UNKNOWN, error=heard.error)
    return Step(state=DeliveryState.UNKNOWN, next_at=_next_try(due, now), error=heard.error)


def _after_not_taken(due: Due, heard: Heard, *, asked: bool, now: datetime) -> Step:
    if asked:
        if due.state is DeliveryState.SENT and due.urgency is Urgency.CODE:
            return Step(state=DeliveryState.FAILED, error="lost_by_carrier")  # the code is forgotten by now
        return Step(state=DeliveryState.QUEUED, next_at=now, error=heard.error)
    next_at = _next_try(due, now)
    if next_at is None or next_at >= due.expires_at:
        return Step(state=DeliveryState.FAILED, error=heard.error or "not_taken")
    return Step(state=DeliveryState.QUEUED, next_at=next_at, error=heard.error)


def _next_try(due: Due, now: datetime) -> datetime | None:
    pauses = PAUSES[due.urgency is Urgency.CODE]
    return now + timedelta(seconds=pauses[due.tries]) if due.tries < len(pauses) else None


def _next_inquiry(since: datetime, now: datetime) -> datetime | None:
    """Twice as long after each: what was not delivered at once is delivered when a telephone is switched on again."""
    waited = max(now - since, timedelta(seconds=FIRST_INQUIRY_SECONDS))
    return now + waited if waited < LAST_INQUIRY else None
