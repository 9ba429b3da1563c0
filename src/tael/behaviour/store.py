"""How do acts, habits and warnings get into the database and out of it?"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from tael.behaviour.model import (
    RECENT,
    ActKind,
    ActResult,
    ActWarning,
    BehaviourRules,
    Follows,
    Habits,
    RecordedAct,
    Seen,
)
from tael.foundation.db import Transaction, columns, queries

SQL = queries("tael.behaviour")

_ACT = (
    "id user_id kind result at what amount_minor currency counterparty address place device_id browser system"
)
_LOOKED_AT = "id user_id at currency counterparty place device_id"


async def insert_acts(tx: Transaction, acts: Sequence[RecordedAct]) -> None:
    """Write acts down, to be looked at."""
    await tx.run(SQL.insert_acts, **columns(acts, _ACT))


async def take_unlooked(tx: Transaction, *, limit: int) -> Sequence[RecordedAct]:
    """Acts at which nobody has looked, in their order; they count as looked at if the transaction commits."""
    ids = [act_id for (act_id,) in await tx.tuples(SQL.take_unlooked, limit=limit)]
    return await tx.rows(SQL.find_acts, RecordedAct, ids=ids) if ids else ()


async def see_acts(tx: Transaction, acts: Sequence[RecordedAct], rules: BehaviourRules) -> dict[str, Seen]:
    """Each act beside what its user did before, by its id."""
    found = await tx.rows(
        SQL.see_acts,
        Seen,
        **columns(acts, _LOOKED_AT),
        short_time=timedelta(minutes=rules.many_in_short_time.minutes),
        failing_time=timedelta(minutes=rules.many_failures.minutes),
        payee_time=timedelta(hours=rules.many_new_payees.hours),
        quiet_time=timedelta(hours=rules.quiet_hours),
        recent=RECENT,
    )
    return {each.id: each for each in found}


async def count_acts(tx: Transaction, user_id: str, kind: ActKind, what: str, *, since: datetime) -> int:
    """How often a user did something of a kind since then."""
    [(count,)] = await tx.tuples(SQL.count_acts, user_id=user_id, kind=kind, what=what, since=since)
    return int(count)


async def list_acts(
    tx: Transaction,
    user_id: str,
    *,
    kind: ActKind | None,
    result: ActResult | None,
    place: str | None,
    before: str | None,
    limit: int,
) -> Sequence[RecordedAct]:
    """One user's acts, newest first."""
    return await tx.rows(
        SQL.list_acts,
        RecordedAct,
        user_id=user_id,
        kind=kind,
        result=result,
        place=place,
        before=before,
        limit=limit,
    )


async def insert_warnings(tx: Transaction, warnings: Sequence[ActWarning]) -> None:
    """Write warnings down."""
    fields = columns(warnings, "id user_id act_id score follows made_at")
    await tx.run(SQL.insert_warnings, **fields, reasons=[" ".join(each.reasons) for each in warnings])


async def lock_warning(tx: Transaction, warning_id: str, user_id: str) -> ActWarning | None:
    """A user's warning, for this transaction to change."""
    return await tx.row(SQL.lock_warning, ActWarning, id=warning_id, user_id=user_id)


async def answer_warning(tx: Transaction, warning_id: str, *, mine: bool, at: datetime) -> None:
    """Write down what the user said."""
    await tx.run(SQL.answer_warning, id=warning_id, mine=mine, at=at)


async def list_warnings(
    tx: Transaction, *, user_id: str | None, follows: Follows | None, before: str | None, limit: int
) -> Sequence[ActWarning]:
    """Warnings, newest first."""
    return await tx.rows(
        SQL.list_warnings, ActWarning, user_id=user_id, follows=follows, before=before, limit=limit
    )


async def users_to_ask_more(tx: Transaction, user_ids: Collection[str], *, since: datetime) -> frozenset[str]:
    """Those with a warning that asks for more, and that they did not clear up."""
    rows = await tx.tuples(SQL.users_to_ask_more, user_ids=sorted(user_ids), since=since)
    return frozenset(user_id for (user_id,) in rows)


async def users_who_acted(tx: Transaction, *, since: datetime) -> Sequence[str]:
    """In the order of their ids."""
    return [user_id for (user_id,) in await tx.tuples(SQL.users_who_acted, since=since)]


async def count_habits(tx: Transaction, user_ids: Sequence[str], *, since: datetime, now: datetime) -> None:
    """Count these users' habits anew."""
    await tx.run(SQL.count_habits, user_ids=list(user_ids), since=since, now=now)


async def find_habits(tx: Transaction, user_id: str) -> Habits | None:
    """As they were counted last."""
    return await tx.row(SQL.find_habits, Habits, user_id=user_id)


async def forget_addresses(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Of so many acts; gives of how many."""
    return await tx.run(SQL.forget_addresses, before=before, limit=limit)


async def forget_acts(tx: Transaction, *, before: datetime, limit: int) -> int:
    """So many acts; gives how many."""
    return await tx.run(SQL.forget_acts, before=before, limit=limit)


async def forget_users(tx: Transaction, user_ids: Sequence[str]) -> None:
    """From where and with what these users acted, and what is usual for them."""
    await tx.run(SQL.forget_whereabouts, user_ids=list(user_ids))
    await tx.run(SQL.forget_habits, user_ids=list(user_ids))
