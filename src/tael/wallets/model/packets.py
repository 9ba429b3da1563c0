"""What is a red packet, and a share of it?"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from tael.foundation.money import Money
from tael.identity.model import Strength

SHOWN_AS = "red_packet"
"""What a person reads that they confirm."""


class PacketKind(StrEnum):
    """How the shares are cut."""

    EQUAL = "equal"
    RANDOM = "random"


class PacketState(StrEnum):
    """Where a red packet stands."""

    OPEN = "open"
    EMPTY = "empty"
    """All of it is claimed."""
    RETURNED = "returned"
    """Its time is over; the rest went back."""


class RedPacket(msgspec.Struct, frozen=True, kw_only=True):
    """Money for several."""

    id: str
    owner_id: str
    kind: PacketKind
    amount_minor: int
    currency: str
    shares: int
    claimed: int
    claimed_minor: int
    state: PacketState
    greeting: str
    only_for: tuple[str, ...]
    """Empty: whoever knows its id."""
    strength: Strength
    created_at: datetime
    expires_at: datetime

    @property
    def amount(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount_minor, self.currency)

    @property
    def left(self) -> Money:
        """What nobody has claimed."""
        return Money(self.amount_minor - self.claimed_minor, self.currency)


class PacketShare(msgspec.Struct, frozen=True, kw_only=True):
    """One share of a red packet."""

    packet_id: str
    position: int
    amount_minor: int
    user_id: str | None
    claimed_at: datetime | None


class PacketView(msgspec.Struct, frozen=True, kw_only=True):
    """A red packet as one user may see it."""

    packet: RedPacket
    mine: PacketShare | None
    """What they took."""
    claims: Sequence[PacketShare] = ()
    """Who took what: for its owner only."""
