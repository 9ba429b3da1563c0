"""`tael channels`: which channels there are, how they are spoken to, and what was said."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from tael.app.house import House
from tael.app.terminal import console, in_house, operator
from tael.channels.errors import ConnectorRefused
from tael.channels.port import Capabilities, Operation, Product
from tael.foundation.errors import Malformed

app = typer.Typer(no_args_is_help=True, help="The channels over which money moves.")

Channel = Annotated[str, typer.Argument(help="The channel's name")]
File = Annotated[
    Path, typer.Option("--from", help="TOML with `connector`, [settings] and [credentials]", exists=True)
]
Reason = Annotated[str, typer.Option("--note", help="Why, for whoever decides")]


class ChannelFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file says about a channel. A credential that begins with `@` is read from the file it names."""

    connector: str
    settings: dict[str, Any]
    credentials: dict[str, str]


@app.command("list")
def list_channels() -> None:
    """Every channel that can be used, with its method, its products and its currencies."""
    table = Table(
        "channel", "connector", "configuration", "method", "products", "currencies", box=None, pad_edge=False
    )

    async def rows(house: House) -> list[tuple[str, ...]]:
        return [_row(house, name) for name in house.channels.names()]

    for row in in_house(rows) or []:
        table.add_row(*row)
    console.print(table)


@app.command()
def show(channel: Channel) -> None:
    """What a channel can do, and how it was spoken to over time."""

    async def look(house: House) -> tuple[Capabilities, list[tuple[str, ...]]]:
        capabilities = house.channels.capabilities(channel)
        async with house.database.transaction() as tx:
            configurations = await house.channels.configurations(tx, channel)
        lines: list[tuple[str, ...]] = [
            (str(each.number), f"{each.active_from:%Y-%m-%d %H:%M}", each.proposed_by, each.approved_by)
            for each in configurations
        ]
        return capabilities, lines

    found = in_house(look)
    if found is None:
        return
    capabilities, configurations = found
    matrix = Table("operation", "offered", box=None, pad_edge=False)
    for operation in Operation:
        matrix.add_row(operation, "yes" if operation in capabilities.operations else "–")
    for product in Product:
        matrix.add_row(f"pay: {product}", "yes" if product in capabilities.products else "–")
    console.print(matrix)
    history = Table("configuration", "active from", "proposed by", "approved by", box=None, pad_edge=False)
    for line in configurations:
        history.add_row(*line)
    console.print(history)


@app.command()
def install(channel: Channel, file: File) -> None:
    """Set up a channel that moves no real money: one behind which there is a simulator."""
    wanted = read_channel_file(file)

    async def do(house: House) -> int:
        async with house.database.transaction() as tx:
            return await house.channels.install(
                tx,
                channel,
                connector=wanted.connector,
                settings=wanted.settings,
                credentials=wanted.credentials,
                by=operator(),
            )

    console.print(f"{channel} is spoken to by configuration {in_house(do)}, everywhere within seconds.")


@app.command()
def propose(channel: Channel, file: File, note: Reason) -> None:
    """Propose how a channel shall be spoken to: settings, keys. Somebody else has to approve."""
    wanted = read_channel_file(file)

    async def do(house: House) -> str:
        async with house.database.transaction() as tx:
            proposal = await house.channels.propose(
                tx,
                channel,
                connector=wanted.connector,
                settings=wanted.settings,
                credentials=wanted.credentials,
                note=note,
                by=operator(),
            )
        return proposal.id

    console.print(f"{in_house(do)} waits for somebody else: tael channels approve …")


@app.command()
def approve(
    proposal_id: Annotated[str, typer.Argument(help="prop_…")],
    note: Annotated[str, typer.Option("--note", help="What you have to say")] = "",
) -> None:
    """Approve what somebody else has proposed: it is so at once."""

    async def do(house: House) -> int | None:
        async with house.database.transaction() as tx:
            return await house.channels.approve(tx, proposal_id, by=operator(), note=note)

    console.print(f"Approved; it is configuration {in_house(do)}, everywhere within seconds.")


@app.command()
def probe(channel: Channel) -> None:
    """Ask a channel something harmless, to see whether it answers and believes us."""
    outcome = in_house(lambda house: house.channels.probe(channel))
    if outcome is None:
        console.print(f"{channel} has nothing harmless to ask.")
        return
    console.print(f"{channel}: {outcome.state} {outcome.code or ''} {outcome.message or ''}".rstrip())
    if outcome.state != "succeeded":
        raise typer.Exit(1)


@app.command()
def exchanges(number: Annotated[str, typer.Argument(help="An attempt's or payout's id")]) -> None:
    """All that was said to and by channels about one attempt, masked."""

    async def look(house: House) -> list[Any]:
        async with house.database.transaction() as tx:
            return list(await house.channels.exchanges(tx, [number]))

    found = in_house(look) or []
    if not found:
        raise Malformed(f"Nothing was said about {number}.", hint="It is written a moment after it is said.")
    for each in found:
        console.rule(f"{each.at:%Y-%m-%d %H:%M:%S} {each.channel} {each.kind} {each.operation} {each.state}")
        for text in (each.said, each.heard, each.message):
            if text:
                console.print(text, markup=False, highlight=False, soft_wrap=True)


def read_channel_file(file: Path) -> ChannelFile:
    """A channel's file; raises `ConnectorRefused` that says what is wrong in it."""
    try:
        given = msgspec.convert(tomllib.loads(file.read_text("utf-8")), ChannelFile)
        credentials = {
            name: (file.parent / text[1:]).read_text("utf-8") if text.startswith("@") else text
            for name, text in given.credentials.items()
        }
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConnectorRefused(f"{file} cannot be used: {error}.", field="file") from None
    return msgspec.structs.replace(given, credentials=credentials)


def _row(house: House, name: str) -> tuple[str, ...]:
    capabilities = house.channels.capabilities(name)
    configuration = house.channels.configuration(name)
    return (
        name,
        configuration.connector,
        str(configuration.number),
        capabilities.method,
        " ".join(sorted(capabilities.products)),
        " ".join(sorted(capabilities.currencies)),
    )
