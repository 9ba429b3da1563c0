"""`tael routing rules`: what operations say about channels. Read, tried, proposed by one and approved by another."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator, who_decides
from tael.foundation.errors import Malformed
from tael.foundation.proposals import Proposal, ProposalState
from tael.routing.api import RuleBook, RulesTrial, RuleWanted, wanted_in
from tael.routing.model import Rule, RuleChange, Rules, RulesWanted, RuleVerb

app = typer.Typer(no_args_is_help=True, help="What operations say about channels.")

_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_WHEN = "When, in CEL: 'amount_minor >= 5000000 && hour < 6'"
Expression = Annotated[str, typer.Argument(help=_WHEN)]
MaybeExpression = Annotated[str | None, typer.Argument(help=_WHEN)]
Verb = Annotated[RuleVerb, typer.Argument(help="only, never, or prefer")]
MaybeVerb = Annotated[RuleVerb | None, typer.Argument(help="only, never, or prefer")]
Channels = Annotated[
    list[str] | None,
    typer.Option("--channel", help="Which; again for more. None: those the expression asks for"),
]
Ended = Annotated[list[str] | None, typer.Option("--end", help="rul_…, a rule that ends; again for more")]
Owner = Annotated[str, typer.Option(help="Who answers for it")]
Reason = Annotated[str, typer.Option(help="Why")]
Priority = Annotated[int, typer.Option(help="The highest counts first")]
Moment = Annotated[datetime | None, typer.Option(formats=_MOMENTS, help="UTC")]
Latest = Annotated[int, typer.Option(min=1, max=10_000, help="How many decisions")]
ProposalId = Annotated[str, typer.Argument(help="prop_…")]
Words = Annotated[str, typer.Option(help="In your own words")]


@app.command("list")
def list_rules() -> None:
    """Every rule, also those that are over, the highest priority first."""
    _show_rules(in_house(lambda house: _rule_book(house).everything()) or [])


@app.command()
def show(
    number: Annotated[int | None, typer.Argument(min=1, help="As that change left them; none: now")] = None,
) -> None:
    """The rules that hold now, or will; or those of the past."""

    async def read(house: House) -> Rules:
        book = _rule_book(house)
        return await (book.current() if number is None else book.after(number))

    if (found := in_house(read)) is None:
        return
    if found.change is not None:
        console.print(f"number {found.number}: {_told(found.change)}", markup=False)
    _show_rules(found.rules)


@app.command()
def changes(limit: Annotated[int, typer.Option(min=1, max=500)] = 20) -> None:
    """The latest changes: who proposed and who approved each."""
    for change in in_house(lambda house: _rule_book(house).changes(limit=limit)) or []:
        console.print(f"{change.number}  {_told(change)}", markup=False)


@app.command("add")
def add_rule(
    verb: Verb,
    expression: Expression,
    *,
    owner: Owner,
    reason: Reason,
    channel: Channels = None,
    priority: Priority = 0,
    starts: Moment = None,
    ends: Moment = None,
) -> None:
    """Say something about channels, alone: while none moves real money. In force everywhere within a second."""
    rule = _rule(channel, owner=owner, reason=reason, priority=priority, starts=starts, ends=ends)
    [wanted] = _added(verb, expression, rule)

    async def add(house: House) -> Rule:
        return await _rule_book(house).add(
            wanted, known_channels=house.channels.names(), actor=operator(), real_money=_real_money(house)
        )

    if made := in_house(add):
        console.print(made.id)


@app.command("end")
def end_rule(rule_id: Annotated[str, typer.Argument(help="rul_…")]) -> None:
    """Let a rule count no longer, alone: while no channel moves real money. It stays to be read."""
    in_house(lambda house: _rule_book(house).end(rule_id, actor=operator(), real_money=_real_money(house)))


@app.command("try")
def try_rules(
    verb: MaybeVerb = None,
    expression: MaybeExpression = None,
    *,
    channel: Channels = None,
    priority: Priority = 0,
    end: Ended = None,
    latest: Latest = 1_000,
) -> None:
    """Show what all rules together would have done to the latest decisions, after a change. Nothing is written."""
    rule = _rule(channel, owner=operator(), reason="a trial", priority=priority)
    added = _added(verb, expression, rule)

    async def look(house: House) -> RulesTrial:
        book = _rule_book(house)
        rules = (await book.current()).rules
        if added or end:
            wanted = await _change(house, added, end)
            rules = await book.with_change(wanted, known_channels=house.channels.names())
        return await book.try_on_decisions(rules, latest=latest)

    if (found := in_house(look)) is not None:
        _show_trial(found)


@app.command()
def propose(
    verb: MaybeVerb = None,
    expression: MaybeExpression = None,
    *,
    reason: Reason,
    owner: Owner = "operations",
    channel: Channels = None,
    priority: Priority = 0,
    starts: Moment = None,
    ends: Moment = None,
    end: Ended = None,
) -> None:
    """Ask for a rule, or for the end of some, or for both at once. Somebody else has to approve."""
    rule = _rule(channel, owner=owner, reason=reason, priority=priority, starts=starts, ends=ends)
    added = _added(verb, expression, rule)

    async def ask(house: House) -> Proposal:
        return await _rule_book(house).propose(
            await _change(house, added, end),
            note=reason,
            known_channels=house.channels.names(),
            actor=operator(),
        )

    if (proposal := in_house(ask)) is not None:
        console.print(f"{proposal.id} {proposal.digest}")
        errors.print("It waits for somebody else: tael routing rules approve …")


@app.command()
def proposals(
    state: Annotated[ProposalState | None, typer.Option(help="Only those that are so")] = ProposalState.OPEN,
) -> None:
    """What was proposed, with its digest: by default what waits to be decided."""
    for each in in_house(lambda house: _rule_book(house).proposals(state=state)) or []:
        console.print(f"{each.id} {each.state}, by {each.proposed_by}: {each.note}", markup=False)
        wanted = wanted_in(each)
        console.print(f"  on number {wanted.based_on}, digest {each.digest}")
        for rule in wanted.add:
            where = ", ".join(rule.channels) or "*"
            console.print(f"  + {rule.verb} {where} when {rule.expression} ({rule.priority})", markup=False)
        for rule_id in wanted.end:
            console.print(f"  - {rule_id}")


@app.command()
def approve(
    proposal_id: ProposalId,
    digest: Annotated[str, typer.Option(help="Of the proposal that you have read")],
    note: Words = "",
) -> None:
    """Approve what somebody else proposed: in force everywhere within a second."""
    number = _decide(proposal_id, approve=True, digest=digest, note=note)
    console.print(f"Approved: the rules are number {number}.")


@app.command()
def refuse(proposal_id: ProposalId, note: Words = "") -> None:
    """Refuse what somebody else proposed."""
    _decide(proposal_id, approve=False, digest=None, note=note)
    console.print("Refused.")


def _show_trial(found: RulesTrial) -> None:
    console.print(f"Of {found.decisions} decisions {found.would_change} would have been others.")
    if found.opened:
        console.print(f"In {found.opened} a channel would have been let in of which we know nothing.")
    if found.left_without:
        console.print(f"[bold]{found.left_without} would have had no channel.[/bold]")
    if found.errors:
        console.print(f"Rules could not be evaluated {found.errors} times: {found.last_error}", markup=False)
    if found.examples:
        console.print(f"They would change: {', '.join(found.examples)}", markup=False)
    table = Table("channel", "share before", "after", box=None, pad_edge=False)
    for share in found.shares:
        shares = (share.before_basis_points, share.after_basis_points)
        table.add_row(share.channel, *[f"{each // 100}.{each % 100:02} %" for each in shares])
    console.print(table)


def _show_rules(rules: Sequence[Rule]) -> None:
    table = Table("rule", "", "channels", "when", "priority", "from", "until", "owner", "reason", "errors")
    table.box, table.pad_edge = None, False
    for rule in rules:
        table.add_row(*map(Text, _columns(rule)))
    console.print(table)


def _columns(rule: Rule) -> list[str]:
    trouble = f"{rule.errors}: {rule.last_error}" if rule.errors else ""
    moments = [f"{at:%Y-%m-%d %H:%M}" if at else "–" for at in (rule.starts_at, rule.ends_at)]
    where = ", ".join(rule.channels) or "*"
    words = rule.owner, rule.reason, trouble
    return [rule.id, rule.verb, where, rule.expression, str(rule.priority), *moments, *words]


def _told(change: RuleChange) -> str:
    who = f"{change.proposed_by}, approved by {change.approved_by}"
    return f"{change.changed_at:%Y-%m-%d %H:%M} UTC, proposed by {who}: {change.note}"


def _decide(proposal_id: str, *, approve: bool, digest: str | None, note: str) -> int | None:
    async def decide(house: House) -> int | None:
        _, number = await _rule_book(house).decide(
            proposal_id,
            approve=approve,
            note=note,
            digest=digest,
            known_channels=house.channels.names(),
            actor=await who_decides(house, "routing", approve=approve),
        )
        return number

    return in_house(decide)


def _added(verb: RuleVerb | None, expression: str | None, rule: RuleWanted) -> tuple[RuleWanted, ...]:
    """The rule that shall come, if one shall: `rule` with this verb and expression."""
    if verb is None:
        return ()
    if expression is None:
        raise Malformed("When shall the rule count?", field="expression", hint="'true' is always.")
    return (msgspec.structs.replace(rule, verb=verb, expression=expression),)


async def _change(house: House, added: tuple[RuleWanted, ...], ended: list[str] | None) -> RulesWanted:
    number = (await _rule_book(house).current()).number
    return RulesWanted(add=added, end=tuple(ended or ()), based_on=number)


def _rule(
    channels: list[str] | None,
    *,
    owner: str,
    reason: str,
    priority: int = 0,
    starts: datetime | None = None,
    ends: datetime | None = None,
) -> RuleWanted:
    """A rule about these channels; its verb and expression come after."""
    return RuleWanted(
        verb=RuleVerb.NEVER,
        channels=channels or [],
        expression="false",
        owner=owner,
        reason=reason,
        priority=priority,
        starts_at=_utc(starts),
        ends_at=_utc(ends),
    )


def _real_money(house: House) -> list[str]:
    return [name for name in house.channels.names() if not house.channels.moves_no_real_money(name)]


def _rule_book(house: House) -> RuleBook:
    return RuleBook(house.database, house.clock)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None else None
