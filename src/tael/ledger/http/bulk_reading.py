"""What stands in the body of a bulk? Items, each of which may be an entry, or say why it is none.

One that cannot be read is refused alone, with its place and field; but what it is linked to falls with it, because
nobody knows what its author wanted to stand together.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence

import msgspec

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.bodies import read_json
from tael.ledger.api import Books
from tael.ledger.errors import LinkedRefused
from tael.ledger.http.translation import accounts_of_exchanges, journal_entry
from tael.ledger.model import JournalEntry
from tael.ledger.schemas.requests import EntryRequest

JSON, NDJSON = "application/json", "application/x-ndjson"
MOST_ENTRIES = 10_000
"""Entries of one bulk."""
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_LINKED = re.compile(rb'"linked"\s*:\s*true')
_READ_AT_A_TIME = 250


class Item:
    """One entry of a bulk: as it was sent, and then as it was understood, or why it was not."""

    __slots__ = ("entry", "linked", "place", "raw", "refusal", "word")

    def __init__(self, raw: bytes, *, word: str, place: int) -> None:
        self.raw = raw
        self.word = word
        """What is counted: items of an array, or lines."""
        self.place = place
        """Which item or line it is, from 1."""
        self.linked = False
        """Whether it is linked to the next; if it could not be read, whether it says so, whatever else is wrong."""
        self.entry: JournalEntry | None = None
        self.refusal: Refusal | None = None

    def refuse(self, refusal: Refusal) -> None:
        """It is not to be booked."""
        refusal.facts[self.word] = self.place
        self.entry, self.refusal = None, refusal

    def placed(self, refusal: Refusal) -> Refusal:
        """The refusal, to be the answer to the whole bulk: it says which item is guilty."""
        told = type(refusal)(
            f"{self.word.capitalize()} {self.place}: {refusal.message}",
            field=refusal.field,
            hint=refusal.hint,
        )
        told.facts = {**refusal.facts, self.word: self.place}
        return told


def items_of(body: bytes, media_type: str) -> list[Item]:
    """The items in a body; refuses `Malformed` if there are none, or too many, or if it is no array."""
    if media_type == NDJSON:
        lines = enumerate(body.split(b"\n"), 1)
        items = [Item(line, word="line", place=place) for place, line in lines if line.strip()]
    else:
        items = [Item(bytes(raw), word="item", place=place) for place, raw in enumerate(_array(body), 1)]
    if not items:
        raise Malformed("There is no entry in it.", hint=f"Send 1 to {MOST_ENTRIES} entries.")
    if len(items) > MOST_ENTRIES:
        raise Malformed(
            f"{len(items)} entries are more than a bulk may have.",
            hint=f"Send at most {MOST_ENTRIES} at a time.",
        )
    return items


def _array(body: bytes) -> list[msgspec.Raw]:
    try:
        return _ITEMS.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        said = str(error).removeprefix("JSON is malformed: ")
        raise Malformed(
            f"The body is no JSON array: {said}.", hint="Send [{…}, {…}], or one entry a line as NDJSON."
        ) from error


async def read_entries(books: Books, items: Sequence[Item]) -> None:
    """Make entries of the items, or say why not; then refuse whole groups in which one was refused."""
    requests: list[tuple[Item, EntryRequest]] = []
    for number, item in enumerate(items):
        try:
            requests.append((item, read_json(item.raw, EntryRequest)))
        except Refusal as refusal:
            item.refuse(refusal)
            item.linked = _LINKED.search(item.raw) is not None
        if number % _READ_AT_A_TIME == 0:
            await asyncio.sleep(0)  # others want to be served, too
    accounts = await accounts_of_exchanges(books, [request for _, request in requests])
    for item, request in requests:
        item.linked = request.linked
        try:
            item.entry = journal_entry(request, accounts)
        except Refusal as refusal:
            item.refuse(refusal)
    begin = 0
    for end in groups_of(items):
        _refuse_group(items[begin:end])
        begin = end


def groups_of(items: Sequence[Item]) -> Iterator[int]:
    """Where each group of items ends that stand or fall together."""
    for end, item in enumerate(items, 1):
        if not item.linked or end == len(items):
            yield end


def _refuse_group(group: Sequence[Item]) -> None:
    guilty = next((item for item in group if item.refusal is not None), None)
    if guilty is None or len(group) == 1:
        return
    for item in group:
        if item.refusal is None:
            item.refuse(LinkedRefused(f"It is linked to {guilty.word} {guilty.place}, which was refused."))
