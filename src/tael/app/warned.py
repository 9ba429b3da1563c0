"""What follows when something is not like a user, and when they say that it was not them?

They are told; a warning counts among what standing knows of them; a grave one takes away what moves money out, and so does
their own word. What was not them also ends every session, so that whoever it was is out. After either they are asked a quiz, which
they pass before they transfer or withdraw much again.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from tael.behaviour.api import Behaviour, act_in_words, reasons_in_words
from tael.behaviour.events import UnusualAct, WarningAnswered
from tael.behaviour.model import Follows
from tael.foundation.courier import Subscription, on
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.identity.api import AboutHolder, Caution, Identity, MayChange
from tael.identity.events import Change
from tael.identity.model import Holder
from tael.messages.api import Messages
from tael.messages.model import Language, Post, Value
from tael.standing.api import Standing
from tael.standing.errors import NoStanding, Restricted
from tael.standing.model import AccountClass, Kind, NewRestriction, Permission, Reason, Signal
from tael.users.api import Users
from tael.verification.api import Verification

EndSessions = Callable[[Transaction, str], Awaitable[None]]
"""End all sessions of a user."""
RULE = "behaviour.rules"
_TAKEN = (Permission.PAY, Permission.TRANSFER, Permission.WITHDRAW)
"""What takes money out. It may still come in."""


def sessions_of(users: Users, identity: Identity) -> EndSessions:
    """What ends those of a user."""

    async def end(tx: Transaction, user_id: str) -> None:
        user = (await users.find([user_id])).get(user_id)
        if user is not None:
            await identity.end_all_sessions(tx, user.login_id, because="not_me")

    return end


def caution_of(users: Users, behaviour: Behaviour) -> Caution:
    """Of whom it is not sure that it is they: they were warned of something so unusual, and have not cleared it up."""

    async def wary(tx: Transaction, login_ids: Sequence[str]) -> Collection[str]:
        known = await users.of_logins(tx, login_ids)
        asked = await behaviour.asks_more(tx, sorted(known.values()))
        return {login_id for login_id, user_id in known.items() if user_id in asked}

    return wary


def may_change_of(users: Users, standing: Standing) -> MayChange:
    """Whether a user's standing lets them change what proves who they are. That a device is believed no longer harms nobody."""

    async def may_change(tx: Transaction, login_id: str, what: Change) -> Refusal | None:
        user_id = (await users.of_logins(tx, [login_id])).get(login_id)
        if user_id is None or what is Change.DEVICE_REVOKED:
            return None
        [verdict] = await standing.check(tx, [(user_id, Permission.PASSWORD)])
        return verdict if isinstance(verdict, Restricted) else None

    return may_change


def about_holder_of(users: Users, standing: Standing, verification: Verification) -> AboutHolder:
    """How well a user is known, and when they last showed their face."""

    async def about(tx: Transaction, login_id: str) -> Holder:
        user_id = (await users.of_logins(tx, [login_id])).get(login_id)
        if user_id is None:
            return Holder()
        known = await standing.class_of(tx, [user_id])
        return Holder(
            account_class=known.get(user_id, AccountClass.NONE),
            face_shown_at=await verification.face_shown_at(tx, user_id),
        )

    return about


def when_unusual(messages: Messages, standing: Standing, end_sessions: EndSessions) -> Sequence[Subscription]:
    """Who hears of behaviour."""

    async def warn(tx: Transaction, facts: Sequence[UnusualAct]) -> None:
        spoken = await messages.languages(tx, [fact.object_id for fact in facts])
        await messages.post(
            tx, [_told(fact, chinese=spoken[fact.object_id] is Language.CHINESE) for fact in facts]
        )
        for fact in facts:
            await _weigh(tx, standing, fact)
            if fact.follows is Follows.RESTRICT:
                await messages.assign_quiz(tx, fact.object_id, because="restriction", required=True)

    async def hear_answer(tx: Transaction, facts: Sequence[WarningAnswered]) -> None:
        for fact in facts:
            if not fact.mine:
                await end_sessions(tx, fact.object_id)
                note = f"The user says that {fact.act_id} was not them ({fact.warning_id})."
                await _take(tx, standing, fact.object_id, reason=Reason.REPORTED_FRAUD, note=note)
                await messages.assign_quiz(tx, fact.object_id, because="reported_fraud", required=True)

    return [on(UnusualAct, do=warn), on(WarningAnswered, do=hear_answer)]


def _told(fact: UnusualAct, *, chinese: bool) -> Post:
    values: Mapping[str, Value] = {
        "act": act_in_words(fact.kind, chinese=chinese),
        "why": reasons_in_words(fact.reasons, chinese=chinese),
        "at": fact.act_at,
    }
    return Post(to=fact.object_id, template="unusual_act", values=values)


async def _weigh(tx: Transaction, standing: Standing, fact: UnusualAct) -> None:
    why = f"{', '.join(fact.reasons)}: {fact.act_id} ({fact.warning_id})"
    if fact.follows is Follows.RESTRICT:
        await _take(tx, standing, fact.object_id, reason=Reason.UNUSUAL_ACTIVITY, note=why)
        return
    signal = Signal(user_id=fact.object_id, kind="warning", reason=why, at=fact.happened_at)
    try:
        await standing.apply(tx, [signal])
    except NoStanding:
        return  # of somebody without a standing there is nothing to weigh


async def _take(tx: Transaction, standing: Standing, user_id: str, *, reason: Reason, note: str) -> None:
    new = NewRestriction(
        user_id=user_id, kind=Kind.BEHAVIOUR, takes=_TAKEN, reason=reason, note=note, rule=RULE
    )
    try:
        await standing.restrict(tx, new)
    except NoStanding:
        return  # they may do nothing anyway
