"""What is a bill: one thing that moved a user's wallet? And what do the bills of a month come to?"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec


class BillKind(StrEnum):
    """Why a wallet moved: the kind of the ledger's entry, without its `wallet.`."""

    TRANSFER = "transfer"
    PAYMENT = "payment"
    REFUND = "refund"
    RED_PACKET = "red_packet"
    RED_PACKET_CLAIMED = "red_packet_claimed"
    RED_PACKET_RETURNED = "red_packet_returned"
    TOP_UP = "top_up"
    TOP_UP_REFUND = "top_up_refund"
    """Out: it goes back to the card. In: it could not, or its fee came back."""
    WITHDRAWAL = "withdrawal"
    """Out: it goes to the card. In: it could not, or was sent back."""
    OTHER = "other"
    """What staff booked."""


class Direction(StrEnum):
    """Which way it moved the wallet."""

    IN = "in"
    OUT = "out"


class BillState(StrEnum):
    """Whether that was all."""

    DONE = "done"
    ON_ITS_WAY = "on_its_way"
    """Held and not moved yet, or out of the wallet and not yet at its end."""
    RETURNED = "returned"
    """It came back, by a bill of its own."""


class Counterparty(msgspec.Struct, frozen=True, kw_only=True):
    """Who stood on the other side, masked."""

    user_id: str
    name: str
    phone: str


class BillDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What the books do not know of a bill, from whoever made it happen."""

    title: str = ""
    """What was bought, or what stands on the red packet."""
    note: str = ""
    merchant: str = ""
    """Who was paid, or paid back."""
    counterparty: Counterparty | None = None
    card: str = ""
    """The bank card, masked."""
    fee_minor: int | None = None
    """What of the amount the platform keeps."""
    state: BillState = BillState.DONE
    arrives_at: datetime | None = None


NOTHING_KNOWN = BillDetails()

Describe = Callable[[Sequence[str]], Awaitable[Mapping[str, BillDetails]]]
"""Details of the things that entries are about, by their references; what is not known is missing."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A posting of a wallet's account, as the books have it: debits positive."""

    no: int
    position: int
    kind: str
    reference: str
    amount_minor: int
    balance_after_minor: int | None


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that moved a wallet, or will when its time has come."""

    id: str
    no: int
    """The number of the ledger's entry, and the line of it: their order is that of the bills."""
    position: int
    at: datetime
    kind: BillKind
    direction: Direction
    amount_minor: int
    """Above zero in both directions."""
    currency: str
    balance_after_minor: int | None
    """`None`: it has not moved the wallet yet."""
    reference: str
    """The transfer, order, red packet, top-up or withdrawal that it is about."""
    details: BillDetails = NOTHING_KNOWN


class BillFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which bills of a user are wanted, newest first."""

    user_id: str
    currency: str = "CNY"
    first_day: date | None = None
    last_day: date | None = None
    """Days of China; both are part of the period."""
    kind: BillKind | None = None
    direction: Direction | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    text: str = ""
    """In the note, the title, the card, or the other side's masked name or number."""
    before: tuple[int, int] | None = None
    limit: int = 50


class BillPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some bills. A page may be short, or empty, without being the last."""

    items: Sequence[Bill]
    next: tuple[int, int] | None


class KindTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What bills of one kind and direction come to."""

    kind: BillKind
    direction: Direction
    amount_minor: int
    count: int


class MonthSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A month of China in a wallet. opening + in − out = closing, by the ledger."""

    month: str
    """`2026-11`."""
    currency: str
    opening_minor: int
    in_minor: int
    out_minor: int
    closing_minor: int
    """At the end of the month, or now."""
    count: int
    kinds: Sequence[KindTotal]
