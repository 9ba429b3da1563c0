"""Money is held first, and taken later."""

from collections.abc import Iterator

import msgspec

from tael.acceptance.model import Words
from tael.acceptance.scenarios.story import (
    Story,
    learnt,
    new_order,
    paid,
    part_of,
    pay,
    referring,
)
from tael.acceptance.scene import Scene
from tael.channels.port import (
    Capabilities,
    CaptureOrder,
    IncrementOrder,
    Operation,
    Order,
    OutcomeState,
    Product,
    Request,
)
from tael.foundation.ids import new_id
from tael.foundation.money import Money

_S = OutcomeState


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of holding money."""
    holds = bool(capabilities.capture_later)
    captures = holds and Operation.CAPTURE in capabilities.operations
    yield Story(
        name="authorise",
        title=Words("Hold the money", "预授权"),
        subject=Operation.PAY,
        play=_authorise,
        promised=holds,
    )
    yield Story(
        name="capture.whole",
        title=Words("Take all that is held", "全额请款"),
        subject=Operation.CAPTURE,
        play=_capture_whole,
        promised=captures,
    )
    yield Story(
        name="capture.part",
        title=Words("Take a part of what is held", "部分请款"),
        subject=Operation.CAPTURE,
        play=_capture_part,
        promised=captures and capabilities.partial_captures,
    )
    yield Story(
        name="capture.beyond",
        title=Words("Try to take more than is held", "试超额请款"),
        subject=Operation.CAPTURE,
        play=_capture_beyond,
        promised=captures,
    )
    yield Story(
        name="increment",
        title=Words("Hold more", "追加预授权"),
        subject=Operation.INCREMENT,
        play=_hold_more,
        promised=holds and Operation.INCREMENT in capabilities.operations,
    )
    yield Story(
        name="cancel.held",
        title=Words("Let go of what is held", "撤销预授权"),
        subject=Operation.CANCEL,
        play=_release,
        promised=holds and Operation.CANCEL in capabilities.operations,
    )


def _product(scene: Scene) -> Product:
    return min(scene.desk.capabilities.capture_later)


async def _held(scene: Scene) -> Order:
    return await paid(scene, _product(scene), capture_later=True)


async def _authorise(scene: Scene) -> None:
    order = await new_order(scene, _product(scene), capture_later=True)
    outcome = await scene.attempt(pay(order))
    if scene.ends_here(outcome):
        return
    order = referring(order, outcome)
    if outcome.state is _S.WAITING:
        await scene.desk.payer.pays(order, outcome.action)
    await learnt(scene, order, _S.AUTHORISED)
    await scene.effects(order, paid=1, captured_minor=0)


async def _take(scene: Scene, order: Order, amount: Money) -> None:
    capture = CaptureOrder(capture_number=new_id("cap"), amount=amount)
    outcome = await scene.attempt(Request(operation=Operation.CAPTURE, order=order, capture=capture))
    if scene.ends_here(outcome):
        await scene.effects(order, paid=1, captured_minor=0)
        return
    scene.expect(outcome, _S.SUCCEEDED)
    await learnt(scene, order, _S.SUCCEEDED)
    await scene.effects(order, paid=1, captured_minor=amount.minor)


async def _hold_more(scene: Scene) -> None:
    order = await _held(scene)
    more = part_of(order.amount, of=2)
    increment = IncrementOrder(increment_number=new_id("inc"), amount=more)
    outcome = await scene.attempt(Request(operation=Operation.INCREMENT, order=order, increment=increment))
    if scene.ends_here(outcome):
        await scene.effects(order, paid=1, captured_minor=0)
        return
    scene.expect(outcome, _S.SUCCEEDED)
    bigger = msgspec.structs.replace(order, amount=order.amount + more)
    await learnt(scene, bigger, _S.AUTHORISED)
    await scene.effects(order, paid=1, captured_minor=0)


async def _capture_whole(scene: Scene) -> None:
    order = await _held(scene)
    await _take(scene, order, order.amount)


async def _capture_part(scene: Scene) -> None:
    order = await _held(scene)
    await _take(scene, order, part_of(order.amount, of=2))


async def _capture_beyond(scene: Scene) -> None:
    order = await _held(scene)
    too_much = order.amount + order.amount
    capture = CaptureOrder(capture_number=new_id("cap"), amount=too_much)
    outcome = await scene.attempt(Request(operation=Operation.CAPTURE, order=order, capture=capture))
    scene.expect(outcome, _S.FAILED, _S.AUTHORISED)
    await scene.effects(order, paid=1, captured_minor=0)


async def _release(scene: Scene) -> None:
    order = await _held(scene)
    scene.expect(await scene.attempt(Request(operation=Operation.CANCEL, order=order)), _S.CLOSED)
    await scene.effects(order, paid=1, captured_minor=0)
