"""How does the relationship with a user end? Erased at once, but for what a law asks us to keep: that is restricted until its day.

What is left of somebody who was verified is who they were and what they did with money; where they were, what they signed in
with and what they were told go with the account.
"""

from collections.abc import Mapping
from datetime import datetime

from tael.foundation import outbox
from tael.foundation.calls import forget_calls
from tael.foundation.clock import CHINA
from tael.messages.model import Post
from tael.users import rules, store
from tael.users.errors import StillOpen
from tael.users.events import UserClosed, UserErased
from tael.users.model import DataRequest, Retention, User, UserState
from tael.users.model.leaving import written
from tael.users.store import data
from tael.users.usecases import phones, reviews
from tael.users.usecases.desk import Desk, Doing, doing_by_itself
from tael.users.usecases.words import word

_AT_ONCE = 20


async def check_nothing_open(desk: Desk, user_id: str) -> None:
    """Refuses `StillOpen` if anybody says that something is.

    Those above are asked first: what ends with them meanwhile lies below, in the wallet, and is seen there.
    """
    found = [await ask_for(user_id) for ask_for in reversed(desk.still_open)]
    open_things = written([each for things in reversed(found) for each in things])
    if open_things:
        raise StillOpen(
            f"Still open: {open_things}.",
            hint="Withdraw your balance, and wait for what is under way.",
            open=open_things,
        )


async def close(desk: Desk, request: DataRequest) -> None:
    """End the relationship, unless money has come or something has begun since it was asked: then the user is told."""
    try:
        await _close(desk, request)
    except StillOpen as refusal:
        await _refuse(desk, request, refusal)


async def _close(desk: Desk, request: DataRequest) -> None:
    """Sign-in, standing, messages; erase what may be, restrict what has to be kept. Refuses `StillOpen`.

    Whoever sends a user money asks their standing first. Once that is locked as closed, what has been sent is to be seen, and
    nothing more will be.
    """
    now = desk.clock.now()
    rule = desk.rules.read("users.retention", Retention, at=now)
    async with desk.database.transaction() as tx:
        doing = doing_by_itself(desk, tx, request.user_id)
        user = await store.find_user(tx, request.user_id, lock=True)
        if user.state is not UserState.ACTIVE:
            return
        person = await store.find_person(tx, user.id)
        number = await phones.current(doing)
        kept = rules.is_kept_by_law(person)
        until = rules.retained_until(now, years=rule.years_after_end) if kept else now
        await desk.standing.close(tx, user.id, actor=doing.actor)
        await check_nothing_open(desk, user.id)
        await desk.identity.forget_login(tx, user.login_id, because="account_closed")
        await reviews.end_all(doing)
        await store.close_user(tx, user.id, because="own_wish", retained_until=until, now=now)
        await store.let_document_go(tx, user.id)
        await data.end_request(tx, request.id, outcome=_outcome(user, until if kept else None), now=now)
        await data.drop_copies(tx, user.id, now=now)
        await desk.messages.forget(tx, user.id)
        posts = [Post(template="account_closed", to_phone=number, values={"at": now}, language=user.language)]
        await desk.messages.post(tx, posts)
        await outbox.publish(tx, [UserClosed(object_id=user.id, happened_at=now)])
        if not kept:
            await _erase(doing, user)
        await doing.note("close")


async def _refuse(desk: Desk, request: DataRequest, refusal: StillOpen) -> None:
    """The account stays; the request says why."""
    async with desk.database.transaction() as tx:
        doing = doing_by_itself(desk, tx, request.user_id)
        if await data.refuse_request(tx, request.id, still_open=str(refusal.facts["open"]), now=doing.now):
            await doing.tell("account_not_closed", {"at": request.asked_at})
            await doing.note("close", object_id=request.id, result=refusal.code)


async def erase_old(desk: Desk) -> None:
    """Nobody has to keep these any longer: whatever tells who they were goes."""
    while True:
        async with desk.database.transaction() as tx:
            due = await store.users_to_erase(tx, now=desk.clock.now(), limit=_AT_ONCE)
            for user_id in due:
                doing = doing_by_itself(desk, tx, user_id)
                await _erase(doing, await store.find_user(tx, user_id, lock=True))
                await doing.note("erase")
        if len(due) < _AT_ONCE:
            return


async def _erase(doing: Doing, user: User) -> None:
    """Here and in every context below; those above hear of it."""
    desk, tx = doing.desk, doing.tx
    await store.erase_user(tx, user.id, now=doing.now)
    await desk.identity.erase_login(tx, user.login_id)
    await desk.verification.erase(tx, user.id)
    await desk.standing.erase(tx, user.id)
    await desk.messages.erase(tx, user.id)
    await desk.behaviour.forget(tx, [user.id])
    await forget_calls(tx, user.id)
    await outbox.publish(tx, [UserErased(object_id=user.id, happened_at=doing.now)])


def _outcome(user: User, until: datetime | None) -> Mapping[str, str]:
    """What became of each kind of data, in the user's language."""
    erased = word(user.language, "data", "erased")
    left = erased
    if until is not None:
        day = until.astimezone(CHINA).date().isoformat()
        left = word(user.language, "data", "restricted").format(until=day)
    return {
        "phone": left,
        "identity": left,
        "agreements": left,
        "verifications": left,
        "addresses of messages": erased,
        "sessions and devices": erased,
    }
