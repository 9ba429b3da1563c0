"""What was decided, and what would another policy have brought? Questions that change nothing."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

from tael.foundation.db import Database
from tael.foundation.errors import Malformed
from tael.routing import store
from tael.routing.choice import Policy
from tael.routing.errors import NoSuchDecision, NothingToJudge
from tael.routing.model import PastDecision, Traffic
from tael.routing.replay import Judgement, Trial
from tael.routing.store import DecisionFilter

LARGEST_PAGE = 500
_AT_A_TIME = 1_000


class Decisions:
    """The decisions of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: DecisionFilter) -> list[PastDecision]:
        """Decisions, newest first; the next page is asked for by the last one's id."""
        if not 1 <= wanted.limit <= LARGEST_PAGE:
            raise Malformed(f"A page has 1 to {LARGEST_PAGE} decisions.", field="limit")
        async with self._database.transaction() as tx:
            return await store.list_decisions(tx, wanted)

    async def find(self, id: str) -> PastDecision:
        """One decision; refuses `NoSuchDecision`."""
        async with self._database.transaction() as tx:
            found = await store.find_decision(tx, id)
        if found is None:
            raise NoSuchDecision(f"There is no decision {id[:40]}.", field="id")
        return found

    async def traffic(self, *, since: datetime) -> list[Traffic]:
        """How payments went over each channel and scene that were decided since then, whichever process did."""
        async with self._database.transaction() as tx:
            return await store.traffic_since(tx, since)

    async def about(self, subject: str) -> PastDecision | None:
        """What was decided for an attempt, refund or payout."""
        async with self._database.transaction() as tx:
            return await store.decision_about(tx, subject)

    async def count(self, *, since: datetime, until: datetime) -> int:
        """How many decisions about payments have a result that says something."""
        async with self._database.transaction() as tx:
            return await store.count_results_between(tx, since=since, until=until)

    async def with_results(self, *, since: datetime, until: datetime) -> AsyncIterator[PastDecision]:
        """These decisions, oldest first. Read page by page: the table may be large, and no view of it is held open."""
        after = ""
        while True:
            async with self._database.transaction() as tx:
                page = await store.results_between(
                    tx, since=since, until=until, after=after, limit=_AT_A_TIME
                )
            for decision in page:
                yield decision
            if len(page) < _AT_A_TIME:
                return
            since, after = page[-1].decided_at, page[-1].id

    async def judge(
        self,
        policy: Policy,
        *,
        since: datetime,
        until: datetime,
        heard: Callable[[PastDecision], None] = lambda _: None,
    ) -> Judgement:
        """What a policy would have brought; refuses `NothingToJudge`. `heard` is told of each decision."""
        trial = Trial(policy)
        async for decision in self.with_results(since=since, until=until):
            trial.hear(decision)
            heard(decision)
        judgement = trial.judgement()
        if judgement is None:
            raise NothingToJudge(
                f"No decision between {since:%Y-%m-%d %H:%M} and {until:%Y-%m-%d %H:%M} UTC has a result.",
                hint="Decisions count once their payments have succeeded or failed.",
            )
        return judgement
