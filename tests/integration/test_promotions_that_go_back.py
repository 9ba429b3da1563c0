"""What becomes of the platform's share when refunds fail, come back, or find the merchant's balance empty?"""

import asyncio
from typing import Any

import msgspec
import pytest

from tael.app.house import House
from tael.channels.port import OutcomeState
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.offers.model import Funder, OnRefund, Purchase, Redemption, Use
from tael.payments import postings, store
from tael.payments.model import RefundState
from tael.payments.usecases.apply_offers import (
    Asked,
    book_promotion_returned,
    promotion_going_back,
    with_discount,
)
from tael.testing.books import faults_in_books
from tests.integration.money_desk import CNY, MoneyDesk
from tests.integration.offers_scene import an_offer
from tests.integration.waiting import until_somebody_waits
from tests.unit.test_payments_rules import attempt

SUCCEEDED, FAILED = OutcomeState.SUCCEEDED, OutcomeState.FAILED
CAPTURED = {
    "channel:alipay:receivable": 1000,
    "merchant:mer_1:pending": 1274,
    "platform:fees": 6,
    "platform:promotions": 280,
}


async def captured(house: House, **says: Any) -> tuple[MoneyDesk, str]:
    """12.80, of which the platform pays 2.80."""
    offer_id = await an_offer(house, None, funder=Funder.PLATFORM, fixed_minor=280, **says)
    desk = MoneyDesk(house)
    await desk.begin()
    async with house.database.transaction() as tx:
        paying = await store.lock_payments(tx, ["pay_1"])
        opened = await house.offers.open(tx, [_use()])
        made = with_discount(opened, paying["pay_1"], attempt(id="att_2"), Asked(), channels=house.channels)
        await store.insert_attempts(tx, [made])  # type: ignore[list-item]
        await opened.write(tx)
    desk.attempt_id = "att_2"
    await desk.told(SUCCEEDED, amount=Money(1000, CNY))
    assert await desk.balances() == CAPTURED
    return desk, offer_id


def _use() -> Use:
    purchase = Purchase(merchant_id="mer_1", amount_minor=1280, currency=CNY, method="alipay")
    return Use(payment_id="pay_1", attempt_id="att_2", purchase=purchase)


async def redemption(house: House, offer_id: str) -> Redemption:
    [one] = await house.offers.redemptions(offer_id, merchant_id=None, before=None, limit=9)
    return one


async def test_a_refund_that_comes_back_brings_the_platforms_share_back_once(house: House) -> None:
    desk, offer_id = await captured(house)
    await desk.merchant_refunds(500)
    await desk.told_of_refund("rfd_1", SUCCEEDED)
    await desk.told_of_refund("rfd_1", SUCCEEDED)
    after = await desk.balances()
    assert (after["platform:promotions"], after["merchant:mer_1:pending"]) == (140, 637)
    assert (await redemption(house, offer_id)).given_back_minor == 140

    returned = await desk.surely_told_of_refund("rfd_1", FAILED)
    assert returned.state is RefundState.FAILED
    assert await desk.balances() == CAPTURED
    await desk.surely_told_of_refund("rfd_1", SUCCEEDED)
    assert await desk.balances() == after
    assert (await redemption(house, offer_id)).given_back_minor == 140
    assert not await faults_in_books(house)


async def test_a_refund_that_the_channel_refuses_leaves_the_discount_as_it_is(house: House) -> None:
    desk, offer_id = await captured(house)
    await desk.merchant_refunds(1000)
    await desk.told_of_refund("rfd_1", FAILED)

    assert await desk.balances() == CAPTURED
    assert (await redemption(house, offer_id)).given_back_minor == 0


async def test_the_platforms_share_is_set_aside_with_the_refund_and_comes_back_if_that_fails(
    house: House,
) -> None:
    desk, offer_id = await captured(house)
    await desk.merchant_refunds(500)
    await desk.merchant_refunds(1, refund_id="rfd_2")
    set_aside = await desk.balances()
    assert (set_aside["platform:promotions"], set_aside["merchant:mer_1:pending"]) == (140, 636)
    await desk.told_of_refund("rfd_1", FAILED)
    assert (await desk.balances())["platform:promotions"] == 280
    assert not await faults_in_books(house)
    await desk.told_of_refund("rfd_2", FAILED)

    assert await desk.balances() == CAPTURED
    assert (await redemption(house, offer_id)).given_back_minor == 0
    assert not await faults_in_books(house)


