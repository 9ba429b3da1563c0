"""`tael routing`: what operations say about channels, what was decided, and what another policy would have brought."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tael.app.house import House
from tael.app.terminal import console, errors, in_house, operator
from tael.routing.api import (
    DecisionFilter,
    Decisions,
    Judgement,
    RuleBook,
    RuleCheck,
    RuleWanted,
    read_policy,
)
from tael.routing.model import Candidate, PastDecision, Rule, RuleVerb

app = typer.Typer(
    no_args_is_help=True, help="Which channel: rules, decisions, and policies judged on the past."
)
rules = typer.Typer(no_args_is_help=True, help="What operations say about channels.")
app.add_typer(rules, name="rules")

_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
Expression = Annotated[str, typer.Argument(help="When, in CEL: 'amount_minor >= 5000000 && hour < 6'")]
Verb = Annotated[RuleVerb, typer.Argument(help="only, never, or prefer")]
Channels = Annotated[
    list[str] | None,
    typer.Option("--channel", help="Which; again for more. None: those the expression asks for"),
]
Moment = Annotated[datetime | None, typer.Option(formats=_MOMENTS, help="UTC")]


@rules.command("list")
def list_rules() -> None:
    """Every rule, also those that are over, the highest priority first."""
    table = Table("rule", "", "channels", "when", "priority", "from", "until", "owner", "reason", "errors")
    table.box, table.pad_edge = None, False
    for rule in in_house(lambda house: _rule_book(house).everything()) or []:
        table.add_row(*map(Text, _columns(rule)))
    console.print(table)


@rules.command("add")
def add_rule(
    verb: Verb,
    expression: Expression,
    *,
    owner: Annotated[str, typer.Option(help="Who answers for it")],
    reason: Annotated[str, typer.Option(help="Why")],
    channel: Channels = None,
    priority: Annotated[int, typer.Option(help="The highest counts first")] = 0,
    starts: Moment = None,
    ends: Moment = None,
) -> None:
    """Say something about channels. In force everywhere within a second."""
    wanted = _wanted(verb, expression, channel, owner=owner, reason=reason)
    wanted = msgspec.structs.replace(wanted, priority=priority, starts_at=_utc(starts), ends_at=_utc(ends))

    async def add(house: House) -> Rule:
        return await _rule_book(house).add(wanted, known_channels=house.channels.names(), actor=operator())

    if rule := in_house(add):
        console.print(rule.id)


@rules.command("end")
def end_rule(rule_id: Annotated[str, typer.Argument(help="rul_…")]) -> None:
    """Let a rule count no longer. It stays to be read."""
    in_house(lambda house: _rule_book(house).end(rule_id, actor=operator()))


@app.command()
def check(
    verb: Verb,
    expression: Expression,
    channel: Channels = None,
    latest: Annotated[int, typer.Option(min=1, max=10_000, help="How many decisions")] = 1_000,
) -> None:
    """Show what a rule would have done to the latest decisions. Nothing is written."""
    wanted = _wanted(verb, expression, channel, owner=operator(), reason="a check")

    async def look(house: House) -> RuleCheck:
        return await _rule_book(house).check(wanted, known_channels=house.channels.names(), latest=latest)

    if (found := in_house(look)) is None:
        return
    console.print(
        f"Of {found.decisions} decisions it applies to {found.applies} and would change {found.would_change}."
    )
    if found.left_without:
        console.print(f"[bold]{found.left_without} would have had no channel.[/bold]")
    if found.errors:
        console.print(f"It could not be evaluated {found.errors} times: {found.last_error}", markup=False)
    if found.examples:
        console.print(f"It would change: {', '.join(found.examples)}", markup=False)


@app.command()
def decisions(
    subject: Annotated[
        str | None, typer.Argument(help="An attempt, refund or payout: its decision in full")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Only those that were drawn")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
) -> None:
    """The latest decisions, or one with all candidates."""
    if subject is not None:
        found = in_house(lambda house: Decisions(house.database).about(subject))
        if found is None:
            errors.print(f"Nothing was decided for {subject}.", markup=False)
            raise typer.Exit(1)
        _show_candidates(found)
        return
    table = Table(
        "decision", "subject", "at", "amount", "chosen", "probability", "result", box=None, pad_edge=False
    )
    wanted = DecisionFilter(channel=channel, limit=limit)
    for each in in_house(lambda house: Decisions(house.database).page(wanted)) or []:
        at = f"{each.decided_at:%Y-%m-%d %H:%M:%S}"
        amount, drawn = str(each.wanted.amount), f"{each.probability:.3f}"
        table.add_row(each.id, Text(each.subject), at, amount, each.chosen, drawn, _result(each))
    console.print(table)


@app.command()
def replay(
    policy: Annotated[
        str,
        typer.Option(
            help="best_value[:value=2000,floor=100], cheapest, most_reliable, fixed:NAME, random, round_robin"
        ),
    ],
    since: Moment = None,
    until: Moment = None,
    export: Annotated[
        Path | None, typer.Option(help="Write the decisions there, a line of JSON each")
    ] = None,
) -> None:
    """Judge a policy by past decisions: what would it have brought? By default those of the last 30 days."""
    wanted = read_policy(policy)

    async def judge(house: House) -> Judgement:
        to = _utc(until) or house.clock.now()
        begin = _utc(since) or to - timedelta(days=30)
        reads = Decisions(house.database)
        async with _progress(await reads.count(since=begin, until=to), export) as heard:
            return await reads.judge(wanted, since=begin, until=to, heard=heard)

    if (judgement := in_house(judge)) is not None:
        _show_judgement(judgement)


@asynccontextmanager
async def _progress(total: int, export: Path | None) -> AsyncIterator[Callable[[PastDecision], None]]:
    """A bar that moves with each decision, which is written down on the way if that is wanted."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with (
        Progress(*columns, console=errors, transient=True) as bar,
        export.open("wb") if export is not None else nullcontext() as file,
    ):
        task = bar.add_task("judging decisions", total=total)

        def heard(decision: PastDecision) -> None:
            bar.advance(task)
            if file is not None:
                file.write(msgspec.json.encode(decision) + b"\n")

        yield heard


