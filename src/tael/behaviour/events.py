"""What does behaviour tell others? That an act was unlike its user, and what the user says to it."""

from datetime import datetime

from tael.behaviour.model import ActKind, Follows, Reason
from tael.foundation.events import Event


class UnusualAct(Event, frozen=True, kw_only=True, tag="behaviour.unusual_act"):
    """An act was unlike its user, who is `object_id`."""

    warning_id: str
    act_id: str
    kind: ActKind
    act_at: datetime
    reasons: tuple[Reason, ...]
    score: int
    follows: Follows
    """What the rules say shall follow."""
    place: str | None
    amount_minor: int | None
    currency: str | None


class WarningAnswered(Event, frozen=True, kw_only=True, tag="behaviour.warning_answered"):
    """A user, who is `object_id`, said whether an act was theirs."""

    warning_id: str
    act_id: str
    mine: bool


EVENTS = (UnusualAct, WarningAnswered)
