"""`tael partners`: who is behind each channel, how far they have come, what is due, and how they compare."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator, who_decides
from tael.foundation.errors import Malformed
from tael.partners.model import DocumentKind, Part, State, Step
from tael.partners.schemas import (
    Advance,
    Change,
    Command,
    Decide,
    OpenPartner,
    Propose,
    RecordAcceptance,
    StartTrial,
    TickCheck,
    UploadDocument,
)

app = typer.Typer()

Channel = Annotated[str, typer.Argument(help="The channel's name")]
Owner = Annotated[str, typer.Option(help="Who sees to the step")]
Readable = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@app.command("list")
def list_partners() -> None:
    """Every partner, with its state and its share of the traffic."""
    table = Table("channel", "partner", "state", "since", "share", box=None, pad_edge=False)
    for partner in in_house(lambda house: house.partners.reads.partners(limit=200)) or []:
        share = {State.LIVE: 10_000, State.TRIAL: 10_000}.get(partner.state, partner.share_basis_points)
        table.add_row(
            partner.channel,
            partner.title,
            partner.state,
            f"{partner.since:%Y-%m-%d %H:%M}",
            f"{share // 100}.{share % 100:02} %" if partner.state is not State.SUSPENDED else "–",
        )
    console.print(table)


@app.command()
def show(channel: Channel) -> None:
    """The way of a partner so far, and what the present step still needs."""
    view = in_house(lambda house: house.partners.reads.partner(channel, today=house.partners.today))
    if view is None:
        return
    console.print(f"{view.partner.channel} ({view.partner.title}) is in {view.partner.state}")
    table = Table("step", "check", "ticked by", box=None, pad_edge=False)
    for check in view.checks:
        table.add_row(check.step, check.meaning, check.ticked_by or "–")
    console.print(table)
    if view.missing_papers:
        console.print(f"missing papers: {', '.join(view.missing_papers)}")


@app.command()
def history(channel: Channel) -> None:
    """All that ever happened with a partner, newest first."""
    table = Table("when", "who", "what", "from", "to", "note", box=None, pad_edge=False)
    for line in in_house(lambda house: house.partners.reads.history(channel, limit=200)) or []:
        moment = f"{line.happened_at:%Y-%m-%d %H:%M}"
        table.add_row(moment, line.actor, line.what, line.from_state or "", line.to_state or "", line.note)
    console.print(table)


@app.command("open")
def open_partner(
    channel: Channel, title: Annotated[str, typer.Option(help="As contracts name it")], owner: Owner
) -> None:
    """Begin with a channel: research."""
    _do(channel, OpenPartner(title=title, owner=owner))


@app.command()
def trial(channel: Channel) -> None:
    """Use a channel that moves no real money, without a contract."""
    _do(channel, StartTrial())


@app.command()
def tick(
    channel: Channel,
    step: Annotated[Step, typer.Argument(help="The step")],
    name: Annotated[str, typer.Argument(help="The check, as `tael partners show` lists it")],
    note: Annotated[str, typer.Option(help="In your own words")] = "",
) -> None:
    """Say that a point of a step's list is true."""
    _do(channel, TickCheck(step=step, name=name, note=note))


@app.command()
def advance(channel: Channel, owner: Owner) -> None:
    """The present step is done: on to the next."""
    _do(channel, Advance(owner=owner))


@app.command()
def upload(
    channel: Channel,
    file: Readable,
    kind: Annotated[DocumentKind, typer.Option(help="What it is")],
    valid_from: Day = None,
    valid_until: Day = None,
) -> None:
    """Hand in a document."""
    _do(
        channel,
        UploadDocument(
            kind=kind,
            name=file.name,
            content=file.read_bytes(),
            valid_from=valid_from.date() if valid_from else None,
            valid_until=valid_until.date() if valid_until else None,
        ),
    )


@app.command()
def acceptance(channel: Channel, file: Readable) -> None:
    """Hand in a report of the acceptance kit, as JSON."""
    _do(channel, RecordAcceptance(content=file.read_bytes(), name=file.name))


@app.command()
def propose(
    channel: Annotated[str, typer.Argument(help="The channel's name, or * for the weights of the scorecard")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help='JSON: {"change": "go_live"}')],
    note: Annotated[str, typer.Option(help="Why, for whoever decides")],
) -> None:
    """Ask for a change that another person will decide about, and print its id."""
    try:
        change = msgspec.json.decode(file.read_bytes(), type=Change)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"{file} holds no change: {error}.") from error
    _do(channel, Propose(change=change, note=note))


@app.command()
def decide(
    proposal_id: Annotated[str, typer.Argument(help="prop_…")],
    approve: Annotated[bool, typer.Option("--approve/--refuse", help="Yes or no")],
    note: Annotated[str, typer.Option(help="In your own words")] = "",
) -> None:
    """Look at what somebody else proposed, and say yes or no."""

    async def look_and_decide(house: House) -> None:
        by = await who_decides(house, "partners", approve=approve)
        proposal = await house.partners.reads.proposal(proposal_id)
        errors.print(proposal.content.decode())
        command = Decide(approve=approve, digest=proposal.digest, note=note)
        done = await house.partners.do(proposal_id, command, actor=by)
        console.print(done.state)

    in_house(look_and_decide)


@app.command()
def deadlines(days: Annotated[int, typer.Option(help="Due within so many days")] = 60) -> None:
    """What is due, soonest first: certificates, contracts, steps, check-lists, policy changes, drills."""
    table = Table("due", "channel", "kind", "what", "owner", box=None, pad_edge=False)

    async def read(house: House) -> None:
        until = house.clock.now() + timedelta(days=days)
        for each in await house.partners.reads.deadlines(until=until, limit=200):
            moment = f"{each.due_at:%Y-%m-%d %H:%M}"
            table.add_row(moment, each.channel, each.kind, each.what, each.owner or "–")

    in_house(read)
    console.print(table)


@app.command()
def scores(days: Annotated[int, typer.Option(help="Over so many days")] = 30) -> None:
    """Compare channels in figures from 0 to 100."""
    table = Table("channel", "state", "total", *Part, box=None, pad_edge=False)

    async def read(house: House) -> None:
        until = house.clock.now()
        for card in await house.partners.scorecards(since=until - timedelta(days=days), until=until):
            parts = [_shown(card.parts[part].score) for part in Part]
            table.add_row(card.channel, card.state, _shown(card.total), *parts)

    in_house(read)
    console.print(table)


def _shown(score: int | None) -> str:
    return "–" if score is None else str(score)


def _do(about: str, command: Command[Any]) -> None:
    """Do a command as whoever sits at the terminal, and print what came of it."""
    done = in_house(lambda house: house.partners.do(about, command, actor=operator()))
    if done is not None:
        console.print(getattr(done, "id", None) or getattr(done, "state", "done"))
