"""Can the application change what is never to be changed? Every attempt is made for real."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tael.app.contexts import CONTEXTS
from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.foundation.db import Query
from tael.foundation.migrate import migrate
from tael.foundation.postgres import EmbeddedPostgres
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, Posting
from tael.testing.books import faults_in_books
from tael.testing.databases import fresh_database, on_database
from tael.testing.platform import QUICK

FORBIDDEN = [
    "update ledger.entries set kind = 'x'",
    "delete from ledger.entries",
    "truncate ledger.entries",
    "update ledger.postings set amount_minor = amount_minor + 1",
    "delete from ledger.postings",
    "truncate ledger.postings",
    "update ledger.holds set amount_minor = amount_minor + 1",
    "delete from ledger.holds",
    "update ledger.entry_ids set no = no + 1",
    "delete from ledger.entry_ids",
    "update ledger.limits set floor_minor = null",
    "update ledger.api_keys set permissions = array['ledger.close']",
    "delete from ledger.api_keys",
    "delete from ledger.dated_postings",
    "delete from ledger.closings",
    "update ledger.dated_postings set amount_minor = 0",
    "truncate ledger.dated_postings",
    "delete from ledger.dated_sums",
    "truncate ledger.dated_sums",
    "update ledger.closings set closed_until = now()",
    "truncate ledger.closings",
    "truncate ledger.holds",
    "update ledger.open_holds set expires_at = null",
    "truncate ledger.open_holds",
    "truncate ledger.entry_ids",
    "delete from ledger.limits",
    "truncate ledger.limits",
    "truncate ledger.accounts",
    "update ledger.accounts set code = 'mine'",
    "update ledger.currencies set exponent = 0",
    "delete from ledger.currencies",
    "truncate ledger.currencies",
    "update ledger.blocks set signature = ''",
    "delete from ledger.blocks",
    "truncate ledger.blocks",
    "insert into ledger.archives (month) values (now())",
    "update ledger.archives set manifest = ''",
    "delete from ledger.archives",
    "truncate ledger.archives",
    "insert into ledger.archived_entries (no, terms, lines) values (1, '', '')",
    "update ledger.archived_entries set terms = ''",
    "delete from ledger.archived_entries",
    "truncate ledger.archived_entries",
    "drop table ledger.blocks",
    "select ledger.drop_months('2026-01-01', 1)",
    "alter table ledger.entries detach partition ledger.entries_before",
    "alter table ledger.accounts disable trigger before_numbers",
    "alter function ledger.take_transaction_id() owner to tael_app",
    "create table ledger.entries_of_mine (no bigint)",
    "update ledger.accounts set account_class = 'asset'",
    "delete from ledger.accounts",
    "delete from ledger.balances",
    "truncate ledger.balances",
    "update foundation.audit set actor = 'nobody'",
    "delete from foundation.audit",
    "truncate foundation.audit",
    "delete from foundation.calls",
    "truncate foundation.calls",
    "update foundation.migrations set sha256 = ''",
    "delete from foundation.migrations",
    "insert into foundation.migrations (context, number, name, sha256) values ('x', '1', 'x', 'x')",
    "delete from payments.payments",
    "delete from payments.refunds",
    "delete from merchants.merchants",
    "alter table ledger.postings disable trigger all",
    "drop table ledger.postings",
    "create table ledger.mine (id int)",
    "create table public.mine (id int)",
    "create schema mine",
    "create role mine",
]
WHO = Query("who", b"select current_user::text, session_user::text")


@pytest.fixture(scope="module")
async def application(server: DatabaseUrls) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
    """A migrated database, seen as the application."""
    async with (
        fresh_database(server) as urls,
        await psycopg.AsyncConnection.connect(urls.application, autocommit=True) as connection,
    ):
        yield connection


@pytest.fixture(scope="module")
async def external(server_home: Path) -> AsyncIterator[str]:
    """Somebody else's PostgreSQL: one URL, of a user who may make roles and is no superuser."""
    server = EmbeddedPostgres(server_home / "external")
    await server.start()
    owner = server.url("tael_owner")
    async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as connection:
        await connection.execute("alter role tael_app rename to of_the_embedded_database")
        await connection.execute("alter role tael_vault rename to of_the_embedded_vault")
        await connection.execute("create role shop_dba login createrole nosuperuser password 'tea'")
        await connection.execute("create database shop owner shop_dba")
    parts = urlsplit(on_database(owner, "shop"))
    yield urlunsplit(parts._replace(netloc="shop_dba:tea@"))
    await server.stop()


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_s4_the_application_is_denied_what_is_never_to_be_changed(
    application: psycopg.AsyncConnection[tuple[object, ...]], statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await application.execute(statement.encode())


async def test_s4_with_one_url_of_somebody_elses_database_the_application_still_has_few_rights(
    external: str, tmp_path: Path
) -> None:
    done = [name async for name in migrate(external, CONTEXTS)]
    assert done[-1] == "jobs (procrastinate)"
    assert [name async for name in migrate(external, CONTEXTS)] == []

    async with open_house(Settings(home=tmp_path, **QUICK), external) as house:
        assert await who(house) == ("tael_app", "shop_dba")
        await post_one_entry(house)
        assert await faults_in_books(house) == []
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await attempt(house, statement)
        await house.jobs.open()
        async with house.database.transaction() as tx:
            await house.jobs.defer(tx, "payments.see_to_due")
        await house.jobs.close()


async def who(house: House) -> tuple[str, str]:
    async with house.database.transaction() as tx:
        return (await tx.tuples(WHO))[0]


async def attempt(house: House, statement: str) -> None:
    async with house.database.transaction() as tx:
        await tx.run(Query("attempt", statement.encode()))


async def post_one_entry(house: House) -> None:
    specs = [
        AccountSpec("bank", "CNY", AccountClass.ASSET),
        AccountSpec("shop", "CNY", AccountClass.LIABILITY),
    ]
    entry = JournalEntry(
        id="e1",
        kind="sale",
        reference="r1",
        postings=(Posting("bank", "CNY", 100), Posting("shop", "CNY", -100)),
    )
    async with house.database.transaction() as tx:
        await house.ledger.open_accounts(tx, specs)
        await house.ledger.post(tx, [entry])
