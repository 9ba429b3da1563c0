"""What do customers look like on the wire? Requests that are strict, and bodies without secrets."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.customers.model import (
    Customer,
    Mandate,
    MandateKind,
    Period,
    RevokedBy,
    SavedMethod,
    TokenSource,
)
from tael.foundation.printable import PRINTABLE

Text = Annotated[str, Meta(max_length=128, pattern=PRINTABLE, examples=[""])]
Moment = Annotated[datetime, Meta(tz=True)]
AmountMinor = Annotated[
    int, Meta(ge=1, le=10**14, description="In minor units (fen, cents)", examples=[1280])
]
WebPage = Annotated[
    str,
    Meta(
        max_length=512,
        pattern=PRINTABLE,
        description="An https address, or one of this very machine",
        examples=["https://shop.example"],
    ),
]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class ConsentGiven(Strict, frozen=True, kw_only=True):
    """What the payer has agreed to, as you showed it to them."""

    text_version: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            pattern=PRINTABLE,
            description="Your name for the text that the payer has agreed to",
            examples=["terms-2026-10"],
        ),
    ]
    given_at: Annotated[Moment | None, Meta(description="When; now if you do not say", examples=[None])] = (
        None
    )
    address: Annotated[
        Annotated[str, Meta(max_length=45, pattern=r"^[0-9a-fA-F:.]*$")],
        Meta(description="The payer's IP address", examples=["203.0.113.7"]),
    ] = ""


class CreateCustomerRequest(Strict, frozen=True, kw_only=True):
    """A payer whom you know."""

    reference: Annotated[
        Annotated[str, Meta(min_length=1, max_length=64, pattern=PRINTABLE)] | None,
        Meta(description="Your own name for them, which nobody else of yours has", examples=["customer-17"]),
    ] = None
    name: Annotated[Text, Meta(description="Kept sealed, and shown masked")] = ""
    email: Annotated[Text, Meta(description="Kept sealed, and shown masked")] = ""
    phone: Annotated[Text, Meta(description="Kept sealed, and shown masked")] = ""


class SaveMethodRequest(Strict, frozen=True, kw_only=True):
    """A way to pay that a payer lets you keep."""

    customer: Annotated[str, Meta(description="`cus_…`", examples=["cus_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    card_token: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=128,
            pattern=PRINTABLE,
            description="The card's token: of our card fields, or of a channel",
            examples=["tok_06dk3vg5m8x4t9c1h2zq7n0rby"],
        ),
    ]
    consent: ConsentGiven
    channel: Annotated[
        Annotated[str, Meta(max_length=32, pattern=PRINTABLE)] | None,
        Meta(description="Whose token it is, if it is a channel's", examples=[None]),
    ] = None
    brand: Annotated[Text, Meta(description="To be shown, for a channel's token")] = ""
    last4: Annotated[
        Annotated[str, Meta(pattern=r"^([0-9]{4})?$")],
        Meta(description="To be shown, for a channel's token", examples=[""]),
    ] = ""


class DetachRequest(Strict, frozen=True, kw_only=True):
    """Giving up a payment method needs no particulars."""


class CreateMandateRequest(Strict, frozen=True, kw_only=True):
    """A payer's consent to be charged while they are not there."""

    payment_method: Annotated[str, Meta(description="`pm_…`", examples=["pm_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    kind: MandateKind
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["CNY"])]
    most_per_payment_minor: AmountMinor
    most_per_period_minor: AmountMinor | None = None
    period: Annotated[Period | None, Meta(description="Of the calendar, in UTC", examples=[None])] = None
    expires_at: Annotated[
        Moment | None, Meta(description="From when on it holds no more", examples=[None])
    ] = None
    consent: ConsentGiven


class RevokeRequest(Strict, frozen=True, kw_only=True):
    """Who ends the mandate."""

    by: Annotated[RevokedBy, Meta(description="The payer, who told you, or you yourself")]


class CardFieldsRequest(Strict, frozen=True, kw_only=True):
    """A page with card fields, embedded in yours or leading back to it."""

    origin: Annotated[
        WebPage, Meta(description="Of the page that embeds it; empty for a page of its own")
    ] = ""
    return_url: Annotated[
        WebPage, Meta(description="Where a page of its own leads back to, with `card_token`")
    ] = ""


class CardFieldsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Where the card fields are, for half an hour."""

    url: Annotated[str, Meta(description="Embed it with `card-fields.js`, or send the payer there")]


class CustomerBody(msgspec.Struct, frozen=True, kw_only=True):
    """A customer."""

    id: Annotated[str, Meta(examples=["cus_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    reference: Annotated[str | None, Meta(description="Your own name for them", examples=["customer-17"])]
    name: Annotated[str, Meta(description="Masked", examples=["A***"])]
    email: Annotated[str, Meta(description="Masked", examples=["a***@example.com"])]
    phone: Annotated[str, Meta(description="Masked", examples=["***5678"])]
    created_at: Moment


class ConsentBody(msgspec.Struct, frozen=True, kw_only=True):
    """What the payer has agreed to."""

    text_version: str
    given_at: Moment
    address: str


class MethodBody(msgspec.Struct, frozen=True, kw_only=True):
    """A saved payment method."""

    id: Annotated[str, Meta(examples=["pm_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    customer: str
    type: Annotated[str, Meta(examples=["card"])]
    source: Annotated[TokenSource, Meta(description="Who keeps the card: our vault, or a channel")]
    channel: Annotated[str | None, Meta(description="Which channel, if so", examples=[None])]
    brand: Annotated[str, Meta(examples=["visa"])]
    first6: Annotated[
        str, Meta(description="The card's first six digits, if we know them", examples=["424242"])
    ]
    last4: Annotated[str, Meta(examples=["4242"])]
    exp_month: int | None
    exp_year: int | None
    consent: ConsentBody
    created_at: Moment
    detached_at: Annotated[Moment | None, Meta(examples=[None])]


class MandateBody(msgspec.Struct, frozen=True, kw_only=True):
    """A mandate."""

    id: Annotated[str, Meta(examples=["mdt_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    payment_method: str
    kind: MandateKind
    currency: str
    most_per_payment_minor: int
    most_per_period_minor: int | None
    period: Period | None
    expires_at: Moment | None
    consent: ConsentBody
    created_at: Moment
    revoked_at: Moment | None
    revoked_by: RevokedBy | None


def customer_body(customer: Customer) -> CustomerBody:
    """A customer as merchants see them."""
    return CustomerBody(
        id=customer.id,
        reference=customer.reference,
        name=customer.name_shown,
        email=customer.email_shown,
        phone=customer.phone_shown,
        created_at=customer.created_at,
    )


def method_body(method: SavedMethod) -> MethodBody:
    """A payment method as merchants see it: its token stays with us."""
    return MethodBody(
        id=method.id,
        customer=method.customer_id,
        type="card",
        source=method.source,
        channel=method.channel,
        brand=method.brand,
        first6=method.first6,
        last4=method.last4,
        exp_month=method.exp_month,
        exp_year=method.exp_year,
        consent=_consent(method),
        created_at=method.created_at,
        detached_at=method.detached_at,
    )


def mandate_body(mandate: Mandate) -> MandateBody:
    """A mandate as merchants see it."""
    return MandateBody(
        id=mandate.id,
        payment_method=mandate.payment_method_id,
        kind=mandate.kind,
        currency=mandate.currency,
        most_per_payment_minor=mandate.most_per_payment_minor,
        most_per_period_minor=mandate.most_per_period_minor,
        period=mandate.period,
        expires_at=mandate.expires_at,
        consent=_consent(mandate),
        created_at=mandate.created_at,
        revoked_at=mandate.revoked_at,
        revoked_by=mandate.revoked_by,
    )


def _consent(thing: SavedMethod | Mandate) -> ConsentBody:
    return ConsentBody(
        text_version=thing.consent_text_version,
        given_at=thing.consent_given_at,
        address=thing.consent_address,
    )
