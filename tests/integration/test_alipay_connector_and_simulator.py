"""Do our connector and the simulator agree, also when something goes wrong between or behind them?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.channels.port import Operation, OutcomeState
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.testing.alipay import AlipayMerchant, refund_of
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

Parties = tuple[RunningSimulator, AlipayMerchant]


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a third of a second to make: once for all."""
    return tmp_path_factory.mktemp("alipay") / "keys"


@pytest.fixture
async def parties(keys_folder: Path) -> AsyncIterator[Parties]:
    async with (
        running_simulator("alipay", keys_folder) as simulator,
        AlipayMerchant(connector_of(simulator)) as merchant,
    ):
        yield simulator, merchant


async def test_a_payment_from_code_to_full_refund(parties: Parties) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1", subject="a } lone brace / and \\ more")

    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.ABSENT
    opened = await merchant.ask(Operation.PAY, order)
    assert opened.state is OutcomeState.WAITING
    assert opened.code_url is not None
    assert opened.code_url.startswith(f"{simulator.url}/pay/")
    assert (await merchant.ask(Operation.PAY, order)).code_url == opened.code_url
    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.ABSENT

    await simulator.control.act("scan", opened.code_url)
    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.WAITING
    await simulator.control.pay(opened.code_url)
    paid = await merchant.ask(Operation.INQUIRE, order)
    assert (paid.state, paid.amount) == (OutcomeState.SUCCEEDED, Money(1280, "CNY"))
    assert paid.happened_at is not None
    assert paid.payer_hint == "138****8888"

    part, rest = refund_of("re_1", minor=300), refund_of("re_2", minor=980)
    assert (await merchant.ask(Operation.INQUIRE_REFUND, order, part)).state is OutcomeState.ABSENT
    refunded = await merchant.ask(Operation.REFUND, order, part)
    assert (refunded.state, refunded.amount) == (OutcomeState.SUCCEEDED, Money(300, "CNY"))
    assert (await merchant.ask(Operation.REFUND, order, part)).state is OutcomeState.UNKNOWN
    assert (await merchant.ask(Operation.INQUIRE_REFUND, order, part)).state is OutcomeState.SUCCEEDED
    fully = await merchant.ask(Operation.REFUND, order, rest)
    assert (fully.state, fully.given_back_in_all) == (OutcomeState.SUCCEEDED, Money(1280, "CNY"))

    after = await merchant.ask(Operation.INQUIRE, order)
    assert after.state is OutcomeState.SUCCEEDED, "paid and given back is not unpaid"


@pytest.mark.parametrize(
    ("reach", "close", "cancel"),
    [
        ("open", OutcomeState.ABSENT, OutcomeState.ABSENT),
        ("scan", OutcomeState.CLOSED, OutcomeState.CLOSED),
        ("pay", OutcomeState.UNKNOWN, OutcomeState.CLOSED),
        ("finish", OutcomeState.UNKNOWN, OutcomeState.UNKNOWN),
    ],
)
async def test_closing_and_cancelling_in_each_state(
    parties: Parties, reach: str, close: OutcomeState, cancel: OutcomeState
) -> None:
    simulator, merchant = parties
    for operation, expected in ((Operation.CLOSE, close), (Operation.CANCEL, cancel)):
        order = merchant.order(f"att_{operation}")
        await merchant.ask(Operation.PAY, order)
        for step in {"open": [], "scan": ["scan"], "pay": ["pay"], "finish": ["pay", "finish"]}[reach]:
            await simulator.control.act(step, order.order_number)

        assert (await merchant.ask(operation, order)).state is expected


async def test_a_code_that_could_not_be_closed_can_still_be_paid(parties: Parties) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1")
    await merchant.ask(Operation.PAY, order)

    assert (await merchant.ask(Operation.CLOSE, order)).state is OutcomeState.ABSENT
    await simulator.control.pay("att_1")

    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED


async def test_an_order_that_nobody_paid_in_time_is_closed(parties: Parties) -> None:
    simulator, merchant = parties
    scanned, unscanned = merchant.order("att_1"), merchant.order("att_2")
    for order in (scanned, unscanned):
        await merchant.ask(Operation.PAY, order)
    await simulator.control.act("scan", "att_1")

    await simulator.control.advance(seconds=601)

    assert (await merchant.ask(Operation.INQUIRE, scanned)).state is OutcomeState.CLOSED
    assert (await merchant.ask(Operation.INQUIRE, unscanned)).state is OutcomeState.ABSENT
    for number in ("att_1", "att_2"):
        with pytest.raises(AssertionError, match="cannot pay"):
            await simulator.control.pay(number)


async def test_refunds_that_cannot_be_are_refused_for_good(parties: Parties) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1")
    await merchant.ask(Operation.PAY, order)
    ask = merchant.ask

    absent = await ask(Operation.REFUND, order, refund_of("re_0", minor=100))
    assert (absent.state, absent.code) == (OutcomeState.FAILED, "ACQ.TRADE_NOT_EXIST")
    await simulator.control.act("scan", "att_1")
    unpaid = await ask(Operation.REFUND, order, refund_of("re_1", minor=100))
    assert (unpaid.state, unpaid.code) == (OutcomeState.FAILED, "ACQ.TRADE_STATUS_ERROR")
    await simulator.control.pay("att_1")
    await simulator.control.switch_on(Fault.BALANCE_NOT_ENOUGH, calls=1)
    poor = await ask(Operation.REFUND, order, refund_of("re_2", minor=100))
    assert (poor.state, poor.code) == (OutcomeState.FAILED, "ACQ.SELLER_BALANCE_NOT_ENOUGH")
    assert (await ask(Operation.REFUND, order, refund_of("re_3", minor=1000))).state is OutcomeState.SUCCEEDED
    beyond = await ask(Operation.REFUND, order, refund_of("re_4", minor=281))
    assert (beyond.state, beyond.code) == (OutcomeState.FAILED, "ACQ.REASON_TRADE_REFUND_FEE_ERR")
    other = await ask(Operation.REFUND, order, refund_of("re_3", minor=999))
    assert (other.state, other.code) == (OutcomeState.UNKNOWN, "ACQ.DISCORDANT_REPEAT_REQUEST")
    await simulator.control.act("finish", "att_1")
    late = await ask(Operation.REFUND, order, refund_of("re_5", minor=1))
    assert (late.state, late.code) == (OutcomeState.FAILED, "ACQ.TRADE_HAS_FINISHED")


