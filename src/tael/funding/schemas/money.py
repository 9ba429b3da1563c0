"""What do top-ups and withdrawals look like on the wire?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tael.channels.port import Action, Product
from tael.foundation.printable import PRINTABLE
from tael.funding.model import (
    Quote,
    TopUp,
    TopUpRefund,
    TopUpRefundState,
    TopUpState,
    Withdrawal,
    WithdrawalState,
)
from tael.funding.schemas.fields import AmountMinor, CardId, ConfirmationId, Currency, Strict
from tael.identity.model import Confirmation, Strength

_Amount = Annotated[int, Meta(description="In minor units", examples=[10000])]


class TopUpRequest(Strict, frozen=True, kw_only=True):
    """Money into your wallet: with a method that its provider's page or code shows, or with a card of yours."""

    amount_minor: AmountMinor
    currency: Currency = "CNY"
    method: Annotated[
        str, Meta(max_length=32, pattern=r"^[a-z0-9_]+$(?!\n)", description="What you pay with")
    ] = "card"
    product: Annotated[
        Product, Meta(description="In which scene: a code to scan, a page, an app", examples=["code"])
    ] = Product.CODE
    bank_card_id: Annotated[
        CardId | None, Meta(description="With this card of yours: then nothing else need be done")
    ] = None
    return_url: Annotated[
        Annotated[str, Meta(max_length=512, pattern=PRINTABLE)] | None,
        Meta(description="Where a provider's page leads back to"),
    ] = None


