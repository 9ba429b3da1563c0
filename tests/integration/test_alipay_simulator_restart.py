"""Does the simulator remember, as a real channel does, when its process is killed?"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from tael.channels.port import Operation, OutcomeState
from tael.simulators.alipay import prepare_keys
from tael.simulators.base import Journal, ShownCode
from tael.testing.alipay import AlipayMerchant, connector_for, listening_for_notices, refund_of
from tael.testing.simulators import SimulatorControl

SERVE = """
import asyncio, sys
from pathlib import Path
from tael.simulators.registry import SIMULATORS, SimulatorOptions
options = SimulatorOptions(home=Path(sys.argv[1]), port=int(sys.argv[2]), speed=1000)
asyncio.run(SIMULATORS["alipay"].serve(options))
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.asynccontextmanager
async def process(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A simulator in a process of its own, killed at the end if it still runs."""
    started = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVE, str(folder), str(port))
    try:
        async with asyncio.timeout(15):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
        await started.wait()


async def test_a_killed_simulator_remembers_trades_refunds_and_undelivered_notices(tmp_path: Path) -> None:
    port, keys = free_port(), prepare_keys(tmp_path)
    connector = connector_for(keys, f"http://127.0.0.1:{port}/gateway.do")
    async with (
        listening_for_notices() as listener,
        aiohttp.ClientSession() as session,
        AlipayMerchant(connector) as merchant,
    ):
        control = SimulatorControl(f"http://127.0.0.1:{port}", session)
        order = merchant.order("att_1", notice_url=listener.url)
        refund = refund_of("re_1", minor=300)
        listener.answer = b"fail"
        async with process(tmp_path, port) as running:
            opened = await merchant.ask(Operation.PAY, order)
            assert opened.code_url is not None
            await control.pay("att_1")
            await merchant.ask(Operation.REFUND, order, refund)
            running.kill()
            await running.wait()

        told_before = len(listener.received)
        listener.answer = b"success"
        async with process(tmp_path, port):
            assert (await merchant.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED
            assert (
                await merchant.ask(Operation.INQUIRE_REFUND, order, refund)
            ).state is OutcomeState.SUCCEEDED
            assert (await merchant.ask(Operation.REFUND, order, refund)).state is OutcomeState.UNKNOWN
            await listener.wait_for(told_before + 2)
            trade = await control.order("att_1")
            page = await (await session.get(opened.code_url)).text()

    assert (trade.paid_count, trade.refunded_minor) == (1, 300)
    assert all(notice.delivered for notice in trade.notices)
    assert "12.80" in page


async def test_sigterm_stops_the_simulator_in_order(tmp_path: Path) -> None:
    async with process(tmp_path, free_port()) as running:
        running.send_signal(signal.SIGTERM)

        assert await asyncio.wait_for(running.wait(), 5) == 0


async def test_a_notice_that_a_crash_left_unwritten_is_sent_after_the_restart(tmp_path: Path) -> None:
    """The crash came between the payment's line and the notice's line."""
    port, keys = free_port(), prepare_keys(tmp_path)
    connector = connector_for(keys, f"http://127.0.0.1:{port}/gateway.do")
    state_file = tmp_path / "state.jsonl"
    async with (
        listening_for_notices() as listener,
        aiohttp.ClientSession() as session,
        AlipayMerchant(connector) as merchant,
    ):
        async with process(tmp_path, port):
            await merchant.ask(Operation.PAY, merchant.order("att_1", notice_url=listener.url))
            await SimulatorControl(f"http://127.0.0.1:{port}", session).pay("att_1")
            await listener.wait_for(1)
        lines = [line for line in state_file.read_bytes().splitlines() if not line.startswith(b'["notice"')]
        state_file.write_bytes(b"\n".join(lines) + b'\n["trade","att_2",{"out_tra')
        async with process(tmp_path, port):
            assert len(await listener.wait_for(2)) == 2


def test_a_torn_last_line_is_forgotten_and_the_rest_is_not(tmp_path: Path) -> None:
    file = tmp_path / "state.jsonl"
    file.write_bytes(b'["code","1",{"code":"a"}]\n["code","1",{"code":"b"}]\n["code","2",{"torn')

    journal = Journal(file)
    codes = journal.drawer("code", ShownCode)
    journal.end()

    assert codes.things == {"1": ShownCode(code="b")}
    assert file.read_bytes() == b'["code","1",{"code":"b"}]\n'
