"""Who stands at the merchant's end? Our connector with a real HTTP client, and a listener for notices."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
from aiohttp import web

from tael.channels.connectors.alipay import AlipayConnector, AlipaySettings
from tael.channels.port import (
    HttpResponse,
    InboundNotice,
    Operation,
    Order,
    Outcome,
    RefundOrder,
    Request,
)
from tael.foundation.clock import Clock, SystemClock
from tael.foundation.money import Money
from tael.simulators.alipay import SimulatorKeys


def connector_for(keys: SimulatorKeys, gateway_url: str) -> AlipayConnector:
    """Our connector as a merchant of the simulator would configure it."""
    return AlipayConnector(
        AlipaySettings(
            gateway_url=gateway_url,
            app_id=keys.app_id,
            seller_id=keys.seller_id,
            app_private_key_pem=keys.app_private_pem,
            alipay_public_key_pem=keys.alipay_public_pem,
        )
    )


class AlipayMerchant:
    """Asks the gateway through our connector; a broken connection is answered as status 599."""

    def __init__(
        self, connector: AlipayConnector, session: aiohttp.ClientSession, *, clock: Clock | None = None
    ) -> None:
        self.connector = connector
        self._session = session
        self._clock = clock or SystemClock()

    def order(
        self,
        number: str,
        *,
        minor: int = 1280,
        subject: str = "两杯咖啡",
        notice_url: str = "",
        expires_in_seconds: int = 600,
    ) -> Order:
        """An order that ends some time from now."""
        return Order(
            order_number=number,
            amount=Money(minor, "CNY"),
            subject=subject,
            expires_at=self._clock.now() + timedelta(seconds=expires_in_seconds),
            notice_url=notice_url,
        )

    async def ask(
        self,
        operation: Operation,
        order: Order,
        refund: RefundOrder | None = None,
        *,
        timeout_seconds: float = 10,
    ) -> Outcome:
        """One operation, asked and read."""
        request = Request(operation=operation, order=order, refund=refund)
        message = self.connector.build(request, now=self._clock.now())
        try:
            async with self._session.request(
                message.method,
                message.url,
                data=message.body,
                headers=message.headers,
                timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            ) as answer:
                body = await answer.read()
                response = HttpResponse(status=answer.status, headers={}, body=body)
        except (aiohttp.ClientError, TimeoutError) as problem:
            response = HttpResponse(status=599, headers={}, body=type(problem).__name__.encode())
        return self.connector.read(request, response)


def refund_of(number: str, *, minor: int) -> RefundOrder:
    """A refund of so many fen."""
    return RefundOrder(refund_number=number, amount=Money(minor, "CNY"), reason="returned")


class NoticeListener:
    """Where notices arrive; answers what `answer` says."""

    def __init__(self) -> None:
        self.url = ""
        self.answer = b"success"
        self.received: list[InboundNotice] = []
        self._arrived = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        """Keep a notice and answer it."""
        inbound = InboundNotice(headers=dict(request.headers), query="", body=await request.read())
        async with self._arrived:
            self.received.append(inbound)
            self._arrived.notify_all()
        return web.Response(body=self.answer)

    async def wait_for(self, count: int, *, seconds: float = 5) -> list[InboundNotice]:
        """The notices, once there are `count` of them."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.received) >= count)
        return self.received


@contextlib.asynccontextmanager
async def listening_for_notices() -> AsyncIterator[NoticeListener]:
    """A listener on a free loopback port."""
    listener = NoticeListener()
    app = web.Application()
    app.router.add_post("/notices", listener.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        listener.url = f"http://{host}:{port}/notices"
        yield listener
    finally:
        await runner.cleanup()
