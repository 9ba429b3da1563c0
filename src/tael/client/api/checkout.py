"""What can be asked about checkout?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from tael.client.api.payments import (
    CaptureMethod,
    GoTo,
    InvokeWallet,
    PostForm,
    SendMoney,
    SendTokens,
    ShowCode,
)
from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class MerchantCode(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What a merchant-presented code of EMVCo says. Ids are of two digits; a template's objects are by id, in
    their order.
    """

    accounts: dict[str, str | dict[str, str]]
    category: str
    currency: str
    country: str
    name: str
    city: str
    initiation: str | None = None
    amount: str | None = None
    tip_indicator: str | None = None
    tip_fixed: str | None = None
    tip_percent: str | None = None
    postal_code: str | None = None
    additional: dict[str, str] = msgspec.field(default_factory=dict)
    local: dict[str, str] = msgspec.field(default_factory=dict)
    others: dict[str, str | dict[str, str]] = msgspec.field(default_factory=dict)


class Emv(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A merchant-presented code of EMVCo, and what it says."""

    payload: str
    """What the QR code holds"""
    says: MerchantCode
    """By the ids of the specification"""


class StaticCode(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A static code, as merchants see it."""

    id: str
    url: str
    """What the code holds"""
    print_url: str
    """A page to print it from"""
    active: bool
    created_at: datetime
    name: str
    """What the payer reads: of the store, of the table"""
    currency: str = "CNY"
    """ISO 4217, three capital letters"""
    store_id: str | None = None
    terminal_id: str | None = None


class PaymentLink(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A payment link, as merchants see it."""

    id: str
    url: str
    """Give this to payers"""
    open_count: int
    """How many are just paying with it"""
    paid_count: int
    """How many have paid with it"""
    active: bool
    created_at: datetime
    description: str
    """What the payer sees, 1 to 128 printable characters"""
    currency: str
    """ISO 4217, three capital letters"""
    amount_minor: int | None = None
    """Null: the payer chooses, from `least_minor` to `most_minor`"""
    least_minor: int = 1
    """Amount in minor units (fen, cents): 1280 is ¥12.80"""
    most_minor: int = 1000000000000
    """Amount in minor units (fen, cents): 1280 is ¥12.80"""
    limit_count: int | None = None
    """How many may pay with it; null: any number"""
    store_id: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    """Your own notes, by their names: at most 50, names of at most 40 characters, values of at most 500"""
    success_url: str | None = None
    tip_percents: list[int] = msgspec.field(default_factory=list)
    """Tips that the page offers, in percent; none: it does not ask"""
    expires_at: datetime | None = None


class CheckoutState(Word):
    """Where a session stands. The last two are ends and never change again."""

    COMPLETE = "complete"
    EXPIRED = "expired"
    OPEN = "open"


class LineItem(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is paid for."""

    name: str
    """What the payer sees, 1 to 128 printable characters"""
    quantity: int = 1
    """How many"""
    unit_minor: int
    """What one costs, in minor units"""


class SessionUi(Word):
    """Where the payer pays."""

    APP = "app"
    HOSTED = "hosted"
    JSAPI = "jsapi"


class CheckoutSession(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A checkout session, as merchants see it."""

    id: str
    state: CheckoutState
    """Where it stands"""
    url: str
    """Send the payer here"""
    amount_minor: int
    """Without the tip"""
    tip_minor: int
    """What the payer gives beyond it"""
    origin: str
    """`api`, or the link or static code by which the payer came"""
    payment_id: str | None
    """Its payment; null until the payer has chosen a tip"""
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    action: ShowCode | GoTo | PostForm | InvokeWallet | SendMoney | SendTokens | None = None
    """What the wallet's kit is to be given, for `jsapi` and `app`"""
    line_items: list[LineItem] = msgspec.field(default_factory=list)
    """What is paid for; the amount is reckoned from it"""
    currency: str
    """ISO 4217, three capital letters"""
    reference: str
    """Your own order number, 1 to 64 printable characters"""
    description: str
    """What the payer sees, 1 to 128 printable characters"""
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    """Your own notes, by their names: at most 50, names of at most 40 characters, values of at most 500"""
    descriptor: str | None = None
    capture_method: CaptureMethod = CaptureMethod("automatic")
    """`manual`: the money is only held; captures take it"""
    methods: list[str] = msgspec.field(default_factory=list)
    """Only these ways to pay; none named: all that there are"""
    customer_id: str | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    tip_percents: list[int] = msgspec.field(default_factory=list)
    """Tips that the page offers, in percent; none: it does not ask"""
    ui: SessionUi = SessionUi("hosted")
    """Where the payer pays: on our page, or with parameters for a wallet's kit"""


class CheckoutSessions(Resource[M]):
    """Checkout."""

    @operation
    def create(
        self,
        *,
        currency: str,
        reference: str,
        description: str,
        line_items: Sequence[LineItem] | None = None,
        metadata: Mapping[str, str] | None = None,
        descriptor: str | None = None,
        capture_method: CaptureMethod | Literal["automatic", "manual"] | None = None,
        methods: Sequence[str] | None = None,
        customer_id: str | None = None,
        success_url: str | None = None,
        cancel_url: str | None = None,
        tip_percents: Sequence[int] | None = None,
        ui: SessionUi | Literal["app", "hosted", "jsapi"] | None = None,
        amount_minor: int | None = None,
        expires_in_seconds: int | None = None,
        method: str | None = None,
        payer_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[CheckoutSession]:
        """Create a checkout session. Send the payer to its `url`; or give its `action` to the wallet's kit.

        `line_items`: What is paid for; the amount is reckoned from it. `currency`: ISO 4217, three capital
        letters. `reference`: Your own order number, 1 to 64 printable characters. `description`: What the
        payer sees, 1 to 128 printable characters. `metadata`: Your own notes, by their names: at most 50,
        names of at most 40 characters, values of at most 500. `capture_method`: `manual`: the money is only
        held; captures take it. `methods`: Only these ways to pay; none named: all that there are.
        `tip_percents`: Tips that the page offers, in percent; none: it does not ask. `ui`: Where the payer
        pays: on our page, or with parameters for a wallet's kit. `expires_in_seconds`: How long it can be
        paid. `method`: The wallet, for `jsapi` and `app`. `payer_id`: The payer as the wallet knows them, for
        `jsapi`.
        """
        return change("/v1/checkout_sessions", CheckoutSession, locals())

    @operation
    def get(self, session_id: str) -> Call[CheckoutSession]:
        """Get a checkout session. Its payment says the rest."""
        return read("/v1/checkout_sessions/{session_id}", CheckoutSession, locals())

    @listing
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: CheckoutState | Literal["complete", "expired", "open"] | None = None,
    ) -> Call[Page[CheckoutSession]]:
        """List checkout sessions. Newest first; send `next_cursor` as `cursor` for the next page.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `state`: Only those in this state: open, complete, expired.
        """
        return read("/v1/checkout_sessions", Page[CheckoutSession], locals())

    @operation
    def expire(self, session_id: str, *, idempotency_key: str | None = None) -> Call[CheckoutSession]:
        """Expire a checkout session. Nobody can pay it any more; 202 while a channel has not confirmed it."""
        return change("/v1/checkout_sessions/{session_id}/expire", CheckoutSession, locals())


class PaymentLinks(Resource[M]):
    """Payment links."""

    @operation
    def create(
        self,
        *,
        description: str,
        currency: str,
        amount_minor: int | None = None,
        least_minor: int | None = None,
        most_minor: int | None = None,
        limit_count: int | None = None,
        store_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        success_url: str | None = None,
        tip_percents: Sequence[int] | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Call[PaymentLink]:
        """Create a payment link. Whoever opens its `url` can pay with it.

        `description`: What the payer sees, 1 to 128 printable characters. `currency`: ISO 4217, three capital
        letters. `amount_minor`: Null: the payer chooses, from `least_minor` to `most_minor`. `least_minor`:
        Amount in minor units (fen, cents): 1280 is ¥12.80. `most_minor`: Amount in minor units (fen, cents):
        1280 is ¥12.80. `limit_count`: How many may pay with it; null: any number. `metadata`: Your own notes,
        by their names: at most 50, names of at most 40 characters, values of at most 500. `tip_percents`:
        Tips that the page offers, in percent; none: it does not ask.
        """
        return change("/v1/payment_links", PaymentLink, locals())

    @operation
    def get(self, link_id: str) -> Call[PaymentLink]:
        """Get a payment link. With how often it was used."""
        return read("/v1/payment_links/{link_id}", PaymentLink, locals())

    @listing
    def list(
        self, *, active: bool | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[PaymentLink]]:
        """List payment links. Newest first; send `next_cursor` as `cursor` for the next page.

        `active`: Only those that are switched on, or off. `limit`: How many items at most, 1 to 200.
        `cursor`: `next_cursor` of the page before; absent for the first page.
        """
        return read("/v1/payment_links", Page[PaymentLink], locals())

    @operation
    def switch(self, link_id: str, *, active: bool, idempotency_key: str | None = None) -> Call[PaymentLink]:
        """Switch a payment link on or off. Whoever is paying with it can still finish."""
        return change("/v1/payment_links/{link_id}/switch", PaymentLink, locals())


class StaticCodes(Resource[M]):
    """Static codes."""

    @operation
    def create(
        self,
        *,
        name: str,
        currency: str | None = None,
        store_id: str | None = None,
        terminal_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[StaticCode]:
        """Create a static code. One code for all wallets; the payer enters the amount.

        `name`: What the payer reads: of the store, of the table. `currency`: ISO 4217, three capital letters.
        """
        return change("/v1/static_codes", StaticCode, locals())

    @operation
    def get(self, code_id: str) -> Call[StaticCode]:
        """Get a static code. With the page to print it from."""
        return read("/v1/static_codes/{code_id}", StaticCode, locals())

    @listing
    def list(
        self, *, active: bool | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[StaticCode]]:
        """List static codes. Newest first; send `next_cursor` as `cursor` for the next page.

        `active`: Only those that are switched on, or off. `limit`: How many items at most, 1 to 200.
        `cursor`: `next_cursor` of the page before; absent for the first page.
        """
        return read("/v1/static_codes", Page[StaticCode], locals())

    @operation
    def switch(self, code_id: str, *, active: bool, idempotency_key: str | None = None) -> Call[StaticCode]:
        """Switch a static code on or off. A lost print is switched off at once."""
        return change("/v1/static_codes/{code_id}/switch", StaticCode, locals())

    @operation
    def open_session(
        self,
        code_id: str,
        *,
        amount_minor: int,
        method: str,
        payer_id: str,
        idempotency_key: str | None = None,
    ) -> Call[CheckoutSession]:
        """Open a session by a static code. For a mini-program that knows the payer: what they pay in a day is
        counted.

        `amount_minor`: Amount in minor units (fen, cents): 1280 is ¥12.80. `method`: What payers know:
        `card`, `bank_transfer`, the name of a wallet. The platform chooses the channel.
        """
        return change("/v1/static_codes/{code_id}/sessions", CheckoutSession, locals())

    @operation
    def write_emv(
        self,
        code_id: str,
        merchant_name: str,
        city: str,
        *,
        category: str | None = None,
        country: str | None = None,
        amount_minor: int | None = None,
        reference: str | None = None,
        tip_percent: int | None = None,
        local_name: str | None = None,
    ) -> Call[Emv]:
        """Write a static code as EMVCo describes it. Merchant-presented mode: static, or dynamic with an
        amount.

        `merchant_name`: The merchant's name, in Latin letters. `city`: In Latin letters. `category`: Merchant
        category code, four digits. `country`: ISO 3166, two capital letters. `amount_minor`: For one payment:
        a dynamic code. `reference`: Your order number. `tip_percent`: A tip that is added; 0: the payer is
        asked. `local_name`: In Chinese.
        """
        return read("/v1/static_codes/{code_id}/emv", Emv, locals())

    @operation
    def read_emv(self, payload: str) -> Call[Emv]:
        """Read a merchant-presented code of EMVCo. Anybody's: what it says, if its checksum is right.

        `payload`: The text of the code, with its checksum.
        """
        return read("/v1/emv_codes", Emv, locals())
