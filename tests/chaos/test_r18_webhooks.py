"""R18: does every event arrive, signed and in order, though relays are killed and receivers fail, time out and dawdle?"""

import asyncio
import contextlib
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from tael.app.supervisor import DatabaseUrls
from tael.foundation.ids import new_id
from tael.payments.events import PaymentCaptured, PaymentCreated, PaymentRequiresAction
from tael.testing.patience import until
from tests.integration.webhook_scene import Received, Scene, open_scene

TYPES = ("payment.created", "payment.requires_action", "payment.captured")
ORDERED, FAILING, SLOW, WELL = "/ordered", "/failing", "/slow", "/well"


@pytest.mark.timeout(120)
async def test_r18_every_event_arrives_in_order_though_relays_are_killed_4_times(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """The short form, on every change."""
    await kill_and_check(urls, tmp_path, kills=4, payments=50, seed=18)


@pytest.mark.drill
async def test_r18_every_event_arrives_in_order_though_relays_are_killed_100_times(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """The bar itself."""
    await kill_and_check(urls, tmp_path, kills=100, payments=3_500, seed=19)


async def kill_and_check(urls: DatabaseUrls, folder: Path, *, kills: int, payments: int, seed: int) -> None:
    """Kill relays while events are told, let the last ones finish, and look at what the receivers have."""
    chance = random.Random(seed)
    async with open_scene(urls, folder) as scene:
        receivers = Receivers(scene, chance)
        secrets = {}
        for path in (ORDERED, FAILING, SLOW, WELL):
            endpoint = await scene.endpoint(path, ordered=path == ORDERED)
            secrets[path] = Webhook(scene.house.webhooks.secret_of(endpoint))
        telling = asyncio.create_task(tell(scene, payments=payments))
        async with relays(urls, folder) as running:
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0.1, 0.6))
                await running.kill(chance.randrange(2))
            await telling
            await until(lambda: nothing_waits(scene), seconds=90 + payments // 10)
        assert len(receivers.accepted) == 4 * 3 * payments
        assert receivers.failed > payments // 4, "the receivers did fail"
        for message in scene.receiver.heard:
            headers = {name.lower(): value for name, value in message.headers.items()}
            secrets[message.path].verify(message.body, headers)
        check_order(scene.receiver.of(ORDERED))


class Receivers:
    """Four endpoints: one fails 30 % of the time, one as well and wants order, one is slow, one is well."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self._chance = chance
        self.accepted: set[tuple[str, str]] = set()
        self.failed = 0
        scene.receiver.answering |= {
            ORDERED: self._fail,
            FAILING: self._fail,
            SLOW: self._dawdle,
            WELL: self._accept,
        }

    async def _accept(self, message: Received) -> web.Response:
        self.accepted.add((message.path, message.headers["webhook-id"]))
        return web.Response(text="ok")

    async def _dawdle(self, message: Received) -> web.Response:
        await asyncio.sleep(0.3)
        return await self._accept(message)

    async def _fail(self, message: Received) -> web.Response:
        """Fails 30 % of the time: at once, after it has taken the event, or by saying nothing until the timeout."""
        if self._chance.random() > 0.3:
            return await self._accept(message)
        self.failed += 1
        way = self._chance.random()
        if way < 0.2:
            await self._accept(message)
        if way > 0.97:
            await asyncio.sleep(1.5)
        return web.Response(status=500)


class Relays:
    """Two relays; whoever is killed is followed by another."""

    def __init__(self, urls: DatabaseUrls, folder: Path) -> None:
        self._arguments = (urls.application, str(folder))
        self.running: list[Process] = []

    async def start(self) -> Process:
        """One more, at work."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.relay_process", *self._arguments, stdout=PIPE
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begins\n"
        return process

    async def kill(self, place: int) -> None:
        """Kill one without a warning, and start another."""
        self.running[place].kill()
        await self.running[place].wait()
        self.running[place] = await self.start()


@contextlib.asynccontextmanager
async def relays(urls: DatabaseUrls, folder: Path) -> AsyncIterator[Relays]:
    made = Relays(urls, folder)
    made.running = list(await asyncio.gather(made.start(), made.start()))
    try:
        yield made
    finally:
        for process in made.running:
            process.kill()
            await process.wait()


async def tell(scene: Scene, *, payments: int) -> None:
    """Three facts of each payment, some payments at a time."""
    for _ in range(payments // 25):
        ids = [new_id("pay") for _ in range(25)]
        for kind in (PaymentCreated, PaymentRequiresAction, PaymentCaptured):
            await scene.publish(*(fact(kind, scene, id) for id in ids))
        await scene.carry()
        await asyncio.sleep(0.2)


def fact(
    kind: type[PaymentCreated | PaymentRequiresAction | PaymentCaptured], scene: Scene, payment_id: str
) -> PaymentCreated | PaymentRequiresAction | PaymentCaptured:
    common: dict[str, Any] = {
        "object_id": payment_id,
        "happened_at": datetime.now(UTC),
        "merchant_id": scene.merchant_id,
        "attempt_id": new_id("att"),
        "amount_minor": 1280,
        "fee_minor": 8,
        "currency": "CNY",
    }
    return kind(**{name: common[name] for name in kind.__struct_fields__ if name in common})


async def nothing_waits(scene: Scene) -> bool:
    return await scene.rows(b"select count(*) from webhooks.deliveries where state <> 'succeeded'") == [(0,)]


def check_order(heard: list[Received]) -> None:
    """No event of a payment arrives after a later one of the same payment."""
    last: dict[str, int] = {}
    for message in heard:
        event = message.event
        place = TYPES.index(event["type"])
        assert place in (last.get(event["object_id"], 0), last.get(event["object_id"], -1) + 1), event
        last[event["object_id"]] = place
    assert set(last.values()) == {2}
