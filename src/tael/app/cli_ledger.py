"""`tael ledger`: look at the books, and have them checked."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich import box
from rich.console import RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tael.app.house import House
from tael.app.terminal import console, errors, in_house
from tael.foundation.money import Money
from tael.ledger.model import PostedEntry, TrialBalanceLine

app = typer.Typer(no_args_is_help=True, help="Look at the books, and have them checked.")


@app.command("trial-balance")
def trial_balance() -> None:
    """The totals of every account; debits equal credits in every currency, or the exit status is 1."""
    lines = in_house(_trial_balance) or []
    console.print(trial_balance_table(lines))
    if unbalanced_currencies(lines):
        raise typer.Exit(1)


@app.command()
def entries(
    reference: Annotated[str, typer.Argument(help="What they are about, such as a payment's id")],
) -> None:
    """The journal entries about one business object."""
    found = in_house(lambda house: _entries(house, reference)) or []
    if not found:
        errors.print(f"No entries are about {reference}.")
        raise typer.Exit(1)
    console.print(entries_table(found))


@app.command()
def verify() -> None:
    """Replay everything: exit status 1 if the books are not right, with each fault by name."""
    if not in_house(_verify):
        raise typer.Exit(1)


async def _trial_balance(house: House) -> Sequence[TrialBalanceLine]:
    async with house.database.transaction() as tx:
        return await house.ledger.trial_balance(tx)


async def _entries(house: House, reference: str) -> Sequence[PostedEntry]:
    async with house.database.transaction() as tx:
        return await house.ledger.entries_about(tx, [reference])


async def _verify(house: House) -> bool:
    right = True
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    async with house.database.transaction() as tx:
        await tx.freeze()
        size = await house.ledger.size(tx)
        with Progress(*columns, console=errors, transient=True) as progress:
            task = progress.add_task(f"replaying {size.postings} postings", total=None)
            async for check, findings in house.ledger.verify(tx):
                progress.update(task, description=check)
                console.print(f"{'✗' if findings else '✓'} {check}")
                for finding in findings:
                    right = False
                    console.print(f"    {finding.detail}", markup=False)
    verdict = "The books are right" if right else "The books are WRONG"
    console.print(f"{verdict}: {size.entries} entries, {size.postings} postings, {size.accounts} accounts.")
    return right


def unbalanced_currencies(lines: Sequence[TrialBalanceLine]) -> list[str]:
    """Currencies in which debits and credits differ."""
    off: dict[str, int] = {}
    for line in lines:
        off[line.currency] = off.get(line.currency, 0) + line.debits_minor - line.credits_minor
    return [currency for currency, difference in off.items() if difference]


def trial_balance_table(lines: Sequence[TrialBalanceLine]) -> RenderableType:
    """Accounts with their debits, credits and balances, and the sums that must be equal."""
    table = Table(title="Trial balance", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("account", overflow="fold")
    table.add_column("class")
    table.add_column("currency")
    for heading in ("debits", "credits", "balance"):
        table.add_column(heading, justify="right")
    for line in lines:
        table.add_row(
            line.code,
            line.account_class,
            line.currency,
            Money(line.debits_minor, line.currency).decimal(),
            Money(line.credits_minor, line.currency).decimal(),
            _sided(line.balance_minor, line.currency),
        )
    for currency in sorted({line.currency for line in lines}):
        ours = [line for line in lines if line.currency == currency]
        table.add_section()
        table.add_row(
            "sum",
            "",
            currency,
            Money(sum(line.debits_minor for line in ours), currency).decimal(),
            Money(sum(line.credits_minor for line in ours), currency).decimal(),
            _sided(sum(line.balance_minor for line in ours), currency),
        )
    return table


def entries_table(found: Sequence[PostedEntry]) -> RenderableType:
    """Entries as an accountant writes them: debits left, credits right."""
    table = Table("entry")
    table.add_column("account", overflow="fold")
    table.add_column("debit", justify="right")
    table.add_column("credit", justify="right")
    for entry in found:
        table.add_section()
        for place, line in enumerate(entry.postings):
            amount = Money(abs(line.amount_minor), line.currency).decimal()
            is_debit = line.amount_minor > 0
            table.add_row(
                entry.kind if place == 0 else "",
                line.code if is_debit else f"    {line.code}",
                amount if is_debit else "",
                "" if is_debit else amount,
            )
    return table


def _sided(balance_minor: int, currency: str) -> str:
    """A balance with its side, debit or credit."""
    if balance_minor == 0:
        return Money(0, currency).decimal()
    return f"{Money(abs(balance_minor), currency).decimal()} {'Dr' if balance_minor > 0 else 'Cr'}"
