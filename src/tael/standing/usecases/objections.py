"""How does a user object, and who answers? Somebody else than who restricted, within the days that the law gives."""

from datetime import timedelta

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.standing import store
from tael.standing.errors import (
    AskedAlready,
    EndedAlready,
    NothingToAsk,
    OwnRestriction,
    TwoPeopleNeeded,
)
from tael.standing.events import ObjectionAnswered
from tael.standing.model import Kind, Objection, ObjectionState, Reason
from tael.standing.rules.restrictions import TWO_PEOPLE
from tael.standing.usecases.commands import AnswerObjection, Object
from tael.standing.usecases.desk import Desk
from tael.standing.usecases.restrictions import lift, own


async def make_objection(desk: Desk, tx: Transaction, wanted: Object) -> Objection:
    """Say that a restriction is wrong; refuses `NoSuchRestriction`, `EndedAlready`, `NothingToAsk`, `AskedAlready`."""
    restriction = await own(tx, wanted.user_id, wanted.restriction_id)
    now = desk.clock.now()
    if not restriction.holds_at(now):
        raise EndedAlready("The restriction takes nothing any more.", field="restriction_id")
    if restriction.kind is Kind.BY_USER:
        raise NothingToAsk(
            "You have set it yourself.",
            field="restriction_id",
            hint=f"Lift it: POST /v1/me/restrictions/{restriction.id}/lift.",
        )
    objection = Objection(
        id=new_id("obj"),
        user_id=wanted.user_id,
        restriction_id=restriction.id,
        words=wanted.words,
        made_at=now,
        due_at=now + timedelta(days=desk.deadlines(now).objection_days),
        state=ObjectionState.OPEN,
        answered_by=None,
        answered_at=None,
        answer=None,
        overdue_told_at=None,
    )
    if not await store.insert_objection(tx, objection):
        raise AskedAlready("You have objected, and nobody has answered yet.", field="restriction_id")
    return objection


async def answer(desk: Desk, tx: Transaction, wanted: AnswerObjection) -> Objection:
    """Grant an objection, which lifts the restriction, or reject it.

    Refuses `NoSuchObjection`, `EndedAlready`, `OwnRestriction`, and `TwoPeopleNeeded` for what two people lift: when they
    do, the objection is granted with it.
    """
    found = await store.find_objection(tx, wanted.objection_id)
    restriction = await store.find_restriction(tx, found.restriction_id)
    if restriction.set_by.lower() == wanted.actor.lower():
        raise OwnRestriction(f"{wanted.actor} set this restriction.", hint="Ask a colleague to answer.")
    if found.state is not ObjectionState.OPEN:
        raise EndedAlready("Somebody has answered it.", field="objection_id")
    if not wanted.grant:
        return await _reject(desk, tx, found, wanted)
    if restriction.kind in TWO_PEOPLE:
        raise TwoPeopleNeeded(
            "This restriction is given back by two people.",
            hint=f"Propose it: POST /v1/restrictions/{restriction.id}/proposals. Approved, it grants the objection.",
        )
    await lift(
        desk,
        tx,
        restriction.id,
        actor=wanted.actor,
        reason=Reason.OBJECTION_GRANTED,
        answer=wanted.answer,
    )
    return await store.find_objection(tx, found.id)


async def _reject(desk: Desk, tx: Transaction, found: Objection, wanted: AnswerObjection) -> Objection:
    kept = await store.lock(tx, found.user_id)
    now = desk.clock.now()
    rejected = ObjectionState.REJECTED
    if not await store.answer_objection(
        tx, found.id, state=rejected, by=wanted.actor, answer=wanted.answer, now=now
    ):
        raise EndedAlready("Somebody has answered it.", field="objection_id")
    fact = ObjectionAnswered(
        object_id=found.user_id,
        happened_at=now,
        version=kept.version,
        objection_id=found.id,
        restriction_id=found.restriction_id,
        state=rejected,
        answer=wanted.answer,
    )
    await outbox.publish(tx, [fact])
    return await store.find_objection(tx, found.id)
