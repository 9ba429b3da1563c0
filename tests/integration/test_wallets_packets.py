"""Red packets: each share to one user, none twice, nothing lost; and what nobody claims is its sender's again."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.standing.model import Kind, NewRestriction, Permission
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tael.wallets import store
from tael.wallets.model import CounterKey, CounterKind, Used
from tael.wallets.model.packets import PacketKind, PacketState
from tael.wallets.rules import limits
from tests.integration.packets import claim, send_packet
from tests.integration.wallets_scene import Person, Scene, wallets_scene


@pytest.fixture(scope="module")
async def scene(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        wallets_scene(urls, tmp_path_factory.mktemp("packets"), ManualClock()) as opened,
    ):
        yield opened
        assert not await faults_in_books(opened.house)


async def time_is_over(scene: Scene) -> None:
    cast(ManualClock, scene.clock).move(hours=24)
    await scene.wallets.packets.return_due()


async def transferred_today(scene: Scene, who: Person) -> tuple[int, int, int]:
    """What they have sent today, how often, and what counts for their class."""
    shown = {limit.name: limit.used for limit in await scene.wallets.limits(who.user_id)}
    return shown["transfer_day"], shown["transfers_day"], shown["spent_year"]


async def counted(scene: Scene, who: Person, day: str) -> Used:
    """What they sent in a day."""
    async with scene.house.database.transaction() as tx:
        counters = await store.find_counters(tx, [who.user_id], periods=[day])
    return counters[CounterKey(who.user_id, CounterKind.TRANSFER, day, "CNY")]


async def test_of_sixty_four_claims_at_once_exactly_ten_win_ten_shares(scene: Scene) -> None:
    owner, *others = await scene.persons(65, 10_000)
    packet = await send_packet(scene, owner, 5_001, 10)
    answers = await asyncio.gather(*(claim(scene, who, packet["id"]) for who in others))
    won = [answer["mine"]["amount_minor"] for answer in answers if "mine" in answer]
    assert (len(won), sum(won)) == (10, 5_001)
    assert [answer["code"] for answer in answers if "code" in answer] == ["wallets.packet_empty"] * 54
    assert sum([await scene.available(who) for who in others]) == 64 * 10_000 + 5_001
    assert await scene.available(owner) == 4_999
    view = await scene.wallets.packets.get(packet["id"], user_id=owner.user_id)
    assert (view.packet.state, view.packet.claimed, view.packet.left.minor) == (PacketState.EMPTY, 10, 0)
    assert sorted(share.amount_minor for share in view.claims) == sorted(won)


async def test_one_user_who_claims_twenty_times_at_once_has_one_share(scene: Scene) -> None:
    owner, who = await scene.persons(2, 1_000)
    packet = await send_packet(scene, owner, 100, 10, kind=PacketKind.EQUAL)
    answers = await asyncio.gather(*(claim(scene, who, packet["id"]) for _ in range(20)))
    assert {answer["mine"]["amount_minor"] for answer in answers} == {10}
    assert await scene.available(who) == 1_010


async def test_what_nobody_claims_in_time_goes_back_with_what_it_used_of_limits(scene: Scene) -> None:
    owner, untouched, who = await scene.persons(3, 10_000)
    sent_at = scene.clock.now()
    packet = await send_packet(scene, owner, 1_000, 4, kind=PacketKind.EQUAL, greeting="Happy new year")
    await send_packet(scene, untouched, 1_000, 4)
    assert await transferred_today(scene, owner) == (1_000, 1, 1_000)
    await claim(scene, who, packet["id"])
    await time_is_over(scene)
    assert (await claim(scene, owner, packet["id"]))["code"] == "wallets.packet_over"
    assert (await scene.available(owner), await scene.available(who)) == (9_750, 10_250)
    assert await counted(scene, owner, limits.day_of(sent_at)) == Used(250, 1)
    assert await counted(scene, untouched, limits.day_of(sent_at)) == Used(0, 0)
    view = await scene.wallets.packets.get(packet["id"], user_id=who.user_id)
    assert view.packet.state is PacketState.RETURNED
    assert view.mine is not None
    assert view.mine.amount_minor == 250
    assert not view.claims
    await scene.wallets.packets.return_due()
    assert await scene.available(owner) == 9_750


async def test_nothing_is_claimed_after_its_hour_even_before_it_went_back(scene: Scene) -> None:
    owner, who = await scene.persons(2, 1_000)
    packet = await send_packet(scene, owner, 100, 2)
    cast(ManualClock, scene.clock).move(hours=24)
    assert (await claim(scene, who, packet["id"]))["code"] == "wallets.packet_over"
    await scene.wallets.packets.return_due()
    assert await scene.available(owner) == 1_000


async def test_a_packet_for_some_is_theirs_alone(scene: Scene) -> None:
    owner, friend, stranger = await scene.persons(3, 1_000)
    packet = await send_packet(scene, owner, 100, 1, only_for=(friend.user_id,))
    waiting = await scene.wallets.packets.waiting_for(friend.user_id, before=None, limit=10)
    assert [each.id for each in waiting] == [packet["id"]]
    for nobody in (owner, stranger):
        assert (await claim(scene, nobody, packet["id"]))["code"] == "wallets.no_such_packet"
    assert (await claim(scene, friend, packet["id"]))["mine"]["amount_minor"] == 100
    assert not await scene.wallets.packets.waiting_for(friend.user_id, before=None, limit=10)


async def test_whoever_may_receive_nothing_claims_nothing_and_its_share_stays(scene: Scene) -> None:
    owner, held, who = await scene.persons(3, 1_000)
    packet = await send_packet(scene, owner, 100, 1)
    async with scene.house.database.transaction() as tx:
        new = NewRestriction(user_id=held.user_id, kind=Kind.BY_RISK, takes=(Permission.RECEIVE,))
        await scene.house.people.standing.restrict(tx, new)
    assert (await claim(scene, held, packet["id"]))["code"] == "standing.restricted"
    assert (await claim(scene, who, packet["id"]))["mine"]["amount_minor"] == 100


@pytest.mark.parametrize(
    ("minor", "shares", "only_for", "code"),
    [
        (9, 10, (), "wallets.malformed"),
        (100, 101, (), "wallets.malformed"),
        (20_001, 1, (), "wallets.limit_reached"),
        (100, 2, ("usr_00000000000000000000000001",), "wallets.malformed"),
        (100, 1, ("usr_00000000000000000000000001",), "wallets.no_such_payee"),
        (1_001, 1, (), "wallets.not_enough"),
    ],
)
async def test_a_packet_that_cannot_be_is_refused_and_takes_nothing(
    scene: Scene, minor: int, shares: int, only_for: tuple[str, ...], code: str
) -> None:
    owner = await scene.person(1_000)
    assert (await send_packet(scene, owner, minor, shares, only_for=only_for))["code"] == code
    assert await scene.available(owner) == 1_000
    assert await transferred_today(scene, owner) == (0, 0, 0)


async def test_a_large_packet_takes_a_confirmation_as_a_transfer_does(scene: Scene) -> None:
    owner = await scene.person(100_000)
    refused = await send_packet(scene, owner, 30_000, 2, kind=PacketKind.EQUAL)
    assert refused["code"] == "wallets.confirmation_missing"
    assert await scene.available(owner) == 100_000


async def test_claims_and_returns_at_once_lose_nothing(scene: Scene) -> None:
    owner, *others = await scene.persons(21, 1_000)
    packets = [await send_packet(scene, owner, 50, 10) for _ in range(4)]
    claims = [claim(scene, who, packet["id"]) for who in others[:10] for packet in packets[:2]]
    await asyncio.gather(*claims)
    cast(ManualClock, scene.clock).move(hours=24)
    late = [claim(scene, who, packet["id"]) for who in others for packet in packets]
    await asyncio.gather(*late, *(scene.wallets.packets.return_due() for _ in range(4)))
    await scene.wallets.packets.return_due()
    assert await scene.available(owner) == 900
    assert sum([await scene.available(who) for who in others]) == 20 * 1_000 + 100
