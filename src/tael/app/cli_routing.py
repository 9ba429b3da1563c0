"""`tael routing`: what operations say about channels, what was decided, and what another policy would have brought."""

from collections.abc import AsyncIterator, Callable, Sequence
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

from tael.app import cli_routing_drill, cli_routing_rules
from tael.app.house import House
from tael.app.terminal import console, errors, in_house
from tael.routing.api import DecisionFilter, Decisions, Judgement, read_policy
from tael.routing.model import Candidate, PastDecision, Traffic

app = typer.Typer()
app.add_typer(cli_routing_rules.app, name="rules")
app.add_typer(cli_routing_drill.app)
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
Moment = Annotated[datetime | None, typer.Option(formats=_MOMENTS, help="UTC")]


@app.command()
def health(minutes: Annotated[int, typer.Option(min=1, max=1_440, help="How far to look back")] = 15) -> None:
    """How payments went over each channel in each scene, and which channels are announced to be away."""
    table = Table("channel", "scene", "payments", "succeeded", "failed", "success", "away for")
    table.box, table.pad_edge = None, False

    async def look(house: House) -> list[tuple[str, ...]]:
        traffic = await Decisions(house.database).traffic(
            since=house.clock.now() - timedelta(minutes=minutes)
        )
        return [row for channel in house.routing.channels() for row in _health_rows(house, channel, traffic)]

    for row in in_house(look) or []:
        table.add_row(*row)
    console.print(table)


def _health_rows(house: House, channel: str, traffic: Sequence[Traffic]) -> list[tuple[str, ...]]:
    away = house.routing.standing(channel).resting_seconds
    rest = "" if away is None else f"{away:.0f} s"
    seen = [each for each in traffic if each.channel == channel]
    return [
        (channel, each.product, str(each.decisions), str(each.succeeded), str(each.failed), _rate(each), rest)
        for each in seen
    ] or [(channel, "–", "0", "0", "0", "–", rest)]


def _rate(traffic: Traffic) -> str:
    known = traffic.succeeded + traffic.failed
    return f"{traffic.succeeded / known:.1%}" if known else "–"


@app.command()
def decisions(
    subject: Annotated[
        str | None, typer.Argument(help="A payment, attempt, refund or payout: its decisions in full")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Only those that were drawn")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
) -> None:
    """The latest decisions, or one with all candidates."""
    if subject is not None:
        found = in_house(lambda house: _about(house, subject))
        if not found:
            errors.print(f"Nothing was decided for {subject}.", markup=False)
            raise typer.Exit(1)
        for each in found:
            _show_candidates(each)
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


async def _about(house: House, subject: str) -> list[PastDecision]:
    subjects = await house.payments.subjects_of(subject) if subject.startswith("pay_") else [subject]
    return await Decisions(house.database).page(DecisionFilter(subjects=subjects))


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


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None else None
