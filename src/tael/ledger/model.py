"""What are the nouns of the books? Account, limit, posting, journal entry, hold, balance."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from tael.foundation.money import Money

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Entries are numbered by the microseconds since this moment."""
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
"""Since when the limit counts with which an account was opened."""
EXPIRY = ":expiry"
"""How the ids of the entries end by which the ledger itself ends a hold; nobody else's do."""


def expiry_id(pending_id: str) -> str:
    """The id of the entry by which the ledger ends a pending one whose time is over."""
    return pending_id + EXPIRY


def moment_of(no: int) -> datetime:
    """When the entry of that number was booked."""
    return EPOCH + timedelta(microseconds=no)


def number_at(moment: datetime) -> int:
    """The number that an entry booked at `moment` gets if nobody else has taken it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


class AccountClass(StrEnum):
    """The five classes of double-entry bookkeeping."""

    ASSET = "asset"
    EXPENSE = "expense"
    LIABILITY = "liability"
    INCOME = "income"
    EQUITY = "equity"

    @property
    def normal_sign(self) -> int:
        """+1 if the balance grows with debits, -1 if it grows with credits."""
        return 1 if self in (AccountClass.ASSET, AccountClass.EXPENSE) else -1


class Frozen(StrEnum):
    """Which movements of an account are stopped. *In* makes its balance on the normal side larger, *out* smaller."""

    NO = "no"
    IN = "in"
    OUT = "out"
    BOTH = "both"


class Phase(StrEnum):
    """What an entry does: it moves money at once, or in two steps."""

    SINGLE = "single"
    """Moves money."""
    PENDING = "pending"
    """Holds money: it counts against limits and moves nothing yet."""
    POST = "post"
    """Ends a pending entry: moves what was held, or a part of it, and releases the rest."""
    VOID = "void"
    """Ends a pending entry: releases all."""
    EXPIRY = "expiry"
    """Ends a pending entry whose time is over, as a void does. The ledger writes it by itself."""

    @property
    def ends_a_hold(self) -> bool:
        """Whether it is the second step."""
        return self in (Phase.POST, Phase.VOID, Phase.EXPIRY)


class Timeline(StrEnum):
    """The two orders of time in which the books can be read."""

    BOOKED = "booked"
    """By when entries were written: the past never changes."""
    EFFECTIVE = "effective"
    """By when entries count: what is backdated today changes what we know of yesterday."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What an account's balance, on its normal side, may not pass from a moment on, until the next limit begins.

    Holds count: the floor is for what is left when all holds that take away are posted, the ceiling for what is
    there when all holds that bring something are posted. No overdraft is a floor of 0, a credit line a floor below.
    """

    begins_at: datetime = ALWAYS
    floor_minor: int | None = None
    """The least balance; `None`: none."""
    ceiling_minor: int | None = None
    """The greatest balance; `None`: none."""


class AccountSpec(msgspec.Struct, frozen=True):
    """How an account is to be opened."""

    code: str
    currency: str
    account_class: AccountClass
    floor_minor: int | None = None
    """The limit that it is opened with: 0 is "no overdraft"; `None` is no limit."""
    ceiling_minor: int | None = None
    exponent: int | None = None
    """Decimals of the currency, for currencies that ISO 4217 does not list; 0 to 18."""
    metadata: Mapping[str, str] | None = None

    @property
    def name(self) -> tuple[str, str]:
        """Code and currency: what tells accounts apart."""
        return (self.code, self.currency)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An open account as it stands at one `version`; its balance is kept apart."""

    no: int
    code: str
    currency: str
    exponent: int
    account_class: AccountClass
    limits: tuple[Limit, ...]
    """By the moment at which they begin; the first is the one it was opened with."""
    frozen: Frozen = Frozen.NO
    closed_at: datetime | None = None
    metadata: Mapping[str, str] | None = None
    opened_at: datetime = ALWAYS
    version: int = 1
    """Goes up when it is frozen, closed, or given a limit."""

    def limit_at(self, moment: datetime) -> Limit:
        """The limit that counts at a moment."""
        counts = self.limits[0]
        for limit in self.limits:
            if limit.begins_at <= moment:
                counts = limit
        return counts


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What is on an account now. Debits are positive."""

    balance_minor: int
    """Debits less credits of what is posted."""
    held_debits_minor: int
    """Debits of the pending entries that have not ended."""
    held_credits_minor: int
    """Credits of the pending entries that have not ended, as a positive number."""


class Posting(msgspec.Struct, frozen=True, gc=False):
    """One line of an entry. `amount_minor` is positive for a debit and negative for a credit."""

    code: str
    currency: str
    amount_minor: int


class Line(msgspec.Struct, frozen=True, gc=False):
    """A posting that was decided: by account number, with the balance after it."""

    account_no: int
    amount_minor: int
    balance_after_minor: int


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One business fact. The id is the caller's: the same id is booked once, for ever."""

    id: str
    kind: str
    """The business event, such as `payment.captured`."""
    reference: str
    """The business object, such as a payment's id."""
    postings: tuple[Posting, ...] = ()
    """Left out where they follow from another entry: of a void, of a post in full, of a reversal."""
    effective_at: datetime | None = None
    """When it counts; the moment of booking if not said."""
    metadata: Mapping[str, str] | None = None
    phase: Phase = Phase.SINGLE
    expires_at: datetime | None = None
    """When a pending entry is voided by itself; never, if not said."""
    expires_in_seconds: int | None = None
    """Or: how long after its booking. Becomes `expires_at` when it is booked."""
    ends: str | None = None
    """The id of the pending entry that this one posts or voids."""
    reverses: str | None = None
    """The id of the entry that this one takes back: the same lines with the sides changed."""
    linked: bool = False
    """Stands or falls together with the next entry of the batch."""


