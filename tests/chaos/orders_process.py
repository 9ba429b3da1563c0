"""A house in which everybody pays by balance until it is killed: `python -m tests.chaos.orders_process DATABASE_URL PLAN`.

Every wish has keys of its own, and is asked for under them again after each death.
"""

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import uvloop

from tael.app.house import House, open_house
from tael.behaviour.model import Circumstances
from tael.channels.port import Product
from tael.foundation.calls import Call, Caller
from tael.foundation.clock import SystemClock
from tael.foundation.config import Settings
from tael.foundation.errors import Refusal
from tael.payments.api import CreateRefund
from tael.testing.platform import QUICK
from tael.wallets.api import PayOrder

AT_ONCE = 8


class Wish(msgspec.Struct, frozen=True):
    """Somebody pays a payment, and has a part of it back."""

    user_id: str
    login_id: str
    merchant_id: str
    payment_id: str
    refund_id: str
    refund_minor: int


class Plan(msgspec.Struct, frozen=True):
    """What is wanted, and where."""

    home: str
    wishes: list[Wish]
    ahead_seconds: float
    """How far the clock of the others is ahead."""


class Said(msgspec.Struct, frozen=True):
    """What a repeat repeats."""

    text: str


class Ahead(SystemClock):
    """The time that the others have."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._ahead


async def ask(house: House, wish: Wish) -> None:
    """Choose the balance, pay, and ask for the refund: as far as each can be done now."""
    story = await house.payments.open_checkout(wish.payment_id, method="balance", product=Product.PAGE)
    number = story.attempts[-1].id
    command = PayOrder(
        number=number,
        user_id=wish.user_id,
        login_id=wish.login_id,
        circumstances=Circumstances(at=house.clock.now()),
    )
    await house.wallets.orders.pay(
        Call(
            caller=Caller(owner=wish.user_id, actor=f"user:{wish.user_id}"),
            action="wallets.pay_order",
            key=f"pay-{number}",
            request=Said(number),
            command=command,
        )
    )
    if (await house.payments.get(wish.payment_id, merchant_id=None)).payment.captured_minor:
        await _refund(house, wish)


async def _refund(house: House, wish: Wish) -> None:
    command = CreateRefund(
        payment_id=wish.payment_id,
        merchant_id=wish.merchant_id,
        refund_id=wish.refund_id,
        amount_minor=wish.refund_minor,
        note="",
    )
    await house.payments.refund(
        Call(
            caller=Caller(owner=wish.merchant_id, actor="key:test"),
            action="payments.refund",
            key=f"refund-{wish.payment_id}",
            request=Said(wish.payment_id),
            command=command,
        )
    )


async def settle(house: House) -> None:
    """What happens by itself."""
    await house.payments.janitor.inquire_due()
    await house.payments.janitor.refund_due()
    while await house.courier.deliver():
        continue


async def work(url: str, plan: Plan) -> None:
    """Ask for everything, over and over; others settle what is left in between."""
    settings = Settings(home=Path(plan.home), **{**QUICK, "log_level": "critical"})
    async with open_house(settings, url, clock=Ahead(plan.ahead_seconds)) as house:
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(wish: Wish) -> None:
            async with turns:
                try:
                    await ask(house, wish)
                except Refusal:
                    return

        sys.stdout.write("begins\n")
        sys.stdout.flush()
        while True:
            await asyncio.gather(*map(one, plan.wishes))
            await settle(house)
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(sys.argv[1], msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=Plan)))
