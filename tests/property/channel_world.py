"""What does a channel hold for us, whatever it says and in whatever order it is heard? One payment in a small world.

The world has two sides. `truth` is what happened at the channel. Ours is the payment, its attempts and its refunds, and
books in memory with the real rules for their floors. Between them go outcomes: new and old, asked for or not, lost or
told twice, asked for before something happened and heard after it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tael.channels.port import Outcome, OutcomeState, Product
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.payments import postings, rules
from tael.payments.model import (
    Attempt,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
    RefundState,
)
from tael.payments.usecases.book_changes import Booking, cause_of_surplus, entries_of, entries_of_refund
from tael.payments.usecases.record_refund_outcomes import cause_of_rest
from tests.property.books_in_memory import BooksInMemory
from tests.unit.test_payments_rules import NOW, PAUSES
from tests.unit.test_payments_rules import attempt as an_attempt
from tests.unit.test_payments_rules import payment as a_payment
from tests.unit.test_payments_rules_of_refunds import refund as a_refund

AMOUNT = 1280
CHANNEL, CNY = "alipay", "CNY"
ELSEWHERE = AccountSpec("elsewhere", CNY, AccountClass.ASSET)


class Order(msgspec.Struct):
    """An order as it is at the channel."""

    in_parts: bool
    names_sums: bool = False
    """Whether it is called paid for ever, and what was given back of it, which never comes back, is named; else it is
    called voided."""
    arrived: int = 0
    ended: bool = False
    ending: bool = False
    """The channel has been asked to end it, has not answered, and may do so yet."""
    voided: int | None = None
    """What was given back when it was ended."""
    history: list[Outcome] = []


class Fact(msgspec.Struct, frozen=True):
    """That the payer is owed something, on its way to those who give it back."""

    attempt_id: str
    amount: int
    reason: RefundReason
    cause: str


class World:
    """A payment with two attempts: payers choose the amount of the first, the second is paid whole or not at all."""

    def __init__(self, *, names_sums: bool = False, refuses: bool = False) -> None:
        self.now: datetime = NOW
        self.refuses = refuses
        """Whether the channel refuses every refund for as long as the story lasts."""
        self.payment: Payment = a_payment(expires_at=NOW + timedelta(days=1))
        self.attempts: dict[str, Attempt] = {
            "att_1": an_attempt(id="att_1", product=Product.TRANSFER),
            "att_2": an_attempt(id="att_2", product=Product.BARCODE, action=None),
        }
        self.refunds: dict[str, Refund] = {}
        self.facts: list[Fact] = []
        self.orders = {"att_1": Order(in_parts=True), "att_2": Order(in_parts=False, names_sums=names_sums)}
        self.gone: dict[str, bool | None] = {}
        """Whether the money of a refund is gone, as the channel knows it; none: it has not decided."""
        self.heard_of: dict[str, list[Outcome]] = {}
        self.answers: list[tuple[Outcome, datetime]] = []
        """What was answered and is not recorded yet, and when it was asked."""
        self.books = BooksInMemory([*postings.accounts_of_payment(self.payment, CHANNEL), ELSEWHERE])
        self._refunds_made = 0

    # What happens at the channel.

    def held(self, order_id: str) -> int:
        """What the channel holds for us of an order."""
        order = self.orders[order_id]
        given_back = sum(
            refund.amount_minor
            for refund in self.refunds.values()
            if refund.attempt_id == order_id and self.gone.get(refund.id)
        )
        return order.arrived - given_back - (order.voided or 0)

    def money_comes(self, order_id: str, amount: int) -> None:
        """A payer pays, or a bank recalls what was paid."""
        order = self.orders[order_id]
        if order.in_parts:
            order.arrived = max(0, order.arrived + amount)
        elif order.voided is None and amount > 0:
            order.arrived = AMOUNT
        order.history.append(self.truth_of(order_id))

    def refund_moves(self, refund_id: str, *, gone: bool) -> None:
        """The channel decides about a refund that it has heard of, for the first time or otherwise than before."""
        refund = self.refunds[refund_id]
        if refund.asked_at is None:
            return
        order = self.orders[refund.attempt_id]
        voided = order.voided is not None
        too_much = not order.in_parts and self.held(refund.attempt_id) < refund.amount_minor
        if gone and (voided or too_much or self.refuses):
            gone = False
        if (voided or order.names_sums) and self.gone.get(refund_id):
            return
        self.gone[refund_id] = gone
        self.heard_of.setdefault(refund_id, []).append(self.truth_of_refund(refund_id))

    def truth_of(self, order_id: str, *, ending: bool = False) -> Outcome:
        """What the channel says of an order when it is asked."""
        order = self.orders[order_id]
        if order.in_parts:
            state = OutcomeState.CLOSED if ending else OutcomeState.WAITING
            return Outcome(state=state, order_number=order_id, received=Money(order.arrived, CNY))
        if order.voided is not None and (ending or not order.names_sums):
            return Outcome(state=OutcomeState.CLOSED, order_number=order_id, voided=True)
        if order.arrived:
            given_back = order.arrived - self.held(order_id) if order.names_sums else 0
            return Outcome(
                state=OutcomeState.SUCCEEDED,
                order_number=order_id,
                amount=Money(AMOUNT, CNY),
                given_back_in_all=Money(given_back, CNY) if given_back else None,
            )
        return Outcome(
            state=OutcomeState.CLOSED if order.ended else OutcomeState.WAITING, order_number=order_id
        )

    def truth_of_refund(self, refund_id: str) -> Outcome:
        """What the channel says of a refund when it is asked."""
        states = {True: OutcomeState.SUCCEEDED, False: OutcomeState.FAILED, None: OutcomeState.WAITING}
        return Outcome(
            state=states[self.gone.get(refund_id)],
            order_number=self.refunds[refund_id].attempt_id,
            refund_number=refund_id,
        )

    def ends(self, order_id: str, *, told: bool, late: bool = False) -> None:
        """We end an order that may still be paid, as far as we know; the answer may get lost, or it is done `late`."""
        attempt, order = self.attempts[order_id], self.orders[order_id]
        if not (attempt.live or (attempt.voided and attempt.doubted_at is not None)):
            return
        self.attempts[order_id] = msgspec.structs.replace(attempt, abandoned=True)
        asked_at, order.ending = self.now, True
        if late:
            return
        self.carry_out(order_id)
        if told:
            self.hear(self.truth_of(order_id, ending=True), asked_at=asked_at)

    def carry_out(self, order_id: str) -> None:
        """The channel ends an order that it has been asked to end, and gives back what was paid."""
        order = self.orders[order_id]
        if not order.ending:
            return
        order.ending, order.ended = False, True
        if not order.in_parts and order.voided is None:
            order.voided = self.held(order_id)
            order.history.append(self.truth_of(order_id))

    # What we hear and do.

    def hear(self, outcome: Outcome, *, asked_at: datetime | None = None) -> None:
        """As `record_outcomes` does it."""
        attempt = self.attempts[outcome.order_number]
        change = rules.apply_outcome(
            self.payment,
            attempt,
            outcome,
            siblings=list(self.attempts.values()),
            refunds=[each for each in self.refunds.values() if each.attempt_id == attempt.id],
            asked_at=asked_at,
            now=self.now,
            pauses=PAUSES,
            action_seconds=60,
        )
        assert not isinstance(change, Refusal)
        if attempt.id == self.payment.captured_by:
            assert change.payment.captured_by == attempt.id, "what was captured stays captured"
        self.payment, self.attempts[attempt.id] = change.payment, change.attempt
        self.refunds |= {refund.id: refund for refund in (*change.refunds, *change.stopped)}
        if change.taken is not None:
            self.refunds[change.taken.id] = change.taken
        if change.surplus_reason is not None:
            fact = Fact(attempt.id, change.surplus_minor, change.surplus_reason, cause_of_surplus(change))
            self.facts.append(fact)
        self.book(entries_of(change))

    def hear_late(self, which: int) -> None:
        """An answer is recorded at last; meanwhile much may have happened."""
        if self.answers:
            outcome, asked_at = self.answers.pop(which % len(self.answers))
            (self.hear if outcome.refund_number is None else self.hear_of_refund)(outcome, asked_at=asked_at)

    def hear_of_refund(self, outcome: Outcome, *, asked_at: datetime | None = None) -> None:
        """As `record_refund_outcomes` does it."""
        before = self.refunds[outcome.refund_number or ""]
        change = rules.apply_refund_outcome(
            self.payment,
            before,
            outcome,
            attempt=self.attempts[before.attempt_id],
            rivals=[
                each
                for each in self.refunds.values()
                if each.attempt_id == before.attempt_id and each.id != before.id
            ],
            asked_at=asked_at,
            now=self.now,
            pauses=PAUSES,
        )
        assert not isinstance(change, Refusal)
        after = change.refund
        self.payment = change.payment
        self.refunds |= {each.id: each for each in (after, *change.rivals)}
        failed = after.state is RefundState.FAILED and before.state is not RefundState.FAILED
        if failed and after.cause is not None:
            self.facts.append(Fact(after.attempt_id, after.owed_minor, after.reason, after.cause))
        if change.surplus_minor:
            rest = Fact(after.attempt_id, change.surplus_minor, after.reason, cause_of_rest(change))
            self.facts.append(rest)
        self.book(entries_of_refund(before, change))

    def book(self, bookings: Sequence[Booking]) -> None:
        """As `book_changes` does it: what the merchant's balance does not cover is charged to nobody."""
        for booking in bookings:
            refused = self.post(booking.entry)
            if refused and booking.stands_in is not None:
                refund = booking.stands_in
                self.payment = rules.not_charged(self.payment, refund)
                self.refunds[refund.id] = rules.charged_to_nobody(refund)
                refused = self.post(postings.refund_taken(self.refunds[refund.id]))
            assert not refused, f"the books refuse {booking.entry}: {refused}"

    def post(self, entry: JournalEntry) -> str:
        """Why the books refuse an entry, or nothing."""
        assert entry.id not in self.books.known, f"{entry.id} is the id of two facts"
        _, (answer,) = self.books.post([entry], self.now)
        return answer.refused

    def asked_to_close(self) -> None:
        """As `request_closes` does it."""
        if self.payment.ended:
            return
        how: dict[str, Any] = {"closing_as": PaymentState.EXPIRED}
        if not any(attempt.live for attempt in self.attempts.values()):
            how = {"state": PaymentState.EXPIRED, "ended_at": self.now}
        self.payment = msgspec.structs.replace(self.payment, **how)

    def deliver(self) -> None:
        """As `refund_surplus` does it with one fact."""
        fact = self.facts.pop(0)
        tries = [refund for refund in self.refunds.values() if refund.cause == fact.cause]
        if rules.is_settled(tries) or not fact.amount or len(tries) >= rules.SURPLUS_TRIES:
            return
        self._make(attempt_id=fact.attempt_id, amount=fact.amount, reason=fact.reason, cause=fact.cause)

    def people_send_again(self, refund_id: str) -> None:
        """As `return_again` does it."""
        failed = self.refunds[refund_id]
        tries = [refund for refund in self.refunds.values() if refund.cause == failed.cause]
        owed = rules.still_owed_minor(tries) if failed.cause is not None else 0
        if owed:
            self._make(attempt_id=failed.attempt_id, amount=owed, reason=failed.reason, cause=failed.cause)

    def merchant_refunds(self, amount: int) -> None:
        """As `create_refunds` does it."""
        if self.payment.captured_by is None or not 0 < amount <= self.payment.refundable_minor:
            return
        fee = rules.fee_returned(self.payment, amount)
        made = self._make(attempt_id=self.payment.captured_by, amount=amount, fee_returned_minor=fee)
        if made is None:
            return
        self.refunds[made.id] = msgspec.structs.replace(made, asked_at=self.now)
        self.payment = msgspec.structs.replace(
            self.payment,
            refunding_minor=self.payment.refunding_minor + amount,
            fee_returned_minor=self.payment.fee_returned_minor + fee,
        )

    def _make(self, *, attempt_id: str, amount: int, **more: Any) -> Refund | None:
        self._refunds_made += 1
        particulars: dict[str, Any] = {"fee_returned_minor": 0, "created_at": self.now} | more
        made = a_refund(
            id=f"rfd_{self._refunds_made:04}", attempt_id=attempt_id, amount_minor=amount, **particulars
        )
        refused = self.post(postings.refund_created(made))
        if refused:
            assert made.cause is None, "what is owed to a payer can be given back"
            return None
        self.refunds[made.id] = made
        return made

    def merchant_is_paid_out(self) -> None:
        """All that is owed to the merchant is paid out, so that nothing is left to charge."""
        pending = postings.merchant_pending("mer_1", CNY)
        owed = -self.balance(pending.code)
        if owed > 0:
            lines = (debit(pending, Money(owed, CNY)), credit(ELSEWHERE, Money(owed, CNY)))
            self.post(
                JournalEntry(
                    id=f"paid:{self.now.isoformat()}", kind="paid", reference="mer_1", postings=lines
                )
            )

    def balance(self, code: str) -> int:
        """Debits less credits."""
        return self.books.amounts[code, CNY][0]

    def send(self, refund_id: str) -> None:
        """The janitor takes a refund: from now on the channel may have heard of it."""
        refund = self.refunds[refund_id]
        if not refund.ended and refund.asked_at is None:
            self.refunds[refund_id] = msgspec.structs.replace(refund, asked_at=self.now)

    def look_twice(self, order_id: str) -> None:
        """The janitor asks about an order, and once more, since only then a channel is believed that contradicts itself."""
        for _ in range(2):
            self.now += timedelta(seconds=1)
            self.hear(self.truth_of(order_id), asked_at=self.now)

    def ask_twice(self, refund_id: str) -> None:
        """The same about a refund."""
        for _ in range(2):
            self.now += timedelta(seconds=1)
            if refund_id in self.gone:
                self.hear_of_refund(self.truth_of_refund(refund_id), asked_at=self.now)

    # In the end.

    def come_to_rest(self) -> None:
        """Deliver, send, ask and end until nothing changes any more."""
        self.asked_to_close()
        self.refuses = False
        for order_id in self.orders:
            self.carry_out(order_id)
        while self.answers:
            self.hear_late(0)
        for _ in range(60):
            before = (self.payment, dict(self.attempts), dict(self.refunds), list(self.facts))
            while self.facts:
                self.deliver()
            for order_id in self.orders:
                self.now += timedelta(seconds=1)
                self.ends(order_id, told=True)
                due_at = self.attempts[order_id].next_inquiry_at
                if self.orders[order_id].in_parts:
                    self.hear(self.truth_of(order_id), asked_at=self.now)
                elif due_at is not None:
                    self.now = max(self.now, due_at)
                    self.hear(self.truth_of(order_id), asked_at=self.now)
            for refund_id in list(self.refunds):
                self.now += timedelta(seconds=1)
                self.send(refund_id)
                if self.refunds[refund_id].reason is not RefundReason.VOIDED:
                    if self.gone.get(refund_id) is None:
                        self.refund_moves(refund_id, gone=True)
                    if refund_id in self.gone:
                        self.hear_of_refund(self.truth_of_refund(refund_id), asked_at=self.now)
            if before == (self.payment, self.attempts, self.refunds, self.facts):
                return
        raise AssertionError("it never comes to rest")
