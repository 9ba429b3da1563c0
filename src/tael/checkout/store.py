"""Where do sessions, links, codes and charges lie? The context's only SQL."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec

from tael.checkout.errors import NoSuchCharge, NoSuchLink, NoSuchSession, NoSuchStaticCode
from tael.checkout.model import Charge, Link, Session, SessionState, StaticCode
from tael.foundation.db import Contention, Transaction, queries
from tael.foundation.errors import NotFound

SQL = queries("tael.checkout")

T = TypeVar("T", Session, Link, StaticCode, Charge)


async def insert(tx: Transaction, thing: Session | Link | StaticCode | Charge) -> None:
    """Write a new one."""
    statement = {
        Session: SQL.insert_session,
        Link: SQL.insert_link,
        StaticCode: SQL.insert_static_code,
        Charge: SQL.insert_charge,
    }[type(thing)]
    if not await tx.run(statement, **_row(thing)):
        raise Contention("The same visit was written at the same moment: look again.")


async def find_session(
    tx: Transaction, session_id: str, *, merchant_id: str | None, lock: bool = False
) -> Session:
    """One session; refuses `NoSuchSession`. Payers ask without a merchant's id."""
    found = await tx.row(SQL.lock_session if lock else SQL.find_session, Session, id=session_id)
    return _owned(found, merchant_id, NoSuchSession(f"There is no session {session_id}.", field="session_id"))


async def find_sessions(tx: Transaction, ids: Sequence[str]) -> list[Session]:
    """The sessions as they stand."""
    return await tx.rows(SQL.find_sessions, Session, ids=list(ids))


async def session_of_payment(tx: Transaction, payment_id: str) -> Session | None:
    """The session whose payment it is, if it is one's."""
    return await tx.row(SQL.find_session_of_payment, Session, payment_id=payment_id)


async def session_of_visit(tx: Transaction, origin: str, visit: str) -> Session | None:
    """The session that a visit to a link or code has made, if it has."""
    return await tx.row(SQL.find_session_of_visit, Session, origin=origin, visit=visit)


async def list_sessions(
    tx: Transaction, merchant_id: str, *, state: SessionState | None, before: str | None, limit: int
) -> list[Session]:
    """A merchant's sessions, newest first."""
    return await tx.rows(
        SQL.list_sessions, Session, merchant_id=merchant_id, state=state, before=before, limit=limit
    )


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


async def find_link(tx: Transaction, link_id: str, *, merchant_id: str) -> Link:
    """One link; refuses `NoSuchLink`."""
    found = await tx.row(SQL.find_link, Link, id=link_id)
    return _owned(found, merchant_id, NoSuchLink(f"There is no payment link {link_id}.", field="link_id"))


async def link_by_code(tx: Transaction, code: str, *, lock: bool = False) -> Link:
    """The link at an address; refuses `NoSuchLink`."""
    found = await tx.row(SQL.lock_link_by_code if lock else SQL.find_link_by_code, Link, code=code)
    return _owned(found, None, NoSuchLink("There is no payment link at this address."))


async def list_links(tx: Transaction, merchant_id: str, *, before: str | None, limit: int) -> list[Link]:
    """A merchant's links, newest first."""
    return await tx.rows(SQL.list_links, Link, merchant_id=merchant_id, before=before, limit=limit)


async def set_link_active(tx: Transaction, link_id: str, *, merchant_id: str, active: bool) -> None:
    """Switch a link on or off; whoever is paying with it goes on."""
    await tx.run(SQL.set_link_active, id=link_id, merchant_id=merchant_id, active=active)


async def count_opened(tx: Transaction, link_id: str) -> None:
    """One more is paying with a locked link."""
    await tx.run(SQL.count_opened, id=link_id)


async def find_static_code(tx: Transaction, code_id: str, *, merchant_id: str) -> StaticCode:
    """One static code; refuses `NoSuchStaticCode`."""
    found = await tx.row(SQL.find_static_code, StaticCode, id=code_id)
    return _owned(
        found, merchant_id, NoSuchStaticCode(f"There is no static code {code_id}.", field="code_id")
    )


async def static_code_by_code(tx: Transaction, code: str) -> StaticCode:
    """The static code at an address; refuses `NoSuchStaticCode`."""
    found = await tx.row(SQL.find_static_code_by_code, StaticCode, code=code)
    return _owned(found, None, NoSuchStaticCode("There is no code of a store at this address."))


async def list_static_codes(
    tx: Transaction, merchant_id: str, *, before: str | None, limit: int
) -> list[StaticCode]:
    """A merchant's static codes, newest first."""
    return await tx.rows(
        SQL.list_static_codes, StaticCode, merchant_id=merchant_id, before=before, limit=limit
    )


async def set_static_code_active(tx: Transaction, code_id: str, *, merchant_id: str, active: bool) -> None:
    """Switch a static code on or off."""
    await tx.run(SQL.set_static_code_active, id=code_id, merchant_id=merchant_id, active=active)


async def spend(
    tx: Transaction, payer: bytes, *, day: date, currency: str, amount_minor: int, most_minor: int
) -> bool:
    """Count what a payer is about to pay; false, and nothing is counted, if it is more than the day allows."""
    counted = await tx.tuples(
        SQL.spend, payer=payer, day=day, currency=currency, amount_minor=amount_minor, most_minor=most_minor
    )
    return bool(counted)


async def give_back_spending(tx: Transaction, spent: Sequence[tuple[bytes, date, str, int]]) -> None:
    """Count less, for payments that were not paid."""
    if spent:
        payers, days, currencies, amounts = zip(*spent, strict=True)
        await tx.run(
            SQL.give_back_spending,
            payers=list(payers),
            days=list(days),
            currencies=list(currencies),
            amounts=list(amounts),
        )


async def forget_payer_days(tx: Transaction, *, before: date, limit: int) -> int:
    """Forget what was counted for days that are over; says how many rows."""
    return await tx.run(SQL.forget_payer_days, before=before, limit=limit)


async def find_charge(tx: Transaction, payment_id: str, *, merchant_id: str) -> Charge:
    """One charge; refuses `NoSuchCharge`."""
    found = await tx.row(SQL.find_charge, Charge, payment_id=payment_id, merchant_id=merchant_id)
    return _owned(found, merchant_id, NoSuchCharge(f"There is no charge {payment_id}.", field="charge_id"))


async def list_charges(
    tx: Transaction, merchant_id: str, *, terminal_id: str | None, before: str | None, limit: int
) -> list[Charge]:
    """A merchant's charges, newest first."""
    return await tx.rows(
        SQL.list_charges,
        Charge,
        merchant_id=merchant_id,
        terminal_id=terminal_id,
        before=before,
        limit=limit,
    )


def _owned(found: T | None, merchant_id: str | None, refusal: NotFound) -> T:
    """What was found, if it is the merchant's; to everybody else it is not there."""
    if found is None or merchant_id not in (None, found.merchant_id):
        raise refusal
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
