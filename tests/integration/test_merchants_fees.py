"""Do the terms of a merchant hold from the moment that was agreed, and can every name be looked up later?"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.signing import make_key
from tael.merchants.api import Merchants
from tael.merchants.errors import NoSuchFeeTerms, NoSuchMerchant
from tael.merchants.model import Merchant, MerchantState, fee_terms_id, flat_rate
from tael.payments.events import PaymentCaptured
from tael.testing.merchants import MerchantsDesk

OPERATOR = "operator:test"


@pytest.fixture
async def desk(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[MerchantsDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield MerchantsDesk(database, tmp_path)
    await database.close()


@pytest.fixture
async def teapot(desk: MerchantsDesk) -> Merchant:
    return await desk.merchants.register(name="Blue Teapot", fee_basis_points=60, actor=OPERATOR)


async def test_a_registered_merchant_pays_just_its_rate_and_the_name_is_known_elsewhere(
    desk: MerchantsDesk, teapot: Merchant
) -> None:
    id, terms = await desk.merchants.terms_of(teapot.id, desk.clock.now())
    assert (id, terms) == (fee_terms_id(flat_rate(60)), flat_rate(60))

    elsewhere = Merchants(
        desk.database, desk.clock, sealer=desk.sealer, signing_key=lambda: make_key("ed25519")
    )
    assert await elsewhere.fee_terms([id, id]) == {id: terms}
    with pytest.raises(NoSuchFeeTerms):
        await elsewhere.fee_terms([id, fee_terms_id(flat_rate(59))])
    with pytest.raises(NoSuchMerchant):
        await elsewhere.terms_of("mer_nobody", desk.clock.now())


async def test_a_mirrored_merchant_stands_and_pays_as_it_was_said_last(
    desk: MerchantsDesk, teapot: Merchant
) -> None:
    merchants = desk.merchants
    copy = msgspec.structs.replace(teapot, id="mer_06dk3vg5m8x4t9c1h2zq7n0rby", name="Green Teapot")
    await merchants.mirror(copy, flat_rate(60))
    await merchants.mirror(copy, flat_rate(60))
    assert (await merchants.terms_of(copy.id, desk.clock.now()))[1] == flat_rate(60)

    desk.clock.move(seconds=5)
    changed = msgspec.structs.replace(copy, state=MerchantState.SUSPENDED)
    await merchants.mirror(changed, flat_rate(45))
    assert (await merchants.find([copy.id]))[copy.id] == changed
    assert (await merchants.terms_of(copy.id, desk.clock.now()))[1] == flat_rate(45)
    assert (await merchants.terms_of(copy.id, desk.clock.now() - timedelta(seconds=1)))[1] == flat_rate(60)


async def test_what_was_captured_is_counted_by_month_of_china_and_currency(
    desk: MerchantsDesk, teapot: Merchant
) -> None:
    end_of_march = datetime(2026, 3, 31, 16, tzinfo=UTC)
    facts = [
        PaymentCaptured(
            object_id=f"pay_{number}",
            happened_at=end_of_march - timedelta(seconds=number % 2),
            merchant_id=teapot.id,
            attempt_id="att_1",
            amount_minor=100 + number,
            fee_minor=1,
            currency=currency,
        )
        for number, currency in enumerate(("CNY", "CNY", "CNY", "USD"))
    ]
    for batch in (facts[:2], facts[2:]):
        async with desk.database.transaction() as tx:
            await desk.merchants.count_captured(tx, batch)

    counted = {(each.month, each.currency): each for each in await desk.merchants.volumes(teapot.id)}
    assert {key: (each.captured_minor, each.captures) for key, each in counted.items()} == {
        ("2026-04", "CNY"): (202, 2),
        ("2026-03", "CNY"): (101, 1),
        ("2026-03", "USD"): (103, 1),
    }
