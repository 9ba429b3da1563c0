"""A house that tops up and withdraws for everybody until it is killed: `python -m tests.chaos.funding_process DATABASE_URL PLAN`.

Every wish has a key of its own, and is asked for under it again after each death. What was answered is written to stdout.
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
from tael.foundation.ids import new_id
from tael.funding.api import MakeQuote, StartTopUp, Withdraw

AT_ONCE = 8


class Wish(msgspec.Struct, frozen=True):
    """A withdrawal or a top-up that somebody wants."""

    user_id: str
    login_id: str
    key: str
    amount_minor: int
    top_up: bool = False


class Plan(msgspec.Struct, frozen=True):
    """What is wanted, and where."""

    settings: dict[str, str | int | float | list[float]]
    wishes: list[Wish]
    ahead_seconds: float = 0.0
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


async def ask(house: House, wish: Wish) -> tuple[int, str]:
    """Ask for what is wished, under a key that belongs to the wish; the status, and the id of what came of it."""
    return await (_top_up if wish.top_up else _withdraw)(house, wish)


async def _top_up(house: House, wish: Wish) -> tuple[int, str]:
    """Begin to top up: somebody else pays the code."""
    command = StartTopUp(
        id=new_id("top"),
        user_id=wish.user_id,
        amount_minor=wish.amount_minor,
        currency="CNY",
        method="alipay",
        product=Product.CODE,
        bank_card_id=None,
        return_url=None,
        circumstances=Circumstances(at=house.clock.now()),
    )
    answer = await house.funding.top_up(
        Call(
            caller=Caller(owner=wish.user_id, actor=f"user:{wish.user_id}"),
            action="funding.top_up",
            key=f"t-{wish.key}",
            request=Said(wish.key),
            command=command,
        )
    )
    return answer.status, str(msgspec.json.decode(answer.body).get("id", ""))


async def _withdraw(house: House, wish: Wish) -> tuple[int, str]:
    """Quote and withdraw, both under keys that belong to the wish; the status, and the withdrawal's id."""
    caller = Caller(owner=wish.user_id, actor=f"user:{wish.user_id}")
    quote = MakeQuote(
        id=new_id("wdq"),
        user_id=wish.user_id,
        bank_card_id=None,
        amount_minor=wish.amount_minor,
        currency="CNY",
    )
    quoted = await house.funding.quote(
        Call(
            caller=caller,
            action="funding.quote",
            key=f"q-{wish.key}",
            request=Said(wish.key),
            command=quote,
        )
    )
    if quoted.status != 201:
        return quoted.status, ""
    quote_id = msgspec.json.decode(quoted.body)["id"]
    withdraw = Withdraw(
        id=new_id("wdr"),
        payout_id=new_id("pyo"),
        user_id=wish.user_id,
        login_id=wish.login_id,
        quote_id=quote_id,
        confirmation_id=None,
        circumstances=Circumstances(at=house.clock.now()),
    )
    answer = await house.funding.withdraw(
        Call(
            caller=caller,
            action="funding.withdraw",
            key=f"w-{wish.key}",
            request=Said(quote_id),
            command=withdraw,
        )
    )
    return answer.status, str(msgspec.json.decode(answer.body).get("id", ""))


async def work(url: str, plan: Plan) -> None:
    """Ask for everything, over and over; others settle what is left in between."""
    settings = msgspec.convert({**plan.settings, "home": Path(str(plan.settings["home"]))}, dict)
    async with open_house(Settings(**settings), url, clock=Ahead(plan.ahead_seconds)) as house:
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(wish: Wish) -> None:
            async with turns:
                try:
                    status, id = await ask(house, wish)
                except Refusal:
                    return
            if status == 201:
                sys.stdout.write(f"acked {wish.key} {id}\n")
                sys.stdout.flush()

        sys.stdout.write("begins\n")
        sys.stdout.flush()
        while True:
            await asyncio.gather(*map(one, plan.wishes))
            await house.payments.janitor.inquire_due()
            await house.payouts.janitor.send_due()
            await house.payouts.janitor.inquire_due()
            while await house.courier.deliver():
                continue
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(sys.argv[1], msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=Plan)))
