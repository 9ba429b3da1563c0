"""When is another channel tried, what is asked next, and what if payers choose the amount themselves?"""

from datetime import timedelta

import pytest

from tael.channels.port import ErrorClass, Operation, Outcome, OutcomeState, Product, ShowCode
from tael.foundation.money import Money
from tael.payments import rules
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import AttemptState, PaymentState, RefundReason
from tael.payments.rules import Change, Consequence, Question
from tests.unit.test_payments_rules import NOW, PAUSES, apply, attempt, capabilities, outcome, payment


@pytest.mark.parametrize("error_class", ErrorClass)
def test_another_channel_is_tried_only_where_that_can_do_no_harm(error_class: ErrorClass) -> None:
    may = error_class not in (ErrorClass.PAYER, ErrorClass.REQUEST)
    failed = attempt(AttemptState.FAILED, action=None, error_class=error_class)
    silent = attempt(AttemptState.UNKNOWN, action=None, error_class=error_class)
    assert rules.goes_elsewhere(failed) is rules.goes_elsewhere(silent) is may
    for product in (Product.BARCODE, Product.CARD):
        taking = attempt(AttemptState.UNKNOWN, action=None, error_class=error_class, product=product)
        assert not rules.goes_elsewhere(taking), (
            "the money may have moved without the payer doing anything more"
        )
    shown = attempt(AttemptState.UNKNOWN, error_class=error_class)
    assert not rules.goes_elsewhere(shown), "the payer may be scanning it"


def test_what_a_payer_showed_is_over_once_what_it_waited_for_has_ended_unpaid() -> None:
    for state in AttemptState:
        waited = state in (AttemptState.WAITING, AttemptState.UNKNOWN)
        for product in Product:
            before = attempt(state, action=None, product=product)
            for end in AttemptState:
                after = attempt(end, action=None, product=product, error_class=ErrorClass.CHANNEL)
                over = waited and end in (AttemptState.FAILED, AttemptState.CLOSED)
                shown = product in (Product.BARCODE, Product.CARD)
                assert rules.ended_later(before, after) is (over and shown), (state, product, end)


def test_what_only_the_payer_can_show_is_inquired_about_and_never_begun_anew() -> None:
    for product in Product:
        story = attempt(AttemptState.UNKNOWN, action=None, product=product)
        question = rules.question_about(payment(), story, NOW)
        again = product not in (Product.BARCODE, Product.CARD, Product.JSAPI)
        assert question is (Question.PAY if again else Question.INQUIRE)


def test_an_unpaid_attempt_is_ended_in_the_way_that_its_channel_knows() -> None:
    both = capabilities()
    assert rules.way_to_end(both, Product.CODE) is Operation.CLOSE
    assert rules.way_to_end(both, Product.BARCODE) is Operation.CANCEL
    expires = capabilities(operations=frozenset({Operation.PAY}))
    assert rules.way_to_end(expires, Product.CODE) is None


def test_a_payer_who_walks_away_says_nothing_of_the_channel() -> None:
    assert rules.tells_of_channel(attempt(AttemptState.SUCCEEDED)) is True
    assert rules.tells_of_channel(attempt(AttemptState.CLOSED)) is None
    no_money = attempt(AttemptState.FAILED, action=None, error_class=ErrorClass.PAYER)
    assert rules.tells_of_channel(no_money) is None
    refused = attempt(AttemptState.FAILED, action=None, error_class=ErrorClass.DECLINED)
    assert rules.tells_of_channel(refused) is False
    silent = attempt(AttemptState.CLOSED, action=None, abandoned=True, error_class=ErrorClass.TRANSPORT)
    assert rules.tells_of_channel(silent) is False


def received(minor: int, state: OutcomeState = OutcomeState.WAITING) -> Outcome:
    return outcome(
        state, received=Money(minor, "CNY"), **({"amount": None} if state is OutcomeState.SUCCEEDED else {})
    )


def test_what_arrives_in_parts_adds_up_to_a_success() -> None:
    first = apply(payment(), attempt(), received(1000))
    assert (first.attempt.state, first.arrived_minor, first.consequence) == (AttemptState.WAITING, 1000, None)
    again = apply(first.payment, first.attempt, received(1000, OutcomeState.SUCCEEDED))
    assert (again.attempt.state, again.arrived_minor, again.consequence) == (AttemptState.WAITING, 0, None)
    rest = apply(first.payment, first.attempt, received(1280))
    assert (rest.consequence, rest.arrived_minor, rest.surplus_minor) == (Consequence.CAPTURED, 280, 0)
    assert rest.payment.captured_minor == 1280


