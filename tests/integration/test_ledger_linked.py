"""Do linked entries stand or fall together, and does a reversal take back exactly what it names, in the database?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.foundation.errors import Refusal
from tael.ledger.api import Books
from tael.ledger.errors import EntryMalformed, LinkedRefused
from tael.ledger.model import Booked, JournalEntry, Phase
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, entry, payout, sale


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def books(urls: DatabaseUrls) -> AsyncIterator[Bookkeeper]:
    async with bookkeepers(urls) as [keeper]:
        yield keeper


def linked(*entries: JournalEntry) -> list[JournalEntry]:
    *before, last = entries
    return [*(msgspec.structs.replace(each, linked=True) for each in before), last]


def reversal(id: str, reverses: str) -> JournalEntry:
    return msgspec.structs.replace(entry(id), reverses=reverses)


def names(answers: Sequence[Booked | Refusal]) -> list[str]:
    return [type(answer).__name__ for answer in answers]


async def test_a_group_is_booked_whole_or_not_at_all(books: Bookkeeper) -> None:
    answers = await books.post(
        *linked(sale("a1", 10), payout("a2", 11)),
        *linked(sale("b1", 10), payout("b2", 4), payout("b3", 6)),
        sale("c1", 1),
    )

    assert names(answers) == ["LinkedRefused", "LimitPassed", "Booked", "Booked", "Booked", "Booked"]
    assert isinstance(answers[0], LinkedRefused)
    assert answers[0].facts == {"entry": "a2"}
    assert await books.balances() == {"bank": 1, "shop": -1}
    assert await books.findings() == []


async def test_a_refused_group_leaves_its_ids_free_and_a_booked_one_is_repeated(books: Bookkeeper) -> None:
    group = linked(payout("a1", 10), sale("a2", 5))
    assert names(await books.post(*group)) == ["LimitPassed", "LinkedRefused"]
    await books.post(sale("money", 10))

    first = await books.post(*group)

    assert names(first) == ["Booked", "Booked"]
    assert await books.post(*group) == first
    assert await books.post(group[1]) == first[1:], "also by itself"
    assert await books.balances() == {"bank": 5, "shop": -5}


async def test_what_a_refused_group_held_ended_and_reversed_is_as_it_was(books: Bookkeeper) -> None:
    hold = msgspec.structs.replace(payout("h1", 20), phase=Phase.PENDING)
    await books.post(sale("money", 100), hold)
    post = msgspec.structs.replace(entry("x1"), phase=Phase.POST, ends="h1")

    answers = await books.post(*linked(post, reversal("r1", "money"), payout("big", 500)))

    assert names(answers)[0] == "LinkedRefused"
    assert await books.balances() == {"bank": 100, "shop": -100}
    assert names(await books.post(post, payout("rest", 80))) == ["Booked", "Booked"]
    assert await books.balances() == {}
    assert await books.findings() == []


async def test_a_lane_takes_no_entry_that_is_linked_to_somebody_elses(books: Bookkeeper) -> None:
    lane = Books(books.database, books.ledger, Settings(home=Path()))
    lane.start()
    alone = msgspec.structs.replace(sale("e1", 1), linked=True)

    answers = await asyncio.gather(lane.post(alone), lane.post(sale("e2", 1)), return_exceptions=True)
    await lane.stop()

    assert isinstance(answers[0], EntryMalformed)
    assert answers[0].field == "linked"
    assert isinstance(answers[1], Booked)


async def test_a_reversal_takes_back_what_it_names_once(books: Bookkeeper) -> None:
    await books.post(entry("e1", ("bank", 100), ("shop", -92), ("fees", -8)))

    first = await books.post(reversal("r1", "e1"))

    assert names(first) == ["Booked"]
    assert await books.balances() == {}
    assert names(await books.post(reversal("r2", "e1"))) == ["AlreadyReversed"]
    assert await books.post(reversal("r1", "e1")) == first
    async with books.database.transaction() as tx:
        stands = {each.id: each for each in await books.ledger.entries_about(tx, ["r1"])}
    assert stands["r1"].reverses == "e1"
    assert [(line.code, line.amount_minor) for line in stands["r1"].postings] == [
        ("bank", -100),
        ("shop", 92),
        ("fees", 8),
    ]
    assert await books.findings() == []


async def test_of_many_that_reverse_an_entry_at_once_exactly_one_is_served(urls: DatabaseUrls) -> None:
    async with bookkeepers(urls, 3) as keepers:
        await keepers[0].post(*[sale(f"e{no}", 10) for no in range(40)])

        async def take_back(no: int, keeper: Bookkeeper) -> str:
            try:
                wanted = reversal(f"r{no}:{keepers.index(keeper)}", f"e{no}")
                return type(await keeper.lane.submit(wanted)).__name__
            except Refusal as refusal:
                return type(refusal).__name__

        answers = await asyncio.gather(*[take_back(no, keeper) for no in range(40) for keeper in keepers])

        for no in range(40):
            assert sorted(answers[3 * no : 3 * no + 3]) == ["AlreadyReversed", "AlreadyReversed", "Booked"]
        assert await keepers[0].balances() == {}
        assert await keepers[0].findings() == []
