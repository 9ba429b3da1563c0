"""`tael ledger`, the part about evidence: have the books checked, prove an entry, let signed heads out, archive a month."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tael.app.house import House
from tael.app.supervisor import database
from tael.app.terminal import console, errors, in_house, run_to_end, say
from tael.foundation.clock import SystemClock
from tael.foundation.config import load_settings
from tael.foundation.db import Database
from tael.ledger.api import Books, Ledger

app = typer.Typer()


@app.command()
def verify() -> None:
    """Replay everything, hash every row again, check every signature: exit status 1 if anything is not right."""
    if not in_house(_verify):
        raise typer.Exit(1)


@app.command()
def prove(
    entry_id: Annotated[str, typer.Argument(help="The entry's id")],
) -> None:
    """Print what convinces an outsider that an entry is in the books. examples/verify_proof.py checks it, offline."""
    if proof := in_house(lambda house: _prove(house, entry_id)):
        typer.echo(proof)


@app.command()
def heads(
    export: Annotated[
        Path | None, typer.Option(help="Append them to this file instead of printing them")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest at most")] = 1,
    public_key: Annotated[
        bool, typer.Option("--public-key", help="Print the public key that signs new blocks instead")
    ] = False,
) -> None:
    """The newest signed heads, a line of JSON each. Whoever keeps one can tell later whether the past was changed."""
    if public_key:
        typer.echo(in_house(_public_key))
        return
    lines = in_house(lambda house: _heads(house, limit)) or []
    if not lines:
        errors.print("No block is sealed yet.")
        raise typer.Exit(1)
    if export is None:
        typer.echo("\n".join(lines))
    else:
        with export.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)


@app.command()
def archive(
    month: Annotated[str, typer.Argument(help="A month that is over and closed, such as 2026-03")],
) -> None:
    """Take a month out of the database, into a signed file that `verify` still reads. Takes the owner's address."""
    try:
        begin = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise typer.BadParameter(f"{month} is not a month like 2026-03.") from error
    if done := run_to_end(lambda: _archive(begin)):
        console.print(done)


async def _archive(month: date) -> str:
    settings = load_settings()
    async with database(settings, say=say) as urls:
        owner = Database(urls.owner, application="tael archive")
        await owner.open()
        try:
            archived = await Books(owner, Ledger(SystemClock()), settings).archive_month(month)
        finally:
            await owner.close()
    manifest = archived.read_manifest()
    return f"{archived.name}: {manifest.entries} entries are in {settings.archive_folder} and out of the database."


async def _verify(house: House) -> bool:
    right = True
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    # Read before the view of the database is taken: a head that is exported meanwhile would not be in it.
    evidence = house.books.evidence()
    async with house.database.transaction() as tx:
        await tx.freeze()
        size = await house.ledger.size(tx)
        with Progress(*columns, console=errors, transient=True) as bar:
            task = bar.add_task(f"checking {size.entries} entries", total=None)
            async for check, findings in house.ledger.verify(
                tx,
                evidence=evidence,
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            ):
                console.print(f"{'✗' if findings else '✓'} {check}", markup=False)
                for finding in findings:
                    right = False
                    console.print(f"    {finding.detail}", markup=False)
    verdict = "The books are right" if right else "The books are WRONG"
    console.print(f"{verdict}: {size.entries} entries, {size.postings} postings, {size.accounts} accounts.")
    return right


async def _prove(house: House, entry_id: str) -> str:
    async with house.database.transaction() as tx:
        proof = await house.ledger.prove(tx, entry_id)
    return msgspec.json.format(msgspec.json.encode(proof)).decode()


async def _heads(house: House, limit: int) -> list[str]:
    async with house.database.transaction() as tx:
        newest = await house.ledger.newest_heads(tx, limit=limit)
    return [head.line for head in reversed(newest)]


async def _public_key(house: House) -> str:
    return house.books.signing_key().name
