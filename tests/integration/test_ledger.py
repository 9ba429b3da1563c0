"""Do the books take what is right, once, and refuse the rest by name, item by item?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.errors import Refusal
from tael.foundation.money import MAX_MINOR
from tael.ledger.errors import (
    AccountDiffers,
    BalanceTooLarge,
    EntryIdReused,
    EntryMalformed,
    LimitPassed,
    NoSuchAccount,
)
from tael.ledger.model import Account, AccountClass, AccountSpec, Booked
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import BANK, FEES, SHOP, Bookkeeper, bookkeepers, entry, payout, sale


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def books(urls: DatabaseUrls) -> AsyncIterator[Bookkeeper]:
    async with bookkeepers(urls) as [keeper]:
        yield keeper


def names(answers: list[Booked | Refusal]) -> list[str]:
    return [type(answer).__name__ for answer in answers]


async def test_an_entry_stands_in_the_books_as_it_was_posted(books: Bookkeeper) -> None:
    posted = entry("e1", ("bank", 1280), ("shop", -1272), ("fees", -8), reference="pay_1")

    [receipt] = await books.post(posted)

    assert isinstance(receipt, Booked)
    async with books.database.transaction() as tx:
        [stands] = await books.ledger.entries_about(tx, ["pay_1"])
    assert (stands.id, stands.no, stands.kind) == ("e1", receipt.no, "sale")
    assert stands.booked_at == stands.effective_at == books.clock.now()
    assert [(line.code, line.amount_minor, line.balance_after_minor) for line in stands.postings] == [
        ("bank", 1280, 1280),
        ("shop", -1272, -1272),
        ("fees", -8, -8),
    ]
    assert await books.findings() == []


async def test_an_entry_counts_when_it_says_so(books: Bookkeeper) -> None:
    yesterday = datetime(2026, 2, 28, 15, 30, 0, 123_456, tzinfo=UTC)

    await books.post(msgspec.structs.replace(sale("e1", 5), effective_at=yesterday))

    async with books.database.transaction() as tx:
        [stands] = await books.ledger.entries_about(tx, ["r1"])
    assert stands.effective_at == yesterday
    assert stands.booked_at == books.clock.now()


async def test_the_same_entry_again_gets_the_same_receipt_for_ever(books: Bookkeeper) -> None:
    first = await books.post(sale("e1", 100))
    books.clock.move(days=3_650)

    assert await books.post(sale("e1", 100), sale("e1", 100)) == [*first, *first]
    assert await books.balances() == {"bank": 100, "shop": -100}


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("kind", {"kind": "gift"}),
        ("reference", {"reference": "r2"}),
        ("postings", {"postings": sale("e1", 101).postings}),
        ("effective_at", {"effective_at": datetime(2025, 1, 1, tzinfo=UTC)}),
    ],
)
async def test_an_id_that_stands_for_another_entry_is_refused_and_the_difference_named(
    books: Bookkeeper, field: str, changes: dict[str, object]
) -> None:
    await books.post(sale("e1", 100))

    [refusal] = await books.post(msgspec.structs.replace(sale("e1", 100), **changes))

    assert isinstance(refusal, EntryIdReused)
    assert refusal.field == field
    assert await books.balances() == {"bank": 100, "shop": -100}


async def test_duplicates_within_one_batch_are_booked_once(books: Bookkeeper) -> None:
    answers = await books.post(sale("e1", 100), sale("e1", 100), sale("e1", 99), sale("e2", 1))

    assert answers[0] == answers[1]
    assert isinstance(answers[2], EntryIdReused)
    assert isinstance(answers[3], Booked)
    assert await books.balances() == {"bank": 101, "shop": -101}


async def test_a_refused_entry_leaves_its_id_free(books: Bookkeeper) -> None:
    assert names(await books.post(payout("e1", 5))) == ["LimitPassed"]
    await books.post(sale("e0", 5))

    assert names(await books.post(payout("e1", 5))) == ["Booked"]


async def test_a_refusal_harms_none_of_its_neighbours(books: Bookkeeper) -> None:
    answers = await books.post(
        sale("e1", 100),
        entry("e2", ("bank", 5), ("shop", -4)),
        payout("e3", 101),
        entry("e4", ("bank", 5), ("nobody", -5)),
        payout("e5", 100),
        payout("e6", 1),
    )

    assert names(answers) == [
        "Booked",
        EntryMalformed.__name__,
        LimitPassed.__name__,
        NoSuchAccount.__name__,
        "Booked",
        LimitPassed.__name__,
    ]
    assert await books.balances() == {}, "emptied exactly to zero"
    assert await books.findings() == []


async def test_the_first_reason_in_the_documented_order_is_told(books: Bookkeeper) -> None:
    await books.post(sale("e1", 100))

    [malformed, reused, nobody, limit] = await books.post(
        entry("e1", ("nobody", 5), ("shop", -4)),
        entry("e1", ("nobody", 5), ("shop", -5)),
        entry("e2", ("nobody", -500), ("shop", 500)),
        entry("e3", ("bank", MAX_MINOR), ("bank", 1), ("shop", 101), ("fees", -MAX_MINOR), ("fees", -102)),
    )

    assert isinstance(malformed, EntryMalformed)
    assert isinstance(reused, EntryIdReused)
    assert isinstance(nobody, NoSuchAccount)
    assert isinstance(limit, LimitPassed)


async def test_a_credit_line_goes_down_to_its_floor_and_no_further(books: Bookkeeper) -> None:
    answers = await books.post(
        entry("e1", ("credit", 500), ("bank", -500)), entry("e2", ("credit", 1), ("bank", -1))
    )

    assert names(answers) == ["Booked", "LimitPassed"]
    assert isinstance(answers[1], LimitPassed)
    assert answers[1].facts == {
        "account": "credit",
        "limit_minor": -500,
        "missing_minor": 1,
        "currency": "CNY",
    }


@pytest.mark.parametrize("sign", [1, -1])
async def test_s22_a_balance_fills_63_bits_and_not_one_more(books: Bookkeeper, sign: int) -> None:
    answers = await books.post(
        entry("e1", ("bank", sign * MAX_MINOR), ("fees", -sign * MAX_MINOR)),
        entry("e2", ("bank", sign), ("fees", -sign)),
        entry("e3", ("bank", 2**63), ("fees", -(2**63))),
        entry("e4", ("fees", -sign * MAX_MINOR), ("fees", sign * MAX_MINOR)),
    )

    assert isinstance(answers[0], Booked)
    assert isinstance(answers[1], BalanceTooLarge)
    assert isinstance(answers[2], EntryMalformed)
    assert isinstance(answers[3], BalanceTooLarge), "not even between the lines of one entry"
    assert await books.findings() == [], "sums beyond 63 bits are checked, too"


async def test_an_entry_in_several_currencies_balances_in_each(books: Bookkeeper) -> None:
    await books.open(
        AccountSpec("exchange", "CNY", AccountClass.EQUITY),
        AccountSpec("exchange", "USD", AccountClass.EQUITY),
    )

    answers = await books.post(
        entry("e1", ("bank", -700), ("exchange", 700), ("bank/USD", 100), ("exchange/USD", -100)),
        entry("e2", ("bank", -700), ("bank/USD", 700)),
    )

    assert names(answers) == ["Booked", "EntryMalformed"]
    assert await books.balances() == {"bank": -700, "exchange": 700, "bank/USD": 100, "exchange/USD": -100}
    assert await books.findings() == []


async def test_an_account_is_open_once_and_stays_as_it_was_opened(books: Bookkeeper) -> None:
    other = AccountSpec(SHOP.code, "CNY", AccountClass.LIABILITY)

    async with books.database.transaction() as tx:
        first, again, differs, new, dollars = await books.ledger.open_accounts(
            tx,
            [
                SHOP,
                SHOP,
                other,
                AccountSpec("new", "CNY", AccountClass.EQUITY),
                AccountSpec("shop", "USD", AccountClass.LIABILITY),
            ],
        )

    assert first == again
    assert isinstance(first, Account)
    assert first.limits[0].floor_minor == 0
    assert isinstance(differs, AccountDiffers)
    assert differs.field == "floor_minor"
    assert isinstance(new, Account)
    assert isinstance(dollars, Account)
    assert dollars.no != first.no


async def test_an_account_whose_opening_was_rolled_back_is_not_remembered(books: Bookkeeper) -> None:
    fleeting = AccountSpec("fleeting", "CNY", AccountClass.ASSET)
    with pytest.raises(ZeroDivisionError):
        await _open_post_and_die(books, fleeting)

    assert names(await books.post(entry("e1", ("fleeting", 1), ("fees", -1)))) == ["NoSuchAccount"]
    await books.open(fleeting)
    assert names(await books.post(entry("e1", ("fleeting", 1), ("fees", -1)))) == ["Booked"]


async def _open_post_and_die(books: Bookkeeper, spec: AccountSpec) -> None:
    async with books.database.transaction() as tx:
        await books.ledger.open_accounts(tx, [spec])
        await books.ledger.post(tx, [entry("e1", ("fleeting", 1), ("fees", -1))])
        raise ZeroDivisionError


async def test_the_same_accounts_opened_by_many_at_once_are_opened_once(urls: DatabaseUrls) -> None:
    specs = [AccountSpec(f"merchant:{number}:pending", "CNY", AccountClass.LIABILITY) for number in range(30)]
    async with bookkeepers(urls, 3) as keepers:
        await asyncio.gather(
            *[keeper.open(*specs[shift:], *specs[:shift]) for shift, keeper in enumerate(keepers)]
        )

        async with keepers[0].database.transaction() as tx:
            assert (await keepers[0].ledger.size(tx)).accounts == 30 + 5
        assert await keepers[0].findings() == []


async def test_the_trial_balance_has_equal_sides(books: Bookkeeper) -> None:
    await books.post(
        entry("e1", ("bank", 1280), ("shop", -1272), ("fees", -8)), payout("e2", 272), sale("e3", 5)
    )

    async with books.database.transaction() as tx:
        lines = {line.code: line for line in await books.ledger.trial_balance(tx) if line.currency == "CNY"}
    assert (lines["bank"].debits_minor, lines["bank"].credits_minor) == (1013, 0)
    assert (lines["shop"].debits_minor, lines["shop"].credits_minor) == (0, 1005)
    assert (lines["fees"].debits_minor, lines["fees"].credits_minor) == (0, 8)
    assert lines["credit"].balance_minor == 0
    for line in lines.values():
        assert line.balance_minor == line.debits_minor - line.credits_minor
    assert sum(line.balance_minor for line in lines.values()) == 0
    assert {BANK.code, SHOP.code, FEES.code} <= set(lines)
