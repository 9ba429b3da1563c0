"""R1 for payments by balance: whoever takes them is killed at any moment, and wallets, merchants and books agree."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tael.foundation.ids import new_id
from tael.payments.model import PaymentState
from tael.testing.books import faults_in_books, until_settled
from tael.testing.clocks import ManualClock
from tests.chaos.orders_process import AT_ONCE, Plan, Wish, ask, settle
from tests.integration.orders_scene import Shop, orders_scene

PEOPLE, EACH, MINOR, BACK = 6, 8, 1_000, 300


@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=[pytest.mark.drill, pytest.mark.timeout(400)])])
async def test_r1_nothing_is_paid_twice_or_forgotten_however_often_it_is_killed(
    urls: DatabaseUrls, tmp_path: Path, kills: int
) -> None:
    clock = ManualClock(SystemClock().now())
    async with orders_scene(urls, tmp_path, clock) as shop:
        people = await shop.persons(PEOPLE, MINOR * EACH)
        wishes = [
            Wish(
                who.user_id,
                who.login_id,
                shop.merchant_id,
                (await shop.payment(MINOR, seconds=86_400)).id,
                new_id("rfd"),
                BACK,
            )
            for who in people
            for _ in range(EACH)
        ]
        chance = random.Random(11)
        chance.shuffle(wishes)
        for _ in range(kills):
            await _live_and_die(shop, urls, tmp_path, wishes, seconds=chance.uniform(0.05, 0.8))
        await _finish(shop, wishes)
        for wish in wishes:
            payment = (await shop.house.payments.get(wish.payment_id, merchant_id=None)).payment
            assert (payment.state, payment.refunded_minor) == (PaymentState.CAPTURED, BACK)
        for who in people:
            assert await shop.available(who) == BACK * EACH
        assert await shop.owed_by_channel() == 0
        assert not await faults_in_books(shop.house)


async def _live_and_die(
    shop: Shop, urls: DatabaseUrls, folder: Path, wishes: list[Wish], *, seconds: float
) -> None:
    """One life of the process."""
    plan = folder / "plan.json"
    ahead = (shop.clock.now() - SystemClock().now()).total_seconds()
    plan.write_bytes(msgspec.json.encode(Plan(str(shop.house.settings.home), wishes, ahead)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.orders_process", urls.application, str(plan), stdout=PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).strip() == b"begins"
    await asyncio.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    shop.clock.move(seconds=3)


async def _finish(shop: Shop, wishes: list[Wish]) -> None:
    """The faults are over: everybody asks once more, and the janitor settles the rest."""
    for _ in range(2):
        shop.clock.move(seconds=60)
        for start in range(0, len(wishes), AT_ONCE):
            await asyncio.gather(*(ask(shop.house, wish) for wish in wishes[start : start + AT_ONCE]))
        for _ in range(3):
            shop.clock.move(seconds=60)
            await settle(shop.house)
    await until_settled(shop.house, seconds=20)
