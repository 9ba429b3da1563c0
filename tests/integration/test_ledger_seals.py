"""Is everything that was committed sealed, once, in order, whoever commits late or crashes?"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Query
from tael.foundation.signing import make_key
from tael.ledger.errors import PastReplaced
from tael.ledger.model import AccountClass, AccountSpec
from tael.testing.databases import fresh_database
from tael.testing.platform import Platform
from tests.integration.bookkeeper import entry, sale
from tests.integration.sealed_books import SealedBooks, sealed_books, write_everything

_BLOCKS = Query("blocks", b"select sealed_table, row_count, first_no, last_no from ledger.blocks order by no")
_UNSEALED = Query(
    "unsealed",
    b"select id from ledger.entries where not exists (select from ledger.blocks where no = any(numbers))",
)
_ROW_BYTES = Query(
    "row_bytes",
    b"""select sum(pg_column_size(b.*)), sum(row_count) from ledger.blocks b where sealed_table = 'entries'""",
)


@pytest.fixture(scope="module")
async def shared(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for the tests of this file."""
    async with fresh_database(server) as urls:
        yield urls


@pytest.fixture
async def books(shared: DatabaseUrls, tmp_path: Path) -> AsyncIterator[SealedBooks]:
    """Empty books with open accounts."""
    async with sealed_books(shared, tmp_path / "heads") as sealed:
        yield sealed


async def blocks_in(books: SealedBooks) -> list[tuple[str, int, int, int]]:
    async with books.database.transaction() as tx:
        return [(table, rows, first, last) for table, rows, first, last in await tx.tuples(_BLOCKS)]


async def unsealed_in(books: SealedBooks) -> list[str]:
    async with books.database.transaction() as tx:
        return [id for (id,) in await tx.tuples(_UNSEALED)]


async def test_every_row_is_sealed_once_in_ranges_that_follow_one_another(books: SealedBooks) -> None:
    await write_everything(books)
    first = await books.seal(block_limit=3)
    await books.keeper.post(sale("later", 1))
    second = await books.seal(block_limit=3)
    third = await books.seal(block_limit=3)

    blocks = await blocks_in(books)
    assert (second, third) == (1, 0)
    assert sum(rows for _, rows, _, _ in blocks) == first + second
    assert max(rows for _, rows, _, _ in blocks) == 3
    for table in ("currencies", "accounts", "limits", "closings", "entries"):
        ranges = [(first_no, last_no) for name, _, first_no, last_no in blocks if name == table]
        assert ranges[0][0] == 0
        assert all(later[0] == earlier[1] + 1 for earlier, later in itertools.pairwise(ranges))
    assert await unsealed_in(books) == []
    assert await books.details() == []


async def test_who_commits_late_is_waited_for(books: SealedBooks) -> None:
    await books.seal()
    async with books.keeper.database.transaction() as late:
        await books.keeper.ledger.post(late, [entry("late", ("credit", 5), ("shop", -5))])
        await books.keeper.post(entry("early", ("bank", 5), ("fees", -5)))
        sealing = asyncio.create_task(books.seal())
        await asyncio.sleep(0.3)
        assert not sealing.done(), "the sealer went past a number that may still be committed"

    assert await asyncio.wait_for(sealing, 10) == 2
    assert await unsealed_in(books) == []
    assert await books.details() == []


async def test_an_account_that_is_opened_late_is_waited_for(books: SealedBooks) -> None:
    await books.seal()
    async with books.keeper.database.transaction() as late:
        await books.keeper.ledger.open_accounts(late, [AccountSpec("late", "CNY", AccountClass.ASSET)])
        await books.keeper.open(AccountSpec("early", "CNY", AccountClass.ASSET))
        sealing = asyncio.create_task(books.seal())
        await asyncio.sleep(0.3)
        assert not sealing.done()

    assert await asyncio.wait_for(sealing, 10) == 4, "two accounts, each with its limit"
    assert await books.details() == []


async def test_of_two_sealers_at_once_each_row_is_sealed_by_one(books: SealedBooks) -> None:
    await write_everything(books)

    sealed = await asyncio.gather(*(books.seal(block_limit=2) for _ in range(3)))
    rest = await books.seal()

    assert sum(sealed) + rest == sum(rows for _, rows, _, _ in await blocks_in(books))
    assert await unsealed_in(books) == []
    assert await books.details() == []


async def test_a_sealer_that_dies_anywhere_leaves_nothing_half_done(books: SealedBooks) -> None:
    await write_everything(books)
    dice = random.Random(7)
    for _ in range(25):
        dying = asyncio.create_task(books.seal(block_limit=1))
        await asyncio.sleep(dice.uniform(0, 0.06))
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    await books.seal(block_limit=2)

    assert await unsealed_in(books) == []
    assert await books.details() == []


