"""Is a key let in while it is good, kept out when it is not, and never kept in the clear?"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.foundation.api_keys import CACHE_SECONDS, hash_of, prefix_of
from tael.foundation.config import Settings
from tael.merchants.api import ChangeKey, MerchantKeys, Merchants, WantedKey
from tael.merchants.errors import (
    KeyEnded,
    KeyExpired,
    KeyMalformed,
    KeyRefused,
    MerchantSuspended,
    NoSuchKey,
    NoSuchMerchant,
    TooManyKeys,
)
from tael.merchants.model import Merchant, MerchantState
from tael.merchants.rules import EVERY_PERMISSION
from tael.merchants.rules.keys import MOST_LIVE_KEYS, ONLY_BY_NAME
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tael.testing.platform import QUICK
from tests.integration.waiting import until_somebody_waits

OPERATOR = "operator:test"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all tests of the file: each has a merchant of its own."""
    async with fresh_database(server) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(
    urls: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory, clock: ManualClock
) -> AsyncIterator[House]:
    async with opened(urls, tmp_path_factory.mktemp("house"), clock) as house:
        yield house


@pytest.fixture
def merchants(house: House) -> Merchants:
    return house.merchants


@pytest.fixture
def keys(house: House) -> MerchantKeys:
    return house.merchant_keys


def opened(
    urls: DatabaseUrls, folder: Path, clock: ManualClock
) -> "contextlib.AbstractAsyncContextManager[House]":
    return open_house(Settings(home=folder, **QUICK), urls.application, clock=clock)


@pytest.fixture
async def teapot(merchants: Merchants) -> Merchant:
    return await merchants.register(name=" 蓝茶壶 Blue Teapot ", fee_basis_points=60, actor=OPERATOR)


async def test_a_key_of_nobody_is_neither_made_nor_revoked(keys: MerchantKeys) -> None:
    with pytest.raises(NoSuchMerchant):
        await keys.create("mer_nobody", actor=OPERATOR)
    with pytest.raises(NoSuchKey):
        await keys.revoke("tael_nothing", actor=OPERATOR)


async def test_a_key_lets_its_merchant_in_and_shows_only_its_prefix(
    keys: MerchantKeys, teapot: Merchant
) -> None:
    made = await keys.create(teapot.id, actor=OPERATOR)

    holder = await keys.authenticate(made.secret)

    assert holder.merchant_id == teapot.id
    assert holder.prefix == prefix_of(made.secret) == made.key.prefix
    assert made.secret not in repr(made)
    assert await keys.of(teapot.id) == [made.key]


async def test_s5_only_the_hash_of_a_key_is_in_the_database(
    urls: DatabaseUrls, keys: MerchantKeys, teapot: Merchant
) -> None:
    made = await keys.create(teapot.id, actor=OPERATOR)
    await keys.authenticate(made.secret)
    await keys.note_uses()

    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        tables = await owner.execute(
            "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        )
        everything = [
            text
            for schema, table in await tables.fetchall()
            for (text,) in await (
                await owner.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(schema, table)))
            ).fetchall()
        ]
    hidden = made.secret.rpartition("_")[2]
    assert any(hash_of(made.secret).hex() in text for text in everything)
    assert not any(hidden in text for text in everything)


async def test_what_is_not_exactly_the_key_is_refused(keys: MerchantKeys, teapot: Merchant) -> None:
    secret = (await keys.create(teapot.id, actor=OPERATOR)).secret
    await keys.authenticate(secret)

    for wrong in (
        "",
        secret[:-1],
        secret[:-1] + ("a" if secret[-1] != "a" else "b"),
        secret + "a",
        secret.upper(),
        secret[:15],
        "tael_aaaaaaaaaa_" + secret[-40:],
        "tael_' or 1=1 --",
    ):
        with pytest.raises(KeyRefused) as refused:
            await keys.authenticate(wrong)
        assert refused.value.status == 401
        assert secret not in refused.value.message


async def test_a_revoked_key_is_kept_out_within_the_time_that_answers_are_remembered(
    urls: DatabaseUrls, tmp_path: Path, keys: MerchantKeys, teapot: Merchant, clock: ManualClock
) -> None:
    made = await keys.create(teapot.id, actor=OPERATOR)
    other = await keys.create(teapot.id, actor=OPERATOR)
    async with opened(urls, tmp_path, clock) as elsewhere:
        await elsewhere.merchant_keys.authenticate(made.secret)
        await keys.revoke(made.key.prefix, actor=OPERATOR)

        clock.move(seconds=CACHE_SECONDS)
        for ring in (keys, elsewhere.merchant_keys):
            with pytest.raises(KeyRefused):
                await ring.authenticate(made.secret)
            await ring.authenticate(other.secret)


