"""What can be asked about payments?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class Product(Word):
    """The scene in which a payer pays."""

    APP = "app"
    BARCODE = "barcode"
    CARD = "card"
    CODE = "code"
    H5 = "h5"
    JSAPI = "jsapi"
    PAGE = "page"
    TRANSFER = "transfer"


class MethodAmounts(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """From how much to how much at a time, in one currency."""

    currency: str
    """ISO 4217"""
    smallest_minor: int
    """The least that can be paid"""
    largest_minor: int
    """The most that can be paid at a time"""


class Method(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A way to pay. The platform chooses the channel."""

    method: str
    """Its name, for `POST …/attempts`"""
    products: list[Product]
    """The scenes in which it can be used"""
    amounts: list[MethodAmounts]


class Hit(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Something that the text may be about."""

    type: str
    """What it is: `payment`, `refund`, `dispute`, `customer`"""
    id: str
    """Its id"""
    payment_id: str | None = None
    """The payment that it belongs to; none of a customer"""
    state: str | None = None
    """Where it stands"""
    amount_minor: int | None = None
    """How much it is about, in minor units"""
    currency: str | None = None
    """ISO 4217"""
    reference: str | None = None
    """Your own number of the order, or name of the customer"""
    created_at: datetime
    """When it was made, in UTC"""


class Hits(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What the text may be about."""

    items: list[Hit]
    """Newest first"""


class Funder(Word):
    """Who bears what the payer does not pay."""

    MERCHANT = "merchant"
    PLATFORM = "platform"


class AppliedOffer(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What one offer takes off an attempt to pay, as the payer was shown it."""

    offer_id: str
    name: str
    amount_minor: int
    funder: Funder
    code: str | None = None


class DiscountedPrice(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What a payment costs in one way."""

    payment_id: str
    """The payment's id"""
    method: str
    """How it would be paid"""
    currency: str
    """ISO 4217"""
    amount_minor: int
    """What the payer would pay, in minor units"""
    discount_minor: int
    """What offers would take off the price"""
    discounts: list[AppliedOffer]
    """What each offer would take off"""


class StepState(Word):
    """Where a capture or an increment stands."""

    FAILED = "failed"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    UNKNOWN = "unknown"


class ErrorClass(Word):
    """Why something did not succeed, in the few kinds that call for different answers."""

    ACCOUNT = "account"
    BUSY = "busy"
    CHANNEL = "channel"
    DECLINED = "declined"
    PAYER = "payer"
    REQUEST = "request"
    TRANSPORT = "transport"
    TRUST = "trust"


class Increment(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An increment of money that is held, as merchants see it."""

    id: str
    """The increment's id"""
    payment_id: str
    """The payment's id"""
    state: StepState
    """Where it stands; `unknown` is being asked about"""
    amount_minor: int
    """How much more is held"""
    currency: str
    """ISO 4217"""
    channel_code: str | None
    """The channel's own code of its last answer, for support"""
    error_class: ErrorClass | None
    """Why it did not succeed, or why we do not know"""
    created_at: datetime
    """When it was made, in UTC"""
    ended_at: datetime | None
    """When it reached a state that never changes again"""


class RefundState(Word):
    """Where a refund stands."""

    FAILED = "failed"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    UNKNOWN = "unknown"


class RefundReason(Word):
    """Who wanted the money to go back, and why."""

    LATE_SUCCESS = "late_success"
    MERCHANT = "merchant"
    OVERPAID = "overpaid"
    SECOND_SUCCESS = "second_success"
    UNDERPAID = "underpaid"
    VOIDED = "voided"


class Refund(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A refund, as merchants see it."""

    id: str
    """The refund's id"""
    payment_id: str
    """The payment's id"""
    state: RefundState
    """Where it stands; `unknown` is being inquired about"""
    reason: RefundReason
    """Who wanted it: you, or the platform for money that came late or twice"""
    note: str
    """Your words"""
    amount_minor: int
    """What goes back, in minor units"""
    fee_returned_minor: int
    """The part of the fee that comes back to you"""
    currency: str
    """ISO 4217"""
    channel_code: str | None
    """The channel's own code of its last answer, for support"""
    created_at: datetime
    """When it was made, in UTC"""
    ended_at: datetime | None
    """When it reached a state that never changes again"""


class Capture(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A capture of money that is held, as merchants see it."""

    id: str
    """The capture's id"""
    payment_id: str
    """The payment's id"""
    state: StepState
    """Where it stands; `unknown` is being asked about"""
    amount_minor: int
    """What is taken, in minor units"""
    tip_minor: int
    """What of it is a tip"""
    final: bool
    """Whether what it leaves is released"""
    fee_minor: int
    """What the platform takes of it"""
    currency: str
    """ISO 4217"""
    channel_code: str | None
    """The channel's own code of its last answer, for support"""
    error_class: ErrorClass | None
    """Why it did not succeed, or why we do not know"""
    created_at: datetime
    """When it was made, in UTC"""
    ended_at: datetime | None
    """When it reached a state that never changes again"""


class PaymentState(Word):
    """Where a payment stands. The last four are ends and never change again."""

    AUTHORISED = "authorised"
    CANCELED = "canceled"
    CAPTURED = "captured"
    CREATED = "created"
    EXPIRED = "expired"
    FAILED = "failed"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"


class CaptureMethod(Word):
    """When the payer's money is taken."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Payment(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A payment, as merchants see it."""

    id: str
    """The payment's id"""
    state: PaymentState
    """Where it stands"""
    closing: bool
    """Whether a channel is being asked to end it unpaid"""
    amount_minor: int
    """What was asked for, in minor units"""
    captured_minor: int
    """What was paid"""
    discount_minor: int
    """What offers took off what was paid, in minor units"""
    refunded_minor: int
    """What has gone back to the payer for good"""
    refunding_minor: int
    """What is on its way back to the payer"""
    disputed_minor: int
    """What the payer's bank has taken back, or holds until it has decided"""
    fee_minor: int
    """What the platform takes of the captured amount"""
    fee_returned_minor: int
    """What of the fee came back with refunds"""
    currency: str
    """ISO 4217"""
    reference: str
    """Your own order number"""
    description: str
    """What the payer sees"""
    checkout_url: str
    """Send the payer here"""
    return_url: str | None
    """Where the checkout leads back to"""
    metadata: dict[str, str]
    """Your own notes"""
    descriptor: str | None
    """What stands on the payer's statement"""
    capture_method: CaptureMethod
    """`manual`: the money is only held, over channels that can; captures take it"""
    authorised_minor: int
    """What may be taken in all of money that is, or was, held"""
    capture_before: datetime | None
    """Until when money is held for you to capture"""
    source: str
    """Where it came from: `api`, `payment_link:…`"""
    created_at: datetime
    """When it was made, in UTC"""
    expires_at: datetime
    """Until when it can be paid"""
    ended_at: datetime | None
    """When it reached a state that never changes again"""


class RefundDetail(Refund, frozen=True, kw_only=True, omit_defaults=True):
    """A refund, with what `expand` names."""

    payment: Payment | None = None
    """The payment as `GET /v1/payments` shows it; absent unless it is expanded"""


class AttemptState(Word):
    """Where one try to pay over one channel stands."""

    AUTHORISED = "authorised"
    CLOSED = "closed"
    CREATED = "created"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    UNKNOWN = "unknown"
    WAITING = "waiting"


class ShowCode(Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="show_code"):
    """Show a QR code for the payer to scan."""

    code_url: str


class GoTo(Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="go_to"):
    """Lead the payer's browser to an address of the channel."""

    url: str


class PostForm(Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="post_form"):
    """Let the payer's browser post a form to the channel."""

    url: str
    fields: dict[str, str]


class InvokeWallet(
    Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="invoke_wallet"
):
    """Hand these parameters to the wallet's kit, in an app or in the wallet's own browser."""

    parameters: dict[str, str]


class Money(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An amount in minor units (fen, cents) of one currency."""

    minor: int
    currency: str


class SendMoney(Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="send_money"):
    """Send money from a bank account to ours."""

    account_number: str
    account_name: str
    bank_name: str
    bank_code: str
    amount: Money
    reference: str


class SendTokens(Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="send_tokens"):
    """Send tokens to an address that belongs to this order alone."""

    address: str
    token: str
    chain_id: int
    amount: Money
    uri: str
    confirmations: int


class Attempt(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An attempt, as merchants see it."""

    id: str
    """The attempt's id, which is the order number at the channel"""
    payment_id: str
    """The payment's id"""
    channel: str
    """The channel"""
    method: str
    """What payers know it as"""
    product: Product
    """The scene"""
    state: AttemptState
    """Where it stands; `unknown` is being inquired about"""
    amount_minor: int
    """What is paid with it, in minor units"""
    discount_minor: int
    """What offers take off the price"""
    discounts: list[AppliedOffer]
    """What each offer takes off"""
    action: ShowCode | GoTo | PostForm | InvokeWallet | SendMoney | SendTokens | None
    """What the payer must do next, by its `type`"""
    action_expires_at: datetime | None
    """Until when the payer can do it"""
    channel_reference: str | None
    """The channel's own number of the order"""
    channel_code: str | None
    """The channel's own code of its last answer, for support"""
    error_class: ErrorClass | None
    """Why it did not succeed, or why we do not know"""
    created_at: datetime
    """When it was made, in UTC"""
    ended_at: datetime | None
    """When it reached a state that never changes again"""


class PaymentMade(Payment, frozen=True, kw_only=True, omit_defaults=True):
    """A payment as it was made, and what the payer does next if an attempt was asked for with it."""

    attempt: Attempt | None = None
    """The attempt that was begun"""


class PaymentListed(Payment, frozen=True, kw_only=True, omit_defaults=True):
    """A payment of a list, with what `expand` names, oldest first."""

    attempts: list[Attempt] | None = None
    """Every try to pay"""
    refunds: list[Refund] | None = None
    """Everything that went or goes back"""
    captures: list[Capture] | None = None
    """What was taken of money that is, or was, held"""
    disputes: list[dict[str, Any]] | None = None
    """What payers dispute, each as `GET /v1/disputes` shows it"""


class PaymentDetail(Payment, frozen=True, kw_only=True, omit_defaults=True):
    """A payment with its attempts and refunds, oldest first."""

    discounts: list[AppliedOffer]
    """What each offer took off what was paid"""
    attempts: list[Attempt]
    """Every try to pay"""
    refunds: list[Refund]
    """Everything that went or goes back"""
    captures: list[Capture]
    """What was taken of money that is, or was, held"""
    increments: list[Increment]
    """By what more was held"""
    disputes: list[dict[str, Any]] | None = None
    """What payers dispute, each as `GET /v1/disputes` shows it; absent unless it is expanded"""


class StartAttempt(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """In which way the payer wants to pay. Name a method, or a channel if you must."""

    method: str | None = None
    channel: str | None = None
    product: Product = Product("code")
    """The scene: a code to scan, a page, an app …"""
    payer_id: str = ""
    """The payer as the wallet knows them, for `jsapi`"""
    payer_code: str = ""
    """The digits of the code that the payer shows, for `barcode`"""
    card_token: str = ""
    """The card's token, for `card`; never a card number"""
    payer_address: str = ""
    """The payer's IP address, where a channel asks for it"""
    payment_method: str | None = None
    """A payment method that its payer let you save, instead of a token"""
    mandate: str | None = None
    """By which the payer has agreed to be charged, for `off_session`"""
    off_session: bool = False
    """Whether the payer is not there; needs a payment method and a mandate"""
    coupon_codes: list[str] | None = None
    shown_discount_minor: int | None = None
    """The discount that you showed to the payer: refused if it is another"""


class Payments(Resource[M]):
    """Payments."""

    @operation
    def create(
        self,
        *,
        amount_minor: int,
        currency: str,
        reference: str,
        description: str,
        exponent: int | None = None,
        expires_in_seconds: int | None = None,
        return_url: str | None = None,
        metadata: Mapping[str, str] | None = None,
        descriptor: str | None = None,
        capture_method: CaptureMethod | Literal["automatic", "manual"] | None = None,
        attempt: StartAttempt | None = None,
        idempotency_key: str | None = None,
    ) -> Call[PaymentMade]:
        """Create a payment. Send the payer to its `checkout_url`, or start an attempt yourself, here or
        afterwards.

        `amount_minor`: Amount in minor units (fen, cents): 1280 is ¥12.80. `currency`: ISO 4217, three
        capital letters. `reference`: Your own order number, 1 to 64 printable characters. `description`: What
        the payer sees, 1 to 128 printable characters. `exponent`: How many decimals you think the currency
        has; refused if it has not. `expires_in_seconds`: How long it can be paid, 60 to 86400; 15 minutes if
        you do not say. `metadata`: Your own notes, by their names: at most 50, names of at most 40
        characters, values of at most 500. `capture_method`: `manual`: the money is only held, over channels
        that can; captures take it. `attempt`: If you know already how the payer pays: the first attempt,
        begun in the same call. If it is refused, no payment is made.
        """
        return change("/v1/payments", PaymentMade, locals())

    @operation
    def get(self, payment_id: str, *, expand: Sequence[str] | None = None) -> Call[PaymentDetail]:
        """Get a payment. With its attempts, refunds and captures, and with its disputes if they are expanded.

        `expand`: What else to show: attempts, refunds, captures, disputes, with commas between; all but
        disputes is always there.
        """
        return read("/v1/payments/{payment_id}", PaymentDetail, locals())

    @listing
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: PaymentState
        | Literal[
            "authorised",
            "canceled",
            "captured",
            "created",
            "expired",
            "failed",
            "processing",
            "requires_action",
        ]
        | None = None,
        reference: str | None = None,
        currency: str | None = None,
        amount_from_minor: int | None = None,
        amount_to_minor: int | None = None,
        method: str | None = None,
        channel: str | None = None,
        source: str | None = None,
        created_from: datetime | None = None,
        created_before: datetime | None = None,
        ended_from: datetime | None = None,
        ended_before: datetime | None = None,
        metadata: Mapping[str, str] | None = None,
        expand: Sequence[str] | None = None,
    ) -> Call[Page[PaymentListed]]:
        """List payments. Newest first; send `next_cursor` as `cursor` for the next page. With several filters
        a page may have fewer items than `limit`, even none, and a `next_cursor`: it looks through at most
        10,000 payments.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `state`: Only those in this state: created, processing, requires_action, authorised,
        captured, canceled, failed, expired. `reference`: Only those with this order number of yours.
        `currency`: Only those in this currency: three capital letters. `amount_from_minor`: Only of at least
        this amount, in minor units. `amount_to_minor`: Only of at most this amount, in minor units. `method`:
        Only those that were paid in this way, or, if not paid, tried last. `channel`: Only those that were
        paid over this channel, or, if not paid, tried last. `source`: Only those from here, such as `api` or
        a link's. `created_from`: Only those made at or after this moment, such as 2026-03-01T00:00:00Z.
        `created_before`: Only those made before this moment, such as 2026-04-01T00:00:00Z. `ended_from`: Only
        those that ended at or after this moment, as 2026-03-01T00:00:00Z. `ended_before`: Only those that
        ended before this moment, as 2026-04-01T00:00:00Z. `metadata`: Only what has this text under this name
        in its metadata: `metadata[shop]=north`; several: all of them. `expand`: What else to show of each:
        attempts, refunds, captures, disputes, with commas between; pages of 100 at most.
        """
        return read("/v1/payments", Page[PaymentListed], locals())

    @operation
    def attempt(
        self,
        payment_id: str,
        *,
        method: str | None = None,
        channel: str | None = None,
        product: Product
        | Literal["app", "barcode", "card", "code", "h5", "jsapi", "page", "transfer"]
        | None = None,
        payer_id: str | None = None,
        payer_code: str | None = None,
        card_token: str | None = None,
        payer_address: str | None = None,
        payment_method: str | None = None,
        mandate: str | None = None,
        off_session: bool | None = None,
        coupon_codes: Sequence[str] | None = None,
        shown_discount_minor: int | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Attempt]:
        """Start an attempt. Gives what the payer needs in the wanted way, for those who do without the
        checkout page.

        `product`: The scene: a code to scan, a page, an app …. `payer_id`: The payer as the wallet knows
        them, for `jsapi`. `payer_code`: The digits of the code that the payer shows, for `barcode`.
        `card_token`: The card's token, for `card`; never a card number. `payer_address`: The payer's IP
        address, where a channel asks for it. `payment_method`: A payment method that its payer let you save,
        instead of a token. `mandate`: By which the payer has agreed to be charged, for `off_session`.
        `off_session`: Whether the payer is not there; needs a payment method and a mandate.
        `shown_discount_minor`: The discount that you showed to the payer: refused if it is another.
        """
        return change("/v1/payments/{payment_id}/attempts", Attempt, locals())

    @operation
    def capture(
        self,
        payment_id: str,
        *,
        amount_minor: int | None = None,
        tip_minor: int | None = None,
        final: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Capture]:
        """Capture what is held. All of it, or a part; what the last capture leaves is released.

        `tip_minor`: What of the amount is a tip. `final`: Whether what it leaves is released; `false` where
        several captures are possible.
        """
        return change("/v1/payments/{payment_id}/captures", Capture, locals())

    @operation
    def increment(
        self, payment_id: str, *, amount_minor: int, idempotency_key: str | None = None
    ) -> Call[Increment]:
        """Have more held. For a longer stay, or another course, where the channel can.

        `amount_minor`: Amount in minor units (fen, cents): 1280 is ¥12.80.
        """
        return change("/v1/payments/{payment_id}/increments", Increment, locals())

    @operation
    def close(self, payment_id: str, *, idempotency_key: str | None = None) -> Call[Payment]:
        """Close a payment. Nobody can pay it any more; 202 while the channel has not confirmed it."""
        return change("/v1/payments/{payment_id}/close", Payment, locals())

    @operation
    def methods(
        self,
        *,
        product: Product
        | Literal["app", "barcode", "card", "code", "h5", "jsapi", "page", "transfer"]
        | None = None,
    ) -> Call[tuple[Method, ...]]:
        """List the ways to pay. With the scenes in which each can be used, and from how much to how much.

        `product`: Only those that can be used in this scene.
        """
        return read("/v1/methods", tuple[Method, ...], locals())

    @operation
    def offers(
        self,
        payment_id: str,
        method: str,
        *,
        product: Product
        | Literal["app", "barcode", "card", "code", "h5", "jsapi", "page", "transfer"]
        | None = None,
        coupon_code: Sequence[str] | None = None,
    ) -> Call[DiscountedPrice]:
        """See what offers take off. What a payer would pay in one way now; nothing is held before an attempt
        begins.

        `method`: How the payer would pay, as `GET /v1/methods` says it. `product`: Where: a code to scan, a
        page, an app …. `coupon_code`: A coupon that the payer has; may be said again.
        """
        return read("/v1/payments/{payment_id}/offers", DiscountedPrice, locals())

    @operation
    def search(self, q: str, *, limit: int | None = None) -> Call[Hits]:
        """Search. Payments, refunds, disputes and customers by id, number of yours, amount and metadata;
        disputes only with `disputes.read`, customers with `customers.read`.

        `q`: An id, an order number of yours or its beginning, an amount such as 12.80, or a text of your
        metadata. `limit`: How many hits at most, 1 to 50.
        """
        return read("/v1/search", Hits, locals())

    @operation
    def export_csv(
        self,
        *,
        cursor: str | None = None,
        state: PaymentState
        | Literal[
            "authorised",
            "canceled",
            "captured",
            "created",
            "expired",
            "failed",
            "processing",
            "requires_action",
        ]
        | None = None,
        reference: str | None = None,
        currency: str | None = None,
        created_from: datetime | None = None,
        created_before: datetime | None = None,
    ) -> Call[bytes]:
        """Export payments as CSV. Newest first; a file has at most 100,000 lines; if it is full, the id in
        its last line is the `cursor` of the next file.

        `cursor`: `next_cursor` of the page before; absent for the first page. `state`: Only those in this
        state: created, processing, requires_action, authorised, captured, canceled, failed, expired.
        `reference`: Only those with this order number of yours. `currency`: Only those in this currency:
        three capital letters. `created_from`: Only those made at or after this moment, such as
        2026-03-01T00:00:00Z. `created_before`: Only those made before this moment, such as
        2026-04-01T00:00:00Z.
        """
        return read("/v1/payments.csv", bytes, locals())


class Refunds(Resource[M]):
    """Refunds."""

    @operation
    def create(
        self,
        payment_id: str,
        *,
        amount_minor: int | None = None,
        note: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Refund]:
        """Refund a payment. A part, or all that is left; 202 while the channel has not confirmed it.

        `note`: At most 128 printable characters; some channels show them to the payer.
        """
        return change("/v1/payments/{payment_id}/refunds", Refund, locals())

    @operation
    def get(self, refund_id: str, *, expand: Sequence[str] | None = None) -> Call[RefundDetail]:
        """Get a refund. To see whether it has arrived.

        `expand`: What else to show: payment.
        """
        return read("/v1/refunds/{refund_id}", RefundDetail, locals())

    @listing
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        payment_id: str | None = None,
        state: RefundState | Literal["failed", "processing", "succeeded", "unknown"] | None = None,
        reason: RefundReason
        | Literal["late_success", "merchant", "overpaid", "second_success", "underpaid", "voided"]
        | None = None,
        currency: str | None = None,
        amount_from_minor: int | None = None,
        amount_to_minor: int | None = None,
        created_from: datetime | None = None,
        created_before: datetime | None = None,
    ) -> Call[Page[Refund]]:
        """List refunds. Newest first; send `next_cursor` as `cursor` for the next page.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `payment_id`: Only those of this payment. `state`: Only those in this state: processing,
        unknown, succeeded, failed. `reason`: Only those for this reason: merchant, late_success,
        second_success, overpaid, underpaid, voided. `currency`: Only those in this currency: three capital
        letters. `amount_from_minor`: Only of at least this amount, in minor units. `amount_to_minor`: Only of
        at most this amount, in minor units. `created_from`: Only those made at or after this moment, such as
        2026-03-01T00:00:00Z. `created_before`: Only those made before this moment, such as
        2026-04-01T00:00:00Z.
        """
        return read("/v1/refunds", Page[Refund], locals())
