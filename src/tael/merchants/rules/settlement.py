"""Which settlement settings does a merchant begin with, and what may it change by itself? No input, no output."""

from tael.merchants.errors import NeedsReview
from tael.merchants.model import Cycle

FIRST_CYCLE = Cycle.T1
FIRST_MINIMUM_MINOR = 0
FIRST_RESERVE_BASIS_POINTS = 0
BY_SPEED = (Cycle.D1, Cycle.T1, Cycle.WEEKLY, Cycle.MONTHLY)
"""The fastest first."""


def check_no_faster(before: Cycle, after: Cycle) -> None:
    """Refuses `NeedsReview`: money that leaves sooner is a risk that the platform looks at."""
    if BY_SPEED.index(after) < BY_SPEED.index(before):
        raise NeedsReview(
            f"From {before} to {after} money would leave sooner: the platform looks at that first.",
            field="cycle",
            hint="Ask the operator of this platform to propose it.",
        )
