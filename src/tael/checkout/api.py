"""The verbs of the checkout: those of sessions, of links, of static codes, and of the counter."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from tael.checkout import store
from tael.checkout.model import MerchantCode, day_of
from tael.checkout.rules.emvco import read, write
from tael.checkout.rules.limits import limit_on
from tael.checkout.rules.sessions import asks_for_a_tip
from tael.checkout.rules.shown_codes import as_scanned, method_of
from tael.checkout.schemas import ChargeBody, session_body
from tael.checkout.usecases.addresses import Switch
from tael.checkout.usecases.agreed_cards import AgreedCards
from tael.checkout.usecases.counter import CancelCharge, Counter
from tael.checkout.usecases.ground import Ground
from tael.checkout.usecases.links import Links
from tael.checkout.usecases.open_sessions import OpenSession, new_session
from tael.checkout.usecases.sessions import EndSession, Sessions
from tael.checkout.usecases.static_codes import DEVICE, StaticCodes
from tael.checkout.usecases.take_charges import TakeCharge
from tael.customers.api import Customers
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.merchants.api import Merchants
from tael.payments.api import Payments

__all__ = [
    "DEVICE",
    "AgreedCards",
    "CancelCharge",
    "ChargeBody",
    "Checkout",
    "Counter",
    "EndSession",
    "Links",
    "MerchantCode",
    "OpenSession",
    "Sessions",
    "StaticCodes",
    "Switch",
    "TakeCharge",
    "as_scanned",
    "asks_for_a_tip",
    "day_of",
    "limit_on",
    "method_of",
    "new_session",
    "read",
    "write",
]


class Checkout:
    """The ways to the payments of one database."""

    def __init__(
        self,
        database: Database,
        payments: Payments,
        merchants: Merchants,
        customers: Customers,
        *,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._ground = ground = Ground(
            database=database,
            payments=payments,
            merchants=merchants,
            clerk=Clerk(database, clock),
            clock=clock,
            public_url=settings.public_url,
        )
        self.sessions = Sessions(ground)
        self.links = Links(ground)
        self.static_codes = StaticCodes(ground)
        self.counter = Counter(ground)
        self.agreed_cards = AgreedCards(ground, customers)

    async def sources_in(self, merchant_id: str, stores: Collection[str]) -> Sequence[str]:
        """What payments name as their source that were made in these stores: at a counter, by a link or a static code."""
        async with self._ground.database.transaction() as tx:
            terminals = await self._ground.merchants.terminals_in(tx, merchant_id, stores)
            addresses = await store.addresses_in(tx, merchant_id, stores)
        return [*(f"counter:{place}" for place in (*sorted(stores), *terminals)), *addresses]

    async def taken_elsewhere(self, payment_ids: Collection[str], stores: Collection[str]) -> frozenset[str]:
        """Those of some payments that were charged in other stores: terminals are moved, what was taken at them is not."""
        async with self._ground.database.transaction() as tx:
            return await store.taken_elsewhere(tx, payment_ids, stores)

    async def show(self, tx: Transaction, ids: Sequence[str]) -> Mapping[str, msgspec.Struct]:
        """Sessions as the API shows them, by id: for those who tell merchants of events."""
        found = await store.find_sessions(tx, ids)
        return {each.id: session_body(each, public_url=self._ground.public_url) for each in found}
