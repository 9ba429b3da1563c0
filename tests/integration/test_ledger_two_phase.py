"""Does a hold end exactly once, whoever tries, in full or in part, in the database and not only in the rules?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Query
from tael.foundation.errors import Refusal
from tael.ledger import store
from tael.ledger.model import Booked, JournalEntry, Phase
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, entry, payout, sale

HELD = Query(
    "held",
    b"""select a.code, b.held_debits_minor, b.held_credits_minor from ledger.balances b
        join ledger.accounts a on a.no = b.account_no
        where b.held_debits_minor <> 0 or b.held_credits_minor <> 0 order by a.code""",
)
OPEN = Query("open", b"select count(*) from ledger.open_holds")


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def books(urls: DatabaseUrls) -> AsyncIterator[Bookkeeper]:
    async with bookkeepers(urls) as [keeper]:
        yield keeper


def hold(given: JournalEntry, **fields: object) -> JournalEntry:
    return msgspec.structs.replace(given, phase=Phase.PENDING, **fields)


def end(id: str, phase: Phase, *lines: tuple[str, int], ends: str = "h1", **fields: object) -> JournalEntry:
    return msgspec.structs.replace(entry(id, *lines), phase=phase, ends=ends, **fields)


def names(answers: Sequence[Booked | Refusal]) -> list[str]:
    return [type(answer).__name__ for answer in answers]


async def held(books: Bookkeeper) -> list[tuple[str, int, int]]:
    async with books.database.transaction() as tx:
        return [(code, debits, credits) for code, debits, credits in await tx.tuples(HELD)]


async def open_holds(books: Bookkeeper) -> int:
    async with books.database.transaction() as tx:
        return int((await tx.tuples(OPEN))[0][0])


async def test_a_hold_is_posted_in_part_and_the_rest_is_released(books: Bookkeeper) -> None:
    await books.post(sale("money", 100), hold(payout("h1", 80)))
    assert await held(books) == [("bank", 0, 80), ("shop", 80, 0)]
    assert await books.balances() == {"bank": 100, "shop": -100}

    answers = await books.post(end("x1", Phase.POST, ("shop", 30), ("bank", -30)))

    assert names(answers) == ["Booked"]
    assert await held(books) == []
    assert await books.balances() == {"bank": 70, "shop": -70}
    assert await open_holds(books) == 0
    assert await books.findings() == []


async def test_what_is_held_is_not_there_for_anybody_else(books: Bookkeeper) -> None:
    await books.post(sale("money", 100), hold(payout("h1", 80)))

    [refusal, booked] = await books.post(payout("p1", 21), payout("p2", 20))

    assert isinstance(refusal, Refusal)
    assert refusal.facts["missing_minor"] == 1
    assert isinstance(booked, Booked)


async def test_holds_posts_and_voids_are_repeated_for_ever_with_the_same_receipts(books: Bookkeeper) -> None:
    asked = [
        sale("money", 100),
        hold(payout("h1", 80), expires_at=books.clock.now() + timedelta(hours=1), metadata={"a": "b"}),
        hold(payout("h2", 20)),
        end("x1", Phase.POST, kind="payout"),
        end("x2", Phase.VOID, ends="h2"),
    ]
    first = await books.post(*asked)
    assert names(first) == ["Booked"] * 5
    books.clock.move(days=400)

    assert await books.post(*asked) == first
    for each in asked:
        assert await books.post(each) == [first[asked.index(each)]]
    assert await books.balances() == {"bank": 20, "shop": -20}


@pytest.mark.parametrize("processes", [2, 3])
async def test_of_many_that_end_a_hold_at_the_same_moment_exactly_one_is_served(
    urls: DatabaseUrls, processes: int
) -> None:
    async with bookkeepers(urls, processes) as keepers:
        await keepers[0].post(sale("money", 10_000), *[hold(payout(f"h{no}", 10)) for no in range(60)])

        async def try_to(no: int, phase: Phase, keeper: Bookkeeper) -> str:
            ends = end(f"{no}:{keepers.index(keeper)}:{phase}", phase, ends=f"h{no}")
            try:
                return type(await keeper.lane.submit(ends)).__name__
            except Refusal as refusal:
                return type(refusal).__name__

        phases = (Phase.POST, Phase.VOID)
        tries = [(no, phase, keeper) for no in range(60) for phase in phases for keeper in keepers]
        answers = await asyncio.gather(*[try_to(*each) for each in tries])

        per_hold = len(phases) * processes
        for no in range(60):
            told = answers[no * per_hold : (no + 1) * per_hold]
            assert sorted(told) == ["Booked"] + ["HoldEnded"] * (per_hold - 1)
        assert await held(keepers[0]) == []
        assert await open_holds(keepers[0]) == 0
        assert await keepers[0].findings() == []


async def test_a_hold_and_its_end_may_arrive_by_two_processes_at_once(urls: DatabaseUrls) -> None:
    """The end looks for the hold before it locks and after: what appears in between is looked at again."""
    async with bookkeepers(urls, 2) as [one, other]:
        await one.post(sale("money", 10_000))

        async def end_it(no: int) -> str:
            try:
                return type(await other.lane.submit(end(f"x{no}", Phase.POST, ends=f"h{no}"))).__name__
            except Refusal as refusal:
                return type(refusal).__name__

        answers = await asyncio.gather(
            *[each for no in range(200) for each in (one.lane.submit(hold(payout(f"h{no}", 1))), end_it(no))]
        )

        ends = answers[1::2]
        assert set(ends) <= {"Booked", "NoSuchEntry"}
        assert await open_holds(one) == ends.count("NoSuchEntry")
        assert await one.findings() == []


async def test_an_end_that_waited_for_its_hold_to_be_booked_looks_again_for_all_its_accounts(
    urls: DatabaseUrls,
) -> None:
    """It locked the accounts that it names itself; the hold that it then finds is on one more."""
    async with bookkeepers(urls, 2) as [one, other]:
        await one.post(sale("money", 100))
        part = end("x1", Phase.POST, ("shop", 30), ("bank", -30))
        async with one.database.transaction() as tx:
            await one.ledger.post(tx, [hold(entry("h1", ("shop", 80), ("bank", -72), ("fees", -8)))])
            ending = asyncio.create_task(other.lane.submit(part))
            await asyncio.sleep(0.2)
            assert not ending.done()

        assert (await ending).id == "x1"
        assert await held(one) == []
        assert await one.balances() == {"bank": 70, "shop": -70}
        assert await one.findings() == []


# ── Time ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hold_whose_time_is_over_is_released_by_the_ledger_itself(books: Bookkeeper) -> None:
    soon, late = (books.clock.now() + timedelta(minutes=minutes) for minutes in (5, 60))
    longest = "x" * 200
    await books.post(
        sale("money", 100),
        hold(payout("h1", 80), expires_at=soon),
        hold(payout(longest, 10), expires_at=soon),
        hold(payout("h3", 5), expires_at=late),
        hold(payout("h4", 5)),
    )

    async def expire() -> int:
        async with books.database.transaction() as tx:
            return await books.ledger.expire_holds(tx)

    assert await expire() == 0
    books.clock.move(minutes=5)
    assert names(await books.post(end("x1", Phase.POST))) == ["HoldExpired"]
    assert await expire() == 2
    assert await expire() == 0
    assert await held(books) == [("bank", 0, 10), ("shop", 10, 0)]
    assert names(await books.post(end("x1", Phase.VOID))) == ["HoldEnded"]
    async with books.database.transaction() as tx:
        numbers = await store.find_numbers(tx, ["h1:expiry", f"{longest}:expiry"])
        assert {entry.phase for entry in await store.entries_by_number(tx, list(numbers.values()))} == {
            Phase.EXPIRY
        }
    assert await books.findings() == []


async def test_nobody_can_take_the_id_that_an_expiry_will_need(books: Bookkeeper) -> None:
    soon = books.clock.now() + timedelta(minutes=5)
    await books.post(sale("money", 100), hold(payout("h1", 80), expires_at=soon))

    assert names(await books.post(sale("h1:expiry", 1))) == ["EntryMalformed"]
    books.clock.move(minutes=6)
    async with books.database.transaction() as tx:
        assert await books.ledger.expire_holds(tx) == 1


async def test_the_ledgers_sweep_and_a_callers_void_do_not_both_end_a_hold(urls: DatabaseUrls) -> None:
    async with bookkeepers(urls, 2) as [one, other]:
        soon = one.clock.now() + timedelta(minutes=5)
        holds = [hold(payout(f"h{no}", 1), expires_at=soon) for no in range(100)]
        await one.post(sale("money", 100), *holds)
        one.clock.move(minutes=6)
        other.clock.move(minutes=6)

        async def sweep() -> int:
            async with one.database.transaction() as tx:
                return await one.ledger.expire_holds(tx)

        async def void(no: int) -> str:
            try:
                return type(await other.lane.submit(end(f"x{no}", Phase.VOID, ends=f"h{no}"))).__name__
            except Refusal as refusal:
                return type(refusal).__name__

        swept, *voided = await asyncio.gather(sweep(), *map(void, range(100)))

        assert set(voided) <= {"Booked", "HoldEnded"}
        assert isinstance(swept, int)
        assert await sweep() == 0
        assert await held(one) == []
        assert await one.findings() == []


# ── What is asked for wrongly ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("target", ["nobody", "a\x00b", "\x1b", "元" * 300])
async def test_an_end_or_a_reversal_of_nothing_is_refused_and_harms_no_neighbour(
    books: Bookkeeper, target: str
) -> None:
    answers = await books.post(
        end("x1", Phase.VOID, ends=target),
        msgspec.structs.replace(entry("x2"), reverses=target),
        sale("e1", 1),
    )

    assert names(answers) == ["NoSuchEntry", "NoSuchEntry", "Booked"]


async def test_an_account_that_cannot_be_a_name_is_not_open_and_harms_no_neighbour(books: Bookkeeper) -> None:
    answers = await books.post(entry("e1", ("bank", 1), ("a\x00", -1)), sale("e2", 1))

    assert names(answers) == ["NoSuchAccount", "Booked"]


async def test_a_hold_and_its_end_in_a_transaction_that_dies_have_never_been(books: Bookkeeper) -> None:
    await books.post(sale("money", 100), hold(payout("h1", 80)))

    with pytest.raises(ZeroDivisionError):
        await _post_and_die(books, end("x1", Phase.POST), hold(payout("h2", 5)))

    assert await held(books) == [("bank", 0, 80), ("shop", 80, 0)]
    assert names(await books.post(end("x1", Phase.POST))) == ["Booked"]


async def _post_and_die(books: Bookkeeper, *entries: JournalEntry) -> None:
    async with books.database.transaction() as tx:
        await books.ledger.post(tx, entries)
        raise ZeroDivisionError
