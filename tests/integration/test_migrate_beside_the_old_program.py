"""Can the schema change while the old program goes on? Nobody is held up, and what it writes meanwhile is right."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from importlib import resources

import psycopg
import pytest
from psycopg import sql

from tael.app.supervisor import DatabaseUrls
from tael.foundation.migrate import BEFORE_START, PHASES, find_migrations, migrate
from tael.testing.databases import on_database

MANY = 20_000
AT_A_TIME = 1_000
CONTEXTS = ("foundation", "payments")
OF_METHODS = "payments 0002_pre_methods"
INDEXES = "payments 0003_pre_methods_indexes"
FILLED = "payments 0004_pre_methods_filled"
OLD_PROGRAM = "-c role=tael_app -c lock_timeout=2s"
"""Its statements fail rather than wait for a migration."""

PAYMENT = """
insert into payments.payments (id, merchant_id, reference, description, amount_minor, currency, state, fee_basis_points,
    created_at, expires_at)
select 'pay_' || n, 'mrc_1', 'order', 'Tea', 1280, 'CNY', 'processing', 60, now(), now() + interval '15 minutes'
from generate_series({first}, {last}) n
"""
ATTEMPT = """
insert into payments.attempts (id, payment_id, channel, state, amount_minor, currency, created_at)
select 'att_' || n, 'pay_' || n, 'lantern', 'created', 1280, 'CNY', now() from generate_series({first}, {last}) n
"""
CODE = """
update payments.attempts set state = 'waiting', code_url = 'https://example/' || id, code_expires_at = created_at
where id = any(select 'att_' || n from generate_series({first}, {last}) n)
"""
REFUND = """
insert into payments.refunds (id, payment_id, attempt_id, merchant_id, reason, note, state, amount_minor, currency,
    fee_returned_minor, created_at)
select 'rfd_' || n, 'pay_' || n, 'att_' || n, 'mrc_1', case when n % 2 = 0 then 'merchant' else 'late_success' end, '',
    'processing', 1280, 'CNY', 0, now()
from generate_series({first}, {last}) n
"""
WRONG = """
select (select count(*) from payments.attempts where method <> 'lantern' or action ->> 'type' is distinct from 'show_code'
           or action ->> 'code_url' <> 'https://example/' || id or action_expires_at is distinct from created_at)
     + (select count(*) from payments.refunds where channel <> 'lantern' or asked_at is distinct from created_at
           or cause is distinct from case when reason <> 'merchant' then attempt_id || ':surplus' end)
"""

Outsider = psycopg.AsyncConnection[tuple[object, ...]]


async def write_as_the_old_program(connection: Outsider, first: int, last: int) -> None:
    """Payments with an attempt, its code, and a refund, as version 0001 knew them."""
    for statement in (PAYMENT, ATTEMPT, CODE, REFUND):
        await connection.execute(statement.format(first=first, last=last).encode())


async def ask(connection: Outsider, statement: str) -> object:
    row = await (await connection.execute(statement.encode())).fetchone()
    assert row is not None
    return row[0]


async def rest_of(migrating: AsyncIterator[str]) -> list[str]:
    return [name async for name in migrating]


async def rows_of(connection: Outsider, statement: str) -> int:
    return (await connection.execute(statement.encode())).rowcount


async def until(there: Callable[[], Awaitable[object]]) -> None:
    for _ in range(1_000):
        if await there():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come")


@pytest.fixture
async def old_url(server: DatabaseUrls) -> AsyncIterator[str]:
    """A database as version 0001 of payments left it, as its owner."""
    name = f"old_{secrets.token_hex(6)}"
    async with await psycopg.AsyncConnection.connect(server.owner, autocommit=True) as connection:
        await connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        url = on_database(server.owner, name)
        await run(url, ["foundation"])
        first = next(each for each in find_migrations(["payments"]) if each.number == "0001")
        async with await psycopg.AsyncConnection.connect(url) as owner:
            await owner.execute(first.sql.encode())
            await owner.execute(
                b"insert into foundation.migrations (context, number, name, sha256) values ('payments', '0001', %s, %s)",
                [first.name, first.digest],
            )
        yield url
        await connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
async def old_program(old_url: str) -> AsyncIterator[Outsider]:
    """The old program's connection; each statement is a transaction."""
    async with await psycopg.AsyncConnection.connect(
        old_url, autocommit=True, options=OLD_PROGRAM
    ) as connection:
        yield connection


async def run(url: str, contexts: Sequence[str] = CONTEXTS, *, phases: Sequence[str] = PHASES) -> list[str]:
    return [name async for name in migrate(url, contexts, phases=phases)]


async def test_many_rows_become_rows_of_today_in_small_steps_past_a_row_that_is_locked(
    old_url: str, old_program: Outsider
) -> None:
    await write_as_the_old_program(old_program, 1, MANY)
    migrating = migrate(old_url, CONTEXTS, phases=BEFORE_START)
    file = await ask(old_program, "select pg_relation_filenode('payments.attempts')")
    assert await anext(migrating) == OF_METHODS
    assert await ask(old_program, "select pg_relation_filenode('payments.attempts')") == file, "rewritten"
    assert await ask(old_program, "select count(*) from payments.attempts where method = ''") == MANY
    assert await ask(old_program, "select count(*) from pg_constraint where not convalidated") == 4
    assert await anext(migrating) == INDEXES

    async with await psycopg.AsyncConnection.connect(old_url, options=OLD_PROGRAM) as busy:
        await busy.execute("select from payments.attempts where id = 'att_7' for update")
        assert await anext(migrating) == FILLED, "nobody who is at work on a row is waited for"
        assert (
            await ask(old_program, "select string_agg(id, '') from payments.attempts where method = ''")
            == "att_7"
        )
        await busy.execute("update payments.attempts set inquiries = 1 where id = 'att_7'")
        await busy.commit()
    steps = await ask(old_program, "select count(distinct xmin::text) from payments.attempts")
    assert isinstance(steps, int)
    assert steps >= MANY // AT_A_TIME
    assert await ask(old_program, WRONG) == 0
    assert not [name for name in await rest_of(migrating) if "methods" in name]


