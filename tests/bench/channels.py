"""How much of a call to a channel is our own work? Building and signing the message, checking and reading the answer.

Each connector speaks once with its channel's simulator over real HTTP. What the simulator answered is then given to the
same question again and again, so that neither the wire nor the simulator is in the figures: only our time on the
processor. A routing decision is measured with it, as `make bench SUITE=routing` does.
"""

import asyncio
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from time import process_time

import msgspec
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tael.channels.conversations import carry_on
from tael.channels.port import (
    Connector,
    HttpRequest,
    HttpResponse,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    Product,
    Request,
)
from tael.channels.transport import Wire
from tael.foundation.clock import SystemClock
from tael.foundation.money import Money
from tael.simulators.registry import SIMULATORS
from tael.testing.simulators import connector_of, running_simulator
from tests.bench.routing import DECISIONS, SLOWEST_US, decide_many

CALLS = 2_000
SLOWEST_MS = 1.0
SCENES = (Product.CODE, Product.PAGE, Product.TRANSFER, Product.CARD)

console = Console(highlight=False, width=140)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    call_overhead_ms: float
    """Of the slowest connector."""
    overhead_ms: dict[str, float]
    routing_us: float
    calls: int


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one connector's question costs."""

    channel: str
    product: Product
    messages: int
    bytes_heard: int
    milliseconds: float


class Recorder:
    """A wire that remembers what was answered, in order."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.answers: list[HttpResponse] = []

    async def send(self, request: HttpRequest, *, timeout_seconds: float | None = None) -> HttpResponse:
        """One exchange."""
        self.answers.append(await self._wire.send(request, timeout_seconds=timeout_seconds))
        return self.answers[-1]


class Replay:
    """A wire that gives the same answers again at once."""

    def __init__(self, answers: list[HttpResponse]) -> None:
        self._answers = answers
        self._position = 0

    async def send(self, request: HttpRequest, *, timeout_seconds: float | None = None) -> HttpResponse:
        """The next answer; the first after the last."""
        answer = self._answers[self._position % len(self._answers)]
        self._position += 1
        return answer


async def measure() -> bool:
    """The whole bench; whether our part is as small as it has to be."""
    with tempfile.TemporaryDirectory(prefix="tael-bench-") as folder:
        homes = {name: Path(folder) / name for name in sorted(SIMULATORS)}
        for home in homes.values():
            home.mkdir()
        asked = track(homes.items(), "asking", console=console, transient=True)
        costs = [await _cost_of(name, home) for name, home in asked]
    _show(costs)
    routing_us = round(decide_many() * 1_000_000 / DECISIONS, 1)
    summary = Summary(
        call_overhead_ms=max(cost.milliseconds for cost in costs),
        overhead_ms={cost.channel: cost.milliseconds for cost in costs},
        routing_us=routing_us,
        calls=CALLS,
    )
    print(msgspec.json.encode(summary).decode())
    return summary.call_overhead_ms <= SLOWEST_MS and routing_us <= SLOWEST_US


async def _cost_of(name: str, home: Path) -> Cost:
    wire = Wire(timeout_seconds=10, connections=1)
    async with running_simulator(name, home) as running:
        connector = connector_of(running)
        order = _order(connector)
        begun = await _ask(connector, Request(operation=Operation.PAY, order=order), Recorder(wire))
        question = Request(
            operation=Operation.INQUIRE,
            order=msgspec.structs.replace(order, channel_reference=begun.channel_reference or ""),
        )
        recorder = Recorder(wire)
        heard = await _ask(connector, question, recorder)
        await wire.close()
        replay = Replay(recorder.answers)
        again = heard
        started = process_time()
        for _ in range(CALLS):
            again = await _ask(connector, question, replay)
        seconds = process_time() - started
    if heard.state is OutcomeState.UNKNOWN or again != heard:
        raise AssertionError(f"{name}: the same answers mean {again} now, and meant {heard}.")
    return Cost(
        channel=name,
        product=order.product,
        messages=len(recorder.answers),
        bytes_heard=sum(len(answer.body) for answer in recorder.answers),
        milliseconds=round(seconds * 1_000 / CALLS, 3),
    )


async def _ask(connector: Connector, request: Request, wire: Recorder | Replay) -> Outcome:
    return await carry_on(connector.converse(request, now=SystemClock().now()), wire)


def _order(connector: Connector) -> Order:
    now = SystemClock().now()
    can = connector.capabilities
    return Order(
        order_number="att_06dk3vg5m8x4t9c1h2zq7n0rby",
        amount=Money(12_345, min(can.currencies)),
        subject="A kettle",
        expires_at=now + timedelta(minutes=15),
        notice_url="http://127.0.0.1:9/notices",
        product=next(scene for scene in SCENES if scene in can.products),
        return_url="http://127.0.0.1:9/",
        card_token="pm_card_visa",
        created_at=now,
    )


def _show(costs: list[Cost]) -> None:
    table = Table(
        box=box.SIMPLE_HEAD, title=f"{CALLS:,} inquiries each, our time on the processor", title_style="dim"
    )
    for heading in ("channel", "product"):
        table.add_column(heading, no_wrap=True)
    for heading in ("messages", "bytes heard", "ms a call"):
        table.add_column(heading, justify="right")
    for cost in costs:
        table.add_row(
            cost.channel,
            cost.product,
            str(cost.messages),
            f"{cost.bytes_heard:,}",
            f"{cost.milliseconds:.3f}",
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(measure()) else 1)
