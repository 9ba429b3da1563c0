"""Are merchants what they were registered as, and does every change leave its line?"""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.merchants.api import Merchants
from tael.merchants.errors import MerchantMalformed, NoSuchMerchant
from tael.merchants.model import Merchant, MerchantState, fee_terms_id, flat_rate
from tael.testing.clocks import ManualClock
from tael.testing.platform import QUICK

OPERATOR = "operator:test"


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
    seen = await merchants.get(teapot.id)
    assert msgspec.convert(seen, Merchant, from_attributes=True) == teapot
    assert seen.fee_terms_id == fee_terms_id(flat_rate(60))
    assert await merchants.everybody() == [teapot]


async def test_a_merchant_that_cannot_be_is_refused(merchants: Merchants) -> None:
    with pytest.raises(MerchantMalformed):
        await merchants.register(name="", fee_basis_points=60, actor=OPERATOR)
    with pytest.raises(NoSuchMerchant):
        await merchants.get("mer_nobody")
    with pytest.raises(NoSuchMerchant):
        await merchants.set_state("mer_nobody", MerchantState.SUSPENDED, actor=OPERATOR)


async def test_s17_every_change_of_a_merchant_leaves_its_line_in_the_audit_trail(
    urls: DatabaseUrls, merchants: Merchants, teapot: Merchant
) -> None:
    await merchants.set_state(teapot.id, MerchantState.SUSPENDED, actor=OPERATOR)

    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        lines = await (
            await owner.execute("select actor, action, object_id, result from foundation.audit order by seq")
        ).fetchall()
    assert lines == [
        (OPERATOR, "merchants.register", teapot.id, "done"),
        (OPERATOR, "merchants.set_state_suspended", teapot.id, "done"),
    ]
