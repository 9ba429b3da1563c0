"""`tael ledger`: look at the books, now and at any moment, and close periods."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import RenderableType

from tael.app import cli_ledger_keys, cli_ledger_proof
from tael.app.cli_ledger_tables import (
    accounts_table,
    closings_table,
    entries_table,
    moment_text,
    sided,
    statement_table,
    sums_table,
    t_account_table,
    tree_table,
    trial_balance_table,
)
from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator
from tael.foundation.calls import Caller
from tael.foundation.errors import Malformed
from tael.ledger.api import AccountLine, Period, SheetKind, Statement, Sum, unbalanced_currencies
from tael.ledger.model import PostedEntry, Timeline

T = TypeVar("T")

app = typer.Typer()
app.add_typer(cli_ledger_keys.app, name="keys")
app.add_typer(cli_ledger_proof.app)

_BEGINNING, _END = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MOMENT = "such as 2026-03-31 or 2026-03-31T18:00+08:00; a date is its first moment, in UTC"

Code = Annotated[str, typer.Argument(help="The account's code, such as merchant:42:pending")]
Currency = Annotated[str, typer.Argument(help="Its currency, such as CNY")]
Prefix = Annotated[str, typer.Argument(help="Only codes that begin like this, such as merchant:42:")]
At = Annotated[str | None, typer.Option(help=f"The moment, {_MOMENT}; now if not said")]
By = Annotated[Timeline, typer.Option(help="By when entries were booked, or by when they count")]
From = Annotated[str | None, typer.Option("--from", help=f"The first moment, {_MOMENT}")]
To = Annotated[str | None, typer.Option("--to", help="The first moment that is no longer part of it")]
Most = Annotated[int, typer.Option(min=1, max=10_000, help="Lines at most")]
Until = Annotated[str, typer.Argument(help=f"A moment, {_MOMENT}")]


@app.command()
def accounts(prefix: Prefix = "", limit: Most = 200) -> None:
    """The accounts with what is on them, and their sums."""
    found, sums = _ask(lambda house: _accounts(house, prefix, limit))
    if not found:
        _nothing(f"No account's code begins with {prefix}." if prefix else "No account is open yet.")
    console.print(accounts_table(found[:limit]))
    console.print(sums_table(prefix, sums))
    if len(found) > limit:
        errors.print(f"There are more than these {limit}: name a longer prefix, or a larger --limit.")


@app.command()
def tree(
    root: Annotated[str, typer.Argument(help="The node to begin at, such as merchant:42")] = "",
    depth: Annotated[int, typer.Option(min=1, max=20, help="Levels below it")] = 2,
) -> None:
    """The chart of accounts as a tree by the segments of their codes, with sums at each node."""
    top = _ask(lambda house: house.books.reports.tree(root, depth=depth))
    if not top.sums:
        _nothing(f"There is no account {root} and none below it." if root else "No account is open yet.")
    console.print(tree_table(top))


@app.command()
def balance(code: Code, currency: Currency, at: At = None, by: By = Timeline.BOOKED) -> None:
    """What was on an account at a moment, exactly."""
    moment = read_moment(at, option="--at")
    found = _ask(lambda house: house.books.reports.balance_at(code, currency, moment, by=by))
    amount = sided(found.balance_minor, found.exponent)
    said = "as booked by" if by is Timeline.BOOKED else "as entries count at"
    console.print(
        f"{code}: {amount} {currency} ({found.account_class}), {said} {moment_text(found.at)} UTC",
        markup=False,
    )


@app.command()
def statement(
    code: Code,
    currency: Currency,
    *,
    from_moment: From = None,
    to_moment: To = None,
    by: By = Timeline.BOOKED,
    limit: Most = 200,
    csv: Annotated[Path | None, typer.Option(help="Write all of it into this file, as CSV")] = None,
    xlsx: Annotated[
        Path | None, typer.Option(help="Write all of it into this file, for a spreadsheet")
    ] = None,
) -> None:
    """What happened on an account: opening, lines with the balance after each, closing."""
    period = _period(from_moment, to_moment, by)
    for file, kind in ((csv, SheetKind.CSV), (xlsx, SheetKind.XLSX)):
        if file is not None:
            _write_file(code, currency, period, file, kind)
    if csv is None and xlsx is None:
        _show_page(code, currency, period, limit, statement_table, more="--csv FILE writes all of them")


@app.command("t-account")
def t_account(
    code: Code,
    currency: Currency,
    *,
    from_moment: From = None,
    to_moment: To = None,
    by: By = Timeline.BOOKED,
    limit: Most = 200,
) -> None:
    """An account as a T: debits left, credits right, with opening and closing."""
    period = _period(from_moment, to_moment, by)
    _show_page(code, currency, period, limit, t_account_table, more="a larger --limit shows more")


@app.command("trial-balance")
def trial_balance(
    at: At = None,
    by: By = Timeline.BOOKED,
    depth: Annotated[
        int | None, typer.Option(min=1, max=20, help="Sum by so many segments of the codes")
    ] = None,
) -> None:
    """The balances of all accounts on their sides; equal in every currency, or the exit status is 1."""
    moment = read_moment(at, option="--at")
    lines = _ask(lambda house: house.books.reports.trial_balance(at=moment, by=by, depth=depth))
    if not lines:
        errors.print("No account is open yet.")
        return
    console.print(trial_balance_table(lines))
    off = unbalanced_currencies(lines)
    if off:
        errors.print(f"Debits and credits differ in {', '.join(off)}: run `tael ledger verify`.")
        raise typer.Exit(1)


@app.command()
def entries(
    reference: Annotated[str, typer.Argument(help="What they are about, such as a payment's id")],
) -> None:
    """The journal entries about one business object."""
    found = _ask(lambda house: _entries(house, reference))
    if not found:
        _nothing(f"No entries are about {reference}.")
    console.print(entries_table(found))


@app.command("close-period")
def close_period(until: Until) -> None:
    """Close the books: nothing is booked any more that counts before this moment."""
    moment = _needed(until)
    caller = Caller(owner="", actor=operator())
    closing = _ask(lambda house: house.books.close_period(moment, caller=caller))
    console.print(f"The books are closed until {moment_text(closing.closed_until)} UTC.")


@app.command("reopen-period")
def reopen_period(until: Until) -> None:
    """Open a closed period again: what counts at this moment or later can be booked."""
    moment = _needed(until)
    caller = Caller(owner="", actor=operator())
    closing = _ask(lambda house: house.books.reopen_period(moment, caller=caller))
    console.print(f"The books are closed until {moment_text(closing.closed_until)} UTC, and no further.")


@app.command()
def periods(limit: Most = 50) -> None:
    """Until when the books are closed, and who closed or re-opened them."""
    found = _ask(lambda house: house.books.reports.closings(limit=limit))
    if not found:
        console.print("Nothing is closed: entries may count at any time.")
        return
    console.print(closings_table(found))
    console.print(f"Nothing is booked that counts before {moment_text(found[0].closed_until)} UTC.")


def read_moment(text: str | None, *, option: str) -> datetime | None:
    """The moment that somebody typed; without a zone it is meant in UTC. Raises `Malformed`."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(
            f"{option} {text!r} is no moment.", field=option, hint=f"Write a date or a time, {_MOMENT}."
        ) from None
    if not _BEGINNING <= moment <= _END:
        raise Malformed(f"{option} {text!r} is not between {_BEGINNING:%Y} and {_END:%Y}.", field=option)
    return moment


