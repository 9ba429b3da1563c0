"""Does a replay tell what another policy would have brought, and warn where it cannot know?"""

import math
from statistics import mean, stdev

import msgspec
import pytest

from tael.routing.choice import Policy, read_policy
from tael.routing.model import PastDecision
from tael.routing.replay import Judgement, Trial
from tael.testing.routing_worlds import (
    Luck,
    Weather,
    World,
    play,
)

CALM = World(name="calm", channels=3, weather=lambda at, _: Weather((0.95, 0.85, 0.7)[at]), changes=False)
EXPLORING = read_policy("best_value:floor=3000")


def played(policy: Policy, *, payments: int = 4_000, seed: int = 1) -> list[PastDecision]:
    return list(play(Luck(CALM, payments=payments, seed=seed), policy, seed=seed))


def judged(policy: str, past: list[PastDecision]) -> Judgement:
    trial = Trial(read_policy(policy))
    for each in past:
        trial.hear(each)
    judgement = trial.judgement()
    assert judgement is not None
    return judgement


def test_a_policy_replayed_on_its_own_decisions_brings_what_they_brought() -> None:
    past = played(EXPLORING)
    rate = sum(bool(each.succeeded) for each in past) / len(past)
    found = judged(EXPLORING.words, past)
    assert found.effective == pytest.approx(len(past))
    assert found.untried_share == 0
    assert not found.warnings
    for estimate in (found.success.observed, found.success.inverse_propensity, found.success.self_normalised):
        assert estimate.mean == pytest.approx(rate)
    assert found.success.gain.mean == pytest.approx(found.success.doubly_robust.mean - rate)
    assert found.success.gain.low < 0 < found.success.gain.high


@pytest.mark.parametrize(
    ("policy", "truth"), [("fixed:channel1", 0.85), ("random", 0.8333), ("round_robin", 0.8333)]
)
def test_another_policy_is_judged_by_decisions_it_did_not_take(policy: str, truth: float) -> None:
    found = judged(policy, played(EXPLORING, payments=8_000, seed=2)).success
    for estimate in (found.inverse_propensity, found.self_normalised, found.doubly_robust):
        assert estimate.low < truth < estimate.high
        assert estimate.mean == pytest.approx(truth, abs=0.05)
    assert (
        found.doubly_robust.high - found.doubly_robust.low
        < found.inverse_propensity.high - found.inverse_propensity.low
    )
    assert found.gain.high < 0, "it is worse than what was done, beyond doubt"


def test_the_interval_holds_the_truth_about_as_often_as_it_promises() -> None:
    inside = 0
    for seed in range(60):
        past = played(read_policy("random"), payments=300, seed=seed)
        found = judged("fixed:channel2", past).success.doubly_robust
        inside += found.low < 0.7 < found.high
    assert 51 <= inside <= 60


def test_the_value_of_a_policy_is_its_success_less_the_price() -> None:
    past = played(EXPLORING)
    found = judged("best_value:value=10000,floor=3000", past)
    price = 60 / 10_000
    assert found.value.observed.mean == pytest.approx((1 - price) * found.success.observed.mean)
    assert found.value.doubly_robust.mean == pytest.approx((1 - price) * found.success.doubly_robust.mean)


def test_what_had_no_chance_is_said_to_be_unknown() -> None:
    past = played(read_policy("most_reliable"), payments=400)
    favourite = max(past, key=lambda each: each.id).chosen
    other = next(name for name in ("channel0", "channel1", "channel2") if name != favourite)
    found = judged(f"fixed:{other}", past)
    assert found.untried_share > 0.5
    assert any("no chance" in warning for warning in found.warnings)


def test_poor_overlap_is_said_with_the_effective_number() -> None:
    past = played(read_policy("best_value:floor=100"), payments=2_000)
    found = judged("fixed:channel2", past)
    assert found.effective < 100
    assert any("overlap is poor" in warning for warning in found.warnings)


def test_decisions_without_a_result_say_nothing() -> None:
    (first, *_) = played(EXPLORING, payments=20)
    trial = Trial(EXPLORING)
    assert not trial.hear(msgspec.structs.replace(first, succeeded=None))
    assert trial.judgement() is None


def test_the_three_estimates_are_those_of_the_textbook() -> None:
    past = played(EXPLORING, payments=200)
    odds = [{each.channel: each.probability for each in one.candidates} for one in past]
    weights = [1 / one.probability if one.chosen == "channel1" else 0.0 for one in past]
    results = [1.0 if one.succeeded else 0.0 for one in past]
    beliefs = [{each.channel: each.success_probability for each in one.candidates} for one in past]
    robust = [
        believed["channel1"] + weight * (result - believed[one.chosen])
        for one, weight, result, believed in zip(past, weights, results, beliefs, strict=True)
    ]
    weighed = [weight * result for weight, result in zip(weights, results, strict=True)]
    ratio = sum(weighed) / sum(weights)
    error_of_ratio = math.sqrt(
        sum((weight * (result - ratio)) ** 2 for weight, result in zip(weights, results, strict=True))
    ) / sum(weights)

    judgement = judged("fixed:channel1", past)
    found = judgement.success
    assert found.inverse_propensity.mean == pytest.approx(mean(weighed))
    assert found.inverse_propensity.high - mean(weighed) == pytest.approx(
        1.96 * stdev(weighed) / math.sqrt(200)
    )
    assert found.self_normalised.mean == pytest.approx(ratio)
    assert ratio - found.self_normalised.low == pytest.approx(1.96 * error_of_ratio)
    assert found.doubly_robust.mean == pytest.approx(mean(robust))
    assert found.doubly_robust.high - mean(robust) == pytest.approx(1.96 * stdev(robust) / math.sqrt(200))
    assert judgement.effective == pytest.approx(sum(weights) ** 2 / sum(weight**2 for weight in weights))
    assert min(one["channel1"] for one in odds) > 0
    assert judgement.untried_share == 0


def test_two_decisions_are_the_least_that_have_an_interval() -> None:
    one, two, *_ = played(EXPLORING, payments=20)
    assert math.isnan(judged("random", [one]).success.observed.low)
    assert not math.isnan(judged("random", [one, two]).success.observed.low)


def test_one_decision_that_decides_alone_is_named() -> None:
    past = [each for each in played(EXPLORING, payments=400) if each.chosen == "channel0"][:30]
    rare = msgspec.structs.replace(past[0], probability=0.001)
    assert any("alone" in warning for warning in judged("fixed:channel0", [rare, *past[1:]]).warnings)
    assert not any("alone" in warning for warning in judged("fixed:channel0", past).warnings)
