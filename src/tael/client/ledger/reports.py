"""What can be asked about reports?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from datetime import datetime
from typing import Literal

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read
from tael.client.ledger.accounts import AccountClass


class Sum(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What accounts in one currency come to now."""

    currency: str
    """The currency: 1 to 12 letters and digits"""
    exponent: int
    """Decimals of the currency: 2 for cents"""
    accounts: int
    """How many they are"""
    balance_minor: int
    """Debits less credits: positive is a debit balance"""
    held_debits_minor: int
    """Debits of pending entries that have not ended"""
    held_credits_minor: int
    """Credits of such entries, as a positive number"""


class Node(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A node of the tree of accounts: the account of that code, if there is one, and all below."""

    code: str
    """Empty for the root"""
    level: int
    """How deep below the node that was asked for: 0 is that node"""
    account_classes: list[AccountClass]
    """The classes of the accounts in it"""
    sums: list[Sum]
    """One for each currency"""


class Tree(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """The tree of accounts, each node before those below it."""

    nodes: list[Node]
    """The root first, depth first"""


class Sums(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What the accounts come to whose code begins with a prefix."""

    prefix: str
    """What their codes begin with"""
    sums: list[Sum]
    """One for each currency"""


class Closing(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A line drawn under a part of the books, or moved back."""

    closed_until: datetime
    """Nothing is booked that counts before this moment"""
    closed_at: datetime
    """When the line was drawn"""
    actor: str
    """Who drew it"""


class ClosingHistory(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Until when the books are closed, and how it came to that."""

    closed_until: datetime | None
    """null: nothing is closed"""
    closings: list[Closing]
    """The latest first: that one counts"""


class Timeline(Word):
    """The two orders of time in which the books can be read."""

    BOOKED = "booked"
    EFFECTIVE = "effective"


class Total(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """The sums of a trial balance in one currency."""

    currency: str
    """The currency: 1 to 12 letters and digits"""
    exponent: int
    """Decimals of the currency: 2 for cents"""
    account_class: AccountClass | None
    """null: all classes, where debits and credits are equal"""
    debits_minor: int
    """Sum of the debits"""
    credits_minor: int
    """Sum of the credits, as a positive number"""


class TrialBalanceLine(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """The balance of an account, or of all accounts of a class that begin with the same segments, on its
    side.
    """

    code: str
    """The account's code, 1 to 200 printable characters; colons make a tree"""
    currency: str
    """The currency: 1 to 12 letters and digits"""
    exponent: int
    """Decimals of the currency: 2 for cents"""
    account_class: AccountClass
    """One of the five classes of double-entry bookkeeping"""
    debits_minor: int
    """Sum of the balances on the debit side"""
    credits_minor: int
    """Sum of the balances on the credit side"""


class TrialBalance(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """The balances of all accounts on their sides."""

    at: datetime | None
    """null: now"""
    by: Timeline
    """`booked`: by when entries were written; `effective`: by when they count"""
    balanced: bool
    """Whether the sides are equal in every currency"""
    totals: list[Total]
    """By currency and class, then all classes"""
    lines: list[TrialBalanceLine]
    """By currency, class and code"""


class BalanceAt(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What was on an account at a moment."""

    code: str
    """The account's code, 1 to 200 printable characters; colons make a tree"""
    currency: str
    """The currency: 1 to 12 letters and digits"""
    exponent: int
    """Decimals of the currency: 2 for cents"""
    account_class: AccountClass
    """One of the five classes of double-entry bookkeeping"""
    at: datetime
    """The moment, in UTC: everything of that microsecond is in it"""
    by: Timeline
    """`booked`: by when entries were written; `effective`: by when they count"""
    balance_minor: int
    """Debits less credits: positive is a debit balance"""
    normal_balance_minor: int
    """The balance on the account's normal side"""


class StatementLine(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One movement, and the account after it."""

    no: int
    """The entry's number: microseconds since 2000-01-01 UTC at its booking; numbers rise"""
    position: int
    """The line within its entry, from 0"""
    id: str | None
    """The entry; null, as kind and reference, once its month is archived"""
    kind: str | None
    """What happened"""
    reference: str | None
    """What it is about"""
    booked_at: datetime
    """When it was booked, in UTC"""
    effective_at: datetime
    """When it counts, in UTC"""
    debit_minor: int
    """The amount, if it is a debit; else 0"""
    credit_minor: int
    """The amount, if it is a credit; else 0"""
    balance_after_minor: int
    """Debits less credits after this line, in the order of the statement"""


class Statement(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A page of an account's statement; its closing is the opening of the next page."""

    code: str
    """The account's code, 1 to 200 printable characters; colons make a tree"""
    currency: str
    """The currency: 1 to 12 letters and digits"""
    exponent: int
    """Decimals of the currency: 2 for cents"""
    account_class: AccountClass
    """One of the five classes of double-entry bookkeeping"""
    normal_side: Literal["credit", "debit"]
    """On which side the account grows: debit for assets and expenses"""
    by: Timeline
    """`booked`: by when entries were written; `effective`: by when they count"""
    begins_at: datetime | None
    """The first moment of it; null: the beginning of the books"""
    ends_at: datetime | None
    """The first moment after it; null: it has no end"""
    opening_minor: int
    """Debits less credits before the first line of this page"""
    closing_minor: int
    """Debits less credits after the last line of this page"""
    next_cursor: str | None
    """Send it as `cursor` for the next page; null on the last one"""
    lines: list[StatementLine]
    """In the order of `by`, oldest first"""


class TAccount(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A page of an account as accountants draw it."""

    code: str
    """The account's code, 1 to 200 printable characters; colons make a tree"""
    currency: str
    """The currency: 1 to 12 letters and digits"""
    exponent: int
    """Decimals of the currency: 2 for cents"""
    account_class: AccountClass
    """One of the five classes of double-entry bookkeeping"""
    normal_side: Literal["credit", "debit"]
    """On which side the account grows: debit for assets and expenses"""
    by: Timeline
    """`booked`: by when entries were written; `effective`: by when they count"""
    begins_at: datetime | None
    """The first moment of it; null: the beginning of the books"""
    ends_at: datetime | None
    """The first moment after it; null: it has no end"""
    opening_minor: int
    """Debits less credits before the first line of this page"""
    closing_minor: int
    """Debits less credits after the last line of this page"""
    next_cursor: str | None
    """Send it as `cursor` for the next page; null on the last one"""
    debits: list[StatementLine]
    """The left side"""
    credits: list[StatementLine]
    """The right side"""
    debits_minor: int
    """Sum of the debits"""
    credits_minor: int
    """Sum of the credits, as a positive number"""


class Reports(Resource[M]):
    """Reports."""

    @operation
    def balance_at(
        self,
        code: str,
        currency: str,
        *,
        at: datetime | None = None,
        by: Timeline | Literal["booked", "effective"] | None = None,
    ) -> Call[BalanceAt]:
        """Read an account's balance at a moment. Exact at any moment, as it was booked by then or as entries
        count.

        `code`: The account's code, such as merchant:42:pending. `currency`: The account's currency, such as
        CNY: codes are unique within a currency. `at`: The moment, such as 2026-03-31T23:59:59.999999Z;
        absent: now. `by`: `booked`: by when entries were written; `effective`: by when they count.
        """
        return read("/v1/account/balance", BalanceAt, locals())

    @listing
    def balances_at(
        self,
        *,
        prefix: str | None = None,
        at: datetime | None = None,
        by: Timeline | Literal["booked", "effective"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[BalanceAt]]:
        """List the balances of a moment. By code and currency; send `next_cursor` as `cursor` for the next
        page.

        `prefix`: Only accounts whose code begins like this, such as merchant:42:. `at`: The moment, such as
        2026-03-31T23:59:59.999999Z; absent: now. `by`: `booked`: by when entries were written; `effective`:
        by when they count. `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page
        before; absent for the first page.
        """
        return read("/v1/balances", Page[BalanceAt], locals())

    @operation
    def statement(
        self,
        code: str,
        currency: str,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        by: Timeline | Literal["booked", "effective"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Statement]:
        """Read an account's statement. Opening, lines with the balance after each, closing; oldest first. The
        closing of a page is the opening of the next; send `next_cursor` as `cursor` for it.

        `code`: The account's code, such as merchant:42:pending. `currency`: The account's currency, such as
        CNY: codes are unique within a currency. `from_`: The first moment, such as 2026-03-01T00:00:00Z;
        absent: where the books begin that are not archived. `to`: The first moment that is no longer part of
        it, such as 2026-04-01T00:00:00Z; absent: no end. `by`: `booked`: by when entries were written;
        `effective`: by when they count. `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of
        the page before; absent for the first page.
        """
        return read("/v1/account/statement", Statement, locals())

    @operation
    def t_account(
        self,
        code: str,
        currency: str,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        by: Timeline | Literal["booked", "effective"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[TAccount]:
        """Read an account as a T-account. The same page as the statement, debits left and credits right.

        `code`: The account's code, such as merchant:42:pending. `currency`: The account's currency, such as
        CNY: codes are unique within a currency. `from_`: The first moment, such as 2026-03-01T00:00:00Z;
        absent: where the books begin that are not archived. `to`: The first moment that is no longer part of
        it, such as 2026-04-01T00:00:00Z; absent: no end. `by`: `booked`: by when entries were written;
        `effective`: by when they count. `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of
        the page before; absent for the first page.
        """
        return read("/v1/account/t-account", TAccount, locals())

    @operation
    def statement_csv(
        self,
        code: str,
        currency: str,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        by: Timeline | Literal["booked", "effective"] | None = None,
    ) -> Call[bytes]:
        """Export an account's statement as CSV. Whole, from one view of the books: its first line is the
        opening, its last the closing, and balances are on the account's normal side. At most 1,000,000 lines.

        `code`: The account's code, such as merchant:42:pending. `currency`: The account's currency, such as
        CNY: codes are unique within a currency. `from_`: The first moment, such as 2026-03-01T00:00:00Z;
        absent: where the books begin that are not archived. `to`: The first moment that is no longer part of
        it, such as 2026-04-01T00:00:00Z; absent: no end. `by`: `booked`: by when entries were written;
        `effective`: by when they count.
        """
        return read("/v1/account/statement.csv", bytes, locals())

    @operation
    def statement_xlsx(
        self,
        code: str,
        currency: str,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        by: Timeline | Literal["booked", "effective"] | None = None,
    ) -> Call[bytes]:
        """Export an account's statement as XLSX. Whole, from one view of the books: its first line is the
        opening, its last the closing, and balances are on the account's normal side. At most 1,000,000 lines.

        `code`: The account's code, such as merchant:42:pending. `currency`: The account's currency, such as
        CNY: codes are unique within a currency. `from_`: The first moment, such as 2026-03-01T00:00:00Z;
        absent: where the books begin that are not archived. `to`: The first moment that is no longer part of
        it, such as 2026-04-01T00:00:00Z; absent: no end. `by`: `booked`: by when entries were written;
        `effective`: by when they count.
        """
        return read("/v1/account/statement.xlsx", bytes, locals())

    @operation
    def sums(self, *, prefix: str | None = None) -> Call[Sums]:
        """Sum accounts by prefix. What is posted and held now on all accounts whose code begins like this.

        `prefix`: Only accounts whose code begins like this, such as merchant:42:.
        """
        return read("/v1/sums", Sums, locals())

    @operation
    def tree(self, *, root: str | None = None, depth: int | None = None) -> Call[Tree]:
        """Read the tree of accounts. The segments of codes are its levels; each node has the sums of all
        below it.

        `root`: The node to begin at, such as merchant:42; absent: all. `depth`: How many levels below, 1 to
        20.
        """
        return read("/v1/tree", Tree, locals())

    @operation
    def trial_balance(
        self,
        *,
        at: datetime | None = None,
        by: Timeline | Literal["booked", "effective"] | None = None,
        depth: int | None = None,
    ) -> Call[TrialBalance]:
        """Read the trial balance. The balances of all accounts on their sides, which are equal in every
        currency.

        `at`: The moment, such as 2026-03-31T23:59:59.999999Z; absent: now. `by`: `booked`: by when entries
        were written; `effective`: by when they count. `depth`: Sum by so many segments of the codes; absent:
        account by account.
        """
        return read("/v1/trial-balance", TrialBalance, locals())


class Closings(Resource[M]):
    """Closing."""

    @operation
    def list(self, *, limit: int | None = None) -> Call[ClosingHistory]:
        """List closings. Until when the books are closed, and who closed or re-opened them, the latest first.

        `limit`: How many items at most, 1 to 200.
        """
        return read("/v1/closings", ClosingHistory, locals())

    @operation
    def close(self, *, until: datetime) -> Call[Closing]:
        """Close the books. From now on nothing is booked that counts before `until`. Closing twice is closing
        once.

        `until`: A moment with its zone, not in the future: what counts before it is closed.
        """
        return change("/v1/closings", Closing, locals(), keyed=False)

    @operation
    def reopen(self, *, until: datetime) -> Call[Closing]:
        """Open a closed period again. What counts at `until` or later can be booked; the audit trail says who
        did it.

        `until`: A moment with its zone, not in the future: what counts before it is closed.
        """
        return change("/v1/closings/reopen", Closing, locals(), keyed=False)
