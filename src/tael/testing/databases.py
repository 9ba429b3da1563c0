"""How does each test get a database of its own? As a copy of a migrated one, in a moment."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tael.app.contexts import CONTEXTS
from tael.app.supervisor import DatabaseUrls
from tael.foundation.migrate import migrate

TEMPLATE = "tael_template"


def on_database(url: str, name: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def wait_for_no_disk(server: DatabaseUrls) -> None:
    """Let a server of tests trust the operating system with what it wrote: they kill processes, and never pull the plug."""
    async with await psycopg.AsyncConnection.connect(server.owner, autocommit=True) as connection:
        await connection.execute("alter system set fsync = off")
        await connection.execute("select pg_reload_conf()")


async def believe_quickly(server: DatabaseUrls) -> None:
    """Let it hash each password once instead of 4,096 times: each test connects a dozen times, and ours cannot be guessed."""
    async with await psycopg.AsyncConnection.connect(server.owner, autocommit=True) as connection:
        await connection.execute("set scram_iterations = 1")
        for url in filter(None, (server.application, server.owner, server.vault)):
            address = urlsplit(url)
            change = sql.SQL("alter role {} password {}")
            name, password = sql.Identifier(address.username or ""), unquote(address.password or "")
            await connection.execute(change.format(name, password))


async def prepare_template(server: DatabaseUrls) -> None:
    """Make the migrated database that the others are copies of."""
    async with await psycopg.AsyncConnection.connect(server.owner, autocommit=True) as connection:
        await connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(TEMPLATE)))
        await connection.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    async for _ in migrate(on_database(server.owner, TEMPLATE), CONTEXTS):
        pass


@asynccontextmanager
async def one_ahead(server: DatabaseUrls) -> AsyncIterator[None]:
    """Have a database ready before the next test asks for it: copying its thousand files takes longer than most tests."""
    _AHEAD[server.owner] = asyncio.create_task(_create(server))
    try:
        yield
    finally:
        await _AHEAD.pop(server.owner)


@asynccontextmanager
async def fresh_database(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A migrated, empty database; dropped at the end."""
    ready = _AHEAD.get(server.owner)
    name = await (ready or _create(server))
    if ready is not None:
        _AHEAD[server.owner] = asyncio.create_task(_create(server))
    try:
        yield DatabaseUrls(
            on_database(server.application, name),
            on_database(server.owner, name),
            vault=on_database(server.vault, name) if server.vault else None,
        )
    finally:
        async with await psycopg.AsyncConnection.connect(server.owner, autocommit=True) as connection:
            await connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


_AHEAD: dict[str, asyncio.Task[str]] = {}
"""By the owner's address of a server."""


async def _create(server: DatabaseUrls) -> str:
    name = f"test_{secrets.token_hex(6)}"
    async with await psycopg.AsyncConnection.connect(server.owner, autocommit=True) as connection:
        await connection.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
    return name
