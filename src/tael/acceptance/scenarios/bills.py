"""The channel's own record of a day."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

from tael.acceptance.line import Line
from tael.acceptance.model import Fault, Words
from tael.acceptance.rules import BILL, RESOLVED_WITHIN_SECONDS
from tael.acceptance.scenarios.refunds import finished, refund_of
from tael.acceptance.scenarios.story import Story, paid, part_of
from tael.acceptance.scene import Astray, Scene
from tael.channels.conversations import carry_on
from tael.channels.errors import BillNotReady, BillRefused
from tael.channels.port import Bill, BillKind, BillWanted, Capabilities, LineKind, Operation
from tael.channels.transport import NoAnswer
from tael.foundation.clock import CHINA

_DAY = timedelta(days=1)
_ZH = {BillKind.TRADES: "交易账单", BillKind.FUNDS: "资金账单"}


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of bills."""
    for kind in BillKind:
        yield Story(
            name=f"bill.{kind}",
            title=Words(f"Fetch the record of {kind}", f"下载{_ZH[kind]}"),
            subject=BILL,
            play=_fetching(kind),
            promised=kind in capabilities.bills,
            alone=True,
        )


def _fetching(kind: BillKind) -> Callable[[Scene], Awaitable[None]]:
    async def play(scene: Scene) -> None:
        order = await paid(scene)
        given = part_of(order.amount, of=4)
        with_refund = scene.desk.promises(Operation.REFUND) and scene.desk.capabilities.partial_refunds
        gone_back = ""
        if with_refund:
            request = refund_of(scene, order, given)
            gone_back = request.the_refund().refund_number
            await finished(scene, request, await scene.ask(request))
        ready = scene.desk.capabilities.bills[kind].ready_at
        await scene.desk.control.advance(round((_DAY + ready).total_seconds()))
        wanted = BillWanted(kind=kind, day=(scene.desk.clock.now() - _DAY - ready).astimezone(CHINA).date())
        bill = await _fetch_struck(scene, wanted)
        if bill is None:
            bill = await _fetch_again(scene, wanted)
        numbers = {order.order_number, order.channel_reference, gone_back} - {""}
        mine = [
            line
            for line in bill.lines
            if numbers & {line.order_number, line.refund_number, line.channel_reference}
        ]
        came = sum(line.amount.minor for line in mine if line.kind is LineKind.PAYMENT)
        scene.require(came == order.amount.minor, f"a line over {order.amount}", f"{len(mine)} lines, {came}")
        if with_refund:
            gone = sum(line.amount.minor for line in mine if line.kind is LineKind.REFUND)
            scene.require(gone == -given.minor, f"a line over -{given}", f"{gone}")

    return play


async def _fetch_struck(scene: Scene, wanted: BillWanted) -> Bill | None:
    """The record while the fault strikes: either it cannot be had, or it is right."""
    line = Line(scene.desk.wire, fault=scene.fault, strike_at=scene.strike_at, said=scene.said)
    if scene.fault in scene.desk.offers and scene.fault is not Fault.NONE:
        async with scene.desk.control.switched_on(scene.fault, numbers=()) as strike:
            bill = await _fetch(scene, wanted, line)
        scene.must_have_struck(strike)
    else:
        bill = await _fetch(scene, wanted, line)
    scene.exchanges = line.sent
    scene.unknowns += bill is None
    return bill


async def _fetch_again(scene: Scene, wanted: BillWanted) -> Bill:
    for _ in range(3):
        bill = await _fetch(scene, wanted, Line(scene.desk.wire, said=scene.said))
        if bill is not None:
            scene.resolved += 1
            return bill
        await asyncio.sleep(0.2)
    raise Astray(f"the record within {RESOLVED_WITHIN_SECONDS} s", "it cannot be had")


async def _fetch(scene: Scene, wanted: BillWanted, line: Line) -> Bill | None:
    try:
        return await carry_on(scene.desk.connector.fetch_bill(wanted, now=scene.desk.clock.now()), line)
    except (NoAnswer, BillNotReady, BillRefused) as problem:
        scene.said.append(f"← {type(problem).__name__}: {problem}")
        return None
    except Exception as error:  # a connector may raise nothing else: that is a finding
        raise Astray("a record, or why there is none", f"{type(error).__name__}: {error}") from error
