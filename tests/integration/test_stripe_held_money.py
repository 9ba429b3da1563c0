"""Do our connector and the simulated Stripe agree about money that is held first and taken later?"""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tael.channels.conversations import carry_on
from tael.channels.port import (
    CaptureOrder,
    ErrorClass,
    Hold,
    IncrementOrder,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    Product,
    Request,
)
from tael.foundation.clock import SystemClock
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tests.integration.channel_scene import Scene, opened

PRICE = Money(1280, "USD")
BACK = "https://shop.example/back?cart=7"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened("stripe", tmp_path, speed=24_000) as scene:
        yield scene


async def held(scene: Scene, card: str = "pm_card_visa") -> tuple[Order, Hold]:
    """An order whose money is held, and what may be done with it."""
    order = scene.order(
        new_id("att"),
        amount=PRICE,
        product=Product.CARD,
        card_token=card,
        return_url=BACK,
        capture_later=True,
        descriptor="BLUE TEAPOT",
    )
    outcome = await scene.ask(Operation.PAY, order)
    assert outcome.state is OutcomeState.AUTHORISED, outcome
    assert outcome.hold is not None
    return msgspec.structs.replace(order, channel_reference=outcome.channel_reference or ""), outcome.hold


async def asked(scene: Scene, request: Request) -> Outcome:
    return await carry_on(scene.connector.converse(request, now=SystemClock().now()), scene.wire)


def capture(order: Order, minor: int, *, before: int = 0, last: bool = True) -> Request:
    taken = CaptureOrder(
        capture_number=new_id("cap"),
        amount=Money(minor, "USD"),
        last=last,
        taken_before=Money(before, "USD"),
    )
    return Request(operation=Operation.CAPTURE, order=order, capture=taken)


async def taken(scene: Scene, order: Order) -> tuple[int, int, int]:
    seen = await scene.control.order(order.order_number)
    return seen.captured_minor, seen.refunded_minor, seen.paid_count


async def test_held_money_is_taken_in_part_and_the_rest_let_go(scene: Scene) -> None:
    order, hold = await held(scene)
    assert hold.taken == Money(0, "USD")
    assert hold.until is not None
    assert (await scene.ask(Operation.CLOSE, order)).state is OutcomeState.AUTHORISED
    too_much = await asked(scene, capture(order, 2560))
    assert (too_much.state, too_much.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)
    part = capture(order, 500)
    outcome = await asked(scene, part)
    assert (outcome.state, outcome.amount) == (OutcomeState.SUCCEEDED, Money(500, "USD"))
    assert await asked(scene, part) == outcome
    another = await asked(scene, capture(order, 600))
    assert another.state is OutcomeState.FAILED, (
        "nothing is held any more, and none of it was taken by this one"
    )
    inquired = await scene.ask(Operation.INQUIRE, order)
    assert inquired.hold is not None
    assert (inquired.amount, inquired.hold.taken) == (PRICE, Money(500, "USD"))
    assert await taken(scene, order) == (500, 0, 1)


async def test_several_captures_each_happen_once_and_the_rest_is_released_at_the_end(scene: Scene) -> None:
    order, hold = await held(scene)
    assert hold.in_parts
    first = capture(order, 300, last=False)
    assert (await asked(scene, first)).state is OutcomeState.SUCCEEDED
    assert (await asked(scene, first)).state is OutcomeState.SUCCEEDED, "asked again, it takes nothing"
    between = await scene.ask(Operation.INQUIRE, order)
    assert between.hold is not None
    assert (between.state, between.hold.taken) == (OutcomeState.AUTHORISED, Money(300, "USD"))
    second = capture(order, 300, before=300, last=False)
    assert (await asked(scene, second)).state is OutcomeState.SUCCEEDED, (
        "as much as the first, and another one"
    )
    assert await taken(scene, order) == (600, 0, 1)
    mistaken = await asked(scene, capture(order, 100, before=300))
    assert mistaken.state is OutcomeState.FAILED, "more was taken than this capture knows of"
    rest = await asked(scene, capture(order, 0, before=600))
    assert rest.hold is not None
    assert (rest.state, rest.hold.taken) == (OutcomeState.SUCCEEDED, Money(600, "USD"))
    assert await taken(scene, order) == (600, 0, 1)


async def test_more_is_held_once_however_often_it_is_asked_and_then_taken(scene: Scene) -> None:
    order, hold = await held(scene)
    assert hold.may_grow
    more = Request(
        operation=Operation.INCREMENT,
        order=order,
        increment=IncrementOrder(increment_number=new_id("inc"), amount=Money(720, "USD")),
    )
    for _ in range(2):
        outcome = await asked(scene, more)
        assert (outcome.state, outcome.amount) == (OutcomeState.SUCCEEDED, Money(720, "USD")), outcome
    bigger = msgspec.structs.replace(order, amount=Money(2000, "USD"))
    assert (await scene.ask(Operation.INQUIRE, bigger)).state is OutcomeState.AUTHORISED
    far_too_much = Request(
        operation=Operation.INCREMENT,
        order=bigger,
        increment=IncrementOrder(increment_number=new_id("inc"), amount=Money(20_000, "USD")),
    )
    declined = await asked(scene, far_too_much)
    assert (declined.state, declined.code) == (OutcomeState.FAILED, "insufficient_funds")
    assert (await asked(scene, capture(bigger, 2000))).state is OutcomeState.SUCCEEDED
    assert await taken(scene, order) == (2000, 0, 1)


async def test_a_tip_beyond_what_is_held_is_taken_where_the_card_allows_it(scene: Scene) -> None:
    order, hold = await held(scene)
    assert hold.at_most is not None
    assert hold.at_most.minor == 1536
    with_tip = capture(order, hold.at_most.minor)
    for _ in range(2):
        outcome = await asked(scene, with_tip)
        assert (outcome.state, outcome.amount) == (OutcomeState.SUCCEEDED, hold.at_most), outcome
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.SUCCEEDED
    assert await taken(scene, order) == (1536, 0, 1)


async def test_a_card_that_can_do_neither_says_so_when_its_money_is_held(scene: Scene) -> None:
    order, hold = await held(scene, card="pm_card_jcb")
    assert (hold.in_parts, hold.may_grow, hold.at_most) == (False, False, None)
    in_parts = await asked(scene, capture(order, 100, last=False))
    assert (in_parts.state, in_parts.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)
    assert await taken(scene, order) == (0, 0, 1)
