"""If somebody with all rights alters the books, does `verify` find it and say where?"""

from collections.abc import AsyncIterator

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database, Query
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, entry, payout, sale


class _Undo(Exception):
    """The end of a transaction whose changes nobody is to see."""


@pytest.fixture(scope="module")
async def books(server: DatabaseUrls) -> AsyncIterator[Bookkeeper]:
    """Books with three entries, seen by somebody with all rights."""
    async with fresh_database(server) as urls, bookkeepers(urls) as [keeper]:
        await keeper.post(
            entry("e1", ("bank", 1280), ("shop", -1272), ("fees", -8)), sale("e2", 20), payout("e3", 500)
        )
        superuser = Database(urls.owner)
        await superuser.open()
        yield Bookkeeper(superuser)
        await superuser.close()


async def details_after(books: Bookkeeper, statement: str) -> list[str]:
    """What verify finds after an alteration, which is then undone."""
    details: list[str] = []
    try:
        async with books.database.transaction() as tx:
            assert await tx.run(Query("alter", statement.encode())) > 0, "nothing was altered"
            details = [each.detail async for _, findings in books.ledger.verify(tx) for each in findings]
            raise _Undo
    except _Undo:
        return details


E1 = "(select no from ledger.entries where id = 'e1')"
SHOP = "(select no from ledger.accounts where code = 'shop')"


async def test_untouched_books_have_no_findings(books: Bookkeeper) -> None:
    assert await books.findings() == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            f"update ledger.postings set amount_minor = -1271 where entry_no = {E1} and position = 1",
            "entry e1",
        ),
        (
            f"update ledger.postings set amount_minor = -1271 where entry_no = {E1} and position = 1",
            "CNY is off by 1",
        ),
        (
            f"update ledger.postings set balance_after_minor = 0 where entry_no = {E1} and position = 1",
            "after entry e1 the balance of shop is written as 0 and replays to -1272",
        ),
        (f"delete from ledger.postings where entry_no = {E1} and position = 2", "entry e1 is off by 8 CNY"),
        (f"delete from ledger.postings where entry_no = {E1}", "entry e1 has no postings"),
        ("delete from ledger.entries where id = 'e1'", "belongs to entry no."),
        (
            f"update ledger.balances set balance_minor = balance_minor - 1 where account_no = {SHOP}",
            "shop CNY stands at -793 and replays to -792",
        ),
        (f"delete from ledger.balances where account_no = {SHOP}", "account shop CNY has no balance row"),
        (
            f"update ledger.postings set account_no = {SHOP} where entry_no = {E1} and position = 2",
            "after entry e1 the balance of shop",
        ),
        (
            f"insert into ledger.postings values ({SHOP}, {E1}, 5, 5, 9)",
            "entry e1 is off by 5 CNY",
        ),
        (
            f"update ledger.postings set entry_no = 999 where entry_no = {E1} and position = 1",
            "belongs to entry no. 999, which is not there",
        ),
    ],
)
async def test_s3_what_was_altered_is_found_and_named(books: Bookkeeper, statement: str, named: str) -> None:
    details = await details_after(books, statement)

    assert any(named in detail for detail in details), details


async def test_s3_an_entry_with_its_sides_swapped_is_found(books: Bookkeeper) -> None:
    swap = "update ledger.postings set amount_minor = -amount_minor where entry_no = "
    details = await details_after(books, swap + "(select no from ledger.entries where id = 'e2')")

    assert any(detail.startswith("after entry e2 the balance of bank") for detail in details), details


async def test_a_check_says_what_it_checked(books: Bookkeeper) -> None:
    async with books.database.transaction() as tx:
        await tx.freeze()
        checks = [check async for check, _ in books.ledger.verify(tx)]

    assert len(checks) == len(set(checks)) >= 7
    assert "debits equal credits in every currency" in checks
