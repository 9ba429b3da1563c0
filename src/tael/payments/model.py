"""What are the nouns of payments? Payment, attempt, refund; and the states each can be in."""

from datetime import datetime
from enum import StrEnum

import msgspec

from tael.channels.port import Action, ErrorClass, Hold, Product
from tael.foundation.money import Money
from tael.offers.model import TakenOff


class PaymentState(StrEnum):
    """Where a payment stands. The last four are ends and never change again."""

    CREATED = "created"
    """The merchant asked for it; nobody has tried to pay."""
    PROCESSING = "processing"
    """We are speaking with a channel; the payer need do nothing."""
    REQUIRES_ACTION = "requires_action"
    """The payer has something to do, such as scan a code."""
    AUTHORISED = "authorised"
    """The payer's money is held, not yet taken (cards)."""
    CAPTURED = "captured"
    CANCELED = "canceled"
    FAILED = "failed"
    EXPIRED = "expired"


class CaptureMethod(StrEnum):
    """When the payer's money is taken."""

    AUTOMATIC = "automatic"
    """As they pay."""
    MANUAL = "manual"
    """It is only held; captures take it, all or in parts."""


class AttemptState(StrEnum):
    """Where one try to pay over one channel stands."""

    CREATED = "created"
    """Our row is committed; the channel may or may not have heard of it."""
    WAITING = "waiting"
    """The channel has the order; the payer has not paid."""
    UNKNOWN = "unknown"
    """The channel was asked and did not answer in a way that can be trusted. It is inquired."""
    AUTHORISED = "authorised"
    """The payer's money is held. If the payment does not need it any more, it is released."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"


class RefundState(StrEnum):
    """Where a refund stands."""

    PROCESSING = "processing"
    """Money is set aside in the ledger; the channel has been or will be asked."""
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class StepKind(StrEnum):
    """What is done with money that is held."""

    CAPTURE = "capture"
    """Some of it, or all, is taken."""
    INCREMENT = "increment"
    """More is held."""


class StepState(StrEnum):
    """Where a capture or an increment stands."""

    PROCESSING = "processing"
    """It is written down; the channel has been or will be asked."""
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefundReason(StrEnum):
    """Who wanted the money to go back, and why."""

    MERCHANT = "merchant"
    LATE_SUCCESS = "late_success"
    """The payer paid after the payment had ended: the platform gives the money back by itself."""
    SECOND_SUCCESS = "second_success"
    """The payer paid twice: the platform gives the second payment back by itself."""
    OVERPAID = "overpaid"
    """The payer sent more than was asked for: the platform gives back what is too much."""
    UNDERPAID = "underpaid"
    """The payer sent less than was asked for until the time was over: the platform gives it back."""
    VOIDED = "voided"
    """The channel gave the money back by itself: as it ended the order in the moment in which the payer paid, or since
    somebody asked it to without us."""


class RefundWay(StrEnum):
    """How the money goes back."""

    REFUND = "refund"
    """The way that it came."""
    PAY_OUT = "pay_out"
    """To the account that it came from, over whichever channel pays out: the first way is closed or ill."""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant asks a payer for."""

    id: str
    merchant_id: str
    reference: str
    """The merchant's own order number."""
    description: str
    amount_minor: int
    currency: str
    state: PaymentState
    closing_as: PaymentState | None
    """`canceled` or `expired` while we wait for the channel to confirm that nobody paid."""
    captured_by: str | None
    """The attempt whose money was captured."""
    captured_minor: int
    refunded_minor: int
    """What has gone back to the payer for good."""
    refunding_minor: int
    """What is on its way back: set aside, not yet confirmed by the channel."""
    fee_basis_points: int
    """The fee that was agreed when the payment was made, in hundredths of a percent."""
    fee_minor: int
    """What the platform takes of the captured amount."""
    fee_returned_minor: int
    """What of the fee went, or is going, back to the merchant with refunds."""
    return_url: str | None
    """Where the checkout page leads back to."""
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    metadata: dict[str, str] = {}
    """The merchant's own notes, by their names; shown to nobody else."""
    descriptor: str | None = None
    """What stands on the payer's statement, over channels that can say it."""
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    fee_terms_id: str | None = None
    """The fee terms that were agreed when the payment was made; none: `fee_basis_points` says it all."""
    source: str = "api"
    """Where it came from: `api`, `checkout_session:<id>`, `payment_link:<id>`, `static_code:<id>`, `counter:<terminal>`."""
    authorised_minor: int = 0
    """What may be taken in all of money that is, or was, held."""
    capture_before: datetime | None = None
    """Until when the channel holds the money."""
    disputed_minor: int = 0
    """What of the captured money payers' banks have taken back, or hold until they have decided."""
    discount_minor: int = 0
    """What offers took off the attempt that was paid."""
    method: str | None = None
    """What it was paid with; until then, what was tried last. None or empty: nothing yet."""
    channel: str | None = None
    """Over which channel."""

    @property
    def amount(self) -> Money:
        """The amount asked for."""
        return Money(self.amount_minor, self.currency)

    @property
    def refundable_minor(self) -> int:
        """What can still be given back."""
        return self.captured_minor - self.refunded_minor - self.refunding_minor - self.disputed_minor

    @property
    def manual(self) -> bool:
        """Whether its money is held first."""
        return self.capture_method is CaptureMethod.MANUAL

    @property
    def capturable_minor(self) -> int:
        """What is held and was not taken yet."""
        held = self.state is PaymentState.AUTHORISED
        return self.authorised_minor - self.captured_minor if held else 0

    @property
    def over_at(self) -> datetime:
        """When its time is over: to pay it, or to capture what is held."""
        holds = self.state is PaymentState.AUTHORISED
        return self.capture_before if holds and self.capture_before is not None else self.expires_at

    @property
    def ended(self) -> bool:
        """Whether the state is an end and never changes again."""
        return self.state in ENDS


