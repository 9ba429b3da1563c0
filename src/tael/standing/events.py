"""What does standing tell others? Facts, after commit, in order for each user, who is their `object_id`.

What a user must not hear is in none of them: a hidden restriction is told as a review that is going on.
"""

from datetime import datetime

from tael.foundation.events import Event
from tael.standing.model import (
    AccountClass,
    Kind,
    ObjectionState,
    Permission,
    PersonalLimit,
    Reason,
    RequestState,
    StandingState,
)


class StandingEvent(Event, frozen=True, kw_only=True):
    """What all facts about a standing say."""

    version: int
    """Of the user's row, after it."""


class StandingChanged(StandingEvent, frozen=True, kw_only=True, tag="standing.standing_changed"):
    """A user's class, state, grants or personal limits are others than before."""

    account_class: AccountClass
    account_class_before: AccountClass
    state: StandingState
    state_before: StandingState
    limits: dict[PersonalLimit, int]
    """The personal limits that have changed, as they are now."""
    reason: Reason


class RestrictionSet(StandingEvent, frozen=True, kw_only=True, tag="standing.restriction_set"):
    """Something was taken."""

    restriction_id: str
    kind: Kind
    takes: tuple[Permission, ...]
    reason: Reason
    until: datetime | None
    amount_minor: int | None
    currency: str | None


class RestrictionLifted(StandingEvent, frozen=True, kw_only=True, tag="standing.restriction_lifted"):
    """Something was given back, by somebody or by the clock."""

    restriction_id: str
    kind: Kind
    takes: tuple[Permission, ...]
    reason: Reason
    amount_minor: int | None
    currency: str | None


class RequestDecided(StandingEvent, frozen=True, kw_only=True, tag="standing.request_decided"):
    """What somebody asked for is given or refused."""

    request_id: str
    state: RequestState
    permission: Permission | None
    limit: PersonalLimit | None
    wanted: int | None
    answer: str


class ObjectionAnswered(StandingEvent, frozen=True, kw_only=True, tag="standing.objection_answered"):
    """An objection was granted or rejected."""

    objection_id: str
    restriction_id: str
    state: ObjectionState
    answer: str


class RequestOverdue(Event, frozen=True, kw_only=True, tag="standing.request_overdue"):
    """Nobody has decided about a request in time."""

    request_id: str
    due_at: datetime


class ObjectionOverdue(Event, frozen=True, kw_only=True, tag="standing.objection_overdue"):
    """Nobody has answered an objection in time."""

    objection_id: str
    due_at: datetime


class ReviewOverdue(Event, frozen=True, kw_only=True, tag="standing.review_overdue"):
    """No second person has looked at a restriction in time."""

    restriction_id: str
    due_at: datetime


EVENTS = (
    StandingChanged,
    RestrictionSet,
    RestrictionLifted,
    RequestDecided,
    ObjectionAnswered,
    RequestOverdue,
    ObjectionOverdue,
    ReviewOverdue,
)
