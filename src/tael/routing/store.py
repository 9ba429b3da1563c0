"""Where do rules, decisions, lessons and estimates lie? The context's only SQL."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, columns, queries
from tael.routing.model import (
    Decision,
    Estimate,
    Lesson,
    PastDecision,
    Purpose,
    Result,
    Rule,
    RuleChange,
    RuleFault,
    Traffic,
)

SQL = queries("tael.routing")
LESSONS_AT_A_TIME = 20_000


class DecisionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions are wanted, newest first."""

    before: str | None = None
    """The id of the last decision of the page before."""
    merchant_id: str | None = None
    channel: str | None = None
    """Only those in which this one was drawn."""
    purpose: Purpose | None = None
    subject: str | None = None
    """Only what was decided for this attempt, refund or payout."""
    subjects: Sequence[str] | None = None
    """Only what was decided for any of these."""
    decided_from: datetime | None = None
    decided_before: datetime | None = None
    limit: int = 50


async def insert_rule(tx: Transaction, rule: Rule) -> None:
    """Write a new rule."""
    fields = msgspec.structs.asdict(rule) | {"channels": list(rule.channels)}
    await tx.run(SQL.insert_rule, **fields)


async def list_rules(tx: Transaction, *, in_force_at: datetime | None = None) -> list[Rule]:
    """Rules, the highest priority first: all, or those that are not over at that moment."""
    return await tx.rows(SQL.list_rules, Rule, in_force_at=in_force_at)


async def lock_rule(tx: Transaction, rule_id: str) -> Rule | None:
    """One rule, kept from others until the end of the transaction."""
    return await tx.row(SQL.lock_rule, Rule, id=rule_id)


async def end_rule(tx: Transaction, rule_id: str, *, ended_in: int, now: datetime) -> None:
    """Let a rule count no longer."""
    await tx.run(SQL.end_rule, id=rule_id, ended_in=ended_in, now=now)


async def lock_rules(tx: Transaction) -> None:
    """Let nobody else change rules until the end of the transaction."""
    await tx.tuples(SQL.lock_rules)


async def latest_change(tx: Transaction) -> RuleChange | None:
    """What was changed last; `None` if nothing ever was."""
    return await tx.row(SQL.latest_change, RuleChange)


async def find_change(tx: Transaction, number: int) -> RuleChange | None:
    """One change."""
    return await tx.row(SQL.find_change, RuleChange, number=number)


async def list_changes(tx: Transaction, *, before: int | None, limit: int) -> list[RuleChange]:
    """Changes, newest first."""
    return await tx.rows(SQL.list_changes, RuleChange, before=before, limit=limit)


async def insert_change(tx: Transaction, change: RuleChange) -> None:
    """Write a change down."""
    await tx.run(SQL.insert_change, **msgspec.structs.asdict(change))


async def rules_after(tx: Transaction, number: int, *, at: datetime) -> list[Rule]:
    """The rules as a change left them, without those that were over at that moment; the highest priority first."""
    return await tx.rows(SQL.rules_after, Rule, number=number, at=at)


async def count_faults(tx: Transaction, faults: Sequence[RuleFault], *, now: datetime) -> None:
    """Add to what rules could not do; each rule at most once per call."""
    await tx.run(SQL.count_faults, **columns(faults, "rule_id count message"), now=now)


async def insert_decisions(tx: Transaction, decisions: Sequence[Decision]) -> None:
    """Write new decisions."""
    await tx.run(
        SQL.insert_decisions,
        **columns(decisions, "id subject purpose decided_at policy segment turn chosen probability"),
        merchant_id=[each.wanted.merchant_id for each in decisions],
        amount_minor=[each.wanted.amount.minor for each in decisions],
        currency=[each.wanted.amount.currency for each in decisions],
        wanted=[msgspec.json.encode(each.wanted).decode() for each in decisions],
        candidates=[msgspec.json.encode(each.candidates).decode() for each in decisions],
    )


async def record_results(tx: Transaction, results: Sequence[Result], *, now: datetime) -> None:
    """Write the first result of each decision, and a lesson for each that speaks for or against a channel."""
    await tx.run(SQL.record_results, **columns(results, "subject succeeded error_class seconds"), now=now)


async def list_decisions(tx: Transaction, wanted: DecisionFilter) -> list[PastDecision]:
    """One page of decisions, newest first."""
    return await tx.rows(SQL.list_decisions, PastDecision, **msgspec.structs.asdict(wanted))


async def find_decision(tx: Transaction, id: str) -> PastDecision | None:
    """One decision."""
    return await tx.row(SQL.find_decision, PastDecision, id=id)


async def traffic_since(tx: Transaction, since: datetime) -> list[Traffic]:
    """How payments went over each channel and scene that were decided since then."""
    return await tx.rows(SQL.traffic_since, Traffic, since=since)


async def forget_decisions(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Delete the oldest; gives how many."""
    return await tx.run(SQL.forget_decisions, before=before, limit=limit)


async def decision_about(tx: Transaction, subject: str) -> PastDecision | None:
    """What was decided for an attempt, refund or payout."""
    return await tx.row(SQL.decision_about, PastDecision, subject=subject)


async def results_between(
    tx: Transaction, *, since: datetime, until: datetime, after: str, limit: int
) -> list[PastDecision]:
    """Decisions about payments whose results speak for or against a channel, oldest first: from `since`, and of
    those at that moment only what comes after the id `after`.
    """
    return await tx.rows(
        SQL.results_between, PastDecision, since=since, until=until, after=after, limit=limit
    )


async def count_results_between(tx: Transaction, *, since: datetime, until: datetime) -> int:
    """How many of them there are."""
    return int((await tx.tuples(SQL.count_results_between, since=since, until=until))[0][0])


async def lock_estimates(tx: Transaction) -> bool:
    """Whether it is on this transaction to change the estimates; another may be at it."""
    return bool((await tx.tuples(SQL.lock_estimates))[0][0])


async def take_lessons(tx: Transaction) -> list[Lesson]:
    """What has been learnt since the last time, summed up; it is taken away."""
    return await tx.rows(SQL.take_lessons, Lesson, limit=LESSONS_AT_A_TIME)


async def list_estimates(tx: Transaction) -> list[Estimate]:
    """Every estimate."""
    return await tx.rows(SQL.list_estimates, Estimate)


async def write_estimates(tx: Transaction, estimates: Sequence[Estimate]) -> None:
    """Write new estimates over the old ones; each channel and segment at most once per call."""
    await tx.run(SQL.write_estimates, **columns(estimates, "channel segment successes failures counted_at"))
