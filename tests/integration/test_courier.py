"""Does every fact reach its subscribers, in order for each object, whoever dies on the way?"""

import asyncio
from collections.abc import AsyncIterator, Sequence

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation import outbox
from tael.foundation.courier import BACKOFF_SECONDS, BATCH_LIMIT, Courier, Numbered, Subscriber, on
from tael.foundation.db import CommitUnknown, ConnectionLost, Contention, Query, Transaction
from tael.foundation.events import Event
from tael.testing.clocks import ManualClock
from tael.testing.database_wire import Break, BreakingWire
from tael.testing.databases import fresh_database
from tests.integration.notebook import Notebook, Write, open_notebook

WAITING = Query("waiting", b"select object_id, attempts, last_error from foundation.outbox order by seq")
TRANSACTION = Query("transaction", b"select pg_current_xact_id()::text")
CLOCK = ManualClock()


class NoteTaken(Event, frozen=True, kw_only=True, tag="tests.note_taken"):
    number: int

    @property
    def name(self) -> str:
        return f"{self.object_id}.{self.number}"


class NoteLost(Event, frozen=True, kw_only=True, tag="tests.note_lost"):
    pass


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def notebook(urls: DatabaseUrls) -> AsyncIterator[Notebook]:
    async with open_notebook(urls) as opened:
        yield opened


def taken(object_id: str, *numbers: int) -> list[NoteTaken]:
    return [NoteTaken(object_id=object_id, happened_at=CLOCK.now(), number=number) for number in numbers]


async def publish(notebook: Notebook, *events: Event) -> None:
    async with notebook.database.transaction() as tx:
        await outbox.publish(tx, events)


async def waiting(notebook: Notebook) -> list[tuple[str, int]]:
    async with notebook.database.transaction() as tx:
        return [(object_id, attempts) for object_id, attempts, _ in await tx.tuples(WAITING)]


async def written(notebook: Notebook) -> list[str]:
    """What the subscriber wrote down, in order; a note that was written twice is marked."""
    return [note.id + "!" * (note.written - 1) for note in await notebook.notes()]


def writer(
    notebook: Notebook, *, failing: Sequence[str] = (), because: Exception | None = None
) -> Subscriber:
    """A subscriber that writes each fact down, and then breaks at those whose names are in `failing`."""

    async def write(tx: Transaction, facts: Sequence[NoteTaken]) -> None:
        await notebook.write(tx, [Write(fact.name) for fact in facts])
        if any(fact.name in failing for fact in facts):
            raise because or RuntimeError("no ink")

    return write


def courier(notebook: Notebook, subscriber: Subscriber, clock: ManualClock, *knows: type[Event]) -> Courier:
    return Courier(notebook.database, clock, knows or (NoteTaken, NoteLost), [on(NoteTaken, do=subscriber)])


async def test_a_fact_exists_if_and_only_if_its_transaction_commits(
    notebook: Notebook, clock: ManualClock
) -> None:
    await publish(notebook, *taken("a", 1))
    with pytest.raises(ZeroDivisionError):
        await _publish_and_die(notebook)

    await courier(notebook, writer(notebook), clock).deliver()

    assert await written(notebook) == ["a.1"]
    assert await waiting(notebook) == []


async def _publish_and_die(notebook: Notebook) -> None:
    async with notebook.database.transaction() as tx:
        await outbox.publish(tx, taken("b", 1))
        raise ZeroDivisionError


async def test_facts_are_told_in_the_order_in_which_they_were_published(
    notebook: Notebook, clock: ManualClock
) -> None:
    for number in range(5):
        await publish(notebook, *taken("a", number), *taken("b", number))

    assert await courier(notebook, writer(notebook), clock).deliver() == 10

    assert await written(notebook) == [f"{name}.{number}" for number in range(5) for name in "ab"]
    assert notebook.batches == [10], "many are told at once"


async def test_facts_that_go_apart_have_a_transaction_each_and_nothing_changes_its_place(
    notebook: Notebook, clock: ManualClock
) -> None:
    lost = NoteLost(object_id="a", happened_at=clock.now())
    await publish(notebook, *taken("a", 1, 2), lost, lost, *taken("b", 1, 2))
    told: list[tuple[str, list[str]]] = []

    async def write_down(tx: Transaction, facts: Sequence[Event]) -> None:
        [(transaction,)] = await tx.tuples(TRANSACTION)
        told.append((transaction, [type(fact).__name__ for fact in facts]))

    subscribed = [on(NoteTaken, do=write_down), on(NoteLost, do=write_down, apart=True)]
    assert await Courier(notebook.database, clock, (NoteTaken, NoteLost), subscribed).deliver() == 6
    assert [names for _, names in told] == [["NoteTaken"] * 2, ["NoteLost"], ["NoteLost"], ["NoteTaken"] * 2]
    assert len({transaction for transaction, _ in told}) == 4
    assert await waiting(notebook) == []


