"""R1 for withdrawals: the process that reserves, sends and settles them is killed at any moment, and no money is lost."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tests.chaos.funding_process import Plan, Wish, ask
from tests.integration.funding_scene import FundingScene, funding_scene

KILLS, PEOPLE, EACH, MINOR = 20, 20, 10, 1_000


@pytest.mark.drill
@pytest.mark.timeout(400)
async def test_r1_no_withdrawal_is_lost_or_doubled_in_20_kills(urls: DatabaseUrls, tmp_path: Path) -> None:
    async with funding_scene(urls, tmp_path) as scene:
        people = [await scene.somebody() for _ in range(PEOPLE)]
        for who in people:
            await scene.card(who)
            await scene.funded(who, 2 * MINOR * EACH)
        wishes = [
            Wish(who.user_id, who.login_id, f"{who.user_id}-{n}", MINOR)
            for who in people
            for n in range(EACH)
        ]
        chance = random.Random(7)
        chance.shuffle(wishes)
        plan = tmp_path / "plan.json"
        acked: dict[str, str] = {}
        for _ in range(KILLS):
            ahead = (scene.clock.now() - SystemClock().now()).total_seconds()
            plan.write_bytes(msgspec.json.encode(Plan(_settings(scene), wishes, ahead)))
            await _live_and_die(scene, urls, plan, acked, seconds=chance.uniform(0.05, 1.2))

        await _finish(scene, wishes, acked)
        assert await scene.rows(b"select state, count(*) from funding.withdrawals group by 1") == [
            ("succeeded", len(wishes))
        ]
        for who in people:
            assert await scene.balance(who) == MINOR * EACH
            assert await scene.on(f"user:{who.user_id}:withdrawing") == 0
        paid_out = await scene.control("unionpay").summary()
        assert (paid_out.payouts, paid_out.payouts_sent_more_than_once) == (len(wishes), 0)
        known = {id for (id,) in await scene.rows(b"select id from funding.withdrawals")}
        assert set(acked.values()) <= known, "whatever was answered is there"


def _settings(scene: FundingScene) -> dict[str, str | int | float | list[float]]:
    settings = scene.settings
    return {
        "home": str(settings.home),
        "vault_url": settings.vault_url,
        "vault_door_url": settings.vault_door_url,
        "log_level": "critical",
    }


async def _live_and_die(
    scene: FundingScene, urls: DatabaseUrls, plan: Path, acked: dict[str, str], *, seconds: float
) -> None:
    """One life of the process; what it answered counts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.funding_process", urls.application, str(plan), stdout=PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).strip() == b"begins"
    await asyncio.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    await _note(process, acked)
    scene.clock.move(seconds=3)


async def _note(process: Process, acked: dict[str, str]) -> None:
    assert process.stdout is not None
    told = (await process.stdout.read()).decode()
    await process.wait()
    for line in told.splitlines():
        word, _, rest = line.partition(" ")
        if word != "acked":
            continue
        key, _, id = rest.partition(" ")
        assert acked.setdefault(key, id) == id, "the same wish was answered with the same withdrawal"


async def _finish(scene: FundingScene, wishes: list[Wish], acked: dict[str, str]) -> None:
    """The faults are over: everybody asks once more, under the same key, and the janitors settle the rest."""
    scene.clock.move(seconds=60)
    for wish in wishes:
        status, id = await ask(scene.house, wish)
        assert status == 201, (wish, status)
        assert acked.setdefault(wish.key, id) == id
    for _ in range(6):
        await scene.time_passes()
