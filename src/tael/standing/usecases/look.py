"""What do users and members of staff see of a standing? Questions that change nothing."""

from collections.abc import Sequence

from tael.foundation import proposals
from tael.foundation.db import Database
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState
from tael.standing import store
from tael.standing.errors import EndedAlready, NoStanding
from tael.standing.model import (
    ChangeRequest,
    Entry,
    Glance,
    GlanceFilter,
    HeardSignal,
    Objection,
    ObjectionState,
    Permission,
    RequestState,
    Restriction,
    View,
)
from tael.standing.rules import table
from tael.standing.rules.classes import counting, independent
from tael.standing.store import RestrictionFilter
from tael.standing.usecases.desk import Desk
from tael.standing.usecases.proposed import AREA
from tael.standing.usecases.restrictions import own, own_to_lift


class Reads:
    """The questions about standings."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk

    async def view(self, user_id: str) -> View:
        """All about one user; refuses `NoStanding`."""
        now = self._desk.clock.now()
        async with self._database.transaction() as tx:
            kept = (await store.find(tx, [user_id])).get(user_id)
            if kept is None:
                raise NoStanding(f"There is no user {user_id[:40]!r}.", field="user_id")
            wanted = RestrictionFilter(user_id=user_id, in_force=True, limit=200)
            restrictions = await store.list_restrictions(tx, wanted, now=now)
            evidence = await store.list_evidence(tx, user_id)
        classes = self._desk.classes(now)
        step = next((each for each in kept.steps if each.until is None or now < each.until), None)
        return View(
            kept=kept,
            account_class=kept.class_at(now),
            state=table.state_at(kept, now),
            terms=classes.terms(kept.class_at(now)),
            class_until=None if step is None else step.until,
            limits=table.effective_limits(kept.limits, self._desk.limits(now)),
            refusals=tuple(
                (each, table.why_not(kept, each, classes=classes, now=now)) for each in Permission
            ),
            restrictions=tuple(restrictions),
            evidence=tuple(evidence),
            independent_sources=independent(
                counting(evidence, classes=classes, at=now), groups=self._desk.groups(now)
            ),
        )

    async def page(self, wanted: GlanceFilter) -> Sequence[Glance]:
        """Users by class and state, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_glances(tx, wanted)

    async def history(self, user_id: str, *, before: int | None, limit: int) -> Sequence[Entry]:
        """What has changed, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_history(tx, user_id, before=before, limit=limit)

    async def signals(self, user_id: str, *, before: int | None, limit: int) -> Sequence[HeardSignal]:
        """What spoke for or against a user, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_signals(tx, user_id, before=before, limit=limit)

    async def restriction(self, id: str, *, user_id: str | None = None) -> Restriction:
        """One restriction; of one user if one is named. Refuses `NoSuchRestriction`."""
        async with self._database.transaction() as tx:
            if user_id is not None:
                return await own(tx, user_id, id)
            return await store.find_restriction(tx, id)

    async def own_to_lift(self, id: str, *, user_id: str) -> Restriction:
        """A restriction that a user can lift; refuses `NoSuchRestriction`, `NotYoursToLift`, `EndedAlready`."""
        async with self._database.transaction() as tx:
            found = await own_to_lift(tx, user_id, id)
        if not found.holds_at(self._desk.clock.now()):
            raise EndedAlready("The restriction takes nothing any more.", field="restriction_id")
        return found

    async def restrictions(self, wanted: RestrictionFilter) -> Sequence[Restriction]:
        """Restrictions, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_restrictions(tx, wanted, now=self._desk.clock.now())

    async def requests(
        self, *, user_id: str | None, state: RequestState | None, after: str | None, limit: int
    ) -> Sequence[ChangeRequest]:
        """Requests by what is due first: what is late comes before all else."""
        async with self._database.transaction() as tx:
            return await store.list_requests(tx, user_id=user_id, state=state, after=after, limit=limit)

    async def request(self, id: str) -> ChangeRequest:
        """One request, whose ever it is; refuses `NoSuchRequest`."""
        async with self._database.transaction() as tx:
            return await store.find_request(tx, id)

    async def objection(self, id: str) -> Objection:
        """One objection, whose ever it is; refuses `NoSuchObjection`."""
        async with self._database.transaction() as tx:
            return await store.find_objection(tx, id)

    async def own_requests(self, user_id: str, *, before: str | None, limit: int) -> Sequence[ChangeRequest]:
        """A user's requests, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_own_requests(tx, user_id, before=before, limit=limit)

    async def objections(
        self, *, user_id: str | None, state: ObjectionState | None, after: str | None, limit: int
    ) -> Sequence[Objection]:
        """Objections by what is due first: what is late comes before all else."""
        async with self._database.transaction() as tx:
            return await store.list_objections(tx, user_id=user_id, state=state, after=after, limit=limit)

    async def own_objections(self, user_id: str, *, before: str | None, limit: int) -> Sequence[Objection]:
        """A user's objections, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_own_objections(tx, user_id, before=before, limit=limit)

    async def proposals(
        self, *, state: ProposalState | None, before: str | None, limit: int
    ) -> Sequence[Proposal]:
        """What was proposed to be lifted or raised, newest first."""
        wanted = ProposalFilter(kind=AREA, state=state, before=before, limit=limit)
        async with self._database.transaction() as tx:
            return await proposals.list_proposals(tx, wanted, now=self._desk.clock.now())
