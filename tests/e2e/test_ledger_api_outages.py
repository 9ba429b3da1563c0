"""Does the database going away in the middle of a request cost nobody an entry, or book one twice?"""

import asyncio
from pathlib import Path

import psycopg

from tael.app.supervisor import DatabaseUrls
from tael.testing.books import faults_in_books
from tests.e2e.ledger_desk import ACCOUNTS, results_of, running_ledger, sale

END_ALL = b"""select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name like 'tael%' and pid <> pg_backend_pid()"""


async def test_connections_that_break_again_and_again_lose_and_double_nothing(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with running_ledger(urls, tmp_path) as desk:
        await desk.open(*ACCOUNTS)
        posting = asyncio.gather(
            desk.bulk([sale(f"b{number}", 1) for number in range(5_000)]),
            desk.bulk([sale(f"a{number}", 1) for number in range(1_000)], ndjson=True, atomic=True),
            *[desk.post("/v1/entries", sale(f"s{number}", 1)) for number in range(100)],
        )
        broken = 0
        async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
            while not posting.done() and broken < 12:
                await asyncio.sleep(0.07)
                broken += bool((await owner.execute(END_ALL)).rowcount)
        bulk, atomic, *singles = await posting
        assert broken >= 2
        assert {result["status"] for result in results_of(bulk)} == {201}
        assert {result["status"] for result in results_of(atomic)} == {201}
        assert {reply.status for reply in singles} == {201}
        assert await desk.balances() == {"bank": 6_100, "shop": -6_100}
        assert await faults_in_books(desk.house) == []


async def test_a_database_that_stays_away_is_told_for_every_entry(urls: DatabaseUrls, tmp_path: Path) -> None:
    async with running_ledger(urls, tmp_path) as desk:
        await desk.open(*ACCOUNTS)
        entries = [sale(f"e{number}") for number in range(1_500)]
        await desk.house.database.close()
        told, again = await asyncio.gather(desk.bulk(entries, ndjson=True), desk.bulk(entries, atomic=True))
        results = results_of(told)
        assert len(results) == len(entries)
        assert {result["status"] for result in results} == {503}
        assert "was not tried" in results[-1]["problem"]["detail"]
        assert again.status == 503
