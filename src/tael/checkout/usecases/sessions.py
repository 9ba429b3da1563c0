"""The verbs of sessions: open, look, choose a tip, end; and what a payment's end does to them."""

from collections.abc import Sequence

import msgspec

from tael.checkout import store
from tael.checkout.model import Session, SessionState, SessionUi
from tael.checkout.schemas import SessionBody, session_body
from tael.checkout.usecases.ground import Ground
from tael.checkout.usecases.open_sessions import OpenSession, choose_tip, open_session
from tael.checkout.usecases.settle_sessions import complete, expire, expire_due, hear_of_payments
from tael.foundation.calls import Answer, Call, Reply
from tael.foundation.clerk import written
from tael.foundation.db import Transaction
from tael.foundation.patience import until_committed
from tael.payments.events import PaymentAuthorised, PaymentCaptured, PaymentEnded
from tael.payments.model import PaymentState


class EndSession(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to end a session."""

    session_id: str
    merchant_id: str


class Sessions:
    """Checkout sessions of one database."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def create(self, call: Call[OpenSession]) -> Answer:
        """Open a session; with what a wallet's kit is to be given, if the payer pays in one."""
        ground, means = self._ground, call.command.means

        async def verb(tx: Transaction, command: OpenSession) -> Session:
            return await open_session(ground, tx, command)

        def reply(session: Session) -> Reply:
            return Reply(
                object_id=session.id, answer=None if means is not None else self._answer(session, 201)
            )

        begun = await ground.clerk.open(call, verb, reply)
        if isinstance(begun, Answer):
            return begun
        assert means is not None, "open where the payer pays in a wallet"  # noqa: S101 - for the reader
        session = await self.get(begun.object_id, merchant_id=call.caller.owner)
        payment = (await ground.payments.get(session.payment_id or "", merchant_id=None)).payment
        asked = await ground.begin(call, payment, session.methods[0], means)
        if asked.status >= 400:
            return await ground.clerk.close(call, asked)
        await self._settle_by_payment(session)
        body = await self.shown(await self.get(session.id, merchant_id=session.merchant_id))
        waits = body.state is SessionState.OPEN and body.action is None
        return await ground.clerk.close(call, written(body, status=202 if waits else 201))

    async def get(self, session_id: str, *, merchant_id: str | None) -> Session:
        """One session; refuses `NoSuchSession`. Payers ask without a merchant's id."""
        async with self._ground.database.transaction() as tx:
            return await store.find(tx, Session, session_id, merchant_id=merchant_id)

    async def shown(self, session: Session) -> SessionBody:
        """A session as merchants see it, with what a wallet's kit is to be given as long as that can be used."""
        action = None
        if session.state is SessionState.OPEN and session.ui is not SessionUi.HOSTED:
            attempts = (await self._ground.payments.get(session.payment_id or "", merchant_id=None)).attempts
            live = [each for each in attempts if each.live and not each.abandoned]
            action = live[-1].action if live else None
        return session_body(session, public_url=self._ground.public_url, action=action)

    async def of_payment(self, payment_id: str) -> Session | None:
        """The session whose payment it is, if it is one's."""
        async with self._ground.database.transaction() as tx:
            return await store.session_of_payment(tx, payment_id)

    async def page(
        self, merchant_id: str, *, state: SessionState | None, before: str | None, limit: int
    ) -> Sequence[Session]:
        """A merchant's sessions, newest first."""
        async with self._ground.database.transaction() as tx:
            return await store.page(tx, Session, merchant_id, before=before, limit=limit, state=state)

    async def expire(self, call: Call[EndSession]) -> Answer:
        """End a session unpaid; 202 while a channel has not confirmed it; refused if it turns out to be complete."""
        clerk = self._ground.clerk

        def reply(session: Session) -> Reply:
            done = session.state is not SessionState.OPEN
            return Reply(object_id=session.id, answer=self._answer(session, 200) if done else None)

        begun = await clerk.open(call, self._end_if_unpayable, reply)
        if isinstance(begun, Answer):
            return begun
        session = await self.get(begun.object_id, merchant_id=call.caller.owner)
        closed = await self._ground.close(call, session.payment_id or "", session.merchant_id)
        if closed.status >= 400:
            return await clerk.close(call, closed)
        await self._settle_by_payment(session)
        session = await self.get(session.id, merchant_id=session.merchant_id)
        over = session.state is not SessionState.OPEN
        return await clerk.close(call, self._answer(session, 200 if over else 202))

    async def choose_tip(self, session_id: str, percent: int) -> Session:
        """Give a session its payment, with the payer's tip."""
        known = await self.get(session_id, merchant_id=None)
        merchant = await self._ground.merchants.get(known.merchant_id)

        async def work(tx: Transaction) -> Session:
            return await choose_tip(self._ground, tx, session_id, percent, merchant=merchant)

        return await until_committed(self._ground.database, work, what="checkout.choose_tip")

    # What hears of facts, and the rounds.

    async def hear_of_payments(
        self, tx: Transaction, facts: Sequence[PaymentCaptured | PaymentAuthorised | PaymentEnded]
    ) -> None:
        """End the sessions of payments that came to an end."""
        await hear_of_payments(tx, facts, now=self._ground.clock.now())

    async def expire_due(self) -> int:
        """End sessions whose time is over and that have no payment; says how many."""
        async with self._ground.database.transaction() as tx:
            return await expire_due(tx, now=self._ground.clock.now())

    async def _end_if_unpayable(self, tx: Transaction, command: EndSession) -> Session:
        """The session: ended, if it is open and has no payment; as it is, if it has one that must be closed first."""
        session = await store.lock_session(tx, command.session_id, merchant_id=command.merchant_id)
        if session.state is SessionState.OPEN and session.payment_id is None:
            await expire(tx, [session], now=self._ground.clock.now())
            session = await store.find(tx, Session, session.id, merchant_id=None)
        return session

    async def _settle_by_payment(self, session: Session) -> None:
        """End a session whose payment has ended, without waiting for the courier."""
        payment = (await self._ground.payments.get(session.payment_id or "", merchant_id=None)).payment
        if not payment.ended:
            return

        async def work(tx: Transaction) -> None:
            open_ones = await store.lock_sessions_of_payments(tx, [payment.id])
            end = complete if payment.state is PaymentState.CAPTURED else expire
            await end(tx, open_ones, now=self._ground.clock.now())

        await until_committed(self._ground.database, work, what="checkout.settle")

    def _answer(self, session: Session, status: int) -> Answer:
        return written(session_body(session, public_url=self._ground.public_url), status=status)
