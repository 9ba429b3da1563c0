"""Who may do what is wanted, and what do rules add?"""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import msgspec
import pytest

from tael.channels.port import Operation, Product
from tael.foundation.money import Money
from tael.routing.decisions import facts_of
from tael.routing.eligibility import (
    Verdict,
    compile_rules,
    judge,
    why_malformed,
    why_never,
    why_not_now,
    why_not_refundable,
)
from tael.routing.errors import RuleMalformed
from tael.routing.model import Purpose, RefundOf, Rule, RuleVerb, Wanted, WhyNot
from tael.testing.routing_worlds import BEGIN, SimpleTerms, simple_capabilities, wanted_payment

NAMES = ["a", "b", "c"]
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-8)))
"""In UTC it is in the year 10000, which cannot be read back."""
FIRST = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))
NAIVE = msgspec.json.decode(b'"2026-03-02T02:00:00"', type=datetime)
CLOSED = SimpleTerms(share_basis_points=0)


def rule(verb: RuleVerb, channels: Sequence[str], expression: str = "true", **more: object) -> Rule:
    fields: dict[str, object] = {"id": f"rul_{verb}_{expression}", "priority": 0, "created_at": BEGIN} | more
    return Rule(
        verb=verb,
        channels=channels,
        expression=expression,
        owner="operations",
        reason="a test",
        starts_at=fields.pop("starts_at", BEGIN),  # type: ignore[arg-type]
        created_by="operator:test",
        **fields,  # type: ignore[arg-type]
    )


def verdict(*rules: Rule, wanted: Wanted | None = None) -> Verdict:
    return judge(
        compile_rules(rules, now=BEGIN), facts_of(wanted or wanted_payment(amount_minor=10_000), BEGIN), NAMES
    )


def changed(**more: object) -> Wanted:
    return msgspec.structs.replace(wanted_payment(), **more)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (changed(), None),
        (changed(method="wallet"), None),
        (changed(method="card"), WhyNot.METHOD),
        (changed(product=Product.H5), WhyNot.PRODUCT),
        (changed(amount=Money(100, "USD")), WhyNot.CURRENCY),
    ],
)
def test_a_channel_takes_the_payments_that_it_declares(wanted: Wanted, why: WhyNot | None) -> None:
    assert why_never(Purpose.PAY, wanted, simple_capabilities(), SimpleTerms()) == why


def test_a_closed_channel_takes_no_new_business_and_still_gives_money_back() -> None:
    assert why_never(Purpose.PAY, wanted_payment(), simple_capabilities(), CLOSED) is WhyNot.TERMS
    assert why_never(Purpose.PAY_OUT, wanted_payment(), simple_capabilities(), CLOSED) is WhyNot.TERMS
    assert why_never(Purpose.REFUND, wanted_payment(), simple_capabilities(), CLOSED) is None
    only_pays = simple_capabilities(operations=[Operation.PAY])
    assert why_never(Purpose.REFUND, wanted_payment(), only_pays, SimpleTerms()) is WhyNot.OPERATION


def test_amounts_exclusions_and_pins_are_looked_at_each_time() -> None:
    can = simple_capabilities(amounts={"CNY": (100, 50_000)})
    assert why_not_now("a", changed(amount=Money(100, "CNY")), can) is None
    assert why_not_now("a", changed(amount=Money(99, "CNY")), can) is WhyNot.AMOUNT
    assert why_not_now("a", changed(amount=Money(50_001, "CNY")), can) is WhyNot.AMOUNT
    assert why_not_now("a", changed(pinned="b"), can) is WhyNot.PINNED
    assert why_not_now("a", changed(pinned="a"), can) is None
    assert why_not_now("a", changed(excluded=frozenset("a")), can) is WhyNot.TRIED


def test_a_refund_goes_the_way_of_the_payment_inside_the_window_only() -> None:
    can = simple_capabilities(refund_window_days=90)
    paid = RefundOf(channel="a", paid_at=BEGIN)
    refund = changed(purpose=Purpose.REFUND, refund_of=paid, amount=Money(1, "CNY"))
    last = BEGIN + timedelta(days=90)
    assert why_not_refundable("a", refund, can, now=last) is None
    assert why_not_refundable("a", refund, can, now=last + timedelta(seconds=1)) is WhyNot.REFUND_WINDOW
    assert why_not_refundable("b", refund, can, now=BEGIN) is WhyNot.PINNED
    assert why_not_refundable("a", changed(purpose=Purpose.REFUND), can, now=BEGIN) is WhyNot.PINNED


