"""What have we learnt, and is it beyond doubt?"""

from datetime import datetime
from enum import StrEnum

import msgspec

from tael.channels.port.actions import Action
from tael.channels.port.operations import ErrorClass
from tael.channels.port.orders import Request
from tael.foundation.money import Money


class OutcomeState(StrEnum):
    """What became of that about which we asked, as far as the channel has told us beyond doubt."""

    WAITING = "waiting"
    """The channel has it; the payer has not paid, or the money is on its way."""
    AUTHORISED = "authorised"
    """The payer's money is held for us; we have not taken it."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Definitely refused: no money moved and none will under this number."""
    CLOSED = "closed"
    """Ended unpaid; for `CANCEL`, ended and given back if it was paid. An order that was paid and then
    refunded in full has `SUCCEEDED`: its refunds are outcomes of their own."""
    ABSENT = "absent"
    """The channel knows nothing of it (yet). For a code nobody has scanned this is usual."""
    UNKNOWN = "unknown"
    """No answer, or none that can be trusted. Inquire."""


class DisputeState(StrEnum):
    """Where a payer's dispute stands."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"
    """Ended without a decision: withdrawn, or only ever a warning."""


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A payer says at their bank that they do not owe us the money."""

    dispute_number: str
    state: DisputeState
    amount: Money
    reason: str
    respond_by: datetime | None = None
    warning: bool = False
    """Only a question so far: no money was taken back."""


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel says of money that it holds for us."""

    taken: Money
    """What has been taken of it so far, by all captures together."""
    until: datetime | None = None
    """Until when it holds the rest; not said: as long as `Capabilities.holds_days`."""
    at_most: Money | None = None
    """How much one capture of all of it may take, if that is more than what is held."""
    in_parts: bool = False
    """Whether several captures may take of it."""
    may_grow: bool = False
    """Whether more may be held."""
    told: bool = True
    """Whether the channel said what may be done with it: a notice may tell no more than the sums."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What we learnt, however we learnt it.

    It is about an order, or about that one of refund, split, payout and dispute whose number it carries.
    """

    state: OutcomeState
    order_number: str = ""
    """Ours. Empty if the channel cannot say it; then `channel_reference` is what the order is found by."""
    refund_number: str | None = None
    split_number: str | None = None
    payout_number: str | None = None
    step_number: str | None = None
    """Our number of the capture or increment about which we asked."""
    dispute: Dispute | None = None
    amount: Money | None = None
    """The amount that the channel names: compared with ours before anything is booked."""
    received: Money | None = None
    """All that has arrived for good, where payers choose the amount themselves (`Capabilities.payer_sets_amount`)."""
    given_back_in_all: Money | None = None
    """What the channel says has been given back of the order so far, by all refunds together."""
    hold: Hold | None = None
    """Of an order whose money is, or was, held: what was taken, and what may still be done."""
    voided: bool = False
    """With `CLOSED`: whatever had been paid of the order has been given back, beyond doubt."""
    channel_reference: str | None = None
    """The channel's own number (Alipay's `trade_no`)."""
    action: Action | None = None
    """What the payer must do next."""
    payer_hint: str | None = None
    """The payer as the channel shows them, masked (`138****1234`)."""
    payer_account: str | None = None
    """The account of who paid it, if we can send the money back there ourselves: the only sender, or the only one who alone
    has sent enough. Empty if that is not plain."""
    payers_differ: bool = False
    """More than one has sent money for it."""
    fee: Money | None = None
    """What the channel says it takes for this."""
    happened_at: datetime | None = None
    code: str | None = None
    """The channel's own code, for support (`ACQ.TRADE_NOT_EXIST`)."""
    message: str | None = None
    """The channel's own words, or ours about why the answer cannot be trusted."""
    error_class: ErrorClass | None = None
    """Why it did not succeed; always there with `FAILED` and `UNKNOWN`."""

    @property
    def code_url(self) -> str | None:
        """What the QR code holds, if there is one to show."""
        return getattr(self.action, "code_url", None)


def unknown_outcome(
    request: Request, why: str, error_class: ErrorClass = ErrorClass.TRUST, *, code: str | None = None
) -> Outcome:
    """An outcome that decides nothing, and says why."""
    return Outcome(
        state=OutcomeState.UNKNOWN,
        order_number=request.order.order_number if request.order else "",
        refund_number=request.refund.refund_number if request.refund else None,
        split_number=request.split.split_number if request.split else None,
        payout_number=request.payout.payout_number if request.payout else None,
        code=code,
        message=why,
        error_class=error_class,
    )
