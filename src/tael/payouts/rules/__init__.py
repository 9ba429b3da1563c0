"""What is decided about payouts without asking anybody?

lifecycle  what can happen to a payout and to a leg, in which state, and where it leads
outcomes   what an outcome does to both
"""

from tael.payouts.rules.lifecycle import (
    LEGS,
    PAYOUTS,
    LegEvent,
    NoSuchMove,
    PayoutEvent,
    may,
    move,
)
from tael.payouts.rules.outcomes import (
    LONGEST_LEASE,
    MOST_LEGS,
    WAITS_FOR_CHANNEL,
    Change,
    Fact,
    apply_outcome,
    begin_leg,
    no_channel,
    why_malformed,
)

__all__ = [
    "LEGS",
    "LONGEST_LEASE",
    "MOST_LEGS",
    "PAYOUTS",
    "WAITS_FOR_CHANNEL",
    "Change",
    "Fact",
    "LegEvent",
    "NoSuchMove",
    "PayoutEvent",
    "apply_outcome",
    "begin_leg",
    "may",
    "move",
    "no_channel",
    "why_malformed",
]
