"""What does a channel need to know of that about which it is asked?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from tael.channels.port.operations import Operation, Product
from tael.foundation.money import Money

T = TypeVar("T")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to pay."""

    order_number: str
    """Our attempt's id: the channel's key of idempotency (`out_trade_no`, `order id`)."""
    amount: Money
    subject: str
    """What the payer sees in the wallet's app."""
    descriptor: str = ""
    """What stands on the payer's statement, where a channel can say it: at most 22 letters, digits, spaces, points, hyphens."""
    expires_at: datetime
    notice_url: str
    """Where the channel sends its notice."""
    product: Product = Product.CODE
    return_url: str = ""
    """Where the channel's page leads back to."""
    payer_id: str = ""
    """The payer as the channel knows them (`openid`, `buyer_id`), for `JSAPI`."""
    payer_code: str = ""
    """What the payer shows us, for `BARCODE`."""
    card_token: str = ""
    """The card as the channel's vault or ours knows it, for `CARD`. Never a card number."""
    payer_address: str = ""
    """The payer's IP address, where a channel asks for it."""
    off_session: bool = False
    """The payer is not there: the merchant charges by a mandate, and nobody can be asked anything."""
    capture_later: bool = False
    """Only hold the money; `CAPTURE` takes it."""
    split_later: bool = False
    """The money will be shared among receivers (`SPLIT`)."""
    created_at: datetime | None = None
    """When the order was first sent; some channels know it by number *and* time."""
    channel_reference: str = ""
    """The channel's own number, if it has told us one."""


class RefundOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One refund."""

    refund_number: str
    """Our refund's id: sent again, it never gives the money back twice."""
    amount: Money
    reason: str
    created_at: datetime | None = None
    channel_reference: str = ""
    payer_account: str = ""
    """Where the money came from, for channels that only know transfers."""


class CaptureOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One go at taking what is held."""

    capture_number: str
    """Our capture's id."""
    amount: Money
    """How much to take; nothing, to release what is left of a hold of which some was taken."""
    last: bool = True
    """Whether what it leaves is released."""
    taken_before: Money | None = None
    """What was taken in all before it; nothing if it is not said."""


class IncrementOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One go at holding more."""

    increment_number: str
    """Our increment's id."""
    amount: Money
    """How much more."""


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who gets a part of an order."""

    account: str
    amount: Money
    description: str = ""


class SplitOrder(msgspec.Struct, frozen=True, kw_only=True):
    """How the money of a paid order is shared."""

    split_number: str
    receivers: Sequence[Receiver]
    last: bool = True
    """Whether the rest is ours from now on."""
    channel_reference: str = ""


class PayoutOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Money of ours on its way to somebody's account."""

    payout_number: str
    amount: Money
    payee_account: str
    """In the channel's own way of naming accounts: an id, an IBAN or account number, an address."""
    payee_name: str = ""
    payee_bank: str = ""
    """BIC or clearing code, where the account does not say it."""
    purpose: str = ""
    notice_url: str = ""
    """Where the channel sends its notice, if it knows such an address for payouts."""
    created_at: datetime | None = None
    channel_reference: str = ""


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that says something in a dispute."""

    media_type: str
    """As its bytes show: PDF, PNG or JPEG."""
    digest: str
    """SHA-256 of the bytes, in hexadecimal digits."""
    content: bytes

    def __repr__(self) -> str:
        """Without the bytes: they are of people."""
        return f"EvidenceFile({self.media_type}, {len(self.content)} bytes)"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What we say in a dispute."""

    dispute_number: str
    """The channel's number of the dispute."""
    texts: Mapping[str, str] = {}
    """By the channel's names of fields."""
    files: Mapping[str, EvidenceFile] = {}
    """By the channel's names of fields for files; none if it takes none."""
    accept: bool = False
    """Give in: the payer is right."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One operation, and what it is about. `PROBE` needs none of them, `PAY_OUT` only the payout."""

    operation: Operation
    order: Order | None = None
    refund: RefundOrder | None = None
    split: SplitOrder | None = None
    payout: PayoutOrder | None = None
    evidence: Evidence | None = None
    capture: CaptureOrder | None = None
    increment: IncrementOrder | None = None

    @property
    def number(self) -> str:
        """Our number of that about which we ask: what a support clerk looks for."""
        if self.payout is not None:
            return self.payout.payout_number
        return self.order.order_number if self.order is not None else ""

    def the_order(self) -> Order:
        """The order; asking without one is a bug."""
        return _there(self.order, self.operation)

    def the_refund(self) -> RefundOrder:
        """The refund; asking without one is a bug."""
        return _there(self.refund, self.operation)

    def the_capture(self) -> CaptureOrder:
        """The capture; asking without one is a bug."""
        return _there(self.capture, self.operation)

    def the_increment(self) -> IncrementOrder:
        """The increment; asking without one is a bug."""
        return _there(self.increment, self.operation)

    def the_split(self) -> SplitOrder:
        """The split; asking without one is a bug."""
        return _there(self.split, self.operation)

    def the_payout(self) -> PayoutOrder:
        """The payout; asking without one is a bug."""
        return _there(self.payout, self.operation)

    def the_evidence(self) -> Evidence:
        """The evidence; asking without it is a bug."""
        return _there(self.evidence, self.operation)


def _there(thing: T | None, operation: Operation) -> T:
    if thing is None:
        raise ValueError(f"{operation} was asked without saying about what")
    return thing
