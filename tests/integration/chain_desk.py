"""What do the tests of the stablecoin channel stand on? A simulated chain, our connector, and a signer."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tael.app.supervisor import DatabaseUrls
from tael.channels.connectors.erc20 import Erc20Credentials, make_keyring
from tael.channels.conversations import Signer, carry_on
from tael.channels.port import (
    Connector,
    HttpRequest,
    HttpResponse,
    Operation,
    Order,
    Outcome,
    PayoutOrder,
    Product,
    RefundOrder,
    Request,
    SendTokens,
)
from tael.channels.signer import SealedSigner
from tael.channels.transport import Wire
from tael.foundation.db import Database
from tael.foundation.money import Money
from tael.testing.clocks import ManualClock
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

PAYEE = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
USDC = 1_000_000
DEEP = 3
"""The confirmations that these tests ask for."""


def usdc(whole: int) -> Money:
    """So many dollars."""
    return Money(whole * USDC, "USDC")


class Chain:
    """One chain, and one of us who looks at it. Time stands still: blocks come when a test says so."""

    def __init__(
        self, simulator: RunningSimulator, clock: ManualClock, *, signer: Signer | None, **settings: Any
    ) -> None:
        self.simulator = simulator
        self.control = simulator.control
        self.clock = clock
        self.signer = signer
        self.connector: Connector = connector_of(simulator, **{"confirmations": DEEP, **settings})
        self.wire = Wire(timeout_seconds=10, connections=4)
        self.sent: list[tuple[HttpRequest, HttpResponse]] = []
        """All that went over the wire."""
        self._numbers = 0

    async def ask(self, operation: Operation, **about: Any) -> Outcome:
        """One conversation."""
        request = Request(operation=operation, **about)
        conversation = self.connector.converse(request, now=self.clock.now())
        return await carry_on(
            conversation,
            self.wire,
            signer=self.signer,
            seen=lambda said, heard: self.sent.append((said, heard)),
        )

    async def order(self, amount: Money, number: str = "") -> Order:
        """An order that has begun."""
        self._numbers += 1
        order = Order(
            order_number=number or f"att_{self._numbers}",
            amount=amount,
            subject="Tea",
            expires_at=self.clock.now() + timedelta(hours=1),
            notice_url="http://127.0.0.1/none",
            product=Product.TRANSFER,
            created_at=self.clock.now(),
        )
        outcome = await self.ask(Operation.PAY, order=order)
        return msgspec.structs.replace(order, channel_reference=outcome.channel_reference)

    async def inquire(self, order: Order) -> Outcome:
        """What has arrived."""
        return await self.ask(Operation.INQUIRE, order=order)

    async def receive(self, order: Order, minor: int, *, deep: int = DEEP - 1, text: str = "") -> None:
        """Somebody sends tokens, and so many blocks follow theirs."""
        await self.control.act("receive", order.order_number, amount_minor=minor, count=deep, text=text)

    async def mine(self, blocks: int = DEEP) -> None:
        """Blocks come."""
        await self.control.act_at_large("mine", count=blocks)

    async def reorganise(self, blocks: int, *, lose: bool = False) -> None:
        """The newest blocks are replaced."""
        await self.control.act_at_large("reorganise", count=blocks, text="lose" if lose else "")

    async def rpc(self, method: str, *parameters: object) -> Any:
        """Ask the node as anybody can."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        async with httpx.AsyncClient() as client:
            answer = (await client.post(f"{self.simulator.url}/rpc", json=body)).json()
        return answer["result"] if "result" in answer else answer["error"]

    async def tokens_of(self, address: str) -> int:
        """How many tokens an address has, asked of the contract."""
        call = {
            "to": self.simulator.settings["token_address"],
            "data": "0x70a08231" + address[2:].lower().rjust(64, "0"),
        }
        return int(await self.rpc("eth_call", call, "latest"), 16)


def payout(number: str, amount: Money, payee: str = PAYEE) -> PayoutOrder:
    """Money for somebody."""
    return PayoutOrder(payout_number=number, amount=amount, payee_account=payee)


def refund(number: str, amount: Money, payer: str) -> RefundOrder:
    """Money back."""
    return RefundOrder(refund_number=number, amount=amount, reason="", payer_account=payer)


def action_of(outcome: Outcome) -> SendTokens:
    """What the payer is told."""
    assert isinstance(outcome.action, SendTokens)
    return outcome.action


@contextlib.asynccontextmanager
async def simulated_chain(folder: Path, **settings: Any) -> AsyncIterator[Chain]:
    """A chain that is only looked at."""
    clock = ManualClock()
    async with running_simulator("erc20", folder, clock=clock) as simulator:
        chain = Chain(simulator, clock, signer=None, **settings)
        try:
            yield chain
        finally:
            await chain.wire.close()


@contextlib.asynccontextmanager
async def chain_with_signer(folder: Path, urls: DatabaseUrls, **settings: Any) -> AsyncIterator[Chain]:
    """A chain on which we can send, too: nonces and signatures are in the database."""
    database = Database(urls.application, pool_size=4)
    await database.open()
    try:
        async with simulated_chain(folder, **settings) as chain:
            chain.signer = signer_of(chain, database)
            yield chain
    finally:
        await database.close()


def signer_of(chain: Chain, database: Database, *, channel: str = "usdc") -> SealedSigner:
    """A signer with the keys of the simulated merchant."""
    credentials = msgspec.convert(chain.simulator.credentials, Erc20Credentials)
    keyring = make_keyring(credentials)
    assert keyring is not None
    return SealedSigner(database, keyring, channel=channel, clock=chain.clock)
