"""A card paid through the vault: the connector, its wire, the vault and the channel's simulator, all for real."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from tael.channels.conversations import carry_on
from tael.channels.masking import masked_request, masked_response
from tael.channels.port import HttpRequest, HttpResponse, Operation, Order, Outcome, Product, Request
from tael.channels.registry import kind_of
from tael.channels.transport import Transport
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.testing.simulators import RunningSimulator
from tael.testing.vaults import RunningVault

CHANNEL = "stripe"
GOOD, DECLINED = "4242424242424242", "4000000000000002"


class Till:
    """Pays with tokens, and remembers what was said as the journal would."""

    def __init__(self, vault: RunningVault, simulator: RunningSimulator) -> None:
        kind = kind_of(CHANNEL)
        self.connector = kind.make(
            msgspec.convert(dict(simulator.settings), kind.settings),
            msgspec.convert(dict(simulator.credentials), kind.credentials),
        )
        self.transport = Transport(timeout_seconds=5, vault=vault.door)
        self.exchanges: list[str] = []

    async def pay(self, card_token: str, *, amount_minor: int = 1280, number: str | None = None) -> Outcome:
        """The outcome of one order."""
        now = datetime.now(UTC)
        order = Order(
            order_number=number or new_id("att"),
            amount=Money(amount_minor, "USD"),
            subject="Two cups of tea",
            expires_at=now + timedelta(minutes=15),
            notice_url="http://127.0.0.1:9/notices",
            product=Product.CARD,
            return_url="http://127.0.0.1:9/back",
            card_token=card_token,
            created_at=now,
        )
        request = Request(operation=Operation.PAY, order=order)
        return await carry_on(
            self.connector.converse(request, now=now), self.transport.of(CHANNEL), seen=self._note
        )

    def _note(self, said: HttpRequest, heard: HttpResponse) -> None:
        self.exchanges += [masked_request(said), masked_response(heard), repr(said), repr(heard)]


@asynccontextmanager
async def till_of(
    vault: RunningVault, simulator: RunningSimulator, *, allowed: bool = True
) -> AsyncIterator[Till]:
    """A till until the block ends; `allowed` to send cards to its channel."""
    if allowed:
        await vault.vault.allow(CHANNEL, simulator.url, actor="operator:test")
    till = Till(vault, simulator)
    try:
        yield till
    finally:
        await till.transport.close()
