"""A simulator, our connector to it, and a door for its notices: over real HTTP, without a platform."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from tael.channels.conversations import carry_on
from tael.channels.port import (
    Bill,
    BillKind,
    BillWanted,
    Connector,
    InboundNotice,
    Notice,
    Operation,
    Order,
    Outcome,
    PayoutOrder,
    RefundOrder,
    Request,
)
from tael.channels.transport import Wire
from tael.foundation.clock import CHINA, SystemClock
from tael.testing.loopback import serving
from tael.testing.simulators import RunningSimulator, SimulatorControl, connector_of, running_simulator


class Door:
    """Takes notices, and answers as it is told."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self._came: asyncio.Queue[InboundNotice] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        """One notice."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        self._came.put_nowait(InboundNotice(headers=headers, query=request.query_string, body=body))
        return web.Response(status=self.status, text="ok")

    async def next(self) -> InboundNotice:
        """The next notice."""
        return await asyncio.wait_for(self._came.get(), timeout=10)

    def nobody_came(self) -> bool:
        """Whether no notice waits to be read."""
        return self._came.empty()


class Scene(msgspec.Struct, frozen=True):
    """Everybody."""

    running: RunningSimulator
    connector: Connector
    wire: Wire
    door: Door

    @property
    def control(self) -> SimulatorControl:
        """The simulator's control interface."""
        return self.running.control

    async def ask(
        self,
        operation: Operation,
        order: Order | None = None,
        *,
        refund: RefundOrder | None = None,
        payout: PayoutOrder | None = None,
    ) -> Outcome:
        """One operation."""
        request = Request(operation=operation, order=order, refund=refund, payout=payout)
        return await carry_on(self.connector.converse(request, now=SystemClock().now()), self.wire)

    async def told(self) -> Notice:
        """The next notice, as our connector reads it."""
        return self.connector.read_notice(await self.door.next(), now=SystemClock().now())

    async def bill(self, kind: BillKind, moment: datetime) -> Bill:
        """The record of the day, in China, of that moment."""
        wanted = BillWanted(kind=kind, day=moment.astimezone(CHINA).date())
        return await carry_on(self.connector.fetch_bill(wanted, now=SystemClock().now()), self.wire)

    def order(self, number: str, **changes: Any) -> Order:
        """An order that ends in a quarter of an hour."""
        now = SystemClock().now()
        order = Order(
            order_number=number,
            amount=changes.pop("amount"),
            subject="A pot of tea",
            expires_at=now + timedelta(minutes=15),
            notice_url=self.door.url,
            created_at=now,
        )
        return msgspec.structs.replace(order, **changes)


@contextlib.asynccontextmanager
async def opened(
    name: str, folder: Path, *, speed: float = 1.0, remembers: bool = False
) -> AsyncIterator[Scene]:
    """The scene of one channel."""
    door = Door()
    app = web.Application()
    app.router.add_post("/", door.take)
    wire = Wire(timeout_seconds=5, connections=8)
    try:
        async with (
            serving(app) as url,
            running_simulator(name, folder, speed=speed, remembers=remembers) as running,
        ):
            door.url = f"{url}/"
            yield Scene(running, connector_of(running), wire, door)
    finally:
        await wire.close()
