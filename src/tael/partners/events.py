"""What do partners tell others? Facts, after commit, in order for each channel. `object_id` is the channel."""

from datetime import datetime

from tael.foundation.events import Event
from tael.partners.model import DeadlineKind, State


class PartnerMoved(Event, frozen=True, kw_only=True, tag="partners.partner_moved"):
    """A partner came from one state into another."""

    from_state: State
    to_state: State
    by: str


class CanarySteppedBack(Event, frozen=True, kw_only=True, tag="partners.canary_stepped_back"):
    """More calls of a canary failed than its guard lets pass; it gets no traffic any more."""

    calls: int
    failures: int
    largest_failure_basis_points: int


class DeadlineNear(Event, frozen=True, kw_only=True, tag="partners.deadline_near"):
    """Something must be done soon, or should have been done."""

    kind: DeadlineKind
    what: str
    about: str
    """The id of the certificate, document, run …"""
    owner: str
    due_at: datetime
    days_before: int
    """Negative: so many days too late."""


EVENTS = (PartnerMoved, CanarySteppedBack, DeadlineNear)
