"""Who is let in to the ledger's API, and to do what? Nobody without a key, and each key no further than it says."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tael.app.listeners import books_routes
from tael.app.supervisor import DatabaseUrls
from tael.foundation.api_keys import CACHE_SECONDS
from tael.foundation.db import Query
from tael.foundation.http.openapi import BODIES
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.ledger.errors import KeyMalformed, NoSuchKey
from tael.ledger.http import PERMISSIONS
from tael.testing.databases import fresh_database
from tests.e2e.ledger_desk import ACCOUNTS, Desk, running_ledger, sale

OPERATOR = "operator:test"
AUDIT = Query(
    "audit",
    b"select actor, action, object_id from foundation.audit where action in ('ledger.create_key', 'ledger.revoke_key')",
)
DUMP = Query(
    "dump", b"select k::text from ledger.api_keys k union all select a::text from foundation.audit a"
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A ledger by itself, started once for the file."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    async with fresh_database(server) as urls, running_ledger(urls, folder) as opened:
        await opened.open(*ACCOUNTS)
        yield opened


async def with_key(desk: Desk, *may: str) -> Desk:
    made = await desk.house.ledger_keys.create("one of many", may=may, actor=OPERATOR)
    return desk.with_key(made.secret)


async def test_every_route_asks_for_one_of_three_permissions_or_is_open_to_all(desk: Desk) -> None:
    needed = {
        (method, path): route.opt[OPTION]
        for route in books_routes(desk.house)
        for path in route.paths
        for method in route.http_methods
    }
    assert set(needed.values()) == PERMISSIONS | {PUBLIC}
    public = {path for (_, path), permission in needed.items() if permission == PUBLIC}
    assert all(not path.startswith("/v1/") for path in public)
    for (method, path), permission in needed.items():
        if path.startswith("/v1/") and method == "GET":
            assert permission == "ledger.read", path


async def test_each_key_may_do_what_it_says_and_nothing_else(desk: Desk) -> None:
    keys = {word: await with_key(desk, word) for word in ("read", "write", "close")} | {
        "none": desk.with_key(None)
    }
    for route in books_routes(desk.house):
        (path,), (method,) = route.paths, route.http_methods - {"OPTIONS"}
        if not path.startswith("/v1/"):
            continue
        body = b"{}" if method != "GET" or route.opt.get(BODIES) else None
        for word, caller in keys.items():
            reply = await caller.send(method, path, body=body)
            if word == "none":
                assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer"), path
            elif route.opt[OPTION] == f"ledger.{word}":
                assert reply.status not in (401, 403), (path, word, reply.raw)
            else:
                assert (reply.status, reply.body["code"]) == (403, "forbidden"), (path, word)


async def test_what_is_no_key_of_ours_is_refused(desk: Desk) -> None:
    assert desk.secret is not None
    for secret in (
        desk.secret[:-1],
        desk.secret[:-1] + ("6" if desk.secret[-1] == "7" else "7"),
        "tael_abcdefgh27_" + "a" * 40,
        "x",
        "é",
        "x" * 5_000,
    ):
        reply = await desk.with_key(secret).get("/v1/accounts")
        assert (reply.status, reply.body["code"]) == (401, "ledger.key_refused"), secret


async def test_a_revoked_key_is_refused_within_seconds_and_use_is_noted(desk: Desk) -> None:
    made = await desk.house.ledger_keys.create("short-lived", may=["write"], actor=OPERATOR)
    caller = desk.with_key(made.secret)
    await caller.booked(sale("by the short-lived key"))
    await desk.house.ledger_keys.note_uses()
    await desk.house.ledger_keys.revoke(made.key.prefix, actor=OPERATOR)
    await asyncio.sleep(CACHE_SECONDS + 0.1)
    assert (await caller.post("/v1/entries", sale("late"))).status == 401
    [kept] = [key for key in await desk.house.ledger_keys.everything() if key.prefix == made.key.prefix]
    assert kept.last_used_at is not None
    assert kept.revoked_at is not None
    with pytest.raises(NoSuchKey):
        await desk.house.ledger_keys.revoke("tael_ledger_aaaaaaaaaa", actor=OPERATOR)


async def test_only_the_hash_of_a_key_is_kept_and_the_trail_says_who_made_it(desk: Desk) -> None:
    made = await desk.house.ledger_keys.create("  audited ", may=["read", "close"], actor=OPERATOR)
    await desk.house.ledger_keys.revoke(made.key.prefix, actor=OPERATOR)
    async with desk.house.database.transaction() as tx:
        trail = await tx.tuples(AUDIT)
        everything = str(await tx.tuples(DUMP))
    assert (OPERATOR, "ledger.create_key", made.key.prefix) in trail
    assert (OPERATOR, "ledger.revoke_key", made.key.prefix) in trail
    assert made.secret not in everything
    assert made.secret.rpartition("_")[2] not in everything
    assert made.secret not in repr(made)
    assert (made.key.name, made.key.permissions) == ("audited", ("ledger.read", "ledger.close"))


async def test_a_key_that_says_nothing_sensible_is_not_made(desk: Desk) -> None:
    for name, may, field in [("", ["read"], "name"), ("a\nb", ["read"], "name"), ("x" * 65, ["read"], "name"), ("x", [], "may"), ("x", ["fly"], "may")]:  # fmt: skip
        with pytest.raises(KeyMalformed) as refused:
            await desk.house.ledger_keys.create(name, may=may, actor=OPERATOR)
        assert refused.value.field == field
