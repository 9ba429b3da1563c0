"""Who stands at the merchant's end of Alipay? Our connector with the platform's own wire, and a listener for notices."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

import msgspec
from aiohttp import web

from tael.channels.connectors.alipay import AlipayConnector, AlipayCredentials, AlipaySettings
from tael.channels.conversations import carry_on
from tael.channels.port import (
    Connector,
    Conversation,
    ErrorClass,
    HttpRequest,
    HttpResponse,
    InboundNotice,
    Notice,
    Operation,
    Order,
    Outcome,
    PayoutOrder,
    RefundOrder,
    Reply,
    Request,
    SplitOrder,
    Step,
    unknown_outcome,
)
from tael.channels.transport import NoAnswer, Wire
from tael.foundation.clock import Clock, SystemClock
from tael.foundation.money import Money
from tael.simulators.alipay import SimulatorKeys
from tael.testing.loopback import serving

T = TypeVar("T")


def connector_for(keys: SimulatorKeys, gateway_url: str) -> AlipayConnector:
    """Our connector in certificate mode, with these keys."""
    return AlipayConnector(
        AlipaySettings(gateway_url=gateway_url, app_id=keys.app_id, seller_id=keys.seller_id),
        AlipayCredentials(
            app_private_key=keys.app_private_pem,
            alipay_public_keys=keys.alipay_certificate_pem,
            app_certificate=keys.app_certificate_pem,
            root_certificates=keys.root_certificate_pem,
        ),
    )


class AlipayMerchant:
    """Asks through a connector, as the platform does; what has no whole answer is unknown."""

    def __init__(self, connector: Connector, *, clock: Clock | None = None) -> None:
        self.connector = connector
        self._clock = clock or SystemClock()
        self._wire = Wire(timeout_seconds=10, connections=64)

    async def __aenter__(self) -> Self:
        """Ready to ask."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._wire.close()

    def order(self, number: str, *, minor: int = 1280, expires_in_seconds: int = 600, **more: Any) -> Order:
        """An order that ends some time from now."""
        order = Order(
            order_number=number,
            amount=Money(minor, "CNY"),
            subject="两杯咖啡",
            expires_at=self._clock.now() + timedelta(seconds=expires_in_seconds),
            notice_url="",
        )
        return msgspec.structs.replace(order, **more)

    async def ask(
        self,
        operation: Operation,
        order: Order | None = None,
        refund: RefundOrder | None = None,
        *,
        split: SplitOrder | None = None,
        payout: PayoutOrder | None = None,
        timeout_seconds: float = 10,
    ) -> Outcome:
        """One operation, asked and read."""
        request = Request(operation=operation, order=order, refund=refund, split=split, payout=payout)
        conversation = self.connector.converse(request, now=self._clock.now())
        try:
            return await self.carry_on(conversation, timeout_seconds=timeout_seconds)
        except NoAnswer as problem:
            return unknown_outcome(request, str(problem), ErrorClass.TRANSPORT)

    async def carry_on(self, conversation: Conversation[T], *, timeout_seconds: float = 10) -> T:
        """What a conversation came to, over the wire."""
        return await carry_on(conversation, self._wire, timeout_seconds=timeout_seconds)


class Script:
    """The other end of conversations without a wire: answers that are given, requests that are kept."""

    def __init__(self, *answers: HttpResponse) -> None:
        """The last of `answers` is given to all that is asked further."""
        self._answers = answers
        self.asked: list[HttpRequest] = []

    def answer(self, step: Step) -> Reply:
        """The next answer."""
        if not isinstance(step, HttpRequest):
            raise TypeError("there is no signer here")
        self.asked.append(step)
        return self._answers[min(len(self.asked), len(self._answers)) - 1]

    def carry_on(self, conversation: Conversation[T]) -> T:
        """What the conversation comes to."""
        try:
            step = next(conversation)
            while True:
                step = conversation.send(self.answer(step))
        except StopIteration as end:
            result: T = end.value
            return result


def heard(connector: Connector, request: Request, *answers: HttpResponse, now: datetime) -> Outcome:
    """What the connector makes of `answers`, without a wire."""
    return Script(*answers).carry_on(connector.converse(request, now=now))


def said(notice: Notice) -> Outcome:
    """What a notice tells; there is something."""
    assert notice.outcome is not None
    return notice.outcome


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
    async with serving(app) as url:
        listener.url = f"{url}/notices"
        yield listener