async def test_writers_and_a_sealer_at_the_same_time_miss_nothing(books: SealedBooks) -> None:
    """Some transactions are rolled back, so that there are gaps between the numbers."""

    async def write(writer: int) -> None:
        for n in range(12):
            try:
                async with books.keeper.database.transaction() as tx:
                    accounts = ("bank", "fees") if writer % 2 else ("credit", "shop")
                    lines = [(accounts[0], 2 + n), (accounts[1], -2 - n)]
                    await books.keeper.ledger.post(tx, [entry(f"w{writer}-{n}", *lines)])
                    if n % 4 == 3:
                        raise LookupError("changed my mind")
            except LookupError:
                continue

    async def keep_sealing() -> None:
        while True:
            await books.seal(block_limit=5)
            await asyncio.sleep(0.005)

    sealing = asyncio.create_task(keep_sealing())
    await asyncio.gather(*(write(writer) for writer in range(3)))
    sealing.cancel()
    await asyncio.gather(sealing, return_exceptions=True)
    await books.seal()

    assert await unsealed_in(books) == []
    assert await books.details() == []


async def test_entries_that_are_not_sealed_yet_are_no_fault_at_first(books: SealedBooks) -> None:
    await books.keeper.post(sale("s1", 1))
    async with books.database.transaction() as tx:
        checks = {check: findings async for check, findings in books.keeper.ledger.verify(tx)}

    assert checks["every entry is sealed (1 are not sealed yet)"] == []


async def test_an_entry_that_the_sealer_passed_by_is_a_fault_after_some_minutes(books: SealedBooks) -> None:
    """As if somebody had put an entry behind the chain, and then sealed something else."""
    await books.keeper.post(sale("s1", 1))
    books.keeper.clock.move(minutes=11)
    await books.seal()
    details = await books.details_after("delete from ledger.blocks where sealed_table = 'entries'")

    assert any("is in no block, and one was sealed at" in detail for detail in details), details


async def test_a_ledger_can_sign_with_sm2_and_hash_with_sm3(shared: DatabaseUrls, tmp_path: Path) -> None:
    async with sealed_books(shared, tmp_path, key=make_key("sm2")) as books:
        await write_everything(books)
        await books.seal()
        assert await books.export()

        assert await books.details() == []
        forged = await books.details_after(
            "update ledger.blocks set signature = (select signature from ledger.blocks where no = 1)"
        )
        assert "block 2 is not signed, or not by a key that is believed" in forged


async def test_a_block_signed_by_somebody_else_is_found(books: SealedBooks) -> None:
    await books.seal()
    await books.keeper.post(sale("s1", 1))
    trusted, books.key = books.key, make_key("ed25519")
    await books.seal()
    books.key = trusted

    assert any("by a key that is believed" in detail for detail in await books.details())


async def test_a_block_takes_45_bytes_for_an_entry_at_most(books: SealedBooks) -> None:
    await books.keeper.post(*(sale(f"s{n}", 1) for n in range(2_000)))
    await books.seal()
    async with books.database.transaction() as tx:
        [(size, rows)] = await tx.tuples(_ROW_BYTES)

    assert rows == 2_000
    assert size <= 45 * rows, f"{size} bytes for {rows} entries"


async def test_a_running_platform_seals_what_it_books_by_itself(platform: Platform) -> None:
    await platform.captured_payment()
    house = platform.house
    checks: dict[str, object] = {}
    for _ in range(150):
        async with house.database.transaction() as tx:
            evidence = house.books.evidence()
            checks = {check: found async for check, found in house.ledger.verify(tx, evidence=evidence)}
        if "every entry is sealed" in checks and await house.books.export_head():
            break
        await asyncio.sleep(0.1)

    assert "every entry is sealed" in checks, "the worker did not seal"
    assert not any(checks.values()), checks
    assert house.books.evidence().exported is not None


async def test_s3_a_chain_that_was_cut_off_and_grew_again_is_found_and_not_exported(
    books: SealedBooks,
) -> None:
    """Whoever cuts off the end lets the sealer sign another one. What was told to the outside does not fit it."""
    await books.keeper.post(sale("kept", 10))
    await books.seal()
    await books.keeper.post(sale("cut", 5))
    await books.seal()
    assert await books.export()
    cut = "(select no from ledger.entry_ids where id = 'cut')"
    async with books.database.transaction() as tx:
        await books.alter(
            tx,
            "update ledger.balances b set balance_minor = b.balance_minor - p.amount_minor from ledger.postings p"
            f" where p.account_no = b.account_no and p.entry_no = {cut}",
            "delete from ledger.blocks where no = (select max(no) from ledger.blocks)",
            f"delete from ledger.postings where entry_no = {cut}",
            "delete from ledger.entries where id = 'cut'",
            "delete from ledger.entry_ids where id = 'cut'",
        )

    await books.keeper.post(sale("instead", 5))
    await books.seal()

    with pytest.raises(PastReplaced):
        await books.export()
    details = await books.details()
    assert len(details) == 1, details
    assert "cut off and replaced" in details[0]
