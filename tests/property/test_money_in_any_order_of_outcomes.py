"""Whatever a channel says, in whatever order it is heard: do our books say in the end what the channel holds for us?"""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from tael.payments import postings
from tael.payments.model import PaymentState, RefundReason, RefundState
from tael.payments.rules.arrivals import left_to_people
from tests.property.channel_world import AMOUNT, CHANNEL, CNY, World

Step = tuple[str, object, int]
ORDERS = ("att_1", "att_2")
PARTS = (1, 500, AMOUNT - 500, AMOUNT, 2 * AMOUNT, -1, -500, -AMOUNT)
ABOUT_ORDERS = (
    "money money money tell tell ask put put hear_late look look end carry_out refund refund deliver deliver"
    " pay_merchant close"
)
ABOUT_REFUNDS = "send move move move tell_refund tell_refund ask_refund put_refund work work again"
HOW = {"money": PARTS, "refund": (1, 7, 500, 640, AMOUNT), "end": (0, 1, 2), "move": (0, 1), "work": (0, 1)}


def story(seed: int) -> list[Step]:
    """Sixty things that happen, drawn at random: what comes of an order or of one of its first refunds."""
    chance = random.Random(seed)
    steps: list[Step] = []
    for _ in range(60):
        what = chance.choice(f"{ABOUT_ORDERS} {ABOUT_REFUNDS}".split())
        which: object = chance.randrange(6) if what in ABOUT_REFUNDS.split() else chance.choice(ORDERS)
        steps.append((what, which, chance.choice(HOW.get(what, range(10)))))
    return steps


def do(world: World, what: str, which: object, how: int) -> None:
    """One thing that happens. A refund that was not made yet, or news that there are none of: nothing."""
    world.now += timedelta(seconds=1)
    made = sorted(world.refunds)
    if not isinstance(which, int):
        about_order(world, what, str(which), how)
    elif made:
        about_refund(world, what, made[which % len(made)], how)


def about_refund(world: World, what: str, refund_id: str, how: int) -> None:
    told = world.heard_of.get(refund_id, [])
    if what in ("send", "work"):
        world.send(refund_id)
    if what in ("move", "work"):
        world.refund_moves(refund_id, gone=bool(how))
    if what == "work":
        world.ask_twice(refund_id)
    if what == "tell_refund" and told:
        world.hear_of_refund(told[how % len(told)])
    if what == "ask_refund" and told:
        world.hear_of_refund(world.truth_of_refund(refund_id), asked_at=world.now)
    if what == "put_refund" and told:
        world.answers.append((world.truth_of_refund(refund_id), world.now))
    if what == "again":
        world.people_send_again(refund_id)


def about_order(world: World, what: str, order_id: str, how: int) -> None:
    history = world.orders[order_id].history
    deeds: dict[str, Callable[[], None]] = {
        "money": lambda: world.money_comes(order_id, how),
        "tell": lambda: world.hear(history[how % len(history)]) if history else None,
        "ask": lambda: world.hear(world.truth_of(order_id), asked_at=world.now),
        "put": lambda: world.answers.append((world.truth_of(order_id), world.now)),
        "hear_late": lambda: world.hear_late(how),
        "look": lambda: world.look_twice(order_id),
        "end": lambda: world.ends(order_id, told=how == 1, late=how == 2),
        "carry_out": lambda: world.carry_out(order_id),
        "refund": lambda: world.merchant_refunds(how),
        "deliver": lambda: world.deliver() if world.facts else None,
        "pay_merchant": world.merchant_is_paid_out,
        "close": world.asked_to_close,
    }
    deeds[what]()


def check(world: World) -> None:
    """What must be true once nothing is on its way any more."""
    payment, balance = world.payment, world.balance
    assert payment.state in (PaymentState.CAPTURED, PaymentState.EXPIRED)
    assert sum(sums[0] for sums in world.books.amounts.values()) == 0
    holds = sum(world.held(order_id) for order_id in world.orders)
    assert balance(postings.channel_receivable(CHANNEL, CNY).code) == holds, (
        "the channel holds what we believe"
    )
    left = left_to_people(list(world.refunds.values()))
    assert -balance(postings.surplus(CNY).code) == sum(refund.owed_minor for refund in left)
    for nothing in (postings.refunds_in_transit(CHANNEL, CNY), postings.arrivals(CNY)):
        assert balance(nothing.code) == 0, f"nothing is left in {nothing.code}"
    gone = [refund for refund in world.refunds.values() if refund.state is RefundState.SUCCEEDED]
    out_of_it = [refund for refund in gone if refund.cause is None and refund.owed_minor]
    voided = any(refund.cause is None and refund.reason is RefundReason.VOIDED for refund in gone)
    charged = sum(refund.owed_minor for refund in out_of_it)
    assert payment.refunding_minor == 0
    assert payment.refunded_minor == (payment.captured_minor if voided else charged)
    assert payment.fee_returned_minor == sum(refund.fee_returned_minor for refund in out_of_it)
    assert 0 <= payment.refunded_minor <= payment.captured_minor
    assert 0 <= payment.fee_returned_minor <= payment.fee_minor
    merchants = balance(postings.merchant_pending("mer_1", CNY).code) + balance("elsewhere")
    assert -merchants == payment.captured_minor - payment.fee_minor - (charged - payment.fee_returned_minor)
    assert -balance(postings.fees(CNY).code) == payment.fee_minor - payment.fee_returned_minor
    missing = 0
    if payment.captured_by == "att_1":
        missing = max(0, payment.captured_minor - world.orders["att_1"].arrived)
    lost = balance(postings.recoverable(CNY).code)
    assert lost == missing + sum(refund.unowed_minor for refund in gone), "every loss has its reason"


@pytest.mark.parametrize("hundred", range(5))
def test_the_books_come_to_say_what_the_channel_holds_for_us(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        world = World(names_sums=seed % 2 == 0, refuses=seed % 3 == 0)
        try:
            for what, which, how in story(seed):
                do(world, what, which, how)
            world.come_to_rest()
            check(world)
        except AssertionError as error:
            raise AssertionError(f"in the story of seed {seed}: {error}") from error
