"""What can be asked about entries?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read
from tael.client.ledger.accounts import AccountClass, Problem


class Receipt(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """The entry is in the books."""

    id: str
    """Your own id of the entry, 1 to 200 printable characters: booked once, for ever"""
    no: int
    """The entry's number: microseconds since 2000-01-01 UTC at its booking; numbers rise"""
    booked_at: datetime
    """When it was booked, in UTC"""


class EntryResult(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one entry of a bulk."""

    status: int
    """201, or the status of the problem"""
    receipt: Receipt | None = None
    """If it is in the books"""
    replayed: bool = False
    """Whether it was in the books already"""
    problem: Problem | None = None
    """Why it is not"""


class Bulk(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What became of each entry, in the order of the request."""

    booked: int
    """How many are in the books"""
    unknown: int
    """How many may be: their results have the status 202, and the same entry sent again tells"""
    refused: int
    """How many are not"""
    results: list[EntryResult]
    """One for each entry"""


class Phase(Word):
    """What an entry does: it moves money at once, or in two steps."""

    EXPIRY = "expiry"
    PENDING = "pending"
    POST = "post"
    SINGLE = "single"
    VOID = "void"


class Line(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A line as it stands in the books."""

    code: str
    """The account's code, 1 to 200 printable characters; colons make a tree"""
    currency: str
    """The currency: 1 to 12 letters and digits"""
    account_class: AccountClass
    """One of the five classes of double-entry bookkeeping"""
    amount_minor: int
    """In minor units (fen, cents), a whole number within ±(2^63-1): debits are positive, credits negative"""
    balance_after_minor: int | None
    """The account's balance after this line, debits less credits; null in a pending entry"""


class BookedEntry(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as it stands in the books."""

    id: str
    """Your own id of the entry, 1 to 200 printable characters: booked once, for ever"""
    no: int
    """The entry's number: microseconds since 2000-01-01 UTC at its booking; numbers rise"""
    kind: str
    """What happened, 1 to 64 printable characters"""
    reference: str
    """What it is about, such as an order, 1 to 200 printable characters"""
    phase: Phase
    """What the entry does"""
    booked_at: datetime
    """When it was booked, in UTC"""
    effective_at: datetime
    """When it counts, in UTC"""
    expires_at: datetime | None
    """When a pending entry is voided by itself"""
    ends: str | None
    """The pending entry that it ends"""
    reverses: str | None
    """The entry that it takes back"""
    metadata: dict[str, str] | None
    """Your texts"""
    postings: list[Line]
    """What it moves, or holds if it is pending"""


class Posting(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an entry."""

    code: str
    """The account's code, 1 to 200 printable characters; colons make a tree"""
    currency: str
    """The currency: 1 to 12 letters and digits"""
    amount_minor: int
    """In minor units (fen, cents), a whole number within ±(2^63-1): debits are positive, credits negative"""


class Exchange(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An amount of one currency for an amount of another; becomes four postings, through two position
    accounts.
    """

    from_account: str
    """The account that has `sell_minor` less on its normal side"""
    to_account: str
    """The account that has `buy_minor` more on its normal side"""
    sell_minor: int
    """In minor units, at least 1, at most 2^63-1"""
    sell_currency: str
    """What is sold"""
    buy_minor: int
    """In minor units of what is bought"""
    buy_currency: str
    """What is bought"""
    rate: str
    """Bought units for one sold unit, an exact decimal as a text; the amounts must follow from it, rounded
    half up. Kept in the metadata as `exchange.rate`
    """
    position: str = "position"
    """The code of the position accounts, one in each currency"""


class Entry(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One business fact."""

    id: str
    """Your own id of the entry, 1 to 200 printable characters: booked once, for ever"""
    kind: str
    """What happened, 1 to 64 printable characters"""
    reference: str
    """What it is about, such as an order, 1 to 200 printable characters"""
    postings: list[Posting] = msgspec.field(default_factory=list)
    """At least a debit and a credit, which sum to zero in each currency. Left out where they follow from
    another entry: of a void, of a post in full, of a reversal
    """
    exchange: Exchange | None = None
    """Instead of postings: an exchange"""
    effective_at: datetime | None = None
    """When it counts, if not when it is booked: 1900 to 2199"""
    metadata: dict[str, str] | None = None
    phase: Phase = Phase("single")
    """`single` moves money at once; `pending` holds it; `post` and `void` end the pending entry that `ends`
    names. `expiry` is written by the ledger only
    """
    expires_at: datetime | None = None
    """When a pending entry is voided by itself"""
    expires_in_seconds: int | None = None
    """Or: how long after its booking, in seconds"""
    ends: str | None = None
    """Of a post or void: the id of the pending entry"""
    reverses: str | None = None
    """The id of an entry that this one takes back, sides changed"""
    linked: bool = False
    """In a bulk: stands or falls together with the next entry"""


class Entries(Resource[M]):
    """Entries."""

    @operation
    def post(self, entry: Entry) -> Call[Receipt]:
        """Post an entry. Its id is yours: sent again, the same entry gets the same receipt, with the header
        `Idempotent-Replayed: true`; another entry under the same id is refused, naming the field that
        differs.  A `pending` entry holds money. To post it, in full or in part, or to void it, post an entry
        of phase `post` or `void` that `ends` it. To take an entry back, post one that `reverses` it.
        """
        return change("/v1/entries", Receipt, locals(), keyed=False, body="entry")

    @operation
    def post_many(self, items: Sequence[Entry], *, atomic: bool | None = None) -> Call[Bulk]:
        """Post many entries. A JSON array, or NDJSON (`application/x-ndjson`, one entry a line), of at most
        10,000; the answer has a result for each, in order, and comes as NDJSON if the request did.  Entries
        that are `linked` to the next stand or fall together. With `atomic=true` all do: either each is
        booked, or the answer is the problem of the first that could not be, with its `item` or `line`, and
        nothing is booked.

        `atomic`: Book all, or none: true or false, false if not said.
        """
        return change("/v1/entries/bulk", Bulk, locals(), keyed=False, query=("atomic",), body="items")

    @operation
    def get(self, id: str) -> Call[BookedEntry]:
        """Get an entry. As it stands in the books, with its lines and the balance after each.

        `id`: The entry's id, as its author made it.
        """
        return read("/v1/entry", BookedEntry, locals())

    @listing
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        reference: str | None = None,
        kind: str | None = None,
        phase: Phase | Literal["expiry", "pending", "post", "single", "void"] | None = None,
        metadata: Mapping[str, str] | None = None,
        code: str | None = None,
        currency: str | None = None,
        booked_from: datetime | None = None,
        booked_before: datetime | None = None,
    ) -> Call[Page[BookedEntry]]:
        """List entries. Newest first; send `next_cursor` as `cursor` for the next page. By account, only
        those that moved it: what is held stands under the account's holds.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `reference`: Only entries about this. `kind`: Only entries of this kind; together with
        another filter, or a time of at most 31 days. `phase`: Only entries in this phase: single, pending,
        post, void, expiry; together with another filter, or a time of at most 31 days. `metadata`: Only what
        has this text under this name in its metadata: `metadata[shop]=north`; several: all of them. `code`:
        Only what is about this account; say `currency`, too. `currency`: Only in this currency.
        `booked_from`: Only what was booked at or after this moment, such as 2026-03-01T00:00:00Z.
        `booked_before`: Only what was booked before this moment, such as 2026-04-01T00:00:00Z.
        """
        return read("/v1/entries", Page[BookedEntry], locals())