class TopUpBody(msgspec.Struct, frozen=True, kw_only=True):
    """A top-up."""

    id: Annotated[str, Meta(description="The top-up's id", examples=["top_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    state: Annotated[TopUpState, Meta(description="Where it stands", examples=["waiting"])]
    amount_minor: _Amount
    fee_minor: Annotated[int, Meta(description="What of it the platform keeps")]
    credited_minor: Annotated[int, Meta(description="What came into the wallet")]
    refunded_minor: Annotated[int, Meta(description="What of it went back, or is going")]
    currency: Currency
    method: Annotated[str, Meta(description="What it is paid with")]
    bank_card_id: str | None
    payment_id: Annotated[str, Meta(description="The payment behind it")]
    action: Annotated[Any | None, Meta(description="What you do next, as at a checkout; none if nothing")]
    reason: Annotated[str, Meta(description="Why it failed; otherwise empty")]
    created_at: datetime
    expires_at: Annotated[datetime | None, Meta(description="Until when it can be paid")]
    ended_at: datetime | None


class RefundTopUpRequest(Strict, frozen=True, kw_only=True):
    """Have a top-up back, to where it came from."""

    amount_minor: Annotated[AmountMinor | None, Meta(description="Left out: all that is left of it")] = None
    confirmation_id: ConfirmationId | None = None


class ConfirmRefundRequest(Strict, frozen=True, kw_only=True):
    """Ask to be asked: do you want so much of a top-up back? The refusal of a refund says how strongly."""

    amount_minor: Annotated[AmountMinor | None, Meta(description="Left out: all that is left of it")] = None
    strength: Annotated[Strength, Meta(description="How strongly it is to be confirmed")] = Strength.TWO


class TopUpRefundBody(msgspec.Struct, frozen=True, kw_only=True):
    """A top-up on its way back."""

    id: Annotated[str, Meta(description="The refund's id", examples=["tpr_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    top_up_id: str
    state: TopUpRefundState
    amount_minor: _Amount
    currency: Currency
    reason: Annotated[str, Meta(description="Why it did not go back; otherwise empty")]
    created_at: datetime
    ended_at: datetime | None


class QuoteRequest(Strict, frozen=True, kw_only=True):
    """What would it cost to withdraw this, and when would it arrive?"""

    amount_minor: AmountMinor
    currency: Currency = "CNY"
    bank_card_id: Annotated[CardId | None, Meta(description="Left out: your default card")] = None


class QuoteBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a withdrawal costs and when it arrives, as long as the quote holds."""

    id: Annotated[str, Meta(description="The quote's id", examples=["wdq_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    bank_card_id: str
    amount_minor: Annotated[int, Meta(description="What leaves the wallet")]
    fee_minor: Annotated[int, Meta(description="What of it the platform keeps")]
    arrives_minor: Annotated[int, Meta(description="What arrives at the card")]
    currency: Currency
    arrives_within_seconds: Annotated[int, Meta(description="How long it usually takes")]
    expires_at: datetime


class ConfirmQuoteRequest(Strict, frozen=True, kw_only=True):
    """Ask to be asked: is this what you want? The refusal of a withdrawal says how strongly."""

    strength: Annotated[Strength, Meta(description="How strongly it is to be confirmed")] = Strength.TWO


class AskedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmation that waits for its user."""

    confirmation_id: str
    factors: Annotated[Sequence[Sequence[str]], Meta(description="All factors of any one set are enough")]
    words: dict[str, str]
    expires_at: datetime


def asked_body(asked: Confirmation) -> AskedBody:
    """A confirmation as its user is asked for it."""
    return AskedBody(
        confirmation_id=asked.id,
        factors=[[str(factor) for factor in each] for each in asked.sets],
        words=dict(asked.words),
        expires_at=asked.expires_at,
    )


class WithdrawRequest(Strict, frozen=True, kw_only=True):
    """Withdraw as it was quoted."""

    quote_id: Annotated[str, Meta(max_length=40, examples=["wdq_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    confirmation_id: ConfirmationId | None = None


class WithdrawalBody(msgspec.Struct, frozen=True, kw_only=True):
    """A withdrawal."""

    id: Annotated[str, Meta(description="The withdrawal's id", examples=["wdr_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    state: Annotated[WithdrawalState, Meta(description="Where it stands", examples=["processing"])]
    bank_card_id: str
    amount_minor: Annotated[int, Meta(description="What left the wallet")]
    fee_minor: int
    arrives_minor: Annotated[int, Meta(description="What arrives at the card")]
    currency: Currency
    reason: Annotated[str, Meta(description="Why it failed or came back; otherwise empty")]
    payout_id: Annotated[str, Meta(description="The payout behind it; say it to whoever helps you")]
    created_at: datetime
    arrives_by: Annotated[datetime, Meta(description="When it usually has arrived")]
    ended_at: datetime | None


class StaffTopUpBody(msgspec.Struct, frozen=True, kw_only=True):
    """A top-up, as staff see it."""

    user_id: str
    top_up: TopUpBody


class StaffWithdrawalBody(msgspec.Struct, frozen=True, kw_only=True):
    """A withdrawal, as staff see it."""

    user_id: str
    withdrawal: WithdrawalBody


def top_up_body(top_up: TopUp, *, action: Action | None, expires_at: datetime | None) -> TopUpBody:
    """A top-up as its user sees it, with what to do next."""
    return TopUpBody(
        id=top_up.id,
        state=top_up.state,
        amount_minor=top_up.amount_minor,
        fee_minor=top_up.fee_minor,
        credited_minor=top_up.credited_minor,
        refunded_minor=top_up.refunded_minor,
        currency=top_up.currency,
        method=top_up.method,
        bank_card_id=top_up.bank_card_id,
        payment_id=top_up.payment_id,
        action=action,
        reason=top_up.reason,
        created_at=top_up.created_at,
        expires_at=expires_at,
        ended_at=top_up.ended_at,
    )


def refund_body(refund: TopUpRefund) -> TopUpRefundBody:
    """A refund as its user sees it."""
    return TopUpRefundBody(
        id=refund.id,
        top_up_id=refund.top_up_id,
        state=refund.state,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reason=refund.reason,
        created_at=refund.created_at,
        ended_at=refund.ended_at,
    )


def quote_body(quote: Quote) -> QuoteBody:
    """A quote as its user sees it."""
    return QuoteBody(
        id=quote.id,
        bank_card_id=quote.bank_card_id,
        amount_minor=quote.amount_minor,
        fee_minor=quote.fee_minor,
        arrives_minor=quote.amount_minor - quote.fee_minor,
        currency=quote.currency,
        arrives_within_seconds=quote.arrives_seconds,
        expires_at=quote.expires_at,
    )


def withdrawal_body(withdrawal: Withdrawal) -> WithdrawalBody:
    """A withdrawal as its user sees it."""
    return WithdrawalBody(
        id=withdrawal.id,
        state=withdrawal.state,
        bank_card_id=withdrawal.bank_card_id,
        amount_minor=withdrawal.amount_minor,
        fee_minor=withdrawal.fee_minor,
        arrives_minor=withdrawal.arriving.minor,
        currency=withdrawal.currency,
        reason=withdrawal.reason,
        payout_id=withdrawal.payout_id,
        created_at=withdrawal.created_at,
        arrives_by=withdrawal.arrives_by,
        ended_at=withdrawal.ended_at,
    )


def shown_top_ups(found: Sequence[TopUp]) -> list[TopUpBody]:
    """Top-ups as they are listed: without what is to be done."""
    return [top_up_body(each, action=None, expires_at=None) for each in found]


def shown_withdrawals(found: Sequence[Withdrawal]) -> list[WithdrawalBody]:
    """Withdrawals as they are listed."""
    return [withdrawal_body(each) for each in found]
