"""Merchants are paid from wallets: once, within limits, confirmed; what is given back is in the wallet again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.payments.model import AttemptState, PaymentState
from tael.standing.model import PersonalLimit
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.wallets.api import AskAboutOrder, NewOrder, OrderRefund, OrderState, RefundOrder
from tael.wallets.errors import NoSuchOrder, OrderDiffers, RefundExceedsPaid
from tael.wallets.model import CounterKind
from tael.wallets.store import find_counters as counters_of
from tael.wallets.store import orders as kept
from tests.integration.orders_scene import Shop, orders_scene
from tests.integration.spendings import lower
from tests.integration.waiting import until_somebody_waits
from tests.integration.wallets_scene import code_of


@pytest.fixture
async def shop(urls: DatabaseUrls, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Shop]:
    async with orders_scene(urls, tmp_path, clock) as opened:
        yield opened
        assert not await faults_in_books(opened.house)


async def test_a_merchant_is_paid_from_a_wallet_and_the_channel_owes_nothing(shop: Shop) -> None:
    payer = await shop.person(5_000)
    payment, number = await shop.order(1280)
    seen = await shop.wallets.orders.look(number, user_id=payer.user_id)
    assert (seen.payee, seen.subject, seen.amount_minor) == ("蓝茶壶 Blue Teapot", "Two cups of tea", 1280)
    assert code_of(await shop.pay(payer, number)) == "paid"
    await shop.told()
    story = await shop.story(payment)
    assert (story.payment.state, story.payment.captured_minor) == (PaymentState.CAPTURED, 1280)
    assert await shop.available(payer) == 3_720
    assert await shop.owed_by_channel() == 0
    [message] = await shop.house.people.messages.list_kept(payer.user_id, limit=5)
    assert message.template == "payment_made"


async def test_what_a_merchant_gives_back_is_in_the_wallet_and_never_more_than_was_paid(shop: Shop) -> None:
    payer = await shop.person(5_000)
    payment, number = await shop.order(1280)
    await shop.pay(payer, number)
    await shop.told()
    assert (await shop.refund(payment, 280, key="r")).status in {201, 202}
    assert (await shop.refund(payment, 280, key="r")).replayed
    refunds = [shop.refund(payment, 300) for _ in range(5)]
    statuses = [answer.status for answer in await asyncio.gather(*refunds)]
    assert sorted(status >= 400 for status in statuses) == [False, False, False, True, True]
    await shop.janitor_comes()
    await shop.told()
    assert (await shop.story(payment)).payment.refunded_minor == 280 + 3 * 300
    assert await shop.available(payer) == 5_000 - 1280 + 280 + 3 * 300
    assert await shop.owed_by_channel() == 0
    assert (await shop.wallets.orders.find(number)).refunded_minor == 1180


async def test_an_order_is_confirmed_by_payment_password_and_only_that_order(shop: Shop) -> None:
    payer = await shop.person(50_000, small=None)
    _, number = await shop.order(1280)
    _, other = await shop.order(1280)
    assert code_of(await shop.pay(payer, number)) == "wallets.confirmation_missing"
    present = await shop.present(payer)
    confirmation_id = await shop.confirmed(present, payer, number)
    assert code_of(await shop.pay(payer, other, confirmation_id=confirmation_id)) != "paid"
    assert code_of(await shop.pay(payer, number, confirmation_id=confirmation_id)) == "paid"
    assert await shop.available(payer) == 50_000 - 1280


async def test_who_lets_small_amounts_pass_is_asked_nothing(shop: Shop) -> None:
    payer = await shop.person(50_000)
    _, number = await shop.order(1280)
    present = await shop.present(payer)
    wish = AskAboutOrder(
        number=number, user_id=payer.user_id, login_id=payer.login_id, session_id=present.session.id
    )
    asked = await shop.wallets.asking.about_order(wish)
    assert (str(asked.strength), asked.confirmation) == ("none", None)
    _, large = await shop.order(40_000)
    asked = await shop.wallets.asking.about_order(msgspec.structs.replace(wish, number=large))
    assert str(asked.strength) == "one"
    assert asked.confirmation is not None
    assert asked.confirmation.words["to"] == "蓝茶壶 Blue Teapot"


async def test_a_payer_without_the_money_can_try_again_and_the_payment_waits(shop: Shop) -> None:
    payer = await shop.person(1_000)
    payment, number = await shop.order(1280)
    assert code_of(await shop.pay(payer, number)) == "wallets.not_enough"
    assert (await shop.story(payment)).attempts[-1].state is AttemptState.WAITING
    async with shop.house.database.transaction() as tx:
        await shop.give(tx, [payer.user_id], 280)
    assert code_of(await shop.pay(payer, number)) == "paid"
    assert await shop.available(payer) == 0


async def test_a_user_who_may_not_pay_does_not(shop: Shop) -> None:
    payer = await shop.person(5_000, sources=0)
    _, number = await shop.order(1280)
    assert code_of(await shop.pay(payer, number)).startswith("standing.")
    assert (await shop.wallets.orders.find(number)).state is OrderState.WAITING


async def test_limits_hold_for_payments(shop: Shop) -> None:
    payer = await shop.person(200_000, sources=1)
    numbers = [(await shop.order(20_000))[1] for _ in range(6)]
    codes = [code_of(await shop.pay(payer, number)) for number in numbers]
    assert codes.count("paid") == 5
    assert codes[-1] in {"wallets.limit_reached", "wallets.confirmation_missing"}


async def test_what_is_paid_by_merchants_printed_codes_has_a_limit_of_its_own(shop: Shop) -> None:
    """Not more than 500 yuan a day by printed codes, whoever has printed them."""
    payer, codes = await shop.person(500_000), []
    for minor in (20_000, 20_000, 10_001, 10_000, 1):
        _, number = await shop.order(minor, source="static_code:cod_1")
        codes.append(code_of(await shop.pay(payer, number)))
    assert codes == ["paid", "paid", "wallets.limit_reached", "paid", "wallets.limit_reached"]
    _, number = await shop.order(1_000)
    assert code_of(await shop.pay(payer, number)) == "paid"


async def test_who_pays_before_midnight_is_counted_on_that_day_however_long_it_takes(shop: Shop) -> None:
    """The order is another's until it is the next day, and the next year, in China."""
    payer, database = await shop.person(50_000), shop.house.database
    await lower(shop, payer, PersonalLimit.PAY_DAY, 1_000)
    year = shop.clock.now().year
    midnight = datetime(year, 12, 31, 16, tzinfo=UTC)
    shop.clock.move(seconds=(midnight - shop.clock.now()).total_seconds() - 60)
    await shop.house.books.make_months()
    _, first = await shop.order(900)
    _, second = await shop.order(900)
    assert code_of(await shop.pay(payer, first)) == "paid"
    shop.clock.move(seconds=59.999)
    async with database.transaction() as tx:
        await kept.lock_orders(tx, [second])
        paying = asyncio.create_task(shop.pay(payer, second))
        await until_somebody_waits(database)
        shop.clock.move(seconds=1)
    assert code_of(await paying) == "wallets.limit_reached"
    assert code_of(await shop.pay(payer, second)) == "paid"
    async with database.transaction() as tx:
        counters = await counters_of(tx, [payer.user_id], periods=[f"{year}-12-31", f"{year + 1}-01-01"])
    spent = {key.period: used.minor for key, used in counters.items() if key.kind is CounterKind.PAYMENT}
    assert spent == {f"{year}-12-31": 900, f"{year + 1}-01-01": 900}


