"""Does money leave once and no more: refunds, shares of an order, payouts?"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tael.channels.port import (
    ErrorClass,
    InvokeWallet,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Receiver,
    SplitOrder,
)
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.testing.alipay import AlipayMerchant as Merchant
from tael.testing.alipay import refund_of
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

S = OutcomeState
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
NOWHERE = "https://merchant.example/notices"


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSimulator]:
    """One for all tests of this file: each has orders of its own."""
    async with running_simulator("wechatpay", tmp_path_factory.mktemp("wechatpay") / "keys") as running:
        yield running


@pytest.fixture
async def merchant(simulator: RunningSimulator) -> AsyncIterator[Merchant]:
    async with Merchant(connector_of(simulator)) as merchant:
        yield merchant
    await simulator.control.switch_off()


async def begun(merchant: Merchant, number: str, **more: Any) -> tuple[Order, Outcome]:
    order = merchant.order(number, notice_url=NOWHERE, **more)
    return order, await merchant.ask(Operation.PAY, order)


async def paid(merchant: Merchant, simulator: RunningSimulator, number: str, **more: Any) -> Order:
    order, _ = await begun(merchant, number, **more)
    await simulator.control.pay(number)
    return order


# Refunds


async def test_a_refund_sent_twice_gives_the_money_back_once(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-refund")
    refund = refund_of("refund-1", minor=300)

    first = await merchant.ask(Operation.REFUND, order, refund)
    again = await merchant.ask(Operation.REFUND, order, refund)
    found = await merchant.ask(Operation.INQUIRE_REFUND, order, refund)

    assert [first.state, again.state, found.state] == [S.WAITING, S.SUCCEEDED, S.SUCCEEDED]
    assert found.amount == Money(300, "CNY")
    assert (await simulator.control.order("order-refund")).refunded_minor == 300


async def test_a_refund_beyond_what_was_paid_is_refused_for_certain(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-beyond")
    await merchant.ask(Operation.REFUND, order, refund_of("refund-a", minor=1000))

    outcome = await merchant.ask(Operation.REFUND, order, refund_of("refund-b", minor=281))

    assert (outcome.state, outcome.code) == (S.FAILED, "INVALID_REQUEST")
    assert (await simulator.control.order("order-beyond")).refunded_minor == 1000


async def test_a_refused_refund_whose_number_moved_another_amount_is_not_called_failed(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-discordant")
    await merchant.ask(Operation.REFUND, order, refund_of("refund-x", minor=100))

    outcome = await merchant.ask(Operation.REFUND, order, refund_of("refund-x", minor=200))

    assert (outcome.state, outcome.error_class) == (S.UNKNOWN, ErrorClass.TRUST)


async def test_an_empty_account_refuses_a_refund_until_it_is_filled(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-poor")
    refund = refund_of("refund-poor", minor=100)
    await simulator.control.switch_on(Fault.BALANCE_NOT_ENOUGH)

    outcome = await merchant.ask(Operation.REFUND, order, refund)
    await simulator.control.switch_off()

    assert (outcome.state, outcome.error_class) == (S.FAILED, ErrorClass.ACCOUNT)
    assert (await merchant.ask(Operation.REFUND, order, refund)).state is S.WAITING


@pytest.mark.parametrize(
    ("end", "state", "error_class"),
    [("CLOSED", S.FAILED, ErrorClass.ACCOUNT), ("ABNORMAL", S.UNKNOWN, ErrorClass.ACCOUNT)],
)
async def test_a_refund_that_does_not_arrive_is_not_called_a_success(
    merchant: Merchant, simulator: RunningSimulator, end: str, state: OutcomeState, error_class: ErrorClass
) -> None:
    order = await paid(merchant, simulator, f"order-{end}")
    await simulator.control.act("refunds_end", f"order-{end}", text=end)
    refund = refund_of(f"refund-{end}", minor=100)
    await merchant.ask(Operation.REFUND, order, refund)

    found = await merchant.ask(Operation.INQUIRE_REFUND, order, refund)

    assert (found.state, found.error_class) == (state, error_class)


async def test_fifty_refunds_are_taken_and_the_next_is_not(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-fifty")

    states = {
        (await merchant.ask(Operation.REFUND, order, refund_of(f"r-{n}", minor=1))).state for n in range(50)
    }
    outcome = await merchant.ask(Operation.REFUND, order, refund_of("r-50", minor=1))

    assert states == {S.WAITING}
    assert outcome.state is S.FAILED


async def test_after_a_year_nothing_is_given_back(merchant: Merchant, simulator: RunningSimulator) -> None:
    order = await paid(merchant, simulator, "order-old")
    await simulator.control.advance(seconds=366 * 86400)

    assert (await merchant.ask(Operation.REFUND, order, refund_of("r-old", minor=1))).state is S.FAILED


# Splits and payouts


async def test_an_order_is_shared_once_and_the_rest_is_ours(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-split", split_later=True)
    parts = [
        Receiver(account=account, amount=Money(100, "CNY"), description="分")
        for account in ("1900000110", OPENID)
    ]
    split = SplitOrder(split_number="split-1", receivers=parts)

    first = await merchant.ask(Operation.SPLIT, order, split=split)
    again = await merchant.ask(Operation.SPLIT, order, split=split)
    found = await merchant.ask(Operation.INQUIRE_SPLIT, order, split=split)

    assert [first.state, again.state, found.state] == [S.WAITING, S.WAITING, S.SUCCEEDED]
    assert found.amount == Money(200, "CNY")
    shared = (await simulator.control.order("order-split")).splits
    assert [part.amount_minor for part in shared] == [100, 100]


async def test_an_order_is_unfrozen_without_sharing_it(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-unfreeze", split_later=True)
    split = SplitOrder(split_number="unfreeze-1", receivers=[])

    await merchant.ask(Operation.SPLIT, order, split=split)

    assert (await merchant.ask(Operation.INQUIRE_SPLIT, order, split=split)).state is S.SUCCEEDED


async def test_sharing_more_than_there_is_fails_for_certain(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    order = await paid(merchant, simulator, "order-much", split_later=True)
    part = Receiver(account="1900000110", amount=Money(1281, "CNY"), description="分")

    outcome = await merchant.ask(
        Operation.SPLIT, order, split=SplitOrder(split_number="split-much", receivers=[part])
    )

    assert (outcome.state, outcome.code) == (S.FAILED, "NOT_ENOUGH")


def payout_of(number: str, *, minor: int = 5000, name: str = "") -> PayoutOrder:
    return PayoutOrder(
        payout_number=number,
        amount=Money(minor, "CNY"),
        payee_account=OPENID,
        payee_name=name,
        purpose="结算",
    )


async def test_a_payout_is_confirmed_by_its_payee_and_sent_once(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    payout = payout_of("out_01kz", minor=250_000, name="张三")

    first = await merchant.ask(Operation.PAY_OUT, payout=payout)
    again = await merchant.ask(Operation.PAY_OUT, payout=payout)
    await simulator.control.act_on_payout("payout_succeed", "out_01kz")
    found = await merchant.ask(Operation.INQUIRE_PAYOUT, payout=payout)

    assert [first.state, again.state, found.state] == [S.WAITING, S.WAITING, S.SUCCEEDED]
    assert isinstance(first.action, InvokeWallet)
    assert found.amount == payout.amount
    assert (await simulator.control.payout("out_01kz")).sent_count == 1


async def test_a_payout_that_fails_says_so_only_when_it_is_asked_for(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    payout = payout_of("out_02kz")
    await simulator.control.switch_on(Fault.BALANCE_NOT_ENOUGH)
    poor = await merchant.ask(Operation.PAY_OUT, payout=payout)
    await simulator.control.switch_off()
    absent = await merchant.ask(Operation.INQUIRE_PAYOUT, payout=payout)
    await merchant.ask(Operation.PAY_OUT, payout=payout)
    await simulator.control.act_on_payout("payout_fail", "out_02kz")
    found = await merchant.ask(Operation.INQUIRE_PAYOUT, payout=payout)

    assert (poor.state, poor.error_class) == (S.UNKNOWN, ErrorClass.ACCOUNT)
    assert absent.state is S.ABSENT
    assert (found.state, found.message) == (S.FAILED, "ACCOUNT_FROZEN")


async def test_a_payout_whose_answer_was_an_error_is_found_by_its_inquiry(
    merchant: Merchant, simulator: RunningSimulator
) -> None:
    payout = payout_of("out_03kz")
    await simulator.control.switch_on(Fault.SYSTEM_ERROR_AFTER, order="out_03kz")

    outcome = await merchant.ask(Operation.PAY_OUT, payout=payout)
    await simulator.control.switch_off()
    found = await merchant.ask(Operation.INQUIRE_PAYOUT, payout=payout)

    assert (outcome.state, outcome.error_class) == (S.UNKNOWN, ErrorClass.CHANNEL)
    assert (found.state, found.code) == (S.WAITING, "WAIT_USER_CONFIRM")
