"""What do orders and questions look like on the wire?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.identity.model import Strength
from tael.wallets.model.asked import Asked
from tael.wallets.model.orders import Order, OrderState
from tael.wallets.schemas.fields import AmountMinor, ConfirmationId, Currency, Strict

AtLeast = Annotated[
    Strength,
    Meta(
        description="If you would rather be asked more strongly than you have to be: `one`, `two`, `signed`",
        examples=["none"],
    ),
]


class OrderBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant wants to be paid by balance, as its payer sees it."""

    number: Annotated[str, Meta(description="As it was shown", examples=["att_01h455vb4pex5vsknk084sn02q"])]
    payee: Annotated[str, Meta(description="Whom it pays", examples=["Blue Teapot"])]
    subject: Annotated[str, Meta(description="What it is for", examples=["Two cups of tea"])]
    amount_minor: AmountMinor
    currency: Currency
    state: Annotated[OrderState, Meta(description="Where it stands", examples=["waiting"])]
    reason: Annotated[str | None, Meta(description="Why it was declined, as a code", examples=[None])]
    created_at: Annotated[datetime, Meta(description="When the merchant asked")]
    expires_at: Annotated[datetime, Meta(description="Until when it can be paid")]
    ended_at: Annotated[
        datetime | None, Meta(description="When it was paid, declined or closed", examples=[None])
    ]
    refunded_minor: Annotated[int, Meta(description="What of it came back, in minor units", examples=[0])]
    return_url: Annotated[
        str,
        Meta(
            description="Where the merchant's page goes on; empty: nowhere",
            examples=["https://shop.example/done"],
        ),
    ]


class OrdersBody(msgspec.Struct, frozen=True, kw_only=True):
    """Some orders."""

    items: Annotated[list[OrderBody], Meta(description="Newest first")]


class PayOrderRequest(Strict, frozen=True, kw_only=True):
    """Pay it."""

    confirmation_id: ConfirmationId = None


class AskAboutOrderRequest(Strict, frozen=True, kw_only=True):
    """Ask me whether this is what I want."""

    at_least: AtLeast = Strength.NONE


class AskAboutTransferRequest(Strict, frozen=True, kw_only=True):
    """Ask me whether I want to send exactly this."""

    payee: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)],
        Meta(
            description="The payee's id or personal code, as it was found by `POST /v1/me/payees`",
            examples=["usr_01h455vb4pex5vsknk084sn02q"],
        ),
    ]
    amount_minor: AmountMinor
    currency: Currency = "CNY"
    at_least: AtLeast = Strength.NONE


class AskedActBody(msgspec.Struct, frozen=True, kw_only=True):
    """How an act is to be confirmed; without a `confirmation_id` nothing has to be shown."""

    strength: Annotated[Strength, Meta(description="How strongly", examples=["one"])]
    confirmation_id: Annotated[
        str | None,
        Meta(
            description="To be confirmed, and to be sent with the act",
            examples=["cfm_01h455vb4pex5vsknk084sn02q"],
        ),
    ]
    factors: Annotated[
        Sequence[Sequence[str]],
        Meta(
            description="All factors of any one of these sets are enough", examples=[[["payment_password"]]]
        ),
    ]
    words: Annotated[
        dict[str, str],
        Meta(
            description="What is confirmed",
            examples=[{"kind": "payment", "amount": "12.80", "currency": "CNY", "to": "Blue Teapot"}],
        ),
    ]
    expires_at: Annotated[datetime | None, Meta(description="Until when", examples=[None])]


def order_body(order: Order) -> OrderBody:
    """The same on the wire."""
    return OrderBody(
        number=order.number,
        payee=order.payee,
        subject=order.subject,
        amount_minor=order.amount_minor,
        currency=order.currency,
        state=order.state,
        reason=order.reason,
        created_at=order.created_at,
        expires_at=order.expires_at,
        ended_at=order.ended_at,
        refunded_minor=order.refunded_minor,
        return_url=order.return_url,
    )


def question_body(asked: Asked) -> AskedActBody:
    """The same on the wire."""
    question = asked.confirmation
    if question is None:
        return AskedActBody(
            strength=asked.strength, confirmation_id=None, factors=(), words={}, expires_at=None
        )
    return AskedActBody(
        strength=asked.strength,
        confirmation_id=question.id,
        factors=[[str(factor) for factor in one] for one in question.sets],
        words=dict(question.words),
        expires_at=question.expires_at,
    )
