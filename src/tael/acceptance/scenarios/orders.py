"""An order is begun, paid, asked for, ended."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from tael.acceptance.errors import ControlRefused
from tael.acceptance.model import Words
from tael.acceptance.rules import LIMITS, nobody_can_pay
from tael.acceptance.scenarios.story import (
    Story,
    inquire,
    learnt,
    new_order,
    opened,
    paid,
    pay,
    referring,
    waiting_product,
)
from tael.acceptance.scene import NotTried, Scene
from tael.channels.port import Capabilities, Operation, Order, Outcome, OutcomeState, Product, Request

_S = OutcomeState
_PRODUCTS = {
    Product.CODE: "扫码",
    Product.BARCODE: "付款码",
    Product.PAGE: "电脑网页",
    Product.H5: "手机网页",
    Product.JSAPI: "钱包内网页",
    Product.APP: "应用内",
    Product.CARD: "银行卡",
    Product.TRANSFER: "转账",
}


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of orders."""
    can = capabilities.operations
    for product in sorted(capabilities.products):
        yield Story(
            name=f"pay.{product}",
            title=Words(f"Pay by {product}", f"{_PRODUCTS[product]}支付"),
            subject=Operation.PAY,
            play=_paying_by(product),
        )
    yield Story(
        name="pay.declined",
        title=Words("The payer goes away", "付款人放弃支付"),
        subject=LIMITS,
        play=_decline,
        promised=Operation.INQUIRE in can and _somebody_waits(capabilities),
    )
    yield Story(
        name="inquire.paid",
        title=Words("Ask for an order that is paid", "查询已支付订单"),
        subject=Operation.INQUIRE,
        play=_inquire_paid,
        promised=Operation.INQUIRE in can,
    )
    yield Story(
        name="inquire.unpaid",
        title=Words("Ask for an order that nobody has paid", "查询未支付订单"),
        subject=Operation.INQUIRE,
        play=_inquire_unpaid,
        promised=Operation.INQUIRE in can and _somebody_waits(capabilities),
    )
    yield Story(
        name="inquire.absent",
        title=Words("Ask for an order that never was", "查询不存在的订单"),
        subject=Operation.INQUIRE,
        play=_inquire_absent,
        promised=Operation.INQUIRE in can,
    )
    yield from _endings(capabilities)


def _endings(capabilities: Capabilities) -> Iterator[Story]:
    can = capabilities.operations
    yield Story(
        name="close.unpaid",
        title=Words("Close an order that nobody has paid", "关闭未支付订单"),
        subject=Operation.CLOSE,
        play=_close_unpaid,
        promised=Operation.CLOSE in can and _somebody_waits(capabilities),
    )
    yield Story(
        name="close.paid",
        title=Words("Try to close an order that is paid", "试关已支付订单"),
        subject=Operation.CLOSE,
        play=_close_paid,
        promised=Operation.CLOSE in can,
    )
    yield Story(
        name="cancel.unpaid",
        title=Words("Cancel an order that nobody has paid", "撤销未支付订单"),
        subject=Operation.CANCEL,
        play=_cancel_unpaid,
        promised=Operation.CANCEL in can and _somebody_waits(capabilities),
    )
    yield Story(
        name="cancel.paid",
        title=Words("Cancel an order that is paid: it is given back", "撤销已支付订单并退回"),
        subject=Operation.CANCEL,
        play=_cancel_paid,
        promised=Operation.CANCEL in can,
    )
    yield Story(
        name="probe",
        title=Words("Ask something harmless", "探测"),
        subject=Operation.PROBE,
        play=_probe,
        promised=Operation.PROBE in can,
        alone=True,
    )


def _somebody_waits(capabilities: Capabilities) -> bool:
    return any(product.payer_acts_last for product in capabilities.products)


def _paying_by(product: Product) -> Callable[[Scene], Awaitable[None]]:
    async def play(scene: Scene) -> None:
        order = await new_order(scene, product)
        outcome = await scene.attempt(pay(order))
        if scene.ends_here(outcome):
            return
        order = referring(order, outcome)
        if nobody_can_pay(pay(order), outcome) and outcome.action is None and scene.unknowns:
            await scene.effects(order, paid=0, captured_minor=0)
            return
        if outcome.state is _S.WAITING:
            await scene.desk.payer.pays(order, outcome.action)
        await learnt(scene, order, _S.SUCCEEDED)
        await scene.effects(order, paid=1, captured_minor=order.amount.minor)
        if product.payer_acts_last:
            return
        again = await scene.ask(pay(order))
        scene.expect(again, _S.SUCCEEDED, _S.WAITING, _S.UNKNOWN)
        await scene.effects(order, paid=1, captured_minor=order.amount.minor)

    return play


