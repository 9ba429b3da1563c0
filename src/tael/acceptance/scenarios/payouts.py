"""Money of ours goes to somebody's account, or to our main one."""

import contextlib
from collections.abc import Iterator

from tael.acceptance.errors import ControlRefused
from tael.acceptance.model import Fault, Words
from tael.acceptance.scenarios.story import Story, paid
from tael.acceptance.scene import NotTried, Scene, about
from tael.channels.port import Capabilities, Operation, Outcome, OutcomeState, PayoutOrder, Request
from tael.foundation.ids import new_id

_S = OutcomeState
_STEPS_OF_A_SWEEP = 8


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of payouts."""
    can = Operation.PAY_OUT in capabilities.operations
    asks = can and Operation.INQUIRE_PAYOUT in capabilities.operations
    told = (
        ("pay_out", "Send money to somebody", "付款到账户", Operation.PAY_OUT, _send, can),
        (
            "pay_out.repeated",
            "Send the same payout twice",
            "重复发送同一付款",
            Operation.PAY_OUT,
            _repeated,
            can,
        ),
        ("pay_out.fails", "The money comes back", "付款被退回", Operation.INQUIRE_PAYOUT, _fails, asks),
        ("inquire_payout", "Ask for a payout", "查询付款", Operation.INQUIRE_PAYOUT, _inquire, asks),
        (
            "inquire_payout.absent",
            "Ask for a payout that never was",
            "查询不存在的付款",
            Operation.INQUIRE_PAYOUT,
            _inquire_absent,
            asks,
        ),
    )
    yield Story(
        name="sweep",
        title=Words("Gather what has arrived", "归集"),
        subject=Operation.SWEEP,
        play=_sweep,
        promised=Operation.SWEEP in capabilities.operations,
    )
    for name, en, zh, subject, play, promised in told:
        yield Story(name=name, title=Words(en, zh), subject=subject, play=play, promised=promised)


def _payout(scene: Scene, account: str = "") -> Request:
    props = scene.desk.props
    payout = PayoutOrder(
        payout_number=new_id("out"),
        amount=scene.desk.usual_amount(),
        payee_account=account or props.payee_account,
        payee_name=props.payee_name,
        payee_bank=props.payee_bank,
        purpose="Acceptance",
        created_at=scene.desk.clock.now(),
    )
    return Request(operation=Operation.PAY_OUT, payout=payout)


async def _finished(scene: Scene, request: Request, outcome: Outcome) -> Outcome:
    """The end of a payout that the channel is still working on: its people let it succeed."""
    if outcome.state is not _S.WAITING or not scene.desk.promises(Operation.INQUIRE_PAYOUT):
        return outcome
    with contextlib.suppress(ControlRefused):  # a channel that finishes by itself has no such act
        await scene.desk.control.act("payout_succeed", {"payout": request.number})
    ends = (_S.SUCCEEDED,) if scene.fault is Fault.NONE else (_S.SUCCEEDED, _S.FAILED)
    return await scene.until(about(request, Operation.INQUIRE_PAYOUT), *ends)


async def _send(scene: Scene) -> None:
    request = _payout(scene)
    outcome = await _finished(scene, request, await scene.attempt(request))
    if scene.ends_here(outcome):
        await scene.sent(request.number, times=0)
        return
    scene.expect(outcome, _S.SUCCEEDED, _S.WAITING)
    await scene.sent(request.number, times=1)


async def _repeated(scene: Scene) -> None:
    request = _payout(scene)
    outcome = await scene.attempt(request)
    if scene.ends_here(outcome):
        return
    for _ in range(2):
        scene.expect(await scene.ask(request), _S.SUCCEEDED, _S.WAITING, _S.UNKNOWN)
    outcome = await _finished(scene, request, outcome)
    await scene.sent(request.number, times=0 if scene.ends_here(outcome) else 1)


async def _fails(scene: Scene) -> None:
    request = _payout(scene, scene.desk.props.slow_payee_account)
    outcome = await scene.ask(request)
    scene.expect(outcome, _S.WAITING, _S.SUCCEEDED)
    try:
        await scene.desk.control.act("payout_fail", {"payout": request.number})
    except ControlRefused as refusal:
        raise NotTried("With this channel a payout is final when it is answered.") from refusal
    outcome = await scene.attempt(about(request, Operation.INQUIRE_PAYOUT))
    scene.expect(outcome, _S.FAILED)


async def _inquire(scene: Scene) -> None:
    request = _payout(scene)
    scene.expect(await scene.ask(request), _S.SUCCEEDED, _S.WAITING)
    outcome = await scene.attempt(about(request, Operation.INQUIRE_PAYOUT))
    scene.expect(await _finished(scene, request, outcome), _S.SUCCEEDED, _S.WAITING)
    await scene.sent(request.number, times=1)


async def _inquire_absent(scene: Scene) -> None:
    request = about(_payout(scene), Operation.INQUIRE_PAYOUT)
    scene.expect(await scene.attempt(request), _S.ABSENT)
    await scene.sent(request.number, times=0)


async def _sweep(scene: Scene) -> None:
    order = await paid(scene)
    request = Request(operation=Operation.SWEEP, order=order)
    outcome = await scene.attempt(request)
    for _ in range(_STEPS_OF_A_SWEEP):
        if outcome.state is _S.WAITING:
            with contextlib.suppress(ControlRefused):  # only where time passes block by block
                await scene.desk.control.act("mine", {})
            outcome = await scene.ask(request)
    scene.expect(outcome, _S.SUCCEEDED)
    gathered = outcome.amount or outcome.received
    scene.require(gathered in (None, order.amount), f"{order.amount} gathered", f"{gathered}")
    again = await scene.ask(request)
    scene.expect(again, _S.SUCCEEDED)
