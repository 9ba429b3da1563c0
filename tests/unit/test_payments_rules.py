"""What does every outcome do to every attempt of every payment? The whole table, cell by cell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tael.channels.port import (
    AmountRange,
    Capabilities,
    ErrorClass,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Security,
    ShowCode,
)
from tael.foundation.errors import Malformed
from tael.foundation.money import Money
from tael.payments import rules
from tael.payments.errors import (
    AlreadyCaptured,
    ChannelNotSuited,
    NotCaptured,
    OutcomeMismatch,
    PaymentClosing,
    PaymentEnded,
    PaymentMalformed,
    RefundExceedsCaptured,
)
from tael.payments.model import Attempt, AttemptState, Payment, PaymentState, RefundReason
from tael.payments.rules import Change, Consequence, Pauses, Question

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
ENDS = {PaymentState.CAPTURED, PaymentState.CANCELED, PaymentState.FAILED, PaymentState.EXPIRED}
PAUSES = Pauses(unknown=[2, 3, 5, 900], waiting=[10, 20, 300])


def payment(state: PaymentState = PaymentState.REQUIRES_ACTION, **more: Any) -> Payment:
    captured = state is PaymentState.CAPTURED
    particulars: dict[str, Any] = {
        "id": "pay_1",
        "merchant_id": "mer_1",
        "reference": "order-1",
        "description": "Tea",
        "amount_minor": 1280,
        "currency": "CNY",
        "state": state,
        "closing_as": None,
        "captured_by": "att_0" if captured else None,
        "captured_minor": 1280 if captured else 0,
        "refunded_minor": 0,
        "refunding_minor": 0,
        "fee_basis_points": 60,
        "fee_minor": 8 if captured else 0,
        "fee_returned_minor": 0,
        "return_url": None,
        "created_at": NOW,
        "expires_at": LATER,
        "ended_at": NOW if state in ENDS else None,
    }
    return Payment(**particulars | more)


def attempt(state: AttemptState = AttemptState.WAITING, **more: Any) -> Attempt:
    live = state in (AttemptState.CREATED, AttemptState.WAITING, AttemptState.UNKNOWN)
    particulars: dict[str, Any] = {
        "id": "att_1",
        "payment_id": "pay_1",
        "channel": "alipay",
        "method": "alipay",
        "product": Product.CODE,
        "state": state,
        "abandoned": False,
        "amount_minor": 1280,
        "currency": "CNY",
        "action": ShowCode(code_url="https://qr.example/1"),
        "action_expires_at": LATER,
        "received_minor": 0,
        "payer_sealed": None,
        "channel_reference": None,
        "channel_code": None,
        "error_class": None,
        "created_at": NOW,
        "ended_at": None if live else NOW,
        "inquiries": 0,
        "next_inquiry_at": NOW if live else None,
    }
    return Attempt(**particulars | more)


def outcome(state: OutcomeState, **more: Any) -> Outcome:
    if state is OutcomeState.SUCCEEDED:
        more.setdefault("amount", Money(1280, "CNY"))
    return Outcome(state=state, order_number="att_1", **more)


def apply(payment: Payment, attempt: Attempt, outcome: Outcome, *, now: datetime = NOW) -> Change:
    change = rules.apply_outcome(payment, attempt, outcome, now=now, pauses=PAUSES, action_seconds=7_200)
    assert isinstance(change, Change)
    return change


def capabilities(**more: Any) -> Capabilities:
    particulars: dict[str, Any] = {
        "method": "tea",
        "operations": frozenset({Operation.PAY, Operation.CLOSE, Operation.CANCEL}),
        "products": frozenset({Product.CODE}),
        "amounts": {"CNY": AmountRange(1, 10**9)},
        "security": Security(requests="", answers="", notices="", notice_window_seconds=300),
    }
    return Capabilities(**particulars | more)


SITUATIONS: dict[str, Payment] = {
    "open": payment(),
    "being canceled": payment(closing_as=PaymentState.CANCELED),
    "being expired": payment(closing_as=PaymentState.EXPIRED),
    "past its time": payment(expires_at=NOW - timedelta(seconds=1)),
    "canceled": payment(PaymentState.CANCELED),
    "expired": payment(PaymentState.EXPIRED),
    "failed": payment(PaymentState.FAILED),
    "captured": payment(PaymentState.CAPTURED),
}
ENDED = {"canceled", "expired", "failed", "captured"}
CLOSING = {"being canceled", "being expired"}


def expected_attempt(before: AttemptState, told: OutcomeState, situation: str) -> AttemptState:
    """The table at the top of `rules.py`, written a second time."""
    if before is AttemptState.SUCCEEDED or told is OutcomeState.SUCCEEDED:
        return AttemptState.SUCCEEDED
    if before in (AttemptState.FAILED, AttemptState.CLOSED):
        return before
    closing = situation in CLOSING
    keeps_waiting = before is AttemptState.WAITING and not closing
    return {
        OutcomeState.WAITING: AttemptState.UNKNOWN if closing else AttemptState.WAITING,
        OutcomeState.FAILED: AttemptState.WAITING if keeps_waiting else AttemptState.UNKNOWN,
        OutcomeState.CLOSED: AttemptState.CLOSED,
        OutcomeState.ABSENT: AttemptState.CLOSED
        if closing or situation in ENDED
        else AttemptState.WAITING
        if keeps_waiting
        else AttemptState.UNKNOWN,
        OutcomeState.UNKNOWN: AttemptState.WAITING if keeps_waiting else AttemptState.UNKNOWN,
        OutcomeState.AUTHORISED: AttemptState.WAITING if keeps_waiting else AttemptState.UNKNOWN,
    }[told]


def expected_payment(before: AttemptState, told: OutcomeState, situation: str) -> PaymentState:
    stays = SITUATIONS[situation].state
    if situation in ENDED or before is AttemptState.SUCCEEDED:
        return stays
    if told is OutcomeState.SUCCEEDED:
        return PaymentState.CAPTURED
    if before in (AttemptState.FAILED, AttemptState.CLOSED):
        return stays
    ended_unpaid = told is OutcomeState.CLOSED
    if situation in CLOSING and (ended_unpaid or told is OutcomeState.ABSENT):
        return PaymentState.CANCELED if situation == "being canceled" else PaymentState.EXPIRED
    if ended_unpaid:
        return PaymentState.EXPIRED if situation == "past its time" else PaymentState.CREATED
    return stays


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("told", OutcomeState)
@pytest.mark.parametrize("before", AttemptState)
def test_every_cell_of_the_table_is_as_it_is_written(
    before: AttemptState, told: OutcomeState, situation: str
) -> None:
    was = SITUATIONS[situation]

    change = apply(was, attempt(before), outcome(told))

    assert change.attempt.state is expected_attempt(before, told, situation)
    assert change.payment.state is expected_payment(before, told, situation)
    news = change.attempt.state is AttemptState.SUCCEEDED and before is not AttemptState.SUCCEEDED
    if situation in ENDED:
        assert change.payment == was, "an end never changes again"
        assert (change.consequence is Consequence.SURPLUS) is news
    else:
        assert (change.consequence is Consequence.CAPTURED) is news
        assert (change.consequence is Consequence.ENDED) is (change.payment.ended and not news)
    still_asks = change.attempt.next_inquiry_at is not None
    closed_unscanned = told is OutcomeState.ABSENT and change.attempt.state is AttemptState.CLOSED
    looks_again = closed_unscanned and before is not AttemptState.CLOSED
    assert still_asks is (change.attempt.live or looks_again), (
        "what is live is followed up, what ended is not"
    )
    assert (change.attempt.ended_at is not None) is not change.attempt.live
    assert (change.payment.ended_at is not None) is change.payment.ended


def test_a_success_captures_the_whole_amount_and_takes_the_fee() -> None:
    change = apply(payment(closing_as=PaymentState.CANCELED), attempt(), outcome(OutcomeState.SUCCEEDED))

    assert change.payment.captured_by == "att_1"
    assert change.payment.captured_minor == 1280
    assert change.payment.fee_minor == 8
    assert change.payment.closing_as is None
    assert change.payment.ended_at == NOW


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (PaymentState.CAPTURED, RefundReason.SECOND_SUCCESS),
        (PaymentState.CANCELED, RefundReason.LATE_SUCCESS),
        (PaymentState.EXPIRED, RefundReason.LATE_SUCCESS),
        (PaymentState.FAILED, RefundReason.LATE_SUCCESS),
    ],
)
def test_money_that_comes_late_or_twice_is_a_surplus_with_its_reason(
    state: PaymentState, reason: RefundReason
) -> None:
    for before in (AttemptState.WAITING, AttemptState.UNKNOWN, AttemptState.FAILED, AttemptState.CLOSED):
        change = apply(payment(state), attempt(before), outcome(OutcomeState.SUCCEEDED))
        assert (change.consequence, change.surplus_reason) == (Consequence.SURPLUS, reason)


@pytest.mark.parametrize("amount", [Money(1279, "CNY"), Money(1280, "USD"), Money(-1280, "CNY")])
@pytest.mark.parametrize("told", OutcomeState)
def test_an_outcome_over_another_amount_changes_nothing(told: OutcomeState, amount: Money) -> None:
    refusal = rules.apply_outcome(
        payment(), attempt(), outcome(told, amount=amount), now=NOW, pauses=PAUSES, action_seconds=60
    )

    assert isinstance(refusal, OutcomeMismatch)
    assert refusal.field == "amount"


@pytest.mark.parametrize(("situation", "state"), [("open", "created"), ("being canceled", "canceled")])
def test_a_refused_first_code_ends_the_attempt(situation: str, state: str) -> None:
    """Later refusals do not: a code is out by then, and a payer may be scanning it."""
    change = apply(
        SITUATIONS[situation], attempt(AttemptState.CREATED, action=None), outcome(OutcomeState.FAILED)
    )
    assert (change.attempt.state, change.payment.state) == (AttemptState.FAILED, state)


def test_an_older_answer_does_not_cancel_the_last_look() -> None:
    closed = apply(payment(closing_as=PaymentState.CANCELED), attempt(), outcome(OutcomeState.ABSENT))
    again = apply(closed.payment, closed.attempt, outcome(OutcomeState.ABSENT))
    assert again.attempt.next_inquiry_at == LATER + timedelta(seconds=rules.LAST_LOOK_SECONDS)


def test_a_channel_is_refused_what_it_does_not_take() -> None:
    can = capabilities(amounts={"CNY": AmountRange(100, 1_000)})
    assert rules.why_not_offered(payment(amount_minor=1_000), "tea", can, Product.CODE) is None
    for wrong in ({"currency": "USD", "amount_minor": 500}, {"amount_minor": 99}, {"amount_minor": 1_001}):
        assert isinstance(rules.why_not_offered(payment(**wrong), "tea", can, Product.CODE), ChannelNotSuited)
    not_on_pages = rules.why_not_offered(payment(amount_minor=500), "tea", can, Product.PAGE)
    assert isinstance(not_on_pages, ChannelNotSuited)


def test_a_success_that_names_no_amount_changes_nothing() -> None:
    told = outcome(OutcomeState.SUCCEEDED, amount=None)
    refusal = rules.apply_outcome(payment(), attempt(), told, now=NOW, pauses=PAUSES, action_seconds=7_200)
    assert isinstance(refusal, OutcomeMismatch)


def test_the_channels_number_and_code_are_kept_and_never_forgotten() -> None:
    first = apply(payment(), attempt(), outcome(OutcomeState.WAITING, channel_reference="2026", code="10000"))
    second = apply(first.payment, first.attempt, outcome(OutcomeState.UNKNOWN))

    assert (second.attempt.channel_reference, second.attempt.channel_code) == ("2026", "10000")


def test_pauses_between_inquiries_grow_and_the_last_one_repeats() -> None:
    story = payment(PaymentState.REQUIRES_ACTION, expires_at=NOW + timedelta(days=1))
    current = attempt(AttemptState.CREATED)
    pauses = []
    for _ in range(6):
        current = apply(story, current, outcome(OutcomeState.UNKNOWN)).attempt
        assert current.next_inquiry_at is not None
        pauses.append((current.next_inquiry_at - NOW).total_seconds())

    assert pauses == [2, 3, 5, 900, 900, 900]


def test_a_code_that_waits_for_its_payer_is_asked_about_less_and_less_often() -> None:
    current = attempt(AttemptState.CREATED, action=None)
    pauses = []
    for told in (
        outcome(OutcomeState.WAITING, action=ShowCode(code_url="https://qr.example/2")),
        *[outcome(OutcomeState.WAITING)] * 3,
    ):
        current = apply(payment(), current, told).attempt
        assert current.next_inquiry_at is not None
        pauses.append((current.next_inquiry_at - NOW).total_seconds())

    assert pauses == [10, 20, 300, 300]


def test_no_inquiry_waits_beyond_the_end_of_the_time_to_pay() -> None:
    soon = NOW + timedelta(seconds=7)

    assert rules.inquire_at(2, PAUSES.waiting, NOW, not_after=soon) == soon
    assert rules.inquire_at(0, [5], NOW, not_after=soon) == NOW + timedelta(seconds=5)
    assert rules.inquire_at(0, [5], soon, not_after=soon) == soon + timedelta(seconds=5)
    assert rules.inquire_at(0, [5], NOW) == NOW + timedelta(seconds=5)


def test_a_new_code_starts_the_pauses_anew_and_lives_as_long_as_the_channel_says() -> None:
    change = apply(
        payment(),
        attempt(inquiries=5),
        outcome(OutcomeState.WAITING, action=ShowCode(code_url="https://qr.example/new")),
    )

    assert change.attempt.code_url == "https://qr.example/new"
    assert change.attempt.action_expires_at == NOW + timedelta(seconds=7_200)
    assert change.attempt.inquiries == 0


def test_what_is_asked_next_depends_on_whether_anybody_should_still_pay() -> None:
    assert rules.question_about(payment(), attempt(), NOW) is Question.INQUIRE
    assert rules.question_about(payment(), attempt(action=None), NOW) is Question.PAY
    assert rules.question_about(payment(), attempt(action_expires_at=NOW), NOW) is Question.INQUIRE
    assert rules.question_about(payment(), attempt(action=None), NOW) is Question.PAY
    assert rules.question_about(payment(), attempt(), LATER) is Question.CLOSE
    assert rules.question_about(payment(closing_as=PaymentState.CANCELED), attempt(), NOW) is Question.CLOSE
    for ended in ENDS:
        assert rules.question_about(payment(ended), attempt(), NOW) is Question.CLOSE


def test_a_code_that_was_closed_unscanned_is_looked_at_once_more_after_the_time_to_pay() -> None:
    closed = apply(payment(closing_as=PaymentState.CANCELED), attempt(), outcome(OutcomeState.ABSENT))
    assert closed.payment.state is PaymentState.CANCELED
    last_look_at = closed.attempt.next_inquiry_at
    assert last_look_at == LATER + timedelta(seconds=rules.LAST_LOOK_SECONDS)
    assert rules.question_about(closed.payment, closed.attempt, last_look_at) is Question.INQUIRE

    unsure = apply(closed.payment, closed.attempt, outcome(OutcomeState.UNKNOWN), now=last_look_at)
    assert unsure.attempt.next_inquiry_at == last_look_at + timedelta(seconds=PAUSES.unknown[0])
    never_paid = apply(closed.payment, unsure.attempt, outcome(OutcomeState.ABSENT), now=last_look_at)
    assert never_paid.attempt.next_inquiry_at is None
    paid = apply(closed.payment, unsure.attempt, outcome(OutcomeState.SUCCEEDED), now=last_look_at)
    assert (paid.consequence, paid.surplus_reason) == (Consequence.SURPLUS, RefundReason.LATE_SUCCESS)


def test_a_payment_is_startable_only_while_somebody_may_pay() -> None:
    assert rules.why_not_startable(payment(), NOW) is None
    assert isinstance(rules.why_not_startable(payment(), LATER), PaymentEnded)
    assert isinstance(rules.why_not_startable(payment(closing_as=PaymentState.CANCELED), NOW), PaymentClosing)
    for ended in ENDS:
        assert isinstance(rules.why_not_startable(payment(ended), NOW), PaymentEnded)


def test_only_a_paid_payment_cannot_be_closed() -> None:
    for state in PaymentState:
        refusal = rules.why_not_closable(payment(state))
        assert isinstance(refusal, AlreadyCaptured) is (state is PaymentState.CAPTURED)


@pytest.mark.parametrize("amount", [0, -1, 1281, 10**18])
def test_no_more_than_was_captured_is_refunded(amount: int) -> None:
    refusal = rules.why_not_refundable(payment(PaymentState.CAPTURED), amount)

    assert isinstance(refusal, RefundExceedsCaptured)
    assert refusal.facts == {"refundable_minor": 1280, "currency": "CNY"}


def test_what_is_on_its_way_back_cannot_be_refunded_again() -> None:
    partly = payment(PaymentState.CAPTURED, refunded_minor=1000, refunding_minor=200)

    assert rules.why_not_refundable(partly, 80) is None
    assert isinstance(rules.why_not_refundable(partly, 81), RefundExceedsCaptured)
    for state in PaymentState:
        if state is not PaymentState.CAPTURED:
            assert isinstance(rules.why_not_refundable(payment(state), 1), NotCaptured)


@pytest.mark.parametrize(
    ("amount", "currency", "exponent", "seconds", "field"),
    [
        (0, "CNY", None, 900, "amount_minor"),
        (-1, "CNY", None, 900, "amount_minor"),
        (10**14 + 1, "CNY", None, 900, "amount_minor"),
        (1280, "CNY", 0, 900, "exponent"),
        (1280, "JPY", 2, 900, "exponent"),
        (1280, "KWD", 2, 900, "exponent"),
        (1280, "CNY", None, 59, "expires_in_seconds"),
        (1280, "CNY", None, 86_401, "expires_in_seconds"),
    ],
)
def test_s22_a_payment_with_wrong_particulars_is_refused_by_field(
    amount: int, currency: str, exponent: int | None, seconds: int, field: str
) -> None:
    refusal = rules.why_not_payable(amount, currency, exponent, seconds)

    assert isinstance(refusal, PaymentMalformed)
    assert refusal.field == field


def test_a_payment_with_right_particulars_is_not_refused() -> None:
    assert rules.why_not_payable(1280, "CNY", 2, 60) is None
    assert rules.why_not_payable(10**14, "JPY", 0, 86_400) is None
    with pytest.raises(Malformed):
        rules.why_not_payable(1280, "RMB", None, 900)


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


def test_the_table_above_knows_every_state_that_there_is() -> None:
    """A state that is added somewhere has to be thought through here."""
    assert len(AttemptState) == 6
    assert len(OutcomeState) == 7
    assert len(PaymentState) == 8


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
