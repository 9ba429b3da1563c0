"""The verbs of static codes: make, switch, look, and what happens to whoever scans one."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec

from tael.checkout import store
from tael.checkout.errors import LinkOff
from tael.checkout.model import Session, StaticCode
from tael.checkout.rules.limits import day_of, payer_hash
from tael.checkout.schemas import session_body, static_code_body
from tael.checkout.usecases.answered import Desk, written
from tael.checkout.usecases.open_sessions import VisitStaticCode, new_session, visit_static_code
from tael.foundation.calls import Answer, Call
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.patience import until_committed
from tael.merchants.api import Merchants
from tael.merchants.model import Merchant
from tael.payments.api import Payments

DEVICE = "device"
"""What a payer is known as who is only known by a word that we left on the device."""
_DAYS_AT_ONCE = 1_000


class SwitchStaticCode(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to switch a static code on or off."""

    code_id: str
    merchant_id: str
    active: bool


class StaticCodes:
    """Static codes of one database."""

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

    async def create(self, call: Call[StaticCode]) -> Answer:
        """Make a static code."""

        async def verb(tx: Transaction, codes: Sequence[StaticCode]) -> list[StaticCode | Refusal]:
            return [await self._create(tx, code) for code in codes]

        return await self._desk.answer(call, verb, self._said(201))

    async def _create(self, tx: Transaction, code: StaticCode) -> StaticCode | Refusal:
        store_id = await self._merchants.place_of(
            tx, code.merchant_id, store_id=code.store_id, terminal_id=code.terminal_id
        )
        made = msgspec.structs.replace(code, store_id=store_id)
        await store.insert(tx, made)
        return made

    async def switch(self, call: Call[SwitchStaticCode]) -> Answer:
        """Switch a static code on or off; refuses `NoSuchStaticCode`."""

        async def verb(tx: Transaction, commands: Sequence[SwitchStaticCode]) -> list[StaticCode | Refusal]:
            found: list[StaticCode | Refusal] = []
            for each in commands:
                await store.set_static_code_active(
                    tx, each.code_id, merchant_id=each.merchant_id, active=each.active
                )
                found.append(await store.find_static_code(tx, each.code_id, merchant_id=each.merchant_id))
            return found

        return await self._desk.answer(call, verb, self._said(200))

    async def get(self, code_id: str, *, merchant_id: str) -> StaticCode:
        """One static code; refuses `NoSuchStaticCode`."""
        async with self._database.transaction() as tx:
            return await store.find_static_code(tx, code_id, merchant_id=merchant_id)

    async def page(self, merchant_id: str, *, before: str | None, limit: int) -> Sequence[StaticCode]:
        """A merchant's static codes, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_static_codes(tx, merchant_id, before=before, limit=limit)

    async def at(self, code: str, *, active: bool = False) -> StaticCode:
        """The static code at an address; refuses `NoSuchStaticCode`, and `LinkOff` if it must be `active`."""
        async with self._database.transaction() as tx:
            found = await store.static_code_by_code(tx, code)
        if active and not found.active:
            raise LinkOff("This code is not in use any more.", hint="Ask the cashier for another way to pay.")
        return found

    def visit_of(
        self,
        code: StaticCode,
        merchant: Merchant,
        *,
        visit: str | None,
        amount_minor: int,
        payer: tuple[str, str],
        method: str | None = None,
    ) -> VisitStaticCode:
        """What somebody wants who pays by a static code.

        visit   tells this visit from others: sent twice, it makes one session
        payer   who they are, as the method (or `device`) in front knows them: what they pay in a day is counted
        method  the wallet that scanned, if it is known; then no other is offered
        """
        plain = new_session(
            code.merchant_id,
            origin=code.id,
            amount_minor=amount_minor,
            currency=code.currency,
            now=self._clock.now(),
            description=code.name,
        )
        session = msgspec.structs.replace(
            plain, methods=(method,) if method else (), visit=visit, payer=payer_hash(*payer)
        )
        return VisitStaticCode(code=code, session=session, merchant=merchant)

    async def open(self, call: Call[VisitStaticCode]) -> Answer:
        """Open the session of a payer whom the merchant knows by the wallet's id."""

        async def verb(tx: Transaction, commands: Sequence[VisitStaticCode]) -> list[Session | Refusal]:
            return [await self._visit(tx, command) for command in commands]

        def said(session: Session) -> tuple[str, Answer]:
            return session.id, written(session_body(session, public_url=self._public_url), status=201)

        return await self._desk.answer(call, verb, said)

    async def visit(
        self, code: str, *, visit: str, amount_minor: int, payer: tuple[str, str], method: str | None = None
    ) -> Session:
        """The session of somebody who goes on from the code's page; refuses `NoSuchStaticCode`, `LinkOff`, `StaticCodeLimit`."""
        found = await self.at(code)
        command = self.visit_of(
            found,
            await self._merchants.get(found.merchant_id),
            visit=visit,
            amount_minor=amount_minor,
            payer=payer,
            method=method,
        )

        async def work(tx: Transaction) -> Session | Refusal:
            return await self._visit(tx, command)

        opened = await until_committed(self._database, work, what="checkout.visit_static_code")
        if isinstance(opened, Refusal):
            raise opened
        return opened

    async def _visit(self, tx: Transaction, command: VisitStaticCode) -> Session | Refusal:
        return await visit_static_code(tx, command, payments=self._payments, now=self._clock.now())

    async def forget_days(self) -> int:
        """Forget what payers spent on days that are over; says how many rows. A session lasts less than two days."""
        async with self._database.transaction() as tx:
            before = day_of(self._clock.now()) - timedelta(days=2)
            return await store.forget_payer_days(tx, before=before, limit=_DAYS_AT_ONCE)

    def _said(self, status: int) -> Callable[[StaticCode], tuple[str, Answer]]:
        return lambda code: (
            code.id,
            written(static_code_body(code, public_url=self._public_url), status=status),
        )
