"""Does a key get what its rate allows, however many processes serve it, and no more?"""

import asyncio

import pytest

from tael.foundation.db import Database
from tael.foundation.errors import Malformed
from tael.foundation.http.limits import BURST_SECONDS, Limits, RateLimited, limit_headers
from tael.foundation.telemetry import LANE_BATCH_SIZE
from tael.testing.clocks import ManualClock

RATE = 100


async def let_in(
    limits: Limits, times: int, *, rate: int = RATE, name: str = "key", kind: str = "write"
) -> int:
    """How many of so many requests are let in."""
    found = 0
    for _ in range(times):
        try:
            await limits.take(name, kind, per_second=rate)
        except RateLimited:
            continue
        found += 1
    return found


@pytest.mark.parametrize("shares", [(30,), (15, 15), (26, 3, 1), (28, 2, 0)])
async def test_s15_all_processes_together_let_in_what_the_rate_allows(
    database: Database, clock: ManualClock, shares: tuple[int, ...]
) -> None:
    """Three times too much is asked for ten seconds, of processes that are asked unevenly."""
    processes = [Limits(database, clock) for _ in shares]
    seconds, found = 10, 0
    for _ in range(seconds * 10):
        for process, share in zip(processes, shares, strict=True):
            found += await let_in(process, share)
        clock.move(seconds=0.1)
    allowed = RATE * (BURST_SECONDS + seconds)
    assert allowed * 0.95 <= found <= allowed


async def test_a_key_that_rested_may_ask_its_burst_and_no_more(
    database: Database, clock: ManualClock
) -> None:
    limits, other = Limits(database, clock), Limits(database, clock)
    for _ in range(3):
        found = await let_in(limits, 250) + await let_in(other, 250)
        assert RATE * BURST_SECONDS * 0.95 <= found <= RATE * BURST_SECONDS
        clock.move(minutes=1)


async def test_a_slow_key_gets_its_one_token_a_second(database: Database, clock: ManualClock) -> None:
    limits = Limits(database, clock)
    assert await let_in(limits, 5, rate=1) == BURST_SECONDS
    with pytest.raises(RateLimited) as refused:
        await limits.take("key", "write", per_second=1)
    assert (refused.value.status, refused.value.retry_after_seconds) == (429, 1)
    clock.move(seconds=0.9)
    assert await let_in(limits, 5, rate=1) == 0
    clock.move(seconds=0.1)
    assert await let_in(limits, 5, rate=1) == 1


async def test_keys_and_kinds_do_not_take_from_one_another(database: Database, clock: ManualClock) -> None:
    limits = Limits(database, clock)
    assert await let_in(limits, 500) > 190
    assert await let_in(limits, 50, kind="read") == 50
    assert await let_in(limits, 50, name="other") == 50


async def test_requests_at_one_moment_share_one_draw_and_none_is_let_in_twice(
    database: Database, clock: ManualClock
) -> None:
    limits = Limits(database, clock)
    answers = await asyncio.gather(
        *(limits.take("key", "write", per_second=10) for _ in range(50)), return_exceptions=True
    )
    refused = [each for each in answers if isinstance(each, RateLimited)]
    assert len(refused) == 50 - 10 * BURST_SECONDS
    assert len(answers) - len(refused) == 10 * BURST_SECONDS


async def test_many_who_ask_at_one_moment_are_drawn_for_together_each_from_its_own_bucket(
    database: Database, clock: ManualClock
) -> None:
    limits, before = Limits(database, clock), _draws()
    people = [f"user:{number}" for number in range(300)]
    answers = await asyncio.gather(
        *(limits.take(name, "write", per_second=1) for name in people for _ in range(3)),
        return_exceptions=True,
    )
    assert [isinstance(each, RateLimited) for each in answers] == [False, False, True] * len(people)
    assert _draws() - before < 20


async def test_processes_that_begin_the_same_buckets_at_one_moment_give_out_each_token_once(
    database: Database, clock: ManualClock
) -> None:
    processes = [Limits(database, clock) for _ in range(4)]
    people = [f"user:{number}" for number in range(40)]
    for _ in range(2):
        found = await asyncio.gather(
            *(let_in(process, 3, name=name, rate=1) for name in people for process in processes)
        )
        of_each = [sum(found[place : place + 4]) for place in range(0, len(found), 4)]
        assert of_each == [BURST_SECONDS] * len(people)
        clock.move(minutes=1)


async def test_a_bucket_that_cannot_be_drawn_from_stops_none_of_its_neighbours(
    database: Database, clock: ManualClock
) -> None:
    limits = Limits(database, clock)
    answers = await asyncio.gather(
        *(limits.take(name, "write", per_second=1) for name in ("ann", "b\0b", "cid")),
        return_exceptions=True,
    )
    assert [isinstance(each, Malformed) for each in answers] == [False, True, False]


def _draws() -> float:
    """How many batches were drawn so far."""
    return sum(
        sample.value
        for metric in LANE_BATCH_SIZE.collect()
        for sample in metric.samples
        if sample.name.endswith("_count") and sample.labels["lane"] == "limits.draw"
    )


def test_the_answer_says_how_large_the_bucket_is_and_what_is_left() -> None:
    assert limit_headers("read", 100, remaining=150) == [
        (b"ratelimit-policy", b'"read";q=200;w=2'),
        (b"ratelimit", b'"read";r=150;t=1'),
    ]
    assert limit_headers("read", 100, remaining=200)[1] == (b"ratelimit", b'"read";r=200;t=0')


async def test_the_fastest_key_brings_back_what_it_did_not_use(
    database: Database, clock: ManualClock
) -> None:
    """A lease of it is thousands of tokens: millionths of them are more than four bytes can count."""
    process, fastest = Limits(database, clock), 100_000
    for _ in range(3):
        assert await let_in(process, 1, rate=fastest) == 1
        clock.move(seconds=2)
