"""How is something taken from a user, looked at by a second person, and given back?"""

import hashlib

import msgspec

from tael.foundation import proposals
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.foundation.proposals import Proposal
from tael.standing import store
from tael.standing.errors import (
    EndedAlready,
    NoSuchRestriction,
    NotYoursToLift,
    OwnRestriction,
    RestrictionMalformed,
    ReviewedAlready,
    TwoPeopleNeeded,
)
from tael.standing.events import ObjectionAnswered, RestrictionSet
from tael.standing.model import (
    REASON_WORDS,
    InForce,
    Kind,
    Lift,
    NewRestriction,
    ObjectionState,
    Reason,
    Restriction,
    as_told,
)
from tael.standing.rules import restrictions as rules
from tael.standing.rules import table
from tael.standing.rules.dates import end_of_working_day
from tael.standing.usecases.commands import (
    Freeze,
    LiftRestriction,
    ProposeLift,
    ReviewRestriction,
    SetRestriction,
    Thaw,
)
from tael.standing.usecases.desk import Change, Desk, begin, finish, lifted

KIND = "users.lift_restriction"
"""The kind of our proposals."""
_ONCE = rules.TAKES_WHAT_THE_LAW_SAYS
"""Set a second time, these stay as they are."""


async def restrict(desk: Desk, tx: Transaction, new: NewRestriction, *, actor: str) -> Restriction:
    """Take something from a user, from this moment on; refuses `RestrictionMalformed`, `NoStanding`."""
    change = await begin(desk, tx, new.user_id, also_closed=True)
    before = next(
        (each for each in change.kept.in_force if each.kind is new.kind and new.kind in _ONCE), None
    )
    if before is not None:
        return await store.find_restriction(tx, before.id)
    restriction = await add(desk, tx, change, new, actor=actor)
    await finish(
        tx,
        change,
        actor=actor,
        what="restriction.set",
        reason=restriction.reason,
        about=restriction.id,
    )
    return restriction


async def add(desk: Desk, tx: Transaction, change: Change, new: NewRestriction, *, actor: str) -> Restriction:
    """One more restriction in a change that is under way."""
    whole = rules.completed(new, spans=desk.spans(change.now), now=change.now)
    by_staff = actor.startswith(("staff:", "operator:"))
    deadlines = desk.deadlines(change.now)
    restriction = Restriction(
        id=new_id("rst"),
        user_id=new.user_id,
        kind=whole.kind,
        takes=whole.takes or (),
        amount_minor=whole.amount_minor,
        currency=whole.currency,
        reason=whole.reason or rules.USUAL_REASON[whole.kind],
        hidden=whole.hidden,
        order_number=whole.order_number,
        authority=whole.authority,
        note=whole.note,
        rule=whole.rule,
        set_by=actor,
        set_at=change.now,
        until=whole.until,
        review_by=end_of_working_day(change.now, deadlines.review_working_days, deadlines)
        if by_staff
        else None,
        reviewed_by=None,
        reviewed_at=None,
        lifted_by=None,
        lifted_at=None,
        lift_reason=None,
        lift_note=None,
    )
    await store.insert_restriction(tx, restriction)
    held = rules.in_force(restriction)
    change.kept = table.with_restriction(change.kept, held)
    change.told.append(set_fact(held, change))
    return restriction


async def lift(
    desk: Desk,
    tx: Transaction,
    restriction_id: str,
    *,
    actor: str,
    reason: Reason,
    note: str = "",
    answer: str = "",
) -> Restriction:
    """Give back what a restriction takes; refuses `NoSuchRestriction`, `EndedAlready`. An objection to it was right."""
    found = await store.find_restriction(tx, restriction_id)
    change = await begin(desk, tx, found.user_id, also_closed=True)
    held = next((each for each in change.kept.in_force if each.id == found.id), None)
    if held is None:
        raise EndedAlready("The restriction takes nothing any more.", field="restriction_id")
    await take_out(tx, change, held, actor=actor, reason=reason, note=note, answer=answer)
    await finish(tx, change, actor=actor, what="restriction.lifted", reason=reason, about=held.id)
    return await store.find_restriction(tx, held.id)


async def take_out(
    tx: Transaction,
    change: Change,
    held: InForce,
    *,
    actor: str,
    reason: Reason,
    note: str = "",
    answer: str = "",
) -> None:
    """Lift one restriction in a change that is under way, and grant the objection to it."""
    await store.lift_restriction(tx, held.id, by=actor, reason=reason, note=note, now=change.now)
    change.kept = table.without_restriction(change.kept, held.id)
    change.told.append(lifted(held, change, reason))
    objection = await store.open_objection_to(tx, held.id)
    if objection is None:
        return
    words = answer or REASON_WORDS[reason]
    await store.answer_objection(
        tx, objection.id, state=ObjectionState.GRANTED, by=actor, answer=words, now=change.now
    )
    change.told.append(
        ObjectionAnswered(
            object_id=change.user_id,
            happened_at=change.now,
            version=change.version,
            objection_id=objection.id,
            restriction_id=held.id,
            state=ObjectionState.GRANTED,
            answer=words,
        )
    )


# Verbs of users.


async def freeze(desk: Desk, tx: Transaction, wanted: Freeze) -> Restriction:
    """A user freezes their own account, or a part of it, at once and without a confirmation."""
    new = NewRestriction(user_id=wanted.user_id, kind=Kind.BY_USER, takes=wanted.takes)
    return await restrict(desk, tx, new, actor=wanted.actor)


