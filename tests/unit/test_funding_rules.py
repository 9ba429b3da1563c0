"""What can happen to top-ups and withdrawals, what do they cost, and how much is allowed?"""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.app.funding_told import post_about
from tael.foundation.dated_rules import shipped_rules
from tael.foundation.money import Money
from tael.funding import events, postings, rules
from tael.funding.errors import CardNotBound, FundingLimit, FundingMalformed, QuoteOver
from tael.funding.events import CardFact, MoneyFact
from tael.funding.model import (
    BankCard,
    CardState,
    FundingTerms,
    Quote,
    SoFar,
    TopUp,
    TopUpRefund,
    TopUpRefundState,
    TopUpState,
    Withdrawal,
    WithdrawalState,
)
from tael.funding.rules import NoSuchMove, RefundEvent, TopUpEvent, WithdrawalEvent
from tael.identity.model import Strength

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
[SHIPPED] = [each for each in shipped_rules("funding").versions if each.name == "funding.terms"]
TERMS = msgspec.convert(SHIPPED.value, FundingTerms)
COSTS = TERMS.currencies["CNY"].withdrawal


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


def top_up(state: TopUpState = TopUpState.WAITING, **more: Any) -> TopUp:
    made = TopUp(
        id="top_1",
        user_id="usr_1",
        amount_minor=10_000,
        currency="CNY",
        method="card",
        bank_card_id=None,
        payment_id="pay_1",
        state=state,
        fee_minor=0,
        refunded_minor=0,
        reason="",
        created_at=NOW,
        ended_at=None if state is TopUpState.WAITING else NOW,
    )
    return msgspec.structs.replace(made, **more)


def refund(state: TopUpRefundState = TopUpRefundState.PROCESSING, **more: Any) -> TopUpRefund:
    made = TopUpRefund(
        id="tpr_1",
        top_up_id="top_1",
        user_id="usr_1",
        amount_minor=4_000,
        currency="CNY",
        refund_id="rfd_1",
        state=state,
        strength=Strength.NONE,
        reason="",
        created_at=NOW,
        sent_at=None,
        ended_at=None if state is TopUpRefundState.PROCESSING else NOW,
    )
    return msgspec.structs.replace(made, **more)


def withdrawal(state: WithdrawalState = WithdrawalState.PROCESSING, **more: Any) -> Withdrawal:
    made = Withdrawal(
        id="wdr_1",
        user_id="usr_1",
        bank_card_id="bcd_1",
        quote_id="wdq_1",
        payout_id="pyo_1",
        amount_minor=10_000,
        fee_minor=10,
        currency="CNY",
        state=state,
        strength=Strength.NONE,
        reason="",
        created_at=NOW,
        arrives_by=NOW,
        ended_at=None if state is WithdrawalState.PROCESSING else NOW,
    )
    return msgspec.structs.replace(made, **more)


def quote(**more: Any) -> Quote:
    made = Quote(
        id="wdq_1",
        user_id="usr_1",
        bank_card_id="bcd_1",
        amount_minor=10_000,
        fee_minor=10,
        currency="CNY",
        arrives_seconds=7200,
        made_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
    )
    return msgspec.structs.replace(made, **more)


TOP_UPS: Mapping[str, Mapping[str, str]] = {"waiting": {"captured": "credited", "ended": "failed"}}
REFUNDS: Mapping[str, Mapping[str, str]] = {
    "processing": {"done": "succeeded", "refused": "failed"},
    "succeeded": {"refused": "failed"},
}
WITHDRAWALS: Mapping[str, Mapping[str, str]] = {
    "processing": {"arrived": "succeeded", "refused": "failed"},
    "succeeded": {"came_back": "returned"},
}
CELLS = [
    *((top_up(state), event, TOP_UPS) for state in TopUpState for event in TopUpEvent),
    *((refund(state), event, REFUNDS) for state in TopUpRefundState for event in RefundEvent),
    *((withdrawal(state), event, WITHDRAWALS) for state in WithdrawalState for event in WithdrawalEvent),
]


@pytest.mark.parametrize(("before", "event", "written"), CELLS)
def test_every_state_and_every_event_lead_where_it_is_written(
    before: Any, event: Any, written: Mapping[str, Mapping[str, str]]
) -> None:
    following = written.get(before.state, {}).get(event)
    assert rules.may(before, event) is (following is not None)
    if following is None:
        with pytest.raises(NoSuchMove):
            rules.move(before, event)
    else:
        assert rules.move(before, event).state == following


