"""Of what Stripe writes, what do we read? Strictly: no name twice, no NaN, no number that is not whole.

Fields that we do not use are left unread; they differ from account to account.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")

_REST = r"_[0-9A-Za-z_]{1,128}\Z"
IntentId = Annotated[str, Meta(pattern="^pi" + _REST)]
SessionId = Annotated[str, Meta(pattern="^cs" + _REST)]
ChargeId = Annotated[str, Meta(pattern="^(ch|py)" + _REST)]
RefundId = Annotated[str, Meta(pattern="^(re|pyr)" + _REST)]
PayoutId = Annotated[str, Meta(pattern="^po" + _REST)]
DisputeId = Annotated[str, Meta(pattern="^(dp|du|pdp)" + _REST)]
FileId = Annotated[str, Meta(pattern="^file" + _REST)]
LineId = Annotated[str, Meta(pattern="^txn" + _REST)]
EventId = Annotated[str, Meta(pattern="^evt" + _REST)]


class Unreadable(Exception):
    """The bytes are not what Stripe documents."""


class CardShown(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a card."""

    brand: str | None = None
    last4: str | None = None
    capture_before: int | None = None
    multicapture: "Availability | None" = None
    incremental_authorization: "Availability | None" = None
    overcapture: "Availability | None" = None


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether something can be done with money that a card holds."""

    status: str = ""
    maximum_amount_capturable: int | None = None

    @property
    def given(self) -> bool:
        """Whether it can be done."""
        return self.status == "available"


class MethodShown(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a way to pay."""

    card: CardShown | None = None


class BalanceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of our balance."""

    id: LineId
    object: Literal["balance_transaction"]
    amount: int
    currency: str
    fee: int
    net: int
    type: str
    created: int
    status: str = ""
    description: str | None = None
    source: "Source | str | None" = None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a movement of our balance came from: a charge, a refund, a payout, a dispute."""

    id: str
    object: str
    amount: int | None = None
    amount_captured: int | None = None
    currency: str | None = None
    metadata: Mapping[str, str] | None = None
    payment_intent: IntentId | None = None
    status: str | None = None


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One go at a card. `amount_refunded` is about what was taken only if all of it was: else it may count what was let go."""

    id: ChargeId
    object: Literal["charge"]
    amount: int
    amount_captured: int | None = None
    amount_refunded: int = 0
    currency: str
    created: int
    livemode: bool
    paid: bool = False
    captured: bool = False
    metadata: Mapping[str, str] = {}
    payment_intent: IntentId | None = None
    payment_method_details: MethodShown | None = None
    balance_transaction: BalanceLine | str | None = None
    refunds: "RefundsShown | None" = None

    @property
    def given_back(self) -> int | None:
        """What was surely given back, in Stripe's units; None if that is not plain."""
        if not self.captured:
            return None
        if self.amount_captured == self.amount:
            return self.amount_refunded
        if self.refunds is None or self.refunds.has_more:
            return None
        return sum(each.amount for each in self.refunds.data if each.status in _GIVES_BACK)


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """Where the payer's bank asks the payer."""

    url: str | None = None


class NextAction(msgspec.Struct, frozen=True, kw_only=True):
    """What the payer must do."""

    type: str
    redirect_to_url: Redirect | None = None


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A PaymentIntent: one order at Stripe."""

    id: IntentId
    object: Literal["payment_intent"]
    status: str
    amount: int
    amount_received: int = 0
    amount_capturable: int = 0
    currency: str
    capture_method: str = "automatic"
    created: int
    livemode: bool
    metadata: Mapping[str, str] = {}
    canceled_at: int | None = None
    next_action: NextAction | None = None
    last_payment_error: "Trouble | None" = None
    latest_charge: Charge | str | None = None


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What an error answer says, and what an intent keeps of its last failure."""

    type: str
    code: str | None = None
    decline_code: str | None = None
    message: str | None = None
    param: str | None = None
    payment_intent: Intent | None = None


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an answer that is not 200."""

    error: Trouble


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A Checkout Session: a page of Stripe on which one order is paid."""

    id: SessionId
    object: Literal["checkout.session"]
    status: str | None = None
    payment_status: str
    amount_total: int | None = None
    currency: str | None = None
    created: int
    expires_at: int
    livemode: bool
    client_reference_id: str | None = None
    metadata: Mapping[str, str] = {}
    url: str | None = None
    payment_intent: Intent | IntentId | None = None


class RefundObject(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way back to a card."""

    id: RefundId
    object: Literal["refund"]
    status: str | None
    amount: int
    currency: str
    created: int
    payment_intent: IntentId | None = None
    charge: ChargeId | None = None
    metadata: Mapping[str, str] = {}
    failure_reason: str | None = None


class RefundsShown(msgspec.Struct, frozen=True, kw_only=True):
    """The refunds of a charge, with it."""

    data: list[RefundObject]
    has_more: bool = False


_GIVES_BACK = frozenset({"succeeded", "pending", "requires_action"})


class PayoutObject(msgspec.Struct, frozen=True, kw_only=True):
    """Our money on its way to our bank account."""

    id: PayoutId
    object: Literal["payout"]
    status: str
    amount: int
    currency: str
    created: int
    livemode: bool
    metadata: Mapping[str, str] = {}
    failure_code: str | None = None
    failure_message: str | None = None


class FileObject(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was handed in, to be named elsewhere."""

    id: FileId
    object: Literal["file"]
    purpose: str
    size: int


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """Until when evidence is taken."""

    due_by: int | None = None


class DisputeObject(msgspec.Struct, frozen=True, kw_only=True):
    """A payer's bank takes the money back."""

    id: DisputeId
    object: Literal["dispute"]
    status: str
    amount: int
    currency: str
    created: int
    livemode: bool
    reason: str
    charge: ChargeId | None = None
    payment_intent: Intent | IntentId | None = None
    evidence_details: Deadline | None = None


class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """The thing as it was when the event happened."""

    object: Any


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened at Stripe."""

    id: EventId
    object: Literal["event"]
    type: str
    created: int
    livemode: bool
    account: str | None = None
    data: EventData


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list; its items are read one by one."""

    object: Literal["list", "search_result"]
    data: list[Any]
    has_more: bool = False


def decode(body: bytes, kind: type[T]) -> T:
    """The body as `kind`; raises `Unreadable`."""
    return convert(_load(body), kind)


def convert(tree: object, kind: type[T]) -> T:
    """A part of a message as `kind`; raises `Unreadable`."""
    try:
        return msgspec.convert(tree, kind)
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise Unreadable(str(problem)[:200]) from None


def _load(body: bytes) -> object:
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_twins,
            parse_constant=_not_a_number,
            parse_float=str,
        )
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"it is not JSON: {type(problem).__name__}") from None


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a name stands twice")
    return tree


def _not_a_number(text: str) -> None:
    raise ValueError(f"{text} is not a number")
