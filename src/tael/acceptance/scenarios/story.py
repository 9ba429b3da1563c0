"""What is a story, and which steps do many stories begin with?"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from tael.acceptance.model import Words
from tael.acceptance.scene import Astray, Scene, tell
from tael.channels.port import Capabilities, Operation, Order, Outcome, OutcomeState, Product, Request
from tael.foundation.money import Money

PREFERRED = (
    Product.CODE,
    Product.CARD,
    Product.PAGE,
    Product.JSAPI,
    Product.H5,
    Product.APP,
    Product.BARCODE,
    Product.TRANSFER,
)
"""In which product a story is told that is not about products."""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a channel promises, as a course of events."""

    name: str
    title: Words
    subject: str
    """What faults strike: an operation, `notice`, `bill` or `feed`."""
    play: Callable[[Scene], Awaitable[None]]
    promised: bool = True
    alone: bool = False
    """Whether it moves the channel's time far, or cannot be told from others by its number."""


def usual_product(capabilities: Capabilities) -> Product:
    """The product in which most stories are told."""
    return next(product for product in PREFERRED if product in capabilities.products)


def waiting_product(scene: Scene) -> Product:
    """A product in which an order waits for its payer, the usual one if it does."""
    capabilities = scene.desk.capabilities
    usual = usual_product(capabilities)
    if usual.payer_acts_last:
        return usual
    return next(product for product in sorted(capabilities.products) if product.payer_acts_last)


async def new_order(scene: Scene, product: Product | None = None, **more: Any) -> Order:
    """An order that nobody has heard of; for a barcode, the payer shows a code first."""
    product = product or usual_product(scene.desk.capabilities)
    if product is Product.BARCODE and not scene.desk.props.payer_code:
        more = {"payer_code": await scene.desk.control.shown_code(), **more}
    order = scene.desk.new_order(product, **more)
    scene.number = scene.number or order.order_number
    return order


def pay(order: Order) -> Request:
    """Begin the order."""
    return Request(operation=Operation.PAY, order=order)


def inquire(order: Order) -> Request:
    """Ask what became of it."""
    return Request(operation=Operation.INQUIRE, order=order)


async def opened(scene: Scene, product: Product | None = None, **more: Any) -> tuple[Order, Outcome]:
    """An order that has begun, without any fault. Who pays first has paid then."""
    order = await new_order(scene, product, **more)
    outcome = await scene.ask(pay(order))
    scene.expect(outcome, OutcomeState.WAITING, OutcomeState.SUCCEEDED, OutcomeState.AUTHORISED)
    return referring(order, outcome), outcome


async def paid(scene: Scene, product: Product | None = None, **more: Any) -> Order:
    """An order that somebody has paid (or whose money is held), without any fault."""
    order, outcome = await opened(scene, product, **more)
    if outcome.state is OutcomeState.WAITING:
        await scene.desk.payer.pays(order, outcome.action)
    wanted = OutcomeState.AUTHORISED if order.capture_later else OutcomeState.SUCCEEDED
    return referring(order, await learnt(scene, order, wanted))


async def learnt(scene: Scene, order: Order, *states: OutcomeState) -> Outcome:
    """What became of an order: by asking, or where that is not possible by what the channel tells."""
    if scene.desk.promises(Operation.INQUIRE):
        return await scene.until(inquire(order), *states)
    told: list[Outcome] = []
    for wait in (0.0, 0.2, 0.5, 1.0, 2.0):
        await asyncio.sleep(wait)
        told = await told_about(scene, order)
        for outcome in told:
            if outcome.state in states:
                scene.remember(outcome)
                return outcome
    raise Astray(f"To be told {' or '.join(states)}", ", ".join(map(tell, told)) or "nothing")


async def told_about(scene: Scene, order: Order) -> list[Outcome]:
    """What the channel has said about an order by itself."""
    if scene.desk.capabilities.feed_seconds is not None:
        await scene.desk.feed.read()
        return scene.desk.feed.outcomes_about(order.order_number, order.channel_reference)
    letters = scene.desk.mailbox.letters_about(order.order_number)
    return [letter.notice.outcome for letter in letters if letter.notice and letter.notice.outcome]


def referring(order: Order, outcome: Outcome) -> Order:
    """The order with what the channel has told us of its own number."""
    if not outcome.channel_reference:
        return order
    return msgspec.structs.replace(order, channel_reference=outcome.channel_reference)


def part_of(amount: Money, *, of: int) -> Money:
    """A part of an amount, at least one minor unit."""
    return amount.allocate([1] * of)[0]
