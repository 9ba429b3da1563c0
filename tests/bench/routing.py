"""Does routing choose well, and how fast? Against the best fixed channel that one could know in hindsight.

Many runs of worlds whose truth is known (`tael.testing.routing_worlds`), in all of which random choice and round robin
face the same luck. Where nothing changes, routing has to come within one percent of the best fixed channel; where
something does, it has to be better. Then decisions are counted by the second, as a platform takes them: amounts of all
sizes, prices with fixed parts, rules, eight channels of which five fit, and everything they stand on read anew each
second. What counts is our own time on the processor: who else uses the machine is not the question.
"""

import random
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import process_time

import msgspec
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tael.channels.port import Product
from tael.routing.choice import Policy
from tael.routing.decisions import Knowledge, Moment, decide
from tael.routing.eligibility import compile_rules
from tael.routing.estimates import Chances, Forgetting, segment_of
from tael.routing.health import HealthBoard
from tael.routing.model import Decision, Estimate, Purpose, Rule, RuleVerb, Wanted
from tael.testing.routing_worlds import (
    BEGIN,
    WORLDS,
    Luck,
    Score,
    SimpleChannels,
    SimpleFees,
    SimpleTerms,
    World,
    play,
    simple_capabilities,
    wanted_payment,
)

RUNS = 10
PAYMENTS = 20_000
DECISIONS = 20_000
DECISIONS_A_SECOND = 500
WORST_CONSTANT_PERCENT = -1.0
SLOWEST_US = 100

console = Console(highlight=False, width=140)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    constant_worst_percent: float
    """Successes more than the best fixed channel had, in the worst of the worlds without changes; negative: less."""
    changing_worst_percent: float
    """The same of the worlds with changes."""
    routing_us: float
    decisions_per_s: int
    runs: int
    payments: int


class Total(msgspec.Struct, frozen=True):
    """All runs of one world."""

    world: World
    scores: Sequence[Score]

    def percent(self, ours: Callable[[Score], int], theirs: Callable[[Score], int]) -> float:
        """How many more of one kind than of the other."""
        return 100 * (sum(map(ours, self.scores)) / sum(map(theirs, self.scores)) - 1)

    @property
    def against_best_fixed(self) -> float:
        """Percent of successes more than the best fixed channel's."""
        return self.percent(lambda score: score.routed, lambda score: score.best_fixed)


def measure() -> bool:
    """The whole bench; whether routing did as well as it has to."""
    totals = _play_all()
    _show(totals)
    seconds = decide_many()
    summary = Summary(
        constant_worst_percent=_worst(totals, changes=False),
        changing_worst_percent=_worst(totals, changes=True),
        routing_us=round(seconds * 1_000_000 / DECISIONS, 1),
        decisions_per_s=int(DECISIONS / seconds),
        runs=RUNS,
        payments=PAYMENTS,
    )
    print(msgspec.json.encode(summary).decode())
    return (
        summary.constant_worst_percent >= WORST_CONSTANT_PERCENT
        and summary.changing_worst_percent > 0
        and summary.routing_us <= SLOWEST_US
    )


def _play_all() -> list[Total]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    totals = []
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("playing", total=len(WORLDS) * RUNS)
        for world in WORLDS:
            scores = []
            for seed in range(RUNS):
                progress.update(task, description=world.name)
                luck = Luck(world, payments=PAYMENTS, seed=seed)
                scores.append(
                    luck.score(sum(bool(each.succeeded) for each in play(luck, Policy(), seed=seed)))
                )
                progress.advance(task)
            totals.append(Total(world, scores))
    return totals


def _worst(totals: Sequence[Total], *, changes: bool) -> float:
    return round(min(total.against_best_fixed for total in totals if total.world.changes == changes), 2)


