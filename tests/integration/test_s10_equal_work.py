"""S10: does it take as long for a number that is registered as for one that is not: to sign in, and to ask for a new password?"""

import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Literal

import pytest

from tael.foundation.clock import monotonic_seconds
from tael.foundation.db import Database
from tael.identity.errors import SignInRefused
from tael.identity.model import Visitor
from tael.testing.clocks import ManualClock
from tael.users.schemas.door import CodeRequest, SignInRequest
from tests.integration.users_scene import ANN, BOB, UsersScene, open_users_scene

ROUNDS, BATCHES = 30, 8
Ask = Callable[[str, int], Awaitable[None]]


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[UsersScene]:
    async with open_users_scene(database, clock, tmp_path) as opened:
        await opened.somebody(ANN).register()
        yield opened


async def check_alike(scene: UsersScene, ask: Ask, *, percent: float) -> None:
    """One of each in turn: medians differ by less than so much, in one of the batches."""
    taken: dict[str, list[float]] = {ANN: [], BOB: []}
    known = unknown = 0.0
    for batch in range(BATCHES):
        for number in range(batch * ROUNDS, (batch + 1) * ROUNDS):
            scene.clock.move(hours=25)
            for phone in (ANN, BOB) if number % 2 else (BOB, ANN):
                began = monotonic_seconds()
                await ask(phone, 2 * number + (phone == ANN))
                taken[phone].append(monotonic_seconds() - began)
        known, unknown = statistics.median(taken[ANN]), statistics.median(taken[BOB])
        if 100 * abs(known - unknown) / max(known, unknown) < percent:
            return
    pytest.fail(f"{known:.4f} s for a number that is registered, {unknown:.4f} s for one that is not")


@pytest.mark.alone
async def test_s10_signing_in_takes_as_long_for_numbers_that_nobody_has(scene: UsersScene) -> None:
    async def ask(phone: str, number: int) -> None:
        visitor = Visitor(device="Firefox", address=f"198.51.{number // 250}.{number % 250}")
        with pytest.raises(SignInRefused):
            await scene.users.sign_in(SignInRequest(phone=phone, password="a wrong password"), visitor)

    await check_alike(scene, ask, percent=5)


@pytest.mark.alone
@pytest.mark.parametrize("purpose", ["register", "reset_password"])
async def test_s10_asking_for_a_code_takes_as_long_for_numbers_that_nobody_has(
    scene: UsersScene, purpose: Literal["register", "reset_password"]
) -> None:
    async def ask(phone: str, _: int) -> None:
        await scene.users.send_code(CodeRequest(phone=phone, purpose=purpose, language="en"))

    await check_alike(scene, ask, percent=5)