def test_never_rules_out_its_channels_when_the_expression_is_true() -> None:
    assert verdict(rule(RuleVerb.NEVER, ["a"], "amount_minor >= 10000")).ruled_out == {
        "a": "rul_never_amount_minor >= 10000"
    }
    assert not verdict(rule(RuleVerb.NEVER, ["a"], "amount_minor > 10000")).ruled_out


def test_only_rules_out_all_the_others_and_the_highest_priority_counts() -> None:
    high, low = rule(RuleVerb.ONLY, ["a"], priority=2), rule(RuleVerb.ONLY, ["b"], "1 == 1", priority=1)
    assert set(verdict(low, high).ruled_out) == {"b", "c"}
    newer = rule(RuleVerb.ONLY, ["c"], priority=2, created_at=BEGIN + timedelta(seconds=1))
    assert set(verdict(high, newer).ruled_out) == {"a", "b"}, "of two alike, the newer one"
    not_now = rule(RuleVerb.ONLY, ["a"], "hour == 3", priority=2)
    assert set(verdict(low, not_now).ruled_out) == {"a", "c"}, "one that does not apply gives way"


def test_every_never_counts_beside_the_one_only() -> None:
    ruled_out = verdict(rule(RuleVerb.ONLY, ["a", "b"]), rule(RuleVerb.NEVER, ["b"], priority=-5)).ruled_out
    assert set(ruled_out) == {"b", "c"}


def test_a_rule_without_channels_speaks_of_those_for_which_it_is_true() -> None:
    assert set(verdict(rule(RuleVerb.NEVER, [], 'channel in ["a", "c"] && hour < 24')).ruled_out) == {
        "a",
        "c",
    }
    assert verdict(rule(RuleVerb.PREFER, [], 'channel.startsWith("b")')).preferred == ["b"]
    assert not verdict(rule(RuleVerb.ONLY, [], 'channel == "z"')).ruled_out, "true of none: it does not apply"


def test_a_rule_counts_from_its_start_until_its_end() -> None:
    minute = timedelta(minutes=1)
    for starts_at, ends_at, counts in (
        (BEGIN, None, True),
        (BEGIN + minute, None, False),
        (BEGIN - minute, BEGIN, False),
        (BEGIN - minute, BEGIN + minute, True),
    ):
        given = rule(RuleVerb.NEVER, ["a"], starts_at=starts_at, ends_at=ends_at)
        assert bool(verdict(given).ruled_out) is counts


def test_a_rule_that_cannot_be_evaluated_is_left_out_and_named() -> None:
    broken, fine = rule(RuleVerb.ONLY, ["a"], "1 / hour < 1", priority=9), rule(RuleVerb.ONLY, ["b"])
    midnight = BEGIN.replace(hour=16)
    found = judge(compile_rules([broken, fine], now=midnight), facts_of(wanted_payment(), midnight), NAMES)
    assert set(found.ruled_out) == {"a", "c"}
    (fault,) = found.faults
    assert (fault.rule_id, fault.count) == (broken.id, 1)
    assert "division by zero" in fault.message


def test_a_rule_of_yesterday_that_nobody_can_read_any_more_is_left_out() -> None:
    assert not verdict(rule(RuleVerb.NEVER, ["a"], "old_fact == 1")).ruled_out


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (rule(RuleVerb.NEVER, ["a"], "amount >"), "expression"),
        (rule(RuleVerb.NEVER, []), "channels"),
        (rule(RuleVerb.NEVER, ["z"]), "channels"),
        (rule(RuleVerb.NEVER, ["a"], priority=1_001), "priority"),
        (msgspec.structs.replace(rule(RuleVerb.NEVER, ["a"]), owner=" "), "owner"),
        (msgspec.structs.replace(rule(RuleVerb.NEVER, ["a"]), reason="line\nbreak"), "reason"),
        (rule(RuleVerb.NEVER, ["a"], ends_at=BEGIN), "ends_at"),
        (rule(RuleVerb.NEVER, ["a"], ends_at=LAST), "ends_at"),
        (rule(RuleVerb.NEVER, ["a"], ends_at=BEGIN.replace(year=2200)), "ends_at"),
        (rule(RuleVerb.NEVER, ["a"], starts_at=FIRST), "starts_at"),
        (rule(RuleVerb.NEVER, ["a"], starts_at=NAIVE), "starts_at"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_its_field(given: Rule, field: str) -> None:
    refusal = why_malformed(given, NAMES)
    assert isinstance(refusal, RuleMalformed)
    assert refusal.field == field


def test_a_rule_that_can_be_is_not_refused() -> None:
    assert why_malformed(rule(RuleVerb.PREFER, [], 'channel == "a"'), NAMES) is None
    assert why_malformed(rule(RuleVerb.ONLY, ["a", "b"], "amount_minor > 5"), NAMES) is None
