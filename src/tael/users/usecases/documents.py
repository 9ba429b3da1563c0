"""A document runs out: who is warned when, and what is taken afterwards? Once a day, by the days of China."""

from datetime import datetime, time, timedelta

from tael.foundation.clock import CHINA
from tael.standing.model import Kind, NewRestriction
from tael.users import rules, store
from tael.users.model import Documents, Person
from tael.users.usecases.desk import Desk, doing_by_itself, today

_AT_ONCE = 200


async def watch(desk: Desk) -> None:
    """Warn whose document ends soon, and restrict whose has ended. Safe to do twice."""
    rule = desk.rules.read("users.documents", Documents, at=desk.clock.now())
    up_to = today(desk) + timedelta(days=max(rule.warn_days))
    after = ""
    while True:
        async with desk.database.transaction() as tx:
            page = await store.people_with_end(tx, up_to=up_to, after=after, limit=_AT_ONCE)
        for person in page:
            await _look_at(desk, person, rule)
        if len(page) < _AT_ONCE:
            return
        after = page[-1].user_id


async def _look_at(desk: Desk, person: Person, rule: Documents) -> None:
    """One user at a time: each is told and restricted in a transaction of their own."""
    if rules.has_expired(person, rule, today=today(desk)):
        await _restrict(desk, person)
        return
    days = rules.warning_due(person, rule, today=today(desk))
    if days is None or person.valid_until is None:
        return
    until = datetime.combine(person.valid_until, time(), CHINA)
    async with desk.database.transaction() as tx:
        await store.note_warning(tx, person.user_id, days)
        await desk.tell(tx, [person.user_id], "document_expires", {"until": until})


async def _restrict(desk: Desk, person: Person) -> None:
    """What its owner hears of it, standing's own news says: what is taken, why, and what to do."""
    async with desk.database.transaction() as tx:
        doing = doing_by_itself(desk, tx, person.user_id)
        taken = await desk.standing.restrict(
            tx, NewRestriction(user_id=person.user_id, kind=Kind.DOCUMENT_EXPIRED)
        )
        if await store.note_expiry(tx, person.user_id, restriction_id=taken.id, now=doing.now):
            await doing.note("document_expired")
