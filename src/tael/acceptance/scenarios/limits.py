"""The smallest and the largest amount, the end of an order's time, and money that comes too late or not as asked."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import msgspec

from tael.acceptance.errors import ControlRefused
from tael.acceptance.model import Fault, Words
from tael.acceptance.rules import LIMITS
from tael.acceptance.scenarios.story import (
    Story,
    inquire,
    learnt,
    new_order,
    opened,
    paid,
    pay,
    waiting_product,
)
from tael.acceptance.scene import NotTried, Scene
from tael.channels.port import Capabilities, Operation, OutcomeState, Request
from tael.foundation.money import Money

_S = OutcomeState
_SHORT = timedelta(minutes=15)


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of limits."""
    for currency, limits in sorted(capabilities.amounts.items()):
        for name, zh, minor in (
            ("smallest", "最小", limits.smallest_minor),
            ("largest", "最大", limits.largest_minor),
        ):
            yield Story(
                name=f"amount.{name}.{currency}",
                title=Words(f"The {name} amount of {currency}", f"{currency} {zh}金额"),
                subject=LIMITS,
                play=_paying(Money(minor, currency)),
            )
    waits = any(product.payer_acts_last for product in capabilities.products)
    asks = Operation.INQUIRE in capabilities.operations
    yield Story(
        name="expiry",
        title=Words("Nobody pays in time", "超时未支付"),
        subject=LIMITS,
        play=_expire,
        promised=waits and asks,
        alone=True,
    )
    yield Story(
        name="late_success",
        title=Words("The payer pays an order that was closed", "关单后支付成功"),
        subject=LIMITS,
        play=_pay_late,
        promised=waits and asks and Operation.CLOSE in capabilities.operations,
    )
    for name, en, zh, play in (
        ("less", "The payer sends too little", "少付", _send_less),
        ("more", "The payer sends too much", "多付", _send_more),
    ):
        yield Story(
            name=f"transfer.{name}",
            title=Words(en, zh),
            subject=LIMITS,
            play=play,
            promised=capabilities.payer_sets_amount,
        )


def _paying(amount: Money) -> Callable[[Scene], Awaitable[None]]:
    async def play(scene: Scene) -> None:
        order = await paid(scene, amount=amount)
        await scene.effects(order, paid=1, captured_minor=amount.minor)

    return play


async def _expire(scene: Scene) -> None:
    product = waiting_product(scene)
    order = await new_order(scene, product)
    order = msgspec.structs.replace(order, expires_at=scene.desk.clock.now() + _SHORT)
    outcome = await scene.ask(pay(order))
    scene.expect(outcome, _S.WAITING)
    await scene.desk.payer.comes(outcome.action)
    life = scene.desk.capabilities.lifetime_seconds.get(product, 0)
    await scene.desk.control.advance(max(round(_SHORT.total_seconds()), life) + 60)
    try:
        await scene.desk.payer.pays(order, outcome.action)
    except ControlRefused:
        outcome = await scene.ask(inquire(order))
        scene.expect(outcome, _S.CLOSED, _S.ABSENT, _S.WAITING, _S.FAILED)
        await scene.effects(order, paid=0, captured_minor=0)
    else:
        await learnt(scene, order, _S.SUCCEEDED)


async def _pay_late(scene: Scene) -> None:
    if Fault.LATE_SUCCESS not in scene.desk.offers:
        raise NotTried("The simulator has no payers who come so late.")
    order, outcome = await opened(scene, waiting_product(scene))
    await scene.desk.payer.comes(outcome.action)
    await scene.ask(Request(operation=Operation.CLOSE, order=order))
    async with scene.desk.control.switched_on(Fault.LATE_SUCCESS, numbers=[order.order_number]):
        await scene.desk.payer.pays(order, outcome.action)
    await learnt(scene, order, _S.SUCCEEDED)
    await scene.effects(order, paid=1, captured_minor=order.amount.minor)


async def _send_less(scene: Scene) -> None:
    await _send(scene, -1)


async def _send_more(scene: Scene) -> None:
    await _send(scene, 1)


async def _send(scene: Scene, difference: int) -> None:
    """Whatever arrives, the connector says how much it was."""
    order, outcome = await opened(scene, waiting_product(scene))
    minor = order.amount.minor + difference
    await scene.desk.payer.pays(order, outcome.action, amount_minor=minor)
    outcome = await learnt(scene, order, _S.SUCCEEDED, _S.WAITING)
    came = outcome.received.minor if outcome.received else None
    scene.require(came == minor, f"{minor} received", f"{came} received")
