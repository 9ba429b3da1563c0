"""Whatever a channel says of money that it holds, and whenever it is heard: do our books say what it has taken for us?"""

import random
from datetime import timedelta

import pytest

from tael.payments import postings
from tael.payments.model import AttemptState, PaymentState, StepKind, StepState
from tests.property.hold_world import AMOUNT, CHANNEL, CNY, Hold, HoldWorld

AMOUNTS = (1, 280, 500, 780, AMOUNT)
WHAT = (
    "hold hold capture capture capture part part grow answer answer answer tell tell ask ask take take_all back cancel"
    " close end wait"
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
            world.answers.append((world.carries_out(step), world.now))
    elif what == "answer" and world.answers:
        world.hear_answer(*world.answers.pop(chance.randrange(len(world.answers))))
    elif what == "tell" and world.orders[order_id].news:
        news = world.orders[order_id].news
        world.hear(news.pop(chance.randrange(len(news))))
    elif what == "ask":
        world.answers.append((world.truth_of(order_id), world.now))
    elif what in ("take", "take_all"):
        if chance.random() < 0.2:
            world.somebody_takes(order_id, amount, last=what == "take_all")
    elif what == "back" and chance.random() < 0.3:
        world.somebody_gives_back(order_id)
    elif what == "cancel" and chance.random() < 0.1:
        world.is_released(order_id)
    elif what == "close" and chance.random() < 0.3:
        world.merchant_closes()
    elif what == "end" and world.attempts[order_id].live and world.payment.closing_as is not None:
        answer = world.ends(order_id)
        world.answers += [] if answer is None else [(answer, world.now)]
    elif what == "wait" and chance.random() < 0.1:
        world.now += timedelta(days=3)


def come_to_rest(world: HoldWorld, chance: random.Random) -> None:
    """All answers and all news are heard, and the janitor comes until the hold has ended."""
    while world.answers:
        world.hear_answer(*world.answers.pop())
    for _ in range(2):
        for order in world.orders.values():
            chance.shuffle(order.news)
            while order.news:
                world.now += timedelta(seconds=1)
                world.hear(order.news.pop())
        world.merchant_closes()
        for _ in range(12):
            world.now += timedelta(days=2)
            world.janitor_comes()


def check(world: HoldWorld) -> None:
    """What must be true once nothing is on its way any more."""
    payment, orders = world.payment, world.orders
    left = sum(order.taken - order.given_back for order in orders.values())
    receivable = world.books.amounts[postings.channel_receivable(CHANNEL, CNY).code, CNY][0]
    surplus = -world.books.amounts[postings.surplus(CNY).code, CNY][0]
    assert sum(sums[0] for sums in world.books.amounts.values()) == 0
    assert receivable == left, f"the channel has {left} for us, we believe {receivable}"
    paid = orders.get(payment.captured_by or "", Hold())
    assert payment.captured_minor == paid.taken
    assert payment.refunded_minor == paid.given_back
    assert surplus == left - (paid.taken - paid.given_back)
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
    kept_minor = payment.fee_minor - payment.fee_returned_minor
    assert -world.books.amounts[postings.fees(CNY).code, CNY][0] == kept_minor
    assert not [each for each in world.attempts.values() if each.state is AttemptState.AUTHORISED]
    assert not [step for step in world.steps.values() if not step.ended]


@pytest.mark.parametrize("hundred", range(10))
def test_the_books_come_to_say_what_was_taken_of_held_money(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        chance = random.Random(seed)
        world = HoldWorld()
        try:
            for _ in range(60):
                happens(world, chance.choice(WHAT), chance)
            come_to_rest(world, chance)
            check(world)
        except AssertionError as error:
            raise AssertionError(f"in the story of seed {seed}: {error}") from error
