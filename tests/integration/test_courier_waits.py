"""How soon is a fact carried? At once if our own process wrote it down; another's is found by looking."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from tael.app.supervisor import DatabaseUrls
from tael.foundation import outbox
from tael.foundation.courier import GATHERING_SECONDS, Courier, on
from tael.foundation.db import Database, Transaction
from tael.testing.clocks import ManualClock
from tael.testing.patience import until
from tests.integration.notebook import Notebook, open_notebook
from tests.integration.test_courier import NoteTaken, taken

_NEVER = 3_600.0


@pytest_asyncio.fixture
async def notebook(urls: DatabaseUrls) -> AsyncIterator[Notebook]:
    async with open_notebook(urls) as opened:
        yield opened


@asynccontextmanager
async def _carrying(
    notebook: Notebook, clock: ManualClock, *, looking_seconds: float
) -> AsyncIterator[list[int]]:
    """The numbers of what is carried by a courier that has looked once and found nothing."""
    heard: list[int] = []

    async def hear(_: Transaction, facts: Sequence[NoteTaken]) -> None:
        heard.extend(fact.number for fact in facts)

    courier = Courier(
        notebook.database, clock, [NoteTaken], [on(NoteTaken, do=hear)], looking_seconds=looking_seconds
    )
    running = asyncio.create_task(courier.run())
    await asyncio.sleep(2 * GATHERING_SECONDS)
    yield heard
    courier.stop()
    await running


async def test_what_our_own_process_writes_down_is_carried_at_once(
    notebook: Notebook, clock: ManualClock
) -> None:
    async with _carrying(notebook, clock, looking_seconds=_NEVER) as carried:
        await _publish(notebook.database, 1)
        await until(lambda: carried == [1])


async def test_so_is_what_goes_over_connections_of_its_own(notebook: Notebook, clock: ManualClock) -> None:
    beside = notebook.database.apart(pool_size=1)
    await beside.open()
    async with _carrying(notebook, clock, looking_seconds=_NEVER) as carried:
        await _publish(beside, 1)
        await until(lambda: carried == [1])
    await beside.close()


async def test_what_another_process_writes_down_is_found_by_looking(
    notebook: Notebook, clock: ManualClock, urls: DatabaseUrls
) -> None:
    elsewhere = Database(urls.application)
    await elsewhere.open()
    async with _carrying(notebook, clock, looking_seconds=0.05) as carried:
        await _publish(elsewhere, 1)
        await until(lambda: carried == [1])
    await elsewhere.close()


async def test_a_fact_that_was_rolled_back_wakes_nobody(notebook: Notebook) -> None:
    with pytest.raises(ZeroDivisionError):
        await _publish_and_die(notebook.database)
    assert not notebook.database.published.is_set()


async def _publish_and_die(database: Database) -> None:
    async with database.transaction() as tx:
        await outbox.publish(tx, taken("a", 1))
        raise ZeroDivisionError


async def _publish(database: Database, number: int) -> None:
    async with database.transaction() as tx:
        await outbox.publish(tx, taken("a", number))
