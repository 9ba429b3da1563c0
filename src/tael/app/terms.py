"""On which terms does routing use a channel? As agreed with its partner; without one, only to try it.

A channel behind which there is a simulator moves no real money: it may be tried before anybody has signed anything.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from tael.channels.api import Channels
from tael.channels.errors import TakesTwo
from tael.partners.model import State, TermsOfAll
from tael.routing.model import ChannelTerms, FeesOfChannel

ALL_BASIS_POINTS = 10_000
_RELIED_ON = frozenset({State.CANARY, State.LIVE, State.SUSPENDED})
"""Those whose partners carry real money, or will again."""


class TermsWithoutPartner(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a channel that has no partner on record."""

    share_basis_points: int

    def fees_at(self, _moment: datetime) -> FeesOfChannel | None:
        """Nothing is agreed."""
        return None

    def rests_at(self, _moment: datetime) -> bool:
        """Nothing is announced."""
        return False

    def rests_until(self, _moment: datetime) -> datetime | None:
        """Nothing is announced."""
        return None


class KnownTerms:
    """The terms of all channels, from memory."""

    def __init__(self, channels: Channels, agreed: Callable[[], Mapping[str, ChannelTerms]]) -> None:
        self._channels = channels
        self._agreed = agreed

    def terms(self, channel: str) -> ChannelTerms:
        """Those in force now."""
        agreed = self._agreed().get(channel)
        if agreed is not None:
            return agreed
        harmless = self._channels.moves_no_real_money(channel)
        return TermsWithoutPartner(share_basis_points=ALL_BASIS_POINTS if harmless else 0)


def refuse_if_relied_on(channel: str, terms: TermsOfAll) -> None:
    """Whether one person alone may change what a channel is told; refuses `TakesTwo` if its partner carries real money."""
    agreed = terms.get(channel)
    if agreed is not None and agreed.state in _RELIED_ON:
        raise TakesTwo(
            f"The partner of {channel} is {agreed.state}: what it is told takes two people.",
            hint="Propose it (`tael channels propose`), and let somebody else approve it.",
        )
