"""What does a channel hold and take for us, whatever it says and in whatever order it is heard? Held money in a small world.

`Hold` is what happened at the channel: what it holds for an order, what was taken of it and by which capture. Ours is the
payment, its two attempts, the captures and increments, and books in memory with the real rules for their floors.
"""

from datetime import datetime, timedelta

import msgspec

from tael.channels.port import Hold as Said
from tael.channels.port import Outcome, OutcomeState, Product
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.payments import postings, rules
from tael.payments.model import (
    Attempt,
    CaptureMethod,
    HoldStep,
    Payment,
    PaymentState,
    StepKind,
    StepState,
)
from tael.payments.usecases.book_changes import entries_of
from tests.property.books_in_memory import BooksInMemory
from tests.unit.test_payments_rules import NOW, PAUSES, capabilities
from tests.unit.test_payments_rules import attempt as an_attempt
from tests.unit.test_payments_rules import payment as a_payment

AMOUNT = 1280
CHANNEL, CNY = "alipay", "CNY"
CAN = capabilities(partial_captures=True)


class Hold(msgspec.Struct):
    """An order as it is at the channel."""

    amount: int = AMOUNT
    taken: int = 0
    held: bool = False
    over: bool = False
    """Nothing is held any more: the rest was taken, or released."""
    done: set[str] = msgspec.field(default_factory=set)
    """The numbers of the captures and increments that were carried out."""
    history: list[Outcome] = msgspec.field(default_factory=list)


