"""How does a rule change while the platform runs? One person proposes a version, another approves it, and it begins later.

Nothing that was in force is ever changed: a version begins at least `AHEAD` after its approval, so that every process has
heard of it by then. What was approved by mistake is undone before it begins by another version for the same moment.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tael.foundation import audit, outbox, proposals
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import LATEST, Clock
from tael.foundation.dated_rules import SQL, DatedRules, RuleVersion, Verified
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Conflict, Malformed, NotFound
from tael.foundation.events import Event
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState

AREA = "rules"
"""How the kinds of these proposals begin: there is one, `rules.change`."""
KIND = f"{AREA}.change"
AHEAD = timedelta(minutes=1)
"""A version begins this long after its approval at the earliest."""


class NoSuchRule(NotFound):
    """No context has a rule of this name."""

    code = "rules.no_such_rule"


class RuleMalformed(Malformed):
    """The value does not have the form of this rule; `field` says where."""

    code = "rules.malformed"


class RuleTooEarly(Conflict):
    """A version would begin in the past, or before every process has heard of it."""

    code = "rules.too_early"


class RuleUnchanged(Conflict):
    """The version says what is in force at that moment anyway."""

    code = "rules.unchanged"


class RuleChanged(Event, frozen=True, kw_only=True, tag="foundation.rule_changed"):
    """A version of a rule was approved. `object_id` is the rule's name; it begins at `effective_from`."""

    effective_from: datetime
    proposal_id: str


class RuleWanted(msgspec.Struct, frozen=True, kw_only=True):
    """A version as it is proposed."""

    name: str
    effective_from: datetime
    value: dict[str, Any]
    source: str
    verified: Verified
    note: str = ""
    """What a reader of the rule should know. Why it changes is said in the proposal's note."""


class ProposeRule(msgspec.Struct, frozen=True, kw_only=True):
    """Ask somebody else to let a version of a rule begin."""

    wanted: RuleWanted
    note: str
    actor: str


class DecideRule(msgspec.Struct, frozen=True, kw_only=True):
    """Say yes, and the version begins at its moment; or no."""

    proposal_id: str
    approve: bool
    digest: str | None
    note: str
    actor: str