def test_what_is_sent_too_much_goes_back_also_after_the_end() -> None:
    whole = apply(payment(), attempt(), received(2000))
    assert (whole.consequence, whole.payment.captured_minor) == (Consequence.CAPTURED, 1280)
    assert (whole.arrived_minor, whole.surplus_minor) == (2000, 720)
    assert whole.surplus_reason is RefundReason.OVERPAID
    later = apply(whole.payment, whole.attempt, received(2500))
    assert (later.consequence, later.arrived_minor, later.surplus_minor) == (Consequence.SURPLUS, 500, 500)
    nothing_new = apply(later.payment, later.attempt, received(2500))
    assert (nothing_new.consequence, nothing_new.arrived_minor) == (None, 0)


def test_what_was_too_little_until_the_end_goes_back() -> None:
    part = apply(payment(closing_as=PaymentState.EXPIRED), attempt(), received(1000))
    ended = apply(part.payment, part.attempt, received(1000, OutcomeState.CLOSED))
    assert (ended.consequence, ended.payment.state) == (Consequence.ENDED, PaymentState.EXPIRED)
    assert (ended.surplus_minor, ended.surplus_reason) == (1000, RefundReason.UNDERPAID)
    late = apply(ended.payment, ended.attempt, received(1500))
    assert (late.surplus_minor, late.surplus_reason) == (500, RefundReason.LATE_SUCCESS)
    assert late.attempt.state is AttemptState.CLOSED, "what was given back does not count any more"


def test_money_of_another_currency_is_not_counted() -> None:
    told = outcome(OutcomeState.WAITING, received=Money(1280, "USD"))
    refusal = rules.apply_outcome(payment(), attempt(), told, now=NOW, pauses=PAUSES, action_seconds=60)
    assert isinstance(refusal, OutcomeMismatch)


def test_an_account_is_looked_at_again_hours_days_and_a_week_after_the_end() -> None:
    whole = apply(payment(), attempt(product=Product.TRANSFER), received(1280))
    assert whole.attempt.next_inquiry_at == NOW + timedelta(hours=1)
    second = apply(whole.payment, whole.attempt, received(1280), now=NOW + timedelta(hours=1))
    assert second.attempt.next_inquiry_at == NOW + timedelta(days=1)
    unsure = apply(second.payment, second.attempt, outcome(OutcomeState.UNKNOWN), now=NOW + timedelta(days=1))
    assert unsure.attempt.next_inquiry_at == second.attempt.next_inquiry_at, (
        "it is asked again under the lease"
    )
    last = apply(second.payment, second.attempt, received(1280), now=NOW + timedelta(days=7))
    assert last.attempt.next_inquiry_at is None


def test_a_payment_does_not_end_while_another_attempt_may_still_take_the_money() -> None:
    other = attempt(AttemptState.WAITING, id="att_2")
    for told in (OutcomeState.CLOSED, OutcomeState.ABSENT):
        was = payment(closing_as=PaymentState.CANCELED)
        change = rules.apply_outcome(
            was,
            attempt(),
            outcome(told),
            siblings=[attempt(), other],
            now=NOW,
            pauses=PAUSES,
            action_seconds=60,
        )
        assert isinstance(change, Change)
        assert (change.attempt.state, change.payment) == (AttemptState.CLOSED, was)


def test_an_attempt_that_was_given_up_shows_nothing_and_is_closed() -> None:
    given_up = attempt(AttemptState.UNKNOWN, action=None, abandoned=True)
    late = outcome(OutcomeState.WAITING, action=ShowCode(code_url="https://qr.example/late"))
    change = apply(payment(PaymentState.PROCESSING), given_up, late)
    assert (change.attempt.action, change.payment.state) == (None, PaymentState.PROCESSING)
    assert rules.question_about(payment(), change.attempt, NOW) is Question.CLOSE
    closed = apply(payment(), given_up, outcome(OutcomeState.ABSENT))
    assert closed.attempt.state is AttemptState.CLOSED
    assert closed.attempt.next_inquiry_at is not None, "it is looked at once more"
