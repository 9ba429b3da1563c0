"""Can a merchant look after its keys over the API, and does each key let in what it says and no more?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import sql

from tael.foundation.ids import new_id
from tael.merchants.api import WantedKey
from tael.testing.platform import MerchantClient, Platform
from tests.e2e.asking import GOOD, PAYMENTS, asked, check_problem

KEYS = "/v1/keys"
NOTHING: dict[str, object] = {}


async def another(shop: Platform, **wanted: Any) -> MerchantClient:
    """The merchant's server with another key."""
    made = await shop.house.merchant_keys.create(
        shop.merchant.merchant.id, wanted=WantedKey(**wanted), actor="operator:test"
    )
    return MerchantClient(shop.session, shop.public_url, shop.merchant.merchant, made.secret)


def prefix(client: MerchantClient) -> str:
    return client.secret.rpartition("_")[0]


async def made(client: MerchantClient, **body: object) -> Any:
    reply = await client.post(KEYS, body)
    assert reply.status == 201, reply.raw
    return reply.body


async def test_a_key_is_made_used_rotated_and_revoked_over_the_api(shop: Platform) -> None:
    boss = shop.merchant
    key = await made(boss, name="Shop", scopes=["payments.read", "payments.write"])
    shown = (await boss.get(f"{KEYS}/{key['prefix']}")).body
    assert shown == key | {"secret": None}
    assert (key["version"], key["permissions"]) == ("2026-11-22", ["payments.read", "payments.write"])
    clerk = MerchantClient(shop.session, shop.public_url, boss.merchant, key["secret"])
    assert (await clerk.get(PAYMENTS)).status == 200

    turned = (await boss.post(f"{KEYS}/{key['prefix']}/rotate", {"overlap_seconds": 3600})).body
    assert turned["prefix"] == key["prefix"]
    assert turned["old_secret_until"] is not None
    for secret in (key["secret"], turned["secret"]):
        clerk = MerchantClient(shop.session, shop.public_url, boss.merchant, secret)
        assert (await clerk.get(PAYMENTS)).status == 200

    gone = (await boss.post(f"{KEYS}/{key['prefix']}/revoke", NOTHING)).body
    assert gone["revoked_at"] is not None
    listed = (await boss.get(KEYS)).raw
    assert key["prefix"].encode() in listed
    assert key["secret"].encode() not in listed


async def test_s5_the_secret_goes_out_once_and_a_repeat_shows_the_key_without_it(shop: Platform) -> None:
    name = new_id("key")
    first = await shop.merchant.post(KEYS, {"name": "once"}, key=name)
    again = await shop.merchant.post(KEYS, {"name": "once"}, key=name)
    assert first.body["secret"].startswith(first.body["prefix"])
    assert (again.status, again.body) == (201, first.body | {"secret": None})
    assert again.headers["idempotent-replayed"] == "true"
    hidden = first.body["secret"].rpartition("_")[2]
    async with shop.house.database.transaction() as tx:
        for table in ("foundation.calls", "foundation.audit", "merchants.api_keys"):
            rows = await tx.connection.execute(
                sql.SQL(
                    "select count(*) from {} t where convert_from(decode(encode(t::text::bytea, 'hex'), 'hex'), 'utf8') like {}"
                ).format(sql.Identifier(*table.split(".")), f"%{hidden}%")
            )
            assert await rows.fetchone() == (0,)
        bodies = await tx.connection.execute("select body from foundation.calls where body is not null")
        assert not any(hidden.encode() in body for (body,) in await bodies.fetchall())


async def test_a_key_gives_no_key_that_can_more_than_itself(shop: Platform) -> None:
    small = await another(shop, scopes=("keys.read", "keys.write", "payments.read"))
    await made(small, scopes=["payments.read"])
    beyond: list[dict[str, object]] = [
        NOTHING,
        {"preset": "full"},
        {"scopes": ["payments.read", "payments.write"]},
    ]
    for body in beyond:
        check_problem(await small.post(KEYS, body), 403, "merchants.beyond_yours", "scopes")
    big = prefix(shop.merchant)
    for path, change in (
        (f"{KEYS}/{big}/rotate", {"overlap_seconds": 0}),
        (f"{KEYS}/{big}", {"name": "mine"}),
    ):
        check_problem(await small.post(path, change), 403, "merchants.beyond_yours", "scopes")
    bound = await another(shop, addresses=("127.0.0.0/8",))
    check_problem(
        await bound.post(f"{KEYS}/{prefix(bound)}", {"addresses": []}),
        403,
        "merchants.beyond_yours",
        "addresses",
    )
    itself = await small.post(f"{KEYS}/{prefix(small)}/rotate", {"overlap_seconds": 0})
    assert itself.status == 200


async def test_another_merchants_key_is_as_unknown_as_none(shop: Platform) -> None:
    stranger = await shop.new_merchant()
    theirs, nobodys = prefix(stranger), "tael_aaaaaaaaaa"
    for ask in (theirs, nobodys):
        check_problem(await shop.merchant.get(f"{KEYS}/{ask}"), 404, "merchants.no_such_key", "prefix")
        for verb, body in (
            ("", {"name": "x"}),
            ("/rotate", {"overlap_seconds": 0}),
            ("/revoke", NOTHING),
            ("/signing_keys/sgk_06dk3vg5m8x4t9c1h2zq7n0rby/revoke", NOTHING),
        ):
            reply = await shop.merchant.post(f"{KEYS}/{ask}{verb}", body)
            check_problem(reply, 404, "merchants.no_such_key", "prefix")
    assert (await stranger.get(KEYS)).status == 200


