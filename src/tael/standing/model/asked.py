"""What do users ask, and what is said about them? Requests, objections, signals, history; and all of it in one view."""

from datetime import datetime
from enum import StrEnum

import msgspec

from tael.standing.errors import NotPermitted
from tael.standing.model.kept import Evidence, Kept
from tael.standing.model.restrictions import Restriction
from tael.standing.model.terms import AccountClassTerms, Limits
from tael.standing.model.words import (
    AccountClass,
    Permission,
    PersonalLimit,
    Reason,
    ReportKind,
    StandingState,
)


class RequestState(StrEnum):
    """Where a request for a change stands."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ChangeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A user asks for a permission, or for a higher personal limit."""

    id: str
    user_id: str
    permission: Permission | None
    limit: PersonalLimit | None
    wanted: int | None
    """The limit that they want: minor units, or a count."""
    words: str
    """Why, in their own."""
    asked_at: datetime
    due_at: datetime
    state: RequestState
    decided_by: str | None
    decided_at: datetime | None
    answer: str | None
    """What the user is told with the decision."""
    overdue_told_at: datetime | None


class ObjectionState(StrEnum):
    """Where an objection stands."""

    OPEN = "open"
    GRANTED = "granted"
    REJECTED = "rejected"


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """A user says that a restriction is wrong."""

    id: str
    user_id: str
    restriction_id: str
    words: str
    made_at: datetime
    due_at: datetime
    state: ObjectionState
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    overdue_told_at: datetime | None


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a user that speaks for or against them."""

    user_id: str
    kind: str
    """Such as `warning`, `fraud_report`, `good_credit`."""
    weight: int = 1
    reason: str
    """For staff: what was seen."""
    at: datetime
    id: str | None = None
    """Of what somebody outside said; what the platform saw itself has none, and no source."""
    source: str | None = None
    """Who said it."""
    reference: str | None = None
    """Their number of it."""
    reported_by: str | None = None
    """Who passed it on."""


RAISES = "users.raise_limits"
"""The kind of proposals that hold a signal which would raise a limit."""


class HeardSignal(Signal, frozen=True, kw_only=True):
    """A signal as it was written down."""

    seq: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what somebody outside says of a user."""

    id: str
    user_id: str
    kind: ReportKind
    source: str
    reference: str
    at: datetime
    proposal_id: str | None = None
    """It would raise a limit, and waits for a second person; `None`: it counts."""
    digest: str | None = None
    """Of that proposal: what whoever decides has read."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a user's history."""

    seq: int
    at: datetime
    actor: str
    what: str
    reason: Reason
    about: str | None
    account_class: AccountClass
    state: StandingState


class Glance(msgspec.Struct, frozen=True, kw_only=True):
    """A user in a list: class and state as they were written last."""

    user_id: str
    account_class: AccountClass
    state: StandingState


class GlanceFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which users are wanted, newest first. `None` lets everything through."""

    account_class: AccountClass | None = None
    state: StandingState | None = None
    user_ids: tuple[str, ...] | None = None
    """Only among these."""
    before: str | None = None
    limit: int = 50


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A standing as it is now, with all that it rests on."""

    kept: Kept
    account_class: AccountClass
    state: StandingState
    terms: AccountClassTerms
    class_until: datetime | None
    limits: Limits
    refusals: tuple[tuple[Permission, NotPermitted | None], ...]
    """Each permission, and why it is not given now."""
    restrictions: tuple[Restriction, ...]
    evidence: tuple[Evidence, ...]
    independent_sources: int
    """So many of them count now: those that rest on the same knowledge are one."""
