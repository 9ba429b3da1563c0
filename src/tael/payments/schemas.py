"""What do payments look like on the wire? Requests that are strict, and bodies that agree with the nouns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.channels.port import Action, Capabilities, ErrorClass, Product
from tael.foundation.calls import Answer
from tael.foundation.money import Money
from tael.foundation.printable import PRINTABLE
from tael.payments.model import (
    Attempt,
    AttemptState,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
    RefundState,
)

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
        Meta(
            description="How long it can be paid, 60 to 86400; 15 minutes if you do not say", examples=[900]
        ),
    ] = None
    return_url: WebAddress | None = None


ChannelName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=32,
        pattern=r"^[a-z][a-z0-9_]*$",
        description="The name of a channel in small letters",
        examples=["name_of_channel"],
    ),
]
MethodName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=32,
        pattern=r"^[a-z][a-z0-9_]*$",
        description="What payers know: `card`, `bank_transfer`, the name of a wallet. The platform chooses the channel",
        examples=["card"],
    ),
]
PayerParticular = Annotated[str, Meta(max_length=256, pattern=PRINTABLE, examples=[""])]


class StartAttemptRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which way the payer wants to pay. Name a method, or a channel if you must."""

    method: MethodName | None = None
    channel: ChannelName | None = None
    product: Annotated[
        Product, Meta(description="The scene: a code to scan, a page, an app …", examples=["code"])
    ] = Product.CODE
    payer_id: Annotated[
        PayerParticular, Meta(description="The payer as the wallet knows them, for `jsapi`")
    ] = ""
    payer_code: Annotated[
        PayerParticular, Meta(description="The digits of the code that the payer shows, for `barcode`")
    ] = ""
    card_token: Annotated[
        PayerParticular, Meta(description="The card's token, for `card`; never a card number")
    ] = ""
    payer_address: Annotated[
        Annotated[str, Meta(max_length=45, pattern=r"^[0-9a-fA-F:.]*$")],
        Meta(description="The payer's IP address, where a channel asks for it", examples=[""]),
    ] = ""


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


PaymentId = Annotated[str, Meta(description="The payment's id", examples=["pay_06dk3vg5m8x4t9c1h2zq7n0rby"])]
Currency = Annotated[str, Meta(description="ISO 4217", examples=["CNY"])]
CreatedAt = Annotated[datetime, Meta(tz=True, description="When it was made, in UTC")]
EndedAt = Annotated[
    Annotated[datetime, Meta(tz=True)] | None,
    Meta(description="When it reached a state that never changes again", examples=[None]),
]
ChannelCode = Annotated[
    str | None, Meta(description="The channel's own code of its last answer, for support", examples=[None])
]


class PaymentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A payment, as merchants see it."""

    id: PaymentId
    state: Annotated[PaymentState, Meta(description="Where it stands", examples=["created"])]
    closing: Annotated[bool, Meta(description="Whether a channel is being asked to end it unpaid")]
    amount_minor: Annotated[int, Meta(description="What was asked for, in minor units", examples=[1280])]
    captured_minor: Annotated[int, Meta(description="What was paid")]
    refunded_minor: Annotated[int, Meta(description="What has gone back to the payer for good")]
    refunding_minor: Annotated[int, Meta(description="What is on its way back to the payer")]
    fee_minor: Annotated[int, Meta(description="What the platform takes of the captured amount")]
    fee_returned_minor: Annotated[int, Meta(description="What of the fee came back with refunds")]
    currency: Currency
    reference: Annotated[str, Meta(description="Your own order number", examples=["order-1001"])]
    description: Annotated[str, Meta(description="What the payer sees", examples=["Two cups of tea"])]
    checkout_url: Annotated[
        str,
        Meta(
            description="Send the payer here",
            examples=["https://pay.example/pay/pay_06dk3vg5m8x4t9c1h2zq7n0rby"],
        ),
    ]
    return_url: Annotated[str | None, Meta(description="Where the checkout leads back to", examples=[None])]
    created_at: CreatedAt
    expires_at: Annotated[datetime, Meta(tz=True, description="Until when it can be paid")]
    ended_at: EndedAt


class AttemptBody(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, as merchants see it."""

    id: Annotated[
        str,
        Meta(
            description="The attempt's id, which is the order number at the channel",
            examples=["att_06dk3vg5m8x4t9c1h2zq7n0rbz"],
        ),
    ]
    payment_id: PaymentId
    channel: Annotated[str, Meta(description="The channel", examples=["name_of_channel"])]
    method: Annotated[str, Meta(description="What payers know it as", examples=["card"])]
    product: Annotated[Product, Meta(description="The scene", examples=["code"])]
    state: Annotated[
        AttemptState,
        Meta(description="Where it stands; `unknown` is being inquired about", examples=["waiting"]),
    ]
    action: Annotated[
        Action | None, Meta(description="What the payer must do next, by its `type`", examples=[None])
    ]
    action_expires_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="Until when the payer can do it")
    ]
    channel_reference: Annotated[
        str | None, Meta(description="The channel's own number of the order", examples=[None])
    ]
    channel_code: ChannelCode
    error_class: Annotated[
        ErrorClass | None,
        Meta(description="Why it did not succeed, or why we do not know", examples=[None]),
    ]
    created_at: CreatedAt
    ended_at: EndedAt


