"""What does a channel's own record of a day look like, in words that all channels share?"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from tael.foundation.money import Money


class BillKind(StrEnum):
    """Which record."""

    TRADES = "trades"
    """What payers paid and got back."""
    FUNDS = "funds"
    """Every movement of our account at the channel, with its balance."""


class LineKind(StrEnum):
    """What a line is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    SPLIT = "split"
    FEE = "fee"
    DISPUTE = "dispute"
    OTHER = "other"


class BillWanted(msgspec.Struct, frozen=True, kw_only=True):
    """One day's record, by the channel's calendar."""

    kind: BillKind
    day: date


class BillLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. Money that came to us is positive, money that left is negative."""

    kind: LineKind
    amount: Money
    fee: Money | None = None
    """What the channel took for it: positive; what it gave back of an earlier fee: negative."""
    order_number: str = ""
    refund_number: str = ""
    """Also of a payout or a split."""
    channel_reference: str = ""
    happened_at: datetime | None = None
    status: str = ""
    """In the channel's words."""
    balance: Money | None = None
    """Of our account after this line, in a record of funds."""
    description: str = ""


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is whole: its hash or its totals are right. `content` is the file as it came."""

    wanted: BillWanted
    file_name: str
    content: bytes
    lines: Sequence[BillLine]

    @property
    def empty(self) -> bool:
        """Whether nothing happened on that day."""
        return not self.lines
