"""R7: may hundreds of users send one another money at the same moment, in two processes? Nothing is lost, nobody is stuck."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.ids import new_id
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tests.integration.freezes import freeze, thaw, told
from tests.integration.packets import claim, send_packet
from tests.integration.wallets_scene import Person, Scene, code_of, wallets_scene

START_MINOR = 1_000
USUAL = {"arrived", "on_its_way", "wallets.not_enough", "wallets.limit_reached"}


@pytest.fixture
async def scenes(urls: DatabaseUrls, tmp_path: Path, clock: ManualClock) -> AsyncIterator[list[Scene]]:
    """Two houses on one database: they know one another's locks only by the database."""
    async with wallets_scene(urls, tmp_path, clock) as one, wallets_scene(urls, tmp_path, clock) as other:
        yield [one, other]
        assert not await faults_in_books(one.house)


async def test_r7_users_who_send_one_another_money_at_random_lose_nothing(
    scenes: list[Scene], clock: ManualClock
) -> None:
    await _random_transfers(scenes, clock, users=60, transfers=1_200)


@pytest.mark.drill
@pytest.mark.timeout(600)
async def test_r7_five_hundred_users_who_send_one_another_money_lose_nothing(
    scenes: list[Scene], clock: ManualClock
) -> None:
    await _random_transfers(scenes, clock, users=500, transfers=20_000)


async def test_r7_of_sixty_four_claims_in_two_processes_exactly_ten_win(scenes: list[Scene]) -> None:
    owner, *others = await scenes[0].persons(65, START_MINOR)
    packets = [await send_packet(scenes[0], owner, 101, 10) for _ in range(4)]
    claims = [
        claim(scenes[(place + turn) % 2], who, packet["id"])
        for turn, packet in enumerate(packets)
        for place, who in enumerate(others)
    ]
    answers = await asyncio.gather(*claims)
    won = [answer for answer in answers if "mine" in answer]
    assert Counter(answer["id"] for answer in won) == {packet["id"]: 10 for packet in packets}
    assert sum(answer["mine"]["amount_minor"] for answer in won) == 4 * 101
    assert {answer["code"] for answer in answers if "code" in answer} == {"wallets.packet_empty"}


async def test_r7_a_freeze_counts_in_a_process_that_has_not_heard_of_it(scenes: list[Scene]) -> None:
    """The other process has seen a floor that is gone: it asks the database, and not what it remembers."""
    here, there = scenes
    who, other = await here.persons(2, START_MINOR)
    first = await freeze(here, who, 900)
    await told(here)
    assert code_of(await there.send(who, other, 101)) == "wallets.frozen"
    await thaw(here, first)
    await told(here)
    await freeze(here, who, 900)
    codes = await asyncio.gather(*(scene.send(who, other, 101, key=new_id("key")) for scene in scenes * 8))
    assert {code_of(answer) for answer in codes} == {"wallets.frozen"}
    assert code_of(await there.send(who, other, 100)) == "arrived"


async def _random_transfers(scenes: list[Scene], clock: ManualClock, *, users: int, transfers: int) -> None:
    people = await scenes[0].persons(users, START_MINOR)
    dice = random.Random(users)
    seen: Counter[str] = Counter()

    async def client() -> None:
        for _ in range(transfers // 100):
            payer, payee = dice.sample(people, 2)
            hours = 2 if dice.random() < 0.1 else 0
            minor = dice.randint(1, START_MINOR)
            scene, key = dice.choice(scenes), new_id("key")
            seen[code_of(await scene.send(payer, payee, minor, delay_hours=hours, key=key))] += 1

    await asyncio.gather(*(client() for _ in range(100)))
    assert set(seen) <= USUAL
    assert seen["arrived"] > transfers // 4
    clock.move(hours=2)
    await asyncio.gather(*(scene.wallets.settle_due() for scene in scenes * 2))
    assert sum([await _all_of(scenes[0], person) for person in people]) == users * START_MINOR


async def _all_of(scene: Scene, person: Person) -> int:
    """What somebody has, with nothing on its way."""
    [balance] = await scene.wallets.balances(person.user_id)
    assert balance.held_minor == 0
    return balance.total_minor
