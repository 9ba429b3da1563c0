"""What do payments look like on the wire? Requests that are strict, and bodies that agree with the nouns."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.calls import Answer
from tael.payments.model import (
    Attempt,
    AttemptState,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
    RefundState,
)

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*$(?!\n)"
"""No control characters, no line breaks, nothing that turns the direction of writing around on somebody's page.
The end of the pattern is for Python, to which `$` is also the place before a last line break."""

Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=PRINTABLE,
        description="Your own order number, 1 to 64 printable characters",
        examples=["order-1001"],
    ),
]
Words = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=PRINTABLE,
        description="What the payer sees, 1 to 128 printable characters",
        examples=["Two cups of tea"],
    ),
]
WebAddress = Annotated[
    str,
    Meta(
        max_length=512,
        pattern=r"^https?://[^\s\x00-\x1f\x7f]+$(?!\n)",
        description="Where the payer goes next: an http or https address of at most 512 characters",
        examples=["https://shop.example/orders/1001"],
    ),
]
AmountMinor = Annotated[
    int,
    Meta(
        ge=1,
        le=10**14,
        description="Amount in minor units (fen, cents): 1280 is ¥12.80",
        examples=[1280],
    ),
]


class CreatePaymentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a merchant's server sends to be paid."""

    amount_minor: AmountMinor
    currency: Annotated[str, Meta(description="ISO 4217, three capital letters", examples=["CNY"])]
    reference: Reference
    description: Words
    exponent: Annotated[
        Annotated[int, Meta(ge=0, le=4)] | None,
        Meta(description="How many decimals you think the currency has; refused if it has not", examples=[2]),
    ] = None
    expires_in_seconds: Annotated[
        Annotated[int, Meta(ge=60, le=86_400)] | None,
        Meta(description="How long it can be paid, 60 to 86400; 15 minutes if you do not say", examples=[900]),
    ] = None
    return_url: WebAddress | None = None


class StartAttemptRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which channel the payer wants to use."""

    channel: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=32,
            pattern=r"^[a-z_]+$",
            description="The name of a channel in small letters",
            examples=["alipay"],
        ),
    ]


class ClosePaymentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Closing needs no particulars."""


class CreateRefundRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to give back; everything that is left if no amount is named."""

    amount_minor: AmountMinor | None = None
    note: Annotated[
        str,
        Meta(
            max_length=128,
            pattern=PRINTABLE,
            description="At most 128 printable characters; some channels show them to the payer",
            examples=["One cup was cold"],
        ),
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


def payment_answer(payment: Payment, *, status: int, public_url: str) -> Answer:
    """A payment as an answer; 202 while it is being closed."""
    body = msgspec.json.encode(payment_body(payment, public_url=public_url))
    return Answer(status=202 if payment.closing_as else status, body=body)


def attempt_answer(attempt: Attempt) -> Answer:
    """An attempt as an answer; 202 while the channel has not said what became of it."""
    undecided = attempt.state in (AttemptState.CREATED, AttemptState.UNKNOWN)
    return Answer(status=202 if undecided else 201, body=msgspec.json.encode(attempt_body(attempt)))


def refund_answer(refund: Refund) -> Answer:
    """A refund as an answer; 202 while the channel has not confirmed it."""
    return Answer(status=201 if refund.ended else 202, body=msgspec.json.encode(refund_body(refund)))
