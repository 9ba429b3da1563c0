"""Do networks get what the settings allow, whichever process they reach, and is a bucket forgotten once it is full?"""

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.foundation.db import Database
from tael.foundation.http.strangers import Deed, Strangers, TooMuchFromNetwork
from tael.testing.clocks import ManualClock

SETTINGS = Settings(network_sign_ups_per_hour=6, network_payments_per_minute=120)


async def let_in(times: int, deed: Deed, *processes: Strangers, address: str = "203.0.113.7") -> int:
    """How many of so many deeds are taken, by each process in turn."""
    found = 0
    for number in range(times):
        try:
            await processes[number % len(processes)].take(address, deed)
        except TooMuchFromNetwork:
            continue
        found += 1
    return found


async def test_an_hours_worth_is_taken_at_once_and_comes_back_evenly(
    database: Database, clock: ManualClock
) -> None:
    one, other = (Strangers(database, clock, SETTINGS) for _ in range(2))
    assert await let_in(20, Deed.SIGN_UP, one, other) == 6
    with pytest.raises(TooMuchFromNetwork) as refused:
        await one.take("203.0.113.7", Deed.SIGN_UP)
    assert refused.value.status == 429
    assert 595 <= (refused.value.retry_after_seconds or 0) <= 601
    clock.move(minutes=9)
    assert await let_in(2, Deed.SIGN_UP, one, other) == 0
    clock.move(seconds=62)
    assert await let_in(4, Deed.SIGN_UP, one, other) == 1
    clock.move(hours=30)
    assert await let_in(20, Deed.SIGN_UP, one, other) == 6


async def test_deeds_and_networks_do_not_take_from_one_another(
    database: Database, clock: ManualClock
) -> None:
    strangers = Strangers(database, clock, SETTINGS)
    assert await let_in(9, Deed.SIGN_UP, strangers) == 6
    assert await let_in(200, Deed.VISIT, strangers) == 120
    assert await let_in(200, Deed.ATTEMPT, strangers) == 120
    assert await let_in(9, Deed.SIGN_UP, strangers, address="203.0.113.8") == 6
    assert await let_in(9, Deed.SIGN_UP, strangers, address="::ffff:203.0.113.8") == 0
    assert await let_in(9, Deed.SIGN_UP, strangers, address="2001:db8::1") == 6
    assert await let_in(9, Deed.SIGN_UP, strangers, address="2001:db8::ffff:2") == 0


async def test_buckets_are_forgotten_once_they_are_full_again(
    database: Database, urls: DatabaseUrls, clock: ManualClock
) -> None:
    strangers = Strangers(database, clock, SETTINGS)
    await let_in(9, Deed.SIGN_UP, strangers)
    clock.move(hours=1)
    await strangers.forget_full()
    assert await _buckets(urls) == 1
    clock.move(hours=2)
    await strangers.forget_full()
    assert await _buckets(urls) == 0
    assert await let_in(9, Deed.SIGN_UP, strangers) == 6


async def _buckets(urls: DatabaseUrls) -> int:
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        [(count,)] = await (await owner.execute("select count(*) from foundation.rate_buckets")).fetchall()
    return int(count)
