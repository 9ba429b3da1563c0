"""Who is drawn, and with which probability?"""

import math
from statistics import NormalDist

import pytest

from tael.routing.choice import Policy, allot, chances_of_being_best, draw, margins_of, read_policy
from tael.routing.errors import PolicyMalformed
from tael.routing.model import Candidate, Health, WhyNot

AMOUNT = 10_000
RANDOM = Policy(name="random")


def candidate(channel: str, mean: float = 0.9, **more: object) -> Candidate:
    fields: dict[str, object] = {"observations": 500.0, "cost_minor": 60} | more
    return Candidate(channel=channel, success_probability=mean, **fields)  # type: ignore[arg-type]


def odds(policy: Policy, *candidates: Candidate, turn: int = 0) -> list[float]:
    return list(allot(candidates, policy, amount_minor=AMOUNT, turn=turn).probabilities)


def test_a_policy_is_written_as_it_is_read() -> None:
    for words in (
        "best_value:value=1000,floor=50",
        "cheapest",
        "most_reliable",
        "fixed:bank",
        "random",
        "round_robin",
    ):
        assert read_policy(words).words == words
    assert read_policy("best_value") == Policy()
    assert read_policy("best_value:floor=0").floor_basis_points == 0


@pytest.mark.parametrize(
    "words",
    [
        "",
        "best",
        "fixed",
        "fixed:",
        "cheapest:floor=1",
        "best_value:floor=-1",
        "best_value:floor=9999",
        "best_value:x=1",
        "best_value:value=0",
        "best_value:value=1e9",
        "best_value:value=٣",
    ],
)
def test_a_policy_that_cannot_be_is_refused(words: str) -> None:
    with pytest.raises(PolicyMalformed) as refused:
        assert read_policy(words) is None
    assert refused.value.field == "policy"


def test_the_better_channel_gets_more_and_nobody_less_than_the_floor() -> None:
    good, close, poor = odds(Policy(), candidate("a", 0.95), candidate("b", 0.94), candidate("c", 0.5))
    assert good > close > poor
    assert poor == pytest.approx(0.01 / 3)
    assert good + close + poor == pytest.approx(1)


def test_a_channel_of_which_little_is_known_is_tried_more() -> None:
    known, unknown = odds(Policy(), candidate("a", 0.9), candidate("b", 0.85, observations=5.0))
    sure, worse = odds(Policy(), candidate("a", 0.9), candidate("b", 0.85))
    assert unknown > 5 * worse
    assert known < sure


def test_a_lower_price_makes_up_for_fewer_successes_as_far_as_a_success_is_worth() -> None:
    dear, cheap = candidate("a", 0.95, cost_minor=100), candidate("b", 0.94, cost_minor=20)
    assert odds(Policy(value_basis_points=1_000), dear, cheap)[1] > 0.9
    assert odds(Policy(value_basis_points=10_000), dear, cheap)[0] > 0.5


def test_an_unknown_price_counts_as_the_dearest() -> None:
    unknown, dear, cheap = (
        candidate("a", cost_minor=None),
        candidate("b", cost_minor=80),
        candidate("c", cost_minor=20),
    )
    margins = margins_of([unknown, dear, cheap], Policy(), AMOUNT)
    assert margins[0] == margins[1] < margins[2]
    assert margins_of([unknown], Policy(), AMOUNT) == [10_000]


def test_where_prices_eat_up_a_success_it_is_still_better_to_succeed() -> None:
    reliable, poor = candidate("a", 0.95, cost_minor=900), candidate("b", 0.3, cost_minor=900)
    assert odds(Policy(value_basis_points=100), reliable, poor)[0] > 0.95


@pytest.mark.parametrize("away", [Health.ILL, Health.SLOW, Health.MAINTENANCE])
def test_who_is_not_well_gets_nothing_while_another_is(away: Health) -> None:
    assert odds(Policy(), candidate("a", 0.99, health=away), candidate("b", 0.5)) == [0.0, 1.0]


def test_if_nobody_is_well_the_least_bad_is_used() -> None:
    away = candidate("a", 0.99, health=Health.MAINTENANCE)
    ill, slow = candidate("b", 0.98, health=Health.ILL), candidate("c", 0.5, health=Health.SLOW)
    assert odds(Policy(), away, ill, slow) == [0.0, 0.0, 1.0]
    assert odds(Policy(), away, ill) == [0.0, 1.0]
    assert odds(Policy(), away) == [1.0]
    assert odds(Policy(), candidate("a", 0.8, health=Health.ILL), ill) == [0.0, 1.0]


def test_a_channel_that_is_probed_gets_its_share_and_no_more() -> None:
    probing = candidate("a", 0.99, health=Health.PROBING)
    assert odds(RANDOM, probing, candidate("b"), candidate("c")) == pytest.approx([0.05, 0.475, 0.475])
    assert odds(RANDOM, probing, candidate("b", health=Health.ILL)) == [1.0, 0.0]


