"""What are the nouns of payouts? Destination, payout, leg; and the states each can be in."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from tael.channels.port import ErrorClass
from tael.foundation.money import Money


class PayoutState(StrEnum):
    """Where a payout stands."""

    CREATED = "created"
    """It is written down, and its money is set aside; no channel has it, or the last one definitely has not done it."""
    PROCESSING = "processing"
    """A channel was, or is just being, asked."""
    UNKNOWN = "unknown"
    """A channel was asked and did not answer in a way that can be trusted. It is inquired."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Definitely: the money is still here."""
    RETURNED = "returned"
    """It had gone, and the bank sent it back."""


class LegState(StrEnum):
    """Where one go over one channel stands."""

    PROCESSING = "processing"
    """The row is committed; the channel may or may not have heard of it, or says that the money is on its way."""
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account, and how channels name it."""

    kind: str
    """`Capabilities.account_kind`: only channels that pay to such accounts will do."""
    account: str
    """Number or address; of a card in our vault its token, never the number."""
    name: str = ""
    bank: str = ""

    def __repr__(self) -> str:
        return f"Destination({self.kind}, …)"


class NewPayout(msgspec.Struct, frozen=True, kw_only=True):
    """A payout that another context wants; its id is chosen beforehand, so that a repeat makes no second one."""

    id: str
    amount: Money
    to: Destination
    shown: str
    """The destination as it may be shown: `622202******1234`."""
    purpose: str
    """What it is for, in one word: `withdrawal`, `settlement`."""
    owner: str
    """Whose money it is."""
    reference: str
    """The owner's object, for which it is made."""
    funded_by: str
    """The account in the books, a liability, on which the money is set aside."""
    statement: str = ""
    """What the receiver reads on their statement."""


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way to somebody's account. Its id is the number that every channel sees."""

    id: str
    owner: str
    purpose: str
    reference: str
    amount_minor: int
    currency: str
    account_kind: str
    payee_sealed: bytes
    shown: str
    statement: str
    funded_by: str
    state: PayoutState
    legs: int
    """How many channels it was given to."""
    paid_by: int | None
    """The leg over which it has gone."""
    reason: str | None
    """Why it failed or came back: a channel's code, or `no_channel`."""
    error_class: ErrorClass | None
    created_at: datetime
    ended_at: datetime | None
    waits: int
    """How often no channel could be found."""
    next_leg_at: datetime | None
    """When to look for a channel."""

    @property
    def amount(self) -> Money:
        """How much goes."""
        return Money(self.amount_minor, self.currency)

    @property
    def ended(self) -> bool:
        """Whether it is known what became of it; only its channel can still contradict itself."""
        return self.state in ENDS


ENDS = frozenset({PayoutState.SUCCEEDED, PayoutState.FAILED, PayoutState.RETURNED})


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One go of a payout over one channel."""

    payout_id: str
    nth: int
    channel: str
    state: LegState
    channel_reference: str | None
    channel_code: str | None
    error_class: ErrorClass | None
    begun_at: datetime
    """Also a part of its name at channels that know a transfer by number and time."""
    ended_at: datetime | None
    inquiries: int
    next_inquiry_at: datetime | None
    doubted_at: datetime | None = None
    reversals: int = 0
    unowed: bool = False
    """It went although the payout had been given up, or went another way."""

    @property
    def ended(self) -> bool:
        """Whether the channel has said what became of it."""
        return self.state in (LegState.SUCCEEDED, LegState.FAILED, LegState.RETURNED)


class PayoutStory(msgspec.Struct, frozen=True, kw_only=True):
    """A payout with all its legs, oldest first."""

    payout: Payout
    legs: Sequence[Leg]


class PayoutFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which payouts to list, newest first; `before` is the id where the last page ended."""

    owner: str | None = None
    state: PayoutState | None = None
    channel: str | None = None
    before: str | None = None
    limit: int = 50
