"""Money that may not be spent: it stays, from the moment of the order on and until its end; what arrives may arrive."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.errors import Refusal
from tael.ledger.api import AccountChange
from tael.ledger.model import Frozen
from tael.standing.api import Freeze
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tael.wallets import postings
from tests.integration.freezes import ORDER, freeze, thaw, told
from tests.integration.packets import claim, send_packet
from tests.integration.wallets_scene import Person, Scene, code_of, id_of, wallets_scene


@pytest.fixture(scope="module")
async def scene(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        wallets_scene(urls, tmp_path_factory.mktemp("freezes"), ManualClock()) as opened,
    ):
        yield opened
        assert not await faults_in_books(opened.house)


def pass_(scene: Scene, **time: float) -> None:
    cast(ManualClock, scene.clock).move(**time)


async def parts(scene: Scene, who: Person) -> tuple[int, int, int]:
    """What can be spent, what is on its way, what is frozen."""
    [balance] = await scene.wallets.balances(who.user_id)
    return balance.available_minor, balance.held_minor, balance.frozen_minor


async def sent(scene: Scene, payer: Person, payee: Person, minor: int, **how: object) -> str:
    return code_of(await scene.send(payer, payee, minor, **how))


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not yet heard"])
async def test_a_part_is_frozen_from_the_order_on_and_the_rest_can_be_spent(
    scene: Scene, *, heard: bool
) -> None:
    who, other = await scene.persons(2, 1_000)
    await freeze(scene, who, 300)
    if heard:
        await told(scene)
    assert await parts(scene, who) == (700, 0, 300)
    assert await sent(scene, who, other, 701) == "wallets.frozen"
    assert await sent(scene, who, other, 700) == "arrived"
    assert await parts(scene, who) == (0, 0, 300)


async def test_a_freeze_of_more_than_is_there_catches_what_arrives_later(scene: Scene) -> None:
    who, other = await scene.persons(2, 1_000)
    await freeze(scene, who, 1_500)
    assert await parts(scene, who) == (0, 0, 1_000)
    assert await sent(scene, who, other, 1) == "wallets.frozen"
    assert await sent(scene, other, who, 800) == "arrived"
    assert await parts(scene, who) == (300, 0, 1_500)
    assert await sent(scene, who, other, 301) == "wallets.frozen"
    assert await sent(scene, who, other, 300) == "arrived"


async def test_a_provisional_freeze_ends_by_itself_after_48_hours(scene: Scene) -> None:
    who, other = await scene.persons(2, 1_000)
    await freeze(scene, who, 1_000, provisional=True)
    await told(scene)
    pass_(scene, hours=47, minutes=59)
    assert await sent(scene, who, other, 1) == "wallets.frozen"
    pass_(scene, minutes=1)
    assert await parts(scene, who) == (1_000, 0, 0)
    assert await sent(scene, who, other, 1_000) == "arrived"


async def test_what_is_thawed_can_be_spent_and_another_freeze_still_holds(scene: Scene) -> None:
    who, other = await scene.persons(2, 1_000)
    soon = scene.clock.now() + timedelta(hours=5)
    first = await freeze(scene, who, 400, until=soon)
    await told(scene)
    await freeze(scene, who, 500)
    await told(scene)
    assert await parts(scene, who) == (100, 0, 900)
    await thaw(scene, first)
    await told(scene)
    assert await parts(scene, who) == (500, 0, 500)
    pass_(scene, hours=6)  # when the first one would have ended
    assert await sent(scene, who, other, 501) == "wallets.frozen"
    assert await sent(scene, who, other, 500) == "arrived"


async def test_a_full_freeze_stops_what_leaves_and_nothing_that_arrives(scene: Scene) -> None:
    who, other = await scene.persons(2, 1_000)
    restriction = await freeze(scene, who)
    assert await parts(scene, who) == (0, 0, 1_000)
    assert await sent(scene, who, other, 1) == "standing.restricted"
    assert await sent(scene, other, who, 10) == "arrived"
    assert await parts(scene, who) == (0, 0, 1_010)
    await thaw(scene, restriction)
    assert await parts(scene, who) == (1_010, 0, 0)


async def test_whoever_freezes_their_own_wallet_gets_back_what_is_on_its_way(scene: Scene) -> None:
    who, other = await scene.persons(2, 1_000)
    answer = await scene.send(who, other, 600, delay_hours=2)
    frozen = await scene.house.people.standing.do(
        Freeze(actor=f"user:{who.user_id}", user_id=who.user_id, takes=None)
    )
    assert await parts(scene, who) == (0, 600, 400)
    pass_(scene, hours=2)
    await scene.wallets.settle_due()
    transfer = await scene.wallets.get_transfer(id_of(answer), user_id=who.user_id)
    assert (transfer.state, transfer.ended_because) == ("returned", "wallets.frozen")
    assert await parts(scene, who) == (0, 0, 1_000)
    await thaw(scene, frozen)
    assert await parts(scene, who) == (1_000, 0, 0)


async def test_what_is_on_its_way_is_the_payers_money_and_frozen_as_far_as_needed(scene: Scene) -> None:
    who, other = await scene.persons(2, 1_000)
    first = await scene.send(who, other, 300, delay_hours=2)
    second = await scene.send(who, other, 300, delay_hours=2)
    await freeze(scene, who, 600)
    pass_(scene, hours=2)
    await scene.wallets.settle_due()
    states = {
        (await scene.wallets.get_transfer(id_of(each), user_id=who.user_id)).state for each in (first, second)
    }
    assert states == {"arrived", "returned"}
    assert await parts(scene, who) == (100, 0, 600)
    assert await scene.available(other) == 1_300


async def test_a_transfer_to_somebody_who_may_receive_nothing_any_more_goes_back(scene: Scene) -> None:
    who, other = await scene.persons(2, 1_000)
    answer = await scene.send(who, other, 300, delay_hours=2)
    await scene.house.people.standing.do(
        Freeze(actor=f"user:{other.user_id}", user_id=other.user_id, takes=None)
    )
    pass_(scene, hours=2)
    await scene.wallets.settle_due()
    transfer = await scene.wallets.get_transfer(id_of(answer), user_id=who.user_id)
    assert (transfer.state, transfer.ended_because) == ("returned", "wallets.payee_cannot_receive")
    assert await scene.available(who) == 1_000


async def in_the_books(scene: Scene, who: Person, frozen: Frozen) -> None:
    """A bookkeeper freezes the wallet's account itself."""
    code, currency = postings.wallet(who.user_id, "CNY").name
    async with scene.house.database.transaction() as tx:
        change = AccountChange(code=code, currency=currency, frozen=frozen)
        [changed] = await scene.house.ledger.change_accounts(tx, [change])
    assert not isinstance(changed, Refusal), changed


