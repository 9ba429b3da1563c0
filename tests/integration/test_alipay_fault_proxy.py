"""Bar R3: does each of the eight ways to go wrong end as UNKNOWN, and the truth come by inquiry after?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.channels.port import Operation, OutcomeState
from tael.testing.alipay import AlipayMerchant, refund_of
from tael.testing.fault_proxy import FAULTS, FaultProxy, Mode
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

Scene = tuple[RunningSimulator, FaultProxy, AlipayMerchant]
NEVER_FORWARDED = {Mode.LOST_REQUEST, Mode.RESET_BEFORE}


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a third of a second to make: once for all."""
    return tmp_path_factory.mktemp("alipay") / "keys"


@pytest.fixture
async def scene(keys_folder: Path) -> AsyncIterator[Scene]:
    async with running_simulator("alipay", keys_folder) as simulator:
        host, port = simulator.url.removeprefix("http://").split(":")
        async with (
            FaultProxy(host, int(port), delay_seconds=1.0) as proxy,
            AlipayMerchant(connector_of(simulator, gateway_url=f"{proxy.url}/gateway.do")) as merchant,
        ):
            yield simulator, proxy, merchant


def test_there_are_eight_ways_to_go_wrong() -> None:
    assert len(FAULTS) == 8


async def test_r3_without_a_fault_the_proxy_changes_nothing(scene: Scene) -> None:
    simulator, proxy, merchant = scene
    order = merchant.order("att_1")

    assert (await merchant.ask(Operation.PAY, order)).state is OutcomeState.WAITING
    await simulator.control.pay("att_1")
    answers = await asyncio.gather(*(merchant.ask(Operation.INQUIRE, order) for _ in range(20)))

    assert {answer.state for answer in answers} == {OutcomeState.SUCCEEDED}
    assert proxy.seen == {Mode.PASS: 21}


@pytest.mark.parametrize("mode", FAULTS)
async def test_r3_a_fault_is_unknown_for_every_operation_and_nothing_happens_twice(
    scene: Scene, mode: Mode
) -> None:
    simulator, proxy, merchant = scene
    paid, waiting = merchant.order("att_paid"), merchant.order("att_waiting")
    refund = refund_of("re_1", minor=300)
    await merchant.ask(Operation.PAY, paid)
    await simulator.control.pay("att_paid")

    async def ask(operation: Operation) -> OutcomeState:
        order = paid if operation in (Operation.REFUND, Operation.INQUIRE_REFUND) else waiting
        return (await merchant.ask(operation, order, refund, timeout_seconds=0.3)).state

    proxy.mode = mode
    assert await ask(Operation.PAY) is OutcomeState.UNKNOWN
    proxy.mode = Mode.PASS
    assert await ask(Operation.PAY) is OutcomeState.WAITING
    await simulator.control.act("scan", "att_waiting")

    proxy.mode = mode
    for operation in (Operation.INQUIRE, Operation.CLOSE, Operation.REFUND, Operation.INQUIRE_REFUND):
        assert await ask(operation) is OutcomeState.UNKNOWN
    proxy.mode = Mode.PASS

    done = mode not in NEVER_FORWARDED
    assert await ask(Operation.INQUIRE) is (OutcomeState.CLOSED if done else OutcomeState.WAITING)
    assert await ask(Operation.INQUIRE_REFUND) is (OutcomeState.SUCCEEDED if done else OutcomeState.ABSENT)
    assert await ask(Operation.REFUND) is (OutcomeState.UNKNOWN if done else OutcomeState.SUCCEEDED)
    summary = await simulator.control.summary()
    assert (summary.refunds, summary.refunded_minor) == (1, 300)
    assert proxy.seen[mode] == 5
