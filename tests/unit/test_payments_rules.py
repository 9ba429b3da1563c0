"""What does every outcome do to every attempt of every payment? The whole table, cell by cell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tael.channels.port import (
    AmountRange,
    Capabilities,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Security,
    ShowCode,
)
from tael.foundation.money import Money
from tael.payments import rules
from tael.payments.errors import (
    AlreadyCaptured,
    ChannelNotSuited,
    OutcomeMismatch,
    PaymentClosing,
    PaymentEnded,
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
    live = state not in (AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.CLOSED)
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
    ended = before in (AttemptState.FAILED, AttemptState.CLOSED)
    if told is OutcomeState.AUTHORISED and (ended or situation in CLOSING | ENDED):
        return AttemptState.AUTHORISED  # nobody needs what is held: it is released
    if before is AttemptState.AUTHORISED:
        released = told in (OutcomeState.FAILED, OutcomeState.CLOSED)
        return AttemptState.CLOSED if released else AttemptState.AUTHORISED
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
    if before is AttemptState.AUTHORISED:
        ended_unpaid = told in (OutcomeState.FAILED, OutcomeState.CLOSED)
        if not ended_unpaid:
            return stays
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
    to_be_released = before is AttemptState.AUTHORISED

    change = apply(was, attempt(before, abandoned=to_be_released), outcome(told))

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


def test_the_table_above_knows_every_state_that_there_is() -> None:
    """A state that is added somewhere has to be thought through here."""
    assert len(AttemptState) == 7
    assert len(OutcomeState) == 7
    assert len(PaymentState) == 8