async def test_two_payers_of_one_order_and_only_one_has_paid(shop: Shop) -> None:
    ann, bob = await shop.persons(2, 5_000)
    payment, number = await shop.order(1280)
    answers = await asyncio.gather(*(shop.pay(who, number) for who in (ann, bob) * 10))
    assert await shop.available(ann) + await shop.available(bob) == 10_000 - 1280
    paid = [answer for answer in answers if answer.status == 200]
    assert 1 <= len(paid) <= 10
    await shop.told()
    assert (await shop.story(payment)).payment.captured_minor == 1280
    payer = (await shop.wallets.orders.find(number)).user_id
    loser = bob if payer == ann.user_id else ann
    with pytest.raises(NoSuchOrder):
        await shop.wallets.orders.look(number, user_id=loser.user_id)


async def test_r7_twenty_orders_at_once_from_money_for_half_of_them(shop: Shop) -> None:
    payer = await shop.person(10 * 1280)
    orders = [await shop.order(1280) for _ in range(20)]
    codes = [
        code_of(answer) for answer in await asyncio.gather(*(shop.pay(payer, each) for _, each in orders))
    ]
    assert (codes.count("paid"), codes.count("wallets.not_enough")) == (10, 10)
    await shop.told()
    states = [(await shop.story(payment)).payment.state for payment, _ in orders]
    assert states.count(PaymentState.CAPTURED) == 10
    assert (await shop.available(payer), await shop.owed_by_channel()) == (0, 0)


async def test_r4_the_same_call_again_pays_once_and_says_the_same(shop: Shop) -> None:
    payer = await shop.person(5_000)
    _, number = await shop.order(1280)
    answers = await asyncio.gather(*(shop.pay(payer, number, key="k") for _ in range(20)))
    assert {answer.body for answer in answers} == {answers[0].body}
    assert sum(not answer.replayed for answer in answers) == 1
    assert code_of(await shop.pay(payer, number, key="another")) == "paid"
    assert await shop.available(payer) == 5_000 - 1280


async def test_two_devices_of_one_payer_pay_an_order_once_and_both_hear_so(shop: Shop) -> None:
    payer = await shop.person(5_000)
    _, number = await shop.order(1280)
    answers = await asyncio.gather(*(shop.pay(payer, number, key=key) for key in "abc"))
    assert [code_of(answer) for answer in answers] == ["paid"] * 3
    assert await shop.available(payer) == 5_000 - 1280


