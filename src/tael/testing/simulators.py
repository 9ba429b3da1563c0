"""How does a test get a simulator? In its own event loop, on a free loopback port, over real HTTP."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec

from tael.channels.port import Connector
from tael.channels.registry import connector_kinds
from tael.foundation.clock import Clock
from tael.simulators.base import (
    Fault,
    OrderView,
    PayoutView,
    ShownCode,
    SimulatorOptions,
    Summary,
    Switch,
)
from tael.simulators.base.control import Switches
from tael.simulators.registry import SIMULATORS

Answer = TypeVar("Answer")


class ControlFailed(AssertionError):
    """The simulator did not do what the test asked of it."""


class SimulatorControl:
    """A simulator's control interface, as calls. An order is named by its number, or by what its action holds."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = f"{url}/_control"
        self._session = session

    async def act(self, verb: str, order: str = "", **more: str | int | None) -> OrderView:
        """Let somebody act upon an order: `pay`, `scan`, `decline`, `finish` …; gives the order after it."""
        return await self._ask("POST", verb, _named(order) | more, OrderView)

    async def act_on_payout(self, verb: str, payout: str, **more: str | int | None) -> PayoutView:
        """Let the bank act upon a payout; gives the payout after it."""
        return await self._ask("POST", verb, {"payout": payout, **more}, PayoutView)

    async def act_at_large(self, verb: str, **more: str | int | None) -> dict[str, Any]:
        """Let something happen that is about no order; gives what the simulator says."""
        return await self._ask("POST", verb, more, dict[str, Any])

    async def shown_code(self, way: str = "at_once") -> str:
        """A code that a payer shows, who pays `at_once`, wants to be asked first (`ask`), or is `poor`."""
        return (await self._ask("POST", "show_code", {"text": way}, ShownCode)).code

    async def pay(self, order: str) -> OrderView:
        """Scan if need be, and pay."""
        return await self.act("pay", order)

    async def order(self, order_number: str) -> OrderView:
        """What the simulator knows of an order."""
        return await self._ask("GET", f"orders/{order_number}", None, OrderView)

    async def payout(self, payout_number: str) -> PayoutView:
        """What the simulator knows of a payout."""
        return await self._ask("GET", f"payouts/{payout_number}", None, PayoutView)

    async def summary(self) -> Summary:
        """All that was paid and given back."""
        return await self._ask("GET", "summary", None, Summary)

    async def advance(self, *, seconds: int) -> Summary:
        """Let that time have passed."""
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

    async def offers(self) -> frozenset[Fault]:
        """What could be switched on."""
        return frozenset((await self._ask("GET", "faults", None, Switches)).offers)

    async def _ask(self, method: str, path: str, content: object, answer: type[Answer]) -> Answer:
        body = b"" if content is None else msgspec.json.encode(content)
        async with self._session.request(method, f"{self._url}/{path}", data=body) as response:
            text = await response.read()
        if response.status != 200:
            raise ControlFailed(f"{method} {path}: {response.status} {text.decode()}")
        return msgspec.json.decode(text, type=answer)


def _named(order: str) -> dict[str, str | int | None]:
    if not order:
        return {}
    return {"code": order} if "://" in order else {"order": order}


class RunningSimulator(msgspec.Struct, frozen=True, kw_only=True):
    """A simulator that answers."""

    name: str
    connector: str
    """The name of the connector that speaks to it."""
    url: str
    home: Path
    """The folder of its keys."""
    settings: Mapping[str, Any]
    credentials: Mapping[str, str]
    control: SimulatorControl


@contextlib.asynccontextmanager
async def running_simulator(
    name: str,
    folder: Path,
    *,
    clock: Clock | None = None,
    port: int = 0,
    speed: float = 1.0,
    remembers: bool = False,
    public_url: str = "",
    habits: bool = False,
) -> AsyncIterator[RunningSimulator]:
    """The simulator of that name with its keys in `folder`, on any free port unless one is asked for."""
    simulator = SIMULATORS[name]
    options = SimulatorOptions(
        home=folder, port=port, speed=speed, remembers=remembers, public_url=public_url, habits=habits
    )
    async with simulator.serving(options, clock=clock) as url, aiohttp.ClientSession() as session:
        yield RunningSimulator(
            name=name,
            connector=simulator.connector,
            url=url,
            home=folder,
            settings=simulator.settings(folder, url),
            credentials=simulator.credentials(folder, url),
            control=SimulatorControl(url, session),
        )


def connector_of(running: RunningSimulator, **changes: Any) -> Connector:
    """Our connector as a merchant of the simulator would configure it; `changes` are other settings."""
    kind = connector_kinds()[running.connector]
    settings = msgspec.convert({**running.settings, **changes}, type=kind.settings)
    return kind.make(settings, msgspec.convert(running.credentials, type=kind.credentials))