ENDS = frozenset({PaymentState.CAPTURED, PaymentState.CANCELED, PaymentState.FAILED, PaymentState.EXPIRED})
"""The states in which a payment stays."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to pay over one channel. Its id is the order number that the channel sees."""

    id: str
    payment_id: str
    channel: str
    method: str
    """What the payer knows the channel as."""
    product: Product
    state: AttemptState
    abandoned: bool
    """Another channel was tried in its place: it is to be closed, and what it held is shown to nobody."""
    amount_minor: int
    """What the channel is asked for: the price less what offers take off."""
    currency: str
    action: Action | None
    """What the payer must do."""
    action_expires_at: datetime | None
    received_minor: int
    """What has arrived so far, where payers choose the amount themselves."""
    payer_sealed: bytes | None
    """The account of who paid it, where the money has to be sent back to it; sealed. None if that is not plain."""
    channel_reference: str | None
    """The channel's own number of the order."""
    channel_code: str | None
    """The channel's own code of its last answer, for support."""
    error_class: ErrorClass | None
    """Why it did not succeed, or why we do not know."""
    created_at: datetime
    ended_at: datetime | None
    inquiries: int
    """How often the channel has been asked without learning anything new."""
    next_inquiry_at: datetime | None
    movements: int = 0
    """How often what has arrived has changed: each change has its entry in the books."""
    voided: bool = False
    """The channel ended it and gave back whatever had been paid."""
    doubted_at: datetime | None = None
    """Since when the channel contradicts what it said, or was heard while a step was under way: it is asked again."""
    recalled_at: datetime | None = None
    """When what has arrived last changed, once something of it was taken back: what was said before that is old."""
    payers_differ: bool = False
    """More than one has sent money: what is too much, or too little, may be another's than that of who paid it."""
    hold: Hold | None = None
    """What the channel says of the money that it holds."""
    taken_off: TakenOff = TakenOff()

    @property
    def live(self) -> bool:
        """Whether the channel may still take money for it, as far as we know."""
        return self.state in LIVE_ATTEMPTS

    @property
    def holds(self) -> bool:
        """Whether it holds money for its payment."""
        return self.state is AttemptState.AUTHORISED and not self.abandoned

    @property
    def discount_minor(self) -> int:
        """What offers take off the price of the payment."""
        return sum(offer.amount_minor for offer in self.taken_off.offers)

    @property
    def code_url(self) -> str | None:
        """What the QR code holds, if there is one to show."""
        return getattr(self.action, "code_url", None)


