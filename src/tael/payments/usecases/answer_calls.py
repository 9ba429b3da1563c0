"""How is a merchant's call answered? In its lane; if a channel must be asked, that happens outside, and then the call ends."""

from collections.abc import Callable
from typing import Any

import msgspec

from tael.customers.api import Customers
from tael.foundation.calls import Answer, Begun, Call, Closing, refusal_answer
from tael.foundation.db import Database
from tael.payments import rules, store
from tael.payments.model import HoldStep, Refund
from tael.payments.schemas import (
    attempt_answer,
    payment_answer,
    payment_begun_answer,
    refund_answer,
    step_answer,
)
from tael.payments.usecases.ask_channels import ChannelDesk
from tael.payments.usecases.create_payments import CreatePayment
from tael.payments.usecases.create_refunds import CreateRefund
from tael.payments.usecases.lanes import PaymentLanes
from tael.payments.usecases.record_outcomes import Recorded
from tael.payments.usecases.request_closes import RequestClose
from tael.payments.usecases.request_steps import RequestStep
from tael.payments.usecases.saved_cards import with_its_card_again
from tael.payments.usecases.start_attempts import StartAttempt, Started
from tael.payments.usecases.try_channels import ChannelTries


class CallDesk:
    """One verb for each kind of call; see `Payments` for what they mean."""

    def __init__(
        self,
        database: Database,
        lanes: PaymentLanes,
        desk: ChannelDesk,
        tries: ChannelTries,
        *,
        customers: Customers,
        public_url: str,
    ) -> None:
        self._database = database
        self._lanes = lanes
        self._desk = desk
        self._tries = tries
        self._customers = customers
        self._public_url = public_url

    async def create(self, call: Call[CreatePayment]) -> Answer:
        """One transaction; with an attempt, the channel is asked after it."""
        wish = call.command.attempt
        lane = self._lanes.create_calls if wish is None else self._lanes.begin_calls
        begun = await lane.submit(call)
        if isinstance(begun, Answer):
            return begun
        assert wish is not None, "without an attempt there is nothing to ask"  # noqa: S101 - for the reader
        if begun.result is None:
            payment, _ = await self._desk.load(begun.object_id)
            wish = msgspec.structs.replace(wish, payment_id=payment.id)

        def answer(recorded: Recorded) -> Answer:
            return payment_begun_answer(recorded.payment, recorded.attempt, public_url=self._public_url)

        return await self._pay(call, begun, wish, answer)

    async def start_attempt(self, call: Call[StartAttempt]) -> Answer:
        """The attempt is committed, then the channel is asked."""
        begun = await self._lanes.start_calls.submit(call)
        if isinstance(begun, Answer):
            return begun
        return await self._pay(call, begun, call.command, lambda recorded: attempt_answer(recorded.attempt))

    async def _pay(
        self,
        call: Call[CreatePayment] | Call[StartAttempt],
        begun: Begun,
        wish: StartAttempt,
        answer: Callable[[Recorded], Answer],
    ) -> Answer:
        started: Started | None = begun.result
        if started is not None and started.wish is not None:
            wish = started.wish
        else:
            wish = await with_its_card_again(wish, customers=self._customers)
        recorded = await self._tries.pay(
            begun.object_id,
            wish,
            actor=call.caller.actor,
            started=started,
            closing=lambda recorded: _closing(call, answer(recorded)),
        )
        return answer(recorded)

    async def close(self, call: Call[RequestClose]) -> Answer:
        """The wish is committed, then every attempt is ended at its channel."""
        begun = await self._lanes.close_calls.submit(call)
        if isinstance(begun, Answer):
            return begun
        async with self._database.transaction() as tx:
            attempts = (await store.attempts_of(tx, [begun.object_id]))[begun.object_id]
        for attempt in attempts:
            await self._desk.close(attempt.id, actor=call.caller.actor)
        async with self._database.transaction() as tx:
            payment = (await store.find_payments(tx, [begun.object_id]))[begun.object_id]
        refusal = None if payment.manual else rules.why_not_closable(payment)
        answer = (
            refusal_answer(refusal)
            if refusal
            else payment_answer(payment, status=200, public_url=self._public_url)
        )
        await self._lanes.closings.submit(_closing(call, answer))
        return answer

    async def refund(self, call: Call[CreateRefund]) -> Answer:
        """The money is set aside, then the channel is asked."""
        begun = await self._lanes.refund_calls.submit(call)
        if isinstance(begun, Answer):
            return begun

        def close(refund: Refund) -> Closing:
            return _closing(call, refund_answer(refund))

        refund = await self._desk.settle_refund(
            begun.object_id, actor=call.caller.actor, new=begun.result is not None, close=close
        )
        return refund_answer(refund)

    async def take_step(self, call: Call[RequestStep]) -> Answer:
        """The step is committed, then the channel is asked."""
        await self._desk.learn_terms(call)
        begun = await self._lanes.step_calls.submit(call)
        if isinstance(begun, Answer):
            return begun

        def close(step: HoldStep) -> Closing:
            return _closing(call, step_answer(step))

        step = await self._desk.settle_step(begun.object_id, actor=call.caller.actor, close=close)
        return step_answer(step)


def _closing(call: Call[Any], answer: Answer) -> Closing:
    return Closing(owner=call.caller.owner, key=call.key, answer=answer)
