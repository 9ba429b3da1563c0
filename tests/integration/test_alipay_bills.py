"""Does a day's record say what happened, and is one that is not whole refused?"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tael.channels.errors import BillNotReady, BillRefused
from tael.channels.port import (
    Bill,
    BillKind,
    BillWanted,
    LineKind,
    Operation,
    PayoutOrder,
    Receiver,
    SplitOrder,
)
from tael.foundation.clock import CHINA
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.testing.alipay import AlipayMerchant, refund_of
from tael.testing.clocks import ManualClock
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

Day = tuple[RunningSimulator, AlipayMerchant, ManualClock]


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a third of a second to make: once for all."""
    return tmp_path_factory.mktemp("alipay") / "keys"


@pytest.fixture(params=[1, 2], ids=["newer layout", "older layout"])
async def day(request: pytest.FixtureRequest, keys_folder: Path) -> AsyncIterator[Day]:
    """A day of May on which one order is paid, given back in part, and shared, and wages are sent."""
    clock = ManualClock(datetime(2026, 5, request.param, 2, 0, tzinfo=UTC))
    async with (
        running_simulator("alipay", keys_folder, clock=clock) as simulator,
        AlipayMerchant(connector_of(simulator), clock=clock) as merchant,
    ):
        order = merchant.order("att_1", minor=10_000, subject="咖啡, 两杯")
        await merchant.ask(Operation.PAY, order)
        await simulator.control.pay("att_1")
        clock.move(minutes=1)
        await merchant.ask(Operation.REFUND, order, refund_of("re_1", minor=3_000))
        clock.move(minutes=1)
        receiver = Receiver(account="2088000000000009", amount=Money(500, "CNY"))
        await merchant.ask(
            Operation.SPLIT, order, split=SplitOrder(split_number="sp_1", receivers=[receiver])
        )
        clock.move(minutes=1)
        await merchant.ask(
            Operation.PAY_OUT,
            payout=PayoutOrder(
                payout_number="po_1",
                amount=Money(2_000, "CNY"),
                payee_account="2088000000000010",
                purpose="wages",
            ),
        )
        yield simulator, merchant, clock


async def fetched(day: Day, kind: BillKind, *, days_ago: int = 1) -> Bill:
    _, merchant, clock = day
    wanted = BillWanted(kind=kind, day=clock.now().astimezone(CHINA).date() - timedelta(days=days_ago))
    return await merchant.carry_on(merchant.connector.fetch_bill(wanted, now=clock.now()))


async def test_a_record_of_trades_holds_payment_and_refund_with_their_fees(day: Day) -> None:
    day[2].move(days=1)

    bill = await fetched(day, BillKind.TRADES)

    assert [
        (line.kind, line.amount.minor, line.fee and line.fee.minor, line.order_number, line.refund_number)
        for line in bill.lines
    ] == [
        (LineKind.PAYMENT, 10_000, 60, "att_1", ""),
        (LineKind.REFUND, -3_000, -18, "att_1", "re_1"),
    ]
    assert bill.lines[0].happened_at == day[2].now() - timedelta(days=1, minutes=3)
    assert not bill.empty


async def test_a_record_of_funds_holds_every_movement_with_the_balance(day: Day) -> None:
    day[2].move(days=1)

    bill = await fetched(day, BillKind.FUNDS)

    assert [(line.kind, line.amount.minor, line.order_number, line.refund_number) for line in bill.lines] == [
        (LineKind.PAYMENT, 10_000, "att_1", ""),
        (LineKind.FEE, -60, "att_1", ""),
        (LineKind.REFUND, -3_000, "att_1", "re_1"),
        (LineKind.FEE, 18, "att_1", ""),
        (LineKind.SPLIT, -500, "att_1", "sp_1"),
        (LineKind.PAYOUT, -2_000, "", "po_1"),
    ]
    balances = [line.balance.minor for line in bill.lines if line.balance is not None]
    assert balances[-1] - balances[0] == sum(line.amount.minor for line in bill.lines[1:])


async def test_a_day_that_is_not_over_has_no_record_yet(day: Day) -> None:
    with pytest.raises(BillNotReady):
        await fetched(day, BillKind.TRADES, days_ago=0)


async def test_a_day_without_any_trade_has_an_empty_record_once_it_is_late_enough(day: Day) -> None:
    clock = day[2]
    clock.move(days=2)
    assert (await fetched(day, BillKind.TRADES)).empty
    clock.move(hours=-3)

    with pytest.raises(BillNotReady):
        await fetched(day, BillKind.TRADES)


async def test_time_that_is_let_pass_makes_yesterdays_record_of_what_was_just_done(day: Day) -> None:
    await day[0].control.advance(seconds=86_400)

    assert len((await fetched(day, BillKind.TRADES)).lines) == 2


@pytest.mark.parametrize("fault", [Fault.WRONG_SIGNATURE, Fault.SYSTEM_ERROR_BEFORE])
async def test_an_address_of_a_record_that_cannot_be_believed_is_refused(day: Day, fault: Fault) -> None:
    simulator, _, clock = day
    clock.move(days=1)
    await simulator.control.switch_on(fault, calls=1)

    with pytest.raises(BillRefused):
        await fetched(day, BillKind.TRADES)

    assert (await fetched(day, BillKind.TRADES)).lines
