"""Does a transaction never lie about COMMIT, and can a caller tell apart what went wrong?"""

# ruff: noqa: PT012 - it is a whole transaction that is expected to raise, not one statement of it

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import CommitUnknown, ConnectionLost, Contention, Database, Query, Transaction
from tael.foundation.errors import Unavailable
from tael.testing.database_wire import Break, BreakingWire
from tael.testing.databases import fresh_database

ADD = Query("add", b"insert into public.notes (id) values (%(id)s)")
IDS = Query("ids", b"select id from public.notes order by id")
LOCK = Query("lock", b"select id from public.notes where id = %(id)s for update")
BACKEND = Query("backend", b"select pg_backend_pid()")
SLEEP = Query("sleep", b"select pg_sleep(30)")

Owner = psycopg.AsyncConnection[tuple[object, ...]]


class Note(msgspec.Struct):
    id: int


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def owner(urls: DatabaseUrls) -> AsyncIterator[Owner]:
    """Somebody with all rights beside the application."""
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
async def notes(owner: Owner) -> None:
    """A table of the tests' own, new for each."""
    await owner.execute("drop table if exists public.notes")
    await owner.execute("drop function if exists public.at_commit")
    await owner.execute("create table public.notes (id int primary key)")
    await owner.execute("grant select, insert, update on public.notes to tael_app")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, pool_size=4)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    async with opened(urls.application) as ready:
        yield ready


async def ids_in(database: Database) -> list[int]:
    async with database.transaction() as tx:
        return [note.id for note in await tx.rows(IDS, Note)]


async def add(database: Database, *ids: int) -> None:
    async with database.transaction() as tx:
        for id in ids:
            await tx.run(ADD, id=id)


async def at_commit(owner: Owner, statement: str) -> None:
    """Have the server run a statement when a transaction that added a note commits."""
    await owner.execute(
        f"""create function public.at_commit() returns trigger language plpgsql as
            $$ begin {statement}; return null; end $$"""
    )
    await owner.execute(
        """create constraint trigger at_commit after insert on public.notes
           deferrable initially deferred for each row execute function public.at_commit()"""
    )


async def kill(owner: Owner, pid: int) -> None:
    await owner.execute("select pg_terminate_backend(%s, 5000)", [pid])


async def backend_of(tx: Transaction) -> int:
    return int((await tx.tuples(BACKEND))[0][0])


async def test_leaving_the_block_commits_and_raising_rolls_back(database: Database) -> None:
    await add(database, 1)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await tx.run(ADD, id=2)
            raise ZeroDivisionError

    assert await ids_in(database) == [1]


async def test_a_commit_whose_answer_is_lost_is_unknown_and_took_place(
    urls: DatabaseUrls, database: Database
) -> None:
    async with BreakingWire(urls.application) as wire, opened(wire.url) as far:
        wire.break_next(Break.AFTER_COMMIT)
        with pytest.raises(CommitUnknown):
            await add(far, 1)

    assert wire.broken == 1
    assert await ids_in(database) == [1]


async def test_a_commit_that_never_arrives_is_unknown_and_did_not_take_place(
    urls: DatabaseUrls, database: Database
) -> None:
    async with BreakingWire(urls.application) as wire, opened(wire.url) as far:
        wire.break_next(Break.BEFORE_COMMIT)
        with pytest.raises(CommitUnknown):
            await add(far, 1)
        assert await ids_in(far) == [], "the pool has mended itself"

    assert await ids_in(database) == []


async def test_a_lost_answer_to_whoever_only_looked_is_no_more_than_a_lost_connection(
    urls: DatabaseUrls,
) -> None:
    async with BreakingWire(urls.application) as wire, opened(wire.url) as far:
        wire.break_next(Break.AFTER_COMMIT)
        with pytest.raises(ConnectionLost):
            await ids_in(far)


