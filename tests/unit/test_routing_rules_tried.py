"""What would rules have done to decisions that were taken, as far as it can be known?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.routing.model import Candidate, Decision, Purpose, Rule, RuleVerb, WhyNot
from tael.routing.usecases.try_rules import ShareShift, what_they_would_do
from tael.testing.routing_worlds import BEGIN, wanted_payment


def rule(verb: RuleVerb, *channels: str, expression: str = "true", starts_at: datetime = BEGIN) -> Rule:
    return Rule(
        id="rul_1",
        verb=verb,
        channels=channels,
        expression=expression,
        owner="operations",
        reason="a test",
        created_at=BEGIN,
        created_by="operator:test",
        starts_at=starts_at,
        priority=0,
    )


def decision(chosen: str, *candidates: Candidate, purpose: Purpose = Purpose.PAY) -> Decision:
    eligible = sum(each.eligible for each in candidates)
    return Decision(
        id="dec_1",
        wanted=msgspec.structs.replace(wanted_payment(f"att_{chosen}"), purpose=purpose),
        purpose=purpose,
        decided_at=BEGIN,
        policy="random",
        segment="pay",
        turn=0,
        candidates=[
            msgspec.structs.replace(each, probability=1 / eligible if each.eligible else 0.0)
            for each in candidates
        ],
        chosen=chosen,
        probability=1 / eligible,
    )


A, B = Candidate(channel="a", success_probability=0.9), Candidate(channel="b", success_probability=0.9)
KEPT_AWAY = Candidate(channel="c", why_not=WhyNot.RULE, rule_id="rul_0")
PAST: Sequence[Decision] = [decision("a", A, B), decision("b", A, B)]


def shares(*each: tuple[str, int, int]) -> list[ShareShift]:
    return [
        ShareShift(channel=name, before_basis_points=before, after_basis_points=after)
        for name, before, after in each
    ]


async def test_a_preference_moves_the_whole_share_without_leaving_anybody_out() -> None:
    found = await what_they_would_do([rule(RuleVerb.PREFER, "b")], PAST, now=BEGIN)
    assert (found.decisions, found.would_change, found.left_without) == (2, 1, 0)
    assert found.examples == ["att_a"]
    assert found.shares == shares(("a", 5_000, 0), ("b", 5_000, 10_000))


async def test_what_a_channel_would_have_done_that_was_kept_away_is_not_guessed() -> None:
    past = [decision("a", A, KEPT_AWAY)]
    found = await what_they_would_do([], past, now=BEGIN)
    assert (found.would_change, found.opened) == (0, 1)
    assert found.shares == shares(("a", 10_000, 10_000))
    never_a = await what_they_would_do([rule(RuleVerb.NEVER, "a")], past, now=BEGIN)
    assert (never_a.would_change, never_a.opened, never_a.left_without) == (1, 1, 0)


async def test_rules_together_leave_nobody_where_each_alone_would_not() -> None:
    both = [rule(RuleVerb.NEVER, "a"), rule(RuleVerb.NEVER, "b")]
    assert (await what_they_would_do(both[:1], PAST, now=BEGIN)).left_without == 0
    assert (await what_they_would_do(both, PAST, now=BEGIN)).left_without == 2


async def test_a_rule_that_has_yet_to_begin_is_tried_as_if_it_had() -> None:
    later = rule(RuleVerb.NEVER, "a", starts_at=BEGIN + timedelta(days=1))
    assert (await what_they_would_do([later], PAST, now=BEGIN)).would_change == 1


async def test_refunds_go_back_whatever_rules_say_and_faults_are_counted() -> None:
    refund = decision("a", A, purpose=Purpose.REFUND)
    assert (await what_they_would_do([rule(RuleVerb.NEVER, "a")], [refund], now=BEGIN)).decisions == 0
    broken = rule(RuleVerb.NEVER, "a", expression="100 / (hour - hour) == 1")
    found = await what_they_would_do([broken], PAST, now=BEGIN)
    assert (found.would_change, found.errors) == (0, 2)
    assert found.last_error
