"""What do disputes tell others? Facts, after commit, in order for each payment, which is their `object_id`."""

from datetime import datetime

from tael.disputes.model import DisputeState
from tael.foundation.events import Event


class DisputeEvent(Event, frozen=True, kw_only=True):
    """What all facts about a dispute say."""

    dispute_id: str
    merchant_id: str
    state: DisputeState
    warning: bool
    amount_minor: int
    currency: str
    reason: str
    respond_by: datetime | None


class DisputeOpened(DisputeEvent, frozen=True, kw_only=True, tag="disputes.dispute_opened"):
    """A payer disputes a payment; the money is withheld unless it is only a warning."""


class DisputeUpdated(DisputeEvent, frozen=True, kw_only=True, tag="disputes.dispute_updated"):
    """Something about it has changed: it is under review, its deadline has moved, a warning has become serious, it is over
    without a decision.
    """


class DisputeDueSoon(DisputeEvent, frozen=True, kw_only=True, tag="disputes.dispute_due_soon"):
    """Nobody has answered, and there are only so many days left."""

    days: int


class DisputeWon(DisputeEvent, frozen=True, kw_only=True, tag="disputes.dispute_won"):
    """The merchant was believed, and has the money back."""


class DisputeLost(DisputeEvent, frozen=True, kw_only=True, tag="disputes.dispute_lost"):
    """The payer keeps the money."""


EVENTS = (DisputeOpened, DisputeUpdated, DisputeDueSoon, DisputeWon, DisputeLost)
