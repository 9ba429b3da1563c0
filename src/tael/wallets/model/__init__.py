"""What are the nouns of wallets? Balance, limit, counter, transfer; and the dated rule. Beside them: orders, codes, red packets."""

from collections.abc import Mapping
from datetime import datetime, timedelta
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
    """From this amount on, whoever pays somebody whom they do not know yet types what is hidden of their name."""


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
    name_guesses: Annotated[int, Meta(ge=1)] = 3
    """How many wrong names of one payee a user may type in two hours."""
    refund_gives_back: bool
    """Whether what a merchant gives back counts as not spent in the period of the payment."""
    known_hours: Count = 24
    """Whom a payer knows: to whom a transfer of theirs has arrived so long ago. One that came at a fraud's wish a minute before
    makes nobody known."""

    def known_until(self, now: datetime) -> datetime:
        """When a transfer has to have arrived that makes its payee known now."""
        return now - timedelta(hours=self.known_hours)

    def is_large(self, amount: Money) -> bool:
        """Whether so much is moved that its user should stop for a minute."""
        terms = self.currencies.get(amount.currency)
        return terms is not None and amount.minor >= terms.name_check_minor


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