def _show_judgement(judged: Judgement) -> None:
    headings = ("observed", "inverse propensity", "self-normalised", "doubly robust", "gain")
    table = Table(escape(judged.policy), *headings, box=None, pad_edge=False)
    for name, verdict in (("success", judged.success), ("value", judged.value)):
        estimates = [
            verdict.observed,
            verdict.inverse_propensity,
            verdict.self_normalised,
            verdict.doubly_robust,
            verdict.gain,
        ]
        table.add_row(name, *(f"{each.mean:.2%} [{each.low:.2%} … {each.high:.2%}]" for each in estimates))
    console.print(table)
    console.print(
        f"{judged.decisions} decisions, worth {judged.effective:.0f} of the policy's own. Brackets: 95 times in 100."
    )
    for warning in judged.warnings:
        console.print(f"[bold]Careful:[/bold] {warning}")


def _show_candidates(decision: PastDecision) -> None:
    console.print(
        f"{decision.id} of {decision.decided_at:%Y-%m-%d %H:%M:%S} UTC: {decision.purpose} {decision.wanted.amount}"
        f" in {decision.segment}, by {decision.policy}. {_result(decision)}.",
        markup=False,
    )
    table = Table(
        "", "channel", "probability", "score", "success", "founded on", "price", "health", "why not"
    )
    table.box, table.pad_edge = None, False
    for each in sorted(decision.candidates, key=lambda candidate: -candidate.probability):
        table.add_row("→" if each.channel == decision.chosen else "", each.channel, *_odds(each))
    console.print(table)


def _odds(candidate: Candidate) -> list[str]:
    if not candidate.eligible:
        return ["", "", "", "", "", "", f"{candidate.why_not} {candidate.rule_id}".strip()]
    price = "?" if candidate.cost_minor is None else str(candidate.cost_minor)
    return [
        f"{candidate.probability:.4f}",
        f"{candidate.score:.4f}",
        f"{candidate.success_probability:.1%}",
        f"{candidate.observations:.0f}",
        price,
        candidate.health,
        "",
    ]


def _result(decision: PastDecision) -> str:
    if decision.learnt_at is None:
        return "open"
    words = {True: "succeeded", False: "failed", None: "says nothing"}[decision.succeeded]
    return f"{words} ({decision.error_class})" if decision.error_class else words


def _columns(rule: Rule) -> list[str]:
    trouble = f"{rule.errors}: {rule.last_error}" if rule.errors else ""
    moments = [f"{at:%Y-%m-%d %H:%M}" if at else "–" for at in (rule.starts_at, rule.ends_at)]
    where = ", ".join(rule.channels) or "*"
    return [
        rule.id,
        rule.verb,
        where,
        rule.expression,
        str(rule.priority),
        *moments,
        rule.owner,
        rule.reason,
        trouble,
    ]


def _wanted(
    verb: RuleVerb, expression: str, channels: list[str] | None, *, owner: str, reason: str
) -> RuleWanted:
    return RuleWanted(verb=verb, channels=channels or [], expression=expression, owner=owner, reason=reason)


def _rule_book(house: House) -> RuleBook:
    return RuleBook(house.database, house.clock)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None else None
