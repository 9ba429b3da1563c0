"""How are windows, policy changes, check-lists and drills kept, from the plan to the result?"""

import msgspec

from tael.foundation.ids import new_id
from tael.partners import store
from tael.partners.errors import EndedAlready, NoSuchRecord, PartnerMalformed, TooEarly
from tael.partners.model import (
    Checklist,
    Document,
    Drill,
    DrillState,
    PolicyChange,
    PolicyState,
    Run,
    Window,
)
from tael.partners.schemas import (
    AnswerItem,
    ApplyPolicyChange,
    CancelDrill,
    CancelWindow,
    MakeChecklist,
    PlanDrill,
    RecordDrill,
    RecordPolicyChange,
    RetireChecklist,
    ReviewPolicyChange,
    ScheduleWindow,
)
from tael.partners.store import SQL
from tael.partners.usecases.desk import Doing


async def schedule_window(doing: Doing, command: ScheduleWindow) -> Window:
    """The channel rests for a time; refuses `PartnerMalformed`."""
    partner = await doing.partner()
    if command.ends_at <= max(command.starts_at, doing.now):
        raise PartnerMalformed("A window ends after it begins, and not in the past.", field="ends_at")
    window = Window(
        id=new_id("win"),
        channel=partner.channel,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        reason=command.reason,
        scheduled_by=doing.actor,
        scheduled_at=doing.now,
    )
    await store.write(doing.tx, SQL.insert_window, window)
    return window


async def cancel_window(doing: Doing, _command: CancelWindow) -> Window:
    """It will be used after all, or from now on again; refuses `NoSuchRecord`, `EndedAlready`."""
    window = await store.find(doing.tx, SQL.find_window, Window, doing.about)
    if window.cancelled_at is not None or window.ends_at <= doing.now:
        raise EndedAlready(f"{window.id} is over already.")
    await doing.tx.run(SQL.cancel_window, id=window.id, cancelled_at=doing.now)
    return msgspec.structs.replace(window, cancelled_at=doing.now)


async def record_policy_change(doing: Doing, command: RecordPolicyChange) -> PolicyChange:
    """Write down what was announced."""
    partner = await doing.partner()
    change = PolicyChange(
        id=new_id("pol"),
        channel=partner.channel,
        title=command.title,
        source=command.source,
        summary=command.summary,
        announced_on=command.announced_on,
        effective_on=command.effective_on,
        state=PolicyState.ANNOUNCED,
        recorded_by=doing.actor,
        recorded_at=doing.now,
    )
    await store.write(doing.tx, SQL.insert_policy_change, change)
    return change


async def review_policy_change(doing: Doing, command: ReviewPolicyChange) -> PolicyChange:
    """Decide what to do; refuses `NoSuchRecord`, `EndedAlready` if it was reviewed before."""
    change = await store.find(doing.tx, SQL.find_policy_change, PolicyChange, doing.about)
    if change.state is not PolicyState.ANNOUNCED:
        raise EndedAlready(f"{change.id} was reviewed by {change.reviewed_by} already.")
    reviewed = msgspec.structs.replace(
        change,
        state=PolicyState.REVIEWED if command.something_to_do else PolicyState.NOTHING_TO_DO,
        reviewed_by=doing.actor,
        reviewed_at=doing.now,
        decision=command.decision,
    )
    await store.write(doing.tx, SQL.update_policy_change, reviewed)
    return reviewed


async def apply_policy_change(doing: Doing, _command: ApplyPolicyChange) -> PolicyChange:
    """What was decided is done; refuses `NoSuchRecord`, `TooEarly`, `EndedAlready`."""
    change = await store.find(doing.tx, SQL.find_policy_change, PolicyChange, doing.about)
    if change.state is PolicyState.ANNOUNCED:
        raise TooEarly(f"{change.id} has not been reviewed yet.", hint="Decide first what to do about it.")
    if change.state is not PolicyState.REVIEWED:
        raise EndedAlready(f"{change.id} is {change.state} already.")
    applied = msgspec.structs.replace(
        change, state=PolicyState.APPLIED, applied_by=doing.actor, applied_at=doing.now
    )
    await store.write(doing.tx, SQL.update_policy_change, applied)
    return applied


