"""Open sessions: the session and its payment are written together, so that neither is there without the other."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from tael.checkout import store
from tael.checkout.errors import LinkOff, SessionEnded
from tael.checkout.model import Link, Session, SessionState, StaticCode
from tael.checkout.rules import sessions as rules
from tael.checkout.rules.limits import beyond_limit, limit_on
from tael.checkout.usecases.ground import Ground
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.merchants.model import Merchant
from tael.payments.api import Means, new_payment


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session to be opened. Its id was chosen beforehand."""

    session: Session
    merchant: Merchant
    means: Means | None = None
    """With what the payer pays, where a wallet's kit wants parameters at once."""


async def open_session(ground: Ground, tx: Transaction, command: OpenSession) -> Session:
    """The session as it was written: with its payment, unless the payer has to choose a tip first."""
    session = command.session
    if not rules.asks_for_a_tip(session):
        session = await _with_payment(ground, tx, session, command.merchant)
    await store.insert(tx, session)
    return session


async def choose_tip(
    ground: Ground, tx: Transaction, session_id: str, percent: int, *, merchant: Merchant
) -> Session:
    """The session with the payer's tip and its payment; refuses `NoSuchSession`, `SessionEnded`, `CheckoutMalformed`.

    Chosen again, the tip stays as it was: the payer may have begun to pay.
    """
    session = await store.lock_session(tx, session_id, merchant_id=None)
    if session.payment_id is not None:
        return session
    if session.state is not SessionState.OPEN or ground.clock.now() >= session.expires_at:
        raise SessionEnded("The time to pay is over.", hint="Ask the merchant for a new page.")
    tip = rules.tip_of(session.amount_minor, percent, offered=session.tip_percents)
    paid = await _with_payment(ground, tx, msgspec.structs.replace(session, tip_minor=tip), merchant)
    await store.give_payment(tx, paid)
    return paid


async def visit_link(
    ground: Ground, tx: Transaction, code: str, *, visit: str, chosen_minor: int | None, merchant: Merchant
) -> Session:
    """The session of a visit to a link; refuses `NoSuchLink`, `LinkOff`, `LinkUsedUp`, `CheckoutMalformed`.

    The link is locked from the look at its counts to their change.
    """
    link = await store.at_address(tx, Link, code, lock=True)
    known = await store.session_of_visit(tx, link.id, visit)
    if known is not None:
        return known
    now = ground.clock.now()
    rules.check_usable(link, now)
    session = new_session(
        link.merchant_id,
        origin=link.id,
        amount_minor=rules.chosen_amount(link, chosen_minor),
        currency=link.currency,
        now=now,
        description=link.description,
        metadata=link.metadata,
        success_url=link.success_url,
        tip_percents=link.tip_percents,
        visit=visit,
    )
    opened = await open_session(ground, tx, OpenSession(session=session, merchant=merchant))
    await store.count_opened(tx, link.id)
    return opened


class VisitStaticCode(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to pay by a static code."""

    code: StaticCode
    session: Session
    merchant: Merchant


async def visit_static_code(ground: Ground, tx: Transaction, command: VisitStaticCode) -> Session:
    """The session of a visit to a static code; refuses `LinkOff`, `StaticCodeLimit`, and then nothing is written."""
    session = command.session
    if session.visit is not None:
        known = await store.session_of_visit(tx, command.code.id, session.visit)
        if known is not None:
            return known
    if not command.code.active:
        raise LinkOff("This code is not in use any more.", hint="Ask the cashier for another way to pay.")
    await _count(tx, session)
    return await open_session(ground, tx, OpenSession(session=session, merchant=command.merchant))


async def _count(tx: Transaction, session: Session) -> None:
    """See that the limit of the session's day allows it. Where it is known who pays, their day is counted before they pay;
    if they do not, the same day is given back.
    """
    limit = limit_on(session.day, session.currency)
    if limit is None:
        return
    within = (
        await store.spend(tx, session, most_minor=limit.per_day_minor)
        if session.payer is not None
        else session.amount_minor <= limit.per_day_minor
    )
    if not within:
        raise beyond_limit(limit)


async def _with_payment(ground: Ground, tx: Transaction, session: Session, merchant: Merchant) -> Session:
    now = ground.clock.now()
    payment = new_payment(
        merchant,
        amount_minor=session.total.minor,
        currency=session.currency,
        reference=session.reference,
        description=session.description,
        now=now,
        seconds=max(int((session.expires_at - now).total_seconds()), rules.SHORTEST_SECONDS),
        return_url=session.success_url,
        metadata=session.metadata,
        descriptor=session.descriptor,
        capture_method=session.capture_method,
        source=session.source,
    )
    made = await ground.write(tx, payment, merchant)
    return msgspec.structs.replace(session, payment_id=made.id)


def new_session(
    merchant_id: str,
    *,
    origin: str,
    amount_minor: int,
    currency: str,
    now: datetime,
    description: str,
    **more: Any,
) -> Session:
    """A session with nothing said beyond what is paid for, but for `more`: fields by their names."""
    identity = new_id("cs")
    plain = Session(
        id=identity,
        merchant_id=merchant_id,
        state=SessionState.OPEN,
        amount_minor=amount_minor,
        currency=currency,
        reference=identity,
        description=description,
        tip_minor=0,
        payment_id=None,
        origin=origin,
        visit=None,
        payer=None,
        created_at=now,
        expires_at=now + timedelta(seconds=rules.VISIT_SECONDS),
        ended_at=None,
    )
    return msgspec.structs.replace(plain, **more)
