"""S1: may each caller do on each route what the route's permission says, and nothing else? Every route of every listener.

What is expected is computed from what the routes declare; what is asked is made from the OpenAPI documents. A route that
is not in its document, or a parameter of which the matrix knows no example, makes it red.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import psycopg
import pytest
import pytest_asyncio
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from tael.app.listeners import books_routes, make_listener, operations_routes, public_routes
from tael.app.user_routes import user_routes
from tael.foundation.http.parameters import PAGE
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.foundation.ids import new_id
from tael.identity.api import USER_TOKEN
from tael.ledger.keys import MAY
from tael.merchants.api import WantedKey
from tael.merchants.rules import EVERY_PERMISSION
from tael.staff.model import Role
from tael.staff.rules import ALONE, PERMISSIONS
from tael.testing.platform import Platform
from tests.e2e.asked_routes import Matrix, asked, kind_of, operations_in, target_of
from tests.e2e.in_process import ask, document_of
from tests.e2e.shares import Share, in_turn

TEST = "operator:test"
PORTAL = "/portal"
"""Where people with a session are; their roles have a matrix of their own."""


def declared(routes: Sequence[HTTPRouteHandler]) -> dict[tuple[str, str], str]:
    """The permission of every route of the API: not of what anybody may have, and not of pages of people."""
    return {
        (method, re.sub(r"\{(\w+):\w+\}", r"{\1}", path)): str(route.opt[OPTION])
        for route in routes
        for path in route.paths
        for method in route.http_methods
        if route.opt[OPTION] != PUBLIC and not route.opt.get(PAGE) and not path.startswith(PORTAL)
    }


class Caller(msgspec.Struct, frozen=True):
    """A listener as the matrix sees it."""

    routes: dict[tuple[str, str], str]
    matrix: Matrix


async def listener_of(
    shop: Platform,
    name: str,
    routes: Callable[[Any], Sequence[HTTPRouteHandler]],
    *,
    app: ASGIApp | None = None,
) -> Caller:
    """What is asked of a listener by that name; of `app`, if it runs already."""
    app = app or make_listener(shop.house, name)
    described = operations_in(await document_of(app, at="/users" if name == USERS else ""))
    asking = [each for each in described if each.permission != PUBLIC]
    return Caller(declared(routes(shop.house)), Matrix(app, asking))


USERS = "users"
"""The routes of users, on the public listener beside those of merchants, in a document of their own."""


def merchant_routes(house: Any) -> list[HTTPRouteHandler]:
    """The public listener's without those of users."""
    of_users = {path for route in user_routes(house) for path in route.paths}
    return [route for route in public_routes(house) if not route.paths & of_users]


LISTENERS: Mapping[str, Callable[[Any], Sequence[HTTPRouteHandler]]] = {
    "public": merchant_routes,
    USERS: user_routes,
    "internal": operations_routes,
    "ledger": books_routes,
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def listeners(shop: Platform) -> dict[str, Caller]:
    apps = {name: make_listener(shop.house, name) for name in LISTENERS if name != USERS}
    return {
        name: await listener_of(shop, name, routes, app=apps.get(name, apps["public"]))
        for name, routes in LISTENERS.items()
    }


@pytest.fixture
def public(listeners: dict[str, Caller]) -> Caller:
    return listeners["public"]


@pytest.mark.parametrize("listener", LISTENERS)
async def test_s1_every_route_that_asks_for_a_permission_is_in_the_matrix(
    listeners: dict[str, Caller], listener: str
) -> None:
    caller = listeners[listener]
    listed = {(each.method, each.path): each.permission for each in caller.matrix.operations}
    assert listed == caller.routes


@pytest.mark.parametrize("listener", LISTENERS)
async def test_s1_nobody_is_let_in_without_a_key_or_with_one_that_is_none(
    shop: Platform, listeners: dict[str, Caller], listener: str
) -> None:
    matrix = listeners[listener].matrix
    await matrix.refuses_all(None, 401, "unauthenticated")
    refused = {"internal": "staff", "ledger": "ledger"}.get(listener, "merchants")
    elsewhere = shop.merchant.secret if refused != "merchants" else "y"
    for secret in ("tael_aaaaaaaaaa_" + "b" * 40, "x", elsewhere):
        await matrix.refuses_all(secret, 401, f"{refused}.key_refused")
    await matrix.refuses_all(
        f"{USER_TOKEN}{'b' * 43}",
        401,
        "identity.session_ended" if refused == "merchants" else f"{refused}.key_refused",
    )
    assert len(matrix.seen) == len(matrix.operations)


async def test_s1_no_key_of_a_merchant_opens_anything_of_users(
    shop: Platform, listeners: dict[str, Caller]
) -> None:
    await listeners[USERS].matrix.lets_in(shop.merchant.secret, EVERY_PERMISSION)


Spoil = Callable[[Platform, str], Awaitable[None]]


async def revoked(shop: Platform, prefix: str) -> None:
    await shop.house.merchant_keys.revoke(prefix, actor=TEST)


async def expired(shop: Platform, prefix: str) -> None:
    async with shop.house.database.transaction() as tx:
        await tx.connection.execute(
            psycopg.sql.SQL("update merchants.api_keys set expires_at = now() where prefix = {}").format(
                prefix
            )
        )


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(revoked, "merchants.key_refused"), (expired, "merchants.key_expired")],
    ids=["revoked", "expired"],
)
async def test_s1_a_key_that_has_ended_opens_nothing(
    shop: Platform, public: Caller, spoil: Spoil, code: str
) -> None:
    made = await shop.house.merchant_keys.create(shop.merchant.merchant.id, actor=TEST)
    await spoil(shop, made.key.prefix)
    await public.matrix.refuses_all(made.secret, 401, code)


