"""When is a channel asked again, and when is it believed that takes back what it said? No input, no output, no clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec


class Pauses(msgspec.Struct, frozen=True):
    """How long to wait between inquiries, in seconds; the last pause repeats."""

    unknown: Sequence[float]
    waiting: Sequence[float]


def inquire_at(
    inquiries: int, pauses: Sequence[float], now: datetime, *, not_after: datetime | None = None
) -> datetime:
    """When to ask next; at the end of the time to pay at the latest, if that is still to come."""
    at = now + timedelta(seconds=pauses[min(inquiries, len(pauses) - 1)])
    return not_after if not_after is not None and now < not_after < at else at


def said_again(doubted_at: datetime | None, asked_at: datetime | None) -> bool:
    """Whether the channel said so when it was asked after it had first contradicted itself.

    What it said before may be older than what we know: answers and notices overtake each other.
    """
    return doubted_at is not None and asked_at is not None and asked_at >= doubted_at
