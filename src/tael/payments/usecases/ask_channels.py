"""Ask channels: what happens outside of transactions, between the row that says so and the outcome that follows.

Each method calls a channel about something that is committed already, and records what it learnt. Any of them may
be cut short at any point, or run twice: the channel's key of idempotency is our id.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from tael.channels.api import Channels
from tael.channels.port import Operation, Order, Outcome, OutcomeState, RefundOrder, Request
from tael.foundation.calls import Closing
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.lane import Lane
from tael.foundation.money import Money
from tael.payments import rules, store
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import Attempt, Payment, Refund, RefundState
from tael.payments.rules import Question
from tael.payments.usecases.lanes import PaymentLanes, Recording
from tael.payments.usecases.record_outcomes import Recorded, RecordOutcome
from tael.payments.usecases.start_attempts import Started

R = TypeVar("R")


class ChannelDesk:
    """Speaks with channels about attempts and refunds, and hands what it learns to the recording lanes."""

    def __init__(
        self, database: Database, channels: Channels, lanes: PaymentLanes, clock: Clock, *, notices_url: str
    ) -> None:
        self._database = database
        self._channels = channels
        self._lanes = lanes
        self._clock = clock
        self._notices_url = notices_url

    async def open_code(
        self,
        attempt_id: str,
        *,
        actor: str,
        started: Started | None = None,
        close: Callable[[Recorded], Closing] | None = None,
    ) -> Recorded:
        """Get a code for the payer; asked again about the same attempt, a channel gives one for the same order.

        `started` is the attempt as it was committed a moment ago: it need not be read again.
        """
        payment, attempt = (started.payment, started.attempt) if started else await self.load(attempt_id)
        nobody_pays = not attempt.live or payment.ended or payment.closing_as is not None
        if nobody_pays or not rules.needs_code(attempt, self._clock.now()):
            return await self._as_it_is(Recorded(payment=payment, attempt=attempt), close)
        outcome = await self._ask(Operation.OPEN_CODE, payment, attempt)
        return await self._record(attempt, outcome, actor, close)

    async def close(self, attempt_id: str, *, actor: str) -> Recorded:
        """End an attempt at its channel; if the channel does not say so clearly, inquire what became of it."""
        payment, attempt = await self.load(attempt_id)
        if not attempt.live:
            return Recorded(payment=payment, attempt=attempt)
        outcome = await self._ask(Operation.CLOSE, payment, attempt)
        if outcome.state not in (OutcomeState.CLOSED, OutcomeState.ABSENT, OutcomeState.SUCCEEDED):
            outcome = await self._ask(Operation.INQUIRE, payment, attempt)
        return await self._record(attempt, outcome, actor)

    async def follow_up(self, attempt_id: str, *, actor: str) -> Recorded:
        """Do what is due for an attempt: close it, get its code, or inquire."""
        payment, attempt = await self.load(attempt_id)
        if not attempt.live and attempt.next_inquiry_at is None:
            return Recorded(payment=payment, attempt=attempt)
        question = rules.question_about(payment, attempt, self._clock.now())
        if question is Question.CLOSE:
            return await self.close(attempt_id, actor=actor)
        if question is Question.OPEN:
            return await self.open_code(attempt_id, actor=actor)
        outcome = await self._ask(Operation.INQUIRE, payment, attempt)
        return await self._record(attempt, outcome, actor)

    async def settle_refund(
        self, refund_id: str, *, actor: str, close: Callable[[Refund], Closing] | None = None
    ) -> Refund:
        """Bring a refund to its end as far as the channel allows: ask for it, or what became of it, or again for it."""
        async with self._database.transaction() as tx:
            refund = (await store.find_refunds(tx, [refund_id]))[refund_id]
            payment = (await store.find_payments(tx, [refund.payment_id]))[refund.payment_id]
            attempt = (await store.find_attempts(tx, [refund.attempt_id]))[refund.attempt_id]
        if refund.ended:
            return await self._as_it_is(refund, close)
        never_asked = refund.state is RefundState.PROCESSING
        outcome = await self._ask(
            Operation.REFUND if never_asked else Operation.INQUIRE_REFUND, payment, attempt, refund
        )
        if outcome.state is OutcomeState.ABSENT:
            outcome = await self._ask(Operation.REFUND, payment, attempt, refund)
        command = RecordOutcome(outcome=outcome, source=actor, channel=attempt.channel)
        return await _record_in(self._lanes.refund_outcomes, command, close)

    async def load(self, attempt_id: str) -> tuple[Payment, Attempt]:
        """An attempt and its payment as they stand."""
        async with self._database.transaction() as tx:
            attempt = (await store.find_attempts(tx, [attempt_id]))[attempt_id]
            payment = (await store.find_payments(tx, [attempt.payment_id]))[attempt.payment_id]
        return payment, attempt

    async def _as_it_is(self, found: R, close: Callable[[R], Closing] | None) -> R:
        """Nothing is left to ask; an open call is ended with what is known."""
        if close is not None:
            await self._lanes.closings.submit(close(found))
        return found

    async def _ask(
        self, operation: Operation, payment: Payment, attempt: Attempt, refund: Refund | None = None
    ) -> Outcome:
        order = Order(
            order_number=attempt.id,
            amount=Money(attempt.amount_minor, attempt.currency),
            subject=payment.description,
            expires_at=payment.expires_at,
            notice_url=f"{self._notices_url}/notices/payments/{attempt.channel}",
        )
        refund_order = None
        if refund is not None:
            refund_order = RefundOrder(
                refund_number=refund.id,
                amount=Money(refund.amount_minor, refund.currency),
                reason=refund.note,
            )
        return await self._channels.call(
            attempt.channel, Request(operation=operation, order=order, refund=refund_order)
        )

    async def _record(
        self,
        attempt: Attempt,
        outcome: Outcome,
        actor: str,
        close: Callable[[Recorded], Closing] | None = None,
    ) -> Recorded:
        command = RecordOutcome(outcome=outcome, source=actor, channel=attempt.channel)
        return await _record_in(self._lanes.outcomes, command, close)


async def _record_in(
    lane: Lane[Recording[R], R], command: RecordOutcome, close: Callable[[R], Closing] | None
) -> R:
    """Record what a channel answered; an answer that contradicts our order is recorded as no answer."""
    try:
        return await lane.submit(Recording(command=command, close=close))
    except OutcomeMismatch as refusal:
        doubted = msgspec.structs.replace(command, outcome=_doubted(command.outcome, refusal))
        return await lane.submit(Recording(command=doubted, close=close))


def _doubted(outcome: Outcome, refusal: OutcomeMismatch) -> Outcome:
    """An answer that contradicts our order is no answer: it is asked for again."""
    return Outcome(
        state=OutcomeState.UNKNOWN,
        order_number=outcome.order_number,
        refund_number=outcome.refund_number,
        code=outcome.code,
        message=refusal.message,
    )


async def for_each(ids: Sequence[str], do: Callable[[str], Awaitable[object]]) -> list[BaseException]:
    """Do something for each id, all at once; gives what went wrong."""
    results = await asyncio.gather(*(do(id) for id in ids), return_exceptions=True)
    return [result for result in results if isinstance(result, BaseException)]
