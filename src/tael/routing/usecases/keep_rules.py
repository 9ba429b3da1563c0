"""What do operations say about channels? Rules are written, ended, and tried on what was decided before."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.ids import new_id
from tael.routing import eligibility, store
from tael.routing.decisions import facts_of
from tael.routing.eligibility import CompiledRule
from tael.routing.errors import NoSuchRule, RuleEnded
from tael.routing.expressions import CannotEvaluate, Expression
from tael.routing.model import PastDecision, Rule, RuleVerb
from tael.routing.store import DecisionFilter

_EXAMPLES = 10


class RuleWanted(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as somebody asks for it."""

    verb: RuleVerb
    channels: Sequence[str]
    expression: str
    owner: str
    reason: str
    priority: int = 0
    starts_at: datetime | None = None
    """`None`: at once."""
    ends_at: datetime | None = None


class RuleCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would have done, alone, to decisions that were taken."""

    decisions: int
    applies: int
    """In how many its expression is true."""
    would_change: int
    """How many could not have been made."""
    left_without: int
    """How many of these would have had no channel at all."""
    errors: int
    last_error: str
    examples: Sequence[str]
    """Subjects of some that would have changed."""


class RuleBook:
    """The rules of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def everything(self) -> list[Rule]:
        """All rules, also those that are over, the highest priority first."""
        async with self._database.transaction() as tx:
            return await store.list_rules(tx)

    async def add(self, wanted: RuleWanted, *, known_channels: Collection[str], actor: str) -> Rule:
        """A new rule, in force everywhere a second after it starts; refuses `RuleMalformed`."""
        rule = self._rule(wanted, actor)
        refusal = eligibility.why_malformed(rule, known_channels)
        if refusal is not None:
            raise refusal
        async with self._database.transaction() as tx:
            await store.insert_rule(tx, rule)
            await self._audit(tx, actor, "routing.add_rule", rule.id)
        return rule

    async def end(self, rule_id: str, *, actor: str) -> None:
        """Let a rule count no longer; it stays to be read. Refuses `NoSuchRule`, `RuleEnded`."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            rule = await store.lock_rule(tx, rule_id)
            if rule is None:
                raise NoSuchRule(f"There is no rule {rule_id[:40]}.", field="rule_id")
            if rule.ends_at is not None and rule.ends_at <= now:
                raise RuleEnded(f"The rule ended at {rule.ends_at:%Y-%m-%d %H:%M} UTC.", field="rule_id")
            await store.end_rule(tx, rule_id, now=now)
            await self._audit(tx, actor, "routing.end_rule", rule_id)

    async def check(self, wanted: RuleWanted, *, known_channels: Collection[str], latest: int) -> RuleCheck:
        """What a rule would have done to the latest decisions; nothing is written. Refuses `RuleMalformed`."""
        rule = self._rule(wanted, actor="")
        refusal = eligibility.why_malformed(rule, known_channels)
        if refusal is not None:
            raise refusal
        async with self._database.transaction() as tx:
            past = await store.list_decisions(tx, DecisionFilter(limit=latest))
        return what_it_would_do(rule, past)

    def _rule(self, wanted: RuleWanted, actor: str) -> Rule:
        now = self._clock.now()
        return Rule(
            id=new_id("rul"),
            verb=wanted.verb,
            channels=tuple(dict.fromkeys(wanted.channels)),
            expression=wanted.expression.strip(),
            priority=wanted.priority,
            owner=wanted.owner.strip(),
            reason=wanted.reason.strip(),
            starts_at=wanted.starts_at or now,
            ends_at=wanted.ends_at,
            created_at=now,
            created_by=actor,
        )

    async def _audit(self, tx: Transaction, actor: str, action: str, rule_id: str) -> None:
        event = AuditEvent(
            happened_at=self._clock.now(), actor=actor, action=action, object_id=rule_id, result="done"
        )
        await audit.record(tx, [event])


def what_it_would_do(rule: Rule, past: Sequence[PastDecision]) -> RuleCheck:
    """What a rule would have done, alone, to these decisions."""
    compiled = CompiledRule(rule, Expression(rule.expression))
    applies = left_without = errors = 0
    last_error = ""
    changed = []
    for decision in past:
        eligible = [each.channel for each in decision.candidates if each.eligible]
        try:
            meant = eligibility.channels_meant(
                compiled, facts_of(decision.wanted, decision.decided_at), eligible
            )
        except CannotEvaluate as error:
            errors, last_error = errors + 1, str(error)
            continue
        if meant is None:
            continue
        applies += 1
        never = rule.verb is RuleVerb.NEVER
        left = [channel for channel in eligible if (channel in meant) != never]
        if decision.chosen not in left and (left or rule.verb is not RuleVerb.PREFER):
            changed.append(decision.subject)
            left_without += not left
    return RuleCheck(
        decisions=len(past),
        applies=applies,
        would_change=len(changed),
        left_without=left_without,
        errors=errors,
        last_error=last_error,
        examples=changed[:_EXAMPLES],
    )
