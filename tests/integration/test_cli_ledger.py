"""Do the commands of `tael ledger` show the books as an accountant expects, and say what to do when they cannot?"""

import csv
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from tael.app.cli_ledger import read_moment
from tael.app.supervisor import DatabaseUrls
from tael.foundation.errors import Malformed
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, Posting
from tael.testing.databases import fresh_database
from tests.integration.bookkeeper import bookkeepers, payout, sale
from tests.integration.test_cli import tael

COIN = AccountSpec("vault:[red]gas[/red]", "ETH", AccountClass.ASSET, exponent=18)
OWNER = AccountSpec("vault:owner", "ETH", AccountClass.EQUITY, exponent=18)


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """Books that nobody changes any more: sales in March, one backdated to February, and coins with 18 decimals."""
    async with fresh_database(server) as one, bookkeepers(one) as [keeper]:
        await keeper.open(COIN, OWNER)
        await keeper.post(sale("e1", 1280), payout("e2", 30))
        february = datetime.fromisoformat("2026-02-10T12:00:00+00:00")
        await keeper.post(msgspec.structs.replace(sale("e3", 50), effective_at=february))
        half = 5 * 10**17
        coins = (Posting(COIN.code, "ETH", half), Posting(OWNER.code, "ETH", -half))
        await keeper.post(JournalEntry(id="e4", kind="bought", reference="gas", postings=coins))
        yield one