async def test_a_commit_during_which_the_server_process_dies_is_unknown(
    owner: Owner, database: Database
) -> None:
    await at_commit(owner, "perform pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(CommitUnknown):
        await add(database, 1)

    assert await ids_in(database) == []


async def test_r10_a_commit_that_comes_with_a_warning_is_unknown(owner: Owner, database: Database) -> None:
    """As when the wait for a standby was cancelled: the row is there, and may vanish in a failover."""
    await at_commit(owner, "raise warning 'canceling wait for synchronous replication'")

    with pytest.raises(CommitUnknown, match="01000 canceling wait"):
        await add(database, 1)

    assert await ids_in(database) == [1]


async def test_a_notice_at_commit_is_no_warning(owner: Owner, database: Database) -> None:
    await at_commit(owner, "raise notice 'all is well'")

    await add(database, 1)


async def test_a_check_at_commit_that_says_no_is_a_definite_answer(owner: Owner, database: Database) -> None:
    await owner.execute("alter table public.notes add other int references public.notes (id) deferrable")
    await owner.execute("alter table public.notes alter constraint notes_other_fkey initially deferred")
    add_child = Query("add_child", b"insert into public.notes (id, other) values (1, 99)")

    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        async with database.transaction() as tx:
            await tx.run(add_child)

    assert await ids_in(database) == []


async def test_a_transaction_that_failed_inside_does_not_end_as_if_it_were_committed(
    database: Database,
) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with a rollback, and without an error."""
    await add(database, 1)

    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        async with database.transaction() as tx:
            await tx.run(ADD, id=2)
            with pytest.raises(psycopg.errors.UniqueViolation):
                await tx.run(ADD, id=1)

    assert await ids_in(database) == [1]


async def test_a_connection_that_dies_before_commit_is_lost_and_nothing_happened(
    owner: Owner, database: Database
) -> None:
    with pytest.raises(ConnectionLost) as lost:
        async with database.transaction() as tx:
            await tx.run(ADD, id=1)
            await kill(owner, await backend_of(tx))
            await tx.run(ADD, id=2)

    assert lost.value.retry_after_seconds == 1
    assert await ids_in(database) == []


async def test_a_transaction_that_idles_too_long_is_lost_as_well(database: Database) -> None:
    hurry = Query("hurry", b"set local idle_in_transaction_session_timeout = '20ms'")

    with pytest.raises(ConnectionLost):
        async with database.transaction() as tx:
            await tx.run(hurry)
            await asyncio.sleep(0.2)
            await tx.run(ADD, id=1)


async def test_connections_that_died_in_the_pool_are_replaced_before_use(
    owner: Owner, database: Database
) -> None:
    await asyncio.gather(*[ids_in(database) for _ in range(8)])
    await owner.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'tael_app'"
        " and datname = current_database()"
    )

    assert await asyncio.gather(*[ids_in(database) for _ in range(8)]) == [[]] * 8


async def test_of_two_transactions_that_wait_for_one_another_one_is_told_contention(
    database: Database,
) -> None:
    await add(database, 1, 2)
    both_hold = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with database.transaction() as tx:
            await tx.run(LOCK, id=first)
            await both_hold.wait()
            await tx.run(LOCK, id=second)

    answers = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Contention", "NoneType"]


async def test_a_lock_that_takes_too_long_is_contention(database: Database) -> None:
    hurry = Query("hurry", b"set local lock_timeout = '50ms'")
    await add(database, 1)

    async with database.transaction() as holder:
        await holder.run(LOCK, id=1)
        with pytest.raises(Contention):
            async with database.transaction() as tx:
                await tx.run(hurry)
                await tx.run(LOCK, id=1)


async def test_whoever_is_cancelled_during_commit_stays_cancelled(owner: Owner, database: Database) -> None:
    await at_commit(owner, "perform pg_sleep(30)")

    adding = asyncio.create_task(add(database, 1))
    await _until_sleeping(owner)
    adding.cancel()

    with pytest.raises(asyncio.CancelledError):
        await adding
    assert await ids_in(database) == []


async def test_whoever_is_cancelled_before_commit_leaves_nothing_behind(
    owner: Owner, database: Database
) -> None:
    async def add_and_sleep() -> None:
        async with database.transaction() as tx:
            await tx.run(ADD, id=1)
            await tx.run(SLEEP)

    for _ in range(5):
        sleeping = asyncio.create_task(add_and_sleep())
        await _until_sleeping(owner)
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping

    assert await ids_in(database) == []


async def _until_sleeping(owner: Owner) -> None:
    async with asyncio.timeout(5):
        while True:
            found = await owner.execute(
                "select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
            )
            if found.rowcount:
                return
            await asyncio.sleep(0.01)


async def test_a_database_that_does_not_answer_is_unavailable(urls: DatabaseUrls) -> None:
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(BreakingWire(urls.application))
        url = wire.url
    database = Database(url)
    try:
        with pytest.raises(Unavailable) as refused:
            await database.open(wait_seconds=0.3)
    finally:
        await database.close()
    assert url not in refused.value.message


async def test_a_frozen_transaction_sees_one_moment_and_changes_nothing(database: Database) -> None:
    await add(database, 1)

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        async with database.transaction() as tx:
            await tx.freeze()
            before = await tx.rows(IDS, Note)
            await add(database, 2)
            assert await tx.rows(IDS, Note) == before
            await tx.run(ADD, id=3)


async def test_statements_sent_together_are_one_transaction(database: Database) -> None:
    async with database.transaction() as tx, tx.together():
        await asyncio.gather(*[tx.run(ADD, id=id) for id in range(5)])

    assert await ids_in(database) == [0, 1, 2, 3, 4]


async def test_copied_rows_belong_to_the_transaction(database: Database) -> None:
    copy = Query("copy", b"copy public.notes (id) from stdin")

    async with database.transaction() as tx:
        await tx.copy(copy, [(id,) for id in range(1_000)])
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await tx.copy(copy, [(1_000,)])
            raise ZeroDivisionError

    assert len(await ids_in(database)) == 1_000


async def test_a_key_that_was_taken_since_one_looked_is_contention(database: Database) -> None:
    await add(database, 1)

    with pytest.raises(Contention):
        async with database.transaction() as tx:
            await tx.copy(Query("copy", b"copy public.notes (id) from stdin"), [(2,), (1,)])

    assert await ids_in(database) == [1]


async def test_one_row_is_a_struct_or_nothing(database: Database) -> None:
    await add(database, 7)

    async with database.transaction() as tx:
        assert await tx.row(LOCK, Note, id=7) == Note(7)
        assert await tx.row(LOCK, Note, id=8) is None
        assert await tx.run(LOCK, id=7) == 1
