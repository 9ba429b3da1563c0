"""Are accounts frozen, closed and limited from the very moment on, in every process, and in every currency?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.errors import Refusal
from tael.foundation.money import MAX_MINOR
from tael.ledger.api import AccountChange
from tael.ledger.errors import AccountInUse, AccountMalformed, LimitPassed
from tael.ledger.model import Account, AccountClass, AccountSpec, Booked, Frozen, Limit, Phase
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


async def change(books: Bookkeeper, *changes: AccountChange) -> list[Account | Refusal]:
    async with books.database.transaction() as tx:
        return await books.ledger.change_accounts(tx, changes)


def shop(**what: object) -> AccountChange:
    return AccountChange(code="shop", currency="CNY", **what)  # type: ignore[arg-type]


def names(answers: Sequence[Booked | Refusal | Account]) -> list[str]:
    return [type(answer).__name__ for answer in answers]


# ── Frozen and closed ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("frozen", "expected"),
    [
        (Frozen.NO, ["Booked", "Booked"]),
        (Frozen.IN, ["AccountFrozen", "Booked"]),
        (Frozen.OUT, ["Booked", "AccountFrozen"]),
        (Frozen.BOTH, ["AccountFrozen", "AccountFrozen"]),
    ],
)
async def test_a_freeze_counts_in_every_process_at_once(
    urls: DatabaseUrls, frozen: Frozen, expected: list[str]
) -> None:
    async with bookkeepers(urls, 2) as [one, other]:
        await other.post(sale("money", 100))

        [account] = await change(one, shop(frozen=frozen))

        assert isinstance(account, Account)
        assert (account.frozen, account.version) == (frozen, 2)
        assert names(await other.post(sale("e1", 1), payout("e2", 1))) == expected
        await change(one, shop(frozen=Frozen.NO))
        assert names(await other.post(sale("e1", 1), payout("e2", 1))) == ["Booked", "Booked"]


async def test_no_entry_slips_past_a_freeze_while_it_is_being_made(urls: DatabaseUrls) -> None:
    """Whoever is answered after the freeze was, was decided after it."""
    async with bookkeepers(urls, 2) as [one, other]:
        await one.post(sale("money", 100_000))
        frozen_after: list[int] = []

        async def freeze() -> None:
            await asyncio.sleep(0.05)
            await change(one, shop(frozen=Frozen.OUT))
            frozen_after.append(len(told))

        told: list[str] = []

        async def pay(no: int) -> None:
            try:
                await other.lane.submit(payout(f"p{no}", 1))
                told.append("Booked")
            except Refusal as refusal:
                told.append(type(refusal).__name__)

        async def pay_on() -> None:
            for number in range(0, 2_000, 10):
                await asyncio.gather(*[pay(number + each) for each in range(10)])

        await asyncio.gather(freeze(), pay_on())

        assert set(told) <= {"Booked", "AccountFrozen"}
        assert told == sorted(told, key=["Booked", "AccountFrozen"].index), "once frozen, frozen"
        assert told[-1] == "AccountFrozen"
        assert await other.balances() == {
            "bank": 100_000 - told.count("Booked"),
            "shop": told.count("Booked") - 100_000,
        }
        assert await one.findings() == []


async def test_an_account_is_closed_when_it_is_empty_and_for_good(books: Bookkeeper) -> None:
    await books.post(sale("e1", 5))
    [refusal] = await change(books, shop(close=True))
    assert isinstance(refusal, AccountInUse)
    assert refusal.facts["balance_minor"] == -5

    await books.post(payout("e2", 5))
    [account] = await change(books, shop(close=True))
    assert isinstance(account, Account)
    assert account.closed_at == books.clock.now()

    assert names(await books.post(sale("e3", 5), sale("e1", 5))) == ["AccountClosed", "Booked"]
    assert names(await change(books, shop(frozen=Frozen.NO))) == ["AccountClosed"]
    books.clock.move(days=1)
    [again] = await change(books, shop(close=True))
    assert isinstance(again, Account)
    assert again.closed_at == account.closed_at


async def test_an_account_with_money_is_not_closed_whatever_else_is_asked_with_it(books: Bookkeeper) -> None:
    await books.post(sale("e1", 5))

    answers = await change(books, shop(close=True, limit=Limit(floor_minor=-10)), shop(close=True))

    assert names(answers) == ["AccountInUse", "AccountInUse"]
    assert names(await books.post(payout("e2", 6))) == ["LimitPassed"], "nor was the limit set"


# ── Limits with dates ─────────────────────────────────────────────────────────────────────────────────


async def test_a_credit_line_counts_from_its_day_until_the_next_one(books: Bookkeeper) -> None:
    begins_at = books.clock.now() + timedelta(days=1)
    await change(
        books,
        shop(limit=Limit(begins_at=begins_at, floor_minor=-100)),
        shop(limit=Limit(begins_at=begins_at + timedelta(days=30), floor_minor=0)),
    )

    assert names(await books.post(payout("e1", 1))) == ["LimitPassed"]
    books.clock.move(days=1)
    assert names(await books.post(payout("e2", 100), payout("e3", 1))) == ["Booked", "LimitPassed"]
    books.clock.move(days=30)
    [refusal, booked] = await books.post(payout("e4", 1), sale("e5", 40))
    assert isinstance(refusal, LimitPassed)
    assert (refusal.facts["limit_minor"], refusal.facts["missing_minor"]) == (0, 101)
    assert isinstance(booked, Booked), "it may come back towards its limit"


async def test_of_two_limits_that_begin_at_once_the_later_one_counts(books: Bookkeeper) -> None:
    now = books.clock.now()
    await change(books, shop(limit=Limit(begins_at=now, floor_minor=-5)))
    [account] = await change(books, shop(limit=Limit(begins_at=now, floor_minor=-7, ceiling_minor=9)))

    assert isinstance(account, Account)
    assert [limit.floor_minor for limit in account.limits] == [0, -5, -7]
    assert names(await books.post(payout("e1", 7), payout("e2", 1))) == ["Booked", "LimitPassed"]
    assert names(await books.post(sale("e3", 16), sale("e4", 1))) == ["Booked", "LimitPassed"]


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("floor_minor", Limit(floor_minor=5, ceiling_minor=4)),
        ("ceiling_minor", Limit(ceiling_minor=MAX_MINOR + 1)),
        ("begins_at", Limit(begins_at=datetime(9999, 12, 31, tzinfo=UTC))),
    ],
)
async def test_a_limit_that_cannot_be_is_refused(books: Bookkeeper, field: str, limit: Limit) -> None:
    [refusal] = await change(books, shop(limit=limit))

    assert isinstance(refusal, AccountMalformed)
    assert refusal.field == field


# ── Currencies of every size ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("exponent", range(19))
async def test_a_currency_may_have_0_to_18_decimals_and_amounts_of_63_bits(
    books: Bookkeeper, exponent: int
) -> None:
    currency = f"COIN{exponent}"
    vault = AccountSpec("vault", currency, AccountClass.ASSET, 0, exponent=exponent)
    await books.open(vault, AccountSpec("coins", currency, AccountClass.LIABILITY, exponent=exponent))
    largest = entry("e1", (f"vault/{currency}", MAX_MINOR), (f"coins/{currency}", -MAX_MINOR))
    one = entry("e2", (f"vault/{currency}", 1), (f"coins/{currency}", -1))
    back = entry("e3", (f"vault/{currency}", -MAX_MINOR), (f"coins/{currency}", MAX_MINOR))
    short = entry("e4", (f"vault/{currency}", -1), (f"coins/{currency}", 1))

    [booked, too_large, emptied, refusal] = await books.post(largest, one, back, short)

    assert names([booked, too_large, emptied]) == ["Booked", "BalanceTooLarge", "Booked"]
    assert isinstance(refusal, LimitPassed)
    smallest = f"0.{1:0{exponent}}" if exponent else "1"
    assert f"vault is short of {smallest} {currency}" in refusal.message
    async with books.database.transaction() as tx:
        [account] = await books.ledger.open_accounts(tx, [vault])
    assert isinstance(account, Account)
    assert account.exponent == exponent
    assert await books.findings() == []


async def test_holds_and_dated_sums_of_63_bits_are_refused_before_the_database_would(
    books: Bookkeeper,
) -> None:
    yesterday = books.clock.now() - timedelta(days=1)
    full = entry("e1", ("bank", MAX_MINOR), ("fees", -MAX_MINOR))
    back = entry("e2", ("bank", -MAX_MINOR), ("fees", MAX_MINOR))

    dated = [msgspec.structs.replace(full, id=id, effective_at=yesterday) for id in ("d1", "d2")]
    held = [msgspec.structs.replace(full, id=id, phase=Phase.PENDING) for id in ("h1", "h2", "h3")]
    below = msgspec.structs.replace(back, id="e4")

    answers = await books.post(dated[0], back, dated[1], below, held[0], held[1])

    assert names(answers) == ["Booked", "Booked", "BalanceTooLarge", "Booked", "Booked", "BalanceTooLarge"]
    assert await books.findings() == []


async def test_an_account_whose_opening_was_taken_back_alone_is_not_remembered(books: Bookkeeper) -> None:
    """A part of a transaction is rolled back to its savepoint, as that of a call that is refused; the rest commits."""
    spec = AccountSpec("till", "CNY", AccountClass.ASSET)
    async with books.database.transaction() as tx:
        await tx.connection.execute("create temporary table written (no int) on commit drop")
        async with tx.connection.transaction(force_rollback=True):
            await books.ledger.open_accounts(tx, [spec])
            assert await books.ledger.find_accounts(tx, [spec.name])
        assert not await books.ledger.find_accounts(tx, [spec.name])
    async with books.database.transaction() as tx:
        [opened] = await books.ledger.open_accounts(tx, [spec])
        assert isinstance(opened, Account)
