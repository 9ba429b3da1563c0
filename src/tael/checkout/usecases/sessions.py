"""The verbs of sessions: open, look, choose a tip, end; and what a payment's end does to them."""

from collections.abc import Sequence

import msgspec

from tael.checkout import store
from tael.checkout.model import Session, SessionState
from tael.checkout.schemas import session_body
from tael.checkout.usecases.answered import Desk, written
from tael.checkout.usecases.open_sessions import OpenSession, choose_tip, open_sessions
from tael.checkout.usecases.settle_sessions import complete, expire, expire_due, hear_of_payments
from tael.foundation.calls import Answer, Call, Caller, Reply
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.patience import until_committed
from tael.merchants.api import Merchants
from tael.payments.api import Payments, RequestClose, StartAttempt
from tael.payments.events import PaymentAuthorised, PaymentCaptured, PaymentEnded
from tael.payments.model import PaymentState


class EndSession(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to end a session."""

    session_id: str
    merchant_id: str


class Sessions:
    """Checkout sessions of one database."""

    def __init__(
        self,
        database: Database,
        payments: Payments,
        merchants: Merchants,
        desk: Desk,
        *,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._database = database
        self._payments = payments
        self._merchants = merchants
        self._desk = desk
        self._clock = clock
        self._public_url = public_url

    async def create(self, call: Call[OpenSession]) -> Answer:
        """Open a session; with what a wallet's kit is to be given, if the payer pays in one."""

        def reply(session: Session) -> Reply:
            waits = call.command.means is not None
            return Reply(object_id=session.id, answer=None if waits else self._session_answer(session, 201))

        async def verb(tx: Transaction, commands: Sequence[OpenSession]) -> list[Session | Refusal]:
            return await open_sessions(tx, commands, payments=self._payments, now=self._clock.now())

        begun = await self._desk.open(call, verb, reply)
        if isinstance(begun, Answer):
            return begun
        session = await self.get(begun.object_id, merchant_id=call.caller.owner)
        asked = await self._ask_for_parameters(call, session)
        return await self._desk.close(
            call, asked if asked.status >= 400 else await self._with_action(session)
        )

    async def get(self, session_id: str, *, merchant_id: str | None) -> Session:
        """One session; refuses `NoSuchSession`. Payers ask without a merchant's id."""
        async with self._database.transaction() as tx:
            return await store.find_session(tx, session_id, merchant_id=merchant_id)

    async def of_payment(self, payment_id: str) -> Session | None:
        """The session whose payment it is, if it is one's."""
        async with self._database.transaction() as tx:
            return await store.session_of_payment(tx, payment_id)

    async def page(
        self, merchant_id: str, *, state: SessionState | None, before: str | None, limit: int
    ) -> Sequence[Session]:
        """A merchant's sessions, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_sessions(tx, merchant_id, state=state, before=before, limit=limit)

    async def expire(self, call: Call[EndSession]) -> Answer:
        """End a session unpaid; 202 while a channel has not confirmed it; refused if it turns out to be complete."""

        def reply(session: Session) -> Reply:
            done = session.state is not SessionState.OPEN
            return Reply(object_id=session.id, answer=self._session_answer(session, 200) if done else None)

        begun = await self._desk.open(call, self._end_if_unpayable, reply)
        if isinstance(begun, Answer):
            return begun
        session = await self.get(begun.object_id, merchant_id=call.caller.owner)
        close = RequestClose(
            payment_id=session.payment_id or "",
            merchant_id=session.merchant_id,
            closing_as=PaymentState.CANCELED,
        )
        closing = Call(
            caller=call.caller,
            action="checkout.close_payment",
            key=f"close:{session.id}",
            request=call.request,
            command=close,
        )
        closed = await self._payments.close(closing)
        if closed.status >= 400:
            return await self._desk.close(call, closed)
        await self._settle_by_payment(session)
        session = await self.get(session.id, merchant_id=session.merchant_id)
        over = session.state is not SessionState.OPEN
        return await self._desk.close(call, self._session_answer(session, 200 if over else 202))

    async def choose_tip(self, session_id: str, percent: int) -> Session:
        """Give a session its payment, with the payer's tip."""
        known = await self.get(session_id, merchant_id=None)
        merchant = await self._merchants.get(known.merchant_id)

        async def work(tx: Transaction) -> Session:
            return await choose_tip(
                tx, session_id, percent, merchant=merchant, payments=self._payments, now=self._clock.now()
            )

        return await until_committed(self._database, work, what="checkout.choose_tip")

    # What hears of facts, and the rounds.

    async def hear_of_payments(
        self, tx: Transaction, facts: Sequence[PaymentCaptured | PaymentAuthorised | PaymentEnded]
    ) -> None:
        """End the sessions of payments that came to an end."""
        await hear_of_payments(tx, facts, now=self._clock.now())

    async def expire_due(self) -> int:
        """End sessions whose time is over and that have no payment; says how many."""
        async with self._database.transaction() as tx:
            return await expire_due(tx, now=self._clock.now())

    async def _end_if_unpayable(
        self, tx: Transaction, commands: Sequence[EndSession]
    ) -> list[Session | Refusal]:
        """The session: ended, if it is open and has no payment; as it is, if it has one that must be closed first."""
        found: list[Session | Refusal] = []
        for command in commands:
            session = await store.find_session(
                tx, command.session_id, merchant_id=command.merchant_id, lock=True
            )
            if session.state is SessionState.OPEN and session.payment_id is None:
                await expire(tx, [session], now=self._clock.now())
                session = await store.find_session(tx, session.id, merchant_id=None)
            found.append(session)
        return found

    async def _settle_by_payment(self, session: Session) -> None:
        """End a session whose payment has ended, without waiting for the courier."""
        payment = (await self._payments.get(session.payment_id or "", merchant_id=None)).payment
        if not payment.ended:
            return

        async def work(tx: Transaction) -> None:
            open_ones = await store.lock_sessions_of_payments(tx, [payment.id])
            end = complete if payment.state is PaymentState.CAPTURED else expire
            await end(tx, open_ones, now=self._clock.now())

        await until_committed(self._database, work, what="checkout.settle")

    async def _ask_for_parameters(self, call: Call[OpenSession], session: Session) -> Answer:
        """Begin to pay in a wallet; asked again, it is the same attempt."""
        command = call.command
        means = command.means
        assert means is not None and session.payment_id, "asked where the payer pays in a wallet"  # noqa: S101, PT018 - for the reader
        start = StartAttempt(
            payment_id=session.payment_id,
            merchant_id=session.merchant_id,
            attempt_id=new_id("att"),
            method=session.methods[0],
            means=means,
        )
        return await self._payments.start_attempt(
            Call(
                caller=_ours(call.caller, session.id),
                action="checkout.begin",
                key=session.id,
                request=call.request,
                command=start,
            )
        )

    async def _with_action(self, session: Session) -> Answer:
        """The session with what its live attempt wants of the payer; 202 as long as the channel has not said it."""
        story = await self._payments.get(session.payment_id or "", merchant_id=None)
        live = [each for each in story.attempts if each.live and not each.abandoned]
        action = live[-1].action if live else None
        body = session_body(session, public_url=self._public_url, action=action)
        return written(body, status=201 if action is not None else 202)

    def _session_answer(self, session: Session, status: int) -> Answer:
        return written(session_body(session, public_url=self._public_url), status=status)


def _ours(caller: Caller, identity: str) -> Caller:
    """The caller of what we do on a caller's behalf: its keys are ours, and meet none of theirs."""
    return msgspec.structs.replace(caller, owner=f"checkout:{identity}")
