"""What do payments look like on the wire? Requests that are strict, and bodies that agree with the nouns."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.payments.model import (
    Attempt,
    AttemptState,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
    RefundState,
)

PRINTABLE = r"^[^\x00-\x1f\x7f\ud800-\udfff]*$"

Reference = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=PRINTABLE, description="The merchant's own order number")
]
Words = Annotated[str, Meta(min_length=1, max_length=128, pattern=PRINTABLE)]
WebAddress = Annotated[
    str,
    Meta(max_length=512, pattern=r"^https?://[^\s\x00-\x1f\x7f]+$", description="Where the payer goes next"),
]
AmountMinor = Annotated[
    int, Meta(description="Amount in minor units (fen, cents): 1280 is ¥12.80", examples=[1280])
]


class CreatePaymentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a merchant's server sends to be paid."""

    amount_minor: AmountMinor
    currency: Annotated[str, Meta(description="ISO 4217, three capital letters", examples=["CNY"])]
    reference: Reference
    description: Annotated[Words, Meta(description="What the payer sees", examples=["Two cups of tea"])]
    exponent: Annotated[
        int | None, Meta(description="How many decimals you think the currency has; refused if it has not")
    ] = None
    expires_in_seconds: Annotated[int | None, Meta(description="How long it can be paid; 60 to 86400")] = None
    return_url: WebAddress | None = None


class StartAttemptRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which channel the payer wants to use."""

    channel: Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[a-z_]+$", examples=["alipay"])]


class ClosePaymentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Closing needs no particulars."""


class CreateRefundRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to give back; everything that is left if no amount is named."""

    amount_minor: AmountMinor | None = None
    note: Annotated[
        str, Meta(max_length=128, pattern=PRINTABLE, description="Shown to the payer by some channels")
    ] = ""


class OnPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with the payment it is about: what a repeat must repeat."""

    payment_id: str
    request: msgspec.Struct


class PaymentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A payment, as merchants see it."""

    id: str
    state: PaymentState
    closing: bool
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    refunding_minor: int
    fee_minor: int
    fee_returned_minor: int
    currency: str
    reference: str
    description: str
    checkout_url: str
    return_url: str | None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class AttemptBody(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, as merchants see it; `code_url` is what the QR code holds."""

    id: str
    payment_id: str
    channel: str
    state: AttemptState
    code_url: str | None
    code_expires_at: datetime | None
    channel_reference: str | None
    channel_code: str | None
    created_at: datetime
    ended_at: datetime | None


class RefundBody(msgspec.Struct, frozen=True, kw_only=True):
    """A refund, as merchants see it."""

    id: str
    payment_id: str
    state: RefundState
    reason: RefundReason
    note: str
    amount_minor: int
    fee_returned_minor: int
    currency: str
    channel_code: str | None
    created_at: datetime
    ended_at: datetime | None


class PaymentDetailBody(PaymentBody, frozen=True, kw_only=True):
    """A payment with its attempts and refunds, oldest first."""

    attempts: list[AttemptBody]
    refunds: list[RefundBody]


def payment_body(payment: Payment, *, public_url: str) -> PaymentBody:
    """A payment as merchants see it."""
    return PaymentBody(
        id=payment.id,
        state=payment.state,
        closing=payment.closing_as is not None,
        amount_minor=payment.amount_minor,
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
        refunding_minor=payment.refunding_minor,
        fee_minor=payment.fee_minor,
        fee_returned_minor=payment.fee_returned_minor,
        currency=payment.currency,
        reference=payment.reference,
        description=payment.description,
        checkout_url=f"{public_url}/pay/{payment.id}",
        return_url=payment.return_url,
        created_at=payment.created_at,
        expires_at=payment.expires_at,
        ended_at=payment.ended_at,
    )


def attempt_body(attempt: Attempt) -> AttemptBody:
    """An attempt as merchants see it."""
    return msgspec.convert(attempt, AttemptBody, from_attributes=True)


def refund_body(refund: Refund) -> RefundBody:
    """A refund as merchants see it."""
    return msgspec.convert(refund, RefundBody, from_attributes=True)


def payment_detail_body(
    payment: Payment, attempts: list[Attempt], refunds: list[Refund], *, public_url: str
) -> PaymentDetailBody:
    """A payment with everything that happened to it."""
    return PaymentDetailBody(
        **msgspec.structs.asdict(payment_body(payment, public_url=public_url)),
        attempts=[attempt_body(attempt) for attempt in attempts],
        refunds=[refund_body(refund) for refund in refunds],
    )
