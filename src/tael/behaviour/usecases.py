"""How are acts recorded, looked at, answered for and forgotten?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.behaviour import rules, store
from tael.behaviour.errors import AlreadyDisowned, AnswerUnproven, NoSuchWarning
from tael.behaviour.events import UnusualAct, WarningAnswered
from tael.behaviour.model import (
    Act,
    ActWarning,
    BehaviourRetention,
    BehaviourRules,
    Follows,
    RecordedAct,
    Seen,
    Unusual,
)
from tael.foundation import outbox
from tael.foundation.db import Database, Transaction
from tael.foundation.ids import new_id

LOOK_AT = 1_000
"""Acts that are looked at in one transaction."""
COUNT_AT_ONCE = 200
"""Users whose habits are counted in one transaction."""
FORGET_AT_ONCE = 5_000


def recorded(act: Act) -> RecordedAct:
    """An act as it is kept: with the country of its address, and what its browser says that it is."""
    seen = act.circumstances
    browser, system = rules.browser_and_system(seen.user_agent)
    return RecordedAct(
        id=new_id("act"),
        user_id=act.user_id,
        kind=act.kind,
        result=act.result,
        at=seen.at,
        what=act.what,
        amount_minor=None if act.amount is None else act.amount.minor,
        currency=None if act.amount is None else act.amount.currency,
        counterparty=act.counterparty,
        address=seen.address,
        place=rules.place_of(seen.address),
        device_id=seen.device_id,
        browser=browser,
        system=system,
    )


async def record(tx: Transaction, acts: Sequence[Act]) -> None:
    """In one statement, whatever their number."""
    if acts:
        await store.insert_acts(tx, [recorded(act) for act in acts])


async def assess(tx: Transaction, act: Act, terms: BehaviourRules) -> Unusual:
    """What would be unusual about an act; nothing is written."""
    kept = recorded(act)
    seen = await store.see_acts(tx, [kept], terms)
    return rules.find_unusual(kept, seen[kept.id], terms)


async def look(tx: Transaction, terms: BehaviourRules, *, now: datetime) -> int:
    """Look at acts at which nobody has looked; write the warnings and tell them. Gives how many were looked at."""
    acts = await store.take_unlooked(tx, limit=LOOK_AT)
    if not acts:
        return 0
    seen = await store.see_acts(tx, acts, terms)
    warnings, facts, told = [], [], dict[str, Unusual]()
    for act in acts:
        unusual = _news(act, seen[act.id], terms, told)
        if unusual.follows is not Follows.NOTHING:
            warning = _warning(act, unusual, now)
            warnings.append(warning)
            facts.append(_fact(act, warning))
    if warnings:
        await store.insert_warnings(tx, warnings)
        await outbox.publish(tx, facts)
    return len(acts)


def _news(act: RecordedAct, seen: Seen, terms: BehaviourRules, told: dict[str, Unusual]) -> Unusual:
    """What is unusual, as far as the user has not been warned of it: also not on account of acts of the same batch."""
    unusual = rules.find_unusual(act, seen, terms)
    before = told.get(act.user_id, Unusual())
    unusual = rules.without_known(
        unusual,
        reasons={*seen.warned, *before.reasons},
        follows={*seen.warned_follows, before.follows},
    )
    if unusual.follows is not Follows.NOTHING:
        told[act.user_id] = msgspec.structs.replace(unusual, reasons=(*before.reasons, *unusual.reasons))
    return unusual


def _warning(act: RecordedAct, unusual: Unusual, now: datetime) -> ActWarning:
    return ActWarning(
        id=new_id("wrn"),
        user_id=act.user_id,
        act_id=act.id,
        reasons=unusual.reasons,
        score=unusual.score,
        follows=unusual.follows,
        made_at=now,
    )


def _fact(act: RecordedAct, warning: ActWarning) -> UnusualAct:
    return UnusualAct(
        object_id=act.user_id,
        happened_at=warning.made_at,
        warning_id=warning.id,
        act_id=act.id,
        kind=act.kind,
        act_at=act.at,
        reasons=warning.reasons,
        score=warning.score,
        follows=warning.follows,
        place=act.place,
        amount_minor=act.amount_minor,
        currency=act.currency,
    )


async def answer(
    tx: Transaction, warning_id: str, *, user_id: str, mine: bool, proven: bool, now: datetime
) -> ActWarning:
    """What a user says to a warning; the same again changes nothing. Refuses `NoSuchWarning`, `AlreadyDisowned`, `AnswerUnproven`.

    That it was them ends what a warning has made stricter: a session alone, which may be the thief's, does not say so.
    """
    warning = await store.lock_warning(tx, warning_id, user_id)
    if warning is None:
        raise NoSuchWarning(f"There is no warning {warning_id[:40]!r}.", field="warning_id")
    if warning.mine is mine:
        return warning
    if warning.mine is False:
        raise AlreadyDisowned(
            "You have said that it was not you.",
            hint="What is restricted is given back when the objection to it is answered.",
        )
    if mine and not proven and warning.follows in (Follows.ASK_MORE, Follows.RESTRICT):
        raise AnswerUnproven(
            "Prove first that it is you.",
            field="mine",
            hint="Show something that you have to `POST /v1/me/security/proof`. That it was not you can be said at once.",
        )
    await store.answer_warning(tx, warning.id, mine=mine, at=now)
    fact = WarningAnswered(
        object_id=user_id, happened_at=now, warning_id=warning.id, act_id=warning.act_id, mine=mine
    )
    await outbox.publish(tx, [fact])
    return msgspec.structs.replace(warning, mine=mine, answered_at=now)


async def count_habits(
    database: Database, terms: BehaviourRules, *, now: datetime, acted_since: datetime
) -> int:
    """Count the habits of those who acted since; gives how many they are."""
    async with database.transaction() as tx:
        users = await store.users_who_acted(tx, since=acted_since)
    since = now - timedelta(days=terms.habit_days)
    for first in range(0, len(users), COUNT_AT_ONCE):
        async with database.transaction() as tx:
            await store.count_habits(tx, users[first : first + COUNT_AT_ONCE], since=since, now=now)
    return len(users)


async def forget_old(database: Database, terms: BehaviourRetention, *, now: datetime) -> None:
    """Addresses, then whole acts, whose time is over."""
    for forget, days in (
        (store.forget_acts, terms.act_days),
        (store.forget_addresses, terms.address_days),
    ):
        gone = FORGET_AT_ONCE
        while gone == FORGET_AT_ONCE:
            async with database.transaction() as tx:
                gone = await forget(tx, before=now - timedelta(days=days), limit=FORGET_AT_ONCE)
