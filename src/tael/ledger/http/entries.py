"""How is one entry posted and read over HTTP, and how are they listed? Posting goes through the lane.

An entry's id is its author's, so it needs no Idempotency-Key: the same entry again gets the same receipt, for ever.
To post, void or reverse another entry is to post an entry that `ends` or `reverses` it: one form for all of them, in a
bulk as alone.
"""

from datetime import timedelta
from operator import attrgetter
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.calls import Answer
from tael.foundation.errors import Malformed
from tael.foundation.http.calls import respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page, page_of
from tael.ledger import errors
from tael.ledger.api import Books, EntryFilter
from tael.ledger.http.forms import (
    READ,
    WRITE,
    AnyRequest,
    BookedBefore,
    BookedFrom,
    EntryIdInQuery,
    InCurrency,
    InPhase,
    OfAccountCode,
    OfKind,
    OfReference,
    WithMetadata,
    both_or_neither,
    metadata_in_query,
    moment_in_query,
    number_in_cursor,
)
from tael.ledger.http.translation import accounts_of_exchanges, journal_entry
from tael.ledger.reads.lists import NO_END
from tael.ledger.schemas.bodies import EntryBody, ReceiptBody, entry_body, receipt_body
from tael.ledger.schemas.requests import EntryRequest

WHY_NOT_BOOKED = (
    errors.EntryMalformed,
    errors.EntryIdReused,
    errors.PeriodClosed,
    errors.NoSuchEntry,
    errors.NotEndable,
    errors.NotReversible,
    errors.HoldEnded,
    errors.HoldExpired,
    errors.AlreadyReversed,
    errors.HoldExceeded,
    errors.NoSuchAccount,
    errors.AccountClosed,
    errors.AccountFrozen,
    errors.LimitPassed,
    errors.BalanceTooLarge,
)
"""What an entry may be refused for, in the order in which the ledger checks."""
_WIDEST_WINDOW = timedelta(days=31)
_encode = msgspec.json.Encoder().encode


def entry_routes(books: Books) -> list[HTTPRouteHandler]:
    """Post one, get one, list."""
    return [_post(books), _list(books), _get(books)]


def _post(books: Books) -> HTTPRouteHandler:
    @post(
        "/v1/entries",
        opt={"permission": WRITE, REFUSES: WHY_NOT_BOOKED},
        tags=["Entries"],
        responses=answers(201, ReceiptBody, "The entry is in the books"),
    )
    async def post_entry(data: JSONBody[EntryRequest]) -> Response[Any]:
        """Post an entry. Its id is yours: sent again, the same entry gets the same receipt, with the header
        `Idempotent-Replayed: true`; another entry under the same id is refused, naming the field that differs.

        A `pending` entry holds money. To post it, in full or in part, or to void it, post an entry of phase `post` or
        `void` that `ends` it. To take an entry back, post one that `reverses` it.
        """
        accounts = await accounts_of_exchanges(books, [data]) if data.exchange is not None else {}
        receipt = await books.post(journal_entry(data, accounts))
        return respond(Answer(status=201, body=_encode(receipt_body(receipt)), replayed=receipt.replayed))

    return post_entry


def _get(books: Books) -> HTTPRouteHandler:
    @get("/v1/entry", opt={"permission": READ, REFUSES: [errors.NoSuchEntry]}, tags=["Entries"])
    async def get_entry(entry_id: EntryIdInQuery) -> EntryBody:
        """Get an entry. As it stands in the books, with its lines and the balance after each."""
        return entry_body(await books.lists.entry(entry_id))

    return get_entry


def _list(books: Books) -> HTTPRouteHandler:
    @get("/v1/entries", opt={"permission": READ, REFUSES: [errors.NoSuchAccount]}, tags=["Entries"])
    async def list_entries(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        reference: OfReference = None,
        kind: OfKind = None,
        entry_phase: InPhase = None,
        metadata: WithMetadata = None,  # noqa: ARG001 - declared for the reference; there may be several
        code: OfAccountCode = None,
        currency: InCurrency = None,
        booked_from: BookedFrom = None,
        booked_before: BookedBefore = None,
    ) -> Page[EntryBody]:
        """List entries. Newest first; send `next_cursor` as `cursor` for the next page. By account, only those that
        moved it: what is held stands under the account's holds.
        """
        account = both_or_neither(code, currency)
        if code is None and currency is not None:
            raise Malformed("A currency alone names no account.", field="code", hint="Say its code, too.")
        wanted = EntryFilter(
            before_no=number_in_cursor(cursor) or NO_END,
            reference=reference,
            account_no=await books.lists.account_no(*account) if account else None,
            metadata=metadata_in_query(request),
            kind=kind,
            phase=entry_phase,
            booked_from=moment_in_query(booked_from, field="booked_from"),
            booked_before=moment_in_query(booked_before, field="booked_before"),
            limit=limit + 1,
        )
        _refuse_to_look_everywhere(wanted)
        found = await books.lists.entries(wanted)
        return page_of([entry_body(entry) for entry in found], limit, key=attrgetter("no"))

    return list_entries


def _refuse_to_look_everywhere(wanted: EntryFilter) -> None:
    """Kind and phase have no index: alone, they would have the whole book read for a page."""
    if wanted.reference is not None or wanted.metadata or wanted.account_no is not None:
        return
    begins, ends = wanted.booked_from, wanted.booked_before
    if begins is not None and ends is not None and ends - begins <= _WIDEST_WINDOW:
        return
    for field in ("kind", "phase"):
        if getattr(wanted, field) is not None:
            raise Malformed(
                f"{field} is too little to look for.",
                field=field,
                hint="Say reference, metadata, code and currency, or booked_from and booked_before within 31 days, too.",
            )
