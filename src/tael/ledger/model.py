"""What are the nouns of the books? Account, posting, journal entry, balance."""

from datetime import datetime
from enum import StrEnum

import msgspec

from tael.foundation.money import Money


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


class LimitRule(StrEnum):
    """What the balance of an account, on its normal side, may not pass."""

    NONE = "none"
    NO_OVERDRAFT = "no_overdraft"
    """Never below zero."""
    FLOOR = "floor"
    """Never below `floor_minor`, which may be negative: a credit line."""


class AccountSpec(msgspec.Struct, frozen=True):
    """How an account is to be opened."""

    code: str
    currency: str
    account_class: AccountClass
    limit_rule: LimitRule = LimitRule.NONE
    floor_minor: int = 0

    @property
    def name(self) -> tuple[str, str]:
        """Code and currency: what tells accounts apart."""
        return (self.code, self.currency)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An open account. Nothing in it changes; its balance is kept apart."""

    no: int
    code: str
    currency: str
    account_class: AccountClass
    limit_rule: LimitRule
    floor_minor: int

    @property
    def floor(self) -> int | None:
        """The least balance on the normal side, in minor units; `None` without a limit."""
        if self.limit_rule is LimitRule.NONE:
            return None
        return 0 if self.limit_rule is LimitRule.NO_OVERDRAFT else self.floor_minor


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
    postings: tuple[Posting, ...]
    effective_at: datetime | None = None
    """When it counts; the moment of booking if not said."""


class PostedPosting(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands in the books."""

    code: str
    currency: str
    account_class: AccountClass
    amount_minor: int
    balance_after_minor: int
    """The account's balance after this line, debits positive."""


class PostedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it stands in the books."""

    no: int
    id: str
    kind: str
    reference: str
    effective_at: datetime
    booked_at: datetime
    postings: tuple[PostedPosting, ...] = ()

    def as_entry(self) -> JournalEntry:
        """The entry as its author would write it."""
        return JournalEntry(
            id=self.id,
            kind=self.kind,
            reference=self.reference,
            postings=tuple(Posting(line.code, line.currency, line.amount_minor) for line in self.postings),
            effective_at=self.effective_at,
        )


class Booked(msgspec.Struct, frozen=True, gc=False):
    """The receipt for an entry: its number in the books."""

    no: int
    id: str


class TrialBalanceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One account's totals."""

    code: str
    currency: str
    account_class: AccountClass
    debits_minor: int
    credits_minor: int
    balance_minor: int
    """Debits less credits."""


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
