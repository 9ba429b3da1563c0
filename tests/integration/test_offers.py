"""Are budgets, limits and coupons exact, however many want them at once?"""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from tael.app.house import House
from tael.foundation.clock import SystemClock
from tael.foundation.db import Database, Query
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.offers.api import MakeCoupons, MakeOffer, Offers, SetOfferState
from tael.offers.errors import NoSuchCoupon, NoSuchOffer, OfferChanged, OfferEnded, OfferNotUsable
from tael.offers.model import Funder, OfferState, Purchase, Terms, Use, payer_known_as, payer_said_as
from tests.integration.offers_scene import a_coupon, an_offer, offer_of
from tests.integration.waiting import until_somebody_waits

CLOCK = SystemClock()
_LOCK_OFFER = Query("lock_offer", b"select id from offers.offers where id = %(id)s for update")
PURCHASE = Purchase(merchant_id="mer_1", amount_minor=10_000, currency="CNY", method="card", payer="cus_1")


@pytest.fixture
def offers(house: House) -> Offers:
    return Offers(house.database, CLOCK)


def terms(**changes: object) -> Terms:
    now = CLOCK.now()
    plain = Terms(
        currency="CNY",
        fixed_minor=500,
        budget_minor=2_000,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )
    return msgspec.structs.replace(plain, **changes)


async def made(offers: Offers, **changes: object) -> str:
    wanted = MakeOffer(
        id=new_id("off"),
        name="Double eleven",
        terms=terms(**changes),
        funder=Funder.MERCHANT,
        merchant_id="mer_1",
        actor="key:x",
    )
    await offers.do(wanted, actor="key:x")
    return wanted.id


async def set_state(offers: Offers, offer_id: str, state: OfferState, *, merchant_id: str = "mer_1") -> None:
    await offers.do(SetOfferState(offer_id=offer_id, state=state, merchant_id=merchant_id), actor="key:x")


def use(**changes: object) -> Use:
    shown = changes.pop("shown_minor", None)
    payment_id = changes.pop("payment_id", None) or new_id("pay")
    return Use(
        payment_id=payment_id,  # type: ignore[arg-type]
        attempt_id=new_id("att"),
        purchase=msgspec.structs.replace(PURCHASE, **changes),
        shown_minor=shown,  # type: ignore[arg-type]
    )


async def hold(database: Database, offers: Offers, *uses: Use) -> list[int | type]:
    """What was taken off each, or the kind of its refusal."""
    async with database.transaction() as tx:
        held = await offers.hold(tx, uses)
    return [type(each) if isinstance(each, Refusal) else sum(d.amount_minor for d in each) for each in held]


async def test_a_budget_is_never_passed_by_many_at_once(house: House, offers: Offers) -> None:
    offer_id = await made(offers, budget_minor=2_200)

    batches = [hold(house.database, offers, use(), use()) for _ in range(8)]
    results = [off for batch in await asyncio.gather(*batches) for off in batch]

    assert sorted((off for off in results if isinstance(off, int)), reverse=True) == [
        500,
        500,
        500,
        500,
        200,
        *[0] * 11,
    ]
    assert (await offers.get(offer_id, merchant_id="mer_1")).left_minor == 0


async def test_what_is_released_can_be_used_again_and_what_is_spent_cannot(
    house: House, offers: Offers
) -> None:
    offer_id = await made(offers, budget_minor=500)
    first, second = use(), use()
    assert await hold(house.database, offers, first) == [500]
    async with house.database.transaction() as tx:
        await offers.settle(tx, released=[first.attempt_id])
        await offers.settle(tx, released=[first.attempt_id])
    assert await hold(house.database, offers, second) == [500]
    async with house.database.transaction() as tx:
        await offers.settle(tx, spent=[second.attempt_id])
        await offers.settle(tx, released=[second.attempt_id])
        back = await offers.give_back(tx, second.attempt_id, paid_minor=9_500, refunded_minor=950)

    assert [minor for _, minor in back] == [50]
    assert await hold(house.database, offers, use()) == [0]
    assert len(await offers.redemptions(offer_id, merchant_id="mer_1", before=None, limit=10)) == 2


async def test_a_payer_uses_an_offer_as_often_as_it_says(house: House, offers: Offers) -> None:
    await made(offers, per_payer=1)

    assert await hold(house.database, offers, use(), use(), use(payer="cus_2"), use(payer=None)) == [
        500,
        0,
        500,
        0,
    ]


async def test_a_customer_is_a_payer_of_the_merchants_own_offers_alone(house: House, offers: Offers) -> None:
    """A merchant has as many customers as it likes; a wallet says who pays in it."""
    own = await made(offers, per_payer=1)
    platforms = await an_offer(house, None, funder=Funder.PLATFORM, per_payer=1, fixed_minor=700)
    customers = [use(payer=payer_said_as(each)) for each in ("cus_1", "cus_1", "cus_2")]
    in_wallet = [use(payer=payer_known_as("alipay", "2088")) for _ in range(2)]

    assert await hold(house.database, offers, *customers, *in_wallet) == [500, 0, 500, 700, 500]
    uses = [(await offer_of(house, each)).used_minor for each in (own, platforms)]
    assert uses == [1_500, 700]
    assert await hold(house.database, offers, use(payer=payer_said_as("cus_2"))) == [0]