async def test_a_refund_that_an_older_program_made_takes_its_share_as_it_succeeds(house: House) -> None:
    """Without a share set aside; what the merchant has not got any more is to be recovered."""
    desk, _ = await captured(house)
    before = await desk.payment()
    made = await desk.merchant_refunds(500)
    async with house.database.transaction() as tx:
        undone = msgspec.structs.replace(postings.refund_created(made), id="undone")
        share_minor = await promotion_going_back(tx, house.offers, before)
        await book_promotion_returned(tx, house.ledger, before, undone, share_minor)
    await desk.merchant_is_paid_out(770)
    await desk.told_of_refund("rfd_1", SUCCEEDED)

    after = await desk.balances()
    assert "merchant:mer_1:pending" not in after
    assert (after["platform:recoverable"], after["platform:promotions"]) == (133, 140)
    assert not await faults_in_books(house)


async def test_an_offer_that_is_kept_on_refund_stays_with_the_merchant(house: House) -> None:
    desk, _ = await captured(house, on_refund=OnRefund.KEPT)
    await desk.merchant_refunds(500)
    await desk.told_of_refund("rfd_1", SUCCEEDED)

    assert (await desk.balances())["platform:promotions"] == 280


async def test_what_the_channel_gives_back_by_itself_takes_the_share_with_it(house: House) -> None:
    desk, offer_id = await captured(house)
    await desk.told(OutcomeState.CLOSED, voided=True, asked=True)

    assert (await desk.payment()).refunded_minor == 1000
    assert await desk.balances() == {}
    assert (await redemption(house, offer_id)).given_back_minor == 280
    assert not await faults_in_books(house)


@pytest.mark.parametrize(
    ("paid_out", "after"),
    [
        (200, {"platform:recoverable": 200, "elsewhere": -200}),
        (770, {"platform:recoverable": 1000, "platform:fees": 6, "merchant:mer_1:pending": 224}),
        (1274, {"platform:recoverable": 1280, "platform:fees": 6}),
    ],
)
async def test_what_is_not_covered_of_what_the_channel_gave_back_is_recovered_with_its_share(
    house: House, paid_out: int, after: dict[str, int]
) -> None:
    desk, offer_id = await captured(house)
    await desk.merchant_is_paid_out(paid_out)
    await desk.told(OutcomeState.CLOSED, voided=True, asked=True)

    assert await desk.balances() == {"elsewhere": -paid_out} | after
    assert (await redemption(house, offer_id)).given_back_minor == 280
    assert not await faults_in_books(house)


async def test_a_refund_that_is_charged_to_nobody_leaves_the_platforms_share_where_it_is(
    house: House,
) -> None:
    desk, offer_id = await captured(house)
    await desk.merchant_refunds(500)
    await desk.told_of_refund("rfd_1", FAILED)
    await desk.merchant_is_paid_out(1000)
    await desk.surely_told_of_refund("rfd_1", SUCCEEDED)

    after = await desk.balances()
    assert (after["platform:promotions"], after["platform:recoverable"]) == (280, 500)
    assert after["merchant:mer_1:pending"] == 274
    assert (await redemption(house, offer_id)).given_back_minor == 0
    assert not await faults_in_books(house)


async def test_a_refund_holds_no_balance_while_it_waits_for_one_that_is_locked_before_it(
    house: House,
) -> None:
    """The merchant's account is older than the channel's: they were paid over another one before."""
    elsewhere = AccountSpec("elsewhere", CNY, AccountClass.ASSET)
    pending, in_transit = (
        postings.merchant_pending("mer_1", CNY),
        postings.refunds_in_transit("alipay", CNY),
    )
    async with house.database.transaction() as tx:
        await house.ledger.open_accounts(tx, [elsewhere, pending])
    desk, _ = await captured(house)
    await desk.merchant_refunds(500)

    async def sold(tx: Transaction, id: str, source: AccountSpec) -> None:
        lines = (debit(source, Money(1, CNY)), credit(pending, Money(1, CNY)))
        [receipt] = await house.ledger.post(
            tx, [JournalEntry(id=id, kind="sold", reference=id, postings=lines)]
        )
        assert not isinstance(receipt, Refusal), receipt

    async with asyncio.timeout(20), house.database.transaction() as tx:
        await sold(tx, "sold_1", elsewhere)
        refunding = asyncio.create_task(desk.told_of_refund("rfd_1", FAILED))
        await until_somebody_waits(house.database)
        await sold(tx, "sold_2", in_transit)
    assert (await refunding).state is RefundState.FAILED
    assert (await desk.balances())["platform:promotions"] == 280