async def test_a_confirmation_lasts_until_the_money_is_there(shop: Shop) -> None:
    payer = await shop.person(1_000, small=None)
    _, number = await shop.order(1280)
    id = await shop.confirmed(await shop.present(payer), payer, number)
    assert code_of(await shop.pay(payer, number, confirmation_id=id)) == "wallets.not_enough"
    async with shop.house.database.transaction() as tx:
        await shop.give(tx, [payer.user_id], 280)
    assert code_of(await shop.pay(payer, number, confirmation_id=id)) == "paid"


async def test_an_order_whose_time_is_over_is_paid_by_nobody(shop: Shop) -> None:
    payer = await shop.person(5_000)
    payment, number = await shop.order(1280, seconds=300)
    shop.clock.move(seconds=301)
    assert code_of(await shop.pay(payer, number)) == "wallets.order_ended"
    await shop.wallets.codes.forget_old()
    assert (await shop.wallets.orders.find(number)).state is OrderState.CLOSED
    await shop.janitor_comes(seconds=120)
    assert (await shop.story(payment)).payment.state is PaymentState.EXPIRED
    assert await shop.available(payer) == 5_000


async def test_a_payment_that_its_merchant_cancels_can_be_paid_no_more(shop: Shop) -> None:
    payer = await shop.person(5_000)
    payment, number = await shop.order()
    closed = await shop.close(payment)
    assert closed.status == 200
    assert (await shop.story(payment)).payment.state is PaymentState.CANCELED
    assert code_of(await shop.pay(payer, number)) == "wallets.order_ended"
    assert await shop.available(payer) == 5_000


async def test_what_nobody_told_payments_an_inquiry_finds_out(shop: Shop) -> None:
    """As after a death between the wallet's commit and the payment's knowledge, if the news is lost for ever."""
    payer = await shop.person(5_000)
    payment, number = await shop.order()
    assert code_of(await shop.pay(payer, number)) == "paid"
    await shop.janitor_comes()
    story = await shop.story(payment)
    assert story.payment.state is PaymentState.CAPTURED
    await shop.told()
    assert (await shop.story(payment)).payment.captured_minor == 1280


async def test_money_that_arrives_after_the_end_goes_back_to_the_wallet(shop: Shop) -> None:
    """The payment has ended although its order could be paid: what was paid then is a surplus."""
    payer = await shop.person(5_000)
    payment, number = await shop.order()
    assert (await shop.closed_in_word_only(payment)).status == 200
    assert (await shop.story(payment)).payment.state is PaymentState.CANCELED
    assert code_of(await shop.pay(payer, number)) == "paid"
    await shop.told()
    await shop.janitor_comes()
    await shop.told()
    assert await shop.available(payer) == 5_000
    assert await shop.owed_by_channel() == 0


async def test_nothing_is_paid_from_a_frozen_account(shop: Shop) -> None:
    payer = await shop.person(5_000)
    _, before = await shop.order()
    _, after = await shop.order()
    assert code_of(await shop.pay(payer, before)) == "paid"
    await shop.freeze(payer)
    assert code_of(await shop.pay(payer, after)) in {"standing.restricted", "wallets.frozen"}
    [balance] = await shop.wallets.balances(payer.user_id)
    assert balance.total_minor == 5_000 - 1280


async def test_wallets_give_back_no_more_than_was_paid_whoever_asks(shop: Shop) -> None:
    payer = await shop.person(5_000)
    _, number = await shop.order(1280)
    orders = shop.wallets.orders

    def wish(name: str, minor: int) -> RefundOrder:
        return RefundOrder(number=name, order_number=number, amount_minor=minor, currency="CNY")

    with pytest.raises(NoSuchOrder):
        await orders.refund(wish("rfd_0", 1))
    await shop.pay(payer, number)
    asked = [orders.refund(wish(f"rfd_{each}", 500)) for each in range(5)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(answer, RefundExceedsPaid) for answer in answers) == 3
    done = next(answer for answer in answers if isinstance(answer, OrderRefund))
    assert await orders.refund(wish(done.number, 500)) == done
    with pytest.raises(OrderDiffers):
        await orders.refund(wish(done.number, 1))
    with pytest.raises(RefundExceedsPaid):
        await orders.refund(wish("rfd_x", 281))
    assert await shop.available(payer) == 5_000 - 1280 + 1_000


async def test_an_order_is_about_one_amount_for_ever(shop: Shop) -> None:
    _, number = await shop.order(1280)
    expires_at = shop.clock.now() + timedelta(minutes=5)
    new = NewOrder(number=number, amount_minor=1281, currency="CNY", subject="", expires_at=expires_at)
    with pytest.raises(OrderDiffers):
        await shop.wallets.orders.place(new)
