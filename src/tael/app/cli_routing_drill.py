"""`tael routing drill`: is a channel missed if it is gone? Practised on the platform that runs, and written down."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tael.app.drill import (
    DrillPlan,
    DrillResult,
    Heard,
    broken,
    check_practicable,
    practise,
    resting,
)
from tael.app.drill_payments import payments_coming_in
from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator

app = typer.Typer()

PARTS = {
    "watching": "as it is",
    "out": "taken out",
    "back": "brought back",
    "settling": "what became of them",
}
Seconds = Annotated[float, typer.Option(min=1, max=3_600)]


@app.command()
def drill(
    channel: Annotated[str, typer.Argument(help="The channel that is taken out")],
    *,
    maintenance_window: Annotated[
        bool, typer.Option("--maintenance-window", help="It moves real money, and this was announced")
    ] = False,
    break_simulator: Annotated[
        str, typer.Option(help="The address of its simulator, which is to answer nobody: no announcement")
    ] = "",
    before: Seconds = 5,
    out: Seconds = 15,
    back: Seconds = 30,
    planned: Annotated[
        str, typer.Option(help="drl_…: a drill in the register; else one is planned now")
    ] = "",
    merchant_key: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A file with a merchant's key: begin payments with it"
        ),
    ] = None,
    each_second: Annotated[float, typer.Option(min=0.5, max=50, help="How many payments then")] = 5,
) -> None:
    """Take a channel out, see that payments go elsewhere within 5 seconds and none is lost, and bring it back. Exit
    status 1 if it failed. The result is in the register of drills.
    """
    plan = DrillPlan(before_seconds=before, out_seconds=out, back_seconds=back)

    async def do(house: House) -> DrillResult:
        check_practicable(house, channel, announced=maintenance_window, breaking=bool(break_simulator))
        resting_now = resting(house, channel, seconds=out, actor=operator())
        taken_out = broken(break_simulator) if break_simulator else resting_now
        with _progress() as heard:
            async with _incoming(house, channel, merchant_key, each_second):
                return await practise(
                    house,
                    channel,
                    plan=plan,
                    taken_out=taken_out,
                    breaking=bool(break_simulator),
                    actor=operator(),
                    heard=heard,
                    drill_id=planned or None,
                )

    result = in_house(do)
    if result is None:
        raise typer.Exit(1)
    _show(result)
    if result.faults:
        raise typer.Exit(1)


def _incoming(
    house: House, channel: str, merchant_key: Path | None, each_second: float
) -> AbstractAsyncContextManager[None]:
    """Payments that are begun for the drill, if that is wanted."""
    if merchant_key is None:
        return contextlib.nullcontext()
    return payments_coming_in(
        house.settings.public_url,
        merchant_key.read_text("utf-8").strip(),
        house.channels.capabilities(channel),
        each_second=each_second,
    )


@contextlib.contextmanager
def _progress() -> Iterator[Heard]:
    columns = TextColumn("{task.description:20}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=errors, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def heard(part: str, done: float) -> None:
            if part not in tasks:
                tasks[part] = bar.add_task(PARTS[part], total=1.0)
            bar.update(tasks[part], completed=done)

        yield heard


def _show(result: DrillResult) -> None:
    table = Table("", result.channel, box=None, pad_edge=False)
    back = result.back_after_seconds
    for name, figure in (
        ("its share before", f"{result.share_before:.1%}"),
        ("payments begun while it was out", str(result.begun)),
        ("of these, elsewhere", str(result.moved)),
        ("of these, lost", str(result.lost)),
        ("last given to it after", f"{result.moved_after_seconds:.1f} s"),
        ("longest wait of a payer", f"{result.longest_wait_seconds:.1f} s"),
        ("given payments again after", "–" if back is None else f"{back:.1f} s"),
    ):
        table.add_row(name, figure)
    console.print(table)
    for fault in result.faults:
        console.print(f"[bold]Failed:[/bold] {fault}.")
    if not result.faults:
        console.print("Passed.")
