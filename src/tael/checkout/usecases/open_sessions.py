"""Open sessions: the session and its payment are written together, so that neither is there without the other."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.checkout import store
from tael.checkout.errors import LinkOff, SessionEnded
from tael.checkout.model import Link, Session, SessionState, SessionUi, StaticCode
from tael.checkout.rules import sessions as rules
from tael.checkout.rules.limits import Limit, beyond_limit, day_of, limit_on
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.merchants.model import Merchant
from tael.payments.api import CreatePayment, Means, Payments, new_payment
from tael.payments.model import CaptureMethod


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session to be opened. Its id was chosen beforehand."""

    session: Session
    merchant: Merchant
    means: Means | None = None
    """With what the payer pays, where a wallet's kit wants parameters at once."""


async def open_sessions(
    tx: Transaction, commands: Sequence[OpenSession], *, payments: Payments, now: datetime
) -> list[Session | Refusal]:
    """Each session as it was written, or why it cannot be."""
    return [await _open(tx, command, payments=payments, now=now) for command in commands]


async def _open(
    tx: Transaction, command: OpenSession, *, payments: Payments, now: datetime
) -> Session | Refusal:
    session = command.session
    if rules.asks_for_a_tip(session):
        await store.insert(tx, session)
        return session
    paid = await _with_payment(tx, session, command.merchant, payments=payments, now=now)
    if isinstance(paid, Session):
        await store.insert(tx, paid)
    return paid


async def choose_tip(
    tx: Transaction, session_id: str, percent: int, *, merchant: Merchant, payments: Payments, now: datetime
) -> Session:
    """The session with the payer's tip and its payment; refuses `NoSuchSession`, `SessionEnded`, `CheckoutMalformed`.

    Chosen again, the tip stays as it was: the payer may have begun to pay.
    """
    session = await store.find_session(tx, session_id, merchant_id=None, lock=True)
    if session.payment_id is not None:
        return session
    if session.state is not SessionState.OPEN or now >= session.expires_at:
        raise SessionEnded("The time to pay is over.", hint="Ask the merchant for a new page.")
    tip = rules.tip_of(session.amount_minor, percent, offered=session.tip_percents)
    paid = await _with_payment(
        tx, msgspec.structs.replace(session, tip_minor=tip), merchant, payments=payments, now=now
    )
    if isinstance(paid, Refusal):
        raise paid
    await store.give_payment(tx, paid)
    return paid


async def visit_link(
    tx: Transaction,
    code: str,
    *,
    visit: str,
    chosen_minor: int | None,
    merchant: Merchant,
    payments: Payments,
    now: datetime,
) -> Session:
    """The session of a visit to a link; refuses `NoSuchLink`, `LinkOff`, `LinkUsedUp`, `CheckoutMalformed`.

    The link is locked from the look at its counts to their change.
    """
    link = await store.link_by_code(tx, code, lock=True)
    known = await store.session_of_visit(tx, link.id, visit)
    if known is not None:
        return known
    refusal = rules.why_not_usable(link, now)
    if refusal is not None:
        raise refusal
    session = _session_of_link(link, visit, rules.chosen_amount(link, chosen_minor), now)
    command = OpenSession(session=session, merchant=merchant)
    opened = await _open(tx, command, payments=payments, now=now)
    if isinstance(opened, Refusal):
        raise opened
    await store.count_opened(tx, link.id)
    return opened


class VisitStaticCode(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to pay by a static code."""

    code: StaticCode
    session: Session
    merchant: Merchant


async def visit_static_code(
    tx: Transaction, command: VisitStaticCode, *, payments: Payments, now: datetime
) -> Session | Refusal:
    """The session of a visit to a static code; or `LinkOff`, `StaticCodeLimit`, and nothing is written.

    Where it is known who pays, their day is counted before they pay, and given back if they do not.
    """
    session = command.session
    if session.visit is not None:
        known = await store.session_of_visit(tx, command.code.id, session.visit)
        if known is not None:
            return known
    if not command.code.active:
        return LinkOff("This code is not in use any more.", hint="Ask the cashier for another way to pay.")
    limit = limit_on(day_of(now), session.currency)
    if limit is not None and not await _within(tx, session, limit, now):
        return beyond_limit(limit)
    opened = await _open(
        tx, OpenSession(session=session, merchant=command.merchant), payments=payments, now=now
    )
    if isinstance(opened, Refusal):
        raise opened  # so that what was counted is not
    return opened


async def _within(tx: Transaction, session: Session, limit: Limit, now: datetime) -> bool:
    """Whether the limit allows it; then it is counted, if it is known for whom."""
    if session.payer is None:
        return session.amount_minor <= limit.per_day_minor
    return await store.spend(
        tx,
        session.payer,
        day=day_of(now),
        currency=session.currency,
        amount_minor=session.amount_minor,
        most_minor=limit.per_day_minor,
    )


async def _with_payment(
    tx: Transaction, session: Session, merchant: Merchant, *, payments: Payments, now: datetime
) -> Session | Refusal:
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
    made = (
        await payments.create_within(tx, [CreatePayment(payment=payment, exponent=None, merchant=merchant)])
    )[0]
    if isinstance(made, Refusal):
        return made
    return msgspec.structs.replace(session, payment_id=made.id)


def new_session(
    merchant_id: str, *, origin: str, amount_minor: int, currency: str, now: datetime, description: str
) -> Session:
    """A session with nothing said beyond what is paid for."""
    identity = new_id("cs")
    return Session(
        id=identity,
        merchant_id=merchant_id,
        state=SessionState.OPEN,
        amount_minor=amount_minor,
        currency=currency,
        line_items=(),
        reference=identity,
        description=description,
        metadata={},
        descriptor=None,
        capture_method=CaptureMethod.AUTOMATIC,
        methods=(),
        customer_id=None,
        success_url=None,
        cancel_url=None,
        tip_percents=(),
        tip_minor=0,
        payment_id=None,
        ui=SessionUi.HOSTED,
        origin=origin,
        visit=None,
        payer=None,
        created_at=now,
        expires_at=now + timedelta(seconds=rules.VISIT_SECONDS),
        ended_at=None,
    )


def _session_of_link(link: Link, visit: str, amount_minor: int, now: datetime) -> Session:
    plain = new_session(
        link.merchant_id,
        origin=link.id,
        amount_minor=amount_minor,
        currency=link.currency,
        now=now,
        description=link.description,
    )
    return msgspec.structs.replace(
        plain,
        metadata=link.metadata,
        success_url=link.success_url,
        tip_percents=link.tip_percents,
        visit=visit,
    )
