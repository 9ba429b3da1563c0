"""Everything that moves money in wallets, at the same moment, in two processes: is all of it there, and every counter exact?"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.calls import Call, Caller
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.wallets.api import RecallTransfer
from tests.integration.freezes import freeze, thaw, told
from tests.integration.packets import claim, send_packet
from tests.integration.wallets_scene import Person, Scene, code_of, id_of, wallets_scene

START_MINOR = 2_000
SPENT = Query(
    "spent",
    b"""select user_id, coalesce(sum(minor), 0)::bigint, count(*) from (
        select payer_id, amount_minor from wallets.transfers where state in ('arrived', 'on_its_way')
        union all
        select owner_id, case when state = 'returned' then claimed_minor else amount_minor end from wallets.red_packets
        where state <> 'returned' or claimed > 0
    ) one (user_id, minor) group by user_id""",
)
COUNTED = Query(
    "counted",
    b"""select user_id, kind, sum(used_minor)::bigint, sum(used_count)::bigint from wallets.counters
    where kind in ('spent', 'weak', 'transfer') and used_count > 0 group by user_id, kind""",
)
STUCK = Query("stuck", b"select id from wallets.transfers where state = 'on_its_way'")


@pytest.fixture
async def scenes(urls: DatabaseUrls, tmp_path: Path, clock: ManualClock) -> AsyncIterator[list[Scene]]:
    """Two houses on one database: they know one another's locks only by the database."""
    async with wallets_scene(urls, tmp_path, clock) as one, wallets_scene(urls, tmp_path, clock) as other:
        yield [one, other]
        assert not await faults_in_books(one.house)


class Crowd:
    """Users who do whatever comes to their mind, many at a time."""

    def __init__(self, scenes: list[Scene], people: list[Person], clock: ManualClock, seed: int) -> None:
        self.scenes, self.people, self.clock = scenes, people, clock
        self.dice = random.Random(seed)
        self.late: list[tuple[Person, str]] = []
        self.packets: list[str] = []
        self.frozen: list[Any] = []
        self.said: Counter[str] = Counter()

    async def rush(self, so_many: int) -> None:
        doing = [
            self.send,
            self.delay,
            self.recall,
            self.give,
            self.claim,
            self.freeze,
            self.thaw,
            self.by_itself,
        ]
        weights = [10, 6, 8, 3, 12, 1, 1, 4]
        acts: list[Callable[[Scene], Awaitable[None]]] = self.dice.choices(doing, weights=weights, k=so_many)
        await asyncio.gather(*(act(self.dice.choice(self.scenes)) for act in acts))

    def two(self) -> tuple[Person, Person]:
        first, second = self.dice.sample(self.people, 2)
        return first, second

    async def send(self, scene: Scene) -> None:
        payer, payee = self.two()
        self.said[
            code_of(await scene.send(payer, payee, self.dice.choice([1, 300, 900]), key=new_id("key")))
        ] += 1

    async def delay(self, scene: Scene) -> None:
        payer, payee = self.two()
        sent = await scene.send(payer, payee, self.dice.choice([7, 500]), delay_hours=2, key=new_id("key"))
        self.said[code_of(sent)] += 1
        if sent.status == 201:
            self.late.append((payer, id_of(sent)))

    async def recall(self, scene: Scene) -> None:
        if not self.late:
            return
        payer, transfer_id = self.dice.choice(self.late)
        wish = RecallTransfer(transfer_id=transfer_id, payer_id=payer.user_id)
        caller = Caller(owner=payer.user_id, actor=f"user:{payer.user_id}")
        call = Call(caller=caller, action="wallets.recall", key=new_id("key"), request=wish, command=wish)
        self.said[f"recall {code_of(await scene.wallets.recall(call))}"] += 1

    async def give(self, scene: Scene) -> None:
        said = await send_packet(scene, self.two()[0], self.dice.choice([10, 400]), 5)
        self.said[f"packet {said.get('code', 'sent')}"] += 1
        if "code" not in said:
            self.packets.append(said["id"])

    async def claim(self, scene: Scene) -> None:
        if self.packets:
            said = await claim(scene, self.two()[0], self.dice.choice(self.packets[-4:]))
            self.said[f"claim {said.get('code', 'won')}"] += 1

    async def freeze(self, scene: Scene) -> None:
        minor = self.dice.choice([None, 1, 1_500])
        self.frozen.append(await freeze(scene, self.two()[0], minor))

    async def thaw(self, scene: Scene) -> None:
        if self.frozen:
            await thaw(scene, self.frozen.pop())

    async def by_itself(self, scene: Scene) -> None:
        await self.dice.choice(
            [scene.wallets.settle_due, scene.wallets.packets.return_due, scene.house.courier.deliver]
        )()


@pytest.mark.parametrize("seed", range(2))
async def test_r7_whatever_happens_at_once_no_fen_is_lost_and_every_counter_is_exact(
    scenes: list[Scene], clock: ManualClock, seed: int
) -> None:
    crowd = Crowd(scenes, list(await scenes[0].persons(9, START_MINOR)), clock, seed)
    for _ in range(12):
        await crowd.rush(64)
        clock.move(minutes=crowd.dice.choice([1, 40, 119]))
    while crowd.frozen:
        await crowd.thaw(scenes[0])
    clock.move(hours=25)
    for scene in scenes:
        await told(scene)
        await scene.wallets.settle_due()
        await scene.wallets.packets.return_due()
    assert sum([await scenes[1].available(who) for who in crowd.people]) == 9 * START_MINOR, crowd.said
    async with scenes[0].house.database.transaction() as tx:
        assert not await tx.tuples(STUCK)
        spent = {user_id: (minor, count) for user_id, minor, count in await tx.tuples(SPENT)}
        counted = await tx.tuples(COUNTED)
    by_kind: dict[str, dict[str, tuple[int, int]]] = {}
    for user_id, kind, minor, count in counted:
        by_kind.setdefault(kind, {})[user_id] = (minor, count)
    assert by_kind == dict.fromkeys(("spent", "transfer", "weak"), spent), crowd.said
