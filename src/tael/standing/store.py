"""Where do standings, evidence, restrictions, requests and objections lie? The context's only SQL."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import msgspec

from tael.foundation.db import Query, Transaction, columns, queries
from tael.standing.errors import NoStanding, NoSuchObjection, NoSuchRequest, NoSuchRestriction
from tael.standing.model import (
    AccountClass,
    ChangeRequest,
    ClassStep,
    Entry,
    Evidence,
    Glance,
    GlanceFilter,
    HeardSignal,
    Kept,
    Kind,
    Objection,
    ObjectionState,
    Person,
    Reason,
    RequestState,
    Restriction,
    Signal,
)

SQL = queries("tael.standing")


class Overdue(msgspec.Struct, frozen=True):
    """Something that nobody has done in time."""

    id: str
    user_id: str
    due_at: datetime


async def open_standing(tx: Transaction, user_id: str, *, at: datetime) -> bool:
    """Write the row of a new user; false if there is one."""
    steps = _json((ClassStep(AccountClass.NONE),))
    written = await tx.run(SQL.insert_standing, user_id=user_id, steps=steps, at=at)
    await tx.run(SQL.insert_activity, user_id=user_id)
    return bool(written)


async def find(tx: Transaction, user_ids: Collection[str], *, lock: bool = False) -> dict[str, Kept]:
    """The rows of some users; locked, nobody changes them until the transaction ends."""
    if not user_ids:
        return {}
    query = SQL.share_standings if lock else SQL.find_standings
    return {kept.user_id: kept for kept in await tx.rows(query, Kept, user_ids=sorted(set(user_ids)))}


async def list_glances(tx: Transaction, wanted: GlanceFilter) -> list[Glance]:
    """Users by class and state, newest first."""
    asked = msgspec.structs.asdict(wanted)
    among = None if wanted.user_ids is None else list(wanted.user_ids)
    return await tx.rows(SQL.list_standings, Glance, **{**asked, "user_ids": among})


async def lock(tx: Transaction, user_id: str) -> Kept:
    """The row of a user, to change it; refuses `NoStanding`."""
    found = await tx.row(SQL.lock_standing, Kept, user_id=user_id)
    if found is None:
        raise NoStanding(f"There is no user {user_id[:40]!r}.", field="user_id")
    return found


async def save(tx: Transaction, kept: Kept, *, next_change_at: datetime | None) -> None:
    """Write a row that is locked."""
    await tx.run(
        SQL.save_standing,
        user_id=kept.user_id,
        person=kept.person,
        state=kept.state,
        account_class=kept.account_class,
        steps=_json(kept.steps),
        grants=_json(kept.grants),
        limits=_json(kept.limits),
        in_force=_json(kept.in_force),
        account_opened_at=kept.account_opened_at,
        quiet_since=kept.quiet_since,
        closed_at=kept.closed_at,
        next_change_at=next_change_at,
        version=kept.version,
    )


async def person_beside(tx: Transaction, user_id: str, person: str | None) -> Person:
    """What a person's other accounts mean for this one; nobody else decides about them until the transaction ends."""
    if person is None:
        return Person()
    await tx.tuples(SQL.hold_person, person=person)
    return await tx.row(SQL.others_of_person, Person, person=person, user_id=user_id) or Person()


async def note_activity(tx: Transaction, user_ids: Collection[str], *, day: date) -> None:
    """Some users have moved money today."""
    if user_ids:
        await tx.run(SQL.note_activity, user_ids=sorted(set(user_ids)), day=day)


async def dormant(tx: Transaction, *, before: datetime, limit: int) -> list[str]:
    """Users who have not moved money since their account was opened, before a moment, or verified anew."""
    return [id for (id,) in await tx.tuples(SQL.dormant, before=before, limit=limit)]


async def due_to_turn(tx: Transaction, *, now: datetime, limit: int) -> list[str]:
    """Users in whose standing something is over."""
    return [id for (id,) in await tx.tuples(SQL.due_to_turn, now=now, limit=limit)]


