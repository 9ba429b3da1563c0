"""The channel tells by itself what became of an order: as it should, and in all the ways that it should not."""

import asyncio
from collections.abc import Iterator, Sequence

from tael.acceptance.bits import believed_letters
from tael.acceptance.listener import Letter
from tael.acceptance.model import Fault, Words
from tael.acceptance.rules import NOTICE
from tael.acceptance.scenarios.story import Story, learnt, opened
from tael.acceptance.scene import PATIENCE_SECONDS, NotTried, Scene
from tael.channels.port import Capabilities, Order, Outcome, OutcomeState

_S = OutcomeState
_NEVER_BELIEVED = (Fault.WRONG_SIGNATURE, Fault.WRONG_MERCHANT, Fault.STALE_NOTICE)
_BELIEVED_OF_SOMETHING_ELSE = (Fault.WRONG_AMOUNT, Fault.WRONG_ORDER)
"""The signature is right, so it is the channel's word and is accepted; comparing it with the order is ours."""
_REPEATED = (Fault.DUPLICATE_NOTICE, Fault.REPLAYED_NOTICE)


def stories(capabilities: Capabilities) -> Iterator[Story]:
    """The stories of notices."""
    yield Story(
        name="notice.paid",
        title=Words("Be told that an order is paid", "支付通知"),
        subject=NOTICE,
        play=_told_of_a_payment,
        promised=capabilities.notices,
    )


async def _told_of_a_payment(scene: Scene) -> None:
    order, outcome = await opened(scene)
    before = await _letters_so_far(scene, order)
    struck = scene.fault not in (Fault.NONE, Fault.ONE_BIT)
    if struck:
        switched_on = scene.desk.control.switched_on
        async with switched_on(scene.fault, numbers=[order.order_number], method=NOTICE) as strike:
            await _pay_and_listen(scene, order, outcome, before)
            for letter in scene.desk.mailbox.letters_about(order.order_number)[before:]:
                _judge(scene, order, letter)
            await learnt(scene, order, _S.SUCCEEDED)
        scene.must_have_struck(strike)
    else:
        await _pay_and_listen(scene, order, outcome, before)
    await scene.effects(order, paid=1, captured_minor=order.amount.minor)
    if scene.fault is Fault.ONE_BIT:
        for letter in scene.desk.mailbox.letters_about(order.order_number)[before : before + 1]:
            scene.guesses += believed_letters(scene.desk.mailbox, letter)
    if scene.fault not in _BELIEVED_OF_SOMETHING_ELSE:
        await _is_told_in_the_end(scene, order)


async def _letters_so_far(scene: Scene, order: Order) -> int:
    """How many notices came of the order's beginning; none of them is still on its way."""
    for wait in (0.0, 0.02, 0.1, 0.5, 1.0):
        await asyncio.sleep(wait)
        truth = await scene.desk.control.order(order.order_number)
        if truth is None or all(notice.delivered for notice in truth.notices):
            break
    return len(scene.desk.mailbox.letters_about(order.order_number))


async def _pay_and_listen(scene: Scene, order: Order, begun: Outcome, before: int) -> None:
    if begun.state is _S.WAITING:
        await scene.desk.payer.pays(order, begun.action)
    enough = before + (2 if scene.fault in _REPEATED else 1)
    seconds = 0.5 if scene.fault is Fault.DROP_NOTICES else PATIENCE_SECONDS
    letters = await scene.desk.mailbox.wait_for(
        order.order_number, lambda letters: len(letters) >= enough, seconds=seconds
    )
    if scene.fault is Fault.DROP_NOTICES:
        scene.require(len(letters) == before, "no notice while they are dropped", f"{len(letters)} notices")
    else:
        scene.require(len(letters) > before, "a notice", "none")


def _judge(scene: Scene, order: Order, letter: Letter) -> None:
    """What the connector made of a notice that something is wrong about."""
    if letter.bug:
        scene.guesses.append(f"Reading a notice raised {letter.bug}.")
    if letter.notice is None or letter.notice.outcome is None:
        return
    outcome = letter.notice.outcome
    if scene.fault in _NEVER_BELIEVED:
        scene.guesses.append(f"It believed a notice with {scene.fault.replace('_', ' ')}: {outcome.state}.")
    elif scene.fault is Fault.WRONG_AMOUNT and outcome.state is _S.SUCCEEDED:
        named = outcome.received or outcome.amount
        if named is None or named == order.amount:
            scene.guesses.append(f"The notice names another amount; it says {named or 'none'}.")
    elif scene.fault is Fault.WRONG_ORDER and outcome.order_number == order.order_number:
        scene.guesses.append("The notice names another order; it says ours.")


async def _is_told_in_the_end(scene: Scene, order: Order) -> None:
    """When nothing is wrong any more, the notice is there, and its repetitions are known by one id."""

    def believed(letters: Sequence[Letter]) -> list[Letter]:
        return [letter for letter in letters if _says_paid(letter, order)]

    letters = await scene.desk.mailbox.wait_for(
        order.order_number, lambda letters: bool(believed(letters)), seconds=PATIENCE_SECONDS
    )
    right = believed(letters)
    scene.require(bool(right), "a notice of the payment that is believed", _what_came(letters))
    ids = {letter.notice.notice_id for letter in right if letter.notice}
    if scene.fault in _REPEATED and len(right) < 2:
        raise NotTried("The channel did not repeat the notice.")
    scene.require(len(ids) == 1, "one id for all repetitions", f"{len(ids)} ids")


def _says_paid(letter: Letter, order: Order) -> bool:
    outcome = letter.notice.outcome if letter.notice else None
    if outcome is None or outcome.state is not _S.SUCCEEDED:
        return False
    mine = outcome.order_number == order.order_number or (
        not outcome.order_number and outcome.channel_reference == order.channel_reference
    )
    return mine and (outcome.received or outcome.amount) == order.amount


def _what_came(letters: Sequence[Letter]) -> str:
    said = [letter.refused or letter.bug or "believed, but about something else" for letter in letters]
    return "; ".join(said) or "no notice"
