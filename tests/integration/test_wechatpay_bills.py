"""Are the records of a day fetched whole, or not at all?"""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest

from tael.channels.errors import BillNotReady, BillRefused
from tael.channels.port import Bill, BillKind, BillWanted, LineKind, Operation, PayoutOrder, Product
from tael.foundation.clock import CHINA
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.testing.alipay import AlipayMerchant as Merchant
from tael.testing.alipay import refund_of
from tael.testing.clocks import ManualClock
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=CHINA)
DAY = date(2026, 3, 2)
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def simulator(
    clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningSimulator]:
    folder = tmp_path_factory.getbasetemp() / "wechatpay-keys"
    async with running_simulator("wechatpay", folder, clock=clock) as running:
        yield running


@pytest.fixture
async def merchant(simulator: RunningSimulator, clock: ManualClock) -> AsyncIterator[Merchant]:
    async with Merchant(connector_of(simulator), clock=clock) as merchant:
        yield merchant


async def a_day_of_business(merchant: Merchant, simulator: RunningSimulator) -> None:
    """One order paid and partly given back, one cancelled, one never paid, one payout."""
    order = merchant.order("bill-paid", notice_url="https://merchant.example/n", subject='咖啡,"大"`杯')
    await merchant.ask(Operation.PAY, order)
    await simulator.control.pay("bill-paid")
    await merchant.ask(Operation.REFUND, order, refund_of("bill-refund", minor=640))
    shown = merchant.order(
        "bill-shown", product=Product.BARCODE, payer_code=await simulator.control.shown_code()
    )
    await merchant.ask(Operation.PAY, shown)
    await merchant.ask(Operation.CANCEL, shown)
    await merchant.ask(Operation.PAY, merchant.order("bill-unpaid", notice_url="https://merchant.example/n"))
    payout = PayoutOrder(
        payout_number="billpayout", amount=Money(5000, "CNY"), payee_account=OPENID, purpose="结算"
    )
    await merchant.ask(Operation.PAY_OUT, payout=payout)
    await simulator.control.act_on_payout("payout_succeed", "billpayout")


async def fetched(merchant: Merchant, clock: ManualClock, kind: BillKind, day: date = DAY) -> Bill:
    wanted = BillWanted(kind=kind, day=day)
    return await merchant.carry_on(merchant.connector.fetch_bill(wanted, now=clock.now()))


async def test_the_record_of_trades_holds_each_payment_and_refund(
    merchant: Merchant, simulator: RunningSimulator, clock: ManualClock
) -> None:
    await a_day_of_business(merchant, simulator)
    clock.move(days=1)

    bill = await fetched(merchant, clock, BillKind.TRADES)

    said = [
        (line.kind, line.order_number, line.refund_number, line.amount.minor, line.fee and line.fee.minor)
        for line in bill.lines
    ]
    assert sorted(said) == sorted(
        [
            (LineKind.PAYMENT, "bill-paid", "", 1280, 8),
            (LineKind.REFUND, "bill-paid", "bill-refund", -640, -4),
            (LineKind.PAYMENT, "bill-shown", "", 1280, 8),
            (LineKind.REFUND, "bill-shown", "bill-shown", -1280, -8),
        ]
    )
    assert {line.happened_at for line in bill.lines} == {NOON}
    assert bill.lines[0].description == "咖啡  大  杯"


async def test_the_record_of_funds_says_what_moved_and_what_was_left(
    merchant: Merchant, simulator: RunningSimulator, clock: ManualClock
) -> None:
    await a_day_of_business(merchant, simulator)
    paid = await simulator.control.order("bill-paid")
    clock.move(days=1)

    bill = await fetched(merchant, clock, BillKind.FUNDS)

    mine = [line for line in bill.lines if line.channel_reference == paid.channel_reference]
    assert [(line.kind, line.amount.minor, line.fee and line.fee.minor) for line in mine] == [
        (LineKind.PAYMENT, 1280, None),
        (LineKind.FEE, -8, None),
        (LineKind.REFUND, -640, -4),
    ]
    payout = next(line for line in bill.lines if line.kind is LineKind.PAYOUT)
    assert (payout.amount.minor, payout.refund_number) == (-5000, "billpayout")
    moved = sum(line.amount.minor - (line.fee.minor if line.fee else 0) for line in bill.lines)
    balances = [line.balance.minor for line in bill.lines if line.balance]
    assert balances[-1] == 100_000_000 + moved


async def test_a_day_without_business_has_an_empty_record(merchant: Merchant, clock: ManualClock) -> None:
    bill = await fetched(merchant, clock, BillKind.TRADES, DAY - timedelta(days=1))

    assert bill.empty


async def test_a_record_is_not_ready_before_ten_the_next_morning(
    merchant: Merchant, simulator: RunningSimulator, clock: ManualClock
) -> None:
    await a_day_of_business(merchant, simulator)
    clock.move(hours=21, minutes=59)
    with pytest.raises(BillNotReady):
        await fetched(merchant, clock, BillKind.TRADES)

    clock.move(minutes=1)

    assert len((await fetched(merchant, clock, BillKind.TRADES)).lines) == 4


@pytest.mark.parametrize("fault", [Fault.WRONG_AMOUNT, Fault.WRONG_SIGNATURE, Fault.CLOCK_SKEW])
@pytest.mark.parametrize("kind", list(BillKind))
async def test_a_record_that_is_not_right_is_refused(
    merchant: Merchant, simulator: RunningSimulator, clock: ManualClock, fault: Fault, kind: BillKind
) -> None:
    await a_day_of_business(merchant, simulator)
    clock.move(days=1)
    await simulator.control.switch_on(fault)

    with pytest.raises(BillRefused):
        await fetched(merchant, clock, kind)

    await simulator.control.switch_off()
    assert not (await fetched(merchant, clock, kind)).empty
