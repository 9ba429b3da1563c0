"""What do payments tell others? Facts, after commit, in order for each payment."""

from tael.foundation.events import Event
from tael.payments.model import PaymentState, RefundReason


class PaymentCaptured(Event, frozen=True, kw_only=True, tag="payments.payment_captured"):
    """A payment is paid and in the books. `object_id` is the payment."""

    merchant_id: str
    attempt_id: str
    amount_minor: int
    fee_minor: int
    currency: str


class PaymentEnded(Event, frozen=True, kw_only=True, tag="payments.payment_ended"):
    """A payment ended unpaid."""

    merchant_id: str
    state: PaymentState


class SurplusReceived(Event, frozen=True, kw_only=True, tag="payments.surplus_received"):
    """A payer paid what was not, or no longer, asked for. The money is in the books as owed to the payer."""

    merchant_id: str
    attempt_id: str
    amount_minor: int
    currency: str
    reason: RefundReason
    cause: str | None = None
    """The journal entry that says so; none in facts from before it was kept."""


class RefundSucceeded(Event, frozen=True, kw_only=True, tag="payments.refund_succeeded"):
    """Money has gone back to the payer."""

    merchant_id: str
    refund_id: str
    amount_minor: int
    currency: str


class RefundFailed(Event, frozen=True, kw_only=True, tag="payments.refund_failed"):
    """The channel definitely refused to give money back, or what had gone back came back to us.

    The money is back where it was taken from. A refund that had succeeded may fail days later, and more than once.
    """

    merchant_id: str
    attempt_id: str
    refund_id: str
    reason: RefundReason
    amount_minor: int
    currency: str
    channel_code: str | None
    cause: str | None = None
    """Of a surplus: the journal entry that says so."""
    owed_minor: int | None = None
    """What of it is still owed to the payer; all of it in facts from before this was kept."""


class PaymentReversed(Event, frozen=True, kw_only=True, tag="payments.payment_reversed"):
    """Money that had arrived was taken back: a bank recalled a transfer, a chain dropped a block. People look at it."""

    merchant_id: str
    attempt_id: str
    amount_minor: int
    """What is gone."""
    lost_minor: int
    """What of it had been captured or given back already: the platform has to recover it, or loses it."""
    currency: str


class SurplusLeft(Event, frozen=True, kw_only=True, tag="payments.surplus_left"):
    """No channel gave a surplus back, however often it was asked. The money stays on its account until people send it."""

    merchant_id: str
    attempt_id: str
    refund_id: str
    """The last of its refunds."""
    reason: RefundReason
    amount_minor: int
    currency: str
    channel_code: str | None


EVENTS = (
    PaymentCaptured,
    PaymentEnded,
    PaymentReversed,
    SurplusReceived,
    SurplusLeft,
    RefundSucceeded,
    RefundFailed,
)
