"""What are the nouns of the checkout? Session, payment link, static code, charge.

What a merchant says of one is a Struct of its own (`…Terms`): the request is made of it, the noun, and what the API shows.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.clock import CHINA
from tael.foundation.money import Money
from tael.foundation.words import (
    AmountMinor,
    Descriptor,
    Metadata,
    MethodName,
    Reference,
    WebAddress,
    Words,
)
from tael.payments.model import CaptureMethod

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
CustomerId = Annotated[
    str,
    Meta(
        pattern=r"^cus_[0-9a-z]{26}$(?!\n)",
        description="Who pays, as the merchant knows them",
        examples=["cus_06dk3vg5m8x4t9c1h2zq7n0rby"],
    ),
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


def day_of(moment: datetime) -> date:
    """The day of China, in which limits of a day are reckoned."""
    return moment.astimezone(CHINA).date()


class SessionState(StrEnum):
    """Where a session stands. The last two are ends and never change again."""

    OPEN = "open"
    COMPLETE = "complete"
    """Its payment is paid, or its money is held."""
    EXPIRED = "expired"
    """It ended without a payment: its time was over, or the merchant ended it."""


class SessionUi(StrEnum):
    """Where the payer pays."""

    HOSTED = "hosted"
    """On our page."""
    JSAPI = "jsapi"
    """In a wallet's own browser or mini-program, with parameters from us."""
    APP = "app"
    """In the merchant's app, through the wallet's kit, with parameters from us."""


class LineItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is paid for."""

    name: Words
    quantity: Annotated[int, Meta(ge=1, le=100_000, description="How many", examples=[2])] = 1
    unit_minor: Annotated[
        int, Meta(ge=0, le=10**14, description="What one costs, in minor units", examples=[640])
    ]

    @property
    def total_minor(self) -> int:
        """What all of them cost."""
        return self.quantity * self.unit_minor


class SessionTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says of a session, and what is said of it back."""

    line_items: Annotated[
        tuple[LineItem, ...],
        Meta(max_length=100, description="What is paid for; the amount is reckoned from it", examples=[[]]),
    ] = ()
    currency: Currency
    reference: Reference
    description: Words
    metadata: Metadata = {}
    descriptor: Descriptor | None = None
    capture_method: Annotated[
        CaptureMethod,
        Meta(description="`manual`: the money is only held; captures take it", examples=["automatic"]),
    ] = CaptureMethod.AUTOMATIC
    methods: Methods = ()
    customer_id: CustomerId | None = None
    success_url: WebAddress | None = None
    cancel_url: WebAddress | None = None
    tip_percents: Percents = ()
    ui: Annotated[
        SessionUi,
        Meta(description="Where the payer pays: on our page, or with parameters for a wallet's kit"),
    ] = SessionUi.HOSTED


class Session(SessionTerms, frozen=True, kw_only=True):
    """One payer's visit to pay one amount."""

    id: str
    merchant_id: str
    state: SessionState
    amount_minor: int
    """Without the tip."""
    tip_minor: int
    payment_id: str | None
    """None until the payer has chosen a tip."""
    origin: str
    """`api`, or the id of the link or static code by which the payer came."""
    visit: str | None
    """What tells one payer's visit to a link from another: sent twice, it makes one session."""
    payer: bytes | None
    """A hash of who pays, where that is known and counted."""
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    @property
    def total(self) -> Money:
        """What is paid, with the tip."""
        return Money(self.amount_minor + self.tip_minor, self.currency)

    @property
    def day(self) -> date:
        """The day of China to which what its payer spends counts, until the end."""
        return day_of(self.created_at)

    @property
    def source(self) -> str:
        """What the payment says of where it came from."""
        kinds = {"lnk": "payment_link", "cod": "static_code"}
        kind = kinds.get(self.origin.partition("_")[0])
        return f"{kind}:{self.origin}" if kind else f"checkout_session:{self.id}"


class LinkTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says of a payment link, and what is said of it back."""

    description: Words
    currency: Currency
    amount_minor: Annotated[
        AmountMinor | None, Meta(description="Null: the payer chooses, from `least_minor` to `most_minor`")
    ] = None
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
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class Link(LinkTerms, frozen=True, kw_only=True):
    """An address that makes a session for whoever opens it and goes on."""

    id: str
    merchant_id: str
    code: str
    """The last part of its address."""
    open_count: int = 0
    """How many are just paying with it."""
    paid_count: int = 0
    active: bool = True
    created_at: datetime


class StaticCodeTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says of a static code, and what is said of it back."""

    name: Annotated[Words, Meta(description="What the payer reads: of the store, of the table")]
    currency: Currency = "CNY"
    store_id: StoreId | None = None
    terminal_id: TerminalId | None = None


class StaticCode(StaticCodeTerms, frozen=True, kw_only=True):
    """A printed code of a store, for all wallets; the payer enters the amount."""

    id: str
    merchant_id: str
    code: str
    """The last part of its address."""
    active: bool = True
    created_at: datetime


class ChargeTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a till says of a charge, besides what the payer shows."""

    amount_minor: AmountMinor
    currency: Currency
    reference: Reference
    description: Words
    store_id: StoreId | None = None
    metadata: Metadata = {}


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A payment at a counter. Its id is its payment's."""

    payment_id: str
    merchant_id: str
    store_id: str | None
    terminal_id: str | None
    method: str
    actor: str
    """Who took it: a member or a key."""
    created_at: datetime


class ChargeState(StrEnum):
    """How far a charge is. The first two go on; the others are ends."""

    CONFIRMING = "confirming"
    """The channel has not said what became of it: it is asked again. Do not take the money a second time."""
    WAITING_FOR_PAYER = "waiting_for_payer"
    """The payer has to enter the password."""
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    """The wallet or the bank said no: no money moved."""
    CANCELED = "canceled"
    EXPIRED = "expired"
    """The payer did nothing in time; the order is cancelled."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self not in (ChargeState.CONFIRMING, ChargeState.WAITING_FOR_PAYER)


class MerchantCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant-presented code of EMVCo says. Ids are of two digits; a template's objects are by id, in their order."""

    accounts: Mapping[str, str | Mapping[str, str]]
    """Merchant account information by id: 02 to 25 text, 26 to 51 templates whose 00 says whose it is."""
    category: str
    """Merchant category code of ISO 18245."""
    currency: str
    """ISO 4217, three digits: 156."""
    country: str
    name: str
    city: str
    initiation: str | None = None
    """`11`: the same code for many payments; `12`: for one."""
    amount: str | None = None
    """As it is written: `23.72`."""
    tip_indicator: str | None = None
    """`01` ask the payer, `02` the fixed tip, `03` the percentage."""
    tip_fixed: str | None = None
    tip_percent: str | None = None
    postal_code: str | None = None
    additional: Mapping[str, str] = {}
    """01 bill, 02 mobile, 03 store, 05 reference, 07 terminal, 08 purpose …"""
    local: Mapping[str, str] = {}
    """In the merchant's language: 00 language, 01 name, 02 city."""
    others: Mapping[str, str | Mapping[str, str]] = {}
    """What is reserved (65 to 79), and templates of others (80 to 99)."""