def test_a_canary_gets_its_share_and_all_of_it_only_if_it_is_alone() -> None:
    canary = candidate("a", 0.99, share_basis_points=200)
    assert odds(Policy(name="fixed", channel="b"), canary, candidate("b")) == pytest.approx([0.02, 0.98])
    assert odds(Policy(), canary, candidate("b", why_not=WhyNot.AMOUNT)) == [1.0, 0.0]
    probing = candidate("a", 0.99, share_basis_points=200, health=Health.PROBING)
    assert odds(RANDOM, probing, candidate("b")) == pytest.approx([0.02, 0.98])


def test_shares_together_never_take_more_than_half() -> None:
    held = [candidate(name, share_basis_points=4_000) for name in "abc"]
    assert odds(Policy(), *held, candidate("d")) == pytest.approx([1 / 6, 1 / 6, 1 / 6, 0.5])


def test_preferred_channels_come_first_as_long_as_one_is_well() -> None:
    assert odds(Policy(), candidate("a", 0.5, preferred=True), candidate("b", 0.99)) == [1.0, 0.0]
    ill = candidate("a", 0.5, preferred=True, health=Health.ILL)
    assert odds(Policy(), ill, candidate("b", 0.99)) == [0.0, 1.0]
    probing = candidate("a", 0.5, preferred=True, health=Health.PROBING)
    assert odds(Policy(), probing, candidate("b", 0.99)) == pytest.approx([0.05, 0.95])


def test_the_simple_policies_do_what_their_names_say() -> None:
    all_three = candidate("a", 0.8, cost_minor=20), candidate("b", 0.95, cost_minor=90), candidate("c", 0.9)
    assert odds(Policy(name="cheapest"), *all_three) == [1.0, 0.0, 0.0]
    assert odds(Policy(name="most_reliable"), *all_three) == [0.0, 1.0, 0.0]
    assert odds(Policy(name="fixed", channel="c"), *all_three) == [0.0, 0.0, 1.0]
    assert odds(Policy(name="fixed", channel="gone"), *all_three) == pytest.approx([1 / 3] * 3)
    assert [odds(Policy(name="round_robin"), *all_three, turn=turn).index(1.0) for turn in range(4)] == [
        0,
        1,
        2,
        0,
    ]


def test_those_that_are_ruled_out_get_nothing() -> None:
    out = candidate("a", why_not=WhyNot.RULE)
    assert odds(Policy(), out, candidate("b")) == [0.0, 1.0]
    assert odds(Policy(), out) == [0.0]
    assert odds(Policy()) == []


def test_a_draw_falls_on_each_place_as_often_as_its_probability_says() -> None:
    probabilities = [0.0, 0.25, 0.5, 0.0, 0.25, 0.0]
    drawn = [draw(probabilities, (at + 0.5) / 1_000) for at in range(1_000)]
    assert [drawn.count(place) for place in range(6)] == [0, 250, 500, 0, 250, 0]
    assert draw([0.0, 0.3, 0.7 - 1e-12, 0.0], 0.9999999999999999) == 2, "rounding never draws the impossible"


def test_the_chance_of_being_best_is_that_of_many_draws() -> None:
    shapes = (0.95, 400.0, 9_700), (0.93, 100.0, 9_800), (0.9, 30.0, 9_750)
    by_beta_draws = 0.499, 0.328, 0.173
    assert chances_of_being_best(shapes) == pytest.approx(by_beta_draws, abs=0.05)
    assert chances_of_being_best(((0.3, 1.0, 1),)) == (1.0,)
    assert chances_of_being_best(((1.0, 9e9, 9_000), (0.0, 9e9, 10_000))) == (1.0, 0.0)


def test_between_two_the_chance_is_that_of_two_normal_distributions() -> None:
    spread = 0.5 / math.sqrt(400)
    for mean in (0.5, 0.52, 0.55, 0.6):
        apart = math.asin(math.sqrt(mean)) - math.asin(math.sqrt(0.5))
        expected = NormalDist(sigma=math.sqrt(2) * spread).cdf(apart)
        better, _ = chances_of_being_best(((mean, 399.0, 9_000), (0.5, 399.0, 9_000)))
        assert better == pytest.approx(expected, abs=0.004)


def test_a_margin_counts_like_as_many_more_successes() -> None:
    equal = chances_of_being_best(((0.9, 1e4, 9_500), (0.95, 1e4, 9_000)))
    assert equal == pytest.approx((0.5, 0.5), abs=0.01)
    dearer = chances_of_being_best(((0.9, 1e4, 9_400), (0.95, 1e4, 9_000)))
    assert dearer[0] < 0.1


def test_the_floor_may_be_half_of_the_traffic_and_no_more() -> None:
    assert read_policy("best_value:floor=5000").floor_basis_points == 5_000
    with pytest.raises(PolicyMalformed):
        read_policy("best_value:floor=5001")
    with pytest.raises(PolicyMalformed):
        read_policy("best_value:value=10001")
