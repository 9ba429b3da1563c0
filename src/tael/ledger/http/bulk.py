"""How do ten thousand entries come in one request? As a JSON array, or as NDJSON: one entry a line.

Each entry has its own answer, in order; those that are `linked` stand or fall together. With `atomic=true` all do, in
one transaction; otherwise up to a thousand share one. Whatever was lost on the way is sent again as it was: entries
are booked once, by their ids.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.response import Stream

from tael.foundation.calls import Answer
from tael.foundation.errors import Refusal, Unavailable, Uncertain
from tael.foundation.http.bodies import WrongMediaType
from tael.foundation.http.calls import respond
from tael.foundation.http.openapi import BODIES, REFUSES, answers
from tael.foundation.problems import problem_body
from tael.ledger.api import Books, Receipt
from tael.ledger.errors import EntryMalformed, LinkedRefused
from tael.ledger.http.bulk_reading import JSON, NDJSON, Item, groups_of, items_of, read_entries
from tael.ledger.http.entries import WHY_NOT_BOOKED
from tael.ledger.http.forms import WRITE, AnyRequest
from tael.ledger.schemas.bodies import BulkBody, receipt_body
from tael.ledger.schemas.requests import EntryRequest

LARGEST_BULK_BYTES = 16 * 1024 * 1024
ENTRIES_AT_A_TIME = 1_000
"""How many share a transaction. A linked group that is larger has one for itself."""

Atomic = Annotated[
    bool,
    QueryParameter(name="atomic", description="Book all, or none: true or false, false if not said"),
]
Outcome = Receipt | Refusal
BOOKED = 201
_encode = msgspec.json.Encoder().encode


def bulk_routes(books: Books) -> list[HTTPRouteHandler]:
    """Post many."""

    @post(
        "/v1/entries/bulk",
        status_code=200,
        request_max_body_size=LARGEST_BULK_BYTES,
        opt={
            "permission": WRITE,
            REFUSES: (*WHY_NOT_BOOKED, LinkedRefused),
            BODIES: {JSON: list[EntryRequest], NDJSON: EntryRequest},
        },
        tags=["Entries"],
        responses=answers(200, BulkBody, "What became of each entry; sent as NDJSON, it comes as NDJSON"),
    )
    async def post_entries(request: AnyRequest, *, atomic: Atomic = False) -> Response[Any] | Stream:
        """Post many entries. A JSON array, or NDJSON (`application/x-ndjson`, one entry a line), of at most 10,000;
        the answer has a result for each, in order, and comes as NDJSON if the request did.

        Entries that are `linked` to the next stand or fall together. With `atomic=true` all do: either each is booked,
        or the answer is the problem of the first that could not be, with its `item` or `line`, and nothing is booked.
        """
        media_type = request.content_type[0].lower() or JSON
        if media_type not in (JSON, NDJSON):
            raise WrongMediaType(
                f"The body is said to be {media_type[:64]!r}.",
                field="Content-Type",
                hint=f"Send a JSON array as {JSON}, or one entry a line as {NDJSON}.",
            )
        items = items_of(await request.body(), media_type)
        await read_entries(books, items)
        if atomic:
            outcomes = [await _all_or_none(books, items)]
            results = _results(_only(outcomes))
        else:
            results = _results(_one_after_the_other(books, items))
        if media_type == NDJSON:
            return Stream(_lines(results), media_type=NDJSON)
        return respond(Answer(status=200, body=await _document(results)))

    return [post_entries]


# ── Booking ───────────────────────────────────────────────────────────────────────────────────────────


async def _all_or_none(books: Books, items: Sequence[Item]) -> Sequence[Outcome]:
    """Receipts for all; raises the refusal of the first that is guilty, with its place."""
    for item in items:
        if item.refusal is not None and not isinstance(item.refusal, LinkedRefused):
            raise item.placed(item.refusal)
    if items[-1].linked:
        raise items[-1].placed(EntryMalformed("There is no next entry to be linked to.", field="linked"))
    entries = [item.entry for item in items if item.entry is not None]
    chain = [msgspec.structs.replace(entry, linked=True) for entry in entries]
    chain[-1] = entries[-1]
    outcomes = await books.post_together(chain)
    for item, outcome in zip(items, outcomes, strict=True):
        if isinstance(outcome, Refusal) and not isinstance(outcome, LinkedRefused):
            raise item.placed(outcome)
    return outcomes


async def _one_after_the_other(books: Books, items: Sequence[Item]) -> AsyncIterator[Sequence[Outcome]]:
    """What becomes of the items, so many at a time. After the database has gone away for good, nothing is tried."""
    gone: Refusal | None = None
    for some in _shares(items):
        if gone is not None:
            yield [item.refusal or _not_tried(gone) for item in some]
            continue
        try:
            yield await _book(books, some)
        except Refusal as refusal:
            gone = refusal
            yield [item.refusal or refusal for item in some]


def _shares(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Items that share a transaction: whole groups, as many as it may have."""
    begin = end = 0
    for group_end in groups_of(items):
        if group_end - begin > ENTRIES_AT_A_TIME and end > begin:
            yield items[begin:end]
            begin = end
        end = group_end
    yield items[begin:]


