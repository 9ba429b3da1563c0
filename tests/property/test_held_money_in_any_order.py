"""Whatever a channel says of money that it holds, and whenever it is heard: do our books say what it has taken for us?"""

import random
from datetime import timedelta

import pytest

from tael.payments import postings
from tael.payments.model import AttemptState, PaymentState, StepKind, StepState
from tests.property.hold_world import AMOUNT, CHANNEL, CNY, HoldWorld

AMOUNTS = (1, 280, 500, 780, AMOUNT)
WHAT = (
    "hold hold capture capture capture part part grow answer answer answer tell tell ask ask take take_all close wait"
).split()


def happens(world: HoldWorld, what: str, chance: random.Random) -> None:
    """One thing that happens."""
    world.now += timedelta(seconds=1)
    order_id = chance.choice(("att_1", "att_1", "att_2"))
    amount = chance.choice(AMOUNTS)
    if what == "hold":
        world.money_is_held(order_id)
    elif what in ("capture", "part", "grow"):
        kind = StepKind.INCREMENT if what == "grow" else StepKind.CAPTURE
        step = world.merchant_asks(kind, amount, final=what == "capture")
        if step is not None and chance.random() < 0.7:
            world.answers.append((world.carries_out(step), True))
    elif what == "answer" and world.answers:
        outcome, of_step = world.answers.pop(chance.randrange(len(world.answers)))
        (world.hear_of_step if of_step else world.hear)(outcome)
    elif what == "tell" and world.orders[order_id].history:
        world.hear(chance.choice(world.orders[order_id].history))
    elif what == "ask":
        world.answers.append((world.truth_of(order_id), False))
    elif what in ("take", "take_all"):
        if chance.random() < 0.2:
            world.somebody_takes(order_id, amount, last=what == "take_all")
    elif what == "close" and chance.random() < 0.3:
        world.merchant_closes()
    elif what == "wait" and chance.random() < 0.1:
        world.now += timedelta(days=3)


def come_to_rest(world: HoldWorld) -> None:
    """All answers are heard, and the janitor comes until the hold has ended."""
    while world.answers:
        outcome, of_step = world.answers.pop()
        (world.hear_of_step if of_step else world.hear)(outcome)
    world.merchant_closes()
    for _ in range(12):
        world.now += timedelta(days=2)
        world.janitor_comes()


def check(world: HoldWorld) -> None:
    """What must be true once nothing is on its way any more."""
    payment = world.payment
    taken = sum(order.taken for order in world.orders.values())
    receivable = world.books.amounts[postings.channel_receivable(CHANNEL, CNY).code, CNY][0]
    surplus = -world.books.amounts[postings.surplus(CNY).code, CNY][0]
    assert sum(sums[0] for sums in world.books.amounts.values()) == 0
    assert receivable == taken, f"the channel took {taken}, we believe {receivable}"
    assert payment.captured_minor == taken - surplus
    assert payment.ended, payment.state
    assert (payment.state is PaymentState.CAPTURED) is (payment.captured_minor > 0)
    assert payment.captured_minor <= payment.authorised_minor or not payment.captured_minor
    captures = [
        step
        for step in world.steps.values()
        if step.kind is StepKind.CAPTURE and step.state is StepState.SUCCEEDED
    ]
    assert sum(step.amount_minor for step in captures) == payment.captured_minor
    assert sum(step.fee_minor for step in captures) == payment.fee_minor
    assert -world.books.amounts[postings.fees(CNY).code, CNY][0] == payment.fee_minor
    assert not [each for each in world.attempts.values() if each.state is AttemptState.AUTHORISED]
    assert not [step for step in world.steps.values() if not step.ended]


@pytest.mark.parametrize("hundred", range(5))
def test_the_books_come_to_say_what_was_taken_of_held_money(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        chance = random.Random(seed)
        world = HoldWorld()
        try:
            for _ in range(60):
                happens(world, chance.choice(WHAT), chance)
            come_to_rest(world)
            check(world)
        except AssertionError as error:
            raise AssertionError(f"in the story of seed {seed}: {error}") from error
