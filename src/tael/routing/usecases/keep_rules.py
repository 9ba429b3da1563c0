"""What do operations say about channels? Rules come and end in numbered changes: one proposes, another approves.

A rule is never changed: another one comes, and it ends. So the rules after each change can be read for ever.
"""

from collections.abc import Collection, Sequence

import msgspec

from tael.foundation import audit, proposals
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState
from tael.routing import eligibility, store
from tael.routing.errors import (
    NoSuchRule,
    NoSuchRules,
    RuleEnded,
    RuleMalformed,
    RulesChangedMeanwhile,
    RulesTakeTwo,
)
from tael.routing.model import Decision, Rule, RuleChange, Rules, RulesWanted, RuleWanted
from tael.routing.store import DecisionFilter
from tael.routing.usecases.try_rules import RulesTrial, what_they_would_do

KIND = "routing.rules"
SUBJECT = "rules"
MOST_AT_ONCE = 50
"""Rules that come or end with one change."""


class RuleBook:
    """The rules of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # Questions.

    async def everything(self) -> list[Rule]:
        """All rules, also those that are over, the highest priority first."""
        async with self._database.transaction() as tx:
            return await store.list_rules(tx)

    async def current(self) -> Rules:
        """The rules that hold now, or will."""
        async with self._database.transaction() as tx:
            return await self._current(tx)

    async def after(self, number: int) -> Rules:
        """The rules as the change of that number left them; refuses `NoSuchRules`."""
        async with self._database.transaction() as tx:
            change = await store.find_change(tx, number)
            if change is None:
                raise NoSuchRules(f"There is no change {number} of the rules.", field="number")
            rules = await store.rules_after(tx, number, at=change.changed_at)
        return Rules(number=number, change=change, rules=rules)

    async def changes(self, *, before: int | None = None, limit: int = 50) -> list[RuleChange]:
        """What was changed, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_changes(tx, before=before, limit=limit)

    async def proposals(
        self, *, state: ProposalState | None = None, before: str | None = None, limit: int = 50
    ) -> Sequence[Proposal]:
        """What was proposed, newest first; `wanted_in` reads it."""
        wanted = ProposalFilter(kind=KIND, state=state, before=before, limit=limit)
        async with self._database.transaction() as tx:
            return await proposals.list_proposals(tx, wanted, now=self._clock.now())

    async def proposal(self, id: str) -> Proposal:
        """One proposal about rules; refuses `NoSuchProposal`."""
        async with self._database.transaction() as tx:
            return await proposals.get(tx, id, now=self._clock.now(), kind=KIND)

    # Changes.

    async def propose(
        self, wanted: RulesWanted, *, note: str, known_channels: Collection[str], actor: str
    ) -> Proposal:
        """Ask somebody else for a change; refuses what the change itself would be refused for now."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            await self._plan(tx, wanted, known_channels=known_channels, actor=actor)
            proposal = await proposals.propose(
                tx,
                kind=KIND,
                subject=SUBJECT,
                content=msgspec.json.encode(wanted),
                note=note,
                by=actor,
                now=now,
            )
            await self._audit(tx, actor, "routing.propose_rules", proposal.id)
        return proposal

    async def decide(
        self,
        proposal_id: str,
        *,
        approve: bool,
        note: str,
        digest: str | None,
        known_channels: Collection[str],
        actor: str,
    ) -> tuple[Proposal, int | None]:
        """Say yes, which does it everywhere within a second, or no; the number of the change if it took place.

        Refuses `NoSuchProposal`, `SameEyes`, `ProposalEnded`, `ProposalDiffers`, `RulesChangedMeanwhile`, and what the
        change itself is refused for.
        """
        async with self._database.transaction() as tx:
            proposal = await proposals.decide(
                tx,
                proposal_id,
                approve=approve,
                by=actor,
                note=note,
                now=self._clock.now(),
                digest=digest,
                kind=KIND,
            )
            if not approve:
                await self._audit(tx, actor, "routing.refuse_rules", proposal_id)
                return proposal, None
            wanted = wanted_in(proposal)
            added = await self._plan(tx, wanted, known_channels=known_channels, actor=proposal.proposed_by)
            change = RuleChange(
                number=wanted.based_on + 1,
                changed_at=self._clock.now(),
                proposal_id=proposal.id,
                proposed_by=proposal.proposed_by,
                approved_by=actor,
                note=proposal.note,
            )
            await _carry_out(tx, change, added, wanted.end)
            await self._audit(tx, actor, "routing.approve_rules", proposal_id)
        return proposal, change.number

    async def add(
        self,
        wanted: RuleWanted,
        *,
        known_channels: Collection[str],
        actor: str,
        real_money: Collection[str] = (),
    ) -> Rule:
        """A new rule by one person, in force everywhere a second after it starts; refuses `RuleMalformed`, and
        `RulesTakeTwo` if there are channels of `real_money`.
        """
        _check_alone(real_money)
        async with self._database.transaction() as tx:
            rules = await self._locked(tx)
            all_of_it = RulesWanted(add=(wanted,), based_on=rules.number)
            [rule] = await self._plan(tx, all_of_it, known_channels=known_channels, actor=actor)
            await _carry_out(tx, self._alone(rules, actor, rule.reason), [rule], ())
            await self._audit(tx, actor, "routing.add_rule", rule.id)
        return rule

    async def end(self, rule_id: str, *, actor: str, real_money: Collection[str] = ()) -> None:
        """Let a rule count no longer; it stays to be read. Refuses `NoSuchRule`, `RuleEnded`, `RulesTakeTwo`."""
        _check_alone(real_money)
        async with self._database.transaction() as tx:
            rules = await self._locked(tx)
            await self._check_endable(tx, rule_id)
            await _carry_out(tx, self._alone(rules, actor, f"end {rule_id}"), (), (rule_id,))
            await self._audit(tx, actor, "routing.end_rule", rule_id)

    # Trials.

    async def with_change(self, wanted: RulesWanted, *, known_channels: Collection[str]) -> list[Rule]:
        """All rules as a change would leave them; nothing is written. Refuses what the change would be refused for."""
        async with self._database.transaction() as tx:
            added = await self._plan(tx, wanted, known_channels=known_channels, actor="", lock=False)
            rules = (await self._current(tx)).rules
        return [rule for rule in rules if rule.id not in wanted.end] + added

    async def try_on_decisions(self, rules: Sequence[Rule], *, latest: int) -> RulesTrial:
        """What these rules, all in force, would have done to the latest decisions."""
        async with self._database.transaction() as tx:
            past: Sequence[Decision] = await store.list_decisions(tx, DecisionFilter(limit=latest))
        return await what_they_would_do(rules, past, now=self._clock.now())

    # Inside a transaction.

    async def _current(self, tx: Transaction) -> Rules:
        change = await store.latest_change(tx)
        number = change.number if change is not None else 0
        rules = await store.rules_after(tx, number, at=self._clock.now())
        return Rules(number=number, change=change, rules=rules)

    async def _locked(self, tx: Transaction) -> Rules:
        await store.lock_rules(tx)
        return await self._current(tx)

    async def _plan(
        self,
        tx: Transaction,
        wanted: RulesWanted,
        *,
        known_channels: Collection[str],
        actor: str,
        lock: bool = True,
    ) -> list[Rule]:
        """The rules that would come. Writes nothing; refuses all that stands against the change."""
        rules = await self._locked(tx) if lock else await self._current(tx)
        if wanted.based_on != rules.number:
            raise RulesChangedMeanwhile(
                f"The rules were changed meanwhile: they are number {rules.number}, not {wanted.based_on}.",
                field="based_on",
                hint="Read them again, try the change, and propose it anew.",
            )
        if not 1 <= len(wanted.add) + len(wanted.end) <= MOST_AT_ONCE:
            raise RuleMalformed(f"A change is about 1 to {MOST_AT_ONCE} rules.", field="add")
        if len(set(wanted.end)) < len(wanted.end):
            raise RuleMalformed("A rule ends once.", field="end")
        for rule_id in wanted.end:
            await self._check_endable(tx, rule_id)
        added = [self._rule(each, actor) for each in wanted.add]
        for place, rule in enumerate(added):
            refusal = eligibility.why_malformed(rule, known_channels)
            if refusal is not None:
                raise refusal if len(added) == 1 else _at(place, refusal)
        return added

    async def _check_endable(self, tx: Transaction, rule_id: str) -> None:
        rule = await store.lock_rule(tx, rule_id)
        if rule is None:
            raise NoSuchRule(f"There is no rule {rule_id[:40]}.", field="rule_id")
        if rule.ends_at is not None and rule.ends_at <= self._clock.now():
            raise RuleEnded(f"The rule ended at {rule.ends_at:%Y-%m-%d %H:%M} UTC.", field="rule_id")

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

    def _alone(self, rules: Rules, actor: str, note: str) -> RuleChange:
        return RuleChange(
            number=rules.number + 1,
            changed_at=self._clock.now(),
            proposed_by=actor,
            approved_by=actor,
            note=note,
        )

    async def _audit(self, tx: Transaction, actor: str, action: str, object_id: str) -> None:
        event = AuditEvent(
            happened_at=self._clock.now(), actor=actor, action=action, object_id=object_id, result="done"
        )
        await audit.record(tx, [event])


def wanted_in(proposal: Proposal) -> RulesWanted:
    """The change that a proposal of ours holds."""
    return msgspec.json.decode(proposal.content, type=RulesWanted)


async def _carry_out(
    tx: Transaction, change: RuleChange, added: Sequence[Rule], ended: Sequence[str]
) -> None:
    await store.insert_change(tx, change)
    for rule in added:
        await store.insert_rule(tx, msgspec.structs.replace(rule, added_in=change.number))
    for rule_id in ended:
        await store.end_rule(tx, rule_id, ended_in=change.number, now=change.changed_at)


def _check_alone(real_money: Collection[str]) -> None:
    if real_money:
        raise RulesTakeTwo(
            f"{', '.join(sorted(real_money))} move real money: a rule about where it goes takes two people.",
            hint="Propose it; somebody else approves. A maintenance window takes one person.",
        )


def _at(place: int, refusal: Refusal) -> Refusal:
    return type(refusal)(refusal.message, field=f"add.{place}.{refusal.field}", hint=refusal.hint)
