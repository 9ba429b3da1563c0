"""`tael verification`: what sources were asked about people, and what is still open, for whoever sits at the machine."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tael.app.house import House
from tael.app.terminal import console, in_house, operator
from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.errors import Malformed
from tael.foundation.money import Money
from tael.verification.model import Check, CheckFilter, SourceName, State

app = typer.Typer()

Test = Annotated[bool, typer.Option("--test", help="In test mode")]


@app.command("list")
def list_checks(
    *,
    subject: Annotated[str | None, typer.Option("--user", help="Only those of this user: usr_…")] = None,
    source: Annotated[SourceName | None, typer.Option(help="Only those at this source")] = None,
    state: Annotated[State | None, typer.Option(help="Only those that stand so")] = None,
    still_open: Annotated[bool, typer.Option("--open", help="Only those that are still asked about")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    test: Test = False,
) -> None:
    """Checks, newest first. What people said of themselves is not in them."""
    wanted = CheckFilter(
        subject=subject, source=source, state=state, open=True if still_open else None, limit=limit
    )
    table = Table("check", "user", "source", "state", "why", "asked", "next", box=None, pad_edge=False)
    for each in in_house(lambda house: house.people.verification.list(wanted), test=test) or []:
        again = f"{each.next_ask_at:%Y-%m-%d %H:%M:%S}" if each.next_ask_at else "–"
        why = f"{each.reason} (given up)" if each.given_up_at else str(each.reason)
        table.add_row(
            each.id, each.subject, each.source, each.state, why or "–", str(each.times_asked), again
        )
    console.print(table)


@app.command()
def again(check_id: Annotated[str, typer.Argument(help="chk_…")], test: Test = False) -> None:
    """Ask about an open check now, and print what came of it."""

    async def work(house: House) -> Check:
        check = await house.people.verification.ask_again(check_id)
        await _write_down(house, "verification.ask_again", check_id)
        return check

    check = in_house(work, test=test)
    if check is not None:
        console.print(f"{check.state} {check.reason}".strip())


@app.command()
def sources(test: Test = False) -> None:
    """The sources: whether they are set up here, what a match counts as and for how long, what an answer costs."""
    table = Table(
        "source", "set up", "counts as", "presence", "days", "cost", "a day", box=None, pad_edge=False
    )

    async def look(house: House) -> list[tuple[str, ...]]:
        known, terms = house.people.verification.set_up(), house.people.verification.terms()
        return [
            (
                name,
                "yes" if name in known else "no",
                terms.of(name).group,
                terms.of(name).presence,
                str(terms.of(name).valid_days),
                str(Money(terms.of(name).cost_minor, terms.of(name).currency)),
                str(terms.of(name).most_a_day),
            )
            for name in SourceName
        ]

    for row in in_house(look, test=test) or []:
        table.add_row(*row)
    console.print(table)


@app.command()
def install(
    path: Annotated[
        Path,
        typer.Argument(
            help="A file <source>.toml with url, client, algorithm, keys; or a folder", exists=True
        ),
    ],
    test: Test = False,
) -> None:
    """Let sources be reached as files say. Every process reads them at the next question."""
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    unknown = [file.name for file in files if file.stem not in set(SourceName)]
    if unknown or not files:
        raise Malformed(
            f"No source is called as this file: {', '.join(unknown) or path}.",
            hint=f"Name it {', '.join(f'{name}.toml' for name in SourceName)}.",
        )

    async def work(house: House) -> None:
        for file in files:
            house.people.verification.sources.write(SourceName(file.stem), file.read_text("utf-8"))
            await _write_down(house, "verification.install", file.stem)

    in_house(work, test=test)
    console.print(f"Set up: {', '.join(file.stem for file in files)}.")


async def _write_down(house: House, action: str, about: str) -> None:
    async with house.database.transaction() as tx:
        event = AuditEvent(
            happened_at=house.clock.now(), actor=operator(), action=action, object_id=about, result="done"
        )
        await audit.record(tx, [event])
