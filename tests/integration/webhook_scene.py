"""A house with a merchant, a courier and a relay that are moved by hand, and a receiver that keeps what it hears."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.foundation import outbox
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Query
from tael.foundation.events import Event
from tael.foundation.ids import new_id
from tael.testing.loopback import serving
from tael.testing.platform import QUICK
from tael.webhooks.api import CreateEndpoint
from tael.webhooks.model import Endpoint

LOOPBACK = "127.0.0.0/8,::1/128"
RETRIES = [0.1, 0.1, 0.2, 0.2, 0.3, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0]


class Received(msgspec.Struct, frozen=True):
    """One message, as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        """The JSON in it."""
        return msgspec.json.decode(self.body)


Answering = Callable[[Received], Awaitable[web.Response]]


async def fine(_: Received) -> web.Response:
    """What a receiver answers that has the event."""
    return web.Response(text="ok")


class Receiver:
    """A merchant's server: keeps what it hears, and answers by path as it is told to."""

    def __init__(self) -> None:
        self.heard: list[Received] = []
        self.answering: dict[str, Answering] = {}
        self.url = ""

    async def hear(self, request: web.Request) -> web.Response:
        """Keep a message and answer it."""
        message = Received(request.path, dict(request.headers), await request.read())
        self.heard.append(message)
        return await self.answering.get(request.path, fine)(message)

    def of(self, path: str) -> list[Received]:
        """What was heard at one address."""
        return [each for each in self.heard if each.path == path]


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.hear)
    async with serving(app) as made.url:
        yield made


class Scene(msgspec.Struct, frozen=True):
    """Where events are told and sent."""

    house: House
    receiver: Receiver
    merchant_id: str

    async def endpoint(self, path: str = "/", *, merchant_id: str | None = None, **more: Any) -> Endpoint:
        """A new endpoint at the receiver."""
        command = CreateEndpoint(
            endpoint_id=new_id("whe"),
            merchant_id=merchant_id or self.merchant_id,
            url=self.receiver.url + path,
            **({"events": ["*"]} | more),
        )
        made: Endpoint = await self.house.webhooks.do(command, actor="operator:test")
        return made

    async def publish(self, *facts: Event) -> None:
        """Let facts have happened."""
        async with self.house.database.transaction() as tx:
            await outbox.publish(tx, facts)

    async def carry(self) -> None:
        """Carry all facts."""
        while await self.house.courier.deliver():
            continue

    @contextlib.asynccontextmanager
    async def relaying(self) -> AsyncIterator[None]:
        """A relay at work."""
        task = asyncio.create_task(self.house.webhooks.relay.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def rows(self, sql: bytes, **parameters: object) -> Sequence[tuple[Any, ...]]:
        """What is in the tables."""
        async with self.house.database.transaction() as tx:
            return await tx.tuples(Query("test", sql), **parameters)


@contextlib.asynccontextmanager
async def open_scene(
    urls: DatabaseUrls, folder: Path, *, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Scene]:
    """A scene."""
    chosen = {**QUICK, "webhook_networks": LOOPBACK, "webhook_retry_seconds": RETRIES, **settings}
    async with (
        open_house(Settings(home=folder, **chosen), urls.application, clock=clock) as house,
        receiver() as server,
    ):
        merchant = await house.merchants.register(
            name="Blue Teapot", fee_basis_points=60, actor="operator:test"
        )
        scene = Scene(house, server, merchant.id)
        await scene.carry()
        async with house.database.transaction() as tx:  # what was said of the merchant itself
            await tx.run(Query("empty", b"delete from webhooks.events"))
        yield scene
