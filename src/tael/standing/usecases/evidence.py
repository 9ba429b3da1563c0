"""How does evidence come and go, and the account class with it?"""

from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.standing import store
from tael.standing.errors import OtherPerson
from tael.standing.model import AccountClass, Evidence, Presence, Reason
from tael.standing.rules.restrictions import ENDS_WITH_NEW_EVIDENCE
from tael.standing.usecases.desk import PLATFORM, Change, Desk, begin, classify, finish
from tael.standing.usecases.restrictions import take_out


async def record_evidence(
    desk: Desk,
    tx: Transaction,
    user_id: str,
    *,
    source: str,
    presence: Presence,
    at: datetime,
    person: str | None,
    valid_until: datetime | None,
    check_id: str | None,
    actor: str,
) -> AccountClass:
    """Somebody's word confirms who a user is: the class that they have now. Dormancy ends with it."""
    change = await begin(desk, tx, user_id)
    known = change.kept.person
    if None not in (person, known) and person != known:
        raise OtherPerson(
            "The account is another person's.", hint="Every person opens an account of their own."
        )
    change.kept = msgspec.structs.replace(change.kept, person=person or known)
    evidence = Evidence(
        id=new_id("evd"),
        user_id=user_id,
        source=source,
        presence=presence,
        at=at,
        valid_until=valid_until,
        check_id=check_id,
    )
    await store.insert_evidence(tx, evidence)
    await _wake(tx, change)
    await classify(desk, tx, change)
    after = await finish(
        tx, change, actor=actor, what="evidence.recorded", reason=Reason.EVIDENCE, about=evidence.id
    )
    return after.account_class


async def withdraw_evidence(
    desk: Desk, tx: Transaction, user_id: str, *, source: str, reason: str, actor: str
) -> AccountClass:
    """A source's evidence counts no more, and the class may fall."""
    change = await begin(desk, tx, user_id)
    if not await store.withdraw_evidence(tx, user_id, source, reason=reason, now=change.now):
        return change.kept.class_at(change.now)
    await classify(desk, tx, change)
    after = await finish(
        tx,
        change,
        actor=actor,
        what="evidence.withdrawn",
        reason=Reason.EVIDENCE_WITHDRAWN,
        about=source,
    )
    return after.account_class


async def _wake(tx: Transaction, change: Change) -> None:
    """Whoever is verified anew begins anew: dormancy ends, and its time counts from now on."""
    for each in change.kept.in_force:
        if each.kind in ENDS_WITH_NEW_EVIDENCE:
            await take_out(tx, change, each, actor=PLATFORM, reason=Reason.VERIFIED_ANEW)
            change.kept = msgspec.structs.replace(change.kept, quiet_since=change.now)
