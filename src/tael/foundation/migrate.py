"""How does the schema come to be? Plain SQL files per context, applied once, in order, by the owner.

A file is named `NNNN_pre_slug.sql` or `NNNN_post_slug.sql`: `pre` runs before the new version of the program
starts (it only adds), `post` after the old one has gone (it may remove). A file that was applied and then
changed is refused. The jobs' schema belongs to procrastinate and is made by its own schema manager.

A file is one transaction that waits at most five seconds for a lock. What takes long must hold up nobody: a file whose
first line is `-- outside of a transaction` runs statement by statement, so that indexes can be made concurrently; a
statement under `-- again and again` is repeated, each time in a transaction of its own, until it touches no row. Such a
file is written so that it can be run once more from its beginning.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Collection, Sequence
from importlib import resources
from typing import Any

import msgspec
import procrastinate
import psycopg
from procrastinate.schema import SchemaManager
from psycopg.sql import SQL, Identifier

from tael.foundation.errors import Conflict, Unavailable

_FILE = re.compile(r"(\d{4})_(pre|post)_(\w+)\.sql")
_ONE_AT_A_TIME = 7_235_120_001
"""Key of the advisory lock that keeps two `tael migrate` apart."""
OLDEST_SERVER = 150_000
PHASES = ("pre", "post")
BEFORE_START = ("pre",)
"""What a new program needs to start, and the old one does not mind."""
_OUTSIDE = "-- outside of a transaction\n"
_REPEATED = "-- again and again\n"
_STATEMENT = re.compile(r"(?:[^;'-]|'[^']*'|--[^\n]*\n|-)+;")
"""Up to its semicolon, which stands in no comment and in no text."""
_LOCK_TIMEOUT = "set local lock_timeout = '5s'"
_LOOK_AGAIN_SECONDS = 0.2


class Migration(msgspec.Struct, frozen=True, order=True):
    """One file of one context."""

    order: int
    number: str
    context: str
    phase: str
    slug: str
    sql: str

    @property
    def name(self) -> str:
        """`ledger 0001_pre_books`."""
        return f"{self.context} {self.number}_{self.phase}_{self.slug}"

    @property
    def statements(self) -> list[str]:
        """What has to run outside of a transaction, one by one; empty for a file that is one transaction."""
        if not self.sql.startswith(_OUTSIDE):
            return []
        return [match[0].strip() for match in _STATEMENT.finditer(self.sql)]

    @property
    def digest(self) -> str:
        """SHA-256 of the file, to notice a change after it was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class MigrationRefused(Conflict):
    """The database and the files contradict one another."""

    code = "migration_refused"


def find_migrations(contexts: Sequence[str]) -> list[Migration]:
    """All files of the named contexts, in the order of the contexts, then of the numbers."""
    found = []
    for order, context in enumerate(contexts):
        for file in resources.files(f"tael.{context}").joinpath("migrations").iterdir():
            match = _FILE.fullmatch(file.name)
            if match is None and file.name.endswith(".sql"):
                raise MigrationRefused(
                    f"{file.name} of {context} is not named like 0001_pre_slug.sql or 0001_post_slug.sql."
                )
            if match:
                found.append(Migration(order, match[1], context, match[2], match[3], file.read_text("utf-8")))
    return sorted(found)


async def migrate(
    owner_url: str,
    contexts: Sequence[str],
    *,
    dry_run: bool = False,
    phases: Collection[str] = PHASES,
) -> AsyncIterator[str]:
    """Apply what is missing; yields the name of each file as it is done.

    phases   only `pre` while the old program still runs

    Raises `MigrationRefused`, and `Unavailable` if the database does not answer or goes away; then it can be called
    again.
    """
    async with await _connect(owner_url) as connection:
        if connection.info.server_version < OLDEST_SERVER:
            raise Unavailable(
                f"PostgreSQL 15 or later is needed; this is {connection.info.server_version // 10_000}."
            )
        try:
            async for name in _migrate(connection, owner_url, contexts, dry_run=dry_run, phases=phases):
                yield name
        except psycopg.OperationalError as error:
            raise Unavailable(
                f"The database went away: {str(error).strip()}.", hint="Run `tael migrate` again."
            ) from error


