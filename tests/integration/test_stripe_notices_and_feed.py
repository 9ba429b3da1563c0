"""Do events reach us signed, repeated, late, twice and out of order, and by asking if they do not come at all?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tael.channels.conversations import carry_on
from tael.channels.errors import NoticeRefused
from tael.channels.port import (
    DisputeState,
    FeedPage,
    GoTo,
    Notice,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Product,
    RefundOrder,
)
from tael.foundation.clock import SystemClock
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tests.integration.channel_scene import Scene, opened

PRICE = Money(1280, "HKD")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened("stripe", tmp_path, speed=24_000) as scene:
        yield scene


def card_order(scene: Scene, **changes: object) -> Order:
    changes = {"card_token": "pm_card_visa", "return_url": "https://shop.example/"} | changes
    return scene.order(new_id("att"), amount=PRICE, product=Product.CARD, **changes)


async def asking_order(scene: Scene) -> tuple[Order, str]:
    """An order that waits for its payer, and where the payer is asked."""
    order = card_order(scene, card_token="pm_card_authenticationRequired")
    outcome = await scene.ask(Operation.PAY, order)
    assert isinstance(outcome.action, GoTo)
    return msgspec.structs.replace(order, channel_reference=outcome.channel_reference), outcome.action.url


def told_of(notice: Notice) -> Outcome:
    assert notice.outcome is not None
    return notice.outcome


async def test_a_payment_is_told_with_our_number_and_amount(scene: Scene) -> None:
    order, page = await asking_order(scene)
    await scene.control.act("pay", page)
    outcome = told_of(await scene.told())
    assert (outcome.state, outcome.order_number) == (OutcomeState.SUCCEEDED, order.order_number)
    assert (outcome.amount, outcome.channel_reference) == (PRICE, order.channel_reference)


async def test_held_money_is_told_and_so_is_its_release(scene: Scene) -> None:
    order = card_order(scene, capture_later=True)
    await scene.ask(Operation.PAY, order)
    assert told_of(await scene.told()).state is OutcomeState.AUTHORISED
    await scene.ask(Operation.CANCEL, order)
    assert told_of(await scene.told()).state is OutcomeState.CLOSED


async def test_a_failed_step_up_is_told_as_a_definite_failure(scene: Scene) -> None:
    _, page = await asking_order(scene)
    await scene.control.act("fail", page)
    outcome = told_of(await scene.told())
    assert (outcome.state, outcome.code) == (OutcomeState.FAILED, "payment_intent_authentication_failure")


async def test_a_page_that_ends_unpaid_is_told(scene: Scene) -> None:
    order = scene.order(new_id("att"), amount=PRICE, product=Product.H5, return_url="https://a.example/")
    await scene.ask(Operation.PAY, order)
    await scene.control.advance(seconds=86_400)
    outcome = told_of(await scene.told())
    assert (outcome.state, outcome.order_number) == (OutcomeState.CLOSED, order.order_number)


async def test_a_refund_that_comes_back_is_told_after_its_success(scene: Scene) -> None:
    order = card_order(scene, card_token="pm_card_refundFail")
    await scene.ask(Operation.PAY, order)
    refund = RefundOrder(refund_number=new_id("rfd"), amount=Money(300, "HKD"), reason="broken")
    await scene.ask(Operation.REFUND, order, refund=refund)
    told = [told_of(await scene.told()) for _ in range(3)]
    assert {outcome.state for outcome in told} == {OutcomeState.SUCCEEDED}
    assert [outcome.given_back_in_all for outcome in told if outcome.given_back_in_all] == [refund.amount]
    await scene.control.advance(seconds=86_400)
    failed = told_of(await scene.told())
    assert (failed.state, failed.refund_number) == (OutcomeState.FAILED, refund.refund_number)
    inquired = await scene.ask(Operation.INQUIRE_REFUND, order, refund=refund)
    assert inquired.state is OutcomeState.FAILED


async def test_a_dispute_is_told_when_it_opens_and_when_it_is_decided(scene: Scene) -> None:
    order = card_order(scene)
    await scene.ask(Operation.PAY, order)
    await scene.told()
    await scene.control.act("dispute", order.order_number, text="product_not_received")
    opened_now = told_of(await scene.told())
    assert opened_now.dispute is not None
    assert opened_now.dispute.reason == "product_not_received"
    await scene.control.act("dispute_won", order.order_number)
    decided = told_of(await scene.told())
    assert decided.dispute is not None
    assert decided.dispute.state is DisputeState.WON


async def test_a_payout_is_told_at_an_address_of_the_account(scene: Scene) -> None:
    await scene.control.act_at_large("listen", text=scene.door.url)
    payout = PayoutOrder(
        payout_number=new_id("out"), amount=PRICE, payee_account="", created_at=SystemClock().now()
    )
    await scene.ask(Operation.PAY_OUT, payout=payout)
    assert told_of(await scene.told()).state is OutcomeState.WAITING
    await scene.control.act_on_payout("payout_succeed", payout.payout_number)
    outcome = told_of(await scene.told())
    assert (outcome.state, outcome.payout_number) == (OutcomeState.SUCCEEDED, payout.payout_number)


@pytest.mark.parametrize(
    "fault", [Fault.WRONG_SIGNATURE, Fault.STALE_NOTICE, Fault.WRONG_MERCHANT, Fault.CLOCK_SKEW]
)
async def test_a_notice_that_cannot_be_believed_is_refused_and_comes_again(
    scene: Scene, fault: Fault
) -> None:
    order, page = await asking_order(scene)
    await scene.control.switch_on(fault, calls=1, method="notice")
    scene.door.status = 400
    await scene.control.act("pay", page)
    with pytest.raises(NoticeRefused):
        await scene.told()
    scene.door.status = 200
    right = told_of(await scene.told())
    assert (right.state, right.order_number) == (OutcomeState.SUCCEEDED, order.order_number)


async def test_a_notice_of_another_amount_says_so_and_not_ours(scene: Scene) -> None:
    _, page = await asking_order(scene)
    await scene.control.switch_on(Fault.WRONG_AMOUNT, calls=1, method="notice")
    await scene.control.act("pay", page)
    assert told_of(await scene.told()).amount == Money(1281, "HKD")


async def test_a_repeated_notice_carries_the_same_id(scene: Scene) -> None:
    _, page = await asking_order(scene)
    await scene.control.switch_on(Fault.DUPLICATE_NOTICE, Fault.REPLAYED_NOTICE, calls=1, method="notice")
    await scene.control.act("pay", page)
    notices = [await scene.told() for _ in range(3)]
    assert len({notice.notice_id for notice in notices}) == 1


async def test_events_out_of_order_never_say_that_nothing_was_paid(scene: Scene) -> None:
    order, page = await asking_order(scene)
    await scene.control.switch_on(Fault.OUT_OF_ORDER, calls=1, method="notice")
    await scene.control.act("pay", page)
    states = [told_of(await scene.told()).state for _ in range(3)]
    assert states == [OutcomeState.SUCCEEDED, OutcomeState.WAITING, OutcomeState.WAITING]
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED


async def fetched(scene: Scene, cursor: str) -> FeedPage:
    return await carry_on(scene.connector.fetch_notices(cursor, now=SystemClock().now()), scene.wire)


def orders_in(page: FeedPage) -> list[str]:
    return [notice.outcome.order_number for notice in page.notices if notice.outcome is not None]


async def test_lost_webhooks_are_caught_up_with_in_their_order(scene: Scene) -> None:
    await scene.control.switch_on(Fault.DROP_NOTICES)
    before = await fetched(scene, "")
    assert (before.notices, before.cursor) == ([], "")
    orders = [card_order(scene) for _ in range(60)]
    numbers = [order.order_number for order in orders]
    for order in orders[:2]:
        await scene.ask(Operation.PAY, order)
    fresh = await fetched(scene, before.cursor)
    assert (orders_in(fresh), fresh.cursor) == (numbers[:2], "")
    await scene.control.advance(seconds=61)
    settled = await fetched(scene, "")
    assert settled.notices == fresh.notices
    assert settled.cursor == fresh.notices[-1].notice_id
    await asyncio.gather(*(scene.ask(Operation.PAY, order) for order in orders[2:]))
    seen, cursor, more = set(numbers[:2]), settled.cursor, True
    while more:
        page = await fetched(scene, cursor)
        seen |= set(orders_in(page))
        cursor, more = page.cursor, page.more
    assert seen == set(numbers)
    await scene.control.advance(seconds=61)
    last = await fetched(scene, cursor)
    assert (await fetched(scene, last.cursor)).notices == []
    assert scene.door.nobody_came()


async def test_a_feed_whose_cursor_is_forgotten_starts_with_the_newest(scene: Scene) -> None:
    await scene.ask(Operation.PAY, card_order(scene))
    page = await fetched(scene, "evt_forgotten")
    assert OutcomeState.SUCCEEDED in {notice.outcome.state for notice in page.notices if notice.outcome}
    await scene.control.advance(seconds=61)
    assert (await fetched(scene, "evt_forgotten")).cursor == page.notices[-1].notice_id


async def test_an_event_in_the_feed_has_the_id_of_its_webhook(scene: Scene) -> None:
    await scene.ask(Operation.PAY, card_order(scene))
    sent = await scene.told()
    page = await fetched(scene, "")
    assert sent in page.notices
