"""What are the nouns of customers?"""

from datetime import datetime
from enum import StrEnum

import msgspec


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A payer as one merchant knows them; what tells who they are is masked."""

    id: str
    merchant_id: str
    reference: str | None
    """The merchant's own name for them."""
    name_shown: str
    email_shown: str
    phone_shown: str
    created_at: datetime


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """What tells who somebody is: sealed at rest."""

    name: str = ""
    email: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "Particulars(…)"


class TokenSource(StrEnum):
    """Who keeps what a payment method stands for."""

    VAULT = "vault"
    CHANNEL = "channel"


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What a payer has agreed to, when, and from where."""

    text_version: str
    given_at: datetime
    address: str
    """The payer's IP address; empty if they were not online."""


class SavedMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay that a payer has let a merchant keep."""

    id: str
    merchant_id: str
    customer_id: str
    source: TokenSource
    channel: str | None
    """Whose token it is, for one that a channel keeps."""
    token: str
    brand: str
    first6: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    consent_text_version: str
    consent_given_at: datetime
    consent_address: str
    created_at: datetime
    detached_at: datetime | None


class CardAgreed(msgspec.Struct, frozen=True, kw_only=True):
    """A new card that a payer pays with, and lets the merchant keep; not kept before they have paid."""

    attempt_id: str
    payment_id: str
    merchant_id: str
    customer_id: str
    card_token: str
    text_version: str
    address: str
    """The payer's IP address."""
    agreed_at: datetime


class MandateKind(StrEnum):
    """On what occasions a merchant charges by itself."""

    RECURRING = "recurring"
    """At fixed intervals: a subscription."""
    UNSCHEDULED = "unscheduled"
    """When something happens: a balance is low, a parcel leaves."""


class Period(StrEnum):
    """Of calendars in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class RevokedBy(StrEnum):
    """Who has ended a mandate."""

    PAYER = "payer"
    MERCHANT = "merchant"


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """A payer's consent to be charged while they are not there."""

    id: str
    merchant_id: str
    payment_method_id: str
    kind: MandateKind
    currency: str
    most_per_payment_minor: int
    most_per_period_minor: int | None
    period: Period | None
    expires_at: datetime | None
    consent_text_version: str
    consent_given_at: datetime
    consent_address: str
    created_at: datetime
    revoked_at: datetime | None
    revoked_by: RevokedBy | None


class MandateUse(msgspec.Struct, frozen=True, kw_only=True):
    """That an attempt to pay a payment charges by a mandate."""

    mandate_id: str
    payment_id: str
    attempt_id: str | None
    """None if a program wrote it that did not keep which attempt it was."""
    amount_minor: int
    """The price of the payment, in the mandate's currency."""


class Usable(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment is made with."""

    card_token: str
    channel: str | None
    """The only one that knows the token; `None` if any may."""
    customer_id: str | None = None
    """Whose it is, if it is saved."""