async def insert_history(
    tx: Transaction,
    kept: Kept,
    *,
    at: datetime,
    actor: str,
    what: str,
    reason: Reason,
    about: str | None,
) -> None:
    """Write down what has changed, who did it, and why."""
    await tx.run(
        SQL.insert_history,
        user_id=kept.user_id,
        at=at,
        actor=actor,
        what=what,
        reason=reason,
        about=about,
        account_class=kept.account_class,
        state=kept.state,
        version=kept.version,
    )


async def list_history(tx: Transaction, user_id: str, *, before: int | None, limit: int) -> list[Entry]:
    """A user's history, newest first."""
    return await tx.rows(SQL.list_history, Entry, user_id=user_id, before=before, limit=limit)


async def insert_evidence(tx: Transaction, evidence: Evidence) -> None:
    """Write new evidence."""
    row = msgspec.structs.asdict(evidence)
    del row["withdrawn_at"], row["withdrawn_reason"]
    await tx.run(SQL.insert_evidence, **row)


async def list_evidence(tx: Transaction, user_id: str) -> list[Evidence]:
    """All evidence of a user, oldest first."""
    return await tx.rows(SQL.list_evidence, Evidence, user_id=user_id)


async def withdraw_evidence(
    tx: Transaction, user_id: str, source: str, *, reason: str, now: datetime
) -> bool:
    """Let a source's evidence count no more; false if there is none that does."""
    return bool(await tx.run(SQL.withdraw_evidence, user_id=user_id, source=source, reason=reason, now=now))


async def insert_signals(tx: Transaction, signals: Sequence[Signal]) -> None:
    """Write signals."""
    fields = "user_id kind weight reason at id source reference reported_by"
    await tx.run(SQL.insert_signals, **columns(signals, fields))


async def find_report(tx: Transaction, said: Signal) -> Signal | None:
    """What was written down of the same report, by who made it and their reference."""
    return await tx.row(
        SQL.find_report,
        Signal,
        user_id=said.user_id,
        kind=said.kind,
        source=said.source,
        reference=said.reference,
    )


async def list_signals(tx: Transaction, user_id: str, *, before: int | None, limit: int) -> list[HeardSignal]:
    """A user's signals, newest first."""
    return await tx.rows(SQL.list_signals, HeardSignal, user_id=user_id, before=before, limit=limit)


async def signals_since(tx: Transaction, user_id: str, *, since: datetime) -> list[Signal]:
    """A user's signals after a moment, oldest first."""
    return await tx.rows(SQL.signals_since, Signal, user_id=user_id, since=since)


# Restrictions, requests, objections.


async def insert_restriction(tx: Transaction, restriction: Restriction) -> None:
    """Write a new restriction."""
    row = msgspec.structs.asdict(restriction) | {"takes": _json(restriction.takes)}
    later = ("reviewed_by", "reviewed_at", "lifted_by", "lifted_at", "lift_reason", "lift_note")
    await tx.run(SQL.insert_restriction, **{name: row[name] for name in row if name not in later})


async def find_restriction(tx: Transaction, id: str) -> Restriction:
    """One restriction; refuses `NoSuchRestriction`."""
    found = await tx.row(SQL.find_restriction, Restriction, id=id)
    if found is None:
        raise NoSuchRestriction(f"There is no restriction {id[:40]!r}.", field="restriction_id")
    return found


class RestrictionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which restrictions are wanted, newest first."""

    user_id: str | None = None
    kind: Kind | None = None
    in_full: bool = True
    """Whether hidden ones are looked for by what they are, and not by what they are shown as."""
    in_force: bool = False
    to_review: bool = False
    """Only those that a second person has to look at."""
    before: str | None = None
    limit: int = 50


async def list_restrictions(
    tx: Transaction, wanted: RestrictionFilter, *, now: datetime
) -> list[Restriction]:
    """Restrictions, newest first."""
    return await tx.rows(SQL.list_restrictions, Restriction, now=now, **msgspec.structs.asdict(wanted))


async def lift_restriction(
    tx: Transaction, id: str, *, by: str, reason: Reason, note: str, now: datetime
) -> None:
    """End a restriction."""
    await tx.run(SQL.lift_restriction, id=id, by=by, reason=reason, note=note, now=now)


async def end_restrictions(tx: Transaction, ids: Sequence[str]) -> None:
    """Write down that some restrictions are over."""
    await tx.run(SQL.lift_restrictions_that_are_over, ids=list(ids))


async def prolong_restriction(tx: Transaction, id: str, *, until: datetime) -> None:
    """Let a restriction hold longer."""
    await tx.run(SQL.prolong_restriction, id=id, until=until)


async def review_restriction(tx: Transaction, id: str, *, by: str, now: datetime) -> bool:
    """Write down that a second person agrees; false if one did."""
    return bool(await tx.run(SQL.review_restriction, id=id, by=by, now=now))


async def insert_request(tx: Transaction, request: ChangeRequest) -> bool:
    """Write a new request; false if the same is open."""
    row = msgspec.structs.asdict(request)
    later = ("state", "decided_by", "decided_at", "answer", "overdue_told_at")
    return bool(await tx.run(SQL.insert_request, **{name: row[name] for name in row if name not in later}))


async def find_request(tx: Transaction, id: str) -> ChangeRequest:
    """One request; refuses `NoSuchRequest`."""
    found = await tx.row(SQL.find_request, ChangeRequest, id=id)
    if found is None:
        raise NoSuchRequest(f"There is no request {id[:40]!r}.", field="request_id")
    return found


async def list_requests(
    tx: Transaction, *, user_id: str | None, state: RequestState | None, after: str | None, limit: int
) -> list[ChangeRequest]:
    """Requests by what is due first."""
    return await tx.rows(
        SQL.list_requests, ChangeRequest, user_id=user_id, state=state, after=after, most=limit
    )


async def list_own_requests(
    tx: Transaction, user_id: str, *, before: str | None, limit: int
) -> list[ChangeRequest]:
    """A user's requests, newest first."""
    return await tx.rows(SQL.list_own_requests, ChangeRequest, user_id=user_id, before=before, most=limit)


async def decide_request(
    tx: Transaction, id: str, *, state: RequestState, by: str, answer: str, now: datetime
) -> bool:
    """End a request; false if it has ended."""
    return bool(await tx.run(SQL.decide_request, id=id, state=state, by=by, answer=answer, now=now))


async def withdraw_requests(tx: Transaction, user_id: str, *, by: str, now: datetime) -> None:
    """End what a user asked for and nobody has decided: they leave."""
    await tx.run(SQL.withdraw_requests, user_id=user_id, by=by, now=now)


async def insert_objection(tx: Transaction, objection: Objection) -> bool:
    """Write a new objection; false if one to the same restriction is open."""
    row = msgspec.structs.asdict(objection)
    later = ("state", "answered_by", "answered_at", "answer", "overdue_told_at")
    return bool(await tx.run(SQL.insert_objection, **{name: row[name] for name in row if name not in later}))


async def find_objection(tx: Transaction, id: str) -> Objection:
    """One objection; refuses `NoSuchObjection`."""
    found = await tx.row(SQL.find_objection, Objection, id=id)
    if found is None:
        raise NoSuchObjection(f"There is no objection {id[:40]!r}.", field="objection_id")
    return found


async def open_objection_to(tx: Transaction, restriction_id: str) -> Objection | None:
    """The objection to a restriction that nobody has answered."""
    return await tx.row(SQL.open_objection_to, Objection, restriction_id=restriction_id)


async def list_objections(
    tx: Transaction, *, user_id: str | None, state: ObjectionState | None, after: str | None, limit: int
) -> list[Objection]:
    """Objections by what is due first."""
    return await tx.rows(
        SQL.list_objections, Objection, user_id=user_id, state=state, after=after, most=limit
    )


async def list_own_objections(
    tx: Transaction, user_id: str, *, before: str | None, limit: int
) -> list[Objection]:
    """A user's objections, newest first."""
    return await tx.rows(SQL.list_own_objections, Objection, user_id=user_id, before=before, most=limit)


async def answer_objection(
    tx: Transaction, id: str, *, state: ObjectionState, by: str, answer: str, now: datetime
) -> bool:
    """End an objection; false if it has ended."""
    return bool(await tx.run(SQL.answer_objection, id=id, state=state, by=by, answer=answer, now=now))


async def take_overdue(tx: Transaction, query: Query, *, now: datetime, limit: int) -> list[Overdue]:
    """What is overdue and nobody was told of; from now on somebody is."""
    return [Overdue(*row) for row in await tx.tuples(query, now=now, limit=limit)]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
