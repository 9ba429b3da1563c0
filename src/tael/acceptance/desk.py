"""What do all cases of a run share? The connector, its wire, the channel's truth, and the address for notices."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec

from tael.acceptance.control import Control, SimulatorControl
from tael.acceptance.feed import Feed
from tael.acceptance.listener import SHARED, Mailbox
from tael.acceptance.model import Fault
from tael.acceptance.payer import Payer, SimulatedPayer
from tael.acceptance.truth import Props
from tael.channels.conversations import Signer
from tael.channels.port import Capabilities, Connector, Operation, Order, Product
from tael.channels.transport import Wire
from tael.foundation.clock import Clock
from tael.foundation.ids import new_id
from tael.foundation.money import Money

ORDER_LIVES = timedelta(hours=6)
"""Longer than all that a run advances the channel's time while other orders are open."""
ANSWERS_WITHIN_SECONDS = 10.0
_TYPICAL_MINOR = 12_80


class Desk:
    """The means of a run."""

    def __init__(
        self,
        *,
        connector: Connector,
        wire: Wire,
        mailbox: Mailbox,
        clock: Clock,
        props: Props,
        control: Control,
        payer: Payer,
        offers: frozenset[Fault],
        signer: Signer | None,
    ) -> None:
        self.connector = connector
        self.wire = wire
        self.mailbox = mailbox
        self.clock = clock
        self.props = props
        self.control = control
        self.payer = payer
        self.offers = offers
        self.signer = signer
        self.feed = Feed(connector, wire, clock=clock)

    @property
    def capabilities(self) -> Capabilities:
        """What the connector promises."""
        return self.connector.capabilities

    @property
    def currency(self) -> str:
        """The one in which most stories are told."""
        return min(self.capabilities.amounts)

    def usual_amount(self) -> Money:
        """An amount that the channel takes, and that can be divided."""
        limits = self.capabilities.amounts[self.currency]
        typical = self.props.amount_minor or max(_TYPICAL_MINOR, limits.smallest_minor * 20)
        return Money(min(typical, limits.largest_minor), self.currency)

    def new_order(self, product: Product, *, amount: Money | None = None, **more: Any) -> Order:
        """An order that nobody has heard of."""
        number = new_id("att")
        now = self.clock.now()
        shared = self.props.notices_are_shared
        order = Order(
            order_number=number,
            amount=amount or self.usual_amount(),
            subject="Acceptance 验收",
            expires_at=now + ORDER_LIVES,
            notice_url=self.props.notice_url or self.mailbox.address_of(SHARED if shared else number),
            product=product,
            return_url=self.props.notice_url or self.mailbox.address_of("back"),
            payer_id=self.props.payer_id if product is Product.JSAPI else "",
            payer_code=self.props.payer_code if product is Product.BARCODE else "",
            card_token=self.props.card_token if product is Product.CARD else "",
            payer_address=self.props.payer_address,
            created_at=now,
        )
        return msgspec.structs.replace(order, **more) if more else order

    def promises(self, *operations: Operation) -> bool:
        """Whether the channel can do all of these."""
        return self.capabilities.operations.issuperset(operations)


@contextlib.asynccontextmanager
async def desk_for(
    connector: Connector,
    *,
    control_url: str,
    clock: Clock,
    props: Props,
    signer: Signer | None = None,
    notice_port: int = 0,
) -> AsyncIterator[Desk]:
    """Everything that a run against a simulator needs, opened and closed."""
    mailbox = Mailbox(connector, clock=clock)
    wire = Wire(timeout_seconds=ANSWERS_WITHIN_SECONDS, connections=64)
    async with aiohttp.ClientSession() as session, mailbox.listening(port=notice_port):
        control = SimulatorControl(control_url, session)
        try:
            yield Desk(
                connector=connector,
                wire=wire,
                mailbox=mailbox,
                clock=clock,
                props=props,
                control=control,
                payer=SimulatedPayer(control, session, props),
                offers=await control.offers(),
                signer=signer,
            )
        finally:
            await wire.close()
