"""Is a merchant closed while something of it is open? And do its real payments count towards its fees?"""

import asyncio

import msgspec

from tael.app.closing import still_open
from tael.merchants.errors import MerchantSuspended
from tael.merchants.model import MerchantState, fee_terms_id, flat_rate
from tael.payments.api import CreatePayment, new_payment
from tael.testing.platform import Platform


async def test_who_has_money_with_us_or_a_payment_on_its_way_is_not_closed(shop: Platform) -> None:
    house = shop.house
    ask = still_open(house.database, house.ledger, house.merchants, house.payments, house.clock)
    idle = await shop.new_merchant("Idle Teapot")
    assert not await ask(idle.merchant.id)
    await idle.create_payment(1_280)
    assert await ask(idle.merchant.id)

    await shop.captured_payment(1_280)
    seller = shop.merchant.merchant.id
    for _ in range(100):
        if await house.merchants.volumes(seller):
            break
        await asyncio.sleep(0.1)
    [volume] = await house.merchants.volumes(seller)
    assert (volume.captured_minor, volume.currency, volume.captures) == (1_280, "CNY", 1)
    assert await ask(seller)


async def test_however_a_payer_comes_no_new_payment_is_taken_for_who_does_not_sell(shop: Platform) -> None:
    house = shop.house
    merchant = (await shop.new_merchant("Resting Teapot")).merchant
    for state in MerchantState:
        stands = msgspec.structs.replace(merchant, state=state)
        payment = new_payment(
            stands,
            amount_minor=1_280,
            currency="CNY",
            reference="x",
            description="Tea",
            now=house.clock.now(),
            seconds=900,
        )
        async with house.database.transaction() as tx:
            [made] = await house.payments.create_within(
                tx, [CreatePayment(payment=payment, exponent=None, merchant=stands)]
            )
        assert isinstance(made, MerchantSuspended) == (state is not MerchantState.ACTIVE), state


async def test_a_payment_keeps_the_fee_terms_of_the_moment_at_which_it_began(shop: Platform) -> None:
    house = shop.house
    seller = await house.merchants.get(shop.merchant.merchant.id)
    payment = new_payment(
        seller,
        amount_minor=1_280,
        currency="CNY",
        reference="x",
        description="Tea",
        now=house.clock.now(),
        seconds=900,
    )
    assert payment.fee_terms_id == fee_terms_id(flat_rate(seller.fee_basis_points))
