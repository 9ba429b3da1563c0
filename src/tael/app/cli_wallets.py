"""`tael wallets`: what we owe to users who have left, and what users owe us."""

from typing import Annotated

import typer
from rich.table import Table

from tael.app.terminal import console, in_house, operator

app = typer.Typer()

Test = Annotated[bool, typer.Option("--test", help="In test mode")]
Latest = Annotated[int, typer.Option(min=1, max=1_000, help="How many at most")]


@app.command("left-behind")
def list_left_behind(latest: Latest = 100, *, test: Test = False) -> None:
    """Wallets of users who have left, with money that came afterwards: refunds, returns. It is theirs."""
    table = Table("user", "state", "amount", box=None, pad_edge=False)
    for each in in_house(lambda house: house.wallets.bills.left_behind(limit=latest), test=test) or []:
        table.add_row(each.user_id, each.state, str(each.total))
    console.print(table)


@app.command("debts")
def list_debts(latest: Latest = 100, *, test: Test = False) -> None:
    """Top-ups that are in a wallet and that their channel gave back all the same, the oldest first."""
    table = Table("refund", "top-up", "user", "amount", "since", box=None, pad_edge=False)
    for each in in_house(lambda house: house.funding.debts.open(limit=latest), test=test) or []:
        table.add_row(each.id, each.top_up_id, each.user_id, str(each.amount), f"{each.since:%Y-%m-%d %H:%M}")
    console.print(table)


@app.command("end-debt")
def end_debt(
    debt_id: Annotated[str, typer.Argument(help="rfd_…, as the list says")],
    note: Annotated[str, typer.Option(help="How it ended: paid how, or given up why")],
    *,
    test: Test = False,
) -> None:
    """A debt was paid or is given up. Moves no money: the books follow by a bookkeeper's entry."""
    in_house(lambda house: house.funding.debts.end(debt_id, note=note, actor=operator()), test=test)
