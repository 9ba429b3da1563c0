"""Does a database come from nothing to the present, once, and is every contradiction refused by name?"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence

import psycopg
import pytest
from psycopg import sql

from tael.app.contexts import CONTEXTS
from tael.app.supervisor import DatabaseUrls
from tael.foundation.errors import Unavailable
from tael.foundation.migrate import MigrationRefused, find_migrations, migrate
from tael.testing.databases import on_database

Owner = psycopg.AsyncConnection[tuple[object, ...]]


@pytest.fixture
async def empty_url(server: DatabaseUrls) -> AsyncIterator[str]:
    """A database with nothing in it, as its owner."""
    name = f"empty_{secrets.token_hex(6)}"
    async with await psycopg.AsyncConnection.connect(server.owner, autocommit=True) as connection:
        await connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield on_database(server.owner, name)
        await connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


async def run(url: str, *, dry_run: bool = False, contexts: Sequence[str] = CONTEXTS) -> list[str]:
    return [name async for name in migrate(url, contexts, dry_run=dry_run)]


async def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(statement.encode())
        return await cursor.fetchall() if cursor.description else []


async def schemas_in(url: str) -> set[object]:
    rows = await execute(url, "select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$'")
    return {name for (name,) in rows}


async def test_an_empty_database_is_brought_to_the_present_and_then_left_alone(empty_url: str) -> None:
    done = await run(empty_url)

    assert done == [*[migration.name for migration in find_migrations(CONTEXTS)], "jobs (procrastinate)"]
    assert set(CONTEXTS) - {"channels"} <= await schemas_in(empty_url)
    assert await run(empty_url) == []
    assert await run(empty_url, dry_run=True) == []


async def test_a_dry_run_names_what_is_missing_and_changes_nothing(empty_url: str) -> None:
    before = await schemas_in(empty_url)

    missing = await run(empty_url, dry_run=True)

    assert await schemas_in(empty_url) == before
    assert missing == await run(empty_url)


async def test_a_dry_run_notices_that_only_the_jobs_are_missing(urls: DatabaseUrls) -> None:
    await execute(urls.owner, "drop schema jobs cascade")

    assert await run(urls.owner, dry_run=True) == ["jobs (procrastinate)"]
    assert await run(urls.owner) == ["jobs (procrastinate)"]


async def test_a_file_that_was_changed_after_it_had_been_applied_is_refused_by_name(
    urls: DatabaseUrls,
) -> None:
    await execute(urls.owner, "update foundation.migrations set sha256 = 'another' where context = 'ledger'")

    for dry_run in (True, False):
        with pytest.raises(
            MigrationRefused, match=r"ledger 0001_pre_\w+ was changed after it had been applied"
        ):
            await run(urls.owner, dry_run=dry_run)


async def test_only_what_is_new_is_applied(urls: DatabaseUrls) -> None:
    await execute(urls.owner, "delete from foundation.migrations where context = 'ledger'")
    await execute(urls.owner, "drop schema ledger cascade")

    ours = [migration.name for migration in find_migrations(CONTEXTS) if migration.context == "ledger"]
    assert await run(urls.owner) == ours


async def test_a_file_that_fails_leaves_nothing_of_itself(urls: DatabaseUrls) -> None:
    await execute(urls.owner, "delete from foundation.migrations where context = 'ledger'")
    await execute(urls.owner, "alter schema ledger rename to before")
    await execute(urls.owner, "create schema ledger")

    with pytest.raises(psycopg.errors.DuplicateSchema):
        await run(urls.owner)

    assert await execute(urls.owner, "select from pg_tables where schemaname = 'ledger'") == []
    assert await execute(urls.owner, "select from foundation.migrations where context = 'ledger'") == []


async def test_two_at_once_do_the_work_of_one(empty_url: str) -> None:
    both = await asyncio.gather(run(empty_url), run(empty_url))

    assert {len(done) for done in both} == {0, len(find_migrations(CONTEXTS)) + 1}


async def test_a_database_that_does_not_answer_is_unavailable_in_one_sentence(tmp_path: object) -> None:
    with pytest.raises(Unavailable) as refused:
        await run(f"postgresql://tael:hunter2@/tael?host={tmp_path}")

    assert "hunter2" not in refused.value.message
    assert refused.value.hint is not None


def test_files_run_in_the_order_of_contexts_and_numbers() -> None:
    found = find_migrations(CONTEXTS)

    assert [migration.name for migration in found] == [migration.name for migration in sorted(found)]
    assert found[0].name == "foundation 0001_pre_calls_outbox_audit"
    assert len({(migration.context, migration.number) for migration in found}) == len(found)