class RefundBody(msgspec.Struct, frozen=True, kw_only=True):
    """A refund, as merchants see it."""

    id: Annotated[str, Meta(description="The refund's id", examples=["rfd_06dk3vg5m8x4t9c1h2zq7n0rc0"])]
    payment_id: PaymentId
    state: Annotated[
        RefundState,
        Meta(description="Where it stands; `unknown` is being inquired about", examples=["succeeded"]),
    ]
    reason: Annotated[
        RefundReason,
        Meta(description="Who wanted it: you, or the platform for money that came late or twice"),
    ]
    note: Annotated[str, Meta(description="Your words", examples=["One cup was cold"])]
    amount_minor: Annotated[int, Meta(description="What goes back, in minor units", examples=[300])]
    fee_returned_minor: Annotated[
        int, Meta(description="The part of the fee that comes back to you", examples=[2])
    ]
    currency: Currency
    channel_code: ChannelCode
    created_at: CreatedAt
    ended_at: EndedAt


class PaymentDetailBody(PaymentBody, frozen=True, kw_only=True):
    """A payment with its attempts and refunds, oldest first."""

    attempts: Annotated[list[AttemptBody], Meta(description="Every try to pay")]
    refunds: Annotated[list[RefundBody], Meta(description="Everything that went or goes back")]


class MethodAmounts(msgspec.Struct, frozen=True, kw_only=True):
    """From how much to how much at a time, in one currency."""

    currency: Currency
    smallest_minor: Annotated[int, Meta(description="The least that can be paid", examples=[1])]
    largest_minor: Annotated[int, Meta(description="The most that can be paid at a time", examples=[5000000])]


class MethodBody(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay. The platform chooses the channel."""

    method: Annotated[str, Meta(description="Its name, for `POST …/attempts`", examples=["card"])]
    products: Annotated[list[Product], Meta(description="The scenes in which it can be used")]
    amounts: list[MethodAmounts]


def method_bodies(channels: Sequence[Capabilities], product: Product | None) -> list[MethodBody]:
    """The ways to pay that channels offer together, in alphabetical order."""
    methods = sorted({can.method for can in channels if product is None or product in can.products})
    return [_method_body(name, [can for can in channels if can.method == name]) for name in methods]


def _method_body(name: str, channels: Sequence[Capabilities]) -> MethodBody:
    currencies = sorted({currency for can in channels for currency in can.amounts})
    return MethodBody(
        method=name,
        products=sorted({product for can in channels for product in can.products}),
        amounts=[
            MethodAmounts(
                currency=currency,
                smallest_minor=min(
                    can.amounts[currency].smallest_minor for can in channels if currency in can.amounts
                ),
                largest_minor=max(
                    can.amounts[currency].largest_minor for can in channels if currency in can.amounts
                ),
            )
            for currency in currencies
        ],
    )


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


SHEET_COLUMNS = (
    "id created_at state currency amount captured refunded refunding fee fee_returned"
    " reference description expires_at ended_at"
).split()
"""Of an exported list. Amounts are decimals there, because people add them up in spreadsheets."""


def payment_row(payment: Payment) -> list[str]:
    """A payment as a line of an exported list."""
    amounts = [
        payment.amount_minor,
        payment.captured_minor,
        payment.refunded_minor,
        payment.refunding_minor,
        payment.fee_minor,
        payment.fee_returned_minor,
    ]
    return [
        payment.id,
        payment.created_at.isoformat(),
        payment.state,
        payment.currency,
        *[Money(amount, payment.currency).decimal() for amount in amounts],
        payment.reference,
        payment.description,
        payment.expires_at.isoformat(),
        payment.ended_at.isoformat() if payment.ended_at else "",
    ]


def attempt_body(attempt: Attempt) -> AttemptBody:
    """An attempt as merchants see it: what was given up is shown to nobody who could pay with it."""
    body = msgspec.convert(attempt, AttemptBody, from_attributes=True)
    return msgspec.structs.replace(body, action=None) if attempt.abandoned else body


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
