"""What do payments look like to merchants? Bodies that agree with the nouns, and the answers of calls."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tael.channels.port import Action, ErrorClass, Product
from tael.foundation.calls import Answer
from tael.offers.model import AppliedOffer
from tael.payments.model import (
    Attempt,
    AttemptState,
    HoldStep,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
    RefundState,
    StepKind,
    StepState,
)
from tael.payments.schemas.requests import HowToCapture

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
WhyNot = Annotated[
    ErrorClass | None,
    Meta(description="Why it did not succeed, or why we do not know", examples=[None]),
]


class PaymentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A payment, as merchants see it."""

    id: PaymentId
    state: Annotated[PaymentState, Meta(description="Where it stands", examples=["created"])]
    closing: Annotated[bool, Meta(description="Whether a channel is being asked to end it unpaid")]
    amount_minor: Annotated[int, Meta(description="What was asked for, in minor units", examples=[1280])]
    captured_minor: Annotated[int, Meta(description="What was paid")]
    discount_minor: Annotated[
        int, Meta(description="What offers took off what was paid, in minor units", examples=[0])
    ]
    refunded_minor: Annotated[int, Meta(description="What has gone back to the payer for good")]
    refunding_minor: Annotated[int, Meta(description="What is on its way back to the payer")]
    disputed_minor: Annotated[
        int, Meta(description="What the payer's bank has taken back, or holds until it has decided")
    ]
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
    metadata: Annotated[dict[str, str], Meta(description="Your own notes", examples=[{"table": "7"}])]
    descriptor: Annotated[
        str | None, Meta(description="What stands on the payer's statement", examples=["BLUE TEAPOT"])
    ]
    capture_method: HowToCapture
    authorised_minor: Annotated[
        int, Meta(description="What may be taken in all of money that is, or was, held", examples=[0])
    ]
    capture_before: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="Until when money is held for you to capture", examples=[None]),
    ]
    source: Annotated[str, Meta(description="Where it came from: `api`, `payment_link:…`", examples=["api"])]
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
    amount_minor: Annotated[int, Meta(description="What is paid with it, in minor units", examples=[1280])]
    discount_minor: Annotated[int, Meta(description="What offers take off the price", examples=[0])]
    discounts: Annotated[list[AppliedOffer], Meta(description="What each offer takes off")]
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
    error_class: WhyNot
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


class CaptureBody(msgspec.Struct, frozen=True, kw_only=True):
    """A capture of money that is held, as merchants see it."""

    id: Annotated[str, Meta(description="The capture's id", examples=["cap_06dk3vg5m8x4t9c1h2zq7n0rc1"])]
    payment_id: PaymentId
    state: Annotated[
        StepState,
        Meta(description="Where it stands; `unknown` is being asked about", examples=["succeeded"]),
    ]
    amount_minor: Annotated[int, Meta(description="What is taken, in minor units", examples=[1280])]
    tip_minor: Annotated[int, Meta(description="What of it is a tip", examples=[0])]
    final: Annotated[bool, Meta(description="Whether what it leaves is released")]
    fee_minor: Annotated[int, Meta(description="What the platform takes of it", examples=[8])]
    currency: Currency
    channel_code: ChannelCode
    error_class: WhyNot
    created_at: CreatedAt
    ended_at: EndedAt


class IncrementBody(msgspec.Struct, frozen=True, kw_only=True):
    """An increment of money that is held, as merchants see it."""

    id: Annotated[str, Meta(description="The increment's id", examples=["inc_06dk3vg5m8x4t9c1h2zq7n0rc2"])]
    payment_id: PaymentId
    state: Annotated[
        StepState,
        Meta(description="Where it stands; `unknown` is being asked about", examples=["succeeded"]),
    ]
    amount_minor: Annotated[int, Meta(description="How much more is held", examples=[500])]
    currency: Currency
    channel_code: ChannelCode
    error_class: WhyNot
    created_at: CreatedAt
    ended_at: EndedAt


class PriceBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment costs in one way."""

    payment_id: PaymentId
    method: Annotated[str, Meta(description="How it would be paid", examples=["card"])]
    currency: Currency
    amount_minor: Annotated[
        int, Meta(description="What the payer would pay, in minor units", examples=[1080])
    ]
    discount_minor: Annotated[int, Meta(description="What offers would take off the price", examples=[200])]
    discounts: Annotated[list[AppliedOffer], Meta(description="What each offer would take off")]


class PaymentDetailBody(PaymentBody, frozen=True, kw_only=True):
    """A payment with its attempts and refunds, oldest first."""

    discounts: Annotated[list[AppliedOffer], Meta(description="What each offer took off what was paid")]
    attempts: Annotated[list[AttemptBody], Meta(description="Every try to pay")]
    refunds: Annotated[list[RefundBody], Meta(description="Everything that went or goes back")]
    captures: Annotated[list[CaptureBody], Meta(description="What was taken of money that is, or was, held")]
    increments: Annotated[list[IncrementBody], Meta(description="By what more was held")]
    disputes: Annotated[
        Sequence[dict[str, Any]] | msgspec.UnsetType,
        Meta(
            description="What payers dispute, each as `GET /v1/disputes` shows it; absent unless it is expanded"
        ),
    ] = msgspec.UNSET


class RefundDetailBody(RefundBody, frozen=True, kw_only=True):
    """A refund, with what `expand` names."""

    payment: Annotated[
        PaymentBody | msgspec.UnsetType,
        Meta(description="The payment as `GET /v1/payments` shows it; absent unless it is expanded"),
    ] = msgspec.UNSET


class PaymentMadeBody(PaymentBody, frozen=True, kw_only=True):
    """A payment as it was made, and what the payer does next if an attempt was asked for with it."""

    attempt: Annotated[AttemptBody | msgspec.UnsetType, Meta(description="The attempt that was begun")] = (
        msgspec.UNSET
    )


class PaymentListedBody(PaymentBody, frozen=True, kw_only=True):
    """A payment of a list, with what `expand` names, oldest first."""

    attempts: Annotated[list[AttemptBody] | msgspec.UnsetType, Meta(description="Every try to pay")] = (
        msgspec.UNSET
    )
    refunds: Annotated[
        list[RefundBody] | msgspec.UnsetType, Meta(description="Everything that went or goes back")
    ] = msgspec.UNSET
    captures: Annotated[
        list[CaptureBody] | msgspec.UnsetType,
        Meta(description="What was taken of money that is, or was, held"),
    ] = msgspec.UNSET
    disputes: Annotated[
        Sequence[dict[str, Any]] | msgspec.UnsetType,
        Meta(description="What payers dispute, each as `GET /v1/disputes` shows it"),
    ] = msgspec.UNSET


def payment_body(payment: Payment, *, public_url: str) -> PaymentBody:
    """A payment as merchants see it."""
    return PaymentBody(
        id=payment.id,
        state=payment.state,
        closing=payment.closing_as is not None,
        amount_minor=payment.amount_minor,
        captured_minor=payment.captured_minor,
        discount_minor=payment.discount_minor,
        refunded_minor=payment.refunded_minor,
        refunding_minor=payment.refunding_minor,
        disputed_minor=payment.disputed_minor,
        fee_minor=payment.fee_minor,
        fee_returned_minor=payment.fee_returned_minor,
        currency=payment.currency,
        reference=payment.reference,
        description=payment.description,
        checkout_url=f"{public_url}/pay/{payment.id}",
        return_url=payment.return_url,
        metadata=payment.metadata,
        descriptor=payment.descriptor,
        capture_method=payment.capture_method,
        authorised_minor=payment.authorised_minor,
        capture_before=payment.capture_before,
        source=payment.source,
        created_at=payment.created_at,
        expires_at=payment.expires_at,
        ended_at=payment.ended_at,
    )


def attempt_body(attempt: Attempt) -> AttemptBody:
    """An attempt as merchants see it: what was given up is shown to nobody who could pay with it."""
    return AttemptBody(
        id=attempt.id,
        payment_id=attempt.payment_id,
        channel=attempt.channel,
        method=attempt.method,
        product=attempt.product,
        state=attempt.state,
        amount_minor=attempt.amount_minor,
        discount_minor=attempt.discount_minor,
        discounts=list(attempt.taken_off.offers),
        action=None if attempt.abandoned else attempt.action,
        action_expires_at=attempt.action_expires_at,
        channel_reference=attempt.channel_reference,
        channel_code=attempt.channel_code,
        error_class=attempt.error_class,
        created_at=attempt.created_at,
        ended_at=attempt.ended_at,
    )


def refund_body(refund: Refund) -> RefundBody:
    """A refund as merchants see it."""
    return msgspec.convert(refund, RefundBody, from_attributes=True)


def step_body(step: HoldStep) -> CaptureBody | IncrementBody:
    """A capture or an increment as merchants see it."""
    if step.kind is StepKind.CAPTURE:
        return msgspec.convert(step, CaptureBody, from_attributes=True)
    return msgspec.convert(step, IncrementBody, from_attributes=True)


def payment_detail_body(
    payment: Payment,
    attempts: list[Attempt],
    refunds: list[Refund],
    steps: Sequence[HoldStep] = (),
    *,
    public_url: str,
) -> PaymentDetailBody:
    """A payment with everything that happened to it."""
    return PaymentDetailBody(
        **msgspec.structs.asdict(payment_body(payment, public_url=public_url)),
        discounts=[
            offer
            for attempt in attempts
            if attempt.id == payment.captured_by
            for offer in attempt.taken_off.offers
        ],
        attempts=[attempt_body(attempt) for attempt in attempts],
        refunds=[refund_body(refund) for refund in refunds],
        captures=[body for body in map(step_body, steps) if isinstance(body, CaptureBody)],
        increments=[body for body in map(step_body, steps) if isinstance(body, IncrementBody)],
    )


def payment_answer(payment: Payment, *, status: int, public_url: str) -> Answer:
    """A payment as an answer; 202 while it is being closed."""
    body = msgspec.json.encode(payment_body(payment, public_url=public_url))
    return Answer(status=202 if payment.closing_as else status, body=body)


def payment_begun_answer(payment: Payment, attempt: Attempt, *, public_url: str) -> Answer:
    """A payment with the attempt that was begun with it; 202 while the channel has not said what became of that."""
    body = PaymentMadeBody(
        **msgspec.structs.asdict(payment_body(payment, public_url=public_url)), attempt=attempt_body(attempt)
    )
    return Answer(status=attempt_answer(attempt).status, body=msgspec.json.encode(body))


def attempt_answer(attempt: Attempt) -> Answer:
    """An attempt as an answer; 202 while the channel has not said what became of it."""
    undecided = attempt.state in (AttemptState.CREATED, AttemptState.UNKNOWN)
    return Answer(status=202 if undecided else 201, body=msgspec.json.encode(attempt_body(attempt)))


def refund_answer(refund: Refund) -> Answer:
    """A refund as an answer; 202 while the channel has not confirmed it."""
    return Answer(status=201 if refund.ended else 202, body=msgspec.json.encode(refund_body(refund)))


def step_answer(step: HoldStep) -> Answer:
    """A capture or an increment as an answer; 202 while the channel has not confirmed it."""
    return Answer(status=201 if step.ended else 202, body=msgspec.json.encode(step_body(step)))
