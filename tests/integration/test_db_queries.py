"""Does every named query of every context stand on the migrated schema, with the rights of the application?"""

import itertools
import re
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from tael.app.contexts import CONTEXTS
from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Query, queries
from tael.testing.databases import fresh_database

Connection = psycopg.AsyncConnection[tuple[object, ...]]

EVERY_QUERY = [
    pytest.param(query, id=f"{context}.{name}")
    for context in CONTEXTS
    for name, query in queries(f"tael.{context}").named.items()
]
COPY = re.compile(rb"copy\b", re.IGNORECASE)
"""The one statement in our files that PostgreSQL does not prepare: it is opened instead, with no rows."""
PARAMETER = re.compile(rb"%\((\w+)\)s")
COMMENT = re.compile(rb"^--[^\n]*\n", re.MULTILINE)


OF_THE_VAULT = re.compile(rb"\bvault\.")
"""Only the vault's own role may see what is there."""
OWNERS = re.compile(rb"^-- For the owner alone\.$", re.MULTILINE)


@pytest.fixture(scope="module")
async def urls_of_all(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One migrated database for all of them: nothing here changes it."""
    async with fresh_database(server) as urls:
        yield urls


@pytest.fixture(scope="module")
async def application(urls_of_all: DatabaseUrls) -> AsyncIterator[Connection]:
    """The database seen as the application."""
    async with await psycopg.AsyncConnection.connect(urls_of_all.application, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
async def owner(urls_of_all: DatabaseUrls) -> AsyncIterator[Connection]:
    """The database seen as the owner of the tables."""
    async with await psycopg.AsyncConnection.connect(urls_of_all.owner, autocommit=True) as connection:
        yield connection


def numbered(query: Query) -> bytes:
    """The text as PostgreSQL sees it: `$1` for the first name, and so on."""
    numbers: dict[bytes, bytes] = {}
    count = itertools.count(1)

    def number(match: re.Match[bytes]) -> bytes:
        if match[1] not in numbers:
            numbers[match[1]] = b"$%d" % next(count)
        return numbers[match[1]]

    return PARAMETER.sub(number, COMMENT.sub(b"", query.text)).replace(b"%%", b"%")


def test_every_context_with_tables_has_named_queries() -> None:
    assert len(EVERY_QUERY) > 50


@pytest.mark.parametrize("query", EVERY_QUERY)
async def test_every_query_prepares_and_the_application_has_the_rights_for_it(
    query: Query, application: Connection, owner: Connection
) -> None:
    if OF_THE_VAULT.search(query.text):
        await owner.execute("set role tael_vault")
        await prepare(query, owner)
    elif OWNERS.search(query.text):
        await prepare(query, owner)
    else:
        await prepare(query, application)
        return
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await prepare(query, application)


async def prepare(query: Query, connection: Connection) -> None:
    text = numbered(query)
    if COPY.match(text):
        async with connection.cursor() as cursor, cursor.copy(text):
            pass
        return
    await connection.execute(b"prepare under_test as " + text)
    await connection.execute("deallocate under_test")
    await connection.execute(b"explain (generic_plan) " + text)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of its own with an empty `sql/` folder."""
    folder = tmp_path / f"context_of_{tmp_path.name}"
    (folder / "sql").mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_queries_are_found_by_the_names_above_them(package: Path) -> None:
    (package / "sql" / "one.sql").write_text(
        "-- About all.\n\n-- name: first\n-- why\nselect 1\n\n-- name: second\nselect 2\n"
    )
    (package / "sql" / "two.sql").write_text("-- name: third\nselect 3\n")

    found = queries(package.name)

    assert list(found.named) == ["first", "second", "third"]
    assert found.first.text == b"-- why\nselect 1"
    assert found.third.text == b"select 3"
    with pytest.raises(AttributeError, match="no query is named 'fourth'"):
        _ = found.fourth


def test_two_queries_of_one_name_are_refused_at_once(package: Path) -> None:
    (package / "sql" / "one.sql").write_text("-- name: same\nselect 1\n")
    (package / "sql" / "two.sql").write_text("-- name: same\nselect 2\n")

    with pytest.raises(ValueError, match="two queries are named same"):
        queries(package.name)