async def thaw(desk: Desk, tx: Transaction, wanted: Thaw) -> Restriction:
    """A user lifts what they set themselves, with a confirmation of exactly this.

    Refuses `NoSuchRestriction`, `NotYoursToLift`, `EndedAlready`, and what the confirmation is refused for.
    """
    found = await own_to_lift(tx, wanted.user_id, wanted.restriction_id)
    await desk.confirms(tx, wanted.login_id, wanted.confirmation_id, digest_of_thaw(found))
    return await lift(desk, tx, found.id, actor=wanted.actor, reason=Reason.OWN_WISH)


def digest_of_thaw(restriction: Restriction) -> bytes:
    """What somebody confirms who lifts a restriction: SHA-256 of its content."""
    content = ["standing.thaw", restriction.user_id, restriction.id, *restriction.takes]
    return hashlib.sha256(msgspec.json.encode(content)).digest()


async def own(tx: Transaction, user_id: str, restriction_id: str) -> Restriction:
    """A user's restriction; another's is not found."""
    found = await store.find_restriction(tx, restriction_id)
    if found.user_id != user_id:
        raise NoSuchRestriction(f"There is no restriction {restriction_id[:40]!r}.", field="restriction_id")
    return found


async def own_to_lift(tx: Transaction, user_id: str, restriction_id: str) -> Restriction:
    """A user's restriction that they set themselves; refuses `NoSuchRestriction`, `NotYoursToLift`."""
    found = await own(tx, user_id, restriction_id)
    if found.kind is not Kind.BY_USER:
        raise NotYoursToLift(
            "You have not set this restriction.", hint="Object to it: POST /v1/me/objections."
        )
    return found


# Verbs of staff.


async def set_restriction(desk: Desk, tx: Transaction, wanted: SetRestriction) -> Restriction:
    """A member of staff takes something at once and says why; a second person looks at it soon."""
    if wanted.new.kind not in rules.BY_STAFF:
        known = ", ".join(each for each in Kind if each in rules.BY_STAFF)
        raise RestrictionMalformed(
            f"Staff do not set {wanted.new.kind}.", field="kind", hint=f"They set {known}."
        )
    if wanted.new.kind is not Kind.BY_LAW and not wanted.new.note.strip():
        raise RestrictionMalformed(
            "Nothing is taken without saying why.", field="note", hint="For colleagues, who look at it soon."
        )
    return await restrict(desk, tx, wanted.new, actor=wanted.actor)


async def review(desk: Desk, tx: Transaction, wanted: ReviewRestriction) -> Restriction:
    """A second person agrees with a restriction; refuses `OwnRestriction`, `ReviewedAlready`, `EndedAlready`."""
    found = await store.find_restriction(tx, wanted.restriction_id)
    now = desk.clock.now()
    _somebody_else(found, wanted.actor)
    if not found.holds_at(now):
        raise EndedAlready("The restriction takes nothing any more.", field="restriction_id")
    asked = found.review_by is not None
    if not asked or not await store.review_restriction(tx, found.id, by=wanted.actor, now=now):
        raise ReviewedAlready("No second person has to look at it.", field="restriction_id")
    return await store.find_restriction(tx, found.id)


async def lift_alone(desk: Desk, tx: Transaction, wanted: LiftRestriction) -> Restriction:
    """A member of staff lifts what takes one person; refuses `TwoPeopleNeeded`, `EndedAlready`."""
    found = await store.find_restriction(tx, wanted.restriction_id)
    if found.kind in rules.TWO_PEOPLE:
        raise TwoPeopleNeeded(
            "This restriction is given back by two people.",
            hint=f"Propose it: POST /v1/restrictions/{found.id}/proposals.",
        )
    return await lift(desk, tx, found.id, actor=wanted.actor, reason=wanted.reason, note=wanted.note)


async def propose_lift(desk: Desk, tx: Transaction, wanted: ProposeLift) -> Proposal:
    """Ask for a restriction to be lifted; somebody else decides. Refuses `EndedAlready`."""
    found = await store.find_restriction(tx, wanted.restriction_id)
    now = desk.clock.now()
    if not found.holds_at(now):
        raise EndedAlready("The restriction takes nothing any more.", field="restriction_id")
    return await proposals.propose(
        tx,
        kind=KIND,
        subject=found.id,
        content=msgspec.json.encode(Lift(restriction_id=found.id, user_id=found.user_id)),
        note=wanted.note,
        by=wanted.actor,
        now=now,
    )


async def lift_proposed(desk: Desk, tx: Transaction, proposal: Proposal, *, actor: str) -> None:
    """A second person has approved; refuses `EndedAlready`."""
    about = msgspec.json.decode(proposal.content, type=Lift)
    await lift(
        desk,
        tx,
        about.restriction_id,
        actor=actor,
        reason=Reason.NO_LONGER_NEEDED,
        note=proposal.note,
    )


def _somebody_else(restriction: Restriction, actor: str) -> None:
    if restriction.set_by.lower() == actor.lower():
        raise OwnRestriction(f"{actor} set this restriction.", hint="Ask a colleague.")


def set_fact(held: InForce, change: Change) -> RestrictionSet:
    """The fact that something is taken, as its user may hear it."""
    told = as_told(held)
    return RestrictionSet(
        object_id=change.user_id,
        happened_at=change.now,
        version=change.version,
        restriction_id=told.id,
        kind=told.kind,
        takes=told.takes,
        reason=told.reason,
        until=told.until,
        amount_minor=told.amount_minor,
        currency=told.currency,
    )
