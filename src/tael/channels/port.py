"""What does a connector do? It turns our words into a channel's messages, and its answers into ours.

A connector is stateless and does no input or output: `build` makes an HTTP request, `read` makes an
`Outcome` of the response, `read_notice` makes one of a message that the channel sent by itself. Whoever
sends the bytes (`channels.transport`), keeps the records and draws the consequences is not its concern.

The one rule: **never guess**. An outcome is definite only if the channel said so in a message that
carries its valid signature and our own order number and amount; everything else is `UNKNOWN`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from tael.foundation.money import Money


class Operation(StrEnum):
    """What we ask of a channel."""

    OPEN_CODE = "open_code"
    """Make a code that the payer scans."""
    INQUIRE = "inquire"
    CLOSE = "close"
    """End an order that nobody has paid."""
    CANCEL = "cancel"
    """End an order whatever its state: an unpaid one is closed, a paid one is given back."""
    REFUND = "refund"
    INQUIRE_REFUND = "inquire_refund"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel needs to know of one attempt to pay."""

    order_number: str
    """Our attempt's id: the channel's key of idempotency (`out_trade_no`, `order id`)."""
    amount: Money
    subject: str
    """What the payer sees in the wallet's app."""
    expires_at: datetime
    notice_url: str
    """Where the channel sends its notice."""


class RefundOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel needs to know of one refund."""

    refund_number: str
    """Our refund's id: sent again, it never gives the money back twice."""
    amount: Money
    reason: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One operation on one order; `refund` for the operations on refunds."""

    operation: Operation
    order: Order
    refund: RefundOrder | None = None


class OutcomeState(StrEnum):
    """What became of an order or a refund, as far as the channel has told us beyond doubt."""

    WAITING = "waiting"
    """The channel has the order; the payer has not paid."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Definitely refused: no money moved and none will under this order number."""
    CLOSED = "closed"
    """Ended unpaid; for `CANCEL`, ended and given back if it was paid. An order that was paid and then
    refunded in full has `SUCCEEDED`: its refunds are outcomes of their own."""
    ABSENT = "absent"
    """The channel has no such order (yet). For a code nobody has scanned this is usual."""
    UNKNOWN = "unknown"
    """No answer, or none that can be trusted. Inquire."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What we learnt of an order or a refund, however we learnt it."""

    state: OutcomeState
    order_number: str
    refund_number: str | None = None
    amount: Money | None = None
    """The amount that the channel names: compared with ours before anything is booked."""
    given_back_in_all: Money | None = None
    """What the channel says has been given back of the order so far, by all refunds together."""
    channel_reference: str | None = None
    """The channel's own number (Alipay's `trade_no`)."""
    code_url: str | None = None
    """What the QR code holds."""
    payer_hint: str | None = None
    """The payer as the channel shows them, masked (`138****1234`)."""
    happened_at: datetime | None = None
    code: str | None = None
    """The channel's own code, for support (`ACQ.TRADE_NOT_EXIST`)."""
    message: str | None = None
    """The channel's own words, or ours about why the answer cannot be trusted."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A message to the channel, ready to send."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A message from the channel, as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class InboundNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel sent to our notice address, as it came."""

    headers: Mapping[str, str]
    query: str
    body: bytes


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice whose signature, age and addressee are right."""

    notice_id: str
    """The channel's id of the notice; repeats carry the same one."""
    outcome: Outcome


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do, declared by its connector."""

    operations: frozenset[Operation]
    currencies: frozenset[str]
    smallest_minor: int
    largest_minor: int
    code_lifetime_seconds: int
    refund_window_days: int
    partial_refunds: bool
    operation_timeout_seconds: Mapping[Operation, float]


class NoticeReply(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel wants to hear back."""

    status: int
    content_type: str
    body: bytes


class Connector(Protocol):
    """The code that speaks to one channel."""

    name: str
    capabilities: Capabilities

    def build(self, request: Request, *, now: datetime) -> HttpRequest:
        """The signed message for one operation."""
        ...

    def read(self, request: Request, response: HttpResponse) -> Outcome:
        """What the answer means; `UNKNOWN` if it is malformed, unsigned or about something else."""
        ...

    def read_notice(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """What the notice says; raises `channels.errors.NoticeRefused` if it cannot be believed."""
        ...

    def accept_notice(self) -> NoticeReply:
        """The reply that ends the channel's repetitions."""
        ...

    def refuse_notice(self, reason: str) -> NoticeReply:
        """The reply that makes the channel send the notice again."""
        ...
