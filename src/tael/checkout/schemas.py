"""What does the checkout look like on the wire? Requests that are strict, and bodies that agree with the nouns.

Bodies take their own fields also by position: so these come first, and the terms after them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tael.channels.port import Action
from tael.checkout.model import (
    Charge,
    ChargeState,
    ChargeTerms,
    Currency,
    Link,
    LinkTerms,
    MerchantCode,
    Session,
    SessionState,
    SessionTerms,
    StaticCode,
    StaticCodeTerms,
    TerminalId,
)
from tael.foundation.printable import PRINTABLE
from tael.payments.model import Attempt, Payment
from tael.payments.schemas import AmountMinor, CouponCodes, MethodName, PayerParticular

Moment = Annotated[datetime, Meta(tz=True)]


class CreateSessionRequest(SessionTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a merchant's server sends to get a page on which one payer pays one amount."""

    amount_minor: AmountMinor | None = None
    expires_in_seconds: Annotated[
        int, Meta(ge=60, le=86_400, description="How long it can be paid", examples=[900])
    ] = 900
    method: Annotated[MethodName | None, Meta(description="The wallet, for `jsapi` and `app`")] = None
    payer_id: Annotated[
        PayerParticular, Meta(description="The payer as the wallet knows them, for `jsapi`")
    ] = ""


class ExpireSessionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ending a session needs no particulars."""


class SessionBody(SessionTerms, frozen=True):
    """A checkout session, as merchants see it."""

    id: Annotated[str, Meta(examples=["cs_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    state: Annotated[SessionState, Meta(description="Where it stands", examples=["open"])]
    url: Annotated[
        str,
        Meta(
            description="Send the payer here",
            examples=["https://pay.example/checkout/cs_06dk3vg5m8x4t9c1h2zq7n0rby"],
        ),
    ]
    amount_minor: Annotated[int, Meta(description="Without the tip", examples=[1280])]
    tip_minor: Annotated[int, Meta(description="What the payer gives beyond it", examples=[0])]
    origin: Annotated[str, Meta(description="`api`, or the link or static code by which the payer came")]
    payment_id: Annotated[str | None, Meta(description="Its payment; null until the payer has chosen a tip")]
    created_at: Moment
    expires_at: Moment
    ended_at: Moment | None
    action: Annotated[
        Action | None, Meta(description="What the wallet's kit is to be given, for `jsapi` and `app`")
    ] = None


class CreateLinkRequest(LinkTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a merchant asks for with one address for many payers."""


class SwitchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether payers can begin to pay with it."""

    active: bool


class LinkBody(LinkTerms, frozen=True):
    """A payment link, as merchants see it."""

    id: Annotated[str, Meta(examples=["lnk_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    url: Annotated[
        str, Meta(description="Give this to payers", examples=["https://pay.example/l/k3vqm2x7abcd"])
    ]
    open_count: Annotated[int, Meta(description="How many are just paying with it")]
    paid_count: Annotated[int, Meta(description="How many have paid with it")]
    active: bool
    created_at: Moment


class CreateStaticCodeRequest(StaticCodeTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A printed code for a store or one of its terminals."""


class StaticCodeBody(StaticCodeTerms, frozen=True):
    """A static code, as merchants see it."""

    id: Annotated[str, Meta(examples=["cod_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    url: Annotated[
        str, Meta(description="What the code holds", examples=["https://pay.example/q/k3vqm2x7abcd"])
    ]
    print_url: Annotated[str, Meta(description="A page to print it from")]
    active: bool
    created_at: Moment


class StaticSessionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payer who has scanned a static code in a mini-program of yours, and is known to the wallet."""

    amount_minor: AmountMinor
    method: MethodName
    payer_id: Annotated[PayerParticular, Meta(min_length=1)]


class ChargeRequest(ChargeTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount at a counter, and the code on the payer's phone."""

    payer_code: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=512,
            pattern=PRINTABLE,
            description="The code that was scanned; its first characters say which wallet it is",
            examples=["134567890123456789"],
        ),
    ]
    terminal_id: TerminalId | None = None
    coupon_codes: CouponCodes = ()


