"""When is somebody reminded of a deadline? Once at each distance; of several that were missed, the nearest only."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tael.partners.model import DeadlineKind

DISTANCES: Mapping[DeadlineKind, tuple[int, ...]] = {
    DeadlineKind.CERTIFICATE: (60, 30, 14, 7, 1, 0),
    DeadlineKind.DOCUMENT: (60, 30, 14, 7, 1, 0),
    DeadlineKind.POLICY_CHANGE: (30, 14, 7, 1, 0, -1, -7),
    DeadlineKind.RUN: (7, 1, 0, -1, -7, -14),
    DeadlineKind.STEP: (7, 1, 0, -7),
    DeadlineKind.DRILL: (7, 1, 0, -1, -7),
}
"""Days before the deadline; negative: after it."""
HORIZON = timedelta(days=max(day for days in DISTANCES.values() for day in days))
"""Nobody is reminded of what is further away."""


def distance_reached(kind: DeadlineKind, due_at: datetime, now: datetime) -> int | None:
    """The nearest distance that has been reached; None if the deadline is further away than the first."""
    reached = [days for days in DISTANCES[kind] if due_at - now <= timedelta(days=days)]
    return min(reached) if reached else None