@pytest.mark.parametrize(("scope", "refused"), in_turn(sorted(EVERY_PERMISSION), parts=3))
async def test_s1_a_key_with_one_scope_opens_the_routes_of_that_scope_alone(
    shop: Platform, public: Caller, scope: str, refused: Share
) -> None:
    anybody = await shop.new_merchant()
    made = await shop.house.merchant_keys.create(
        anybody.merchant.id, wanted=WantedKey(scopes=(scope,)), actor=TEST
    )
    await public.matrix.lets_in(made.secret, frozenset({scope}), refused=refused)


NOT_MADE: Mapping[str, str] = {
    "2000-01": "a version of the agreement, which everybody may read",
    "doc": "documents belong to applications: tests of merchants",
    "dsp": "disputes are a channel's word: tests of disputes",
    "file": "files lie in disputes: tests of disputes",
    "en": "a language",
    "mdt": "mandates need a card: tests of customers",
    "pm": "cards need a vault: tests of customers",
    "sgk": "signing keys stand below their API key, which is made",
    "whd": "deliveries follow events: tests of webhooks",
}
"""Kinds of things that the matrix does not make, and where it is looked whether they stay with their owner."""
ENDS_IT_ALL = "/v1/merchant/notice"


async def things_of(shop: Platform, public: Caller) -> dict[str, str]:
    """One of each thing that a merchant can have, by its kind: made by every POST that makes one, or listed."""
    owner, found = shop.merchant, dict[str, str]()
    payment = await shop.captured_payment()
    found["rfd"] = (await owner.post(f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 100})).body[
        "id"
    ]
    own = [each for each in public.matrix.operations if not each.ids and each.path != ENDS_IT_ALL]
    posts = [each for each in own if each.method == "POST"]
    for operation in [*posts, *posts, *(each for each in own if each.method == "GET")]:
        body = re.sub(
            rb"([a-z]+)_06dk3vg5m8x4t9c1h2zq7n0rb.", lambda text: _mine(found, text), operation.least
        )
        headers = {
            "Idempotency-Key": new_id("key"),
            "Content-Type": "application/json",
            "Authorization": f"Bearer {owner.secret}",
        }
        reply = await ask(
            public.matrix.app, operation.method, target_of(operation, {}), headers=headers, body=body
        )
        is_json = reply.status < 300 and reply.headers["Content-Type"].startswith("application/json")
        said = reply.body if is_json else {}
        items = [said] if operation.method == "POST" else _items(said)
        for each in items[:1]:
            name = each.get("id") or each.get("prefix")
            if name is not None and kind_of(name) not in found:
                found[kind_of(name)] = name
    return found


def _items(page: Any) -> list[Any]:
    """What is listed, if it is a page of things."""
    return page.get("items", []) if isinstance(page, dict) else []


def _mine(found: Mapping[str, str], text: "re.Match[bytes]") -> bytes:
    return found.get(text[1].decode(), text[0].decode()).encode()


async def test_s1_what_belongs_to_another_merchant_is_as_unknown_as_nothing(
    shop: Platform, public: Caller
) -> None:
    stranger = await shop.new_merchant()
    theirs = await things_of(shop, public)
    unknown = set[str]()
    asked_about = {kind_of(name) for each in public.matrix.operations for name in each.ids.values()}
    missing = sorted(asked_about - theirs.keys() - NOT_MADE.keys())
    assert not missing, f"none was made of {missing}: say in NOT_MADE why"
    for operation in public.matrix.operations:
        plain = msgspec.structs.replace(operation, body=operation.least)
        kinds = {kind_of(name) for name in operation.ids.values()}
        if not kinds or kinds & NOT_MADE.keys():
            continue
        by_stranger = await asked(public.matrix.app, plain, stranger.secret, theirs)
        of_nobody = await asked(public.matrix.app, plain, stranger.secret)
        assert by_stranger == of_nobody, str(operation)
        assert by_stranger[0] in (400, 404), f"{operation}: {by_stranger}"
        unknown |= kinds if by_stranger[0] == 404 else set()
    assert unknown >= asked_about - NOT_MADE.keys()


@pytest.mark.parametrize(("role", "ended"), in_turn(sorted(Role), parts=3))
async def test_s1_a_member_of_staff_may_what_the_role_may_and_nothing_else(
    shop: Platform, listeners: dict[str, Caller], role: Role, ended: Share
) -> None:
    matrix = listeners["internal"].matrix
    assert role in ALONE or role in PERMISSIONS
    member = await shop.house.staff.add(
        role.title(), email=f"{new_id('mail')}@s1.example", roles=[role], actor="operator:test"
    )
    await matrix.lets_in(member.key.secret, PERMISSIONS[role])
    await shop.house.staff.revoke_key(member.key.key.prefix, actor="operator:test")
    await until_forgotten(shop, matrix, member.key.secret)
    await matrix.refuses_all(member.key.secret, 401, "staff.key_refused", share=ended)


async def until_forgotten(shop: Platform, matrix: Matrix, secret: str) -> None:
    """A process that has just seen a key lets it in for two seconds more: it forgets at once here."""
    shop.house.staff._ring._holders._known.clear()
    status, _ = await asked(matrix.app, matrix.operations[0], secret)
    assert status == 401


@pytest.mark.parametrize("word", sorted(MAY))
async def test_s1_a_key_of_the_ledger_may_what_it_was_given_and_nothing_else(
    shop: Platform, listeners: dict[str, Caller], word: str
) -> None:
    matrix = listeners["ledger"].matrix
    made = await shop.house.ledger_keys.create(word, may=[word], actor="operator:test")
    await matrix.lets_in(made.secret, frozenset({MAY[word]}))
