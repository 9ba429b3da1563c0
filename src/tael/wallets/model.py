"""What are the nouns of wallets? Balance, limit, counter, transfer, order, code, red packet, freeze; and the dated rule."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.money import Money
from tael.identity.model import Strength

Count = Annotated[int, Meta(ge=0)]


# What the dated rules say.


class CurrencyLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Amounts of one currency, in minor units."""

    single_minor: Count
    """The largest single payment or transfer."""
    static_code_day_minor: Count
    """What one payer pays by static codes in a day."""
    packet_share_minor: Count
    """The largest share of a red packet."""
    name_check_minor: Count
    """From this amount on, whoever pays somebody for the first time types the hidden character of their name."""


class WalletLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule `wallets.limits`: what holds beside the limits of account classes, strengths, and users' own."""

    currencies: dict[str, CurrencyLimits]
    """What wallets can hold; there is none in a currency that is not here."""
    packet_shares: Annotated[int, Meta(ge=1, le=200)]
    """The most shares of a red packet."""
    packet_hours: Annotated[int, Meta(ge=1)]
    """How long a red packet can be claimed."""
    delay_hours: tuple[int, ...]
    """After how many hours a transfer may arrive, if not at once."""
    dynamic_code_seconds: Annotated[int, Meta(ge=1)]
    """How long a dynamic personal code is good."""
    payment_code_seconds: Annotated[int, Meta(ge=1)]
    """How often a payment code is replaced by a new one."""
    payment_code_grace_seconds: Count
    """How much longer it is still taken: for whoever has just shown it."""
    payment_code_prefix: Annotated[str, Meta(pattern="^[0-9]{2,6}$")]
    """What our payment codes begin with."""
    business_receipts_day: Annotated[int, Meta(ge=1)]
    """Whoever is paid so often by personal code in a day does business with it, as it looks."""
    lookups_minute: Annotated[int, Meta(ge=1)]
    lookups_hour: Annotated[int, Meta(ge=1)]
    """How often a user may look for payees."""
    refund_gives_back: bool
    """Whether what a merchant gives back counts as not spent in the period of the payment."""


DATED_RULES: Mapping[str, type[msgspec.Struct]] = {"wallets.limits": WalletLimits}


# Money of a user.


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a wallet, exactly, by the ledger. available + held + frozen = total, but never below zero each."""

    currency: str
    total_minor: int
    available_minor: int
    """What can be spent now."""
    held_minor: int
    """What is on its way to others and can still be recalled."""
    frozen_minor: int
    """What somebody has forbidden to spend."""


# Limits.


class CounterKind(StrEnum):
    """What is counted."""

    SPENT = "spent"
    """Payments and transfers together: for the limit of the account class."""
    WEAK = "weak"
    """What was confirmed by fewer than two factors."""
    UNSIGNED = "unsigned"
    """What was confirmed by two factors and no signature."""
    TRANSFER = "transfer"
    PAYMENT = "payment"
    WITHDRAWAL = "withdrawal"
    STATIC_CODE = "static_code"
    """Payments by static codes."""


class CounterKey(msgspec.Struct, frozen=True):
    """Whose, of what, in which period, in which currency."""

    user_id: str
    kind: CounterKind
    period: str
    """A day, month or year of China's calendar: `2026-11-23`, `2026-11`, `2026`."""
    currency: str


class Used(msgspec.Struct, frozen=True):
    """What a counter says."""

    minor: int = 0
    count: int = 0


class LimitSource(StrEnum):
    """Who says so."""

    ACCOUNT_CLASS = "account_class"
    CONFIRMATION = "confirmation"
    AGREEMENT = "agreement"
    """What the user has agreed on with us, or chosen below it."""
    STATIC_CODE = "static_code"
    HOUSE = "house"


class SpendingKind(StrEnum):
    """Why money leaves a wallet."""

    TRANSFER = "transfer"
    PAYMENT = "payment"
    WITHDRAWAL = "withdrawal"


class LimitShown(msgspec.Struct, frozen=True, kw_only=True):
    """A limit and how far it is used."""

    name: str
    """Such as `spent_year`, `transfers_day`."""
    source: LimitSource
    currency: str | None
    """`None` of a limit that counts acts."""
    limit: int
    """In minor units, or a count."""
    used: int
    left: int
    free_again_at: datetime | None
    """When the period ends; `None` of one that never does."""


