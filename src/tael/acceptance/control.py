"""How is a simulator asked for the truth, and told what its payers do and what shall go wrong?

The interface is that of all our simulators (`/_control/`); a plug-in's simulator speaks it, too.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from typing import Protocol, TypeVar

import aiohttp
import msgspec

from tael.acceptance.errors import ControlRefused
from tael.acceptance.model import Fault
from tael.acceptance.truth import OrderTruth, PayoutTruth, Summary

Answer = TypeVar("Answer")
_MANY = 1_000_000
LATE_SECONDS = 0.5
"""How late a late notice comes."""


class _Switch(msgspec.Struct, frozen=True, kw_only=True):
    fault: str
    order: str | None = None
    method: str | None = None
    delay_seconds: float = LATE_SECONDS
    calls: int | None = _MANY

    @property
    def struck(self) -> bool:
        """Whether it has acted: the simulator counts its calls down."""
        return self.calls is None or self.calls < _MANY


class _Faults(msgspec.Struct, frozen=True):
    switches: list[_Switch] = []
    offers: list[str] = []


class Strike:
    """Whether a fault has struck; known when it is switched off."""

    struck = False


class _ShownCode(msgspec.Struct, frozen=True):
    code: str


class Control(Protocol):
    """Whoever can say what the channel knows, and let things happen there."""

    knows_the_truth: bool
    """Whether `order` and `payout` are the channel's own records."""

    async def offers(self) -> frozenset[Fault]:
        """The faults that it knows."""
        ...

    async def act(self, verb: str, content: object) -> None:
        """Let a payer, or the channel's own people, do something."""
        ...

    async def shown_code(self) -> str:
        """The code that a payer shows now, for us to scan."""
        ...

    async def order(self, number: str) -> OrderTruth | None:
        """What it knows of an order; None if it has none."""
        ...

    async def payout(self, number: str) -> PayoutTruth | None:
        """What it knows of a payout; None if it has none."""
        ...

    async def summary(self) -> Summary:
        """What everything comes to."""
        ...

    async def advance(self, seconds: int) -> None:
        """Let that time pass."""
        ...

    def switched_on(
        self, fault: Fault, *, numbers: Collection[str], method: str | None = None
    ) -> contextlib.AbstractAsyncContextManager[Strike]:
        """Let a fault strike what has one of these numbers, or everything if there are none."""
        ...


class SimulatorControl:
    """One simulator's control interface."""

    knows_the_truth = True

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = f"{url.rstrip('/')}/_control"
        self._session = session
        self._turn = asyncio.Lock()

    async def offers(self) -> frozenset[Fault]:
        """The faults that it knows."""
        known = {fault.value for fault in Fault}
        heard = await self._ask("GET", "faults", None, _Faults)
        return frozenset(Fault(name) for name in heard.offers if name in known)

    async def act(self, verb: str, content: object) -> None:
        """Let a payer, or the channel's own people, do something."""
        await self._ask("POST", verb, content, msgspec.Raw)

    async def shown_code(self) -> str:
        """The code that a payer shows now, for us to scan."""
        return (await self._ask("POST", "show_code", {"text": "at_once"}, _ShownCode)).code

    async def order(self, number: str) -> OrderTruth | None:
        """What it knows of an order; None if it has none."""
        return await self._ask_for(f"orders/{number}", OrderTruth)

    async def payout(self, number: str) -> PayoutTruth | None:
        """What it knows of a payout; None if it has none."""
        return await self._ask_for(f"payouts/{number}", PayoutTruth)

    async def summary(self) -> Summary:
        """What everything comes to."""
        return await self._ask("GET", "summary", None, Summary)

    async def advance(self, seconds: int) -> None:
        """Let every deadline come nearer."""
        await self._ask("POST", "advance", {"seconds": seconds}, msgspec.Raw)

    @contextlib.asynccontextmanager
    async def switched_on(
        self, fault: Fault, *, numbers: Collection[str], method: str | None = None
    ) -> AsyncIterator[Strike]:
        """Let a fault strike what has one of these numbers, or everything if there are none.

        One case at a time: the switches of a simulator are set all together, and count what they strike.
        """
        switches = [_Switch(fault=fault.value, order=one, method=method) for one in numbers or (None,)]
        strike = Strike()
        async with self._turn:
            await self._ask("PUT", "faults", {"switches": switches}, msgspec.Raw)
            try:
                yield strike
            finally:
                left = (await self._ask("GET", "faults", None, _Faults)).switches
                strike.struck = any(switch.struck for switch in left)
                await self._ask("PUT", "faults", {"switches": []}, msgspec.Raw)

    async def _ask_for(self, path: str, answer: type[Answer]) -> Answer | None:
        try:
            return await self._ask("GET", path, None, answer)
        except _NotThere:
            return None

    async def _ask(self, method: str, path: str, content: object, answer: type[Answer]) -> Answer:
        body = None if content is None else msgspec.json.encode(content)
        headers = {"content-type": "application/json"} if body else {}
        async with self._session.request(
            method, f"{self._url}/{path}", data=body, headers=headers
        ) as response:
            text = await response.read()
        if response.status == 404 and method == "GET":
            raise _NotThere(path)
        if response.status not in (200, 201, 202):
            said = text[:300].decode("utf-8", "replace")
            raise ControlRefused(f"{method} /_control/{path}: {response.status} {said}")
        return msgspec.json.decode(text, type=answer)


class _NotThere(Exception):
    pass
