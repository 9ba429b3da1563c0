"""Do a thousand callers share one transaction, and does each still get an answer that is true?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import ConnectionLost, Transaction
from tael.foundation.errors import Declined, Throttled, Unavailable, Uncertain
from tael.foundation.lane import Lane
from tael.testing.database_wire import Break, BreakingWire
from tael.testing.databases import fresh_database
from tests.integration.notebook import Notebook, Write, open_notebook

NoteLane = Lane[Write, str]


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def notebook(urls: DatabaseUrls) -> AsyncIterator[Notebook]:
    async with open_notebook(urls) as opened:
        yield opened


@asynccontextmanager
async def running(notebook: Notebook, **limits: Any) -> AsyncIterator[NoteLane]:
    lane: NoteLane = Lane("notes", notebook.database, notebook.write, **limits)
    lane.start()
    try:
        yield lane
    finally:
        await lane.stop()


async def test_many_callers_share_few_transactions_and_each_gets_its_own_answer(notebook: Notebook) -> None:
    async with running(notebook) as lane:
        answers = await asyncio.gather(*[lane.submit(Write(f"n{number}")) for number in range(1_000)])

    assert answers == [f"n{number}" for number in range(1_000)]
    notes = await notebook.notes()
    assert len(notes) == 1_000
    assert len({note.transaction for note in notes}) == len(notebook.batches) <= 4
    assert max(notebook.batches) == 512


async def test_commands_are_decided_in_the_order_in_which_they_came(notebook: Notebook) -> None:
    async with running(notebook, batch_limit=7) as lane:
        await asyncio.gather(*[lane.submit(Write(f"n{number}")) for number in range(50)])

    assert [note.id for note in await notebook.notes()] == [f"n{number}" for number in range(50)]


async def test_a_single_caller_waits_for_nobody(notebook: Notebook) -> None:
    async with running(notebook) as lane:
        assert await lane.submit(Write("alone")) == "alone"

    assert notebook.batches == [1]


async def test_a_refusal_is_the_answer_of_one_and_never_stops_its_neighbours(notebook: Notebook) -> None:
    texts = ["tea", "refuse me", "coffee"]
    async with running(notebook) as lane:
        answers = await asyncio.gather(
            *[lane.submit(Write(str(number), text)) for number, text in enumerate(texts)],
            return_exceptions=True,
        )

    assert answers[0] == "0"
    assert isinstance(answers[1], Declined)
    assert answers[2] == "2"
    assert notebook.batches == [3], "one transaction, and no second try"


@pytest.mark.parametrize("guilty", [{0}, {63}, {17}, {17, 18, 40}])
async def test_a_broken_transaction_is_halved_until_the_guilty_stand_alone(
    notebook: Notebook, guilty: set[int]
) -> None:
    async with running(notebook) as lane:
        answers = await asyncio.gather(
            *[lane.submit(Write(f"n{i}", "poison" if i in guilty else "tea")) for i in range(64)],
            return_exceptions=True,
        )

    for number, answer in enumerate(answers):
        if number in guilty:
            assert isinstance(answer, psycopg.errors.DivisionByZero)
        else:
            assert answer == f"n{number}"
    notes = await notebook.notes()
    assert [note.id for note in notes] == [f"n{i}" for i in range(64) if i not in guilty], "in their order"
    assert all(note.written == 1 for note in notes)


async def test_past_the_limit_callers_are_throttled_at_once(notebook: Notebook) -> None:
    async with running(notebook, queue_limit=10) as lane:
        callers = [asyncio.create_task(lane.submit(Write(f"n{number}"))) for number in range(25)]
        answers = await asyncio.gather(*callers, return_exceptions=True)

    throttled = [answer for answer in answers if isinstance(answer, Throttled)]
    assert len(throttled) == 15
    assert all(refusal.retry_after_seconds == 1 and refusal.hint for refusal in throttled)
    assert len(await notebook.notes()) == 10, "what was throttled did not happen"


async def test_a_graceful_stop_finishes_what_waits_and_refuses_what_comes(notebook: Notebook) -> None:
    lane: NoteLane = Lane("notes", notebook.database, notebook.write, batch_limit=10)
    lane.start()
    callers = [asyncio.create_task(lane.submit(Write(f"n{number}"))) for number in range(95)]
    await asyncio.sleep(0)

    stopping = asyncio.create_task(lane.stop())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await lane.submit(Write("late"))
    await stopping

    assert all(caller.done() for caller in callers)
    assert await asyncio.gather(*callers) == [f"n{number}" for number in range(95)]
    assert len(await notebook.notes()) == 95
    assert refused.value.retry_after_seconds == 1


async def test_a_lane_that_was_not_started_refuses_instead_of_waiting_for_ever(notebook: Notebook) -> None:
    lane: NoteLane = Lane("notes", notebook.database, notebook.write)

    with pytest.raises(Unavailable):
        await lane.submit(Write("early"))


async def test_the_command_of_a_caller_who_went_away_runs_all_the_same(notebook: Notebook) -> None:
    async with running(notebook) as lane:
        callers = [asyncio.create_task(lane.submit(Write(f"n{number}"))) for number in range(3)]
        await asyncio.sleep(0)
        callers[1].cancel()
        answers = await asyncio.gather(*callers, return_exceptions=True)

    assert answers[0] == "n0"
    assert isinstance(answers[1], asyncio.CancelledError)
    assert answers[2] == "n2"
    assert [note.id for note in await notebook.notes()] == ["n0", "n1", "n2"]


async def test_a_lane_may_run_several_transactions_at_a_time(notebook: Notebook) -> None:
    meeting = asyncio.Barrier(3)

    async def meet(_tx: Transaction, commands: Any) -> list[str]:
        await meeting.wait()
        return [command.id for command in commands]

    lane: NoteLane = Lane("meeting", notebook.database, meet, batch_limit=1, parallel=3)
    lane.start()
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*[lane.submit(Write(str(number))) for number in range(3)])
    await lane.stop()

    assert answers == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("breaks", "written"),
    [
        ([Break.AFTER_COMMIT], 2),
        ([Break.BEFORE_COMMIT], 1),
        ([Break.AFTER_COMMIT, Break.BEFORE_COMMIT, Break.AFTER_COMMIT], 3),
    ],
)
async def test_r10_after_an_unknown_commit_the_same_commands_are_submitted_again(
    urls: DatabaseUrls, breaks: list[Break], written: int
) -> None:
    """The verb is idempotent by id, as every verb in a lane is: here it counts how often it was done."""
    async with BreakingWire(urls.application) as wire, open_notebook(urls, through=wire.url) as notebook:
        async with running(notebook) as lane:
            wire.break_next(*breaks)
            answers = await asyncio.gather(*[lane.submit(Write(f"n{number}")) for number in range(20)])

        assert answers == [f"n{number}" for number in range(20)]
        assert wire.broken == len(breaks)
        notes = await notebook.notes()
        assert [note.id for note in notes] == [f"n{number}" for number in range(20)]
        assert {note.written for note in notes} == {written}


async def test_a_backend_that_is_killed_in_the_middle_of_a_batch_costs_nobody_anything(
    urls: DatabaseUrls,
) -> None:
    async with (
        open_notebook(urls) as notebook,
        await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner,
    ):
        killed = 0

        async def write_and_be_killed(tx: Transaction, commands: Any) -> Any:
            nonlocal killed
            answers = await notebook.write(tx, commands)
            if killed < 3:
                killed += 1
                await owner.execute("select pg_terminate_backend(%s, 5000)", [tx.connection.info.backend_pid])
            return answers

        lane: NoteLane = Lane("killed", notebook.database, write_and_be_killed)
        lane.start()
        answers = await asyncio.gather(*[lane.submit(Write(f"n{number}")) for number in range(20)])
        await lane.stop()

        assert answers == [f"n{number}" for number in range(20)]
        assert {note.written for note in await notebook.notes()} == {1}


async def test_r10_what_stays_unknown_is_told_as_uncertain_and_never_as_done(urls: DatabaseUrls) -> None:
    async with BreakingWire(urls.application) as wire, open_notebook(urls, through=wire.url) as notebook:
        async with running(notebook, patience_seconds=0.3) as lane:
            wire.break_next(*[Break.BEFORE_COMMIT] * 1_000)
            answers = await asyncio.gather(
                *[lane.submit(Write(f"n{number}")) for number in range(3)], return_exceptions=True
            )
            wire.mend()
            assert await lane.submit(Write("after")) == "after", "the lane lives on"

        assert [type(answer) for answer in answers] == [Uncertain] * 3
        assert [note.id for note in await notebook.notes()] == ["after"]


async def test_what_surely_did_not_happen_is_told_as_unavailable(urls: DatabaseUrls) -> None:
    async with BreakingWire(urls.application) as wire, open_notebook(urls, through=wire.url) as notebook:

        async def lose(tx: Transaction, commands: Any) -> Any:
            await tx.connection.close()
            await notebook.write(tx, commands)

        lane: NoteLane = Lane("lost", notebook.database, lose, patience_seconds=0.2)
        lane.start()
        with pytest.raises(ConnectionLost) as refused:
            await lane.submit(Write("n"))
        await lane.stop()

        assert refused.value.status == 503
        assert await notebook.notes() == []


async def test_a_verb_that_forgets_an_answer_commits_nothing(notebook: Notebook) -> None:
    async def forget(tx: Transaction, commands: Any) -> Any:
        return (await notebook.write(tx, commands))[:-1]

    lane: NoteLane = Lane("forgetful", notebook.database, forget)
    lane.start()
    with pytest.raises(RuntimeError, match="0 answers to 1 commands"):
        await lane.submit(Write("n"))
    await lane.stop()

    assert await notebook.notes() == []