# Transfers.


class TransferState(StrEnum):
    """Where a transfer stands."""

    ON_ITS_WAY = "on_its_way"
    ARRIVED = "arrived"
    RECALLED = "recalled"
    RETURNED = "returned"
    """It could not arrive: something was frozen meanwhile."""


class Transfer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money from one user to another."""

    id: str
    payer_id: str
    payee_id: str
    amount_minor: int
    currency: str
    state: TransferState
    note: str
    code: str | None
    """The personal code by which it was paid."""
    strength: Strength
    """How strongly it was confirmed: in which counter it stands."""
    created_at: datetime
    arrives_at: datetime | None
    """`None`: at once."""
    ended_at: datetime | None
    static: bool = False
    """Whether the code was a static one."""
    ended_because: str | None = None

    @property
    def amount(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount_minor, self.currency)


# What merchants get.


class OrderState(StrEnum):
    """Where an order stands. All but `waiting` are final."""

    WAITING = "waiting"
    PAID = "paid"
    DECLINED = "declined"
    CLOSED = "closed"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant is to be paid by balance."""

    number: str
    """The payment's number at its channel: an attempt's id."""
    amount_minor: int
    currency: str
    subject: str
    state: OrderState
    user_id: str | None
    """Who paid, or was asked to."""
    reason: str | None
    """The code of the refusal, if it was declined."""
    strength: Strength
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    refunded_minor: int
    return_url: str = ""

    @property
    def amount(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount_minor, self.currency)


class OrderRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money that a merchant gave back to the wallet; it is written when it is done."""

    number: str
    """The refund's number at its channel."""
    order_number: str
    user_id: str
    amount_minor: int
    currency: str
    reason: str
    refunded_at: datetime

    @property
    def amount(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount_minor, self.currency)


# Codes.


class PersonalCodeKind(StrEnum):
    """How a personal code is used."""

    STATIC = "static"
    """Printed: for whoever stands in front of it."""
    DYNAMIC = "dynamic"
    """On a screen, for a short time."""


class PersonalCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a user shows to be paid."""

    code: str
    user_id: str
    kind: PersonalCodeKind
    amount_minor: int | None
    currency: str
    note: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class PaymentCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a user shows at a counter to pay, once."""

    code: str
    expires_at: datetime
    """When the next one is to be shown."""

    def __repr__(self) -> str:
        return "PaymentCode(…)"


# Red packets.


class PacketKind(StrEnum):
    """How the shares are cut."""

    EQUAL = "equal"
    RANDOM = "random"


class PacketState(StrEnum):
    """Where a red packet stands."""

    OPEN = "open"
    EMPTY = "empty"
    """All of it is claimed."""
    RETURNED = "returned"
    """Its time is over; the rest went back."""


class RedPacket(msgspec.Struct, frozen=True, kw_only=True):
    """Money for several."""

    id: str
    owner_id: str
    kind: PacketKind
    amount_minor: int
    currency: str
    shares: int
    claimed: int
    claimed_minor: int
    state: PacketState
    greeting: str
    only_for: tuple[str, ...]
    """Empty: whoever knows its id."""
    strength: Strength
    created_at: datetime
    expires_at: datetime

    @property
    def amount(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount_minor, self.currency)


class PacketShare(msgspec.Struct, frozen=True, kw_only=True):
    """One share of a red packet."""

    packet_id: str
    position: int
    amount_minor: int
    user_id: str | None
    claimed_at: datetime | None


# Freezes.


class FreezeKind(StrEnum):
    """Who wants it."""

    BY_USER = "by_user"
    BY_RISK = "by_risk"
    BY_LAW = "by_law"


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """Money of a user that may not be spent. What arrives may arrive."""

    id: str
    user_id: str
    kind: FreezeKind
    amount_minor: int | None
    """So much of the balance, and if there is less: of what arrives, too. `None`: everything."""
    currency: str
    order_number: str | None
    authority: str | None
    set_by: str
    set_at: datetime
    until: datetime | None
    lifted_at: datetime | None
    lifted_by: str | None

    def holds_at(self, moment: datetime) -> bool:
        """Whether it counts then."""
        return (
            self.set_at <= moment and self.lifted_at is None and (self.until is None or moment < self.until)
        )
