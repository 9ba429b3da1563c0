"""The verbs of payment links: make, switch, look, and what happens to whoever opens one."""

from collections.abc import Callable, Sequence

import msgspec

from tael.checkout import store
from tael.checkout.model import Link, Session
from tael.checkout.rules import sessions as rules
from tael.checkout.schemas import link_body
from tael.checkout.usecases.answered import Desk, written
from tael.checkout.usecases.open_sessions import visit_link
from tael.foundation.calls import Answer, Call
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.patience import until_committed
from tael.merchants.api import Merchants
from tael.payments.api import Payments


class SwitchLink(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to switch a link on or off."""

    link_id: str
    merchant_id: str
    active: bool


class Links:
    """Payment links of one database."""

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

    async def create(self, call: Call[Link]) -> Answer:
        """Make a link."""

        async def verb(tx: Transaction, links: Sequence[Link]) -> list[Link | Refusal]:
            made: list[Link | Refusal] = []
            for link in links:
                await self._merchants.place_of(tx, link.merchant_id, store_id=link.store_id)
                refusal = rules.why_not_link(link)
                if refusal is None:
                    await store.insert(tx, link)
                made.append(refusal or link)
            return made

        return await self._desk.answer(call, verb, self._said(201))

    async def switch(self, call: Call[SwitchLink]) -> Answer:
        """Let nobody more begin to pay with a link, or let them again; refuses `NoSuchLink`."""

        async def verb(tx: Transaction, commands: Sequence[SwitchLink]) -> list[Link | Refusal]:
            found: list[Link | Refusal] = []
            for each in commands:
                await store.set_link_active(
                    tx, each.link_id, merchant_id=each.merchant_id, active=each.active
                )
                found.append(await store.find_link(tx, each.link_id, merchant_id=each.merchant_id))
            return found

        return await self._desk.answer(call, verb, self._said(200))

    async def get(self, link_id: str, *, merchant_id: str) -> Link:
        """One link; refuses `NoSuchLink`."""
        async with self._database.transaction() as tx:
            return await store.find_link(tx, link_id, merchant_id=merchant_id)

    async def page(self, merchant_id: str, *, before: str | None, limit: int) -> Sequence[Link]:
        """A merchant's links, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_links(tx, merchant_id, before=before, limit=limit)

    async def at(self, code: str, *, begun: bool = False) -> Link:
        """The link at an address, for whoever opens it; refuses `NoSuchLink`, and `LinkOff`, `LinkUsedUp` but to those who
        have `begun`: they are told when they go on.
        """
        async with self._database.transaction() as tx:
            link = await store.link_by_code(tx, code)
        refusal = rules.why_not_usable(link, self._clock.now())
        if refusal is not None and not begun:
            raise refusal
        return link

    async def visit(self, code: str, *, visit: str, chosen_minor: int | None) -> Session:
        """The session of somebody who goes on from a link's page; the same visit gives the same session."""
        async with self._database.transaction() as tx:
            link = await store.link_by_code(tx, code)
        merchant = await self._merchants.get(link.merchant_id)

        async def work(tx: Transaction) -> Session:
            return await visit_link(
                tx,
                code,
                visit=visit,
                chosen_minor=chosen_minor,
                merchant=merchant,
                payments=self._payments,
                now=self._clock.now(),
            )

        return await until_committed(self._database, work, what="checkout.visit_link")

    def _said(self, status: int) -> Callable[[Link], tuple[str, Answer]]:
        return lambda link: (link.id, written(link_body(link, public_url=self._public_url), status=status))
