"""What do partners do by themselves? Canaries step back, runs of check-lists are made, somebody is reminded.

Each round is safe to run twice, and by two workers at a time.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.partners import store
from tael.partners.events import CanarySteppedBack, DeadlineNear
from tael.partners.model import (
    Certificate,
    Checklist,
    Deadline,
    Move,
    Partner,
    Reminder,
    Run,
    State,
    Step,
)
from tael.partners.rules import way
from tael.partners.rules.deadlines import HORIZON, distance_reached
from tael.partners.store import SQL
from tael.partners.usecases.desk import Desk, Doing
from tael.partners.usecases.four_eyes import sample_of
from tael.partners.usecases.walk import begin_step

GUARD = "partners:guard"
"""Who steps back, in the audit trail."""
STEP_BACK = "partners.step_back"
RUNS_AHEAD = timedelta(days=14)
"""So long before its due day a run is made, so that there is time to do it."""
_PAGE = 500


async def judge_canary(desk: Desk, tx: Transaction, channel: str) -> Partner | None:
    """Let a canary step back that failed its guard: no traffic, and its acceptance has to be looked at again.

    Gives the partner if it stepped back.
    """
    doing = Doing(desk, tx, about=channel, actor=GUARD)
    partner = await doing.partner()
    if partner.state is not State.CANARY or partner.guard is None:
        return None
    calls, failures = await sample_of(doing, partner)
    if not way.failed_its_guard(partner, calls=calls, failures=failures):
        return None
    owner = next(each.owner for each in await store.steps_of(tx, channel) if each.step is Step.CANARY)
    after = await doing.move(partner, Move.STEP_BACK)
    await begin_step(doing, after, owner=owner, due_on=None)
    await doing.remember(STEP_BACK, channel=channel, note=f"{failures} of {calls} calls failed")
    await audit.record(
        tx,
        [AuditEvent(happened_at=doing.now, actor=GUARD, action=STEP_BACK, object_id=channel, result="done")],
    )
    event = CanarySteppedBack(
        object_id=channel,
        happened_at=doing.now,
        calls=calls,
        failures=failures,
        largest_failure_basis_points=partner.guard.largest_failure_basis_points,
    )
    await outbox.publish(tx, [event])
    return after


async def make_runs(desk: Desk, tx: Transaction) -> int:
    """Make the runs of check-lists that are due soon; gives how many."""
    until = (desk.clock.now() + RUNS_AHEAD).date()
    made = 0
    for checklist in await tx.rows(SQL.checklists_due, Checklist, until=until):
        due_on = checklist.next_due_on
        while due_on <= until:
            run = Run(
                id=new_id("run"),
                checklist_id=checklist.id,
                channel=checklist.channel,
                name=checklist.name,
                owner=checklist.owner,
                items=checklist.items,
                due_on=due_on,
            )
            made += await store.write(tx, SQL.insert_run, run)
            due_on += timedelta(days=checklist.every_days)
        await tx.run(SQL.set_next_due, id=checklist.id, next_due_on=due_on)
    return made


async def remind(desk: Desk, tx: Transaction) -> int:
    """Tell of each deadline that has come nearer than one of its distances; gives how many were told."""
    now = desk.clock.now()
    told = []
    until = now + HORIZON + timedelta(days=1)
    async for deadline in _all_deadlines(tx, until=until, in_use=desk.certificates()):
        days = distance_reached(deadline.kind, deadline.due_at, now)
        if days is None:
            continue
        reminder = Reminder(seq=0, days_before=days, raised_at=now, **msgspec.structs.asdict(deadline))
        if await store.write(tx, SQL.insert_reminder, reminder):
            told.append(_event(reminder))
    await outbox.publish(tx, told)
    return len(told)


async def _all_deadlines(
    tx: Transaction, *, until: datetime, in_use: Sequence[Certificate]
) -> AsyncIterator[Deadline]:
    last: tuple[datetime, str, str] | None = None
    while page := await store.deadlines(tx, until=until, after=last, told=in_use, limit=_PAGE):
        for deadline in page:
            yield deadline
        last = page[-1].due_at, page[-1].kind, page[-1].object_id


def _event(reminder: Reminder) -> DeadlineNear:
    return DeadlineNear(
        object_id=reminder.channel,
        happened_at=reminder.raised_at,
        kind=reminder.kind,
        what=reminder.what,
        about=reminder.object_id,
        owner=reminder.owner,
        due_at=reminder.due_at,
        days_before=reminder.days_before,
    )