async def _migrate(
    connection: psycopg.AsyncConnection[Any],
    owner_url: str,
    contexts: Sequence[str],
    *,
    dry_run: bool,
    phases: Collection[str],
) -> AsyncIterator[str]:
    await _wait_for_turn(connection)
    if not dry_run:
        await _prepare(connection)
    applied = await _applied(connection)
    for migration in find_migrations(contexts):
        if migration.phase not in phases:
            continue
        known = applied.get((migration.context, migration.number))
        if known == migration.digest:
            continue
        if known is not None:
            raise MigrationRefused(
                f"{migration.name} was changed after it had been applied.",
                hint="Put the file back as it was and write a new migration.",
            )
        if not dry_run:
            await _apply(connection, migration)
        yield migration.name
    if await _jobs_are_missing(connection):
        if not dry_run:
            await _make_jobs_schema(connection, owner_url)
        yield "jobs (procrastinate)"
    if not dry_run:
        await _let_application_use_jobs(connection)


async def _connect(owner_url: str) -> psycopg.AsyncConnection[Any]:
    try:
        return await psycopg.AsyncConnection.connect(owner_url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise Unavailable(
            f"The database does not answer: {str(error).strip()}.",
            hint="Look at TAEL_DATABASE_URL and TAEL_DATABASE_OWNER_URL.",
        ) from error


async def _prepare(connection: psycopg.AsyncConnection[Any]) -> None:
    """The roles of the application and of the vault, and the table of what was applied."""
    async with connection.transaction():
        for name in ("tael_app", "tael_vault"):
            known = await connection.execute("select 1 from pg_roles where rolname = %s", [name])
            if await known.fetchone() is None:
                await connection.execute(SQL("create role {} nologin").format(Identifier(name)))
            await connection.execute(SQL("grant {} to current_user").format(Identifier(name)))
        await connection.execute("create schema if not exists foundation")
        await connection.execute(
            """create table if not exists foundation.migrations (
                context text not null,
                number text not null,
                name text not null,
                sha256 text not null,
                applied_at timestamptz not null default now(),
                primary key (context, number))"""
        )


async def _applied(connection: psycopg.AsyncConnection[Any]) -> dict[tuple[str, str], str]:
    exists = await (await connection.execute("select to_regclass('foundation.migrations')")).fetchone()
    if exists is None or exists[0] is None:
        return {}
    rows = await connection.execute("select context, number, sha256 from foundation.migrations")
    return {(context, number): sha256 for context, number, sha256 in await rows.fetchall()}


async def _wait_for_turn(connection: psycopg.AsyncConnection[Any]) -> None:
    """One at a time. Who waits asks again and again: inside a waiting statement it would hold up concurrent indexes."""
    while True:
        row = await (await connection.execute("select pg_try_advisory_lock(%s)", [_ONE_AT_A_TIME])).fetchone()
        if row is not None and row[0]:
            return
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _apply(connection: psycopg.AsyncConnection[Any], migration: Migration) -> None:
    for statement in migration.statements:
        if _REPEATED in statement:
            while await _run_once(connection, statement):
                pass
        else:
            await connection.execute(statement)
    async with connection.transaction():
        await connection.execute(_LOCK_TIMEOUT)
        if not migration.statements:
            await connection.execute(migration.sql)
        await connection.execute(
            "insert into foundation.migrations (context, number, name, sha256) values (%s, %s, %s, %s)",
            [migration.context, migration.number, migration.name, migration.digest],
        )


async def _run_once(connection: psycopg.AsyncConnection[Any], statement: str) -> int:
    """A statement in a transaction of its own; gives how many rows it touched."""
    async with connection.transaction():
        await connection.execute(_LOCK_TIMEOUT)
        return (await connection.execute(statement)).rowcount


async def _jobs_are_missing(connection: psycopg.AsyncConnection[Any]) -> bool:
    exists = await (await connection.execute("select to_regclass('jobs.procrastinate_jobs')")).fetchone()
    return exists is None or exists[0] is None


async def _make_jobs_schema(connection: psycopg.AsyncConnection[Any], owner_url: str) -> None:
    """Make procrastinate's tables in the schema `jobs`."""
    await connection.execute("create schema if not exists jobs")
    connector = procrastinate.PsycopgConnector(
        conninfo=owner_url, kwargs={"options": "-c search_path=jobs"}, min_size=1, max_size=1
    )
    async with procrastinate.App(connector=connector).open_async():
        await SchemaManager(connector).apply_schema_async()


async def _let_application_use_jobs(connection: psycopg.AsyncConnection[Any]) -> None:
    for grant in (
        "grant usage on schema jobs to tael_app",
        "grant select, insert, update, delete on all tables in schema jobs to tael_app",
        "grant usage on all sequences in schema jobs to tael_app",
        "grant execute on all functions in schema jobs to tael_app",
    ):
        await connection.execute(grant)
