"""What are the nouns of the checkout? Session, payment link, static code, charge."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from tael.foundation.money import Money
from tael.payments.model import CaptureMethod


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


class LineItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is paid for."""

    name: str
    quantity: int
    unit_minor: int
    """The price of one, in minor units."""

    @property
    def total_minor(self) -> int:
        """What all of them cost."""
        return self.quantity * self.unit_minor


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One payer's visit to pay one amount."""

    id: str
    merchant_id: str
    state: SessionState
    amount_minor: int
    """Without the tip."""
    currency: str
    line_items: tuple[LineItem, ...]
    reference: str
    description: str
    metadata: dict[str, str]
    descriptor: str | None
    capture_method: CaptureMethod
    methods: tuple[str, ...]
    """The ways to pay that are offered; none are named: all that there are."""
    customer_id: str | None
    success_url: str | None
    cancel_url: str | None
    tip_percents: tuple[int, ...]
    """The tips that the page offers; none: it does not ask."""
    tip_minor: int
    payment_id: str | None
    """None until the payer has chosen a tip."""
    ui: SessionUi
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
    def source(self) -> str:
        """What the payment says of where it came from."""
        kinds = {"lnk": "payment_link", "cod": "static_code"}
        kind = kinds.get(self.origin.partition("_")[0])
        return f"{kind}:{self.origin}" if kind else f"checkout_session:{self.id}"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """An address that makes a session for whoever opens it and goes on."""

    id: str
    merchant_id: str
    code: str
    """The last part of its address."""
    description: str
    amount_minor: int | None
    """None: the payer chooses, from `least_minor` to `most_minor`."""
    least_minor: int
    most_minor: int
    currency: str
    limit_count: int | None
    """How many may pay with it; None: any number."""
    open_count: int
    """How many are just paying with it."""
    paid_count: int
    active: bool
    store_id: str | None
    metadata: dict[str, str]
    success_url: str | None
    tip_percents: tuple[int, ...]
    created_at: datetime
    expires_at: datetime | None


class StaticCode(msgspec.Struct, frozen=True, kw_only=True):
    """A printed code of a store, for all wallets; the payer enters the amount."""

    id: str
    merchant_id: str
    code: str
    """The last part of its address."""
    name: str
    """What the payer reads: of the store, of the table."""
    store_id: str | None
    terminal_id: str | None
    currency: str
    active: bool
    created_at: datetime


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
