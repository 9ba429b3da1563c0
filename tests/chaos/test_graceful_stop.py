"""Does a stop lose anything? What was accepted is answered; what was not accepted has not happened."""

import asyncio
from functools import partial

import aiohttp
import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.ids import new_id
from tael.testing.books import booked_payments, check_books, until_settled
from tael.testing.cluster import TOGETHER, running_cluster
from tael.testing.patience import until
from tests.chaos.persistence import TRANSIENT

CLIENTS = 64


class _Tally(msgspec.Struct):
    """What the clients of one stop heard."""

    answered: set[str] = set()
    """Ids of payments."""
    not_now: int = 0
    """503 while the platform stops."""
    unanswered: int = 0
    """Connections that were refused, or closed before an answer."""


@pytest.mark.parametrize("stops", [1, pytest.param(3, marks=pytest.mark.drill)])
async def test_a_stop_under_load_answers_everything_that_it_has_done(urls: DatabaseUrls, stops: int) -> None:
    """SIGTERM while 64 clients create payments: each payment that was made was also answered."""
    async with running_cluster(database=urls) as platform:
        answered: set[str] = set()
        for stop in range(stops):
            if stop:
                platform.cluster.supervisor.start()
                await platform.cluster.until_answering()
            tally, over = _Tally(), asyncio.Event()
            clients = [
                asyncio.create_task(
                    _client(platform.cluster.urls["public"], platform.merchant.secret, tally, over)
                )
                for _ in range(CLIENTS)
            ]
            await until(partial(_is_loaded, tally), "there is a load", seconds=60)
            platform.cluster.supervisor.terminate()
            assert await platform.cluster.supervisor.ended() == 0
            over.set()
            await asyncio.gather(*clients)
            answered |= tally.answered
            assert set(await booked_payments(platform.house)) == answered
        await check_books(platform.house, await platform.control.summary())


def _is_loaded(tally: _Tally) -> bool:
    return len(tally.answered) > 2 * CLIENTS


async def _client(url: str, secret: str, tally: _Tally, over: asyncio.Event) -> None:
    """Create payments one after another, each on a connection of its own and under a key of its own, never again."""
    wanted = {"amount_minor": 1280, "currency": "CNY", "reference": "stop", "description": "Tea"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        while not over.is_set():
            headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": new_id("key")}
            try:
                async with session.post(f"{url}/v1/payments", json=wanted, headers=headers) as response:
                    body = await response.json(content_type=None)
            except TRANSIENT:
                tally.unanswered += 1
                await asyncio.sleep(0.02)
                continue
            assert response.status in (201, 503), body
            if response.status == 201:
                tally.answered.add(body["id"])
            else:
                tally.not_now += 1
                await asyncio.sleep(0.02)


@pytest.mark.drill
async def test_roles_apart_complete_a_payment_and_stop_when_told(urls: DatabaseUrls) -> None:
    """Six processes, one role each, on one database."""
    async with running_cluster(database=urls, supervised=False) as platform:
        processes = [platform.cluster.process("run", role, log=f"{role}.log") for role in TOGETHER]
        try:
            for process in processes:
                process.start()
            await platform.cluster.until_answering()
            payment = await platform.merchant.create_payment(1280)
            attempt = await platform.merchant.start_attempt(payment["id"])
            await platform.control.pay(attempt["action"]["code_url"])
            await platform.merchant.payment_once(payment["id"], "captured")
            refund = await platform.merchant.post(f"/v1/payments/{payment['id']}/refunds", {})
            assert (refund.status, refund.body["state"]) == (201, "succeeded")

            late = await platform.merchant.start_attempt((await platform.merchant.create_payment(500))["id"])
            await platform.merchant.post(f"/v1/payments/{late['payment_id']}/close", {})
            await platform.control.pay(late["action"]["code_url"])

            async def given_back() -> bool:
                return (await platform.control.order(late["id"])).refunded_minor == 500

            await until(given_back, "the late payment is given back", seconds=20)
            await until_settled(platform.house, seconds=20)
            await check_books(platform.house, await platform.control.summary())
        finally:
            for process in processes:
                process.terminate()
            statuses = [await process.ended() for process in processes]
        assert statuses == [0] * len(TOGETHER)