class HoldWorld:
    """A payment whose money is held over one of two attempts."""

    def __init__(self) -> None:
        self.now: datetime = NOW
        self.payment: Payment = a_payment(
            capture_method=CaptureMethod.MANUAL, expires_at=NOW + timedelta(days=1)
        )
        self.attempts: dict[str, Attempt] = {
            id: an_attempt(id=id, product=Product.CARD, action=None) for id in ("att_1", "att_2")
        }
        self.orders = {id: Hold() for id in self.attempts}
        self.steps: dict[str, HoldStep] = {}
        self.answers: list[tuple[Outcome, bool]] = []
        """What was answered and is not recorded yet; whether it is about a step."""
        self.books = BooksInMemory(postings.accounts_of_payment(self.payment, CHANNEL))

    # What happens at the channel.

    def truth_of(self, order_id: str) -> Outcome:
        """What the channel says of an order when it is asked."""
        order = self.orders[order_id]
        state = OutcomeState.WAITING
        if order.held:
            state = OutcomeState.AUTHORISED
        if order.over:
            state = OutcomeState.SUCCEEDED if order.taken else OutcomeState.CLOSED
        said = Said(taken=Money(order.taken, CNY), in_parts=True, may_grow=True) if order.held else None
        amount = Money(self.attempts[order_id].amount_minor, CNY)
        return Outcome(state=state, order_number=order_id, amount=amount, hold=said)

    def _remember(self, order_id: str) -> None:
        self.orders[order_id].history.append(self.truth_of(order_id))

    def money_is_held(self, order_id: str) -> None:
        """The payer's bank agrees."""
        order = self.orders[order_id]
        if not order.held and not order.over:
            order.held = True
            self._remember(order_id)

    def somebody_takes(self, order_id: str, amount: int, *, last: bool) -> None:
        """At the channel itself, without us."""
        order = self.orders[order_id]
        if order.held and not order.over and 0 < amount <= order.amount - order.taken:
            order.taken += amount
            order.over = last or order.taken == order.amount
            self._remember(order_id)

    def is_released(self, order_id: str) -> None:
        """What is left is let go: since we asked, or since its time is over."""
        order = self.orders[order_id]
        if not order.over:
            order.over = True
            self._remember(order_id)

    def carries_out(self, step: HoldStep) -> Outcome:
        """What the channel answers to a capture or an increment, which has one effect under its number."""
        order = self.orders[step.attempt_id]
        state = OutcomeState.SUCCEEDED
        if step.id not in order.done:
            right = order.held and not order.over
            if step.kind is StepKind.CAPTURE:
                right = right and order.taken == step.before_minor
                right = right and step.amount_minor <= order.amount - order.taken
            if right:
                order.done.add(step.id)
                if step.kind is StepKind.CAPTURE:
                    order.taken += step.amount_minor
                    order.over = step.final
                else:
                    order.amount += step.amount_minor
                self._remember(step.attempt_id)
            else:
                state = OutcomeState.FAILED
        said = Said(taken=Money(order.taken, CNY), in_parts=True, may_grow=True)
        done = state is OutcomeState.SUCCEEDED
        return Outcome(
            state=state,
            order_number=step.attempt_id,
            step_number=step.id,
            amount=step.amount if done else None,
            hold=said if done else None,
        )

    # What we hear and do.

    def hear(self, outcome: Outcome) -> None:
        """As `record_outcomes` does it; of another amount than ours nothing is believed."""
        attempt = self.attempts[outcome.order_number]
        change = rules.apply_outcome(
            self.payment,
            attempt,
            outcome,
            siblings=list(self.attempts.values()),
            steps=list(self.steps.values()),
            now=self.now,
            pauses=PAUSES,
            action_seconds=60,
        )
        if isinstance(change, Refusal):
            return
        self._keep(change)

    def hear_of_step(self, outcome: Outcome) -> None:
        """As `record_step_outcomes` does it."""
        step = self.steps[outcome.step_number or ""]
        if step.ended:
            return
        change = rules.apply_step_outcome(
            self.payment,
            self.attempts[step.attempt_id],
            step,
            outcome,
            now=self.now,
            pauses=PAUSES,
            fee_of=lambda payment, attempt, minor: rules.fee_of(payment, attempt, minor, {}),
        )
        assert not isinstance(change, Refusal), change
        self._keep(change)

    def _keep(self, change: rules.Change) -> None:
        if self.payment.captured_by is not None:
            assert change.payment.captured_by == self.payment.captured_by
            assert change.payment.captured_minor >= self.payment.captured_minor
        self.payment, self.attempts[change.attempt.id] = change.payment, change.attempt
        if change.step is not None:
            assert change.step_is_new is (change.step.id not in self.steps), "no capture is made twice"
            self.steps[change.step.id] = change.step
        for booking in entries_of(change):
            assert booking.entry.id not in self.books.known, f"{booking.entry.id} is the id of two facts"
            _, (answer,) = self.books.post([booking.entry], self.now)
            assert not answer.refused, answer.refused

    def merchant_asks(self, kind: StepKind, amount: int, *, final: bool) -> HoldStep | None:
        """As `request_steps` does it; none if it is refused."""
        steps = list(self.steps.values())
        if rules.why_not_steppable(self.payment, steps, self.now) is not None:
            return None
        holder = next(each for each in self.attempts.values() if each.holds)
        captures = kind is StepKind.CAPTURE
        if captures and rules.why_not_capturable(
            self.payment, holder.hold, CAN, amount_minor=amount, tip_minor=0, final=final
        ):
            return None
        step = HoldStep(
            id=f"{'cap' if captures else 'inc'}_{len(self.steps) + 1:03}",
            payment_id=self.payment.id,
            attempt_id=holder.id,
            merchant_id=self.payment.merchant_id,
            channel=CHANNEL,
            kind=kind,
            state=StepState.PROCESSING,
            amount_minor=amount,
            before_minor=self.payment.captured_minor if captures else self.payment.authorised_minor,
            tip_minor=0,
            final=captures and final,
            currency=CNY,
            fee_minor=0,
            channel_code=None,
            error_class=None,
            created_at=self.now,
            ended_at=None,
            inquiries=0,
            next_inquiry_at=self.now,
        )
        self.steps[step.id] = step
        return step

    def merchant_closes(self) -> None:
        """As `request_closes` does it."""
        refused = rules.why_not_closable(self.payment, list(self.steps.values()))
        if refused is None and not self.payment.ended:
            self.payment = msgspec.structs.replace(self.payment, closing_as=PaymentState.CANCELED)

    def janitor_comes(self) -> None:
        """Steps are asked for until they are decided; orders are asked about, or ended if nobody should pay them."""
        for step in list(self.steps.values()):
            if not step.ended:
                self.hear_of_step(self.carries_out(step))
        for order_id, attempt in list(self.attempts.items()):
            if attempt.live or attempt.next_inquiry_at is not None:
                if rules.question_about(self.payment, attempt, self.now) is rules.Question.CLOSE:
                    self.is_released(order_id)
                self.hear(self.truth_of(order_id))
