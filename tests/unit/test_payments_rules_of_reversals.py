"""What if a channel takes back what it said? It is believed when it says so again, and then nothing is counted twice."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from tael.channels.port import ErrorClass, Outcome, OutcomeState, Product
from tael.foundation.money import Money
from tael.payments import rules
from tael.payments.model import (
    Attempt,
    AttemptState,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
    RefundState,
    RefundWay,
)
from tael.payments.rules import Change, Consequence, Question
from tael.payments.rules.arrivals import left_to_people
from tests.unit.test_payments_rules import NOW, PAUSES, attempt, outcome, payment
from tests.unit.test_payments_rules_of_refunds import PAID, REFUNDING, change, refund

FULL = payment(PaymentState.CAPTURED, captured_by="att_1")
SOON = NOW + timedelta(seconds=5)
THEN = SOON + timedelta(seconds=2)
ALL_OF_IT = outcome(OutcomeState.SUCCEEDED, given_back_in_all=Money(1280, "CNY"))


def paid(received: int = 1280, **more: Any) -> Attempt:
    """An attempt that payers may send more to, or their bank recall it."""
    return attempt(
        AttemptState.SUCCEEDED, product=Product.TRANSFER, received_minor=received, movements=1, **more
    )


def of_surplus(minor: int, **more: Any) -> Refund:
    particulars: dict[str, Any] = {
        "cause": "att_1:surplus:1",
        "reason": RefundReason.OVERPAID,
        "fee_returned_minor": 0,
    }
    return refund(amount_minor=minor, attempt_id="att_1", **(particulars | more))


def told(
    payment: Payment,
    attempt: Attempt,
    told: Outcome,
    *refunds: Refund,
    asked: bool = True,
    now: datetime = SOON,
    asked_at: datetime | None = None,
) -> Change:
    change = rules.apply_outcome(
        payment,
        attempt,
        told,
        refunds=refunds,
        asked_at=(asked_at or now) if asked else None,
        now=now,
        pauses=PAUSES,
        action_seconds=60,
    )
    assert isinstance(change, Change)
    return change


def received(minor: int) -> Outcome:
    return outcome(OutcomeState.WAITING, received=Money(minor, "CNY"))


def test_less_than_before_is_asked_about_again_before_it_is_believed() -> None:
    first = told(FULL, paid(), received(1000))
    assert (first.attempt.received_minor, first.attempt.doubted_at, first.consequence) == (1280, SOON, None)
    assert first.attempt.next_inquiry_at == SOON + timedelta(seconds=2)
    by_itself = told(FULL, first.attempt, received(1000), asked=False)
    assert by_itself.attempt.received_minor == 1280, "what it says by itself may be older"
    older = msgspec.structs.replace(first.attempt, doubted_at=SOON + timedelta(seconds=1))
    assert told(FULL, older, received(1000)).attempt.received_minor == 1280, "it was asked before"
    settled = told(FULL, first.attempt, received(1280))
    assert (settled.attempt.doubted_at, settled.consequence) == (None, None)
    second = told(FULL, first.attempt, received(1000))
    assert (second.consequence, second.lost_minor) == (Consequence.TAKEN_BACK, 280)
    assert second.payment == FULL, "what was captured stays captured"


def test_more_than_before_is_asked_about_again_if_something_was_recalled() -> None:
    """An answer that was asked before the recall and is recorded after it: nothing has arrived."""
    recalled = told(FULL, paid(1380, doubted_at=NOW), received(1340), of_surplus(100)).attempt
    assert (recalled.received_minor, recalled.recalled_at) == (1340, SOON)
    rest = of_surplus(60, id="rfd_2")
    for asked in (True, False):
        old = told(FULL, recalled, received(1380), rest, now=THEN, asked_at=NOW, asked=asked)
        assert (old.consequence, old.attempt.doubted_at) == (None, THEN)
    again = told(FULL, recalled, received(1380), rest, now=THEN)
    assert (again.surplus_minor, again.attempt.recalled_at) == (40, THEN)
    waiting = attempt(product=Product.TRANSFER, received_minor=500, movements=2, recalled_at=NOW)
    unpaid = told(payment(), waiting, received(1280), asked=False)
    assert (unpaid.consequence, unpaid.attempt.received_minor) == (None, 500)


def test_a_surplus_that_was_sent_already_is_lost_when_it_is_recalled() -> None:
    sent = of_surplus(500, asked_at=NOW)
    gone = told(FULL, paid(1780, doubted_at=NOW), received(1480), sent)
    assert (gone.surplus_gone_minor, gone.lost_minor, gone.stopped) == (0, 300, ())
    assert [(each.id, each.unowed_minor) for each in gone.refunds] == [(sent.id, 300)]


def test_what_comes_again_makes_good_first_what_nobody_owed() -> None:
    sent = of_surplus(500, asked_at=NOW, unowed_minor=300)
    again = told(FULL, paid(1480), received(1880), sent)
    assert (again.arrived_minor, again.recovered_minor, again.surplus_minor) == (400, 300, 100)
    assert [each.unowed_minor for each in again.refunds] == [0]
    captured = told(FULL, paid(1000), received(1300))
    assert (captured.recovered_minor, captured.surplus_minor) == (280, 20)


def test_a_recall_waits_until_the_news_of_the_surplus_is_delivered() -> None:
    waits = told(FULL, paid(1780, doubted_at=NOW), received(1480))
    assert (waits.consequence, waits.attempt.doubted_at) == (None, NOW)
    assert waits.attempt.next_inquiry_at is not None


def test_what_was_left_to_people_is_taken_back_before_anything_is_lost() -> None:
    tries = [
        of_surplus(500, id=f"rfd_{number}", state=RefundState.FAILED, asked_at=NOW)
        for number in range(rules.SURPLUS_TRIES)
    ]
    gone = told(FULL, paid(1780, doubted_at=NOW), received(1480), *tries)
    assert (gone.surplus_gone_minor, gone.lost_minor) == (300, 0)
    assert [(each.id, each.owed_minor) for each in gone.refunds] == [(tries[-1].id, 200)]


def test_what_was_said_to_be_paid_counts_as_arrived() -> None:
    """A channel that names sums only now and then: no money is made when it does."""
    whole = attempt(AttemptState.SUCCEEDED)
    assert told(FULL, whole, received(1280)).consequence is None
    assert told(FULL, whole, received(1300)).surplus_minor == 20
    part = attempt(received_minor=500, movements=1)
    rest = told(payment(), part, outcome(OutcomeState.SUCCEEDED))
    assert (rest.arrived_minor, rest.consequence) == (780, Consequence.CAPTURED)


def test_a_voided_order_is_given_back_by_the_rest_and_only_once() -> None:
    partly = msgspec.structs.replace(
        FULL, refunded_minor=280, refunding_minor=200, fee_returned_minor=3, fee_minor=8
    )
    closed = outcome(OutcomeState.CLOSED, voided=True)
    ours = (
        refund(RefundState.SUCCEEDED, attempt_id="att_1", amount_minor=280),
        refund(RefundState.PROCESSING, attempt_id="att_1", amount_minor=200, id="rfd_2"),
    )
    voided = told(partly, attempt(AttemptState.SUCCEEDED), closed, *ours)
    assert voided.taken is not None
    assert (voided.consequence, voided.taken.amount_minor) == (Consequence.VOIDED, 800)
    assert (voided.payment.refunded_minor, voided.payment.fee_returned_minor) == (1080, 8)
    again = told(voided.payment, voided.attempt, closed)
    assert (again.consequence, again.payment) == (None, voided.payment)


def test_a_voided_surplus_is_not_given_back_once_more() -> None:
    late = attempt(AttemptState.SUCCEEDED, product=Product.BARCODE)
    closed = outcome(OutcomeState.CLOSED, voided=True)
    unheard = told(payment(PaymentState.EXPIRED), late, closed)
    assert unheard.taken is not None
    assert unheard.taken.cause == "att_1:surplus", "whoever hears of the surplus finds it given back"
    on_its_way = told(payment(PaymentState.EXPIRED), late, closed, of_surplus(1280, asked_at=NOW))
    assert (on_its_way.taken, on_its_way.attempt.voided) == (None, True)


def test_a_refund_of_a_voided_order_is_gone_also_if_the_channel_refuses_it() -> None:
    voided = msgspec.structs.replace(PAID, voided=True)
    for before in (RefundState.PROCESSING, RefundState.UNKNOWN):
        assert (
            change(REFUNDING, refund(before), OutcomeState.FAILED, attempt=voided).refund.state
            is RefundState.SUCCEEDED
        )


def paid_while_closing(product: Product = Product.BARCODE) -> Change:
    closing = payment(closing_as=PaymentState.CANCELED)
    return told(closing, attempt(product=product), outcome(OutcomeState.SUCCEEDED))


@pytest.mark.parametrize("product", [Product.BARCODE, Product.CARD])
def test_what_was_paid_while_it_was_being_ended_is_looked_at_once_more(product: Product) -> None:
    """The answer to our cancellation may be lost, and with it that the money went back."""
    first = paid_while_closing(product)
    assert first.consequence is Consequence.CAPTURED
    assert first.attempt.next_inquiry_at is not None
    assert rules.question_about(first.payment, first.attempt, SOON) is Question.INQUIRE
    lost = outcome(OutcomeState.UNKNOWN, error_class=ErrorClass.TRANSPORT)
    unsure = told(first.payment, first.attempt, lost, now=THEN).attempt
    assert (unsure.next_inquiry_at, unsure.inquiries) == (THEN + timedelta(seconds=2), 1)
    gone = told(first.payment, first.attempt, ALL_OF_IT, now=THEN)
    assert (gone.consequence, gone.attempt.next_inquiry_at) == (Consequence.VOIDED, None)
    ours = refund(attempt_id="att_1", amount_minor=1280, asked_at=SOON)
    not_known = told(first.payment, first.attempt, ALL_OF_IT, ours, now=THEN)
    assert not_known.consequence is None, "what was given back may be our own refund"
    assert not_known.attempt.next_inquiry_at == THEN + timedelta(seconds=2), "it will show"


def test_what_was_paid_while_it_was_being_ended_is_looked_at_until_no_cancellation_can_be_under_way() -> None:
    """A channel may carry out a minute later what it did not answer."""
    first = paid_while_closing()
    looks, looked_at = [], first
    for pause in (timedelta(seconds=2), timedelta(minutes=1), timedelta(hours=1)):
        stays = outcome(OutcomeState.SUCCEEDED)
        looked_at = told(first.payment, looked_at.attempt, stays, now=SOON + pause)
        looks.append(looked_at.attempt.next_inquiry_at)
    assert looks == [SOON + timedelta(minutes=1), SOON + timedelta(hours=1), None]


def test_an_answer_from_before_the_end_is_no_look_at_what_came_of_it() -> None:
    first = paid_while_closing()
    for asked_at in (NOW, SOON):
        older = told(
            first.payment, first.attempt, outcome(OutcomeState.SUCCEEDED), now=THEN, asked_at=asked_at
        )
        assert older.attempt.next_inquiry_at == first.attempt.next_inquiry_at


@pytest.mark.parametrize("state", list(RefundState))
def test_what_was_given_back_in_all_and_not_by_us_is_booked_whatever_became_of_our_refunds(
    state: RefundState,
) -> None:
    under_way = 280 if state in (RefundState.UNKNOWN, RefundState.PROCESSING) else 0
    gone = 280 if state is RefundState.SUCCEEDED else 0
    partly = msgspec.structs.replace(FULL, refunded_minor=gone, refunding_minor=under_way)
    ours = refund(state, attempt_id="att_1", amount_minor=280, asked_at=NOW)
    rest = told(partly, attempt(AttemptState.SUCCEEDED), ALL_OF_IT, ours)
    assert rest.taken is not None
    assert rest.taken.amount_minor == (1280 if state is RefundState.FAILED else 1000)
    after_all = change(
        rest.payment, ours, OutcomeState.SUCCEEDED, attempt=rest.attempt, rivals=[rest.taken], asked_at=SOON
    )
    assert (after_all.refund.unowed_minor, after_all.refund.doubted_at) == (0, None)
    whole = msgspec.structs.replace(ours, amount_minor=1280, state=RefundState.UNKNOWN)
    assert not told(FULL, attempt(AttemptState.SUCCEEDED), ALL_OF_IT, whole).attempt.voided


def test_what_went_twice_of_a_voided_order_is_charged_to_nobody() -> None:
    """A part had been paid out elsewhere, and the channel gave all of it back."""
    partly = msgspec.structs.replace(FULL, refunded_minor=280)
    elsewhere = refund(RefundState.SUCCEEDED, attempt_id="att_1", amount_minor=280, way=RefundWay.PAY_OUT)
    voided = told(partly, attempt(AttemptState.SUCCEEDED), ALL_OF_IT, elsewhere)
    assert voided.taken is not None
    assert (voided.taken.amount_minor, voided.taken.unowed_minor) == (1280, 280)
    assert voided.payment.refundable_minor == 0


def test_what_the_channel_gave_back_is_not_refunded_again_though_it_was_charged_to_nobody() -> None:
    voided = told(FULL, attempt(AttemptState.SUCCEEDED), ALL_OF_IT)
    assert voided.taken is not None
    uncovered = rules.not_charged(voided.payment, voided.taken)
    assert (uncovered.refundable_minor, uncovered.fee_returned_minor) == (0, 0)
    gone = refund(RefundState.SUCCEEDED, attempt_id="att_1", unowed_minor=500, fee_returned_minor=0)
    before_it = told(FULL, attempt(AttemptState.SUCCEEDED), ALL_OF_IT, gone)
    assert before_it.taken is not None
    assert (before_it.taken.amount_minor, before_it.payment.refundable_minor) == (780, 0)


@pytest.mark.parametrize("doubted_at", [None, NOW])
def test_a_channel_that_cannot_answer_is_asked_less_and_less_about_what_was_transferred(
    doubted_at: datetime | None,
) -> None:
    lost = outcome(OutcomeState.UNKNOWN, error_class=ErrorClass.TRANSPORT)
    asked = paid(doubted_at=doubted_at, next_inquiry_at=SOON, ended_at=NOW)
    pauses = []
    for _ in range(4):
        asked = told(FULL, asked, lost).attempt
        assert asked.next_inquiry_at is not None
        pauses.append((asked.next_inquiry_at - SOON).total_seconds())
    assert pauses == [2, 3, 5, 900]
    assert told(FULL, asked, received(1280)).attempt.inquiries == 0


def test_a_surplus_whose_refund_was_stopped_is_not_left_to_people() -> None:
    """It was recalled, or is owed anew: whoever sends it again pays it twice."""
    tries = [
        of_surplus(500, id=f"rfd_{number}", state=RefundState.FAILED, asked_at=NOW)
        for number in range(rules.SURPLUS_TRIES)
    ]
    assert rules.still_owed_minor(tries) == 500
    tries[-1] = msgspec.structs.replace(tries[-1], asked_at=None)
    assert rules.still_owed_minor(tries) == 0
    assert left_to_people(tries) == []
    assert rules.is_settled(tries), "nor does old news of it make a new refund"
    partly_recalled = of_surplus(500, id="rfd_9", asked_at=NOW, unowed_minor=300)
    assert rules.is_settled([*tries[:1], partly_recalled]), "what is on its way is not sent beside it"


def test_a_voided_order_that_is_reported_as_paid_is_ended_again_and_believed_then() -> None:
    ended = told(payment(), attempt(product=Product.BARCODE), outcome(OutcomeState.CLOSED, voided=True))
    assert (ended.attempt.state, ended.attempt.voided) == (AttemptState.CLOSED, True)
    first = told(ended.payment, ended.attempt, outcome(OutcomeState.SUCCEEDED), asked=False)
    assert (first.attempt.state, first.consequence) == (AttemptState.CLOSED, None)
    assert rules.question_about(first.payment, first.attempt, SOON) is Question.CLOSE
    not_sure = told(first.payment, first.attempt, outcome(OutcomeState.UNKNOWN))
    assert not_sure.attempt.next_inquiry_at is not None
    cannot_be_ended = told(first.payment, first.attempt, outcome(OutcomeState.SUCCEEDED))
    assert (cannot_be_ended.attempt.voided, cannot_be_ended.consequence) == (False, Consequence.CAPTURED)


def test_a_refund_that_went_after_all_waits_until_its_successor_is_made() -> None:
    """The news of its failure is on its way: otherwise the money would be sent a second time."""
    failed = of_surplus(500, state=RefundState.FAILED, doubted_at=NOW)
    waits = change(FULL, failed, OutcomeState.SUCCEEDED, attempt=paid(1780), asked_at=SOON)
    assert (waits.refund.state, waits.refund.doubted_at) == (RefundState.FAILED, NOW)
    successor = of_surplus(500, id="rfd_2")
    gone = change(FULL, failed, OutcomeState.SUCCEEDED, attempt=paid(1780), rivals=[successor], asked_at=SOON)
    assert (gone.refund.state, gone.refund.unowed_minor) == (RefundState.SUCCEEDED, 0)
    assert [(each.id, each.state) for each in gone.rivals] == [("rfd_2", RefundState.FAILED)]


def test_what_went_twice_is_not_sent_a_third_time() -> None:
    """Of two refunds of one surplus both were carried out; then one of them comes back."""
    twice = of_surplus(500, id="rfd_2", state=RefundState.SUCCEEDED, unowed_minor=400)
    returns = of_surplus(500, state=RefundState.SUCCEEDED, doubted_at=NOW)
    back = change(FULL, returns, OutcomeState.FAILED, attempt=paid(1780), rivals=[twice], asked_at=SOON)
    assert (back.refund.state, back.refund.owed_minor) == (RefundState.FAILED, 100)
    assert [each.unowed_minor for each in back.rivals] == [0]


def test_a_refund_that_went_after_all_takes_no_more_than_is_left_of_the_payment() -> None:
    failed = refund(RefundState.FAILED, doubted_at=NOW, amount_minor=500, fee_returned_minor=4)
    room = payment(PaymentState.CAPTURED, captured_by="att_0", refunded_minor=780, fee_returned_minor=5)
    fits = change(room, failed, OutcomeState.SUCCEEDED, asked_at=SOON)
    assert (fits.payment.refunded_minor, fits.payment.fee_returned_minor) == (1280, 8)
    assert (fits.refund.fee_returned_minor, fits.refund.unowed_minor) == (3, 0), "its part of the fee is anew"
    full = msgspec.structs.replace(room, refunding_minor=1)
    too_much = change(full, failed, OutcomeState.SUCCEEDED, asked_at=SOON)
    assert (too_much.payment, too_much.refund.unowed_minor) == (full, 500)
