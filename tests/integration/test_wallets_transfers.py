"""Money from user to user: exact, once, within limits, recallable until it arrives."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tests.integration.wallets_scene import Scene, code_of, wallets_scene


@pytest.fixture
async def scene(urls: DatabaseUrls, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Scene]:
    async with wallets_scene(urls, tmp_path, clock) as opened:
        yield opened
        assert not await faults_in_books(opened.house)


async def test_r7_sixty_four_payments_at_once_from_money_for_exactly_half(scene: Scene) -> None:
    payer, payee = await scene.persons(2)
    async with scene.house.database.transaction() as tx:
        await scene.give(tx, [payer.user_id], 32 * 100)
    answers = await asyncio.gather(*(scene.send(payer, payee, 100) for _ in range(64)))
    codes = [code_of(answer) for answer in answers]
    assert codes.count("arrived") == 32
    assert codes.count("wallets.not_enough") == 32
    assert (await scene.available(payer), await scene.available(payee)) == (0, 3_200)
