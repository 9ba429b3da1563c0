"""Who leaves with money on its way to them: is the account kept open, and what comes later still theirs?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.ids import new_id
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.testing.users import verified_user
from tael.users.api import OpenThing
from tael.users.model import DataRequest, DataRequestKind, DataRequestState, UserState
from tael.users.store import data
from tests.integration.orders_scene import Shop, orders_scene
from tests.integration.packets import send_packet
from tests.integration.test_cli import tael
from tests.integration.waiting import until_somebody_waits
from tests.integration.wallets_scene import Person, code_of


@pytest.fixture
async def shop(urls: DatabaseUrls, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Shop]:
    async with orders_scene(urls, tmp_path, clock) as opened:
        yield opened
        assert not await faults_in_books(opened.house)


async def test_who_was_sent_money_since_they_asked_to_leave_is_not_closed_and_told(shop: Shop) -> None:
    users = shop.house.people.users
    ann, bob = await _somebody(shop), await shop.person(10_000)
    request_id = await _asks_to_leave(shop, ann)
    assert code_of(await shop.send(bob, ann, 5_000)) == "arrived"
    await users.work_off_requests()
    assert await _state(shop, ann) is UserState.ACTIVE
    refused = await users.reads.request(ann.user_id, request_id)
    assert refused.state is DataRequestState.REFUSED
    assert refused.outcome == {"open": "balance: 50.00 CNY"}
    newest = (await shop.house.people.messages.list_kept(ann.user_id, limit=5))[0]
    assert newest.template == "account_not_closed"
    assert code_of(await shop.send(ann, bob, 5_000)) == "arrived", "they can do as they are told"
    await _asks_to_leave(shop, ann)
    await users.work_off_requests()
    assert await _state(shop, ann) is UserState.CLOSED


async def test_money_that_is_sent_at_the_very_moment_comes_first_or_not_at_all(shop: Shop) -> None:
    bob = await shop.person(10_000)
    for _ in range(6):
        ann = await _somebody(shop)
        await _asks_to_leave(shop, ann)
        await asyncio.gather(shop.send(bob, ann, 100), shop.house.people.users.work_off_requests())
        closed = await _state(shop, ann) is UserState.CLOSED
        assert not (closed and await _left_behind(shop))


async def test_what_is_given_back_to_somebody_who_left_stays_theirs_and_staff_see_it(
    shop: Shop, urls: DatabaseUrls, tmp_path: Path
) -> None:
    ann = await _somebody(shop, 1_280)
    payment, number = await shop.order(1_280)
    assert code_of(await shop.pay(ann, number)) == "paid"
    await shop.told()
    await _asks_to_leave(shop, ann)
    await shop.house.people.users.work_off_requests()
    await shop.told()
    assert await _state(shop, ann) is UserState.CLOSED
    assert await _left_behind(shop) == {}
    assert (await shop.refund(payment, 1_280)).status in {201, 202}
    await shop.janitor_comes()
    await shop.told()
    assert await _left_behind(shop) == {ann.user_id: 1_280}
    where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path)}
    _, listed, errors = await tael("wallets", "left-behind", **where)
    assert (ann.user_id in listed, "12.80" in listed) == (True, True), errors


async def test_what_goes_back_while_it_is_looked_for_is_seen_on_one_side_or_the_other(
    shop: Shop, clock: ManualClock, urls: DatabaseUrls
) -> None:
    """Between the look at the balance and that at what is under way a red packet comes back, and a withdrawal."""
    ann = await _somebody(shop, 5_000)
    packet = await send_packet(shop, ann, 5_000, 25)
    assert packet["state"] == "open", packet
    clock.move(hours=25)
    async with await psycopg.AsyncConnection.connect(urls.owner) as other:
        await other.execute("lock table wallets.orders in access exclusive mode")
        looking = asyncio.create_task(shop.wallets.bills.still_open(ann.user_id))
        await until_somebody_waits(shop.house.database)
        await shop.wallets.packets.return_due()
        await other.commit()
    assert await looking
    assert [str(each.kind) for each in await shop.wallets.bills.still_open(ann.user_id)] == ["balance"]


async def test_what_ends_elsewhere_at_that_moment_lies_in_the_wallet_and_is_seen_there(shop: Shop) -> None:
    ann = await _somebody(shop)
    await _asks_to_leave(shop, ann)

    async def it_has_just_come_back(user_id: str) -> Sequence[OpenThing]:
        async with shop.house.database.transaction() as tx:
            await shop.give(tx, [user_id], 700)
        return []

    shop.house.people.users.ask_before_closing(it_has_just_come_back)
    await shop.house.people.users.work_off_requests()
    assert await _state(shop, ann) is UserState.ACTIVE
    assert await _left_behind(shop) == {}


async def _somebody(shop: Shop, minor: int = 0) -> Person:
    """Somebody who is known, and can be closed."""
    async with shop.house.database.transaction() as tx:
        made = await verified_user(tx, shop.house)
        if minor:
            await shop.give(tx, [made.user_id], minor)
    return Person(made.user_id, made.login_id)


async def _asks_to_leave(shop: Shop, who: Person) -> str:
    """As if it had been asked while nothing was open."""
    request = DataRequest(
        id=new_id("pdr"),
        user_id=who.user_id,
        kind=DataRequestKind.DELETION,
        state=DataRequestState.ASKED,
        asked_at=shop.clock.now(),
    )
    async with shop.house.database.transaction() as tx:
        assert await data.insert_request(tx, request)
    return request.id


async def _state(shop: Shop, who: Person) -> UserState:
    return (await shop.house.people.users.find([who.user_id]))[who.user_id].state


async def _left_behind(shop: Shop) -> dict[str, int]:
    found = await shop.house.wallets.bills.left_behind(limit=100)
    return {each.user_id: each.total.minor for each in found}
