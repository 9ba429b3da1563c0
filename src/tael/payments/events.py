"""What do payments tell others? Facts, after commit, in order for each payment."""

from datetime import datetime

from tael.channels.port import DisputeState
from tael.foundation.events import Event
from tael.payments.model import PaymentState, RefundReason


class PaymentCaptured(Event, frozen=True, kw_only=True, tag="payments.payment_captured"):
    """A payment is paid and in the books. `object_id` is the payment. Of one whose money was held: all its captures."""

    merchant_id: str
    attempt_id: str
    amount_minor: int
    fee_minor: int
    currency: str


class PaymentCreated(Event, frozen=True, kw_only=True, tag="payments.payment_created"):
    """A merchant wants to be paid."""

    merchant_id: str


class PaymentRequiresAction(Event, frozen=True, kw_only=True, tag="payments.payment_requires_action"):
    """The payer has something to do, such as scan a code."""

    merchant_id: str
    attempt_id: str


class PaymentAuthorised(Event, frozen=True, kw_only=True, tag="payments.payment_authorised"):
    """Money is held for a payment, or more than before."""

    merchant_id: str
    attempt_id: str
    authorised_minor: int
    """What may be taken in all."""
    currency: str
    capture_before: datetime


class PaymentPartiallyCaptured(Event, frozen=True, kw_only=True, tag="payments.payment_partially_captured"):
    """Some of what is held was taken and is in the books; more may follow. At the end there is a `PaymentCaptured`."""

    merchant_id: str
    attempt_id: str
    capture_id: str
    amount_minor: int
    captured_minor: int
    """What has been taken in all."""
    currency: str


class AuthorisationEnding(Event, frozen=True, kw_only=True, tag="payments.authorisation_ending"):
    """Money that is held was not captured yet, and the hold ends soon: then the payment expires."""

    merchant_id: str
    authorised_minor: int
    captured_minor: int
    currency: str
    capture_before: datetime


class PaymentEnded(Event, frozen=True, kw_only=True, tag="payments.payment_ended"):
    """A payment ended unpaid."""

    merchant_id: str
    state: PaymentState


class AttemptEnded(Event, frozen=True, kw_only=True, tag="payments.attempt_ended"):
    """Nobody can pay by what the payer had shown: the channel had waited or not answered, and the attempt ended unpaid.

    The payment may be open still: whoever knows of no other way to pay it ends it.
    """

    merchant_id: str
    attempt_id: str


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


class DisputeReported(Event, frozen=True, kw_only=True, tag="payments.dispute_reported"):
    """A channel says of itself how a payer's dispute stands. `object_id` is the payment, or the dispute's number."""

    channel: str
    number: str
    """The channel's number of the dispute."""
    payment_id: str | None
    """None if nobody here knows the order."""
    attempt_id: str | None
    merchant_id: str | None
    state: DisputeState
    warning: bool
    """Whether it is only a question so far: no money was taken back."""
    amount_minor: int
    currency: str
    reason: str
    respond_by: datetime | None


EVENTS = (
    PaymentCreated,
    PaymentRequiresAction,
    PaymentAuthorised,
    PaymentPartiallyCaptured,
    AuthorisationEnding,
    PaymentCaptured,
    AttemptEnded,
    PaymentEnded,
    PaymentReversed,
    SurplusReceived,
    SurplusLeft,
    DisputeReported,
    RefundSucceeded,
    RefundFailed,
)