@pytest.fixture
async def nothing(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """Books in which nothing stands."""
    async with fresh_database(server) as one:
        yield one


async def shown(urls: DatabaseUrls, *arguments: str) -> str:
    status, output, errors = await tael("ledger", *arguments, TAEL_DATABASE_URL=urls.application)
    assert status == 0, errors
    assert "Traceback" not in errors
    return output


async def refused(urls: DatabaseUrls, *arguments: str) -> str:
    status, output, errors = await tael("ledger", *arguments, TAEL_DATABASE_URL=urls.application)
    assert status != 0, output
    assert "Traceback" not in errors
    return errors


def words(line: str) -> list[str]:
    return line.split()


async def test_balances_are_told_at_any_moment_by_either_time(urls: DatabaseUrls) -> None:
    assert "shop: 13.00 CNY Cr" in await told(urls, "balance", "shop", "CNY")
    assert "shop: 0.50 CNY Cr" in await told(
        urls, "balance", "shop", "CNY", "--at", "2026-02-28", "--by", "effective"
    )
    assert "shop: 0.00 CNY" in await told(urls, "balance", "shop", "CNY", "--at", "2026-02-28")


async def told(urls: DatabaseUrls, *arguments: str) -> str:
    """The amount and its side, whichever way round."""
    return (await shown(urls, *arguments)).replace("Cr CNY", "CNY Cr").replace("Dr CNY", "CNY Dr")


async def test_a_statement_is_shown_with_its_running_balance_and_written_to_files(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    output = await shown(urls, "statement", "shop", "CNY", "--by", "effective")
    lines = [words(line) for line in output.splitlines() if "e1" in line or "e3" in line]
    assert [line[-2:] for line in lines] == [["0.50", "Cr"], ["13.30", "Cr"]]
    assert "opening" in output
    assert "closing" in output

    sheet, book = tmp_path / "shop.csv", tmp_path / "shop.xlsx"
    output = await shown(urls, "statement", "shop", "CNY", "--csv", str(sheet), "--xlsx", str(book))
    assert output.count("3 lines") == 2
    with sheet.open(encoding="utf-8-sig") as file:
        assert [row["balance"] for row in csv.DictReader(file)] == [
            "0.00",
            "12.80",
            "12.50",
            "13.00",
            "13.00",
        ]
    assert zipfile.is_zipfile(book)
    assert not sheet.with_name("shop.csv.unfinished").exists()


async def test_a_file_that_cannot_be_written_is_named(urls: DatabaseUrls, tmp_path: Path) -> None:
    errors = await refused(
        urls, "statement", "shop", "CNY", "--csv", str(tmp_path / "no" / "such" / "folder.csv")
    )

    assert "cannot be written" in errors


async def test_a_t_account_has_its_opening_and_closing_on_their_sides(urls: DatabaseUrls) -> None:
    output = await shown(urls, "t-account", "shop", "CNY", "--from", "2026-03-01", "--to", "2026-03-02")

    [line] = [line for line in output.splitlines() if "payout" in line]
    assert line.index("payout") < line.index("sale"), "debits left, credits right"
    assert words(next(line for line in output.splitlines() if "closing" in line)) == ["closing", "13.00"]


async def test_amounts_have_the_decimals_of_their_currency_and_codes_their_brackets(
    urls: DatabaseUrls,
) -> None:
    for arguments in (["trial-balance"], ["accounts", "vault:"], ["entries", "gas"], ["tree"]):
        output = await shown(urls, *arguments)
        assert "0.500000000000000000" in output, arguments
        if arguments != ["tree"]:
            assert COIN.code in output, arguments
    assert "[red]gas[/red]" in await shown(urls, "tree")


async def test_the_trial_balance_has_classes_and_equal_sides_now_and_then(urls: DatabaseUrls) -> None:
    output = await shown(urls, "trial-balance")
    sums = [words(line) for line in output.splitlines() if words(line)[:1] == ["sum"]]
    assert ["sum", "all", "CNY", "13.00", "13.00"] in sums
    assert ["sum", "asset", "CNY", "13.00", "0.00"] in sums

    then = await shown(urls, "trial-balance", "--at", "2026-02-28", "--by", "effective", "--depth", "1")
    assert ["sum", "all", "CNY", "0.50", "0.50"] in [words(line) for line in then.splitlines()]


async def test_the_tree_shows_sums_at_each_node(urls: DatabaseUrls) -> None:
    output = await shown(urls, "tree", "--depth", "1")

    [vault] = [words(line) for line in output.splitlines() if words(line)[:1] == ["vault"]]
    assert vault[-2:] == ["2", "0.000000000000000000"]


async def test_periods_are_closed_shown_and_opened_again(server: DatabaseUrls) -> None:
    async with fresh_database(server) as urls:
        assert "Nothing is closed" in await shown(urls, "periods")
        assert "closed until 2026-01-01 00:00:00 UTC" in await shown(urls, "close-period", "2026-01-01")
        errors = await refused(urls, "close-period", "2025-12-01")
        assert "reopen" in errors
        assert "no further" in await shown(urls, "reopen-period", "2025-12-01")
        periods = await shown(urls, "periods")
        assert periods.count("operator:") == 2
        assert "counts before 2025-12-01 00:00:00 UTC" in periods
        assert "cannot be closed" in await refused(urls, "close-period", "2199-01-01")


async def test_empty_books_are_told_in_a_sentence(nothing: DatabaseUrls) -> None:
    for arguments in (["accounts"], ["tree"]):
        assert "No account is open yet." in await refused(nothing, *arguments)
    assert await shown(nothing, "trial-balance") == ""
    assert "No entries are about order-1." in await refused(nothing, "entries", "order-1")
    assert "No account shop is open in CNY." in await refused(nothing, "balance", "shop", "CNY")
    assert "No account's code begins with shop." in await refused(nothing, "accounts", "shop")


async def test_an_account_on_which_nothing_moved_has_a_statement(urls: DatabaseUrls) -> None:
    output = await shown(urls, "statement", "fees", "CNY")

    assert "Nothing moved on this account in that time." in output


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-31", "2026-03-31T00:00:00+00:00"),
        ("2026-03-31T18:00", "2026-03-31T18:00:00+00:00"),
        ("2026-03-31T18:00+08:00", "2026-03-31T10:00:00+00:00"),
        ("2026-03-31T18:00:00.5Z", "2026-03-31T18:00:00.500000+00:00"),
    ],
)
def test_a_moment_without_a_zone_is_meant_in_utc(text: str, moment: str) -> None:
    assert read_moment(text, option="--at") == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00+23:00", "1899-12-31", "31.3.2026"]
)
def test_what_is_no_moment_is_refused_by_the_options_name(text: str) -> None:
    with pytest.raises(Malformed) as error:
        read_moment(text, option="--at")
    assert error.value.field == "--at"