@pytest.mark.parametrize(
    ("minor", "fee"), [(100, 10), (10_000, 10), (10_500, 11), (20_000, 20), (5_000_000, 2_500)]
)
def test_a_fee_is_a_share_between_its_smallest_and_its_largest(minor: int, fee: int) -> None:
    assert rules.fee_of(yuan(minor), COSTS) == yuan(fee)


@given(st.integers(100, 5_000_000))
def test_a_fee_never_takes_all_and_never_falls_with_the_amount(minor: int) -> None:
    fee, more = rules.fee_of(yuan(minor), COSTS), rules.fee_of(yuan(minor + 1), COSTS)
    assert 0 <= fee.minor < minor
    assert fee.minor <= more.minor


def test_limits_of_one_act_and_of_the_day_are_told_apart() -> None:
    why = rules.why_not_withdrawn
    assert why(yuan(10_000), SoFar(), TERMS) is None
    assert isinstance(why(yuan(99), SoFar(), TERMS), FundingMalformed)
    assert isinstance(why(Money(10_000, "USD"), SoFar(), TERMS), FundingMalformed)
    assert isinstance(why(yuan(5_000_001), SoFar(), TERMS), FundingLimit)
    exactly = SoFar(minor=COSTS.day_minor - 10_000, count=1)
    assert why(yuan(10_000), exactly, TERMS) is None
    refused = why(yuan(10_001), exactly, TERMS)
    assert isinstance(refused, FundingLimit)
    assert refused.facts["left_minor"] == 10_000
    assert isinstance(why(yuan(100), SoFar(0, COSTS.day_count), TERMS), FundingLimit)
    whole_fee = msgspec.structs.replace(COSTS, fee_smallest_minor=100)
    dear = msgspec.structs.replace(
        TERMS,
        currencies={"CNY": msgspec.structs.replace(TERMS.currencies["CNY"], withdrawal=whole_fee)},
    )
    assert isinstance(why(yuan(100), SoFar(), dear), FundingMalformed)
    assert rules.why_not_topped_up(yuan(100), SoFar(), TERMS) is None
    assert isinstance(rules.why_not_topped_up(yuan(1), SoFar(), TERMS), FundingMalformed)


def test_a_day_begins_at_midnight_in_china() -> None:
    before = datetime(2026, 5, 1, 15, 59, 59, tzinfo=UTC)
    assert rules.start_of_day(before) == datetime(2026, 4, 30, 16, 0, tzinfo=UTC)
    assert rules.start_of_day(before + timedelta(seconds=1)) == datetime(2026, 5, 1, 16, 0, tzinfo=UTC)


def test_a_quote_holds_for_some_minutes_and_for_one_withdrawal() -> None:
    assert rules.why_quote_over(quote(), NOW) is None
    assert isinstance(rules.why_quote_over(quote(), NOW + timedelta(minutes=10)), QuoteOver)
    assert isinstance(rules.why_quote_over(quote(used_by="wdr_1"), NOW), QuoteOver)


@pytest.mark.parametrize(
    "other", [{"amount_minor": 10_001}, {"fee_minor": 11}, {"bank_card_id": "bcd_2"}, {"currency": "USD"}]
)
def test_what_is_confirmed_for_one_withdrawal_serves_no_other(other: dict[str, Any]) -> None:
    confirmed = rules.about_of(quote(), "622202******0018")
    assert confirmed == rules.about_of(quote(used_by="wdr_1"), "622202******0018")
    assert confirmed != rules.about_of(quote(**other), "622202******0018")
    assert confirmed != rules.about_of(quote(), "622202******0019")


@pytest.mark.parametrize("state", CardState)
def test_money_comes_from_and_goes_to_bound_cards_alone(state: CardState) -> None:
    card = BankCard(
        id="bcd_1",
        user_id="usr_1",
        token="tok_1",
        fingerprint="f",
        brand="b",
        issuer=rules.issuer_of("622202"),
        first6="622202",
        last4="0018",
        phone_shown="",
        state=state,
        check_id="chk_1",
        reason="",
        is_default=False,
        created_at=NOW,
        bound_at=None,
        ended_at=None,
    )
    refusal = rules.why_card_not_usable(card)
    assert refusal is None if state is CardState.BOUND else isinstance(refusal, CardNotBound)
    assert (card.shown, card.issuer, rules.issuer_of("400000")) == ("622202******0018", "ICBC", "")