async def test_only_subscribers_of_a_fact_hear_it_and_a_fact_without_any_goes_away(
    notebook: Notebook, clock: ManualClock
) -> None:
    await publish(notebook, NoteLost(object_id="a", happened_at=clock.now()), *taken("a", 1))

    await courier(notebook, writer(notebook), clock).deliver()

    assert await written(notebook) == ["a.1"]
    assert await waiting(notebook) == []


async def test_a_failing_subscriber_holds_back_only_the_later_facts_of_its_own_object(
    notebook: Notebook, clock: ManualClock
) -> None:
    await publish(notebook, *taken("a", 1, 2), *taken("b", 1), *taken("a", 3), *taken("b", 2))

    await courier(notebook, writer(notebook, failing=["a.2"]), clock).deliver()
    await publish(notebook, *taken("a", 4), *taken("c", 1))
    await courier(notebook, writer(notebook, failing=["a.2"]), clock).deliver()

    assert await written(notebook) == ["a.1", "b.1", "b.2", "c.1"]
    assert await waiting(notebook) == [("a", 1), ("a", 0), ("a", 0)]
    clock.move(seconds=BACKOFF_SECONDS[0])
    await courier(notebook, writer(notebook), clock).deliver()
    assert await written(notebook) == ["a.1", "b.1", "b.2", "c.1", "a.2", "a.3", "a.4"]


async def test_however_many_facts_wait_behind_a_failed_one_others_are_told(
    notebook: Notebook, clock: ManualClock
) -> None:
    await publish(notebook, *taken("a", *range(BATCH_LIMIT + 100)))
    await courier(notebook, writer(notebook, failing=["a.0"]), clock).deliver()
    await publish(notebook, *taken("b", 1))

    await courier(notebook, writer(notebook), clock).deliver()

    assert await written(notebook) == ["b.1"]


async def test_pauses_after_failures_grow(notebook: Notebook, clock: ManualClock) -> None:
    await publish(notebook, *taken("a", 1))
    stubborn = courier(notebook, writer(notebook, failing=["a.1"]), clock)

    for pause in (*BACKOFF_SECONDS, BACKOFF_SECONDS[-1]):
        assert await stubborn.deliver() == 1
        clock.move(seconds=pause - 0.001)
        assert await stubborn.deliver() == 0
        clock.move(seconds=0.001)

    assert await waiting(notebook) == [("a", len(BACKOFF_SECONDS) + 1)]
    assert await written(notebook) == [], (
        "a subscriber's change and the delivery happen together or not at all"
    )


async def test_why_a_fact_could_not_be_told_is_written_beside_it(
    notebook: Notebook, clock: ManualClock
) -> None:
    await publish(notebook, *taken("a", 1))

    await courier(notebook, writer(notebook, failing=["a.1"]), clock).deliver()

    async with notebook.database.transaction() as tx:
        assert await tx.tuples(WAITING) == [("a", 1, "RuntimeError: no ink")]


async def test_a_fact_that_met_contention_is_not_overtaken(notebook: Notebook, clock: ManualClock) -> None:
    await publish(notebook, *taken("a", 1, 2), *taken("b", 1))

    busy = writer(notebook, failing=["a.1"], because=Contention("busy"))
    await courier(notebook, busy, clock).deliver()

    assert await written(notebook) == ["b.1"]
    clock.move(seconds=BACKOFF_SECONDS[0])
    await courier(notebook, writer(notebook), clock).deliver()
    assert await written(notebook) == ["b.1", "a.1", "a.2"]


async def test_a_fact_whose_delivery_is_unknown_is_not_overtaken(
    notebook: Notebook, clock: ManualClock
) -> None:
    await publish(notebook, *taken("a", 1, 2))

    with pytest.raises(CommitUnknown):
        await courier(
            notebook, writer(notebook, failing=["a.1"], because=CommitUnknown("gone")), clock
        ).deliver()

    assert await written(notebook) == []
    assert await waiting(notebook) == [("a", 0), ("a", 0)]


async def test_a_fact_that_this_version_does_not_know_stays_for_the_next_one(
    notebook: Notebook, clock: ManualClock
) -> None:
    await publish(notebook, NoteLost(object_id="a", happened_at=clock.now()), *taken("b", 1))

    await courier(notebook, writer(notebook), clock, NoteTaken).deliver()
    assert await written(notebook) == ["b.1"]
    assert await waiting(notebook) == [("a", 1)]

    clock.move(seconds=BACKOFF_SECONDS[0])
    await courier(notebook, writer(notebook), clock, NoteTaken, NoteLost).deliver()
    assert await waiting(notebook) == []


