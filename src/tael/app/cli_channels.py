"""`tael channels`: which channels there are, how they are spoken to, and what was said."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from tael.app import cli_acceptance
from tael.app.house import House
from tael.app.terminal import console, in_house, operator, who_decides
from tael.app.terms import refuse_if_relied_on
from tael.channels.errors import ConnectorRefused
from tael.channels.model import CertificateInUse, Exchange, ExchangeFilter, ExchangeKind, Proposed
from tael.channels.port import Capabilities, Operation, Product
from tael.foundation.errors import Malformed
from tael.foundation.http.parameters import read_moment
from tael.foundation.ids import check_id
from tael.foundation.proposals import Proposal, ProposalState

app = typer.Typer()
app.add_typer(cli_acceptance.app)

Channel = Annotated[str, typer.Argument(help="The channel's name")]
File = Annotated[
    Path, typer.Option("--from", help="TOML with `connector`, [settings] and [credentials]", exists=True)
]
ProposalId = Annotated[str, typer.Argument(help="prop_…")]
Digest = Annotated[
    str,
    typer.Option("--digest", help="Of the proposal that you have read; without it you are shown and asked"),
]
Comment = Annotated[str, typer.Option("--note", help="What you have to say")]
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

    async def look(house: House) -> tuple[list[tuple[str, ...]], list[str]]:
        return await rows(house), [
            f"{each.channel}: configuration {each.number} cannot be used. {each.reason}"
            for each in house.channels.troubles()
        ]

    usable, unusable = in_house(look) or ([], [])
    for row in usable:
        table.add_row(*row)
    console.print(table)
    for line in unusable:
        console.print(line, style="red", markup=False)


@app.command()
def show(channel: Channel) -> None:
    """What a channel can do, and how it was spoken to over time."""

    async def look(
        house: House,
    ) -> tuple[Capabilities, list[tuple[str, ...]], Sequence[CertificateInUse]]:
        capabilities = house.channels.capabilities(channel)
        async with house.database.transaction() as tx:
            configurations = await house.channels.configurations(tx, channel)
        lines: list[tuple[str, ...]] = [
            (str(each.number), f"{each.active_from:%Y-%m-%d %H:%M}", each.proposed_by, each.approved_by)
            for each in configurations
        ]
        return capabilities, lines, house.channels.certificates(channel)

    found = in_house(look)
    if found is None:
        return
    capabilities, configurations, certificates = found
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
    if certificates:
        console.print(_certificates(certificates))


@app.command()
def install(channel: Channel, file: File) -> None:
    """Set up a channel that moves no real money: one behind which there is a simulator."""
    wanted = read_channel_file(file)

    async def do(house: House) -> int:
        refuse_if_relied_on(channel, house.partners.terms_now())
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
def proposals(
    *, every: Annotated[bool, typer.Option("--all", help="Also those that are decided")] = False
) -> None:
    """What was proposed about channels and waits for somebody else, newest first."""
    table = Table("proposal", "channel", "state", "by", "why", box=None, pad_edge=False)

    async def look(house: House) -> list[Proposal]:
        async with house.database.transaction() as tx:
            return list(await house.channels.proposals(tx, state=None if every else ProposalState.OPEN))

    for each in in_house(look) or []:
        table.add_row(each.id, each.subject, each.state, each.proposed_by, each.note)
    console.print(table)


@app.command()
def approve(proposal_id: ProposalId, digest: Digest = "", note: Comment = "") -> None:
    """Approve what somebody else has proposed, after you have seen what it changes: it is so at once."""
    number = _decide(proposal_id, approve=True, digest=digest, note=note)
    console.print(f"Approved; it is configuration {number}, everywhere within seconds.")


@app.command()
def refuse(proposal_id: ProposalId, digest: Digest = "", note: Comment = "") -> None:
    """Refuse what somebody else has proposed, after you have seen what it would change."""
    _decide(proposal_id, approve=False, digest=digest, note=note)
    console.print("Refused; nothing has changed.")


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
def exchanges(
    number: Annotated[
        str | None, typer.Argument(help="An attempt's or payout's id; without it, about all")
    ] = None,
    *,
    channel: Annotated[str | None, typer.Option("--channel", help="Only with this channel")] = None,
    kind: Annotated[ExchangeKind | None, typer.Option("--kind", help="Only on this occasion")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only what came to this: an outcome, or `refused`")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only later: 2026-03-01T00:00:00Z")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Only before: 2026-03-01T00:00:00Z")] = None,
    before: Annotated[str | None, typer.Option("--before", help="Only before this exchange: exch_…")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many at most", min=1, max=200)] = 50,
) -> None:
    """What was said to and by channels, masked, the newest first."""
    wanted = ExchangeFilter(
        numbers=None if number is None else [number],
        channel=channel,
        kind=kind,
        state=state,
        since=read_moment(since, field="since"),
        until=read_moment(until, field="until"),
        before=None if before is None else check_id(before, prefix="exch", field="before"),
        limit=limit,
    )

    async def look(house: House) -> list[Exchange]:
        async with house.database.transaction() as tx:
            return list(await house.channels.exchanges(tx, wanted))

    found = in_house(look) or []
    if not found:
        raise Malformed("Nothing like that was said.", hint="It is written a moment after it is said.")
    for each in found:
        console.rule(f"{each.at:%Y-%m-%d %H:%M:%S} {each.channel} {each.kind} {each.operation} {each.state}")
        for text in (each.said, each.heard, each.message):
            if text:
                console.print(text, markup=False, highlight=False, soft_wrap=True)
    if len(found) == limit:
        console.print(f"There may be more: --before {found[-1].id}")


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


def _decide(proposal_id: str, *, approve: bool, digest: str, note: str) -> int | None:
    """Decide about what was read: elsewhere, if there is a digest of it, or here and now."""
    if not digest:
        found = in_house(lambda house: _look_at(house, proposal_id))
        if found is None:
            raise typer.Abort
        proposal, proposed = found
        _show_proposed(proposal, proposed)
        typer.confirm("Approve this?" if approve else "Refuse this?", abort=True)
        digest = proposal.digest

    async def do(house: House) -> int | None:
        decide = house.channels.approve if approve else house.channels.refuse
        by = await who_decides(house, "channels", approve=approve)
        async with house.database.transaction() as tx:
            return await decide(tx, proposal_id, by=by, note=note, digest=digest)

    return in_house(do)


async def _look_at(house: House, proposal_id: str) -> tuple[Proposal, Proposed]:
    async with house.database.transaction() as tx:
        return await house.channels.look_at(tx, proposal_id)


def _show_proposed(proposal: Proposal, proposed: Proposed) -> None:
    """What somebody has to see before they decide."""
    money = "moves no real money" if proposed.simulated else "moves real money"
    lines = [
        f"{proposal.proposed_by} proposes for {proposed.channel} ({proposed.connector}, {money}): {proposal.note}",
        f"digest {proposal.digest}",
    ]
    before, after = proposed.settings_before, proposed.settings
    lines += [
        f"{name}: {_shown(before, name)} → {_shown(after, name)}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    if proposed.addresses != proposed.addresses_before:
        lines.append(f"talks to: {_several(proposed.addresses_before)} → {_several(proposed.addresses)}")
    known, known_before = proposed.credentials_known, proposed.credentials_known_before
    for name in proposed.credentials_changed:
        lines.append(f"{name}: another secret")
        if name in known or name in known_before:
            lines.append(f"  {_several(known_before.get(name))} → {_several(known.get(name))}")
    if proposed.overtaken:
        lines.append("The channel was told something else since: this cannot be approved any more.")
    if proposed.trouble:
        lines.append(f"This cannot be used today: {proposed.trouble}")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if proposed.certificates:
        console.print(_certificates(proposed.certificates))


def _shown(settings: Mapping[str, Any], name: str) -> str:
    """A setting on one line, whatever it holds."""
    value = settings.get(name, "–")
    plain = isinstance(value, str) and "\n" not in value
    return value if plain else msgspec.json.encode(value).decode()


def _several(texts: Sequence[str] | None) -> str:
    return ", ".join(texts or ("–",))


def _certificates(certificates: Sequence[CertificateInUse]) -> Table:
    table = Table("certificate in", "subject", "serial", "ends", box=None, pad_edge=False)
    for each in certificates:
        table.add_row(each.field, each.subject, each.serial, f"{each.ends_at:%Y-%m-%d}")
    return table