class Decided(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry that is to be written, under its number."""

    no: int
    entry: JournalEntry
    lines: Sequence[Line]
    """What it moves."""
    held: Sequence[Line] = ()
    """What it holds; the balance of such a line says nothing."""
    regards_no: int | None = None
    """The entry that it ends or reverses."""
    dated_after: Sequence[int] = ()
    """For an entry with an effective time of its own: the sum of such postings on each line's account."""


class PostedPosting(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands in the books."""

    code: str
    currency: str
    exponent: int
    """Decimals of the currency."""
    account_class: AccountClass
    amount_minor: int
    balance_after_minor: int | None
    """The account's balance after this line, debits positive; `None` in a pending entry, which moves nothing."""


class PostedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it stands in the books."""

    no: int
    id: str
    kind: str
    reference: str
    effective_at: datetime
    booked_at: datetime
    phase: Phase = Phase.SINGLE
    expires_at: datetime | None = None
    ends: str | None = None
    reverses: str | None = None
    metadata: Mapping[str, str] | None = None
    postings: tuple[PostedPosting, ...] = ()

    def as_entry(self) -> JournalEntry:
        """The entry as its author would write it."""
        return JournalEntry(
            id=self.id,
            kind=self.kind,
            reference=self.reference,
            postings=tuple(Posting(line.code, line.currency, line.amount_minor) for line in self.postings),
            effective_at=self.effective_at,
            metadata=self.metadata,
            phase=self.phase,
            expires_at=self.expires_at,
            ends=self.ends,
            reverses=self.reverses,
        )


class Booked(msgspec.Struct, frozen=True, gc=False):
    """The receipt for an entry: its number in the books."""

    no: int
    id: str


class TrialBalanceLine(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of an account, or of all accounts of a class below a node of the tree, on its side."""

    code: str
    currency: str
    exponent: int
    """Decimals of the currency."""
    account_class: AccountClass
    debits_minor: int
    """The sum of the balances that are on the debit side."""
    credits_minor: int
    """The sum of the balances that are on the credit side."""

    @property
    def balance_minor(self) -> int:
        """Debits less credits."""
        return self.debits_minor - self.credits_minor


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """A line drawn under a part of the books, or moved back."""

    closed_until: datetime
    """Nothing is booked that counts before."""
    closed_at: datetime
    actor: str


class Finding(msgspec.Struct, frozen=True):
    """Something in the books that is wrong: what, and where."""

    check: str
    detail: str


def debit(account: AccountSpec, amount: Money) -> Posting:
    """A line on the left side."""
    return _line(account, amount, amount.minor)


def credit(account: AccountSpec, amount: Money) -> Posting:
    """A line on the right side."""
    return _line(account, amount, -amount.minor)


def _line(account: AccountSpec, amount: Money, signed_minor: int) -> Posting:
    if account.currency != amount.currency:
        raise ValueError(f"{account.code} is kept in {account.currency}, not in {amount.currency}")
    return Posting(account.code, account.currency, signed_minor)
