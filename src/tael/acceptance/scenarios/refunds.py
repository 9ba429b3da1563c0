"""Money is given back: all of it, a part, several parts, never more than was paid."""

import contextlib
from collections.abc import Iterator

from tael.acceptance.errors import ControlRefused
from tael.acceptance.model import Words
from tael.acceptance.scenarios.story import Story, paid, part_of
from tael.acceptance.scene import Scene, about
from tael.channels.port import Capabilities, Operation, Order, Outcome, OutcomeState, RefundOrder, Request
from tael.foundation.ids import new_id
from tael.foundation.money import Money

_S = OutcomeState
_MANY = 3


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of refunds."""
    can = Operation.REFUND in capabilities.operations
    parts = can and capabilities.partial_refunds
    bounded = (
        parts and not capabilities.payer_sets_amount
    )  # a transfer back knows no order whose amount could bound it
    asks = can and Operation.INQUIRE_REFUND in capabilities.operations
    told = (
        ("whole", "Give all of it back", "全额退款", _whole, can),
        ("part", "Give a part back", "部分退款", _part, parts),
        ("many", "Give it back in several parts", "多次退款", _many, parts),
        ("beyond", "Try to give back more than was paid", "试超额退款", _beyond, bounded),
        ("repeated", "Send the same refund twice", "重复发送同一退款", _repeated, can),
    )
    for name, en, zh, play, promised in told:
        yield Story(
            name=f"refund.{name}",
            title=Words(en, zh),
            subject=Operation.REFUND,
            play=play,
            promised=promised,
        )
    yield Story(
        name="inquire_refund",
        title=Words("Ask for a refund", "查询退款"),
        subject=Operation.INQUIRE_REFUND,
        play=_inquire,
        promised=asks,
    )
    yield Story(
        name="inquire_refund.absent",
        title=Words("Ask for a refund that never was", "查询不存在的退款"),
        subject=Operation.INQUIRE_REFUND,
        play=_inquire_absent,
        promised=asks,
    )


def refund_of(scene: Scene, order: Order, amount: Money) -> Request:
    """Give `amount` of an order back, under a number of its own."""
    refund = RefundOrder(
        refund_number=new_id("rfd"),
        amount=amount,
        reason="Acceptance 验收",
        created_at=scene.desk.clock.now(),
        payer_account=scene.payer_accounts.get(order.order_number, ""),
    )
    return Request(operation=Operation.REFUND, order=order, refund=refund)


async def finished(scene: Scene, request: Request, outcome: Outcome) -> Outcome:
    """The end of a refund that the channel is still working on."""
    if outcome.state is not _S.WAITING or not scene.desk.promises(Operation.INQUIRE_REFUND):
        return outcome
    with contextlib.suppress(ControlRefused):  # where a refund is a transfer, the bank's people let it arrive
        await scene.desk.control.act("payout_succeed", {"payout": request.the_refund().refund_number})
    return await scene.until(about(request, Operation.INQUIRE_REFUND), _S.SUCCEEDED, _S.FAILED)


async def _give_back(scene: Scene, order: Order, amount: Money) -> None:
    request = refund_of(scene, order, amount)
    outcome = await finished(scene, request, await scene.attempt(request))
    if not scene.ends_here(outcome):
        scene.expect(outcome, _S.SUCCEEDED, _S.WAITING)
    gone = 0 if scene.ends_here(outcome) else amount.minor
    await scene.effects(order, paid=1, captured_minor=order.amount.minor, refunded_minor=gone)


async def _whole(scene: Scene) -> None:
    order = await paid(scene)
    await _give_back(scene, order, order.amount)


async def _part(scene: Scene) -> None:
    order = await paid(scene)
    await _give_back(scene, order, part_of(order.amount, of=3))


async def _many(scene: Scene) -> None:
    order = await paid(scene)
    gone = 0
    for amount in order.amount.allocate([1] * _MANY):
        request = refund_of(scene, order, amount)
        outcome = await finished(scene, request, await scene.attempt(request))
        if not scene.ends_here(outcome):
            scene.expect(outcome, _S.SUCCEEDED, _S.WAITING)
            gone += amount.minor
    await scene.effects(order, paid=1, captured_minor=order.amount.minor, refunded_minor=gone)


async def _beyond(scene: Scene) -> None:
    order = await paid(scene)
    first = part_of(order.amount, of=2)
    begun = refund_of(scene, order, first)
    scene.expect(await finished(scene, begun, await scene.ask(begun)), _S.SUCCEEDED, _S.WAITING)
    outcome = await scene.attempt(refund_of(scene, order, order.amount))
    scene.expect(outcome, _S.FAILED)
    await scene.effects(order, paid=1, captured_minor=order.amount.minor, refunded_minor=first.minor)


async def _repeated(scene: Scene) -> None:
    order = await paid(scene)
    request = refund_of(scene, order, part_of(order.amount, of=5))
    outcome = await scene.attempt(request)
    if scene.ends_here(outcome):
        return
    for _ in range(2):
        scene.expect(await scene.ask(request), _S.SUCCEEDED, _S.WAITING, _S.UNKNOWN)
    await finished(scene, request, outcome)
    gone = request.the_refund().amount.minor
    await scene.effects(order, paid=1, captured_minor=order.amount.minor, refunded_minor=gone)


async def _inquire(scene: Scene) -> None:
    order = await paid(scene)
    request = refund_of(scene, order, part_of(order.amount, of=3))
    outcome = await finished(scene, request, await scene.ask(request))
    scene.expect(outcome, _S.SUCCEEDED, _S.WAITING)
    scene.expect(await scene.attempt(about(request, Operation.INQUIRE_REFUND)), _S.SUCCEEDED, _S.WAITING)
    gone = request.the_refund().amount.minor
    await scene.effects(order, paid=1, captured_minor=order.amount.minor, refunded_minor=gone)


async def _inquire_absent(scene: Scene) -> None:
    order = await paid(scene)
    request = about(refund_of(scene, order, part_of(order.amount, of=3)), Operation.INQUIRE_REFUND)
    scene.expect(await scene.attempt(request), _S.ABSENT)
    await scene.effects(order, paid=1, captured_minor=order.amount.minor)
