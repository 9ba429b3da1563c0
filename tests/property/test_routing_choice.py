"""Whatever the candidates, are the probabilities right? And does routing do as well as could be known in hindsight?"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tael.channels.model import CallSeen
from tael.channels.port import ErrorClass, Operation, OutcomeState
from tael.routing import choice
from tael.routing.choice import Policy, allot, draw, read_policy
from tael.routing.health import HealthBoard
from tael.routing.model import Candidate, Health, WhyNot
from tael.routing.replay import Trial
from tael.testing.routing_worlds import WORLDS, Luck, World, play

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        channel=st.sampled_from("abcdefgh"),
        why_not=st.sampled_from([None, None, None, WhyNot.AMOUNT]),
        health=st.sampled_from(Health),
        share_basis_points=st.none() | st.integers(1, 9_999),
        preferred=st.booleans(),
        success_probability=st.floats(0, 1),
        observations=st.floats(0, 1e9),
        cost_minor=st.none() | st.integers(-1_000, 10**15),
    ),
    max_size=8,
    unique_by=lambda candidate: candidate.channel,
)
POLICIES = st.sampled_from(
    [
        read_policy(name)
        for name in ("best_value", "cheapest", "most_reliable", "fixed:a", "random", "round_robin")
    ]
) | st.builds(Policy, value_basis_points=st.integers(1, 10_000), floor_basis_points=st.integers(0, 5_000))


@given(CANDIDATES, POLICIES, st.integers(1, 10**14), st.integers(0, 100), st.floats(0, 1, exclude_max=True))
@settings(max_examples=400, deadline=None)
def test_probabilities_are_one_in_all_and_fall_on_those_that_may(
    candidates: list[Candidate], policy: Policy, amount_minor: int, turn: int, at: float
) -> None:
    allotted = allot(candidates, policy, amount_minor=amount_minor, turn=turn)
    eligible = [each for each in candidates if each.eligible]
    assert sum(allotted.probabilities) == pytest.approx(1.0 if eligible else 0.0)
    assert all(0 <= probability <= 1 + 1e-12 for probability in allotted.probabilities)
    for each, probability in zip(candidates, allotted.probabilities, strict=True):
        if not each.eligible or (not each.health.usable and any(other.health.usable for other in eligible)):
            assert probability == 0
    if eligible:
        assert allotted.probabilities[draw(allotted.probabilities, at)] > 0


@given(CANDIDATES, st.integers(1, 10**14), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_the_candidates_makes_no_difference(
    candidates: list[Candidate], amount_minor: int, dice: random.Random
) -> None:
    shuffled = dice.sample(candidates, len(candidates))

    def by_name(given: list[Candidate]) -> dict[str, float]:
        odds = allot(given, Policy(), amount_minor=amount_minor, turn=0).probabilities
        return {each.channel: probability for each, probability in zip(given, odds, strict=True)}

    there, here = by_name(candidates), by_name(shuffled)
    if any(each.eligible and each.health.usable for each in candidates):
        assert there == pytest.approx(here)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1e6), st.integers(1, 10_000)), min_size=1, max_size=6)
)
@settings(max_examples=300, deadline=None)
def test_the_chances_of_being_best_are_a_distribution(shapes: list[tuple[float, float, int]]) -> None:
    chances = choice.chances_of_being_best(tuple(shapes))
    assert sum(chances) == pytest.approx(1)
    assert min(chances) >= 0


CALLS = st.lists(
    st.tuples(st.floats(0, 20), st.sampled_from([None, *ErrorClass]), st.floats(0, 10)), max_size=200
)


@given(CALLS)
@settings(max_examples=200, deadline=None)
def test_however_ill_a_channel_was_it_is_probed_again_within_two_minutes(
    calls: list[tuple[float, ErrorClass | None, float]],
) -> None:
    board, at = HealthBoard(), 0.0
    for pause, error_class, seconds in calls:
        at += pause
        board.observe(
            CallSeen(
                channel="a",
                operation=Operation.PAY,
                state=OutcomeState.UNKNOWN if error_class else OutcomeState.SUCCEEDED,
                error_class=error_class,
                seconds=seconds,
            ),
            at=at,
        )
    assert board.health_of("a", at=at + 120).usable


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_routing_keeps_up_with_the_best_channel_known_in_hindsight(world: World) -> None:
    routed = best_fixed = at_random = round_robin = 0
    for seed in range(2):
        luck = Luck(world, payments=8_000, seed=seed)
        score = luck.score(sum(bool(past.succeeded) for past in play(luck, Policy(), seed=seed)))
        routed += score.routed
        best_fixed += score.best_fixed
        at_random += score.random
        round_robin += score.round_robin
    if world.changes:
        assert routed > best_fixed, "where rates change, a fixed channel has to lose"
    else:
        assert routed >= 0.99 * best_fixed, "within one percent where nothing changes"
    assert routed > max(at_random, round_robin)


@pytest.mark.parametrize("seed", range(3))
def test_a_replay_finds_the_policy_that_would_have_been_better(seed: int) -> None:
    luck = Luck(WORLDS[1], payments=4_000, seed=seed)
    past = list(play(luck, read_policy("random"), seed=seed))
    better, worse = Trial(read_policy("most_reliable")), Trial(read_policy("fixed:channel3"))
    for each in past:
        better.hear(each)
        worse.hear(each)
    good, bad = better.judgement(), worse.judgement()
    assert good is not None
    assert bad is not None
    assert good.success.gain.low > 0
    assert bad.success.gain.high < 0
