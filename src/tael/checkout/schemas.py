"""What does the checkout look like on the wire? Requests that are strict, and bodies that agree with the nouns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.channels.port import Action
from tael.checkout.model import (
    Charge,
    ChargeState,
    Link,
    MerchantCode,
    Session,
    SessionState,
    SessionUi,
    StaticCode,
)
from tael.foundation.printable import PRINTABLE
from tael.payments.model import Attempt, CaptureMethod, Payment
from tael.payments.schemas import (
    AmountMinor,
    Descriptor,
    HowToCapture,
    Metadata,
    MethodName,
    PayerParticular,
    Reference,
    WebAddress,
    Words,
)

Currency = Annotated[str, Meta(description="ISO 4217, three capital letters", examples=["CNY"])]
Percents = Annotated[
    tuple[Annotated[int, Meta(ge=1, le=100)], ...],
    Meta(
        max_length=4,
        description="Tips that the page offers, in percent; none: it does not ask",
        examples=[[]],
    ),
]
Methods = Annotated[
    tuple[MethodName, ...],
    Meta(max_length=16, description="Only these ways to pay; none named: all that there are", examples=[[]]),
]
StoreId = Annotated[
    str,
    Meta(
        pattern=r"^sto_[0-9a-z]{26}$(?!\n)",
        description="The id of a store",
        examples=["sto_06dk3vg5m8x4t9c1h2zq7n0rby"],
    ),
]
TerminalId = Annotated[
    str,
    Meta(
        pattern=r"^trm_[0-9a-z]{26}$(?!\n)",
        description="The id of a terminal",
        examples=["trm_06dk3vg5m8x4t9c1h2zq7n0rby"],
    ),
]
Moment = Annotated[datetime, Meta(tz=True)]


class LineItemBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is paid for."""

    name: Words
    quantity: Annotated[int, Meta(ge=1, le=100_000, description="How many", examples=[2])] = 1
    unit_minor: Annotated[
        int, Meta(ge=0, le=10**14, description="What one costs, in minor units", examples=[640])
    ]


class CreateSessionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a merchant's server sends to get a page on which one payer pays one amount."""

    amount_minor: AmountMinor | None = None
    line_items: Annotated[
        tuple[LineItemBody, ...],
        Meta(max_length=100, description="What is paid for; the amount is reckoned from it", examples=[[]]),
    ] = ()
    currency: Currency
    reference: Reference
    description: Words
    metadata: Metadata = {}
    descriptor: Descriptor | None = None
    capture_method: HowToCapture = CaptureMethod.AUTOMATIC
    methods: Methods = ()
    customer_id: (
        Annotated[
            str,
            Meta(
                pattern=r"^cus_[0-9a-z]{26}$(?!\n)",
                description="Who pays, as the merchant knows them",
                examples=["cus_06dk3vg5m8x4t9c1h2zq7n0rby"],
            ),
        ]
        | None
    ) = None
    success_url: WebAddress | None = None
    cancel_url: WebAddress | None = None
    tip_percents: Percents = ()
    expires_in_seconds: Annotated[
        int, Meta(ge=60, le=86_400, description="How long it can be paid", examples=[900])
    ] = 900
    ui: Annotated[
        SessionUi,
        Meta(description="Where the payer pays: on our page, or with parameters for a wallet's kit"),
    ] = SessionUi.HOSTED
    method: Annotated[MethodName | None, Meta(description="The wallet, for `jsapi` and `app`")] = None
    payer_id: Annotated[
        PayerParticular, Meta(description="The payer as the wallet knows them, for `jsapi`")
    ] = ""


class ExpireSessionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ending a session needs no particulars."""


class SessionBody(msgspec.Struct, frozen=True, kw_only=True):
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
    currency: Currency
    line_items: tuple[LineItemBody, ...]
    reference: str
    description: str
    metadata: dict[str, str]
    descriptor: str | None
    capture_method: CaptureMethod
    methods: tuple[str, ...]
    customer_id: str | None
    success_url: str | None
    cancel_url: str | None
    tip_percents: tuple[int, ...]
    ui: SessionUi
    origin: Annotated[str, Meta(description="`api`, or the link or static code by which the payer came")]
    payment_id: Annotated[str | None, Meta(description="Its payment; null until the payer has chosen a tip")]
    action: Annotated[
        Action | None, Meta(description="What the wallet's kit is to be given, for `jsapi` and `app`")
    ] = None
    created_at: Moment
    expires_at: Moment
    ended_at: Moment | None


class CreateLinkRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a merchant asks for with one address for many payers."""

    description: Words
    currency: Currency
    amount_minor: Annotated[AmountMinor | None, Meta(description="Null: the payer chooses")] = None
    least_minor: AmountMinor = 1
    most_minor: AmountMinor = 10**12
    limit_count: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(description="How many may pay with it; null: any number"),
    ] = None
    store_id: StoreId | None = None
    metadata: Metadata = {}
    success_url: WebAddress | None = None
    tip_percents: Percents = ()
    expires_at: Moment | None = None


class SwitchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether payers can begin to pay with it."""

    active: bool


class LinkBody(msgspec.Struct, frozen=True, kw_only=True):
    """A payment link, as merchants see it."""

    id: Annotated[str, Meta(examples=["lnk_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    url: Annotated[
        str, Meta(description="Give this to payers", examples=["https://pay.example/l/k3vqm2x7abcd"])
    ]
    description: str
    amount_minor: int | None
    least_minor: int
    most_minor: int
    currency: Currency
    limit_count: int | None
    open_count: Annotated[int, Meta(description="How many are just paying with it")]
    paid_count: Annotated[int, Meta(description="How many have paid with it")]
    active: bool
    store_id: str | None
    metadata: dict[str, str]
    success_url: str | None
    tip_percents: tuple[int, ...]
    created_at: Moment
    expires_at: Moment | None


class CreateStaticCodeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A printed code for a store or one of its terminals."""

    name: Words
    currency: Currency = "CNY"
    store_id: StoreId | None = None
    terminal_id: TerminalId | None = None


class StaticCodeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A static code, as merchants see it."""

    id: Annotated[str, Meta(examples=["cod_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    url: Annotated[
        str, Meta(description="What the code holds", examples=["https://pay.example/q/k3vqm2x7abcd"])
    ]
    print_url: Annotated[str, Meta(description="A page to print it from")]
    name: str
    currency: Currency
    store_id: str | None
    terminal_id: str | None
    active: bool
    created_at: Moment


class StaticSessionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payer who has scanned a static code in a mini-program of yours, and is known to the wallet."""

    amount_minor: AmountMinor
    method: MethodName
    payer_id: Annotated[PayerParticular, Meta(min_length=1)]


class ChargeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount at a counter, and the code on the payer's phone."""

    amount_minor: AmountMinor
    currency: Currency
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
    reference: Reference
    description: Words
    store_id: StoreId | None = None
    terminal_id: TerminalId | None = None
    metadata: Metadata = {}


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


class TerminalChargeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount at a terminal, and the card or phone that was held to it."""

    amount_minor: AmountMinor
    currency: Currency
    card: CardPresented
    reference: Reference
    description: Words
    store_id: StoreId | None = None
    metadata: Metadata = {}


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
    fields = msgspec.structs.asdict(session)
    del fields["merchant_id"], fields["visit"], fields["payer"]
    fields["line_items"] = tuple(
        msgspec.convert(item, LineItemBody, from_attributes=True) for item in session.line_items
    )
    return SessionBody(**fields, url=f"{public_url}/checkout/{session.id}", action=action)


def link_body(link: Link, *, public_url: str) -> LinkBody:
    """A link as merchants see it."""
    fields = msgspec.structs.asdict(link)
    del fields["merchant_id"], fields["code"]
    return LinkBody(**fields, url=f"{public_url}/l/{link.code}")


def static_code_body(code: StaticCode, *, public_url: str) -> StaticCodeBody:
    """A static code as merchants see it."""
    fields = msgspec.structs.asdict(code)
    del fields["merchant_id"], fields["code"]
    url = f"{public_url}/q/{code.code}"
    return StaticCodeBody(**fields, url=url, print_url=f"{url}/print")


def charge_body(
    charge: Charge, payment: Payment, attempts: Sequence[Attempt], *, state: ChargeState
) -> ChargeBody:
    """A charge as merchants see it."""
    return ChargeBody(
        id=payment.id,
        state=state,
        method=charge.method,
        amount_minor=payment.amount_minor,
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


class EmvBody(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant-presented code of EMVCo, and what it says."""

    payload: Annotated[str, Meta(description="What the QR code holds")]
    says: Annotated[MerchantCode, Meta(description="By the ids of the specification")]