@given(amount=st.integers(2, 10**9), fee=st.integers(0, 10**6))
def test_every_entry_is_balanced_whatever_the_amounts(amount: int, fee: int) -> None:
    fee = min(fee, amount - 1)
    made = [
        postings.topped_up(top_up(amount_minor=amount), yuan(amount - fee)),
        postings.refund_reserved(refund(amount_minor=amount)),
        postings.refund_given_back(refund(amount_minor=amount), kept=yuan(fee)),
        postings.refund_fee_returned(refund(amount_minor=amount, fee_returned_minor=fee)),
        *(
            entry(withdrawal(state, amount_minor=amount, fee_minor=fee))
            for state in WithdrawalState
            for entry in (postings.reserved, postings.fee_earned, postings.given_back)
        ),
    ]
    for entry in made:
        assert sum(line.amount_minor for line in entry.postings) == 0, entry


@pytest.mark.parametrize(
    "ends", [WithdrawalState.SUCCEEDED, WithdrawalState.FAILED, WithdrawalState.RETURNED]
)
def test_a_withdrawal_leaves_nothing_reserved_however_it_ends(ends: WithdrawalState) -> None:
    """With the payout's own entries: gone out of what was reserved, and back into it."""
    reserved = postings.withdrawing("usr_1", "CNY").code
    done = withdrawal(ends)
    entries = [postings.reserved(done)]
    arriving = done.arriving.minor
    left = -sum(line.amount_minor for each in entries for line in each.postings if line.code == reserved)
    if ends is not WithdrawalState.FAILED:
        left -= arriving
        entries.append(postings.fee_earned(done))
        left -= done.fee_minor
    if ends is WithdrawalState.RETURNED:
        left += arriving
    if ends is not WithdrawalState.SUCCEEDED:
        back = postings.given_back(done)
        left -= sum(line.amount_minor for line in back.postings if line.code == reserved)
        wallet = postings.wallet("usr_1", "CNY").code
        assert [line.amount_minor for line in back.postings if line.code == wallet] == [-10_000]
    assert left == 0


def facts() -> list[CardFact | MoneyFact]:
    """One of each that a user is told."""
    card: Any = {"object_id": "bcd_1", "happened_at": NOW, "user_id": "usr_1", "shown": "622202******0018"}
    money: Any = {
        "object_id": "top_1",
        "happened_at": NOW,
        "user_id": "usr_1",
        "amount_minor": 10_000,
        "currency": "CNY",
        "card": "622202******0018",
    }
    return [
        events.BankCardBound(**card),
        events.BankCardRefused(**card, reason="not_asked"),
        events.BankCardUnbound(**card),
        events.TopUpCredited(**money),
        events.TopUpFailed(**money, reason="expired"),
        events.WithdrawalMade(**money),
        events.WithdrawalSucceeded(**money),
        events.WithdrawalReturned(**money, reason="66"),
    ]


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: type(fact).__name__)
def test_what_happens_to_a_users_money_is_told_in_words_that_there_are(fact: CardFact | MoneyFact) -> None:
    kinds = tomllib.loads(
        resources.files("tael.messages").joinpath("templates/kinds.toml").read_text("utf-8")
    )
    for chinese in (True, False):
        post = post_about(fact, chinese=chinese)
        assert set(post.values) == set(kinds[post.template]["values"]), post.template
        assert post.to == "usr_1"
    if isinstance(fact, events.WithdrawalReturned):
        assert "66" in str(post_about(fact, chinese=True).values["why"])
        assert post_about(fact, chinese=True).values != post_about(fact, chinese=False).values


def test_a_message_calls_a_way_to_pay_as_pages_do() -> None:
    paid = events.TopUpCredited(
        object_id="top_1", happened_at=NOW, user_id="usr_1", amount_minor=100, currency="CNY", card="alipay"
    )
    assert post_about(paid, chinese=True).values["card"] == "支付宝"
    assert post_about(paid, chinese=False).values["card"] == "Alipay"
    by_card = msgspec.structs.replace(paid, card="622202******1234")
    assert post_about(by_card, chinese=False).values["card"] == "622202******1234"