async def test_a_courier_that_is_killed_in_the_middle_loses_nothing_and_tells_nothing_twice(
    notebook: Notebook, clock: ManualClock
) -> None:
    await publish(notebook, *taken("a", 1, 2, 3))
    at_work = asyncio.Event()

    async def write_and_fall_asleep(tx: Transaction, facts: Sequence[NoteTaken]) -> None:
        await writer(notebook)(tx, facts)
        at_work.set()
        await asyncio.sleep(60)

    working = asyncio.create_task(courier(notebook, write_and_fall_asleep, clock).run())
    await at_work.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await courier(notebook, writer(notebook), clock).deliver()

    assert await written(notebook) == ["a.1", "a.2", "a.3"]


async def test_a_killed_connection_interrupts_the_round_and_not_the_courier(
    urls: DatabaseUrls, notebook: Notebook, clock: ManualClock
) -> None:
    await publish(notebook, *taken("a", 1, 2), *taken("b", 1))
    killed = 0

    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:

        async def write_and_be_killed(tx: Transaction, facts: Sequence[NoteTaken]) -> None:
            nonlocal killed
            if killed < 2:
                killed += 1
                await owner.execute("select pg_terminate_backend(%s, 5000)", [tx.connection.info.backend_pid])
            await writer(notebook)(tx, facts)

        working = courier(notebook, write_and_be_killed, clock)
        await _run_until_empty(notebook, working)

    assert await written(notebook) == ["a.1", "a.2", "b.1"]


async def test_a_delivery_whose_commit_is_unknown_is_not_made_twice(
    urls: DatabaseUrls, clock: ManualClock
) -> None:
    async with BreakingWire(urls.application) as wire, open_notebook(urls, through=wire.url) as notebook:
        await publish(notebook, *taken("a", 1, 2, 3))
        # the courier looks, hands over (that answer is lost), and looks again
        wire.break_next(Break.NONE, Break.AFTER_COMMIT, Break.BEFORE_COMMIT)
        await _run_until_empty(notebook, courier(notebook, writer(notebook), clock))

        assert wire.broken == 2
        assert await written(notebook) == ["a.1", "a.2", "a.3"]


async def test_r18_several_couriers_take_turns_and_keep_the_order_of_each_object(
    notebook: Notebook, clock: ManualClock
) -> None:
    couriers = [courier(notebook, writer(notebook), clock) for _ in range(3)]
    running = [asyncio.create_task(each.run()) for each in couriers]
    for number in range(30):
        await publish(notebook, *[event for name in "abcdefgh" for event in taken(name, number)])
    await _until_empty(notebook)
    for each in couriers:
        each.stop()
    await asyncio.gather(*running)

    told = await written(notebook)
    assert len(told) == len(set(told)) == 240
    for name in "abcdefgh":
        assert [each for each in told if each.startswith(name)] == [
            f"{name}.{number}" for number in range(30)
        ]


async def test_a_courier_that_is_stopped_finishes_its_batch(notebook: Notebook, clock: ManualClock) -> None:
    await publish(notebook, *taken("a", 1, 2))
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def write_slowly(tx: Transaction, facts: Sequence[NoteTaken]) -> None:
        at_work.set()
        await go_on.wait()
        await writer(notebook)(tx, facts)

    slow = courier(notebook, write_slowly, clock)
    running = asyncio.create_task(slow.run())
    await at_work.wait()
    slow.stop()
    go_on.set()
    await running

    assert await written(notebook) == ["a.1", "a.2"]
    assert await waiting(notebook) == []


async def _run_until_empty(notebook: Notebook, working: Courier) -> None:
    running = asyncio.create_task(working.run())
    await asyncio.sleep(0.05)
    await _until_empty(notebook)
    working.stop()
    await running


async def _until_empty(notebook: Notebook) -> None:
    async with asyncio.timeout(15):
        while True:
            try:
                if not await waiting(notebook):
                    return
            except (CommitUnknown, ConnectionLost):  # our own look went over the broken wire
                continue
            await asyncio.sleep(0.02)


async def test_who_asks_for_numbers_hears_the_same_ones_when_a_fact_is_heard_again(
    notebook: Notebook, clock: ManualClock
) -> None:
    heard: list[tuple[int, str]] = []

    async def hear(_: Transaction, facts: Sequence[Numbered]) -> None:
        heard.extend((each.number, each.fact.object_id) for each in facts)
        if len(heard) == 2:
            raise ValueError("once")

    await publish(notebook, *taken("a", 1), *taken("b", 1))
    courier = Courier(
        notebook.database, clock, [NoteTaken, NoteLost], [on(NoteTaken, do=hear, numbered=True)]
    )
    await courier.deliver()
    assert sorted(heard) == sorted(heard[:2] * 2)
    assert len({number for number, _ in heard}) == 2
