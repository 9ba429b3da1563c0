"""Is what is known to refuse an act said before anybody is asked to confirm it, and the same that refuses it later?"""

from collections.abc import AsyncIterator

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.standing.model import PersonalLimit
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tael.wallets.model import SpendingKind
from tael.wallets.rules.limits import Act
from tests.integration.freezes import freeze, told
from tests.integration.spendings import lower
from tests.integration.wallets_scene import Person, Scene, code_of, wallets_scene


@pytest.fixture(scope="module")
async def scene(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        wallets_scene(urls, tmp_path_factory.mktemp("early"), ManualClock()) as opened,
    ):
        yield opened


async def _early(scene: Scene, who: Person, minor: int, kind: SpendingKind = SpendingKind.TRANSFER) -> str:
    """What is said early: the code of a refusal, or nothing."""
    act = Act(user_id=who.user_id, kind=kind, amount=Money(minor, "CNY"), at=scene.clock.now())
    async with scene.house.database.transaction() as tx:
        try:
            await scene.wallets.check_early(tx, act)
        except Refusal as refusal:
            return refusal.code
    return ""


async def test_what_is_not_there_is_refused_and_what_is_there_is_not(scene: Scene) -> None:
    payer, payee = await scene.persons(2, 1_000)
    for kind in SpendingKind:
        assert await _early(scene, payer, 1_000, kind) == ""
        assert await _early(scene, payer, 1_001, kind) == "wallets.not_enough"
    assert code_of(await scene.send(payer, payee, 1_001)) == "wallets.not_enough"


async def test_what_is_there_and_frozen_is_refused_as_frozen(scene: Scene) -> None:
    payer, payee = await scene.persons(2, 1_000)
    await freeze(scene, payer, 300)
    await told(scene)
    assert await _early(scene, payer, 700) == ""
    assert await _early(scene, payer, 701) == code_of(await scene.send(payer, payee, 701)) == "wallets.frozen"
    assert await _early(scene, payer, 1_001) == "wallets.not_enough"


async def test_a_limit_is_named_as_it_will_be_and_what_is_used_of_it_counts(scene: Scene) -> None:
    payer, payee = await scene.persons(2, 5_000)
    await lower(scene, payer, PersonalLimit.TRANSFER_DAY, 1_000)
    assert await _early(scene, payer, 1_001) == "wallets.limit_reached"
    assert code_of(await scene.send(payer, payee, 600)) != "wallets.limit_reached"
    assert await _early(scene, payer, 400) == ""
    assert await _early(scene, payer, 401) == code_of(await scene.send(payer, payee, 401))


async def test_who_owes_a_quiz_hears_of_it_before_much_is_sent(scene: Scene) -> None:
    payer = await scene.person(500_000)
    messages = scene.house.people.messages
    async with scene.house.database.transaction() as tx:
        await messages.assign_quiz(tx, payer.user_id, because="reported_fraud", required=True)
    assert await _early(scene, payer, 100_000) == "wallets.quiz_owed"
    assert await _early(scene, payer, 100_000, SpendingKind.PAYMENT) == ""
    assert await _early(scene, payer, 100) == ""
