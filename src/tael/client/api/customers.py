"""What can be asked about customers?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from datetime import datetime
from typing import Literal

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class CardFields(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Where the card fields are, for half an hour."""

    url: str
    """Embed it with `card-fields.js`, or send the payer there"""


class Customer(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A customer."""

    id: str
    reference: str | None
    """Your own name for them"""
    name: str
    """Masked"""
    email: str
    """Masked"""
    phone: str
    """Masked"""
    created_at: datetime


class MandateKind(Word):
    """On what occasions a merchant charges by itself."""

    RECURRING = "recurring"
    UNSCHEDULED = "unscheduled"


class Period(Word):
    """Of calendars in UTC."""

    DAY = "day"
    MONTH = "month"
    WEEK = "week"
    YEAR = "year"


class Consent(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What the payer has agreed to."""

    text_version: str
    given_at: datetime
    address: str


class RevokedBy(Word):
    """Who has ended a mandate."""

    MERCHANT = "merchant"
    PAYER = "payer"


class Mandate(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A mandate."""

    id: str
    payment_method: str
    kind: MandateKind
    currency: str
    most_per_payment_minor: int
    most_per_period_minor: int | None
    period: Period | None
    expires_at: datetime | None
    consent: Consent
    created_at: datetime
    revoked_at: datetime | None
    revoked_by: RevokedBy | None


class TokenSource(Word):
    """Who keeps what a payment method stands for."""

    CHANNEL = "channel"
    VAULT = "vault"


class PaymentMethod(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A saved payment method."""

    id: str
    customer: str
    type: str
    source: TokenSource
    """Who keeps the card: our vault, or a channel"""
    channel: str | None
    """Which channel, if so"""
    brand: str
    first6: str
    """The card's first six digits, if we know them"""
    last4: str
    exp_month: int | None
    exp_year: int | None
    consent: Consent
    created_at: datetime
    detached_at: datetime | None


class ConsentGiven(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What the payer has agreed to, as you showed it to them."""

    text_version: str
    """Your name for the text that the payer has agreed to"""
    given_at: datetime | None = None
    """When; now if you do not say"""
    address: str = ""
    """The payer's IP address"""


class Customers(Resource[M]):
    """Customers."""

    @operation
    def create(
        self,
        *,
        reference: str | None = None,
        name: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Customer]:
        """Create a customer. A payer whom you know; what tells who they are is kept sealed and shown masked.

        `reference`: Your own name for them, which nobody else of yours has. `name`: Kept sealed, and shown
        masked. `email`: Kept sealed, and shown masked. `phone`: Kept sealed, and shown masked.
        """
        return change("/v1/customers", Customer, locals())

    @operation
    def get(self, customer_id: str) -> Call[Customer]:
        """Get a customer. What tells who they are is masked."""
        return read("/v1/customers/{customer_id}", Customer, locals())

    @listing
    def list(
        self, *, limit: int | None = None, cursor: str | None = None, reference: str | None = None
    ) -> Call[Page[Customer]]:
        """List customers. Newest first.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `reference`: Only the one with this reference of yours.
        """
        return read("/v1/customers", Page[Customer], locals())


class PaymentMethods(Resource[M]):
    """Payment methods."""

    @operation
    def open_card_fields(
        self, *, origin: str | None = None, return_url: str | None = None, idempotency_key: str | None = None
    ) -> Call[CardFields]:
        """Open card fields. The payer types the card into a page of our vault; you get a token.

        `origin`: Of the page that embeds it; empty for a page of its own. `return_url`: Where a page of its
        own leads back to, with `card_token`.
        """
        return change("/v1/card_fields", CardFields, locals())

    @operation
    def save(
        self,
        *,
        customer: str,
        card_token: str,
        consent: ConsentGiven,
        channel: str | None = None,
        brand: str | None = None,
        last4: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[PaymentMethod]:
        """Save a payment method. With the consent of its payer, to pay with it again.

        `customer`: `cus_…`. `card_token`: The card's token: of our card fields, or of a channel. `channel`:
        Whose token it is, if it is a channel's. `brand`: To be shown, for a channel's token. `last4`: To be
        shown, for a channel's token.
        """
        return change("/v1/payment_methods", PaymentMethod, locals())

    @operation
    def get(self, payment_method_id: str) -> Call[PaymentMethod]:
        """Get a payment method. As it can be shown to its payer."""
        return read("/v1/payment_methods/{payment_method_id}", PaymentMethod, locals())

    @listing
    def list(
        self, *, limit: int | None = None, cursor: str | None = None, customer: str | None = None
    ) -> Call[Page[PaymentMethod]]:
        """List saved payment methods. Newest first, also those that were given up.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `customer`: Only this customer's.
        """
        return read("/v1/payment_methods", Page[PaymentMethod], locals())

    @operation
    def detach(self, payment_method_id: str, *, idempotency_key: str | None = None) -> Call[PaymentMethod]:
        """Detach a payment method. Its card is forgotten for good, and its mandates end."""
        return change("/v1/payment_methods/{payment_method_id}/detach", PaymentMethod, locals())


class Mandates(Resource[M]):
    """Mandates."""

    @operation
    def create(
        self,
        *,
        payment_method: str,
        kind: MandateKind | Literal["recurring", "unscheduled"],
        currency: str,
        most_per_payment_minor: int,
        consent: ConsentGiven,
        most_per_period_minor: int | None = None,
        period: Period | Literal["day", "month", "week", "year"] | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Mandate]:
        """Create a mandate. The payer's consent to be charged while they are not there, within limits.

        `payment_method`: `pm_…`. `currency`: ISO 4217. `most_per_payment_minor`: In minor units (fen, cents).
        `period`: Of the calendar, in UTC. `expires_at`: From when on it holds no more.
        """
        return change("/v1/mandates", Mandate, locals())

    @operation
    def get(self, mandate_id: str) -> Call[Mandate]:
        """Get a mandate. With its limits, and whether it still holds."""
        return read("/v1/mandates/{mandate_id}", Mandate, locals())

    @listing
    def list(
        self, *, limit: int | None = None, cursor: str | None = None, payment_method: str | None = None
    ) -> Call[Page[Mandate]]:
        """List mandates. Newest first, also those that have ended.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `payment_method`: Only about this payment method.
        """
        return read("/v1/mandates", Page[Mandate], locals())

    @operation
    def revoke(
        self,
        mandate_id: str,
        *,
        by: RevokedBy | Literal["merchant", "payer"],
        idempotency_key: str | None = None,
    ) -> Call[Mandate]:
        """End a mandate. Nobody is charged by it from now on.

        `by`: The payer, who told you, or you yourself.
        """
        return change("/v1/mandates/{mandate_id}/revoke", Mandate, locals())