async def _decline(scene: Scene) -> None:
    """Unpaid is unpaid, however the channel calls it."""
    order, begun = await opened(scene, waiting_product(scene))
    await scene.desk.payer.comes(begun.action)
    try:
        await scene.desk.control.act("decline", {"order": order.order_number})
    except ControlRefused as refusal:
        raise NotTried("The simulator's payers do not go away.") from refusal
    scene.expect(await scene.ask(inquire(order)), _S.WAITING, _S.ABSENT, _S.CLOSED, _S.FAILED)
    await scene.effects(order, paid=0, captured_minor=0)


async def _inquire_paid(scene: Scene) -> None:
    order = await paid(scene)
    scene.expect(await scene.attempt(inquire(order)), _S.SUCCEEDED)
    await scene.effects(order, paid=1, captured_minor=order.amount.minor)


async def _inquire_unpaid(scene: Scene) -> None:
    order, outcome = await opened(scene, waiting_product(scene))
    await scene.desk.payer.comes(outcome.action)
    scene.expect(await scene.attempt(inquire(order)), _S.WAITING, _S.ABSENT)
    await scene.effects(order, paid=0, captured_minor=0)


async def _inquire_absent(scene: Scene) -> None:
    order = await new_order(scene)
    outcome = await scene.attempt(inquire(order))
    if (
        order.product is Product.TRANSFER
    ):  # nothing has arrived: there is nothing else that an account could know
        scene.expect(outcome, _S.ABSENT, _S.WAITING)
    else:
        scene.expect(outcome, _S.ABSENT, _S.FAILED)


async def _close_unpaid(scene: Scene) -> None:
    order, action = await opened(scene, waiting_product(scene))
    await scene.desk.payer.comes(action.action)
    outcome = await scene.attempt(Request(operation=Operation.CLOSE, order=order))
    scene.expect(outcome, _S.CLOSED, _S.ABSENT, _S.FAILED)
    await scene.effects(order, paid=0, captured_minor=0)


async def _close_paid(scene: Scene) -> None:
    order = await paid(scene)
    request = Request(operation=Operation.CLOSE, order=order)
    outcome = await scene.attempt(request)
    scene.expect(outcome, _S.SUCCEEDED, _S.FAILED, _S.UNKNOWN)
    await scene.effects(order, paid=1, captured_minor=order.amount.minor)


async def _cancel_unpaid(scene: Scene) -> None:
    order, action = await opened(scene, waiting_product(scene))
    await scene.desk.payer.comes(action.action)
    outcome = await _cancelled(scene, order)
    scene.expect(outcome, _S.CLOSED, _S.ABSENT, _S.WAITING)  # some channels let it end by itself, and say so
    await scene.effects(order, paid=0, captured_minor=0)


async def _cancel_paid(scene: Scene) -> None:
    order = await paid(scene)
    outcome = await _cancelled(scene, order)
    scene.expect(outcome, _S.CLOSED, _S.FAILED)
    gone = order.amount.minor if outcome.state is _S.CLOSED else 0
    await scene.effects(order, paid=1, captured_minor=order.amount.minor, refunded_minor=gone)


async def _cancelled(scene: Scene, order: Order) -> Outcome:
    """The end of a cancellation; while the channel is still at it, it is asked again."""
    request = Request(operation=Operation.CANCEL, order=order)
    outcome = await scene.attempt(request)
    for wait in (0.1, 0.3, 0.6):
        if outcome.state is _S.WAITING:
            await asyncio.sleep(wait)
            outcome = await scene.ask(request)
    return outcome


async def _probe(scene: Scene) -> None:
    request = Request(operation=Operation.PROBE)
    outcome = await scene.attempt(request)
    if scene.ends_here(outcome):  # with our clock off, we are rightly not believed
        outcome = await scene.ask(request)
    scene.expect(outcome, _S.SUCCEEDED)