async def test_a_key_that_was_revoked_stays_revoked_since_the_first_time(
    keys: MerchantKeys, teapot: Merchant, clock: ManualClock
) -> None:
    made = await keys.create(teapot.id, actor=OPERATOR)
    await keys.revoke(made.key.prefix, actor=OPERATOR)
    revoked_at = clock.now()
    clock.move(hours=1)
    await keys.revoke(made.key.prefix, actor=OPERATOR)

    [key] = await keys.of(teapot.id)
    assert key.revoked_at == revoked_at


async def test_a_suspended_merchant_begins_nothing_new_until_it_may_act_again(
    keys: MerchantKeys, merchants: Merchants, teapot: Merchant, clock: ManualClock
) -> None:
    made = await keys.create(teapot.id, actor=OPERATOR)
    before = await keys.authenticate(made.secret)
    assert (before.permissions, before.withheld, before.refusal) == (
        EVERY_PERMISSION - ONLY_BY_NAME,
        frozenset(),
        None,
    )

    await merchants.set_state(teapot.id, MerchantState.SUSPENDED, actor=OPERATOR)
    clock.move(seconds=CACHE_SECONDS)
    holder = await keys.authenticate(made.secret)
    assert "payments.write" in holder.withheld
    assert "payments.refund" in holder.permissions
    assert isinstance(holder.refusal, MerchantSuspended)

    await merchants.set_state(teapot.id, MerchantState.ACTIVE, actor=OPERATOR)
    clock.move(seconds=CACHE_SECONDS)
    assert (await keys.authenticate(made.secret)).permissions == EVERY_PERMISSION - ONLY_BY_NAME


async def test_a_rotated_key_has_two_good_secrets_until_the_overlap_ends(
    keys: MerchantKeys, teapot: Merchant, clock: ManualClock
) -> None:
    made = await keys.create(teapot.id, actor=OPERATOR)
    await keys.authenticate(made.secret)
    turned = await keys.rotate(made.key.prefix, overlap=timedelta(days=1), actor=OPERATOR)
    assert turned.key.prefix == made.key.prefix == prefix_of(turned.secret)
    assert turned.secret != made.secret

    clock.move(hours=23)
    for secret in (made.secret, turned.secret):
        assert (await keys.authenticate(secret)).prefix == made.key.prefix
    clock.move(hours=1)
    with pytest.raises(KeyExpired):
        await keys.authenticate(made.secret)
    await keys.authenticate(turned.secret)

    at_once = await keys.rotate(made.key.prefix, overlap=timedelta(0), actor=OPERATOR)
    clock.move(seconds=CACHE_SECONDS)
    with pytest.raises(KeyRefused):
        await keys.authenticate(turned.secret)
    await keys.authenticate(at_once.secret)


async def test_a_rotation_while_the_last_one_overlaps_leaves_two_secrets_not_three(
    keys: MerchantKeys, teapot: Merchant
) -> None:
    first = await keys.create(teapot.id, actor=OPERATOR)
    second = await keys.rotate(first.key.prefix, overlap=timedelta(days=7), actor=OPERATOR)
    third = await keys.rotate(first.key.prefix, overlap=timedelta(days=7), actor=OPERATOR)
    with pytest.raises(KeyRefused):
        await keys.authenticate(first.secret)
    await keys.authenticate(second.secret)
    await keys.authenticate(third.secret)
    with pytest.raises(KeyMalformed):
        await keys.rotate(first.key.prefix, overlap=timedelta(days=7, seconds=1), actor=OPERATOR)


async def test_a_key_ends_at_its_moment_also_for_who_has_just_used_it(
    keys: MerchantKeys, teapot: Merchant, clock: ManualClock
) -> None:
    ends = clock.now() + timedelta(seconds=1)
    made = await keys.create(teapot.id, wanted=WantedKey(expires_at=ends), actor=OPERATOR)
    await keys.authenticate(made.secret)
    clock.move(seconds=1)
    with pytest.raises(KeyExpired):
        await keys.authenticate(made.secret)
    with pytest.raises(KeyEnded):
        await keys.rotate(made.key.prefix, overlap=timedelta(0), actor=OPERATOR)


