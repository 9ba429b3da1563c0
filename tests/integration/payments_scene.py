"""A house in which nobody does anything by himself: no workers, no courier, no listeners; each test moves what it tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.channels.model import CallSeen
from tael.channels.port import ErrorClass, Operation, OutcomeState, Request
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.clock import SystemClock
from tael.foundation.config import Settings
from tael.foundation.db import Query
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.payments.model import Attempt, Payment, PaymentState, Refund
from tael.payments.usecases.create_payments import CreatePayment, create_payments
from tael.payments.usecases.create_refunds import CreateRefund, create_refunds
from tael.payments.usecases.start_attempts import StartAttempt, Started, start_attempts
from tael.simulators.base.faults import Fault
from tael.testing.clocks import ManualClock
from tael.testing.platform import QUICK, install
from tael.testing.simulators import RunningSimulator, SimulatorControl, running_simulator


class QuietHouse(msgspec.Struct, frozen=True):
    """A house, its channels, a merchant, and a clock that only moves by hand."""

    house: House
    simulators: dict[str, RunningSimulator]
    clock: ManualClock
    merchant_id: str

    def control(self, channel: str) -> SimulatorControl:
        """The simulator behind a channel."""
        return self.simulators[channel].control

    async def payment(self, amount_minor: int = 1280, **more: Any) -> Payment:
        """A new payment."""
        now = self.clock.now()
        wanted = Payment(
            id=new_id("pay"),
            merchant_id=self.merchant_id,
            reference="order-1",
            description="Two cups of tea",
            amount_minor=amount_minor,
            currency="CNY",
            state=PaymentState.CREATED,
            closing_as=None,
            captured_by=None,
            captured_minor=0,
            refunded_minor=0,
            refunding_minor=0,
            fee_basis_points=60,
            fee_minor=0,
            fee_returned_minor=0,
            return_url=None,
            created_at=now,
            expires_at=now + timedelta(minutes=15),
            ended_at=None,
            **more,
        )
        async with self.house.database.transaction() as tx:
            [made] = await create_payments(tx, [CreatePayment(payment=wanted, exponent=None)])
        assert isinstance(made, Payment), made
        return made

    async def start(self, *wishes: StartAttempt) -> Sequence[Started | Refusal]:
        """What a process commits before it asks a channel; it dies then."""
        async with self.house.database.transaction() as tx:
            return await start_attempts(
                tx,
                wishes,
                channels=self.house.channels,
                routing=self.house.routing,
                offers=self.house.offers,
                now=self.clock.now(),
            )

    async def started(self, payment: Payment, **how: Any) -> Attempt:
        """One attempt that nobody has asked a channel about."""
        wish = StartAttempt(payment_id=payment.id, merchant_id=None, attempt_id=new_id("att"), **how)
        [result] = await self.start(wish)
        assert isinstance(result, Started), result
        return result.attempt

    async def start_by_call(self, wish: StartAttempt, *, key: str | None = None) -> Answer:
        """What a merchant hears who has this wish."""
        call = Call(
            caller=Caller(owner=self.merchant_id, actor="key:test"),
            action="payments.start_attempt",
            key=key or new_id("key"),
            request=wish,
            command=wish,
        )
        return await self.house.payments.start_attempt(call)

    async def captured(self, channel: str, amount_minor: int = 1280) -> Payment:
        """A payment that was paid over a channel."""
        payment = await self.payment(amount_minor)
        attempt = await self.started(payment, channel=channel)
        await self.janitor_comes()
        shown = (await self.attempt(attempt.id)).code_url
        assert shown is not None
        await self.control(channel).pay(shown)
        await self.janitor_comes()
        story = await self.house.payments.get(payment.id, merchant_id=None)
        assert story.payment.captured_by == attempt.id, story
        return story.payment

    def falls_ill(self, channel: str) -> None:
        """So many calls fail that nothing new goes over the channel."""
        fault = CallSeen(
            channel=channel,
            operation=Operation.PROBE,
            state=OutcomeState.UNKNOWN,
            error_class=ErrorClass.TRANSPORT,
            seconds=10.0,
        )
        for _ in range(20):
            self.house.routing.observe(fault)

    async def loses_its_certificate(self) -> None:
        """Without it the channel pays nothing out."""
        simulator = self.simulators["alipay"]
        left = dict(simulator.credentials) | {"app_certificate": "", "root_certificates": ""}
        async with self.house.database.transaction() as tx:
            await self.house.channels.install(
                tx,
                "alipay",
                connector="alipay",
                settings=simulator.settings,
                credentials=left,
                by="operator:test",
            )
        await self.house.channels.refresh()

    async def paid_too_late(self, channel: str) -> Payment:
        """A payment that had ended when its payer paid; the news of the surplus is delivered."""
        payment = await self.payment()
        attempt = await self.started(payment, channel=channel)
        await self.janitor_comes()
        shown = (await self.attempt(attempt.id)).code_url
        await self.janitor_comes(seconds=20 * 60)
        await self.control(channel).pay(shown or "")
        await self.janitor_comes(seconds=120)
        await self.news_is_heard()
        return payment

    async def news_is_heard(self) -> None:
        """The courier delivers all there is."""
        while await self.house.courier.deliver():
            continue

    async def refund(self, payment: Payment, amount_minor: int | None = None) -> Refund:
        """A refund that nobody has sent."""
        made = await self.refund_or_why_not(payment, amount_minor)
        assert isinstance(made, Refund), made
        return made

    async def refund_or_why_not(self, payment: Payment, amount_minor: int | None = None) -> Refund | Refusal:
        """The same, or the refusal; what was written beside it is kept."""
        wish = CreateRefund(
            payment_id=payment.id,
            merchant_id=self.merchant_id,
            refund_id=new_id("rfd"),
            amount_minor=amount_minor,
            note="",
        )
        async with self.house.database.transaction() as tx:
            [made] = await create_refunds(
                tx,
                [wish],
                ledger=self.house.ledger,
                routing=self.house.routing,
                channels=self.house.channels,
                offers=self.house.offers,
                now=self.clock.now(),
            )
        return made

    async def attempt(self, attempt_id: str) -> Attempt:
        """An attempt as it stands."""
        payment_id = (
            await self._one(b"select payment_id from payments.attempts where id = %(id)s", attempt_id)
        )[0]
        story = await self.house.payments.get(payment_id, merchant_id=None)
        return next(each for each in story.attempts if each.id == attempt_id)

    async def refund_now(self, refund_id: str) -> Refund:
        """A refund as it stands."""
        return await self.house.payments.get_refund(refund_id, merchant_id=self.merchant_id)

    async def janitor_comes(self, *, seconds: int = 60) -> None:
        """Time passes, and the janitor asks about every attempt and refund that is due."""
        self.clock.move(seconds=seconds)
        await self.house.payments.janitor.inquire_due()
        await self.house.payments.janitor.refund_due()
        await self.house.payments.janitor.steps_due()

    @contextlib.asynccontextmanager
    async def all_turns_taken(self, channel: str) -> AsyncIterator[None]:
        """As many calls to the channel are under way as may be (it is one, see `quiet_house`)."""
        await self.control(channel).switch_on(Fault.DELAY, delay_seconds=2)
        hanging = asyncio.create_task(self.house.channels.call(channel, Request(operation=Operation.PROBE)))
        await asyncio.sleep(0.1)
        await self.control(channel).switch_off()
        yield
        await hanging

    async def _one(self, text: bytes, id: str) -> tuple[Any, ...]:
        async with self.house.database.transaction() as tx:
            return (await tx.tuples(Query("one", text), id=id))[0]


@contextlib.asynccontextmanager
async def quiet_house(
    urls: DatabaseUrls, folder: Path, *channels: str, simulator: str = "alipay", **settings: Any
) -> AsyncIterator[QuietHouse]:
    """`channels` each speak to a simulator of their own."""
    clock = ManualClock(SystemClock().now())
    chosen = Settings(home=folder, **{**QUICK, "channel_calls_at_once": 1, **settings})
    async with contextlib.AsyncExitStack() as stack:
        behind = {
            name: await stack.enter_async_context(running_simulator(simulator, folder / name, speed=200))
            for name in channels
        }
        house = await stack.enter_async_context(open_house(chosen, urls.application, clock=clock))
        for name, running in behind.items():
            await install(house, name, running)
        merchant = await house.merchants.register(name="Tea", fee_basis_points=60, actor="operator:test")
        yield QuietHouse(house, behind, clock, merchant.id)
