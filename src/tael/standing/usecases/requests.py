"""How does a user ask for more, and who decides? Staff, within some working days; less is given at once."""

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.standing import store
from tael.standing.errors import (
    AskedAlready,
    EndedAlready,
    NoSuchRequest,
    NotGranted,
    NothingToAsk,
    RequestMalformed,
    Restricted,
)
from tael.standing.events import RequestDecided
from tael.standing.model import (
    ChangeRequest,
    InForce,
    Kept,
    Kind,
    OwnLimit,
    Permission,
    PersonalLimit,
    Reason,
    RequestState,
)
from tael.standing.rules import table
from tael.standing.rules.dates import end_of_working_day
from tael.standing.usecases.commands import Ask, DecideRequest, TakeBack
from tael.standing.usecases.desk import Change, Desk, begin, finish
from tael.standing.usecases.restrictions import take_out


async def ask(desk: Desk, tx: Transaction, wanted: Ask) -> ChangeRequest:
    """Ask for a permission or another limit; a lower limit holds at once.

    Refuses `RequestMalformed`, `NothingToAsk`, `AskedAlready`.
    """
    change = await begin(desk, tx, wanted.user_id)
    lower = _check(desk, change, wanted)
    deadlines = desk.deadlines(change.now)
    request = ChangeRequest(
        id=new_id("prq"),
        user_id=wanted.user_id,
        permission=wanted.permission,
        limit=wanted.limit,
        wanted=wanted.wanted,
        words=wanted.words,
        asked_at=change.now,
        due_at=end_of_working_day(change.now, deadlines.request_working_days, deadlines),
        state=RequestState.OPEN,
        decided_by=None,
        decided_at=None,
        answer=None,
        overdue_told_at=None,
    )
    if not await store.insert_request(tx, request):
        raise AskedAlready(
            "You have asked for it, and nobody has decided yet.", hint="Withdraw that request first."
        )
    if lower:
        await _end(tx, change, request, RequestState.APPROVED, by=wanted.actor, answer="")
    return await store.find_request(tx, request.id)


async def take_back(desk: Desk, tx: Transaction, wanted: TakeBack) -> ChangeRequest:
    """Withdraw a request; refuses `NoSuchRequest`, `EndedAlready`."""
    found = await store.find_request(tx, wanted.request_id)
    if found.user_id != wanted.user_id:
        raise NoSuchRequest(f"There is no request {wanted.request_id[:40]!r}.", field="request_id")
    now = desk.clock.now()
    if not await store.decide_request(
        tx, found.id, state=RequestState.WITHDRAWN, by=wanted.actor, answer="", now=now
    ):
        raise EndedAlready("Somebody has decided about it.", field="request_id")
    return await store.find_request(tx, found.id)


async def decide(desk: Desk, tx: Transaction, wanted: DecideRequest) -> ChangeRequest:
    """Staff say yes, which gives what was asked for, or no; refuses `NoSuchRequest`, `EndedAlready`."""
    found = await store.find_request(tx, wanted.request_id)
    change = await begin(desk, tx, found.user_id)
    state = RequestState.APPROVED if wanted.approve else RequestState.REFUSED
    await _end(tx, change, found, state, by=wanted.actor, answer=wanted.answer)
    return await store.find_request(tx, found.id)


async def _end(
    tx: Transaction, change: Change, request: ChangeRequest, state: RequestState, *, by: str, answer: str
) -> None:
    if not await store.decide_request(tx, request.id, state=state, by=by, answer=answer, now=change.now):
        raise EndedAlready("Somebody has decided about it, or the user took it back.", field="request_id")
    if state is RequestState.APPROVED:
        await _give(tx, change, request, by=by)
    change.told.append(
        RequestDecided(
            object_id=change.user_id,
            happened_at=change.now,
            version=change.version,
            request_id=request.id,
            state=state,
            permission=request.permission,
            limit=request.limit,
            wanted=request.wanted,
            answer=answer,
        )
    )
    await finish(
        tx,
        change,
        actor=by,
        what=f"request.{state}",
        reason=Reason.REQUEST_APPROVED if state is RequestState.APPROVED else Reason.NO_LONGER_NEEDED,
        about=request.id,
    )


async def _give(tx: Transaction, change: Change, request: ChangeRequest, *, by: str) -> None:
    """What was asked for; a permission that the platform took by itself is given back with it."""
    if request.limit is not None and request.wanted is not None:
        own = {**change.kept.limits, request.limit: OwnLimit(most=request.wanted, by_user=True)}
        change.kept = msgspec.structs.replace(change.kept, limits=own)
    if request.permission is not None:
        grants = {*change.kept.grants, request.permission}
        change.kept = msgspec.structs.replace(
            change.kept, grants=tuple(each for each in Permission if each in grants)
        )
        for held in _taking(change.kept, request.permission):
            if held.kind is Kind.BEHAVIOUR:
                await take_out(tx, change, held, actor=by, reason=Reason.REQUEST_APPROVED)


def _check(desk: Desk, change: Change, wanted: Ask) -> bool:
    """Refuses what cannot be asked for; says whether it is less than before."""
    if wanted.limit is not None and wanted.wanted is not None and wanted.permission is None:
        return _check_limit(desk, change, wanted.limit, wanted.wanted)
    if wanted.permission is None or wanted.limit is not None or wanted.wanted is not None:
        raise RequestMalformed("Ask for a permission, or for a limit with its amount.", field="permission")
    classes = desk.classes(change.now)
    refusal = table.why_not(change.kept, wanted.permission, classes=classes, now=change.now)
    if refusal is None:
        raise NothingToAsk("You may do this already.", field="permission")
    taking = _taking(change.kept, wanted.permission)
    by_platform = isinstance(refusal, Restricted) and all(each.kind is Kind.BEHAVIOUR for each in taking)
    if not by_platform and not isinstance(refusal, NotGranted):
        raise NothingToAsk(refusal.message, field="permission", hint=refusal.hint)
    return False


def _check_limit(desk: Desk, change: Change, limit: PersonalLimit, wanted: int) -> bool:
    limits = desk.limits(change.now)
    now_minor = table.effective_limits(change.kept.limits, limits)[limit]
    if wanted == now_minor:
        raise NothingToAsk("The limit is that already.", field="wanted")
    most = limits.most.get(limit, wanted)
    if wanted > most:
        raise RequestMalformed(f"The limit is {most} at most.", field="wanted", hint="Ask for less.")
    return wanted < now_minor


def _taking(kept: Kept, permission: Permission) -> list[InForce]:
    return [each for each in kept.in_force if permission in each.takes]