def _needed(text: str) -> datetime:
    moment = read_moment(text, option="UNTIL")
    if moment is None:
        raise Malformed("Say until when.", field="UNTIL")
    return moment


def _period(from_moment: str | None, to_moment: str | None, by: Timeline) -> Period:
    return Period(
        begins_at=read_moment(from_moment, option="--from"),
        ends_at=read_moment(to_moment, option="--to"),
        by=by,
    )


def _ask(question: Callable[[House], Awaitable[T]]) -> T:
    """The answer of an open house; an interruption ends the command."""
    answer = in_house(question)
    if answer is None:
        raise typer.Exit(130)
    return answer


def _nothing(sentence: str) -> None:
    errors.print(sentence, markup=False)
    raise typer.Exit(1)


async def _accounts(house: House, prefix: str, limit: int) -> tuple[Sequence[AccountLine], Sequence[Sum]]:
    found = await house.books.reports.accounts(prefix, limit=limit + 1)
    return found, await house.books.reports.sums(prefix)


async def _entries(house: House, reference: str) -> Sequence[PostedEntry]:
    async with house.database.transaction() as tx:
        return await house.ledger.entries_about(tx, [reference])


def _show_page(
    code: str,
    currency: str,
    period: Period,
    limit: int,
    table: Callable[[Statement], RenderableType],
    *,
    more: str,
) -> None:
    page = _ask(lambda house: house.books.reports.statement(code, currency, period, limit=limit))
    console.print(table(page))
    if not page.lines:
        console.print("Nothing moved on this account in that time.")
    if page.next_cursor is not None:
        errors.print(f"More follow after these {limit}: {more}.")


def _write_file(code: str, currency: str, period: Period, file: Path, kind: SheetKind) -> None:
    """Write beside the file first, so that it is there whole or not at all."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        with unfinished.open("wb") as target, errors.status(f"writing {file.name} …"):
            lines = _ask(
                lambda house: house.books.reports.write_statement(code, currency, period, target, kind=kind)
            )
        unfinished.replace(file)
    except OSError as error:
        raise Malformed(f"{file} cannot be written: {error.strerror}.", field=f"--{kind}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    console.print(f"{lines:,} lines: {file}", markup=False)