async def test_a_coupon_opens_its_offer_so_many_times(house: House, offers: Offers) -> None:
    offer_id = await made(offers, needs_coupon=True)
    coupons = MakeCoupons(offer_id=offer_id, count=1, uses_most=1, merchant_id="mer_1")
    (code,) = (await offers.do(coupons, actor="key:x")).codes

    with_code = msgspec.structs.replace(PURCHASE, codes=(f" {code.lower()} ",))
    unknown = msgspec.structs.replace(PURCHASE, codes=("NOSUCHCODE",))
    none, shown, refused = await offers.discounts([PURCHASE, with_code, unknown])
    assert none == ()
    assert not isinstance(shown, Refusal)
    assert [each.amount_minor for each in shown] == [500]
    assert isinstance(refused, NoSuchCoupon)
    both = await asyncio.gather(*(hold(house.database, offers, use(codes=(code,))) for _ in range(2)))
    assert sorted(map(str, both)) == sorted(map(str, [[500], [OfferNotUsable]]))


async def test_the_attempts_of_one_payment_use_offer_coupon_and_payer_once(
    house: House, offers: Offers
) -> None:
    offer_id = await made(offers, needs_coupon=True, budget_minor=500, per_payer=1)
    coupons = MakeCoupons(offer_id=offer_id, count=1, uses_most=1, merchant_id="mer_1")
    codes = (await offers.do(coupons, actor="key:x")).codes
    first = use(codes=codes)
    second = use(codes=codes, payment_id=first.payment_id)

    assert await hold(house.database, offers, first) == [500]
    assert await hold(house.database, offers, second, second, use(codes=codes)) == [500, 500, OfferNotUsable]
    async with house.database.transaction() as tx:
        await offers.settle(tx, released=[first.attempt_id])
    assert await hold(house.database, offers, use(codes=codes)) == [OfferNotUsable]
    assert (await offers.get(offer_id, merchant_id="mer_1")).used_minor == 500
    async with house.database.transaction() as tx:
        await offers.settle(tx, released=[second.attempt_id])
    assert (await offers.get(offer_id, merchant_id="mer_1")).used_minor == 0
    assert await hold(house.database, offers, use(codes=codes)) == [500]


async def test_what_ends_together_takes_its_offers_in_one_order(house: House, offers: Offers) -> None:
    """The offer of the attempt that was paid is the older one: it is waited for before the other is held."""
    older, newer = [await made(offers, needs_coupon=True) for _ in range(2)]
    codes = [await a_coupon(house, each) for each in (older, newer)]
    paid, unpaid = use(codes=(codes[0],)), use(codes=(codes[1],))
    assert await hold(house.database, offers, paid, unpaid) == [500, 500]
    async with house.database.transaction() as tx:
        await offers.settle(tx, released=[paid.attempt_id])

    async def end() -> None:
        async with house.database.transaction() as tx:
            await offers.settle(tx, spent=[paid.attempt_id], released=[unpaid.attempt_id])

    async with asyncio.timeout(20), house.database.transaction() as tx:
        await tx.tuples(_LOCK_OFFER, id=older)
        ending = asyncio.create_task(end())
        await until_somebody_waits(house.database)
        await tx.tuples(_LOCK_OFFER, id=newer)
    await ending
    used = [(await offer_of(house, each)).used_minor for each in (older, newer)]
    assert used == [500, 0]


async def test_what_was_released_and_is_paid_after_all_is_honoured_beyond_the_budget(
    house: House, offers: Offers
) -> None:
    offer_id = await made(offers, budget_minor=500)
    late, other = use(), use()
    assert await hold(house.database, offers, late) == [500]
    async with house.database.transaction() as tx:
        await offers.settle(tx, released=[late.attempt_id])
    assert await hold(house.database, offers, other) == [500]
    async with house.database.transaction() as tx:
        await offers.settle(tx, spent=[late.attempt_id])
        await offers.settle(tx, spent=[late.attempt_id, other.attempt_id])

    assert (await offers.get(offer_id, merchant_id="mer_1")).used_minor == 1_000
    assert await hold(house.database, offers, use()) == [0]


async def test_a_process_hears_for_whose_payments_there_are_offers(house: House, offers: Offers) -> None:
    elsewhere = Offers(house.database, CLOCK)
    await made(offers, needs_coupon=True)
    assert (offers.may_concern("mer_1"), offers.takes_coupons("mer_1")) == (False, True)
    offer_id = await made(offers)

    assert (offers.may_concern("mer_1"), offers.may_concern("mer_2")) == (True, False)
    assert not elsewhere.may_concern("mer_1")
    await elsewhere.refresh()
    assert elsewhere.may_concern("mer_1")
    await set_state(offers, offer_id, OfferState.PAUSED)
    assert not offers.may_concern("mer_1")


async def test_a_discount_other_than_the_payer_saw_is_refused(house: House, offers: Offers) -> None:
    offer_id = await made(offers)
    assert await hold(house.database, offers, use(shown_minor=500)) == [500]
    await set_state(offers, offer_id, OfferState.PAUSED)

    assert await hold(house.database, offers, use(shown_minor=500), use()) == [OfferChanged, 0]


async def test_an_offer_is_its_merchants_alone_and_ends_for_good(offers: Offers) -> None:
    offer_id = await made(offers)

    with pytest.raises(NoSuchOffer):
        await offers.get(offer_id, merchant_id="mer_2")
    with pytest.raises(NoSuchOffer):
        await set_state(offers, offer_id, OfferState.ENDED, merchant_id="mer_2")
    await set_state(offers, offer_id, OfferState.ENDED)
    with pytest.raises(OfferEnded):
        await set_state(offers, offer_id, OfferState.ACTIVE)
    assert await offers.discounts([PURCHASE]) == [()]