LIVE_ATTEMPTS = frozenset(
    {AttemptState.CREATED, AttemptState.WAITING, AttemptState.UNKNOWN, AttemptState.AUTHORISED}
)
"""The states in which a channel may still take money for an attempt."""


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way back to a payer. Its id is the refund number that the channel sees."""

    id: str
    payment_id: str
    attempt_id: str
    channel: str
    """Over which it goes back."""
    way: RefundWay
    merchant_id: str
    reason: RefundReason
    cause: str | None
    """The journal entry of the surplus that is given back."""
    note: str
    """The merchant's words, shown to the payer by some channels."""
    state: RefundState
    amount_minor: int
    currency: str
    fee_returned_minor: int
    """The part of the platform's fee that goes back to the merchant with this refund."""
    channel_code: str | None
    created_at: datetime
    ended_at: datetime | None
    inquiries: int
    next_inquiry_at: datetime | None
    asked_at: datetime | None = None
    """Since when the channel may have been asked for it; none: it surely has not."""
    unowed_minor: int = 0
    """What of it goes, or went, back though nobody owes it any more: the platform's loss until it is recovered."""
    reversals: int = 0
    """How often the channel took back what it had said for good."""
    doubted_at: datetime | None = None
    """Since when the channel contradicts what it said before. It is believed if it says so when asked once more."""
    payee_sealed: bytes | None = None
    """The account that it goes to, where we send it ourselves: that of the attempt's payer when it was made, whoever else
    is heard of later. None if it was not known to whom."""

    @property
    def owed_minor(self) -> int:
        """What of it is owed to the payer."""
        return self.amount_minor - self.unowed_minor

    @property
    def ended(self) -> bool:
        """Whether the channel has said what became of it; it is only asked again if it contradicts itself."""
        return self.state in (RefundState.SUCCEEDED, RefundState.FAILED)

    @property
    def stopped(self) -> bool:
        """Whether it gives a surplus back and was stopped before its channel heard of it: others owe what it owed."""
        return self.state is RefundState.FAILED and self.cause is not None and self.asked_at is None


class HoldStep(msgspec.Struct, frozen=True, kw_only=True):
    """A capture (`cap_…`) or an increment (`inc_…`) of money that is held; one at a time for each payment."""

    id: str
    payment_id: str
    attempt_id: str
    merchant_id: str
    channel: str
    kind: StepKind
    state: StepState
    amount_minor: int
    """How much is taken, or how much more is held."""
    before_minor: int
    """What had been taken in all, or was held in all, before it."""
    tip_minor: int
    """What of a capture is a tip."""
    final: bool
    """Whether what it leaves is released."""
    currency: str
    fee_minor: int
    """What the platform takes of a capture that succeeded."""
    channel_code: str | None
    error_class: ErrorClass | None
    created_at: datetime
    ended_at: datetime | None
    inquiries: int
    next_inquiry_at: datetime | None

    @property
    def amount(self) -> Money:
        """How much is taken, or how much more is held."""
        return Money(self.amount_minor, self.currency)

    @property
    def ended(self) -> bool:
        """Whether the channel has said what became of it."""
        return self.state in (StepState.SUCCEEDED, StepState.FAILED)


class DisputeMove(StrEnum):
    """What a payer's dispute does to the money: to and fro on one line, free, held, lost."""

    HELD = "held"
    """The channel has taken it back: it is withheld from the merchant."""
    RETURNED = "returned"
    """The channel has given it back: so have we."""
    LOST = "lost"
    """What was held is the payer's."""
    REOPENED = "reopened"
    """What was lost is held again: the payer's bank looks at it once more."""


class DisputeHolding(msgspec.Struct, frozen=True, kw_only=True):
    """Whose money stands for a dispute. The rest of the amount is to be recovered."""

    amount_minor: int
    """What the channel took back."""
    charged_minor: int = 0
    """What of it is of the captured money: refunds and disputes together never exceed that."""
    pending_minor: int = 0
    """What of that the merchant's balance covered."""


class DisputeBooking(msgspec.Struct, frozen=True, kw_only=True):
    """A move that a dispute has made."""

    dispute_id: str
    nth: int
    """Which of its moves: each is booked once."""
    move: DisputeMove
    payment_id: str
    attempt_id: str
    holding: DisputeHolding