Command = ProposeRule | DecideRule


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a rule that would say something else."""

    path: str
    """Such as `classes.II.year_minor`, or `steps[2].name`."""
    before: str | None
    """As JSON; none if the place is new."""
    after: str | None


class RuleChanges:
    """Proposals about the rules of one database, and what becomes of them."""

    def __init__(self, database: Database, clock: Clock, rules: DatedRules) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._clerk = Clerk(database, clock)

    async def answer(
        self,
        call: Call[Command],
        *,
        shown: Callable[[Proposal], tuple[str, msgspec.Struct]],
        status: int = 200,
    ) -> Answer:
        """Propose or decide: what goes over the wire."""
        answer = await self._clerk.answer(call, self._do, shown=shown, status=status)
        await self._rules.refresh()
        return answer

    async def do(self, command: Command) -> Proposal:
        """The same from inside the house. Raises what is refused."""
        async with self._database.transaction() as tx:
            proposal = await self._do(tx, command)
            event = AuditEvent(
                happened_at=self._clock.now(),
                actor=command.actor,
                action=action_of(command),
                object_id=proposal.id,
                result="done",
            )
            await audit.record(tx, [event])
        await self._rules.refresh()
        return proposal

    async def proposals(
        self,
        *,
        name: str | None = None,
        state: ProposalState | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[Proposal]:
        """Proposed versions, newest first; of one rule if its name is given."""
        wanted = ProposalFilter(kind=AREA, subject=name, state=state, before=before, limit=limit)
        async with self._database.transaction() as tx:
            return await proposals.list_proposals(tx, wanted, now=self._clock.now())

    def differences(self, proposal: Proposal) -> Sequence[Difference]:
        """What a proposed version changes, or would, in what is in force when it begins."""
        wanted = wanted_in(proposal)
        if wanted.name not in self._rules.names():
            return differences({}, wanted.value)
        is_in = proposal.state is ProposalState.APPROVED
        moment = wanted.effective_from - timedelta(microseconds=1) if is_in else wanted.effective_from
        before = self._rules.in_force(wanted.name, at=moment)
        return differences({} if before is None else before.value, wanted.value)

    async def _do(self, tx: Transaction, command: Command) -> Proposal:
        if isinstance(command, ProposeRule):
            return await self._propose(tx, command)
        return await self._decide(tx, command)

    async def _propose(self, tx: Transaction, command: ProposeRule) -> Proposal:
        """Refuses `NoSuchRule`, `RuleMalformed`, `RuleTooEarly`, `RuleUnchanged`, `ProposalMalformed`."""
        self._check(command.wanted)
        return await proposals.propose(
            tx,
            kind=KIND,
            subject=command.wanted.name,
            content=msgspec.json.encode(command.wanted, order="deterministic"),
            note=command.note,
            by=command.actor,
            now=self._clock.now(),
        )

    async def _decide(self, tx: Transaction, command: DecideRule) -> Proposal:
        """Refuses what `proposals.decide` does, and for a yes what proposing it now would be refused for."""
        await tx.tuples(SQL.hold_dated_rules)
        now = self._clock.now()
        proposal = await proposals.decide(
            tx,
            command.proposal_id,
            approve=command.approve,
            by=command.actor,
            note=command.note,
            now=now,
            digest=command.digest,
            kind=AREA,
        )
        if proposal.state is not ProposalState.APPROVED:
            return proposal
        wanted = wanted_in(proposal)
        self._check(wanted)
        await tx.run(
            SQL.insert_dated_rule,
            **(msgspec.structs.asdict(wanted) | {"value": msgspec.json.encode(wanted.value).decode()}),
            proposal_id=proposal.id,
            proposed_by=proposal.proposed_by,
            approved_by=command.actor,
            approved_at=now,
        )
        changed = RuleChanged(
            object_id=wanted.name,
            happened_at=now,
            effective_from=wanted.effective_from,
            proposal_id=proposal.id,
        )
        await outbox.publish(tx, [changed])
        return proposal

    def _check(self, wanted: RuleWanted) -> None:
        if wanted.name not in self._rules.names():
            raise NoSuchRule(
                f"There is no rule {wanted.name[:60]!r}.", field="name", hint="See `tael rules list`."
            )
        try:
            value = self._rules.converted(wanted.name, wanted.value)
        except msgspec.ValidationError as error:
            raise _malformed(str(error)) from None
        earliest = self._clock.now() + AHEAD
        if wanted.effective_from < earliest:
            raise RuleTooEarly(
                f"A version begins {AHEAD.seconds // 60} minute after its approval at the earliest.",
                field="effective_from",
                hint=f"After {earliest:%Y-%m-%dT%H:%M:%SZ}. What was in force stays what it was.",
            )
        if wanted.effective_from >= LATEST:
            raise RuleMalformed("This moment lies too far ahead.", field="effective_from")
        if not wanted.source.strip():
            raise RuleMalformed("Say which document and article this is from.", field="source")
        before = self._rules.in_force(wanted.name, at=wanted.effective_from)
        if before is not None and _is_the_same(
            before, wanted, self._rules.converted(wanted.name, before.value), value
        ):
            raise RuleUnchanged("The rule says this already at that moment.", field="value")


def action_of(command: Command) -> str:
    """A command in the words of the audit trail."""
    return "rules.propose" if isinstance(command, ProposeRule) else "rules.decide"


def wanted_in(proposal: Proposal) -> RuleWanted:
    """The version that a proposal of ours holds."""
    return msgspec.json.decode(proposal.content, type=RuleWanted)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[Difference]:
    """Place by place, in the order of their names."""
    old, new = _leaves(before), _leaves(after)
    return [
        Difference(path=path, before=old.get(path), after=new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def _leaves(value: object, path: str = "") -> dict[str, str]:
    if isinstance(value, Mapping) and value:
        dot = "." if path else ""
        return {k: v for name in value for k, v in _leaves(value[name], f"{path}{dot}{name}").items()}
    if isinstance(value, list) and value:
        return {k: v for i, each in enumerate(value) for k, v in _leaves(each, f"{path}[{i}]").items()}
    return {path: msgspec.json.encode(value).decode()} if path else {}


def _is_the_same(before: RuleVersion, wanted: RuleWanted, old: msgspec.Struct, new: msgspec.Struct) -> bool:
    return old == new and (before.source, before.verified, before.note) == (
        wanted.source,
        wanted.verified,
        wanted.note,
    )


def _malformed(said: str) -> RuleMalformed:
    """What msgspec says, `Expected int, got str - at $.classes[1].year_minor` as a refusal that points there."""
    what, _, where = said.partition(" - at `$")
    path = where.rstrip("`").lstrip(".")
    return RuleMalformed(f"{what}{path and f': {path}'}.", field=f"value{where.rstrip('`')}")
