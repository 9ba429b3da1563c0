"""Is each decision whole: who was thought of, why not, and with which probability?"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec
import pytest

from tael.channels.port import Operation, Product
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.routing.choice import Policy
from tael.routing.decisions import Knowledge, Moment, decide, facts_of
from tael.routing.eligibility import compile_rules
from tael.routing.errors import FactMalformed, NoChannel
from tael.routing.estimates import Chances, Forgetting
from tael.routing.model import Decision, Estimate, Health, Purpose, RefundOf, Rule, RuleVerb, Wanted, WhyNot
from tael.testing.routing_worlds import (
    BEGIN,
    SimpleChannels,
    SimpleFees,
    SimpleTerms,
    simple_capabilities,
    wanted_payment,
)

DEAD: Mapping[str, Health] = {"a": Health.ILL}


def knowledge(
    channels: SimpleChannels, *, rules: Sequence[Rule] = (), estimates: Sequence[Estimate] = ()
) -> Knowledge:
    chances = Chances(estimates, now=BEGIN, forgetting=Forgetting())
    return Knowledge(channels.views(), compile_rules(rules, now=BEGIN), chances, Policy())


def made(
    wanted: Wanted, known: Knowledge, *, draw: float = 0.5, ill: Mapping[str, Health] | None = None
) -> Decision | Refusal:
    moment = Moment(
        now=BEGIN, turn=0, draw=draw, health_of=lambda channel: (ill or {}).get(channel, Health.WELL)
    )
    return decide(wanted, known, moment)[0]


def chosen(wanted: Wanted, known: Knowledge, **more: Mapping[str, Health]) -> Decision:
    decision = made(wanted, known, ill=more.get("ill"))
    assert isinstance(decision, Decision)
    return decision


def refund(channel: str = "a", *, account_known: bool = False, days: int = 1) -> Wanted:
    paid = RefundOf(channel=channel, paid_at=BEGIN - timedelta(days=days), payer_account_known=account_known)
    return msgspec.structs.replace(wanted_payment("rfd_1"), purpose=Purpose.REFUND, refund_of=paid)


def test_a_decision_says_of_every_channel_why_or_why_not() -> None:
    channels = SimpleChannels(a=SimpleTerms(), b=SimpleTerms(), c=SimpleTerms(share_basis_points=0))
    channels.can["b"] = simple_capabilities(products=[Product.CARD])
    decision = chosen(wanted_payment(), knowledge(channels))
    assert decision.chosen == "a"
    assert decision.probability == 1.0
    assert {each.channel: each.why_not for each in decision.candidates} == {
        "a": None,
        "b": WhyNot.PRODUCT,
        "c": WhyNot.TERMS,
    }
    assert decision.candidates[0].cost_minor == 60
    assert decision.segment == "pay/any/code/CNY/5"
    assert decision.policy == Policy().words


def test_the_probability_of_a_decision_is_the_one_with_which_it_was_drawn() -> None:
    known = knowledge(SimpleChannels(a=SimpleTerms(), b=SimpleTerms(), c=SimpleTerms()))
    counted = dict.fromkeys("abc", 0)
    odds: dict[str, float] = {}
    drawn = 3_000
    for step in range(drawn):
        decision = made(wanted_payment(), known, draw=(step + 0.5) / drawn)
        assert isinstance(decision, Decision)
        odds = {each.channel: each.probability for each in decision.candidates}
        assert decision.probability == odds[decision.chosen]
        counted[decision.chosen] += 1
    assert {name: count / drawn for name, count in counted.items()} == pytest.approx(odds, abs=0.001)
    assert sum(odds.values()) == pytest.approx(1)


def test_the_card_kind_and_the_operation_decide_about_the_price() -> None:
    class ByKind(SimpleFees, frozen=True):
        def cost(
            self, product: Product | None, card_kind: str | None, amount: Money, operation: Operation
        ) -> Money | None:
            return Money(200 if (card_kind, operation) == ("credit", Operation.PAY) else 20, amount.currency)

    known = knowledge(SimpleChannels(a=SimpleTerms(fees=ByKind())))
    credit = msgspec.structs.replace(wanted_payment(), facts={"card_kind": "credit"})
    assert chosen(credit, known).candidates[0].cost_minor == 200
    assert chosen(wanted_payment(), known).candidates[0].cost_minor == 20


def test_a_price_in_another_currency_is_no_price() -> None:
    class InDollars(SimpleFees, frozen=True):
        def cost(
            self, product: Product | None, card_kind: str | None, amount: Money, operation: Operation
        ) -> Money | None:
            return Money(30, "USD")

    known = knowledge(SimpleChannels(a=SimpleTerms(fees=InDollars()), b=SimpleTerms(fees=None)))
    assert [each.cost_minor for each in chosen(wanted_payment(), known).candidates] == [None, None]


def test_a_channel_that_announced_to_be_away_is_not_used() -> None:
    away = SimpleTerms(rests=(BEGIN, BEGIN + timedelta(hours=1)))
    decision = chosen(wanted_payment(), knowledge(SimpleChannels(a=away, b=SimpleTerms())))
    assert decision.chosen == "b"
    assert decision.candidates[0].health is Health.MAINTENANCE
    back = SimpleTerms(rests=(BEGIN - timedelta(hours=1), BEGIN))
    decision = chosen(wanted_payment(), knowledge(SimpleChannels(a=back)))
    assert decision.candidates[0].health is Health.WELL


def test_a_rule_that_rules_out_is_named_in_the_candidate() -> None:
    rule = Rule(
        id="rul_1",
        verb=RuleVerb.NEVER,
        channels=["a"],
        expression='weekday == 1 && hour == 10 && country == ""',
        priority=0,
        owner="operations",
        reason="a test",
        starts_at=BEGIN,
        created_at=BEGIN,
        created_by="operator:test",
    )
    known = knowledge(SimpleChannels(a=SimpleTerms(), b=SimpleTerms()), rules=[rule])
    first = chosen(wanted_payment(), known).candidates[0]
    assert (first.why_not, first.rule_id) == (WhyNot.RULE, "rul_1")
    assert facts_of(wanted_payment(), BEGIN)["hour"] == 10, "in China it is ten in the morning"


def test_where_nobody_may_the_refusal_says_who_and_why() -> None:
    channels = SimpleChannels(a=SimpleTerms(), b=SimpleTerms(share_basis_points=0))
    wanted = msgspec.structs.replace(wanted_payment(), excluded=frozenset("a"))
    refusal = made(wanted, knowledge(channels))
    assert isinstance(refusal, NoChannel)
    assert refusal.hint == "Why not: a: tried, b: terms."
    pinned = made(msgspec.structs.replace(wanted_payment(), pinned="b"), knowledge(channels))
    assert isinstance(pinned, NoChannel)
    assert pinned.field == "channel"
    assert isinstance(made(wanted_payment(), knowledge(SimpleChannels())), NoChannel)


def test_a_pinned_channel_is_used_even_if_it_is_ill() -> None:
    known = knowledge(SimpleChannels(a=SimpleTerms(), b=SimpleTerms()))
    pinned = msgspec.structs.replace(wanted_payment(), pinned="a")
    assert chosen(pinned, known, ill=DEAD).chosen == "a"


def test_a_payout_goes_over_the_cheapest_channel_that_is_well() -> None:
    dear, cheap = SimpleTerms(fees=SimpleFees(60)), SimpleTerms(fees=SimpleFees(0, fixed_minor=5))
    known = knowledge(SimpleChannels(a=cheap, b=dear, c=SimpleTerms()))
    payout = msgspec.structs.replace(wanted_payment("pyo_1"), purpose=Purpose.PAY_OUT, product=Product.JSAPI)
    decision = chosen(payout, known)
    assert (decision.chosen, decision.probability, decision.policy) == ("a", 1.0, "cheapest")
    assert chosen(payout, known, ill=DEAD).chosen == "b"


def test_a_refund_goes_back_the_way_the_payment_came() -> None:
    known = knowledge(SimpleChannels(a=SimpleTerms(share_basis_points=0), b=SimpleTerms()))
    decision = chosen(refund(account_known=True), known)
    assert (decision.chosen, decision.purpose, decision.probability) == ("a", Purpose.REFUND, 1.0)


@pytest.mark.parametrize(
    ("account_known", "ill", "days", "expected"),
    [
        (True, True, 1, ("b", Purpose.PAY_OUT)),
        (False, True, 1, ("a", Purpose.REFUND)),
        (True, False, 400, ("b", Purpose.PAY_OUT)),
        (False, False, 400, None),
    ],
)
def test_a_refund_that_cannot_go_back_is_paid_out_if_the_account_is_known(
    account_known: bool,  # noqa: FBT001 - a column of the table
    ill: bool,  # noqa: FBT001 - a column of the table
    days: int,
    expected: tuple[str, Purpose] | None,
) -> None:
    channels = SimpleChannels(a=SimpleTerms(), b=SimpleTerms())
    channels.can["a"] = simple_capabilities(operations=[Operation.PAY, Operation.REFUND])
    wanted = refund(account_known=account_known, days=days)
    decision = made(wanted, knowledge(channels), ill=DEAD if ill else None)
    if expected is None:
        assert isinstance(decision, NoChannel)
    else:
        assert isinstance(decision, Decision)
        assert (decision.chosen, decision.purpose) == expected


@pytest.mark.parametrize(
    ("paid_over", "other", "expected"),
    [
        ("bank_account", "bank_account", ("b", Purpose.PAY_OUT)),
        ("bank_account", "wallet", ("a", Purpose.REFUND)),
        ("bank_account", "", ("a", Purpose.REFUND)),
        ("eip155:1", "eip155:137", ("a", Purpose.REFUND)),
        ("", "", ("a", Purpose.REFUND)),
    ],
)
def test_a_refund_is_paid_out_only_by_who_can_read_the_payers_account(
    paid_over: str, other: str, expected: tuple[str, Purpose]
) -> None:
    """A wallet can do nothing with an IBAN; it was cheaper, and would have been drawn."""
    channels = SimpleChannels(a=SimpleTerms(), b=SimpleTerms())
    channels.can["a"] = simple_capabilities(
        operations=[Operation.PAY, Operation.REFUND], account_kind=paid_over
    )
    channels.can["b"] = simple_capabilities(account_kind=other)
    known = knowledge(channels)
    decision = chosen(refund(account_known=True), known, ill=DEAD)
    assert (decision.chosen, decision.purpose) == expected
    if decision.purpose is Purpose.PAY_OUT:
        assert decision.wanted.payee_kind == paid_over
    out = chosen(msgspec.structs.replace(wanted_payment(), purpose=Purpose.PAY_OUT), known)
    assert out.chosen == "b", "a payout that names no kind of account goes over any channel"


def test_a_refund_waits_for_its_channel_if_those_for_payouts_are_ill_as_well() -> None:
    known = knowledge(SimpleChannels(a=SimpleTerms(), b=SimpleTerms()))
    everybody = dict.fromkeys("ab", Health.ILL)
    decision = chosen(refund(account_known=True), known, ill=everybody)
    assert (decision.chosen, decision.purpose) == ("a", Purpose.REFUND)


@pytest.mark.parametrize(
    "facts", [{"shoe_size": 43}, {"card_kind": 1}, {"hour": True}, {"country": "C\0"}, {"country": "C" * 65}]
)
def test_facts_that_are_none_are_refused_by_their_names(facts: dict[str, str | int | bool]) -> None:
    wanted = msgspec.structs.replace(wanted_payment(), facts=facts)
    refusal = made(wanted, knowledge(SimpleChannels(a=SimpleTerms())))
    assert isinstance(refusal, FactMalformed)
    assert refusal.field == f"facts.{next(iter(facts))}"


def test_only_a_share_that_is_less_than_all_holds_a_channel_back() -> None:
    channels = SimpleChannels(a=SimpleTerms(), b=SimpleTerms(share_basis_points=300))
    decision = chosen(wanted_payment(), knowledge(channels))
    assert [each.share_basis_points for each in decision.candidates] == [None, 300]
    assert decision.candidates[1].probability == pytest.approx(0.03)


def test_rules_can_ask_for_everything_that_is_wanted() -> None:
    wanted = msgspec.structs.replace(
        wanted_payment(), method="wallet", facts={"country": "CN" * 32, "hour": 3, "weekday": 3}
    )
    assert facts_of(wanted, BEGIN) == {
        "amount_minor": 10_000,
        "currency": "CNY",
        "purpose": "pay",
        "method": "wallet",
        "product": "code",
        "merchant_id": "mer_1",
        "channel": "",
        "card_kind": "",
        "country": "CN" * 32,
        "hour": 10,
        "weekday": 1,
    }
    assert facts_of(wanted_payment(), BEGIN)["method"] == ""
    assert chosen(wanted, knowledge(SimpleChannels(a=SimpleTerms()))).chosen == "a"


def test_the_scene_counts_for_the_price_of_payments_alone() -> None:
    class ByScene(SimpleFees, frozen=True):
        def cost(
            self, product: Product | None, card_kind: str | None, amount: Money, operation: Operation
        ) -> Money | None:
            return Money(70 if product is Product.CODE else 7, amount.currency)

    known = knowledge(SimpleChannels(a=SimpleTerms(fees=ByScene())))
    assert chosen(wanted_payment(), known).candidates[0].cost_minor == 70
    payout = msgspec.structs.replace(wanted_payment(), purpose=Purpose.PAY_OUT)
    assert chosen(payout, known).candidates[0].cost_minor == 7
