"""Does a job exist if and only if its transaction commits, and does it run whoever dies?"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Query
from tael.foundation.jobs import Jobs
from tael.testing.databases import fresh_database
from tests.integration.notebook import Notebook, Write, open_notebook
from tests.integration.stalling_worker import HEARTBEAT_SECONDS, STALLED_SECONDS

JOBS = Query(
    "jobs",
    b"select task_name, status::text, attempts from jobs.procrastinate_jobs where task_name like 'tests.%%'"
    b" order by id",
)


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def notebook(urls: DatabaseUrls) -> AsyncIterator[Notebook]:
    async with open_notebook(urls) as opened:
        yield opened


@pytest.fixture
async def jobs(urls: DatabaseUrls, notebook: Notebook) -> AsyncIterator[Jobs]:
    """Jobs that know how to write a note, and how to fail at it; none is left from before."""
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        await owner.execute("truncate jobs.procrastinate_jobs, jobs.procrastinate_workers cascade")
    known = Jobs(urls.application, stalled_seconds=STALLED_SECONDS, heartbeat_seconds=HEARTBEAT_SECONDS)

    async def write(name: str) -> None:
        async with notebook.database.transaction() as tx:
            await notebook.write(tx, [Write(name)])
        if name == "fails":
            raise RuntimeError("no ink")

    async def tick() -> None:
        await write("tick")

    known.add("tests.note", write)
    known.add("tests.tick", tick)
    known.every(1, "tests.tick")
    await known.open()
    yield known
    await known.close()


@asynccontextmanager
async def working(jobs: Jobs) -> AsyncIterator[None]:
    worker = asyncio.create_task(jobs.work(stop_seconds=5))
    try:
        yield
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def defer(notebook: Notebook, jobs: Jobs, name: str) -> None:
    async with notebook.database.transaction() as tx:
        await jobs.defer(tx, "tests.note", name=name)


async def queued(notebook: Notebook) -> list[tuple[str, str, int]]:
    async with notebook.database.transaction() as tx:
        return [(name, status, attempts) for name, status, attempts in await tx.tuples(JOBS)]


async def written(notebook: Notebook) -> list[str]:
    return [note.id for note in await notebook.notes()]


async def until_written(notebook: Notebook, *names: str, times: int = 1) -> None:
    async with asyncio.timeout(20):
        while True:
            counts = {note.id: note.written for note in await notebook.notes()}
            if all(counts.get(name, 0) >= times for name in names):
                return
            await asyncio.sleep(0.05)


async def test_a_job_exists_if_and_only_if_its_transaction_commits(notebook: Notebook, jobs: Jobs) -> None:
    with pytest.raises(ZeroDivisionError):
        await _defer_and_die(notebook, jobs)
    assert await queued(notebook) == []

    await defer(notebook, jobs, "after commit")

    assert await queued(notebook) == [("tests.note", "todo", 0)]


async def _defer_and_die(notebook: Notebook, jobs: Jobs) -> None:
    async with notebook.database.transaction() as tx:
        await jobs.defer(tx, "tests.note", name="never")
        raise ZeroDivisionError


async def test_a_job_runs_once_and_is_gone(notebook: Notebook, jobs: Jobs) -> None:
    for name in ("one", "two", "three"):
        await defer(notebook, jobs, name)

    async with working(jobs):
        await until_written(notebook, "one", "two", "three")

    assert sorted(await written(notebook)) == ["one", "three", "two"]
    assert {note.written for note in await notebook.notes()} == {1}
    assert await queued(notebook) == []


async def test_a_job_that_fails_is_kept_and_tried_again_later(notebook: Notebook, jobs: Jobs) -> None:
    await defer(notebook, jobs, "fails")

    async with working(jobs):
        await until_written(notebook, "fails")

    [(name, status, attempts)] = await queued(notebook)
    assert (name, status) == ("tests.note", "todo")
    assert attempts >= 1


async def test_the_job_of_a_killed_worker_is_given_to_another(
    urls: DatabaseUrls, notebook: Notebook, jobs: Jobs
) -> None:
    await defer(notebook, jobs, "orphan")
    doomed = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.stalling_worker",
        urls.application,
        stdout=asyncio.subprocess.PIPE,
    )
    assert doomed.stdout is not None
    assert await asyncio.wait_for(doomed.stdout.readline(), 20) == b"orphan\n"

    await asyncio.sleep(STALLED_SECONDS + 2 * HEARTBEAT_SECONDS)
    await jobs.requeue_stalled()
    assert (await queued(notebook))[0][1] == "doing", "a worker that lives keeps its job"
    doomed.kill()
    await doomed.wait()

    async with working(jobs), asyncio.timeout(20):
        while await queued(notebook):
            await jobs.requeue_stalled()
            await asyncio.sleep(0.1)
    assert await written(notebook) == ["orphan"]


async def test_a_scheduled_job_runs_again_and_again(notebook: Notebook, jobs: Jobs) -> None:
    clocks = [asyncio.create_task(jobs.keep_schedule()) for _ in range(2)]

    async with working(jobs):
        await until_written(notebook, "tick", times=2)
    for clock in clocks:
        clock.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await clock


def test_a_schedule_that_does_not_divide_a_minute_is_refused(urls: DatabaseUrls) -> None:
    with pytest.raises(ValueError, match="7 does not divide a minute"):
        Jobs(urls.application).every(7, "jobs.requeue_stalled")