async def test_a_revoked_key_is_neither_rotated_nor_changed(keys: MerchantKeys, teapot: Merchant) -> None:
    made = await keys.create(teapot.id, actor=OPERATOR)
    await keys.revoke(made.key.prefix, actor=OPERATOR)
    with pytest.raises(KeyEnded):
        await keys.rotate(made.key.prefix, overlap=timedelta(0), actor=OPERATOR)
    with pytest.raises(KeyEnded):
        await keys.do(ChangeKey(merchant_id=None, prefix=made.key.prefix, name="x"), actor=OPERATOR)


async def test_keys_of_each_mode_and_kind_begin_with_their_own_words(
    house: House, keys: MerchantKeys, teapot: Merchant
) -> None:
    test_settings = msgspec.structs.replace(house.settings, mode="test")
    in_test = MerchantKeys(house.database, house.clock, test_settings, keys.versions)
    for ring, publishable, word in (
        (keys, False, "tael_"),
        (keys, True, "tael_pk_"),
        (in_test, False, "tael_test_"),
        (in_test, True, "tael_test_pk_"),
    ):
        made = await ring.create(teapot.id, wanted=WantedKey(publishable=publishable), actor=OPERATOR)
        assert re.fullmatch(rf"{word}[a-z2-7]{{10}}_[a-z2-7]{{40}}", made.secret)
        assert (await ring.authenticate(made.secret)).prefix == made.key.prefix
        again = await ring.rotate(made.key.prefix, overlap=timedelta(0), actor=OPERATOR)
        assert re.fullmatch(rf"{made.key.prefix}_[a-z2-7]{{40}}", again.secret)


async def test_a_merchant_has_at_most_a_hundred_live_keys_however_many_ask_at_once(
    house: House, keys: MerchantKeys, teapot: Merchant
) -> None:
    """Two processes ask for the last one, and both have begun before either may go on."""
    made = [await keys.create(teapot.id, actor=OPERATOR) for _ in range(MOST_LIVE_KEYS - 1)]
    others = MerchantKeys(house.database, house.clock, house.settings, keys.versions)
    async with house.database.transaction() as tx:
        await tx.connection.execute(
            b"select 1 from merchants.merchants where id = %(id)s for no key update", {"id": teapot.id}
        )
        asked = [asyncio.create_task(each.create(teapot.id, actor=OPERATOR)) for each in (keys, others)]
        await until_somebody_waits(house.database, so_many=2)
    heard = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in heard if isinstance(each, Exception)] == [TooManyKeys]
    await keys.revoke(made[0].key.prefix, actor=OPERATOR)
    await keys.create(teapot.id, actor=OPERATOR)


async def test_what_a_key_asks_of_its_requests_is_changed_and_what_it_may_do_is_not(
    keys: MerchantKeys, teapot: Merchant, clock: ManualClock
) -> None:
    made = await keys.create(
        teapot.id, wanted=WantedKey(name="Shop", scopes=("payments.read",)), actor=OPERATOR
    )
    change = ChangeKey(
        merchant_id=teapot.id, prefix=made.key.prefix, addresses=("203.0.113.0/24",), version="2026-11-01"
    )
    await keys.do(change, actor=OPERATOR)
    [found] = await keys.of(teapot.id)
    assert found == msgspec.structs.replace(made.key, addresses=("203.0.113.0/24",), version="2026-11-01")
    clock.move(seconds=CACHE_SECONDS)
    holder = await keys.authenticate(made.secret)
    assert [str(network) for network in holder.networks] == ["203.0.113.0/24"]
    with pytest.raises(NoSuchKey):
        await keys.do(msgspec.structs.replace(change, merchant_id="mer_other"), actor=OPERATOR)


async def test_the_last_use_of_a_key_is_noted(
    keys: MerchantKeys, teapot: Merchant, clock: ManualClock
) -> None:
    used = await keys.create(teapot.id, actor=OPERATOR)
    unused = await keys.create(teapot.id, actor=OPERATOR)
    clock.move(minutes=5)

    await asyncio.gather(*[keys.authenticate(used.secret) for _ in range(20)])
    keys.ring.note(used.key.prefix, "203.0.113.7")
    await keys.note_uses()

    last = {key.prefix: (key.last_used_at, key.last_used_from) for key in await keys.of(teapot.id)}
    assert last == {used.key.prefix: (clock.now(), "203.0.113.7"), unused.key.prefix: (None, None)}
    clock.move(minutes=5)
    await keys.note_uses()
    assert last == {key.prefix: (key.last_used_at, key.last_used_from) for key in await keys.of(teapot.id)}
