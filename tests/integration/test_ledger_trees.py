"""What do the books come to? By prefix, by node of the tree, by class, on both sides, in every currency, then and now."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.ledger.api import Node, Reports, totals_of, unbalanced_currencies
from tael.ledger.errors import ReportTooLong
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, Phase, Timeline, TrialBalanceLine
from tael.ledger.reads.charts import tree
from tael.ledger.reads.trial_balances import trial_balance, trial_balance_at
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, entry, sale

DAY = timedelta(days=1)
MERCHANTS = [
    AccountSpec(f"merchant:{name}", "CNY", AccountClass.LIABILITY)
    for name in ("42:pending", "42:available", "7:pending", "7", "42:reserve")
]
COINS = [
    AccountSpec("merchant:42:coins", "USDC", AccountClass.LIABILITY, exponent=6),
    AccountSpec("vault", "USDC", AccountClass.ASSET, exponent=6),
]
NEIGHBOURS = [
    AccountSpec(code, "CNY", AccountClass.LIABILITY)
    for code in ("merchant", "merchants:42", "merchant-42", "merchant:420:pending")
]


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def books(urls: DatabaseUrls) -> AsyncIterator[Bookkeeper]:
    """A bank, shops, and merchants with several accounts each, among neighbours of similar names."""
    async with bookkeepers(urls) as [keeper]:
        await keeper.open(*MERCHANTS, *COINS, *NEIGHBOURS)
        await keeper.post(
            entry("e1", ("bank", 1000), ("merchant:42:pending", -1000)),
            entry("e2", ("merchant:42:pending", 400), ("merchant:42:available", -400)),
            entry("e3", ("bank", 50), ("merchant:7:pending", -20), ("merchant:7", -30)),
            entry("e4", ("vault/USDC", 1_500_000), ("merchant:42:coins/USDC", -1_500_000)),
            entry("e5", ("bank", 10_000), *((spec.code, -2_500) for spec in NEIGHBOURS)),
            msgspec.structs.replace(
                entry("h1", ("merchant:42:available", 100), ("bank", -100)), phase=Phase.PENDING
            ),
        )
        keeper.clock.move(seconds=1)
        yield keeper


@pytest.fixture
def reports(books: Bookkeeper) -> Reports:
    return books.ledger.reports(books.database)


async def test_sums_by_prefix_take_what_begins_like_it_and_nothing_else(reports: Reports) -> None:
    coins, yuan = sorted(await reports.sums("merchant:42:"), key=lambda each: -each.exponent)

    assert (yuan.currency, yuan.accounts, yuan.balance_minor) == ("CNY", 3, -1000)
    assert (yuan.held_debits_minor, yuan.held_credits_minor) == (100, 0)
    assert (coins.currency, coins.exponent, coins.balance_minor) == ("USDC", 6, -1_500_000)
    [all_of_them, _] = await reports.sums("merchant:")
    assert (all_of_them.accounts, all_of_them.balance_minor) == (6, -1050 - 2_500)
    assert await reports.sums("nobody:") == []
    everything = {each.currency: each.balance_minor for each in await reports.sums()}
    assert everything == {"CNY": 0, "USD": 0, "USDC": 0}


def shape(node: Node) -> dict[str, object]:
    return {child.code: shape(child) for child in node.children}


async def test_the_tree_has_a_level_for_each_segment_and_sums_all_below(reports: Reports) -> None:
    top = await reports.tree("merchant", depth=2)

    assert shape(top) == {
        "merchant:42": {
            "merchant:42:available": {},
            "merchant:42:coins": {},
            "merchant:42:pending": {},
            "merchant:42:reserve": {},
        },
        "merchant:420": {"merchant:420:pending": {}},
        "merchant:7": {"merchant:7:pending": {}},
    }
    forty_two, _, seven = top.children
    assert forty_two.sums["CNY"].balance_minor == -1000
    assert forty_two.sums["CNY"].held_debits_minor == 100
    assert (seven.sums["CNY"].accounts, seven.sums["CNY"].balance_minor) == (2, -50)
    assert top.sums["CNY"].balance_minor == -1050 - 2 * 2_500, "with the account `merchant` itself"
    assert set(top.classes) == {AccountClass.LIABILITY}


async def test_the_whole_tree_sums_to_zero_in_each_currency(reports: Reports) -> None:
    top = await reports.tree(depth=1)

    assert {currency: each.balance_minor for currency, each in top.sums.items()} == {
        "CNY": 0,
        "USD": 0,
        "USDC": 0,
    }
    assert [child.code for child in top.children] == sorted(child.code for child in top.children)
    assert {"bank", "merchant", "merchant-42", "merchants", "vault"} <= {child.code for child in top.children}
    assert all(not child.children for child in top.children)
    assert (await reports.tree("nobody", depth=3)).sums == {}


async def test_accounts_are_listed_by_code_page_by_page(reports: Reports) -> None:
    found = []
    after = ("", "")
    while page := await reports.accounts("merchant:", after=after, limit=2):
        found += page
        after = (page[-1].code, page[-1].currency)

    codes = [account.code for account in found]
    assert codes == sorted(codes)
    assert len(codes) == 7
    available = next(account for account in found if account.code.endswith("available"))
    assert (available.balance_minor, available.held_debits_minor, available.exponent) == (-400, 100, 2)


# ── The trial balance ─────────────────────────────────────────────────────────────────────────────────


def sides(lines: list[TrialBalanceLine], currency: str = "CNY") -> dict[str, tuple[int, int]]:
    return {
        line.code: (line.debits_minor, line.credits_minor)
        for line in lines
        if line.currency == currency and (line.debits_minor or line.credits_minor)
    }


async def test_each_balance_stands_on_its_side_and_the_sides_are_equal(reports: Reports) -> None:
    lines = await reports.trial_balance()

    assert sides(lines)["bank"] == (11_050, 0)
    assert sides(lines)["merchant:42:pending"] == (0, 600)
    assert sides(lines, "USDC") == {"vault": (1_500_000, 0), "merchant:42:coins": (0, 1_500_000)}
    assert unbalanced_currencies(lines) == []
    totals = {(total.currency, total.account_class): total for total in totals_of(lines)}
    assert totals["CNY", None].debits_minor == totals["CNY", None].credits_minor == 11_050
    assert totals["CNY", AccountClass.LIABILITY].credits_minor == 11_050
    assert totals["USDC", None].exponent == 6


async def test_the_trial_balance_of_a_moment_is_that_of_its_balances(
    books: Bookkeeper, reports: Reports
) -> None:
    then = books.clock.now()
    before = sides(await reports.trial_balance())
    books.clock.move(days=2)
    await books.post(msgspec.structs.replace(sale("late", 5), effective_at=then), sale("today", 7))

    as_booked = await reports.trial_balance(at=then)
    as_effective = await reports.trial_balance(at=then, by=Timeline.EFFECTIVE)

    assert sides(as_booked) == before
    assert sides(as_effective) == {**before, "bank": (11_055, 0), "shop": (0, 5)}
    assert sides(await reports.trial_balance(at=then - DAY)) == {}
    books.clock.move(seconds=1)
    assert sides(await reports.trial_balance(at=books.clock.now())) == sides(await reports.trial_balance())
    for lines in (as_booked, as_effective):
        assert unbalanced_currencies(lines) == []


@pytest.mark.parametrize("at_a_moment", [False, True])
async def test_a_trial_balance_can_be_summed_by_the_first_segments(
    books: Bookkeeper, reports: Reports, *, at_a_moment: bool
) -> None:
    at = books.clock.now() if at_a_moment else None

    lines = await reports.trial_balance(at=at, depth=1)

    assert sides(lines)["merchant"] == (0, 1050 + 2 * 2_500)
    assert unbalanced_currencies(lines) == []


async def test_a_report_that_is_too_long_is_refused_with_a_way_out(books: Bookkeeper) -> None:
    async with books.database.transaction() as tx:
        with pytest.raises(ReportTooLong) as refused:
            await trial_balance(tx, longest=5)
        assert "depth" in (refused.value.hint or "")
        with pytest.raises(ReportTooLong):
            await trial_balance_at(tx, books.clock.now(), by=Timeline.BOOKED, longest=5)
        with pytest.raises(ReportTooLong):
            await tree(tx, depth=3, longest=5)


async def test_holds_are_not_in_the_trial_balance(books: Bookkeeper, reports: Reports) -> None:
    before = await reports.trial_balance()
    await books.post(
        JournalEntry(
            id="h2",
            kind="hold",
            reference="r",
            postings=entry("x", ("bank", 9), ("merchant:7", -9)).postings,
            phase=Phase.PENDING,
        )
    )

    assert await reports.trial_balance() == before
