"""What can be asked about accounts?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class AccountClass(Word):
    """The five classes of double-entry bookkeeping."""

    ASSET = "asset"
    EQUITY = "equity"
    EXPENSE = "expense"
    INCOME = "income"
    LIABILITY = "liability"


class Frozen(Word):
    """Which movements of an account are stopped. *In* makes its balance on the normal side larger, *out* smaller."""

    BOTH = "both"
    IN = "in"
    NO = "no"
    OUT = "out"


class LimitStanding(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What a balance may not pass from a moment on."""

    floor_minor: int | None
    """The least balance on the normal side: 0 is no overdraft, null no floor"""
    ceiling_minor: int | None
    """The greatest balance on the normal side; null: no ceiling"""
    begins_at: datetime | None
    """null: since the account was opened"""


class Account(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An account with what is on it."""

    code: str
    """The account's code, 1 to 200 printable characters; colons make a tree"""
    currency: str
    """The currency: 1 to 12 letters and digits"""
    exponent: int
    """Decimals of the currency: 2 for cents"""
    account_class: AccountClass
    """One of the five classes of double-entry bookkeeping"""
    frozen: Frozen
    """Which movements are stopped"""
    limits: list[LimitStanding]
    """By the moment at which they begin"""
    metadata: dict[str, str] | None
    """Your texts"""
    opened_at: datetime
    """When it was opened, in UTC"""
    closed_at: datetime | None
    """When it was closed"""
    balance_minor: int
    """Posted debits less posted credits: positive is a debit balance"""
    held_debits_minor: int
    """Debits of pending entries that have not ended"""
    held_credits_minor: int
    """Credits of such entries, as a positive number"""
    normal_balance_minor: int
    """The balance on the account's normal side, as its owner reads it: `balance_minor` of an asset or
    expense, its negative of a liability, income or equity account
    """
    available_minor: int
    """What is left of `normal_balance_minor` if every hold that takes away is posted; the floor is measured
    against it
    """


class Problem(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, where, and what to do about it. Some problems carry further members."""

    type: str
    """A stable reference: `urn:tael:problem:` and the code"""
    title: str
    """The kind of problem, in words that do not change"""
    status: int
    """The status of the answer"""
    code: str
    """The kind of problem, for programs"""
    detail: str
    """What was wrong this time, for people"""
    field: str | None = None
    """The field, parameter or header that was wrong"""
    hint: str | None = None
    """What you can do"""


class AccountResult(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one account of the request."""

    status: int
    """200, or the status of the problem"""
    account: Account | None = None
    """The account, if it is open as asked"""
    problem: Problem | None = None
    """Why not"""


class Opened(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What became of each account, in the order of the request."""

    results: list[AccountResult]
    """One for each account"""


class Hold(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A line of a pending entry that has not ended."""

    entry_no: int
    """The entry's number: microseconds since 2000-01-01 UTC at its booking; numbers rise"""
    position: int
    """Which line of the entry it is, from 0"""
    entry_id: str
    """Your own id of the entry, 1 to 200 printable characters: booked once, for ever"""
    kind: str
    """What happened, 1 to 64 printable characters"""
    reference: str
    """What it is about, such as an order, 1 to 200 printable characters"""
    booked_at: datetime
    """When it was booked, in UTC"""
    expires_at: datetime | None
    """When it is voided by itself"""
    amount_minor: int
    """In minor units (fen, cents), a whole number within ±(2^63-1): debits are positive, credits negative"""


class AccountPosting(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A movement of one account."""

    entry_no: int
    """The entry's number: microseconds since 2000-01-01 UTC at its booking; numbers rise"""
    position: int
    """Which line of the entry it is, from 0"""
    entry_id: str
    """Your own id of the entry, 1 to 200 printable characters: booked once, for ever"""
    kind: str
    """What happened, 1 to 64 printable characters"""
    reference: str
    """What it is about, such as an order, 1 to 200 printable characters"""
    booked_at: datetime
    """When it was booked, in UTC"""
    effective_at: datetime
    """When it counts, in UTC"""
    amount_minor: int
    """In minor units (fen, cents), a whole number within ±(2^63-1): debits are positive, credits negative"""
    balance_after_minor: int
    """Debits less credits after it"""


class OpenAccount(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """How an account is to be opened."""

    code: str
    """The account's code, 1 to 200 printable characters; colons make a tree"""
    currency: str
    """The currency: 1 to 12 letters and digits"""
    account_class: AccountClass
    """One of the five classes of double-entry bookkeeping"""
    floor_minor: int | None = None
    """The least balance on the normal side: 0 is no overdraft, null no floor"""
    ceiling_minor: int | None = None
    """The greatest balance on the normal side; null: no ceiling"""
    exponent: int | None = None
    """Decimals of a currency that ISO 4217 does not list, 0 to 18"""
    metadata: dict[str, str] | None = None


class Limit(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A new limit, beside those that the account has: of those that have begun, the one that began last
    counts.
    """

    floor_minor: int | None = None
    """The least balance on the normal side: 0 is no overdraft, null no floor"""
    ceiling_minor: int | None = None
    """The greatest balance on the normal side; null: no ceiling"""
    begins_at: datetime | None = None
    """From when on it counts; now, if not said"""


class Accounts(Resource[M]):
    """Accounts."""

    @operation
    def open(self, *, accounts: Sequence[OpenAccount]) -> Call[Opened]:
        """Open accounts. An account that is open already in the same way stays as it is, so a call can be
        repeated. Each account has its own result.

        `accounts`: 1 to 1,000 accounts; each has its own result.
        """
        return change("/v1/accounts", Opened, locals(), keyed=False)

    @operation
    def change(
        self,
        code: str,
        currency: str,
        *,
        frozen: Frozen | Literal["both", "in", "no", "out"] | None = None,
        close: bool | None = None,
        limit: Limit | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Call[Account]:
        """Change an account. Freeze it, close it, give it a new limit, replace its metadata; what is not said
        stays.

        `code`: The account's code, such as merchant:42:pending. `currency`: The account's currency, such as
        CNY: codes are unique within a currency. `frozen`: Which movements stop: `in` would raise the balance
        on the normal side, `out` lower it. `close`: Close it for ever: nothing may be on it, nothing held.
        `limit`: A new limit. `metadata`: Replaces the metadata; an empty object removes it.
        """
        return change(
            "/v1/account", Account, locals(), method="PATCH", keyed=False, query=("code", "currency")
        )

    @operation
    def get(self, code: str, currency: str) -> Call[Account]:
        """Get an account. With what is on it now, debits positive and on its normal side.

        `code`: The account's code, such as merchant:42:pending. `currency`: The account's currency, such as
        CNY: codes are unique within a currency.
        """
        return read("/v1/account", Account, locals())

    @listing
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        prefix: str | None = None,
        currency: str | None = None,
        account_class: AccountClass
        | Literal["asset", "equity", "expense", "income", "liability"]
        | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Call[Page[Account]]:
        """List accounts. By code and currency, with what is on them; send `next_cursor` as `cursor` for the
        next page.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `prefix`: Only accounts whose code begins like this, such as merchant:42:. `currency`:
        Only in this currency. `account_class`: Only accounts of this class: asset, expense, liability,
        income, equity. `metadata`: Only what has this text under this name in its metadata:
        `metadata[shop]=north`; several: all of them.
        """
        return read("/v1/accounts", Page[Account], locals())

    @listing
    def postings(
        self,
        code: str,
        currency: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        booked_from: datetime | None = None,
        booked_before: datetime | None = None,
    ) -> Call[Page[AccountPosting]]:
        """List an account's postings. Newest first, each with the balance after it; page 100,000 comes as
        fast as page 1.

        `code`: The account's code, such as merchant:42:pending. `currency`: The account's currency, such as
        CNY: codes are unique within a currency. `limit`: How many items at most, 1 to 200. `cursor`:
        `next_cursor` of the page before; absent for the first page. `booked_from`: Only what was booked at or
        after this moment, such as 2026-03-01T00:00:00Z. `booked_before`: Only what was booked before this
        moment, such as 2026-04-01T00:00:00Z.
        """
        return read("/v1/account/postings", Page[AccountPosting], locals())

    @listing
    def holds(
        self, code: str, currency: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Hold]]:
        """List what is held on an account. Lines of pending entries that have not ended, newest first.

        `code`: The account's code, such as merchant:42:pending. `currency`: The account's currency, such as
        CNY: codes are unique within a currency. `limit`: How many items at most, 1 to 200. `cursor`:
        `next_cursor` of the page before; absent for the first page.
        """
        return read("/v1/account/holds", Page[Hold], locals())
