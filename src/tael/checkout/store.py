"""Where do sessions, links, codes and charges lie? The context's only SQL."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from tael.checkout.errors import NoSuchCharge, NoSuchLink, NoSuchSession, NoSuchStaticCode
from tael.checkout.model import Charge, Link, Session, SessionState, StaticCode
from tael.foundation.db import Contention, Query, Transaction, queries
from tael.foundation.errors import NotFound

SQL = queries("tael.checkout")

T = TypeVar("T", Session, Link, StaticCode, Charge)
A = TypeVar("A", Link, StaticCode)


class _Noun(NamedTuple):
    """How one noun is written and read."""

    insert: Query
    find: Query
    page: Query
    missing: type[NotFound]
    words: str
    field: str
    """Its id in requests."""


_NOUNS: Mapping[type, _Noun] = {
    Session: _Noun(
        SQL.insert_session,
        SQL.find_session,
        SQL.list_sessions,
        NoSuchSession,
        "checkout session",
        "session_id",
    ),
    Link: _Noun(SQL.insert_link, SQL.find_link, SQL.list_links, NoSuchLink, "payment link", "link_id"),
    StaticCode: _Noun(
        SQL.insert_static_code,
        SQL.find_static_code,
        SQL.list_static_codes,
        NoSuchStaticCode,
        "static code",
        "code_id",
    ),
    Charge: _Noun(SQL.insert_charge, SQL.find_charge, SQL.list_charges, NoSuchCharge, "charge", "charge_id"),
}


async def insert(tx: Transaction, thing: Session | Link | StaticCode | Charge) -> None:
    """Write a new one."""
    if not await tx.run(_NOUNS[type(thing)].insert, **_row(thing)):
        raise Contention("The same visit was written at the same moment: look again.")


async def find(tx: Transaction, noun: type[T], id: str, *, merchant_id: str | None) -> T:
    """One of a merchant's; refuses its `NoSuch…`, also for another merchant's. Payers ask without a merchant's id."""
    return _owned(await tx.row(_NOUNS[noun].find, noun, id=id), merchant_id, noun, id)


async def page(
    tx: Transaction, noun: type[T], merchant_id: str, *, before: str | None, limit: int, **only: object
) -> list[T]:
    """A merchant's, newest first. `only`: what its statement filters by."""
    return await tx.rows(_NOUNS[noun].page, noun, merchant_id=merchant_id, before=before, limit=limit, **only)


async def lock_session(tx: Transaction, session_id: str, *, merchant_id: str | None) -> Session:
    """The same for a session, which is locked until the transaction ends."""
    found = await tx.row(SQL.lock_session, Session, id=session_id)
    return _owned(found, merchant_id, Session, session_id)


async def at_address(tx: Transaction, noun: type[A], code: str, *, lock: bool = False) -> A:
    """The link or static code at an address; refuses `NoSuchLink`, `NoSuchStaticCode`."""
    by_code = {Link: SQL.find_link_by_code, StaticCode: SQL.find_static_code_by_code}[noun]
    found = await tx.row(SQL.lock_link_by_code if lock else by_code, noun, code=code)
    if found is None:
        raise _NOUNS[noun].missing(f"There is no {_NOUNS[noun].words} at this address.")
    return found


async def switch(tx: Transaction, noun: type[A], id: str, *, merchant_id: str, active: bool) -> A:
    """A link or static code, switched on or off; whoever is paying with it goes on."""
    statement = {Link: SQL.set_link_active, StaticCode: SQL.set_static_code_active}[noun]
    await tx.run(statement, id=id, merchant_id=merchant_id, active=active)
    return await find(tx, noun, id, merchant_id=merchant_id)


async def find_sessions(tx: Transaction, ids: Sequence[str]) -> list[Session]:
    """The sessions as they stand."""
    return await tx.rows(SQL.find_sessions, Session, ids=list(ids))


async def session_of_payment(tx: Transaction, payment_id: str) -> Session | None:
    """The session whose payment it is, if it is one's."""
    return await tx.row(SQL.find_session_of_payment, Session, payment_id=payment_id)


async def session_of_visit(tx: Transaction, origin: str, visit: str) -> Session | None:
    """The session that a visit to a link or code has made, if it has."""
    return await tx.row(SQL.find_session_of_visit, Session, origin=origin, visit=visit)


