"""The verbs of routing: decide, keep what was decided, learn what came of it, see how channels do."""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec
import structlog

from tael.channels.model import CallSeen
from tael.channels.port import Capabilities
from tael.foundation.clock import Clock
from tael.foundation.db import CommitUnknown, Database, Transaction
from tael.foundation.errors import Refusal, Unavailable
from tael.routing import decisions, store
from tael.routing.choice import read_policy
from tael.routing.decisions import Knowledge, Moment
from tael.routing.estimates import Forgetting
from tael.routing.health import HealthBoard, HealthTerms, Standing
from tael.routing.model import (
    CapabilitiesOfChannels,
    Decision,
    Health,
    Result,
    Rule,
    RuleFault,
    RuleWanted,
    TermsOfChannels,
    Wanted,
)
from tael.routing.reads import Decisions
from tael.routing.replay import Judgement
from tael.routing.store import DecisionFilter
from tael.routing.usecases.keep_rules import RuleBook, wanted_in
from tael.routing.usecases.refresh_knowledge import read_knowledge, take_lessons
from tael.routing.usecases.try_rules import RulesTrial, compiled_as_if_in_force

__all__ = [
    "DecisionFilter",
    "Decisions",
    "Forgetting",
    "HealthTerms",
    "Judgement",
    "Routing",
    "RuleBook",
    "RuleWanted",
    "RulesTrial",
    "Standing",
    "read_policy",
    "wanted_in",
]

log = structlog.get_logger("tael.routing")

REFRESH_SECONDS = 1.0
FORGET_AT_A_TIME = 1_000