async def make_checklist(doing: Doing, command: MakeChecklist) -> Checklist:
    """From now on a run is made for each due day; refuses `PartnerMalformed`."""
    partner = await doing.partner()
    if command.first_due_on < doing.today:
        raise PartnerMalformed("The first run is not due in the past.", field="first_due_on")
    checklist = Checklist(
        id=new_id("chk"),
        channel=partner.channel,
        name=command.name,
        owner=command.owner,
        items=command.items,
        every_days=command.every_days,
        next_due_on=command.first_due_on,
        created_by=doing.actor,
        created_at=doing.now,
    )
    await store.write(doing.tx, SQL.insert_checklist, checklist)
    return checklist


async def retire_checklist(doing: Doing, _command: RetireChecklist) -> Checklist:
    """No further runs; those that there are stay to be done. Refuses `NoSuchRecord`, `EndedAlready`."""
    checklist = await store.find(doing.tx, SQL.find_checklist, Checklist, doing.about)
    if checklist.retired_at is not None:
        raise EndedAlready(f"{checklist.id} was retired already.")
    await doing.tx.run(SQL.retire_checklist, id=checklist.id, retired_at=doing.now)
    return msgspec.structs.replace(checklist, retired_at=doing.now)


async def answer_item(doing: Doing, command: AnswerItem) -> Run:
    """Answer an item; with the last one the run is done. Refuses `NoSuchRecord`, `EndedAlready`, `PartnerMalformed`."""
    run = await store.find(doing.tx, SQL.find_run, Run, doing.about)
    if run.done_at is not None:
        raise EndedAlready(f"{run.id} was done on {run.done_at:%Y-%m-%d} already.")
    if command.item > len(run.items):
        raise PartnerMalformed(f"The list has {len(run.items)} items.", field="item")
    if command.document_id is not None:
        document = await store.find(doing.tx, SQL.find_document, Document, command.document_id)
        if document.channel != run.channel:
            raise NoSuchRecord(f"{run.channel} has no such document.", field="document_id")
    await doing.tx.run(
        SQL.insert_answer,
        run_id=run.id,
        item=command.item,
        result=command.result,
        evidence=command.evidence,
        document_id=command.document_id,
        answered_by=doing.actor,
        answered_at=doing.now,
    )
    [run] = await store.with_answers(doing.tx, [run])
    if run.complete:
        await doing.tx.run(SQL.finish_run, id=run.id, done_at=doing.now)
        run = msgspec.structs.replace(run, done_at=doing.now)
    return run


async def plan_drill(doing: Doing, command: PlanDrill) -> Drill:
    """Plan to practise; refuses `PartnerMalformed`."""
    partner = await doing.partner()
    if command.planned_for < doing.now:
        raise PartnerMalformed("A drill is planned for a time to come.", field="planned_for")
    drill = Drill(
        id=new_id("drl"),
        channel=partner.channel,
        scenario=command.scenario,
        planned_for=command.planned_for,
        planned_by=doing.actor,
        state=DrillState.PLANNED,
    )
    await store.write(doing.tx, SQL.insert_drill, drill)
    return drill


async def record_drill(doing: Doing, command: RecordDrill) -> Drill:
    """How it went; refuses `NoSuchRecord`, `EndedAlready`."""
    drill = await _planned_drill(doing)
    ran = msgspec.structs.replace(
        drill,
        state=DrillState.PASSED if command.passed else DrillState.FAILED,
        ran_at=doing.now,
        run_by=doing.actor,
        recovery_seconds=command.recovery_seconds,
        findings=command.findings,
    )
    await store.write(doing.tx, SQL.update_drill, ran)
    return ran


async def cancel_drill(doing: Doing, _command: CancelDrill) -> Drill:
    """It will not take place; refuses `NoSuchRecord`, `EndedAlready`."""
    drill = msgspec.structs.replace(await _planned_drill(doing), state=DrillState.CANCELLED)
    await store.write(doing.tx, SQL.update_drill, drill)
    return drill


async def _planned_drill(doing: Doing) -> Drill:
    drill = await store.find(doing.tx, SQL.find_drill, Drill, doing.about)
    if drill.state is not DrillState.PLANNED:
        raise EndedAlready(f"{drill.id} has {drill.state} already.")
    return drill