async def lock_sessions_of_payments(tx: Transaction, payment_ids: Sequence[str]) -> list[Session]:
    """The open sessions whose payments these are, locked until the transaction ends."""
    return await tx.rows(SQL.lock_sessions_of_payments, Session, payment_ids=list(payment_ids))


async def lock_sessions_due(tx: Transaction, *, now: datetime, limit: int) -> list[Session]:
    """Open sessions whose time is over and that have no payment, locked until the transaction ends."""
    return await tx.rows(SQL.lock_sessions_due, Session, now=now, limit=limit)


async def give_payment(tx: Transaction, session: Session) -> None:
    """Write which payment and tip a session has got."""
    await tx.run(SQL.give_payment, id=session.id, payment_id=session.payment_id, tip_minor=session.tip_minor)


async def end_sessions(
    tx: Transaction, sessions: Sequence[Session], state: SessionState, now: datetime
) -> None:
    """Write the end of locked sessions, and let go of what they had taken up of links."""
    if not sessions:
        return
    await tx.run(SQL.end_sessions, ids=[each.id for each in sessions], state=state, ended_at=now)
    links = Counter(each.origin for each in sessions if each.origin.startswith("lnk_"))
    if links:
        paid = state is SessionState.COMPLETE
        await tx.run(
            SQL.count_ended,
            ids=list(links),
            left=list(links.values()),
            paid=[count if paid else 0 for count in links.values()],
        )


async def addresses_in(tx: Transaction, merchant_id: str, stores: Collection[str]) -> list[str]:
    """The sources of payments by the links and static codes of stores."""
    found = await tx.tuples(SQL.addresses_in, merchant_id=merchant_id, stores=sorted(stores))
    return [source for (source,) in found]


async def taken_elsewhere(tx: Transaction, ids: Collection[str], stores: Collection[str]) -> frozenset[str]:
    """Those of some payments that are charges in other stores, or in none."""
    found = await tx.tuples(SQL.taken_elsewhere, ids=sorted(ids), stores=sorted(stores))
    return frozenset(id for (id,) in found)


async def charges_of(tx: Transaction, payment_ids: Collection[str]) -> list[str]:
    """Those of some payments that are charges, in their order."""
    return [id for (id,) in await tx.tuples(SQL.charges_of, ids=sorted(payment_ids))]


async def count_opened(tx: Transaction, link_id: str) -> None:
    """One more is paying with a locked link."""
    await tx.run(SQL.count_opened, id=link_id)


async def spend(tx: Transaction, session: Session, *, most_minor: int) -> bool:
    """Count what a session's payer is about to pay; false, and nothing is counted, if it is more than the day allows."""
    counted = await tx.tuples(
        SQL.spend,
        payer=session.payer,
        day=session.day,
        currency=session.currency,
        amount_minor=session.amount_minor,
        most_minor=most_minor,
    )
    return bool(counted)


async def give_back_spending(tx: Transaction, sessions: Sequence[Session]) -> None:
    """Count less on the same days, for sessions that were not paid; what was not counted is left alone."""
    counted = [each for each in sessions if each.payer is not None]
    if counted:
        await tx.run(
            SQL.give_back_spending,
            payers=[each.payer for each in counted],
            days=[each.day for each in counted],
            currencies=[each.currency for each in counted],
            amounts=[each.amount_minor for each in counted],
        )


async def forget_payer_days(tx: Transaction, *, before: date, limit: int) -> int:
    """Forget what was counted for days that are over; says how many rows."""
    return await tx.run(SQL.forget_payer_days, before=before, limit=limit)


def _owned(found: T | None, merchant_id: str | None, noun: type[T], id: str) -> T:
    """What was found, if it is the merchant's; to everybody else it is not there."""
    if found is None or merchant_id not in (None, found.merchant_id):
        kind = _NOUNS[noun]
        raise kind.missing(f"There is no {kind.words} {id}.", field=kind.field)
    return found


def _row(thing: msgspec.Struct) -> Mapping[str, Any]:
    """The fields as the driver takes them: what lies in a document as its text, what is one of several as a list."""
    row = msgspec.structs.asdict(thing)
    for name, value in row.items():
        if name in ("metadata", "line_items"):
            row[name] = msgspec.json.encode(value).decode()
        elif isinstance(value, tuple):
            row[name] = list(value)
    return row
