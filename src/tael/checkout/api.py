"""The verbs of the checkout: those of sessions, of links, of static codes, and of the counter."""

from collections.abc import Mapping, Sequence

import msgspec

from tael.checkout import store
from tael.checkout.model import MerchantCode
from tael.checkout.rules.emvco import read, write
from tael.checkout.rules.limits import day_of, limit_on
from tael.checkout.rules.sessions import asks_for_a_tip
from tael.checkout.rules.shown_codes import as_scanned, method_of
from tael.checkout.schemas import ChargeBody, session_body
from tael.checkout.usecases.answered import Desk
from tael.checkout.usecases.counter import CancelCharge, Counter
from tael.checkout.usecases.links import Links, SwitchLink
from tael.checkout.usecases.open_sessions import OpenSession, new_session
from tael.checkout.usecases.sessions import EndSession, Sessions
from tael.checkout.usecases.static_codes import DEVICE, StaticCodes, SwitchStaticCode
from tael.checkout.usecases.take_charges import TakeCharge
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.merchants.api import Merchants
from tael.payments.api import Payments

__all__ = [
    "DEVICE",
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
    "SwitchLink",
    "SwitchStaticCode",
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
        *,
        clock: Clock,
        settings: Settings,
    ) -> None:
        desk = Desk(database, clock)
        url = settings.public_url
        self.sessions = Sessions(database, payments, merchants, desk, clock=clock, public_url=url)
        self.links = Links(database, payments, merchants, desk, clock=clock, public_url=url)
        self.static_codes = StaticCodes(database, payments, merchants, desk, clock=clock, public_url=url)
        self.counter = Counter(database, payments, merchants, desk, clock=clock)
        self._public_url = url

    async def show(self, tx: Transaction, ids: Sequence[str]) -> Mapping[str, msgspec.Struct]:
        """Sessions as the API shows them, by id: for those who tell merchants of events."""
        found = await store.find_sessions(tx, ids)
        return {each.id: session_body(each, public_url=self._public_url) for each in found}
