"""`tael behaviour`: what a user did, from where and with what, and what was not like them."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tael.app.house import House
from tael.app.terminal import console, in_house
from tael.behaviour.api import masked_address
from tael.behaviour.model import ActWarning, Habits, RecordedAct
from tael.foundation.clock import CHINA
from tael.foundation.ids import check_id
from tael.foundation.money import Money

app = typer.Typer()


@app.command()
def show(
    user_id: Annotated[str, typer.Argument(help="usr_…")],
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many of the latest acts")] = 30,
) -> None:
    """A user's habits, warnings and latest acts. Of addresses the network alone."""
    check_id(user_id, prefix="usr", field="user_id")

    async def read(house: House) -> tuple[Habits | None, list[ActWarning], list[RecordedAct]]:
        behaviour = house.people.behaviour
        await house.people.users.reads.known(user_id)
        return (
            await behaviour.habits(user_id),
            list(await behaviour.warnings(user_id=user_id, limit=limit)),
            list(await behaviour.acts(user_id, limit=limit)),
        )

    if (found := in_house(read)) is None:
        return
    habits, warnings, acts = found
    if habits is not None:
        _show_habits(habits)
    for warning in warnings:
        said = {None: "not answered", True: "it was them", False: "it was not them"}[warning.mine]
        why = ", ".join(warning.reasons)
        console.print(f"{warning.id} {warning.made_at:%Y-%m-%d %H:%M} UTC: {why} → {warning.follows}; {said}")
    table = Table("when", "what", "", "amount", "with", "from", "on", box=None, pad_edge=False)
    for act in acts:
        table.add_row(*map(Text, _columns(act)))
    console.print(table)


def _show_habits(habits: Habits) -> None:
    console.print(f"counted {habits.as_of:%Y-%m-%d %H:%M} UTC: {habits.acts} acts", markup=False)
    console.print(f"  from {', '.join(habits.places) or 'nowhere known'}, on {len(habits.devices)} devices")
    console.print(f"  hours in China: {' '.join(map(str, habits.hours))}")
    for currency, amounts in habits.amounts.items():
        mean, high = Money(amounts.mean_minor, currency), Money(amounts.high_minor, currency)
        console.print(f"  {amounts.count} times {currency}: {mean} on average, 19 of 20 at most {high}")


def _columns(act: RecordedAct) -> list[str]:
    amount = (
        "" if act.amount_minor is None or act.currency is None else str(Money(act.amount_minor, act.currency))
    )
    where = " ".join(filter(None, (act.place, masked_address(act.address))))
    return [
        f"{act.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        " ".join(filter(None, (act.kind, act.what))),
        act.result,
        amount,
        act.counterparty or "",
        where,
        " ".join(filter(None, (act.browser, act.system))),
    ]