@pytest.mark.parametrize("frozen", [Frozen.IN, Frozen.BOTH])
async def test_who_pays_a_wallet_that_a_bookkeeper_froze_hears_nothing_of_the_books(
    scene: Scene, frozen: Frozen
) -> None:
    who, other, third = await scene.persons(3, 1_000)
    late = [await scene.send(*pair, 100, delay_hours=2) for pair in ((who, other), (third, who))]
    packet = await send_packet(scene, who, 100, 2)
    await in_the_books(scene, other, frozen)
    await in_the_books(scene, third, Frozen.OUT)
    refused = await scene.send(who, other, 1)
    assert code_of(refused) == "wallets.payee_cannot_receive", "it is not the payer's wallet that is frozen"
    assert other.user_id.encode() not in refused.body
    assert await sent(scene, third, who, 1) == "wallets.frozen"
    assert (await claim(scene, other, packet["id"]))["code"] == "wallets.frozen"
    pass_(scene, hours=2)
    await scene.wallets.settle_due()
    ended = [
        await scene.wallets.get_transfer(id_of(each), user_id=payer.user_id)
        for each, payer in zip(late, (who, third), strict=True)
    ]
    assert {each.state for each in ended} == {"returned"}
    assert [each.ended_because for each in ended] == ["wallets.payee_cannot_receive", "wallets.frozen"]
    assert (await parts(scene, who))[0] == 900


async def test_of_a_hidden_freeze_nobody_hears_who_ordered_it_or_why(scene: Scene) -> None:
    who, other = await scene.persons(2, 1_000)
    await freeze(scene, who, 900, hidden=True, note="suspected of laundering")
    partly = (await scene.send(who, other, 200)).body
    await freeze(scene, who, hidden=True, note="suspected of laundering")
    fully = (await scene.send(who, other, 1)).body
    for body in (partly, fully):
        for secret in (*ORDER.values(), "laundering", "by_law", "order_of_authority", "900"):
            assert secret.encode() not in body, body


async def test_r7_after_a_freeze_no_spending_passes_however_many_run_at_once(scene: Scene) -> None:
    who, other = await scene.persons(2, 6_400)
    early = [asyncio.create_task(sent(scene, who, other, 100)) for _ in range(16)]
    await asyncio.sleep(0)
    await freeze(scene, who, 6_400)
    left_minor = sum(await parts(scene, who))
    late = await asyncio.gather(*(sent(scene, who, other, 100) for _ in range(48)))
    assert set(late) == {"wallets.frozen"}
    assert set(await asyncio.gather(*early)) <= {"arrived", "wallets.frozen"}
    assert await parts(scene, who) == (0, 0, left_minor)


async def test_r7_freezes_and_thaws_among_spendings_deadlock_nobody(scene: Scene) -> None:
    people = await scene.persons(8, 10_000)

    async def turn(who: Person) -> None:
        for _ in range(4):
            restriction = await freeze(scene, who, 9_000)
            await thaw(scene, restriction)

    async def spend(who: Person, other: Person) -> None:
        for _ in range(10):
            assert await sent(scene, who, other, 50) in {"arrived", "wallets.frozen"}

    pairs = list(zip(people, [*people[1:], people[0]], strict=True))
    await asyncio.gather(*(turn(who) for who in people), *(spend(*pair) for pair in pairs), told(scene))
    await told(scene)
    assert sum([await scene.available(who) for who in people]) == 80_000