def _show(totals: Sequence[Total]) -> None:
    table = Table(box=box.SIMPLE_HEAD, title=f"{RUNS} runs of {PAYMENTS:,} payments each", title_style="dim")
    table.add_column("successes", no_wrap=True)
    for heading in ("routed", "best fixed", "random", "round robin", "against best fixed"):
        table.add_column(heading, justify="right")
    for total in totals:
        payments = sum(score.payments for score in total.scores)
        ways: list[Callable[[Score], int]] = [
            lambda score: score.routed,
            lambda score: score.best_fixed,
            lambda score: score.random,
            lambda score: score.round_robin,
        ]
        rates = [f"{sum(map(way, total.scores)) / payments:.2%}" for way in ways]
        table.add_row(total.world.name, *rates, f"{total.against_best_fixed:+.2f} %")
    console.print(table)


def decide_many() -> float:
    """Seconds on the processor that so many decisions take, and what they stand on with them."""
    dice = random.Random(1)
    wanted = [_payment(number, dice) for number in range(DECISIONS)]
    channels = SimpleChannels(
        **{f"channel{at}": SimpleTerms(fees=SimpleFees(38 + 4 * at, fixed_minor=8 * at)) for at in range(8)}
    )
    for name in ("channel5", "channel6", "channel7"):
        channels.can[name] = simple_capabilities(products=[Product.CARD])
    rules = [_rule("amount_minor >= 500000", RuleVerb.NEVER, ["channel0"]), *_more_rules()]
    estimates = _estimates(wanted, channels.names(), dice)
    board = HealthBoard()
    began = process_time()
    for first in range(0, DECISIONS, DECISIONS_A_SECOND):
        now = BEGIN + timedelta(seconds=first // DECISIONS_A_SECOND)
        chances = Chances(estimates, now=now, forgetting=Forgetting())
        known = Knowledge(channels.views(), compile_rules(rules, now=now), chances, Policy())
        for turn, each in enumerate(wanted[first : first + DECISIONS_A_SECOND], start=first):
            moment = Moment(
                now=now,
                turn=turn,
                draw=dice.random(),
                health_of=lambda channel: board.health_of(channel, at=now.timestamp()),  # noqa: B023
            )
            made, _ = decide(each, known, moment)
            assert isinstance(made, Decision)
    return process_time() - began


def _payment(number: int, dice: random.Random) -> Wanted:
    return wanted_payment(f"att_{number}", amount_minor=int(10 ** dice.uniform(2, 6)))


def _more_rules() -> list[Rule]:
    return [
        _rule('card_kind == "credit" && country != "CN"', RuleVerb.ONLY, ["channel1", "channel2"]),
        _rule("hour >= 2 && hour < 4", RuleVerb.PREFER, ["channel3"]),
        _rule('merchant_id == "mer_9"', RuleVerb.NEVER, ["channel4"]),
        _rule('weekday in [6, 7] && product == "code"', RuleVerb.PREFER, ["channel0"]),
    ]


def _rule(expression: str, verb: RuleVerb, channels: Sequence[str]) -> Rule:
    return Rule(
        id=f"rul_{expression}",
        verb=verb,
        channels=channels,
        expression=expression,
        priority=0,
        owner="operations",
        reason="to see how long it takes",
        starts_at=BEGIN,
        created_at=BEGIN,
        created_by="operator:bench",
    )


def _estimates(wanted: Sequence[Wanted], names: Sequence[str], dice: random.Random) -> list[Estimate]:
    segments = {
        segment_of(
            purpose=Purpose.PAY,
            method=each.method,
            product=each.product,
            currency=each.amount.currency,
            amount_minor=each.amount.minor,
        )
        for each in wanted
    }
    return [
        Estimate(
            channel=name,
            segment=segment,
            successes=dice.uniform(150, 190),
            failures=dice.uniform(5, 30),
            counted_at=BEGIN,
        )
        for segment in sorted(segments)
        for name in names
    ]


if __name__ == "__main__":
    sys.exit(0 if measure() else 1)
