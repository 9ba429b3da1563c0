"""`tael rules`: limits, thresholds and terms with dates. Read by anybody here, changed by one and another."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator, who_decides
from tael.foundation.clock import CHINA
from tael.foundation.dated_rules import RuleVersion, Verified
from tael.foundation.errors import Malformed
from tael.foundation.proposals import Proposal, ProposalState
from tael.foundation.rule_changes import DecideRule, ProposeRule, RuleChanges, RuleWanted, wanted_in

app = typer.Typer()

_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
Name = Annotated[str, typer.Argument(help="Such as behaviour.rules")]
ProposalId = Annotated[str, typer.Argument(help="prop_…")]
Words = Annotated[str, typer.Option(help="In your own words")]
Moment = Annotated[datetime, typer.Option("--from", formats=_MOMENTS, help="From when on, in China's time")]


@app.command("list")
def list_rules() -> None:
    """What is in force now, and when it changes next."""

    async def read(house: House) -> list[tuple[RuleVersion | None, str, datetime | None]]:
        now = house.clock.now()
        return [
            (house.rules.in_force(name, at=now), name, house.rules.next_change(name, after=now))
            for name in house.rules.names()
        ]

    table = Table("rule", "since", "verified", "source", "changes", box=None, pad_edge=False)
    for version, name, change in in_house(read) or []:
        if version is None:
            table.add_row(name, "–", "", "", _said(change))
        else:
            table.add_row(
                name, _said(version.effective_from), version.verified, version.source, _said(change)
            )
    console.print(table)


@app.command()
def show(name: Name) -> None:
    """Every version of a rule: past, in force, and to come."""

    async def read(house: House) -> tuple[list[RuleVersion], RuleVersion | None]:
        known = name in house.rules.names()
        now = house.rules.in_force(name, at=house.clock.now()) if known else None
        return list(house.rules.history(name)), now

    found = in_house(read)
    if found is None:
        return
    versions, in_force = found
    if not versions:
        raise Malformed(f"There is no rule {name}.", hint="See `tael rules list`.")
    for version in versions:
        mark = "  ← in force" if version == in_force else ""
        console.print(f"from {_said(version.effective_from)}{mark}", markup=False)
        console.print(f"  {version.source} ({version.verified})", markup=False)
        if version.note:
            console.print(f"  {version.note}", markup=False)
        if version.approved_by is not None:
            console.print(f"  proposed by {version.proposed_by}, approved by {version.approved_by}")
        text = msgspec.json.format(msgspec.json.encode(version.value), indent=2).decode()
        console.print("\n".join(f"  {line}" for line in text.splitlines()), markup=False)


@app.command()
def propose(
    name: Name,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON: all that it says")],
    *,
    start: Moment,
    source: Annotated[str, typer.Option(help="Document and article, or whose decision")],
    verified: Annotated[Verified, typer.Option(help="How sure we are")],
    note: Annotated[str, typer.Option(help="Why it changes")],
    remark: Annotated[str, typer.Option(help="What readers of the rule should know")] = "",
) -> None:
    """Ask for a version of a rule, from a moment to come. Somebody else has to approve it before."""
    try:
        value = msgspec.json.decode(file.read_bytes(), type=dict[str, object])
    except msgspec.DecodeError as error:
        raise Malformed(f"{file} is not a JSON object: {error}.", field="value") from None
    wanted = RuleWanted(
        name=name,
        effective_from=start.replace(tzinfo=CHINA),
        value=value,
        source=source,
        verified=verified,
        note=remark,
    )
    command = ProposeRule(wanted=wanted, note=note, actor=operator())
    proposal = in_house(lambda house: _changes(house).do(command))
    if proposal is not None:
        console.print(f"{proposal.id} {proposal.digest}")
        errors.print("It waits for somebody else: tael rules approve …")


@app.command()
def proposals(
    state: Annotated[ProposalState | None, typer.Option(help="Only those that are so")] = ProposalState.OPEN,
) -> None:
    """What was proposed, place by place: by default what waits to be decided."""

    async def read(house: House) -> None:
        for each in await _changes(house).proposals(state=state):
            _show_proposal(house, each)

    in_house(read)


@app.command()
def approve(
    proposal_id: ProposalId,
    digest: Annotated[str, typer.Option(help="Of the proposal that you have read")],
    note: Words = "",
) -> None:
    """Approve what somebody else proposed: it begins at its moment."""
    if (ended := _decide(proposal_id, approve=True, digest=digest, note=note)) is not None:
        console.print(f"Approved: in force from {_said(wanted_in(ended).effective_from)}.")


@app.command()
def refuse(proposal_id: ProposalId, note: Words = "") -> None:
    """Refuse what somebody else proposed."""
    if _decide(proposal_id, approve=False, digest=None, note=note) is not None:
        console.print("Refused.")


def _decide(proposal_id: str, *, approve: bool, digest: str | None, note: str) -> Proposal | None:
    async def decide(house: House) -> Proposal:
        actor = await who_decides(house, "rules", approve=approve)
        command = DecideRule(proposal_id=proposal_id, approve=approve, digest=digest, note=note, actor=actor)
        return await _changes(house).do(command)

    return in_house(decide)


def _show_proposal(house: House, proposal: Proposal) -> None:
    wanted = wanted_in(proposal)
    console.print(f"{proposal.id} {proposal.state}, by {proposal.proposed_by}: {proposal.note}", markup=False)
    console.print(f"  {wanted.name} from {_said(wanted.effective_from)}, digest {proposal.digest}")
    console.print(f"  {wanted.source} ({wanted.verified})", markup=False)
    for each in _changes(house).differences(proposal):
        console.print(f"  {each.path}: {each.before or '–'} → {each.after or '–'}", markup=False)


def _changes(house: House) -> RuleChanges:
    return RuleChanges(house.database, house.clock, house.rules)


def _said(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"
