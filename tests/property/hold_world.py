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
    Refund,
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
    given_back: int = 0
    """What went back of what was taken."""
    done: set[str] = msgspec.field(default_factory=set)
    """The numbers of the captures and increments that were carried out."""
    news: list[Outcome] = msgspec.field(default_factory=list)
    """What the channel tells by itself, once each, in any order."""


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
        self.refunds: dict[str, Refund] = {}
        self.answers: list[tuple[Outcome, datetime]] = []
        """What was answered and is not recorded yet, and when it was asked."""
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
        amount = Money(order.amount, CNY)
        back = Money(order.given_back, CNY) if order.given_back else None
        return Outcome(state=state, order_number=order_id, amount=amount, hold=said, given_back_in_all=back)

    def _tell(self, order_id: str) -> None:
        self.orders[order_id].news.append(self.truth_of(order_id))

    def money_is_held(self, order_id: str) -> None:
        """The payer's bank agrees."""
        order = self.orders[order_id]
        if not order.held and not order.over:
            order.held = True
            self._tell(order_id)

    def somebody_takes(self, order_id: str, amount: int, *, last: bool) -> None:
        """At the channel itself, without us."""
        order = self.orders[order_id]
        if order.held and not order.over and 0 < amount <= order.amount - order.taken:
            order.taken += amount
            order.over = last or order.taken == order.amount
            self._tell(order_id)

    def is_released(self, order_id: str) -> None:
        """What is left is let go: since we asked, or since its time is over."""
        order = self.orders[order_id]
        if not order.over:
            order.over = True
            self._tell(order_id)

    def somebody_gives_back(self, order_id: str) -> None:
        """All that was taken, once nothing is held any more: at the channel itself, or since we cancel."""
        order = self.orders[order_id]
        if order.over and order.taken > order.given_back:
            order.given_back = order.taken
            self._tell(order_id)
            if order.taken == order.amount:
                bare = msgspec.structs.replace(self.truth_of(order_id), hold=None)
                order.news.append(bare)

    def is_cancelled(self, order_id: str) -> Outcome:
        """What is held is let go; what was paid goes back."""
        order = self.orders[order_id]
        paid = order.over and order.taken > 0
        self.is_released(order_id)
        if not paid:
            return self.truth_of(order_id)
        self.somebody_gives_back(order_id)
        return Outcome(
            state=OutcomeState.CLOSED, order_number=order_id, amount=Money(order.amount, CNY), voided=True
        )

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
                self._tell(step.attempt_id)
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

    def hear(self, outcome: Outcome, *, asked_at: datetime | None = None) -> None:
        """As `record_outcomes` does it; of another amount than ours nothing is believed."""
        attempt = self.attempts[outcome.order_number]
        change = rules.apply_outcome(
            self.payment,
            attempt,
            outcome,
            siblings=list(self.attempts.values()),
            refunds=[each for each in self.refunds.values() if each.attempt_id == attempt.id],
            asked_at=asked_at,
            steps=list(self.steps.values()),
            now=self.now,
            pauses=PAUSES,
            action_seconds=60,
        )
        if isinstance(change, Refusal):
            return
        self._keep(change)

    def hear_answer(self, outcome: Outcome, asked_at: datetime) -> None:
        """What the channel answered about an order or about a step."""
        if outcome.step_number is None:
            self.hear(outcome, asked_at=asked_at)
        else:
            self.hear_of_step(outcome)

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
        self.refunds |= {refund.id: refund for refund in change.all_refunds}
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
        if refused is not None or self.payment.ended:
            return
        if any(each.live for each in self.attempts.values()):
            self.payment = msgspec.structs.replace(self.payment, closing_as=PaymentState.CANCELED)
        else:
            self.payment = rules.move(self.payment, rules.PaymentEvent.CANCELED, ended_at=self.now)

    def ends(self, order_id: str) -> Outcome | None:
        """As `ChannelDesk.close` does it: what was taken stays taken, and only the rest is let go."""
        attempt = self.attempts[order_id]
        undecided = rules.under_way(list(self.steps.values()))
        if attempt.holds and (self.payment.closing_as is None or undecided):
            return None
        if attempt.holds and rules.taken_so_far(self.payment, attempt):
            self.is_released(order_id)
            return self.truth_of(order_id)
        return self.is_cancelled(order_id)

    def janitor_comes(self) -> None:
        """Steps are asked for until they are decided; orders are asked about, or ended if nobody should pay them."""
        for step in list(self.steps.values()):
            if not step.ended:
                self.hear_of_step(self.carries_out(step))
        if self.now >= self.payment.over_at:
            self.merchant_closes()
        for order_id, attempt in list(self.attempts.items()):
            if attempt.next_inquiry_at is not None and attempt.next_inquiry_at <= self.now:
                closing = rules.question_about(self.payment, attempt, self.now) is rules.Question.CLOSE
                answer = self.ends(order_id) if closing else self.truth_of(order_id)
                if answer is not None:
                    self.hear(answer, asked_at=self.now)