async def _book(books: Books, items: Sequence[Item]) -> Sequence[Outcome]:
    """The outcome of each: of those that could not be read and their groups, why; of the others, what the books say."""
    entries = [item.entry for item in items if item.entry is not None]
    booking = iter(await books.post_together(entries) if entries else ())
    outcomes: list[Outcome] = []
    for item in items:
        outcome = next(booking) if item.refusal is None else item.refusal
        if isinstance(outcome, Refusal):
            outcome.facts[item.word] = item.place
        outcomes.append(outcome)
    return outcomes


def _not_tried(gone: Refusal) -> Refusal:
    return Unavailable(
        f"It was not tried, because of what happened before it: {gone.message}",
        hint="Send it again; what is in the books already gets its receipt.",
    )


# ── Answering ─────────────────────────────────────────────────────────────────────────────────────────


async def _only(shares: Sequence[Sequence[Outcome]]) -> AsyncIterator[Sequence[Outcome]]:
    for outcomes in shares:
        yield outcomes


async def _results(shares: AsyncIterator[Sequence[Outcome]]) -> AsyncIterator[list[tuple[int, bytes]]]:
    """The status of each, and its result as it is sent."""
    async for outcomes in shares:
        yield [
            (outcome.status if isinstance(outcome, Refusal) else BOOKED, _result(outcome))
            for outcome in outcomes
        ]
        await asyncio.sleep(0)  # others want to be served, too


def _result(outcome: Outcome) -> bytes:
    """An `EntryResult`. A problem has members of its own, so it is put in as it is written."""
    if isinstance(outcome, Refusal):
        return b'{"status":%d,"problem":%b}' % (outcome.status, problem_body(outcome))
    replayed = b',"replayed":true' if outcome.replayed else b""
    return b'{"status":%d,"receipt":%b%b}' % (BOOKED, _encode(receipt_body(outcome)), replayed)


async def _lines(results: AsyncIterator[list[tuple[int, bytes]]]) -> AsyncIterator[bytes]:
    async for some in results:
        yield b"".join([result + b"\n" for _, result in some])


async def _document(results: AsyncIterator[list[tuple[int, bytes]]]) -> bytes:
    """A `BulkBody`."""
    every = [result async for some in results for result in some]
    statuses = Counter(status for status, _ in every)
    booked, unknown = statuses[BOOKED], statuses[Uncertain.status]
    return b'{"booked":%d,"unknown":%d,"refused":%d,"results":[%b]}' % (
        booked,
        unknown,
        len(every) - booked - unknown,
        b",".join([result for _, result in every]),
    )
