"""The verbs of payment links: make, switch, look, and what happens to whoever opens one."""

from tael.checkout import store
from tael.checkout.model import Link, Session
from tael.checkout.rules import sessions as rules
from tael.checkout.schemas import LinkBody, link_body
from tael.checkout.usecases.addresses import Addresses
from tael.checkout.usecases.ground import Ground
from tael.checkout.usecases.open_sessions import visit_link
from tael.foundation.calls import Answer, Call
from tael.foundation.db import Transaction
from tael.foundation.patience import until_committed


class Links(Addresses[Link, LinkBody]):
    """Payment links of one database."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground, Link, lambda link: link_body(link, public_url=ground.public_url))

    async def create(self, call: Call[Link]) -> Answer:
        """Make a link; refuses `CheckoutMalformed`, and what `place_of` refuses."""

        async def verb(tx: Transaction, link: Link) -> Link:
            await self._ground.merchants.place_of(tx, link.merchant_id, store_id=link.store_id)
            rules.check_link(link)
            await store.insert(tx, link)
            return link

        return await self._made(call, verb)

    async def at(self, code: str, *, begun: bool = False) -> Link:
        """The link at an address, for whoever opens it; refuses `NoSuchLink`, and `LinkOff`, `LinkUsedUp` but to those who
        have `begun`: they are told when they go on.
        """
        async with self._ground.database.transaction() as tx:
            link = await store.at_address(tx, Link, code)
        if not begun:
            rules.check_usable(link, self._ground.clock.now())
        return link

    async def visit(self, code: str, *, visit: str, chosen_minor: int | None) -> Session:
        """The session of somebody who goes on from a link's page; the same visit gives the same session."""
        link = await self.at(code, begun=True)
        merchant = await self._ground.merchants.get(link.merchant_id)

        async def work(tx: Transaction) -> Session:
            return await visit_link(
                self._ground, tx, code, visit=visit, chosen_minor=chosen_minor, merchant=merchant
            )

        return await until_committed(self._ground.database, work, what="checkout.visit_link")
