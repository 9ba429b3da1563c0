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
    """The channel definitely refused to give money back; what was set aside is back where it came from."""

    merchant_id: str
    attempt_id: str
    refund_id: str
    reason: RefundReason
    amount_minor: int
    currency: str
    channel_code: str | None
    cause: str | None = None
    """Of a surplus: the journal entry that says so."""


EVENTS = (PaymentCaptured, PaymentEnded, SurplusReceived, RefundSucceeded, RefundFailed)
