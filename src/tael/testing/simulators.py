"""How does a test get a simulator? In its own event loop, on a free loopback port, over real HTTP."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import aiohttp
import msgspec

from tael.foundation.clock import Clock
from tael.simulators.alipay import SimulatorKeys, SimulatorSettings, prepare_keys, serving
from tael.simulators.alipay.control import Summary, Switches, TradeView
from tael.simulators.alipay.faults import Fault, Switch

Answer = TypeVar("Answer")


class ControlFailed(AssertionError):
    """The simulator did not do what the test asked of it."""


class AlipayControl:
    """The simulator's control interface, as calls."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = f"{url}/_control"
        self._session = session

    async def pay(self, order: str) -> TradeView:
        """Scan and pay the order that has this code (`http…`) or this number."""
        return await self._act("pay", order)

    async def scan(self, order: str) -> TradeView:
        """Scan only: the trade begins."""
        return await self._act("scan", order)

    async def decline(self, order: str) -> TradeView:
        """Scan and go away."""
        return await self._act("decline", order)

    async def finish(self, order: str) -> TradeView:
        """Let the time for refunds be over."""
        return await self._act("finish", order)

    async def trade(self, order_number: str) -> TradeView:
        """What the simulator knows of an order."""
        return await self._ask("GET", f"trades/{order_number}", None, TradeView)

    async def summary(self) -> Summary:
        """All that was paid and given back."""
        return await self._ask("GET", "summary", None, Summary)

    async def advance(self, *, seconds: int) -> Summary:
        """Let every deadline come nearer."""
        return await self._ask("POST", "advance", {"seconds": seconds}, Summary)

    async def switch_on(
        self,
        *faults: Fault,
        calls: int | None = None,
        order: str | None = None,
        method: str | None = None,
        delay_seconds: float = 5.0,
    ) -> None:
        """Let exactly these faults be on."""
        switches = [
            Switch(fault=fault, calls=calls, order=order, method=method, delay_seconds=delay_seconds)
            for fault in faults
        ]
        await self._ask("PUT", "faults", Switches(switches), Switches)

    async def switch_off(self) -> None:
        """Let nothing go wrong any more."""
        await self.switch_on()

    async def faults(self) -> list[Switch]:
        """What is switched on."""
        return (await self._ask("GET", "faults", None, Switches)).switches

    async def _act(self, verb: str, order: str) -> TradeView:
        name = "qr_code" if order.startswith("http") else "out_trade_no"
        return await self._ask("POST", verb, {name: order}, TradeView)

    async def _ask(self, method: str, path: str, content: object, answer: type[Answer]) -> Answer:
        body = b"" if content is None else msgspec.json.encode(content)
        async with self._session.request(method, f"{self._url}/{path}", data=body) as response:
            text = await response.read()
        if response.status != 200:
            raise ControlFailed(f"{method} {path}: {response.status} {text.decode()}")
        return msgspec.json.decode(text, type=answer)


class RunningAlipay(msgspec.Struct, frozen=True, kw_only=True):
    """An Alipay simulator that answers."""

    url: str
    gateway_url: str
    keys: SimulatorKeys
    control: AlipayControl


@contextlib.asynccontextmanager
async def running_alipay(
    folder: Path,
    *,
    clock: Clock | None = None,
    port: int = 0,
    speed: float = 1.0,
    state_file: Path | None = None,
    public_url: str | None = None,
) -> AsyncIterator[RunningAlipay]:
    """An Alipay simulator with its keys in `folder`, on any free port unless one is asked for."""
    settings = SimulatorSettings(
        keys=prepare_keys(folder), port=port, speed=speed, state_file=state_file, public_url=public_url
    )
    async with serving(settings, clock=clock) as running, aiohttp.ClientSession() as session:
        yield RunningAlipay(
            url=running.url,
            gateway_url=running.gateway_url,
            keys=settings.keys,
            control=AlipayControl(running.url, session),
        )
