"""Ask channels: what happens outside of transactions, between the row that says so and the outcome that follows.

Each method calls a channel about something that is committed already, and records what it learnt. Any of them may
be cut short at any point, or run twice: the channel's key of idempotency is our id.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from tael.channels.api import Channels
from tael.channels.errors import ChannelBusy, NoSuchChannel, NotOffered
from tael.channels.port import (
    CaptureOrder,
    ErrorClass,
    IncrementOrder,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Product,
    RefundOrder,
    Request,
    unknown_outcome,
)
from tael.foundation.calls import Call, Closing, is_known
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.lane import Lane
from tael.foundation.money import Money
from tael.foundation.sealing import Sealer
from tael.payments import rules, store
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import (
    Attempt,
    AttemptState,
    HoldStep,
    Payment,
    Refund,
    RefundState,
    RefundWay,
    StepKind,
)
from tael.payments.rules import Question
from tael.payments.usecases.lanes import PaymentLanes, Recording
from tael.payments.usecases.payers import payee_of
from tael.payments.usecases.record_outcomes import Recorded, RecordOutcome
from tael.payments.usecases.request_steps import RequestStep
from tael.payments.usecases.start_attempts import Means, Started

R = TypeVar("R")


class ChannelDesk:
    """Speaks with channels about attempts and refunds, and hands what it learns to the recording lanes."""

    def __init__(
        self,
        database: Database,
        channels: Channels,
        lanes: PaymentLanes,
        clock: Clock,
        *,
        sealer: Sealer,
        notices_url: str,
        public_url: str,
    ) -> None:
        self._database = database
        self._channels = channels
        self._lanes = lanes
        self._clock = clock
        self._sealer = sealer
        self._notices_url = notices_url
        self._public_url = public_url

    async def pay(
        self,
        attempt_id: str,
        means: Means | None,
        *,
        actor: str,
        started: Started | None = None,
        patience_seconds: float | None = None,
        close: Callable[[Recorded], Closing | None] | None = None,
    ) -> Recorded:
        """Ask the channel for what the payer needs; asked again about the same attempt, it has one effect.

        means             what only the payer can show; without it, what needs it is inquired about instead
        started           the attempt as it was committed a moment ago: it need not be read again. If it was made for
                          another wish, whoever made that one shows the payer's code or card, and we only inquire
        patience_seconds  how long the channel may take, if others are waiting to be tried
        """
        payment, attempt = (started.payment, started.attempt) if started else await self.load(attempt_id)
        nobody_pays = not attempt.live or payment.ended or payment.closing_as is not None
        if nobody_pays or not rules.needs_asking(attempt, self._clock.now()):
            return await self._as_it_is(Recorded(payment=payment, attempt=attempt), close)
        first = started is not None and started.new
        begun_by_others = started is not None and not started.new and not attempt.product.payer_acts_last
        operation = Operation.PAY
        without_card = means is not None and means.product is Product.CARD and not means.card_token
        nothing_shown = without_card or (means is None and attempt.product not in rules.BEGUN_BY_US)
        if begun_by_others or nothing_shown:
            operation = Operation.INQUIRE
        asked_at = self._clock.now()
        outcome = await self._ask(
            operation,
            payment,
            attempt,
            means=means or Means(product=attempt.product),
            first=first,
            patience_seconds=patience_seconds,
        )
        return await self._record(attempt, outcome, actor, close, asked_at=asked_at)

    async def close(self, attempt_id: str, *, actor: str) -> Recorded:
        """End an attempt at its channel; if the channel does not say so clearly, inquire what became of it.

        What was ended and given back, and is then reported as paid, is ended once more: only that says what came of it.
        Held money is looked at first: what somebody took of it stays, and only the rest is let go.
        """
        payment, attempt = await self.load(attempt_id)
        once_more = attempt.voided and attempt.doubted_at is not None
        if not (attempt.live or once_more) or (attempt.holds and not await self._may_let_go(payment)):
            return Recorded(payment=payment, attempt=attempt)
        asked_at, ending, release = self._clock.now(), self._way_to_end(attempt), None
        if attempt.holds:
            seen = await self._ask(Operation.INQUIRE, payment, attempt)
            if seen.state is not OutcomeState.AUTHORISED:
                return await self._record(attempt, seen, actor, asked_at=asked_at)
            attempt = msgspec.structs.replace(attempt, hold=rules.hold_of(attempt, seen))
            if rules.taken_so_far(payment, attempt):
                ending, release = Operation.CAPTURE, _release(payment, attempt)
        outcome = await self._ask(ending or Operation.INQUIRE, payment, attempt, capture=release)
        definite = (OutcomeState.CLOSED, OutcomeState.ABSENT, OutcomeState.SUCCEEDED)
        if ending is not None and outcome.state not in definite and not once_more:
            outcome = await self._ask(Operation.INQUIRE, payment, attempt)
        elif ending is Operation.CANCEL and outcome.state is OutcomeState.CLOSED:
            outcome = msgspec.structs.replace(outcome, voided=True)
        return await self._record(attempt, outcome, actor, asked_at=asked_at)

    async def _may_let_go(self, payment: Payment) -> bool:
        """Whether nobody captures what is held for a payment, now or later.

        Once a payment is being closed, no capture begins: so what is read after that stays true.
        """
        if payment.closing_as is None and not payment.ended:
            return False
        async with self._database.transaction() as tx:
            steps = (await store.steps_of(tx, [payment.id]))[payment.id]
        return not rules.under_way(steps)

    async def follow_up(self, attempt_id: str, *, actor: str) -> Recorded:
        """Do what is due for an attempt: close it, get its code, or inquire."""
        payment, attempt = await self.load(attempt_id)
        if not attempt.live and attempt.next_inquiry_at is None:
            return Recorded(payment=payment, attempt=attempt)
        question = rules.question_about(payment, attempt, self._clock.now())
        if question is Question.CLOSE:
            return await self.close(attempt_id, actor=actor)
        if question is Question.PAY:
            return await self.pay(attempt_id, None, actor=actor)
        return await self.inquire(payment, attempt, actor=actor)

    async def learn_terms(self, call: Call[RequestStep]) -> None:
        """Ask what may be done with the money that is held for a merchant's payment, if nobody has said so yet."""
        async with self._database.transaction() as tx:
            payment = (await store.find_payments(tx, [call.command.payment_id])).get(call.command.payment_id)
            if payment is None or payment.merchant_id != call.command.merchant_id or await is_known(tx, call):
                return
            attempts = (await store.attempts_of(tx, [payment.id]))[payment.id]
        for attempt in attempts:
            if attempt.holds and attempt.hold is not None and not attempt.hold.told:
                await self.inquire(payment, attempt, actor=call.caller.actor)

    async def inquire(self, payment: Payment, attempt: Attempt, *, actor: str) -> Recorded:
        """Ask what became of an attempt, whatever we believe."""
        asked_at = self._clock.now()
        outcome = await self._ask(Operation.INQUIRE, payment, attempt)
        return await self._record(attempt, outcome, actor, asked_at=asked_at)

    async def settle_step(
        self, step_id: str, *, actor: str, close: Callable[[HoldStep], Closing] | None = None
    ) -> HoldStep:
        """Bring a capture or an increment to its end as far as the channel allows.

        Asked again under its number, it has one effect; so what is not known is asked for again.
        """
        async with self._database.transaction() as tx:
            step = (await store.find_steps(tx, [step_id]))[step_id]
            payment = (await store.find_payments(tx, [step.payment_id]))[step.payment_id]
            attempt = (await store.find_attempts(tx, [step.attempt_id]))[step.attempt_id]
        if step.ended:
            return await self._as_it_is(step, close)
        asked_at = self._clock.now()
        if step.kind is StepKind.CAPTURE:
            outcome = await self._ask(Operation.CAPTURE, payment, attempt, capture=_capture_order(step))
        else:
            increment = IncrementOrder(increment_number=step.id, amount=step.amount)
            outcome = await self._ask(Operation.INCREMENT, payment, attempt, increment=increment)
        outcome = msgspec.structs.replace(outcome, step_number=step.id)
        command = RecordOutcome(outcome=outcome, source=actor, channel=step.channel, asked_at=asked_at)
        return await _record_in(self._lanes.step_outcomes, command, close)

    async def settle_refund(
        self,
        refund_id: str,
        *,
        actor: str,
        new: bool = False,
        close: Callable[[Refund], Closing] | None = None,
    ) -> Refund:
        """Bring a refund to its end as far as the channel allows: ask for it, or what became of it, or again for it.

        `new` if nobody else can have asked the channel: the caller committed it a moment ago, or took it as the first.
        """
        async with self._database.transaction() as tx:
            refund = (await store.find_refunds(tx, [refund_id]))[refund_id]
            payment = (await store.find_payments(tx, [refund.payment_id]))[refund.payment_id]
            attempt = (await store.find_attempts(tx, [refund.attempt_id]))[refund.attempt_id]
        if refund.ended and refund.doubted_at is None:
            return await self._as_it_is(refund, close)
        asked_at = self._clock.now()
        ask_for_it = refund.state is RefundState.PROCESSING
        outcome = await self._ask_refund(payment, attempt, refund, ask_for_it=ask_for_it, first=new)
        if outcome.state is OutcomeState.ABSENT and not refund.ended:
            outcome = await self._ask_refund(payment, attempt, refund, ask_for_it=True)
        command = RecordOutcome(outcome=outcome, source=actor, channel=refund.channel, asked_at=asked_at)
        return await _record_in(self._lanes.refund_outcomes, command, close)

    async def _ask_refund(
        self, payment: Payment, attempt: Attempt, refund: Refund, *, ask_for_it: bool, first: bool = False
    ) -> Outcome:
        """Ask for the money to go back, under a number that has one effect however often it is used; or what became of it."""
        if refund.way is RefundWay.REFUND:
            operation = Operation.REFUND if ask_for_it else Operation.INQUIRE_REFUND
            return await self._ask(operation, payment, attempt, refund, first=first)
        request = Request(
            operation=Operation.PAY_OUT if ask_for_it else Operation.INQUIRE_PAYOUT,
            payout=PayoutOrder(
                payout_number=refund.id,
                amount=Money(refund.amount_minor, refund.currency),
                payee_account=payee_of(self._sealer, refund),
                purpose=payment.description,
                notice_url=self._notice_url(refund.channel),
                created_at=refund.created_at,
            ),
        )
        outcome = await self._send(refund.channel, request, first=first)
        return msgspec.structs.replace(outcome, refund_number=refund.id)

    async def load(self, attempt_id: str) -> tuple[Payment, Attempt]:
        """An attempt and its payment as they stand."""
        async with self._database.transaction() as tx:
            attempt = (await store.find_attempts(tx, [attempt_id]))[attempt_id]
            payment = (await store.find_payments(tx, [attempt.payment_id]))[attempt.payment_id]
        return payment, attempt

    async def _as_it_is(self, found: R, close: Callable[[R], Closing | None] | None) -> R:
        """Nothing is left to ask; an open call is ended with what is known."""
        closing = close(found) if close is not None else None
        if closing is not None:
            await self._lanes.closings.submit(closing)
        return found

    async def _ask(
        self,
        operation: Operation,
        payment: Payment,
        attempt: Attempt,
        refund: Refund | None = None,
        *,
        means: Means | None = None,
        capture: CaptureOrder | None = None,
        increment: IncrementOrder | None = None,
        first: bool = False,
        patience_seconds: float | None = None,
    ) -> Outcome:
        request = Request(
            operation=operation,
            order=self._order(payment, attempt, means or Means(product=attempt.product)),
            capture=capture,
            increment=increment,
            refund=None if refund is None else self._refund_order(refund),
        )
        return await self._send(attempt.channel, request, first=first, patience_seconds=patience_seconds)

    async def _send(
        self, channel: str, request: Request, *, first: bool = False, patience_seconds: float | None = None
    ) -> Outcome:
        """Ask a channel. A refusal of our own says that nothing was sent *now*.

        Only if this would have been the first time (`first`) does it prove that nothing will happen: then another
        channel may be tried, and a surplus is left to people in the end. Otherwise somebody may have asked who died before
        writing down what came of it. A refund waits for a channel that is merely busy.
        """
        try:
            return await self._channels.call(channel, request, timeout_seconds=patience_seconds)
        except (NotOffered, ChannelBusy, NoSuchChannel) as refusal:
            why = ErrorClass.BUSY if isinstance(refusal, ChannelBusy) else ErrorClass.ACCOUNT
            unknown = unknown_outcome(request, refusal.message, why, code=refusal.code)
            if first and (request.operation is Operation.PAY or not isinstance(refusal, ChannelBusy)):
                return msgspec.structs.replace(unknown, state=OutcomeState.FAILED)
            return unknown

    def _way_to_end(self, attempt: Attempt) -> Operation | None:
        try:
            can = self._channels.capabilities(attempt.channel)
            held = attempt.state is AttemptState.AUTHORISED
            return rules.way_to_end(can, attempt.product, held=held)
        except NoSuchChannel:
            return None

    def _order(self, payment: Payment, attempt: Attempt, means: Means) -> Order:
        return Order(
            order_number=attempt.id,
            amount=Money(attempt.amount_minor, attempt.currency),
            subject=payment.description,
            descriptor=payment.descriptor or "",
            capture_later=payment.manual,
            expires_at=payment.expires_at,
            notice_url=self._notice_url(attempt.channel),
            product=attempt.product,
            return_url=f"{self._public_url}/pay/{payment.id}",
            payer_id=means.payer_id,
            payer_code=means.payer_code,
            card_token=means.card_token,
            payer_address=means.payer_address,
            off_session=means.off_session,
            created_at=attempt.created_at,
            channel_reference=attempt.channel_reference or "",
        )

    def _notice_url(self, channel: str) -> str:
        return f"{self._notices_url}/notices/payments/{channel}"

    def _refund_order(self, refund: Refund) -> RefundOrder:
        return RefundOrder(
            refund_number=refund.id,
            amount=Money(refund.amount_minor, refund.currency),
            reason=refund.note,
            created_at=refund.created_at,
            payer_account=payee_of(self._sealer, refund),
        )

    async def _record(
        self,
        attempt: Attempt,
        outcome: Outcome,
        actor: str,
        close: Callable[[Recorded], Closing | None] | None = None,
        *,
        asked_at: datetime,
    ) -> Recorded:
        command = RecordOutcome(outcome=outcome, source=actor, channel=attempt.channel, asked_at=asked_at)
        return await _record_in(self._lanes.outcomes, command, close)


async def _record_in(
    lane: Lane[Recording[R], R], command: RecordOutcome, close: Callable[[R], Closing | None] | None
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
        step_number=outcome.step_number,
        code=outcome.code,
        message=refusal.message,
        error_class=ErrorClass.TRUST,
    )


def _capture_order(step: HoldStep) -> CaptureOrder:
    return CaptureOrder(
        capture_number=step.id,
        amount=step.amount,
        last=step.final,
        taken_before=Money(step.before_minor, step.currency),
    )


def _release(payment: Payment, attempt: Attempt) -> CaptureOrder:
    """What is asked to release the rest of a hold of which some was taken."""
    return CaptureOrder(
        capture_number=f"{payment.id}:rest",
        amount=Money(0, payment.currency),
        taken_before=Money(rules.taken_so_far(payment, attempt), payment.currency),
    )