# Faults


@pytest.mark.parametrize(
    ("fault", "truth"),
    [
        (Fault.LOST_REPLY, OutcomeState.SUCCEEDED),
        (Fault.WRONG_SIGNATURE, OutcomeState.SUCCEEDED),
        (Fault.SYSTEM_ERROR_AFTER, OutcomeState.SUCCEEDED),
        (Fault.SYSTEM_ERROR_BEFORE, OutcomeState.ABSENT),
    ],
)
async def test_a_fault_on_a_refund_is_unknown_and_the_inquiry_tells_the_truth(
    parties: Parties, fault: Fault, truth: OutcomeState
) -> None:
    simulator, merchant = parties
    order, refund = merchant.order("att_1"), refund_of("re_1", minor=300)
    await merchant.ask(Operation.PAY, order)
    await simulator.control.pay("att_1")
    await simulator.control.switch_on(fault, calls=1, method="alipay.trade.refund")

    assert (await merchant.ask(Operation.REFUND, order, refund)).state is OutcomeState.UNKNOWN

    assert (await merchant.ask(Operation.INQUIRE_REFUND, order, refund)).state is truth
    await merchant.ask(Operation.REFUND, order, refund)
    assert (await simulator.control.order("att_1")).refunded_minor == 300


async def test_a_wrong_amount_is_unknown_whatever_else_the_answer_says(parties: Parties) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1")
    await merchant.ask(Operation.PAY, order)
    await simulator.control.pay("att_1")
    await simulator.control.switch_on(Fault.WRONG_AMOUNT, order="att_1", calls=1)

    outcome = await merchant.ask(Operation.INQUIRE, order)

    assert outcome.state is OutcomeState.UNKNOWN
    assert outcome.message == "Alipay names 12.81 CNY, our order is for 12.80 CNY."
    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED


async def test_a_delay_is_as_long_as_it_was_set(parties: Parties) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1")
    await simulator.control.switch_on(Fault.DELAY, calls=1, delay_seconds=0.5)

    late = await merchant.ask(Operation.PAY, order, timeout_seconds=0.2)

    assert late.state is OutcomeState.UNKNOWN
    assert (await merchant.ask(Operation.PAY, order)).state is OutcomeState.WAITING


async def test_a_switch_acts_on_its_order_and_method_only_and_runs_out(parties: Parties) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1")
    await simulator.control.switch_on(
        Fault.SYSTEM_ERROR_BEFORE, calls=2, order="att_1", method="alipay.trade.query"
    )

    assert (await merchant.ask(Operation.PAY, order)).state is OutcomeState.WAITING
    assert (await merchant.ask(Operation.INQUIRE, merchant.order("att_2"))).code == "ACQ.TRADE_NOT_EXIST"
    assert (await merchant.ask(Operation.INQUIRE, order)).code == "isp.unknow-error"
    assert [switch.calls for switch in await simulator.control.faults()] == [1]
    assert (await merchant.ask(Operation.INQUIRE, order)).code == "isp.unknow-error"
    assert (await merchant.ask(Operation.INQUIRE, order)).code == "ACQ.TRADE_NOT_EXIST"
    assert await simulator.control.faults() == []


@pytest.mark.parametrize("ended_by", ["close", "expiry"])
async def test_late_success_after_close(parties: Parties, ended_by: str) -> None:
    simulator, merchant = parties
    order = merchant.order("att_1")
    await merchant.ask(Operation.PAY, order)
    await simulator.control.act("scan", "att_1")
    if ended_by == "close":
        await merchant.ask(Operation.CLOSE, order)
    else:
        await simulator.control.advance(seconds=601)
    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.CLOSED

    await simulator.control.switch_on(Fault.LATE_SUCCESS, calls=1)
    await simulator.control.pay("att_1")

    assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED
    with pytest.raises(AssertionError, match="cannot pay"):
        await simulator.control.pay("att_1")
    assert (await simulator.control.order("att_1")).paid_count == 1


async def test_an_order_is_paid_once_however_many_payers_press_the_button(parties: Parties) -> None:
    simulator, merchant = parties
    await merchant.ask(Operation.PAY, merchant.order("att_1"))

    presses = await asyncio.gather(
        *(simulator.control.pay("att_1") for _ in range(20)), return_exceptions=True
    )

    assert sum(not isinstance(press, AssertionError) for press in presses) == 1
    summary = await simulator.control.summary()
    assert (summary.paid_orders, summary.paid_more_than_once, summary.paid_minor) == (1, 0, 1280)


async def test_an_absolute_request_target_reaches_the_gateway(parties: Parties) -> None:
    """Alipay's own Python client sends `POST http://host/gateway.do?…`."""
    simulator, _ = parties
    host, port = simulator.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET {simulator.url}/gateway.do?app_id=1 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    )
    answer = await reader.read()
    writer.close()

    assert b"isv.missing-method" in answer
    assert b"text/html;charset=utf-8" in answer
