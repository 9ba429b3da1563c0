"""The verbs of static codes: make, switch, look, and what happens to whoever scans one."""

from datetime import timedelta

import msgspec

from tael.checkout import store
from tael.checkout.errors import LinkOff
from tael.checkout.model import Session, StaticCode, day_of
from tael.checkout.rules.limits import payer_hash
from tael.checkout.schemas import StaticCodeBody, session_body, static_code_body
from tael.checkout.usecases.addresses import Addresses
from tael.checkout.usecases.ground import Ground
from tael.checkout.usecases.open_sessions import VisitStaticCode, new_session, visit_static_code
from tael.foundation.calls import Answer, Call
from tael.foundation.db import Transaction
from tael.foundation.patience import until_committed
from tael.merchants.model import Merchant

DEVICE = "device"
"""What a payer is known as who is only known by a word that we left on the device."""
_DAYS_AT_ONCE = 1_000


class StaticCodes(Addresses[StaticCode, StaticCodeBody]):
    """Static codes of one database."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(
            ground, StaticCode, lambda code: static_code_body(code, public_url=ground.public_url)
        )

    async def create(self, call: Call[StaticCode]) -> Answer:
        """Make a static code; refuses what `place_of` refuses."""

        async def verb(tx: Transaction, code: StaticCode) -> StaticCode:
            store_id = await self._ground.merchants.place_of(
                tx, code.merchant_id, store_id=code.store_id, terminal_id=code.terminal_id
            )
            made = msgspec.structs.replace(code, store_id=store_id)
            await store.insert(tx, made)
            return made

        return await self._made(call, verb)

    async def at(self, code: str, *, active: bool = False) -> StaticCode:
        """The static code at an address; refuses `NoSuchStaticCode`, and `LinkOff` if it must be `active`."""
        async with self._ground.database.transaction() as tx:
            found = await store.at_address(tx, StaticCode, code)
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
        session = new_session(
            code.merchant_id,
            origin=code.id,
            amount_minor=amount_minor,
            currency=code.currency,
            now=self._ground.clock.now(),
            description=code.name,
            methods=(method,) if method else (),
            visit=visit,
            payer=payer_hash(*payer),
        )
        return VisitStaticCode(code=code, session=session, merchant=merchant)

    async def open(self, call: Call[VisitStaticCode]) -> Answer:
        """Open the session of a payer whom the merchant knows by the wallet's id."""
        url = self._ground.public_url
        return await self._ground.clerk.answer(
            call, self._visit, shown=lambda made: (made.id, session_body(made, public_url=url)), status=201
        )

    async def visit(
        self, code: str, *, visit: str, amount_minor: int, payer: tuple[str, str], method: str | None = None
    ) -> Session:
        """The session of somebody who goes on from the code's page; refuses `NoSuchStaticCode`, `LinkOff`, `StaticCodeLimit`."""
        found = await self.at(code)
        merchant = await self._ground.merchants.get(found.merchant_id)
        command = self.visit_of(
            found, merchant, visit=visit, amount_minor=amount_minor, payer=payer, method=method
        )

        async def work(tx: Transaction) -> Session:
            return await self._visit(tx, command)

        return await until_committed(self._ground.database, work, what="checkout.visit_static_code")

    async def _visit(self, tx: Transaction, command: VisitStaticCode) -> Session:
        return await visit_static_code(self._ground, tx, command)

    async def forget_days(self) -> int:
        """Forget what payers spent on days that are over; says how many rows. A session lasts less than two days."""
        async with self._ground.database.transaction() as tx:
            before = day_of(self._ground.clock.now()) - timedelta(days=2)
            return await store.forget_payer_days(tx, before=before, limit=_DAYS_AT_ONCE)