async def test_what_the_old_program_writes_meanwhile_is_right_at_once_and_afterwards(
    old_url: str, old_program: Outsider
) -> None:
    await write_as_the_old_program(old_program, 1, 10)
    written = 10
    async for _ in migrate(old_url, CONTEXTS, phases=BEFORE_START):
        await write_as_the_old_program(old_program, written + 1, written + 10)
        written += 10
        right = await ask(old_program, "select count(*) from payments.refunds where channel = 'lantern'")
        assert right in (written - 10, written), "what came after the first file is right at once"
    await write_as_the_old_program(old_program, written + 1, written + 10)
    assert await ask(old_program, WRONG) == 0

    done = await run(old_url)
    assert done
    assert all("_post_" in name for name in done)
    assert await run(old_url) == []
    right = WRONG.replace("code_url' <>", "code_url' is distinct from")
    assert await ask(old_program, right) == 0
    assert await ask(old_program, "select count(*) from pg_constraint where not convalidated") == 0
    assert await ask(old_program, "select count(*) from pg_index where not indisvalid") == 0
    assert await ask(old_program, "select count(*) from pg_trigger where tgname = 'as_of_today'") == 0
    untold = "select count(*) from payments.payments where method is distinct from 'lantern'"
    assert await ask(old_program, untold) == 0, "each payment knows what it was tried with"


async def test_rows_that_were_locked_to_the_end_are_filled_when_the_old_program_has_gone(
    old_url: str, old_program: Outsider
) -> None:
    await write_as_the_old_program(old_program, 1, 10)
    migrating = migrate(old_url, CONTEXTS, phases=BEFORE_START)
    assert [await anext(migrating) for _ in range(2)] == [OF_METHODS, INDEXES]
    async with await psycopg.AsyncConnection.connect(old_url, options=OLD_PROGRAM) as busy:
        await busy.execute("select from payments.attempts for update")
        await busy.execute("select from payments.refunds for update")
        assert await anext(migrating) == FILLED
    assert not any("methods" in name for name in await rest_of(migrating)), "they are not waited for"
    assert await ask(old_program, WRONG) == 20

    await run(old_url)
    assert await ask(old_program, WRONG.replace("a.code", "code")) == 0


async def test_an_index_is_made_while_others_go_on_writing(old_url: str, old_program: Outsider) -> None:
    await write_as_the_old_program(old_program, 1, 10)
    migrating = migrate(old_url, CONTEXTS, phases=BEFORE_START)
    assert await anext(migrating) == OF_METHODS
    async with await psycopg.AsyncConnection.connect(old_url, options=OLD_PROGRAM) as busy:
        await write_as_the_old_program(busy, 11, 20)
        index = asyncio.ensure_future(anext(migrating))
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        async with await psycopg.AsyncConnection.connect(old_url, autocommit=True) as owner:
            await until(lambda: ask(owner, waiting))
        await write_as_the_old_program(old_program, 21, 30)
        assert not index.done()
        await busy.commit()
    assert await index == INDEXES
    assert (await rest_of(migrating))[0] == FILLED


async def test_a_file_that_was_cut_short_is_run_again_from_its_beginning(
    old_url: str, old_program: Outsider
) -> None:
    await write_as_the_old_program(old_program, 1, 10)
    migrating = migrate(old_url, CONTEXTS, phases=BEFORE_START)
    assert await anext(migrating) == OF_METHODS
    async with await psycopg.AsyncConnection.connect(old_url, options=OLD_PROGRAM) as busy:
        await write_as_the_old_program(busy, 11, 20)
        index = asyncio.ensure_future(anext(migrating))
        stop = (
            "select pg_terminate_backend(pid) from pg_stat_activity where query like 'create%concurrently%'"
        )
        async with await psycopg.AsyncConnection.connect(old_url, autocommit=True) as owner:
            await until(lambda: rows_of(owner, stop))
        with pytest.raises(Exception, match="went away"):
            await index
        await busy.commit()
    assert await ask(old_program, "select count(*) from pg_index where not indisvalid") == 1

    assert (await run(old_url))[:2] == [INDEXES, FILLED]
    assert await ask(old_program, "select count(*) from pg_index where not indisvalid") == 0


def test_statements_are_told_apart_by_semicolons_that_stand_in_no_text_and_no_comment() -> None:
    migrations = {each.name: each for each in find_migrations(["payments"])}
    assert migrations[OF_METHODS].statements == []
    text = (
        resources.files("tael.payments")
        .joinpath("migrations/0003_pre_methods_indexes.sql")
        .read_text("utf-8")
    )
    assert len(migrations[INDEXES].statements) == text.count(";\n")