async def test_keys_are_listed_page_by_page(shop: Platform) -> None:
    owner = await shop.new_merchant()
    wanted = [(await made(owner, name=str(number)))["prefix"] for number in range(4)]
    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 2}
    while True:
        page = (await owner.get(KEYS, **query)).body
        seen += [key["prefix"] for key in page["data" if "data" in page else "items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [*reversed(wanted), prefix(owner)]


async def test_a_key_without_the_scope_is_told_which_one_is_missing(shop: Platform) -> None:
    looker = await another(shop, scopes=("payments.read",))
    problem = check_problem(await looker.post(PAYMENTS, GOOD), 403, "forbidden")
    assert problem["permission"] == "payments.write"
    assert "payments.write" in problem["detail"]


async def test_a_publishable_key_opens_nothing_of_the_api(shop: Platform) -> None:
    page = await another(shop, publishable=True)
    assert page.secret.startswith("tael_pk_")
    check_problem(await page.get(PAYMENTS), 403, "forbidden")


async def test_a_key_is_good_in_its_networks_only(shop: Platform) -> None:
    assert (await (await another(shop, addresses=("127.0.0.1",))).get(PAYMENTS)).status == 200
    for elsewhere in (("203.0.113.0/24",), ("::1",)):
        outside = await another(shop, addresses=elsewhere)
        check_problem(await outside.get(PAYMENTS), 403, "address_refused")


async def test_nobody_says_where_they_come_from_unless_a_trusted_proxy_does(shop: Platform) -> None:
    outside = await another(shop, addresses=("203.0.113.0/24",))
    reply = await asked(
        shop, "GET", PAYMENTS, Authorization=f"Bearer {outside.secret}", X_Forwarded_For="203.0.113.7"
    )
    check_problem(reply, 403, "address_refused")


async def test_an_expired_key_is_refused_as_expired(shop: Platform) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    client = await another(shop, expires_at=soon)
    assert (await client.get(PAYMENTS)).status == 200
    async with shop.house.database.transaction() as tx:
        await tx.connection.execute(
            sql.SQL("update merchants.api_keys set expires_at = now() where prefix = {}").format(
                prefix(client)
            )
        )
    shop.house.merchant_keys.ring._holders._known.clear()
    reply = await client.get(PAYMENTS)
    check_problem(reply, 401, "merchants.key_expired", "Authorization")


async def test_a_key_that_asks_too_much_is_told_when_to_come_back(shop: Platform) -> None:
    slow = await another(shop, reads_per_second=1)
    first = await slow.get(PAYMENTS)
    assert first.headers["ratelimit-policy"] == '"read";q=2;w=2'
    assert first.headers["ratelimit"] == '"read";r=1;t=1'
    answers = [await slow.get(PAYMENTS) for _ in range(5)]
    refused = next(each for each in answers if each.status != 200)
    problem = check_problem(refused, 429, "rate_limited")
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["ratelimit"].startswith('"read";r=0')
    assert "Idempotency-Key" in problem["hint"]
    assert (await slow.post(PAYMENTS, GOOD)).status == 201


async def test_an_older_program_is_answered_in_the_words_that_it_knows(shop: Platform) -> None:
    today = await shop.merchant.post(PAYMENTS, GOOD)
    assert today.headers["tael-version"] == "2026-11-22"
    path = f"{PAYMENTS}/{today.body['id']}"
    old = await another(shop, version="2026-11-01")
    new_names = {"capture_method", "authorised_minor", "capture_before"}
    before = await old.get(path)
    assert before.headers["tael-version"] == "2026-11-01"
    now = (await shop.merchant.get(path)).body
    assert new_names < now.keys()
    assert before.body == {name: value for name, value in now.items() if name not in new_names}

    asked_for = await asked(shop, "GET", path, Tael_Version="2026-11-01")
    assert asked_for.body == before.body
    ahead = await asked(shop, "GET", path, Authorization=f"Bearer {old.secret}", Tael_Version="2026-11-22")
    assert ahead.body == now
    problem = check_problem(
        await asked(shop, "GET", path, Tael_Version="2026-11-02"), 400, "unknown_version", "Tael-Version"
    )
    assert "2026-11-01, 2026-11-22" in problem["hint"]

    moved = await shop.merchant.post(f"{KEYS}/{prefix(old)}", {"version": "2026-11-22"})
    assert moved.body["version"] == "2026-11-22"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"preset": "everything"}, "preset"),
        ({"preset": "full", "scopes": ["payments.read"]}, "preset"),
        ({"scopes": ["payments.rea"]}, "scopes"),
        ({"addresses": ["203.0.113.1/24"]}, "addresses"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"version": "yesterday"}, "version"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_key_that_cannot_be_is_refused_with_its_field(
    shop: Platform, body: dict[str, object], field: str
) -> None:
    reply = await shop.merchant.post(KEYS, body)
    assert (reply.status, reply.body["field"]) == (400, field), reply.raw
