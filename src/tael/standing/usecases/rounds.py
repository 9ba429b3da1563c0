"""What comes to pass by itself? Freezes and evidence end, accounts fall asleep, and what is late is told."""

from collections.abc import Callable

from tael.foundation import outbox
from tael.foundation.db import Database, Query
from tael.foundation.events import Event
from tael.standing import store
from tael.standing.events import ObjectionOverdue, RequestOverdue, ReviewOverdue
from tael.standing.model import Kind, NewRestriction, Reason
from tael.standing.rules.dates import months_before
from tael.standing.store import SQL, Overdue
from tael.standing.usecases.desk import PLATFORM, Desk, begin, classify, finish
from tael.standing.usecases.restrictions import restrict

BATCH = 100


async def turn_due(desk: Desk, database: Database) -> int:
    """Write down and tell what has ended; decisions have known it since its moment. Gives how many users it was."""
    done = 0
    while True:
        async with database.transaction() as tx:
            due = await store.due_to_turn(tx, now=desk.clock.now(), limit=BATCH)
        for user_id in due:
            await _turn(desk, database, user_id)
        done += len(due)
        if len(due) < BATCH:
            return done


async def _turn(desk: Desk, database: Database, user_id: str) -> None:
    async with database.transaction() as tx:
        change = await begin(desk, tx, user_id, also_closed=True)
        moved = change.kept.steps != change.before.steps
        if moved and change.before.closed_at is None:
            await classify(desk, tx, change)
        reason = Reason.EVIDENCE_EXPIRED if moved else Reason.OVER
        await finish(tx, change, actor=PLATFORM, what="turned", reason=reason)


async def suspend_dormant(desk: Desk, database: Database) -> int:
    """Suspend accounts that nobody has used since they were opened. Gives how many."""
    now, done = desk.clock.now(), 0
    before = months_before(now, desk.dormancy(now).months)
    while True:
        async with database.transaction() as tx:
            sleeping = await store.dormant(tx, before=before, limit=BATCH)
        for user_id in sleeping:
            async with database.transaction() as tx:
                new = NewRestriction(user_id=user_id, kind=Kind.DORMANCY)
                await restrict(desk, tx, new, actor=PLATFORM)
        done += len(sleeping)
        if len(sleeping) < BATCH:
            return done


async def tell_overdue(desk: Desk, database: Database) -> int:
    """Tell of requests, objections and reviews that are late, once each. Gives how many."""
    now, done = desk.clock.now(), 0
    lists: tuple[tuple[Query, Callable[[Overdue], Event]], ...] = (
        (
            SQL.requests_overdue,
            lambda late: RequestOverdue(
                object_id=late.user_id, happened_at=now, request_id=late.id, due_at=late.due_at
            ),
        ),
        (
            SQL.objections_overdue,
            lambda late: ObjectionOverdue(
                object_id=late.user_id, happened_at=now, objection_id=late.id, due_at=late.due_at
            ),
        ),
        (
            SQL.restrictions_overdue,
            lambda late: ReviewOverdue(
                object_id=late.user_id, happened_at=now, restriction_id=late.id, due_at=late.due_at
            ),
        ),
    )
    for query, fact in lists:
        async with database.transaction() as tx:
            overdue = await store.take_overdue(tx, query, now=now, limit=BATCH)
            await outbox.publish(tx, [fact(each) for each in overdue])
        done += len(overdue)
    return done