class CardPresented(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a contactless reader heard of a card or a phone: never a card number."""

    token: Annotated[
        str,
        Meta(
            min_length=4,
            max_length=256,
            pattern=r"^(?![0-9 -]+$)[!-~]+$(?!\n)",
            description="The device's or the card's token; digits alone would be a card number, and are refused",
            examples=["tok_06dk3vg5m8x4t9c1h2zq7n0rby"],
        ),
    ]


class TerminalChargeRequest(ChargeTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount at a terminal, and the card or phone that was held to it."""

    card: CardPresented


class CancelChargeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cancelling needs no particulars."""


class ChargeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A charge at a counter, as merchants see it."""

    id: Annotated[str, Meta(description="Its payment's id", examples=["pay_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    state: Annotated[
        ChargeState, Meta(description="How far it is; while it is `confirming`, do not charge again")
    ]
    method: Annotated[str, Meta(description="The wallet whose code it is, or `card`")]
    amount_minor: int
    discount_minor: Annotated[int, Meta(description="What offers take off: the payer pays the rest")]
    currency: Currency
    reference: str
    description: str
    store_id: str | None
    terminal_id: str | None
    taken_by: Annotated[str, Meta(description="The member or key that took it")]
    channel_code: Annotated[str | None, Meta(description="The channel's own code of its last answer")]
    created_at: Moment
    expires_at: Annotated[datetime, Meta(tz=True, description="When it is cancelled by itself")]
    ended_at: Moment | None


def session_body(session: Session, *, public_url: str, action: Action | None = None) -> SessionBody:
    """A session as merchants see it."""
    shown = _without(session, "merchant_id", "visit", "payer")
    return SessionBody(**shown, url=f"{public_url}/checkout/{session.id}", action=action)


def link_body(link: Link, *, public_url: str) -> LinkBody:
    """A link as merchants see it."""
    return LinkBody(**_without(link, "merchant_id", "code"), url=f"{public_url}/l/{link.code}")


def static_code_body(code: StaticCode, *, public_url: str) -> StaticCodeBody:
    """A static code as merchants see it."""
    url = f"{public_url}/q/{code.code}"
    return StaticCodeBody(**_without(code, "merchant_id", "code"), url=url, print_url=f"{url}/print")


def _without(noun: msgspec.Struct, *hidden: str) -> dict[str, Any]:
    fields = msgspec.structs.asdict(noun)
    return {name: fields[name] for name in fields if name not in hidden}


def charge_body(
    charge: Charge, payment: Payment, attempts: Sequence[Attempt], *, state: ChargeState
) -> ChargeBody:
    """A charge as merchants see it."""
    return ChargeBody(
        id=payment.id,
        state=state,
        method=charge.method,
        amount_minor=payment.amount_minor,
        discount_minor=_discount_minor(payment, attempts),
        currency=payment.currency,
        reference=payment.reference,
        description=payment.description,
        store_id=charge.store_id,
        terminal_id=charge.terminal_id,
        taken_by=charge.actor,
        channel_code=attempts[-1].channel_code if attempts else None,
        created_at=payment.created_at,
        expires_at=payment.expires_at,
        ended_at=payment.ended_at,
    )


def _discount_minor(payment: Payment, attempts: Sequence[Attempt]) -> int:
    """What was taken off what was paid, whichever attempt that was; until then, what would be taken off the last."""
    if payment.captured_by is not None:
        return payment.discount_minor
    return attempts[-1].discount_minor if attempts else 0


class EmvBody(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant-presented code of EMVCo, and what it says."""

    payload: Annotated[str, Meta(description="What the QR code holds")]
    says: Annotated[MerchantCode, Meta(description="By the ids of the specification")]