class Routing:
    """Which channel? Decided in memory, on what was read from the database a second ago at most."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channels: CapabilitiesOfChannels,
        terms: TermsOfChannels,
        *,
        policy: str = "best_value",
        dice: Callable[[], float] = random.random,
        health: HealthTerms | None = None,
        forgetting: Forgetting | None = None,
    ) -> None:
        """`dice` gives random numbers from 0 to 1. Refuses `PolicyMalformed`."""
        self._database = database
        self._clock = clock
        self._channels = channels
        self._terms = terms
        self._policy = read_policy(policy)
        self._dice = dice
        self._board = HealthBoard(health)
        self._forgetting = forgetting or Forgetting()
        self._known: Knowledge | None = None
        self._turn = 0
        self._faults: dict[str, RuleFault] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what decisions stand on, and again every second.

        If it cannot be read, the log says why, and `decide` refuses until it can: a process without rules still hears
        what channels have to say, and keeps its books.
        """
        await self._refresh_if_possible()
        self._task = asyncio.create_task(self._keep_refreshing(), name="routing-refresh")

    async def stop(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def decide(self, wanted: Sequence[Wanted]) -> list[Decision | Refusal]:
        """One decision or refusal (`NoChannel`, `FactMalformed`) for each, at once and without asking anybody.

        A refund whose outcome is unknown must never be decided again: it may be on its way.
        """
        known = self._known
        if known is None:
            early = Unavailable("Routing has not read its rules yet.", retry_after_seconds=1)
            return [early for _ in wanted]
        now = self._clock.now()
        at = now.timestamp()

        def health_of(channel: str) -> Health:
            return self._board.health_of(channel, at=at)

        made = []
        for each in wanted:
            moment = Moment(now=now, turn=self._turn, draw=self._dice(), health_of=health_of)
            decision, faults = decisions.decide(each, known, moment)
            made.append(decision)
            self._turn += 1
            for fault in faults:
                self._note(fault)
        return made

    def try_rules(self, wanted: Wanted, rules: Sequence[Rule] | None = None) -> Decision | Refusal:
        """What would be decided now, by the rules in force or as if these were; nothing is counted or written down.

        Every candidate has its probability; which one would be drawn is left to chance. Refuses as `decide` does.
        """
        known = self._known
        if known is None:
            return Unavailable("Routing has not read its rules yet.", retry_after_seconds=1)
        now = self._clock.now()
        if rules is not None:
            compiled = compiled_as_if_in_force(rules, now=now)
            known = Knowledge(known.channels, compiled, known.chances, known.policy)
        moment = Moment(
            now=now,
            turn=self._turn,
            draw=0.0,
            health_of=lambda channel: self._board.health_of(channel, at=now.timestamp()),
        )
        made, _ = decisions.decide(wanted, known, moment)
        return made

    async def keep(self, tx: Transaction, made: Sequence[Decision]) -> None:
        """Write decisions down, in the transaction of what they are for. A second one for a subject is an error."""
        if made:
            await store.insert_decisions(tx, made)

    async def learn(self, tx: Transaction, results: Sequence[Result]) -> None:
        """Write down what came of decisions, in the transaction of what became known. The first result counts.

        Estimates hold it within a second. Subjects about which nothing was decided are passed over.
        """
        if results:
            first = {result.subject: result for result in reversed(results)}
            await store.record_results(tx, list(first.values()), now=self._clock.now())

    async def forget_decisions(self, *, older_than: timedelta, at_a_time: int = FORGET_AT_A_TIME) -> int:
        """Delete what was decided long ago, in small steps; gives how much."""
        before, deleted = self._clock.now() - older_than, 0
        while True:
            async with self._database.transaction() as tx:
                step = await store.forget_decisions(tx, before=before, limit=at_a_time)
            deleted += step
            if step < at_a_time:
                return deleted

    def observe(self, call: CallSeen) -> None:
        """Take a call of a channel into account, whoever made it and for what."""
        self._board.observe(call, at=self._clock.now().timestamp())

    def health(self) -> dict[str, Health]:
        """How every channel is, as this process sees it. Announced maintenance is not in it."""
        at = self._clock.now().timestamp()
        return {name: self._board.health_of(name, at=at) for name in self._channels.names()}

    def channels(self) -> list[str]:
        """The channels that can be used."""
        return self._channels.names()

    def capabilities(self, channel: str) -> Capabilities:
        """What one of them can do."""
        return self._channels.capabilities(channel)

    def standing(self, channel: str) -> Standing:
        """How a channel is as this process sees it by its own calls, with announced maintenance, and why."""
        now = self._clock.now()
        standing = self._board.standing_of(channel, at=now.timestamp())
        rests_until = self._terms.terms(channel).rests_until(now)
        if rests_until is None:
            return standing
        return msgspec.structs.replace(
            standing, health=Health.MAINTENANCE, resting_seconds=(rests_until - now).total_seconds()
        )

    async def refresh(self) -> None:
        """Take new results into account, and read again what decisions stand on."""
        async with self._database.transaction() as tx:
            await take_lessons(tx, clock=self._clock, forgetting=self._forgetting)
        async with self._database.transaction() as tx:
            self._known = await read_knowledge(
                tx,
                channels=self._channels,
                terms=self._terms,
                policy=self._policy,
                clock=self._clock,
                forgetting=self._forgetting,
            )
        if self._faults:
            faults, self._faults = list(self._faults.values()), {}
            async with self._database.transaction() as tx:
                await store.count_faults(tx, faults, now=self._clock.now())

    async def _keep_refreshing(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self._refresh_if_possible()

    async def _refresh_if_possible(self) -> None:
        knows_something = self._known is not None
        try:
            await self.refresh()
        except (Unavailable, CommitUnknown) as error:
            log.warning("routing_refresh_interrupted", reason=str(error), decides=knows_something)
        except Exception:  # decisions go on with what was known; the next round tries again
            log.exception("routing_refresh_failed", decides=knows_something)

    def _note(self, fault: RuleFault) -> None:
        earlier = self._faults.get(fault.rule_id)
        count = fault.count + (earlier.count if earlier is not None else 0)
        self._faults[fault.rule_id] = RuleFault(rule_id=fault.rule_id, count=count, message=fault.message)
