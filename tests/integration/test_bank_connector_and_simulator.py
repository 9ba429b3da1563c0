"""Do our connector and the simulated bank agree, from the first transfer to the statement of the day?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest
from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types
from mockbank import schema  # type: ignore[import-untyped]  # mock-bank comes without types

from tael.channels.conversations import carry_on
from tael.channels.errors import BillNotReady
from tael.channels.port import (
    BillKind,
    ErrorClass,
    FeedPage,
    LineKind,
    Notice,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Product,
    RefundOrder,
    SendMoney,
)
from tael.channels.transport import NoAnswer
from tael.foundation.clock import SystemClock
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.simulators.bank import PROPS
from tael.simulators.base import Fault
from tael.testing.simulators import connector_of
from tests.integration.channel_scene import Scene, opened

PRICE = Money(1280, "CNY")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened("bank", tmp_path) as scene:
        yield scene


def _order(scene: Scene) -> Order:
    return scene.order(new_id("att"), amount=PRICE, product=Product.TRANSFER)


def _payout_of(amount_minor: int, **changes: str) -> PayoutOrder:
    payout = PayoutOrder(
        payout_number=new_id("pout"),
        amount=Money(amount_minor, "CNY"),
        payee_account=PROPS["slow_payee_account"],
        payee_name="李四",
        payee_bank="102100099996",
        purpose="Settlement of May",
        created_at=SystemClock().now(),
    )
    return msgspec.structs.replace(payout, **changes)


async def _feed(scene: Scene, cursor: str = "") -> FeedPage:
    return await carry_on(scene.connector.fetch_notices(cursor, now=SystemClock().now()), scene.wire)


def _outcomes(notices: list[Notice]) -> list[Outcome]:
    return [notice.outcome for notice in notices if notice.outcome is not None]


async def test_every_order_has_an_account_number_of_its_own(scene: Scene) -> None:
    first, second = _order(scene), _order(scene)
    begun = await scene.ask(Operation.PAY, first)
    again = await scene.ask(Operation.PAY, first)
    other = await scene.ask(Operation.PAY, second)
    assert begun == again
    assert isinstance(begun.action, SendMoney)
    assert begun.action.account_number == begun.channel_reference
    assert begun.action.amount == PRICE
    assert other.channel_reference != begun.channel_reference
    assert (await scene.ask(Operation.INQUIRE, first)).state is OutcomeState.ABSENT


async def test_a_transfer_finds_its_order_by_the_account_number(scene: Scene) -> None:
    order = _order(scene)
    begun = await scene.ask(Operation.PAY, order)
    assert begun.channel_reference is not None
    await scene.control.act("receive", account=begun.channel_reference, amount_minor=1280)

    page = await _feed(scene)
    (told,) = _outcomes(page.notices)
    assert (told.state, told.order_number) == (OutcomeState.SUCCEEDED, "")
    assert (told.channel_reference, told.received) == (begun.channel_reference, PRICE)
    assert told.payer_account is not None
    assert told.payer_account.endswith("张三")
    assert await _feed(scene, page.cursor) == FeedPage(notices=[], cursor=page.cursor)

    found = await scene.ask(Operation.INQUIRE, order)
    assert (found.state, found.received) == (OutcomeState.SUCCEEDED, PRICE)


async def test_parts_add_up_however_often_the_bank_tells_of_them(scene: Scene) -> None:
    order = _order(scene)
    await scene.control.act("receive", order.order_number, amount_minor=500)
    first = await _feed(scene)
    await scene.control.switch_on(Fault.DUPLICATE_NOTICE)
    await scene.control.act("receive", order.order_number, amount_minor=700)
    second = await _feed(scene, first.cursor)
    assert [one.received for one in _outcomes(first.notices)] == [Money(500, "CNY")]
    assert [one.received for one in _outcomes(second.notices)] == [Money(1200, "CNY")] * 2
    assert len({notice.notice_id for notice in [*first.notices, *second.notices]}) == 3
    assert (await scene.ask(Operation.INQUIRE, order)).received == Money(1200, "CNY")


async def test_a_late_message_is_not_passed_over(scene: Scene) -> None:
    late, quick = _order(scene), _order(scene)
    await scene.control.switch_on(Fault.LATE_NOTICE, calls=1, delay_seconds=300)
    await scene.control.act("receive", late.order_number, amount_minor=1280)
    await scene.control.act("receive", quick.order_number, amount_minor=1280)
    first = await _feed(scene)
    assert len(first.notices) == 1
    await scene.control.advance(seconds=301)
    second = await _feed(scene, first.cursor)
    assert len(second.notices) == 1
    assert second.notices[0].outcome != first.notices[0].outcome


async def test_a_payout_is_carried_out_once_however_often_it_is_sent(scene: Scene) -> None:
    payout = _payout_of(5000)
    assert (await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is OutcomeState.ABSENT
    await scene.control.switch_on(Fault.LOST_REPLY, calls=1, method="payments")
    with pytest.raises(NoAnswer):
        await scene.ask(Operation.PAY_OUT, payout=payout)
    again = await scene.ask(Operation.PAY_OUT, payout=payout)
    assert again.state is OutcomeState.UNKNOWN
    assert (await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is OutcomeState.WAITING
    await scene.control.act_on_payout("payout_succeed", payout.payout_number)
    found = await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)
    assert (found.state, found.amount) == (OutcomeState.SUCCEEDED, payout.amount)
    view = await scene.control.payout(payout.payout_number)
    assert (view.sent_count, view.amount_minor) == (1, 5000)


async def test_most_transfers_are_carried_out_at_once(scene: Scene) -> None:
    payout = _payout_of(5000, payee_account=PROPS["payee_account"])
    assert (await scene.ask(Operation.PAY_OUT, payout=payout)).state is OutcomeState.WAITING
    assert (await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is OutcomeState.SUCCEEDED


async def test_a_payout_to_a_closed_account_fails_with_the_banks_reason(scene: Scene) -> None:
    payout = _payout_of(5000)
    await scene.ask(Operation.PAY_OUT, payout=payout)
    await scene.control.act_on_payout("payout_fail", payout.payout_number, text="AC04")
    outcome = await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)
    assert (outcome.state, outcome.code) == (OutcomeState.FAILED, "AC04")
    assert outcome.error_class is ErrorClass.REQUEST
    states = [one.state for one in _outcomes((await _feed(scene)).notices)]
    assert states == [OutcomeState.WAITING, OutcomeState.FAILED]


async def test_a_payout_from_an_empty_account_fails(scene: Scene) -> None:
    payout = _payout_of(5000)
    await scene.control.switch_on(Fault.BALANCE_NOT_ENOUGH)
    for operation in (Operation.PAY_OUT, Operation.INQUIRE_PAYOUT):
        outcome = await scene.ask(operation, payout=payout)
        assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)


async def test_a_payout_that_comes_back_has_failed_after_all(scene: Scene) -> None:
    payout = _payout_of(5000)
    await scene.ask(Operation.PAY_OUT, payout=payout)
    await scene.control.act_on_payout("payout_succeed", payout.payout_number)
    assert (await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is OutcomeState.SUCCEEDED
    before = await _feed(scene)
    await scene.control.act_on_payout("payout_return", payout.payout_number, text="AC06")
    found = await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)
    assert (found.state, found.code, found.amount) == (OutcomeState.FAILED, "AC06", payout.amount)
    told = _outcomes((await _feed(scene, before.cursor)).notices)
    assert {one.payout_number for one in told} == {payout.payout_number}
    assert {(one.state, one.code) for one in told} == {(OutcomeState.FAILED, "AC06")}


async def test_a_refund_goes_back_to_the_account_that_the_money_came_from(scene: Scene) -> None:
    order = _order(scene)
    await scene.control.act("receive", order.order_number, amount_minor=1280)
    paid = await scene.ask(Operation.INQUIRE, order)
    assert paid.payer_account is not None
    refund = RefundOrder(
        refund_number=new_id("rfd"),
        amount=Money(300, "CNY"),
        reason="broken",
        created_at=SystemClock().now(),
        payer_account=paid.payer_account,
    )
    assert (await scene.ask(Operation.REFUND, order, refund=refund)).state is OutcomeState.WAITING
    done = await scene.ask(Operation.INQUIRE_REFUND, order, refund=refund)
    assert (done.state, done.amount) == (OutcomeState.SUCCEEDED, refund.amount)
    assert (done.order_number, done.refund_number) == (order.order_number, refund.refund_number)
    view = await scene.control.order(order.order_number)
    assert (view.captured_minor, view.refunded_minor) == (1280, 300)
    assert [one.refund_number for one in view.refunds] == [refund.refund_number]


async def test_a_refund_to_nobody_is_not_sent(scene: Scene) -> None:
    refund = RefundOrder(refund_number=new_id("rfd"), amount=Money(300, "CNY"), reason="broken")
    outcome = await scene.ask(Operation.REFUND, _order(scene), refund=refund)
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)
    assert (await scene.control.summary()).payouts == 0


async def test_the_statement_of_the_day_adds_up_and_names_everything(scene: Scene) -> None:
    order, payout = _order(scene), _payout_of(5000)
    begun = await scene.ask(Operation.PAY, order)
    await scene.control.act("receive", order.order_number, amount_minor=1280)
    await scene.ask(Operation.PAY_OUT, payout=payout)
    await scene.control.act_on_payout("payout_return", payout.payout_number)
    now = SystemClock().now()
    with pytest.raises(BillNotReady):
        await scene.bill(BillKind.FUNDS, now)
    await scene.control.advance(seconds=86_400)
    bill = await scene.bill(BillKind.FUNDS, now - timedelta(days=1))
    assert [(line.kind, line.amount.minor) for line in bill.lines] == [
        (LineKind.PAYMENT, 1280),
        (LineKind.PAYOUT, -5000),
        (LineKind.PAYOUT, 5000),
    ]
    assert bill.lines[0].channel_reference == begun.channel_reference
    assert {line.refund_number for line in bill.lines[1:]} == {payout.payout_number}
    assert [line.balance for line in bill.lines] == [
        Money(1_000_001_280, "CNY"),
        Money(999_996_280, "CNY"),
        Money(1_000_001_280, "CNY"),
    ]


@pytest.mark.parametrize("fault", [Fault.SYSTEM_ERROR_BEFORE, Fault.SYSTEM_ERROR_AFTER])
async def test_a_bank_that_is_not_well_leaves_a_payout_unknown_until_it_is(
    scene: Scene, fault: Fault
) -> None:
    payout = _payout_of(5000)
    await scene.control.switch_on(fault)
    sent = await scene.ask(Operation.PAY_OUT, payout=payout)
    assert (sent.state, sent.error_class) == (OutcomeState.UNKNOWN, ErrorClass.BUSY)
    assert (await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is OutcomeState.UNKNOWN
    assert await _feed(scene, "7") == FeedPage(notices=[], cursor="7")
    await scene.control.switch_off()
    after = fault is Fault.SYSTEM_ERROR_AFTER
    expected = OutcomeState.WAITING if after else OutcomeState.ABSENT
    assert (await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is expected
    await scene.ask(Operation.PAY_OUT, payout=payout)
    await scene.control.act_on_payout("payout_succeed", payout.payout_number)
    assert (await scene.control.payout(payout.payout_number)).sent_count == 1


async def test_a_probe_says_whether_the_bank_knows_us(scene: Scene) -> None:
    assert (await scene.ask(Operation.PROBE)).state is OutcomeState.SUCCEEDED
    credentials = {**scene.running.credentials, "password": "wrong"}
    running = msgspec.structs.replace(scene.running, credentials=credentials)
    stranger = msgspec.structs.replace(scene, connector=connector_of(running))
    outcome = await stranger.ask(Operation.PROBE)
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)


async def test_a_payer_transfers_on_the_banks_page(scene: Scene) -> None:
    order = _order(scene)
    begun = await scene.ask(Operation.PAY, order)
    address = f"{scene.running.url}/pay/{begun.channel_reference}"
    async with aiohttp.ClientSession() as browser:
        async with browser.get(address, params={"lang": "en"}) as page:
            assert page.status == 200
            assert "Transfer from my bank" in await page.text()
        form = {"choice": "receive", "amount": "1280"}
        async with browser.post(address, data=form) as page:
            assert page.status == 200
    assert (await scene.ask(Operation.INQUIRE, order)).received == PRICE


async def test_what_the_simulated_bank_writes_is_iso_20022_to_somebody_else(scene: Scene) -> None:
    await scene.control.act("receive", new_id("att"), amount_minor=1280)
    payout = _payout_of(5000)
    await scene.ask(Operation.PAY_OUT, payout=payout)
    await scene.control.act_on_payout("payout_return", payout.payout_number)
    await scene.control.advance(seconds=86_400)
    yesterday = (SystemClock().now() - timedelta(days=1)).date()
    bodies: dict[str, str] = {}
    user = aiohttp.encode_basic_auth("tael", scene.running.credentials["password"])
    async with aiohttp.ClientSession(headers={"authorization": user}) as customer:
        for query in ({}, {"type": "camt.053", "day": yesterday.isoformat()}):
            async with customer.get(f"{scene.running.url}/mailbox", params=query) as listed:
                bodies |= {message["type"]: message["body"] for message in await listed.json()}
    assert sorted(bodies) == ["camt.053.001.08", "camt.054.001.08", "pacs.004.001.09", "pain.002.001.10"]
    for body in bodies.values():
        root = etree.fromstring(body.encode())
        assert schema.check(schema.identify(root), root) == []


async def test_a_bank_that_comes_back_remembers_its_entries_and_transfers(tmp_path: Path) -> None:
    payout = _payout_of(5000)
    async with opened("bank", tmp_path, remembers=True) as before:
        order = _order(before)
        await before.control.act("receive", order.order_number, amount_minor=1280)
        await before.ask(Operation.PAY_OUT, payout=payout)
        page = await _feed(before)
    async with opened("bank", tmp_path, remembers=True) as after:
        assert (await after.ask(Operation.INQUIRE, order)).received == PRICE
        assert (await after.ask(Operation.PAY_OUT, payout=payout)).state is OutcomeState.UNKNOWN
        await after.control.act_on_payout("payout_succeed", payout.payout_number)
        assert (await after.control.payout(payout.payout_number)).sent_count == 1
        told = _outcomes((await _feed(after, page.cursor)).notices)
        assert [one.state for one in told] == [OutcomeState.SUCCEEDED]
