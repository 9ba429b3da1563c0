"""Which stories are there? All of them, by subject; which of them a connector promises, its capabilities say."""

from collections.abc import Sequence

from tael.acceptance.scenarios import (
    bills,
    disputes,
    feeds,
    held,
    limits,
    notices,
    orders,
    payouts,
    refunds,
    splits,
)
from tael.acceptance.scenarios.story import Story
from tael.channels.port import Capabilities


def stories_of(capabilities: Capabilities) -> Sequence[Story]:
    """Every story that is to be tried with a channel of these capabilities, and those that it does not promise."""
    subjects = (orders, held, refunds, splits, payouts, disputes, notices, bills, feeds, limits)
    return [story for subject in subjects for story in subject.stories(capabilities)]


__all__ = ["Story", "stories_of"]
