"""The money of a paid order is shared among receivers."""

from collections.abc import Iterator

from tael.acceptance.model import Words
from tael.acceptance.scenarios.story import Story, paid, part_of
from tael.acceptance.scene import Scene, about
from tael.channels.port import Capabilities, Operation, Order, OutcomeState, Receiver, Request, SplitOrder
from tael.foundation.ids import new_id

_S = OutcomeState


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of sharing."""
    can = Operation.SPLIT in capabilities.operations
    asks = can and Operation.INQUIRE_SPLIT in capabilities.operations
    yield Story(
        name="split",
        title=Words("Share the money of an order", "分账"),
        subject=Operation.SPLIT,
        play=_split,
        promised=can,
    )
    yield Story(
        name="inquire_split",
        title=Words("Ask for a sharing", "查询分账"),
        subject=Operation.INQUIRE_SPLIT,
        play=_inquire,
        promised=asks,
    )


def _sharing(scene: Scene, order: Order) -> Request:
    receiver = Receiver(
        account=scene.desk.props.receiver_account, amount=part_of(order.amount, of=5), description="验收"
    )
    split = SplitOrder(split_number=new_id("spl"), receivers=[receiver])
    return Request(operation=Operation.SPLIT, order=order, split=split)


async def _shared_once(scene: Scene, request: Request) -> None:
    truth = await scene.effects(request.the_order(), paid=1, captured_minor=request.the_order().amount.minor)
    number = request.the_split().split_number
    came = sum(split.amount_minor for split in truth.splits if split.split_number == number)
    wanted = sum(receiver.amount.minor for receiver in request.the_split().receivers)
    if came > wanted:
        scene.double_effects.append(f"{came} were shared instead of {wanted}.")
    scene.require(came == wanted, f"{wanted} shared", f"{came} shared")


async def _split(scene: Scene) -> None:
    order = await paid(scene, split_later=True)
    request = _sharing(scene, order)
    outcome = await scene.attempt(request)
    if scene.ends_here(outcome):
        return
    if outcome.state is _S.WAITING:
        await scene.until(about(request, Operation.INQUIRE_SPLIT), _S.SUCCEEDED)
    else:
        scene.expect(outcome, _S.SUCCEEDED)
    await _shared_once(scene, request)


async def _inquire(scene: Scene) -> None:
    order = await paid(scene, split_later=True)
    request = _sharing(scene, order)
    scene.expect(await scene.ask(request), _S.SUCCEEDED, _S.WAITING)
    scene.expect(await scene.attempt(about(request, Operation.INQUIRE_SPLIT)), _S.SUCCEEDED, _S.WAITING)
    await _shared_once(scene, request)
