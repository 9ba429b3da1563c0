"""Do the books hold when everybody wants the same account at once?"""

import asyncio
import random
from collections.abc import AsyncIterator

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.ledger.errors import EntryIdReused, LimitPassed
from tael.ledger.model import AccountClass, AccountSpec, Booked, JournalEntry
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, entry, payout, sale


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


async def submit(keeper: Bookkeeper, one: JournalEntry) -> Booked | Exception:
    try:
        return await keeper.lane.submit(one)
    except Exception as error:  # whatever it is, the test looks at it
        return error


@pytest.mark.parametrize("processes", [1, 2])
async def test_r7_of_5000_payments_from_an_account_with_money_for_500_exactly_500_succeed(
    urls: DatabaseUrls, processes: int
) -> None:
    async with bookkeepers(urls, processes) as keepers:
        await keepers[0].post(sale("money", 500 * 20))
        wanted = iter(range(5_000))

        async def client(number: int) -> list[Booked | Exception]:
            keeper = keepers[number % processes]
            return [await submit(keeper, payout(f"p{payment}", 20)) for payment in wanted]

        answers = [answer for each in await asyncio.gather(*map(client, range(64))) for answer in each]

        assert len(answers) == 5_000
        assert sum(isinstance(answer, Booked) for answer in answers) == 500
        assert sum(isinstance(answer, LimitPassed) for answer in answers) == 4_500, "and no other answer"
        assert await keepers[0].balances() == {}
        assert await keepers[0].findings() == []


async def test_r7_transfers_between_hot_accounts_in_every_direction_never_deadlock(
    urls: DatabaseUrls,
) -> None:
    dice = random.Random(7)
    codes = ["a", "b", "c", "d"]
    async with bookkeepers(urls, 3, batch_limit=5) as keepers:
        await keepers[0].open(*[AccountSpec(code, "CNY", AccountClass.ASSET) for code in codes])
        entries = []
        for number in range(900):
            one, other, third = dice.sample(codes, 3)
            minor = dice.randint(1, 1_000)
            entries.append(entry(f"t{number}", (one, 2 * minor), (other, -minor), (third, -minor)))

        answers = await asyncio.gather(
            *[submit(keepers[number % 3], each) for number, each in enumerate(entries)]
        )

        assert {type(answer) for answer in answers} == {Booked}
        expected = dict.fromkeys(codes, 0)
        for each in entries:
            for line in each.postings:
                expected[line.code] += line.amount_minor
        assert await keepers[0].balances() == expected
        assert await keepers[0].findings() == [], "every running balance replays"
    assert await deadlocks(urls) == 0, "a lane would have tried again, and somebody have waited a second"


async def deadlocks(urls: DatabaseUrls) -> int:
    """How many the server has counted, once every connection of the application has told what it did."""
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        async with asyncio.timeout(10):
            while True:
                ours = (
                    "select from pg_stat_activity where datname = current_database() and usename = 'tael_app'"
                )
                if not (await owner.execute(ours)).rowcount:
                    break
                await asyncio.sleep(0.02)
        count = "select deadlocks::int from pg_stat_database where datname = current_database()"
        [(found,)] = await (await owner.execute(count)).fetchall()
    return int(found)


async def test_the_same_entry_sent_to_several_processes_at_once_is_booked_once(urls: DatabaseUrls) -> None:
    async with bookkeepers(urls, 3) as keepers:
        answers = await asyncio.gather(
            *[submit(keeper, sale(f"e{number}", 10)) for number in range(100) for keeper in keepers]
        )

        receipts = {answer.no for answer in answers if isinstance(answer, Booked)}
        assert len(receipts) == 100
        assert {type(answer) for answer in answers} == {Booked}
        assert await keepers[0].balances() == {"bank": 1_000, "shop": -1_000}


async def test_one_id_for_two_entries_on_other_accounts_at_once_is_refused_to_the_later_one(
    urls: DatabaseUrls,
) -> None:
    """They have no balance in common that would make one wait for the other."""
    async with bookkeepers(urls, 2) as [early, late]:
        await early.open(*[AccountSpec(code, "CNY", AccountClass.ASSET) for code in "abcd"])
        async with early.database.transaction() as tx:
            await early.ledger.post(tx, [entry("e1", ("a", 5), ("b", -5))])
            rival = asyncio.create_task(submit(late, entry("e1", ("c", 7), ("d", -7))))
            await asyncio.sleep(0.2)
            assert not rival.done(), "it waits for what becomes of the first"

        refusal = await rival
        assert isinstance(refusal, EntryIdReused)
        assert refusal.field == "postings"
        assert await early.balances() == {"a": 5, "b": -5}
