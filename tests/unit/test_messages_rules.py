"""Is every message fit to be sent, does it go when it should, and is nothing sent twice that might have arrived?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from tael.foundation.money import Money
from tael.messages.errors import AnswersMalformed, CannotBeSwitchedOff, MessageMalformed, PreferencesMalformed
from tael.messages.model import CAN_BE_OFF, DeliveryState, Language, Preferences, Shown, Urgency, Value, Way
from tael.messages.model.carrier import Heard, Outcome
from tael.messages.rules import quizzes, timing, tips
from tael.messages.rules.retries import PAUSES, Due, Manners, Move, move_for, step_after
from tael.messages.rules.templates import (
    SIGNATURES,
    check_values,
    decoded,
    encoded,
    rendered,
    template_of,
    templates,
    wrong_with,
)
from tael.messages.rules.wording import money_text, plain_text, time_text

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)
"""Half past eleven at night in China."""
GATEWAY = Manners(repeats_safely=True, answers_inquiries=True)
PUSH = Manners(repeats_safely=True, answers_inquiries=False)
MAIL = Manners(repeats_safely=False, answers_inquiries=False)


def due(
    state: DeliveryState = DeliveryState.QUEUED, *, begun: int = 1, tries: int = 0, **more: object
) -> Due:
    fields = {"urgency": Urgency.CODE, "expires_at": NOON + timedelta(minutes=5), "since": NOON}
    return Due(state=state, begun=begun, tries=tries, **(fields | more))  # type: ignore[arg-type]


# What messages say.


@pytest.mark.parametrize("name", sorted(templates()))
def test_every_template_fits_together_in_both_languages(name: str) -> None:
    template = templates()[name]
    assert wrong_with(template) == []
    assert set(template.words) == set(Language)
    assert all(words.title and words.text for words in template.words.values())


def test_a_text_message_carries_our_name_and_what_it_was_told() -> None:
    template = template_of("code_confirm_payment")
    values: dict[str, Value] = {"code": "314159", "amount": Money(1_234_500, "CNY"), "payee": "王*"}
    said = rendered(template, values, Language.CHINESE).short
    assert said.startswith(SIGNATURES[Language.CHINESE])
    assert "¥12,345.00" in said
    assert "314159" in said
    assert decoded(template, encoded(values)) == values


def test_values_that_do_not_fit_their_template_are_refused() -> None:
    template = template_of("money_received")
    fits: dict[str, Value] = {"amount": Money(1, "CNY"), "payer": "王*", "at": NOON}
    check_values(template, fits)
    broken_ones: tuple[dict[str, Value], ...] = (
        {**fits, "more": "x"},
        {"amount": Money(1, "CNY")},
        {**fits, "amount": "1.00"},
        {**fits, "at": "now"},
    )
    for broken in broken_ones:
        with pytest.raises(MessageMalformed):
            check_values(template, broken)


def test_somebody_elses_words_bring_no_link_and_no_line_into_our_message() -> None:
    said = plain_text("my phone\nVisit https://evil.example/pay or www.evil.com now " + "x" * 100)
    assert "\n" not in said
    assert "://" not in said
    assert "evil.com" not in said
    assert len(said) == 60
    braces = rendered(template_of("card_unbound"), {"card": "{at}{code}", "at": NOON}, Language.ENGLISH)
    assert "{at}{code}" in braces.text


def test_money_and_times_are_written_for_their_reader() -> None:
    assert [money_text(Money(minor, "CNY")) for minor in (0, 5, 123_456_789, -1_200)] == [
        "¥0.00",
        "¥0.05",
        "¥1,234,567.89",
        "-¥12.00",
    ]
    assert money_text(Money(1_234, "CHF")) == "12.34 CHF"
    assert time_text(NIGHT + timedelta(hours=1), Language.CHINESE) == "3月2日 00:30"
    assert time_text(NIGHT, Language.ENGLISH) == "1 Mar 23:30"


# When they go.


@pytest.mark.parametrize("urgency", [Urgency.CODE, Urgency.SECURITY])
def test_codes_and_security_go_at_once_and_cannot_be_switched_off(urgency: Urgency) -> None:
    everything_off = Preferences(off=CAN_BE_OFF, money_at_night=False)
    assert timing.goes_at(urgency, everything_off, NIGHT) == NIGHT
    assert timing.ways_wanted(urgency, [Way.SMS, Way.PUSH], everything_off) == [Way.SMS, Way.PUSH]
    with pytest.raises(CannotBeSwitchedOff):
        timing.check_off([f"{urgency}:sms"])
    with pytest.raises(CannotBeSwitchedOff):
        timing.check_off(["education:in_app"])


@pytest.mark.parametrize(
    ("here", "goes"),
    [
        ((21, 59), None),
        ((22, 0), (8, 0)),
        ((23, 30), (8, 0)),
        ((0, 0), (8, 0)),
        ((7, 59), (8, 0)),
        ((8, 0), None),
    ],
)
def test_what_would_come_by_night_waits_for_the_morning(
    here: tuple[int, int], goes: tuple[int, int] | None
) -> None:
    from_china = timedelta(hours=8)
    now = datetime(2026, 3, 2, *here, tzinfo=UTC) - from_china
    moment = timing.goes_at(Urgency.SERVICE, Preferences(), now)
    if goes is None:
        assert moment == now
    else:
        assert now < moment <= now + timedelta(hours=10)
        assert ((moment + from_china).hour, (moment + from_china).minute) == goes


def test_what_waited_for_the_morning_is_worth_as_much_from_then_on() -> None:
    morning = timing.goes_at(Urgency.SERVICE, Preferences(), NIGHT)
    expires = timing.expires_at(Urgency.SERVICE, posted_at=NIGHT, goes=morning)
    assert expires - morning == timing.WORTH[Urgency.SERVICE]


def test_nobody_can_make_the_whole_day_quiet() -> None:
    timing.check_preferences(Preferences(quiet_from=0, quiet_until=0))
    timing.check_preferences(Preferences(quiet_from=22 * 60, quiet_until=10 * 60))
    with pytest.raises(PreferencesMalformed):
        timing.check_preferences(Preferences(quiet_from=8 * 60, quiet_until=7 * 60))
    with pytest.raises(PreferencesMalformed):
        timing.check_preferences(Preferences(off=frozenset({"money:pigeon"})))


# What follows from what a carrier said.


@pytest.mark.parametrize(
    ("delivery", "manners", "move"),
    [
        (due(), GATEWAY, Move.SEND),
        (due(DeliveryState.UNKNOWN, tries=1, begun=2), GATEWAY, Move.ASK),
        (due(DeliveryState.UNKNOWN, tries=1, begun=2), PUSH, Move.SEND),
        (due(DeliveryState.UNKNOWN, tries=1, begun=2), MAIL, Move.LEAVE),
        (due(begun=2), GATEWAY, Move.ASK),
        (due(begun=2), MAIL, Move.LEAVE),
        (due(DeliveryState.SENT, tries=1, begun=2), GATEWAY, Move.ASK),
        (due(expires_at=NOON), GATEWAY, Move.EXPIRE),
        (due(begun=2, expires_at=NOON), GATEWAY, Move.ASK),
        (due(begun=2, expires_at=NOON), PUSH, Move.LEAVE),
    ],
)
def test_what_might_have_arrived_is_asked_about_and_never_sent_blindly(
    delivery: Due, manners: Manners, move: Move
) -> None:
    assert move_for(delivery, manners, NOON) is move


def test_silence_of_a_mail_server_ends_it_and_that_of_a_gateway_does_not() -> None:
    silence = Heard(outcome=Outcome.UNKNOWN, error="timeout")
    left = step_after(due(), MAIL, silence, asked=False, now=NOON)
    assert (left.state, left.next_at) == (DeliveryState.UNKNOWN, None)
    asked_later = step_after(due(), GATEWAY, silence, asked=False, now=NOON)
    assert asked_later.state is DeliveryState.UNKNOWN
    assert asked_later.next_at is not None


def test_what_was_not_taken_is_tried_with_pauses_until_it_is_worth_nothing() -> None:
    busy = Heard(outcome=Outcome.NOT_TAKEN, error="status_503")
    now, tries = NOON, 0
    while (step := step_after(due(tries=tries), GATEWAY, busy, asked=False, now=now)).next_at is not None:
        assert step.state is DeliveryState.QUEUED
        assert step.next_at - now == timedelta(seconds=PAUSES[True][tries])
        now, tries = step.next_at, tries + 1
    assert step.state is DeliveryState.FAILED
    assert now < NOON + timedelta(minutes=5)


def test_a_code_that_its_gateway_lost_is_not_sent_again_and_other_news_is() -> None:
    lost = Heard(outcome=Outcome.NOT_TAKEN)
    sent = due(DeliveryState.SENT, begun=2, tries=1)
    assert step_after(sent, GATEWAY, lost, asked=True, now=NOON).state is DeliveryState.FAILED
    news = due(DeliveryState.SENT, begun=2, tries=1, urgency=Urgency.MONEY)
    assert step_after(news, GATEWAY, lost, asked=True, now=NOON).state is DeliveryState.QUEUED


def test_a_gateway_is_asked_less_and_less_often_and_then_no_more() -> None:
    sent, now, inquiries = Heard(outcome=Outcome.SENT), NOON, 0
    delivery = due(DeliveryState.SENT, begun=2, tries=1)
    while (step := step_after(delivery, GATEWAY, sent, asked=True, now=now)).next_at is not None:
        now, inquiries = step.next_at, inquiries + 1
    assert inquiries < 20
    assert now - NOON >= timedelta(days=3)


# What people are taught.


def test_every_tip_of_a_moment_or_a_day_exists_in_both_languages() -> None:
    named = {tip for moment in tips.moments().values() for tip in moment.tips}
    named |= {line.tip for line in tips.calendar()}
    assert named <= set(tips.tips())
    for language in Language:
        assert len(tips.all_tips(language)) == len(tips.tips())
    assert set(tips.moments()) == {
        "first_transfer_to_stranger",
        "large_amount",
        "new_device",
        "payment_code_shown",
        "unusual_act",
    }


def test_the_tip_is_another_one_each_time_and_none_where_one_was_read_lately() -> None:
    moment = tips.moment_of("new_device")
    first = tips.advice_for(moment, [], NOON)
    assert first is not None
    unread = Shown(tip=first, shown_at=NOON, read_at=None)
    assert tips.advice_for(moment, [unread], NOON) not in (None, first)
    read = Shown(tip=first, shown_at=NOON, read_at=NOON)
    assert tips.advice_for(moment, [read], NOON + timedelta(hours=23)) is None
    assert tips.advice_for(moment, [read], NOON + timedelta(hours=24)) is not None


def test_the_calendar_knows_days_of_every_year_of_every_month_and_festivals_of_the_moon() -> None:
    assert [line.tip for line in tips.due_on(date(2031, 4, 15))] == ["national_security"]
    assert [line.tip for line in tips.due_on(date(2027, 2, 4))] == ["festival_red_packets"]
    assert tips.due_on(date(2028, 2, 4)) == []
    assert all(
        "code_is_a_key" in {line.tip for line in tips.due_on(date(2027, month, 18))} for month in range(1, 13)
    )


def test_the_bank_has_enough_questions_and_the_same_options_in_both_languages() -> None:
    assert len(quizzes.bank()) >= 15
    for item in quizzes.bank().values():
        assert len(item.zh.options) == len(item.en.options) >= 3
        assert 0 <= item.right < len(item.zh.options)
    assert not set(list(quizzes.bank())[:3]) & set(quizzes.fit_to_ask(list(quizzes.bank())[:3]))


def test_two_right_answers_of_three_pass() -> None:
    names = list(quizzes.bank())[:3]
    right = quizzes.right_answers(names)
    wrong = [(answer + 1) % 3 for answer in right]
    assert quizzes.passes(quizzes.score_of(names, [*right[:2], wrong[2]]))
    assert not quizzes.passes(quizzes.score_of(names, [right[0], *wrong[1:]]))
    for answers in ([0, 0], [0, 0, 9], [0, 0, 0, 0]):
        with pytest.raises(AnswersMalformed):
            quizzes.score_of(names, answers)
