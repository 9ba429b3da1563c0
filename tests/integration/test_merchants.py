"""Is a key let in while it is good, kept out when it is not, and never kept in the clear?"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.foundation.api_keys import CACHE_SECONDS, hash_of, prefix_of
from tael.foundation.config import Settings
from tael.merchants.api import Merchants
from tael.merchants.errors import KeyRefused, MerchantMalformed, MerchantSuspended, NoSuchKey, NoSuchMerchant
from tael.merchants.model import Merchant, MerchantState
from tael.testing.clocks import ManualClock
from tael.testing.platform import QUICK

OPERATOR = "operator:test"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def merchants(urls: DatabaseUrls, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Merchants]:
    async with opened(urls, tmp_path, clock) as house:
        yield house.merchants


def opened(
    urls: DatabaseUrls, folder: Path, clock: ManualClock
) -> "contextlib.AbstractAsyncContextManager[House]":
    return open_house(Settings(home=folder, **QUICK), urls.application, clock=clock)


@pytest.fixture
async def teapot(merchants: Merchants) -> Merchant:
    return await merchants.register(name=" 蓝茶壶 Blue Teapot ", fee_basis_points=60, actor=OPERATOR)


async def test_a_new_merchant_is_active_and_named_as_payers_see_it(
    merchants: Merchants, teapot: Merchant, clock: ManualClock
) -> None:
    assert teapot.name == "蓝茶壶 Blue Teapot"
    assert teapot.state is MerchantState.ACTIVE
    assert teapot.created_at == clock.now()
    assert await merchants.get(teapot.id) == teapot
    assert await merchants.everybody() == [teapot]


async def test_a_merchant_that_cannot_be_is_refused(merchants: Merchants) -> None:
    with pytest.raises(MerchantMalformed):
        await merchants.register(name="", fee_basis_points=60, actor=OPERATOR)
    with pytest.raises(NoSuchMerchant):
        await merchants.get("mer_nobody")
    with pytest.raises(NoSuchMerchant):
        await merchants.create_key("mer_nobody", actor=OPERATOR)
    with pytest.raises(NoSuchMerchant):
        await merchants.set_state("mer_nobody", MerchantState.SUSPENDED, actor=OPERATOR)
    with pytest.raises(NoSuchKey):
        await merchants.revoke_key("tael_nothing", actor=OPERATOR)


async def test_a_key_lets_its_merchant_in_and_shows_only_its_prefix(
    merchants: Merchants, teapot: Merchant
) -> None:
    made = await merchants.create_key(teapot.id, actor=OPERATOR)

    holder = await merchants.authenticate(made.secret)

    assert holder.merchant == teapot
    assert holder.prefix == prefix_of(made.secret) == made.key.prefix
    assert made.secret not in repr(made)
    assert await merchants.list_keys(teapot.id) == [made.key]


async def test_s5_only_the_hash_of_a_key_is_in_the_database(
    urls: DatabaseUrls, merchants: Merchants, teapot: Merchant
) -> None:
    made = await merchants.create_key(teapot.id, actor=OPERATOR)
    await merchants.authenticate(made.secret)
    await merchants.note_uses()

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


async def test_what_is_not_exactly_the_key_is_refused(merchants: Merchants, teapot: Merchant) -> None:
    secret = (await merchants.create_key(teapot.id, actor=OPERATOR)).secret
    await merchants.authenticate(secret)

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
            await merchants.authenticate(wrong)
        assert refused.value.status == 401
        assert secret not in refused.value.message


async def test_a_revoked_key_is_kept_out_within_the_time_that_answers_are_remembered(
    urls: DatabaseUrls, tmp_path: Path, merchants: Merchants, teapot: Merchant, clock: ManualClock
) -> None:
    made = await merchants.create_key(teapot.id, actor=OPERATOR)
    other = await merchants.create_key(teapot.id, actor=OPERATOR)
    async with opened(urls, tmp_path, clock) as elsewhere:
        await elsewhere.merchants.authenticate(made.secret)
        await merchants.revoke_key(made.key.prefix, actor=OPERATOR)

        clock.move(seconds=CACHE_SECONDS)
        for house in (merchants, elsewhere.merchants):
            with pytest.raises(KeyRefused):
                await house.authenticate(made.secret)
            await house.authenticate(other.secret)


async def test_a_key_that_was_revoked_stays_revoked_since_the_first_time(
    merchants: Merchants, teapot: Merchant, clock: ManualClock
) -> None:
    made = await merchants.create_key(teapot.id, actor=OPERATOR)
    await merchants.revoke_key(made.key.prefix, actor=OPERATOR)
    revoked_at = clock.now()
    clock.move(hours=1)
    await merchants.revoke_key(made.key.prefix, actor=OPERATOR)

    [key] = await merchants.list_keys(teapot.id)
    assert key.revoked_at == revoked_at


async def test_a_suspended_merchant_is_kept_out_until_it_may_act_again(
    merchants: Merchants, teapot: Merchant, clock: ManualClock
) -> None:
    made = await merchants.create_key(teapot.id, actor=OPERATOR)
    await merchants.authenticate(made.secret)

    await merchants.set_state(teapot.id, MerchantState.SUSPENDED, actor=OPERATOR)
    clock.move(seconds=CACHE_SECONDS)
    with pytest.raises(MerchantSuspended):
        await merchants.authenticate(made.secret)
    assert (await merchants.get(teapot.id)).state is MerchantState.SUSPENDED

    await merchants.set_state(teapot.id, MerchantState.ACTIVE, actor=OPERATOR)
    clock.move(seconds=CACHE_SECONDS)
    await merchants.authenticate(made.secret)


async def test_the_last_use_of_a_key_is_noted(
    merchants: Merchants, teapot: Merchant, clock: ManualClock
) -> None:
    used = await merchants.create_key(teapot.id, actor=OPERATOR)
    unused = await merchants.create_key(teapot.id, actor=OPERATOR)
    clock.move(minutes=5)

    await asyncio.gather(*[merchants.authenticate(used.secret) for _ in range(20)])
    await merchants.note_uses()

    last = {key.prefix: key.last_used_at for key in await merchants.list_keys(teapot.id)}
    assert last == {used.key.prefix: clock.now(), unused.key.prefix: None}
    clock.move(minutes=5)
    await merchants.note_uses()
    assert last == {key.prefix: key.last_used_at for key in await merchants.list_keys(teapot.id)}


async def test_s17_every_change_of_a_merchant_leaves_its_line_in_the_audit_trail(
    urls: DatabaseUrls, merchants: Merchants, teapot: Merchant
) -> None:
    made = await merchants.create_key(teapot.id, actor=OPERATOR)
    await merchants.revoke_key(made.key.prefix, actor=OPERATOR)
    await merchants.set_state(teapot.id, MerchantState.SUSPENDED, actor=OPERATOR)

    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        lines = await (
            await owner.execute("select actor, action, object_id, result from foundation.audit order by seq")
        ).fetchall()
    assert lines == [
        (OPERATOR, "merchants.register", teapot.id, "done"),
        (OPERATOR, "merchants.create_key", made.key.prefix, "done"),
        (OPERATOR, "merchants.revoke_key", made.key.prefix, "done"),
        (OPERATOR, "merchants.set_state_suspended", teapot.id, "done"),
    ]
