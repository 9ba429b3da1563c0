"""Do old results fade, and do few results lean on many?"""

from datetime import timedelta

import pytest

from tael.channels.port import Product
from tael.routing.estimates import HOPE, Chances, Forgetting, learn, segment_of
from tael.routing.model import Estimate, Lesson, Purpose
from tael.testing.routing_worlds import BEGIN

FORGETTING = Forgetting(half_life_seconds=3_600, most=1_000)
SEGMENT = "pay/any/code/CNY/5"


def estimate(
    successes: float, failures: float, *, segment: str = SEGMENT, channel: str = "a", age_seconds: int = 0
) -> Estimate:
    return Estimate(
        channel=channel,
        segment=segment,
        successes=successes,
        failures=failures,
        counted_at=BEGIN - timedelta(seconds=age_seconds),
    )


def lesson(successes: int, failures: int) -> Lesson:
    return Lesson(channel="a", segment=SEGMENT, successes=successes, failures=failures)


def chances(*estimates: Estimate) -> Chances:
    return Chances(estimates, now=BEGIN, forgetting=FORGETTING)


@pytest.mark.parametrize(("minor", "band"), [(1, 3), (999, 3), (1_000, 4), (99_999, 5), (10**12, 8)])
def test_a_segment_names_what_makes_payments_alike(minor: int, band: int) -> None:
    segment = segment_of(
        purpose=Purpose.PAY, method=None, product=Product.CODE, currency="CNY", amount_minor=minor
    )
    assert segment == f"pay/any/code/CNY/{band}"


def test_results_halve_in_weight_with_every_half_life() -> None:
    known = learn(estimate(80, 20, age_seconds=7_200), lesson(1, 0), now=BEGIN, forgetting=FORGETTING)
    assert (known.successes, known.failures) == pytest.approx((21, 5))
    assert known.counted_at == BEGIN


def test_results_together_never_weigh_more_than_the_most() -> None:
    known = learn(estimate(900, 100), lesson(0, 1_000), now=BEGIN, forgetting=FORGETTING)
    assert (known.successes, known.failures) == pytest.approx((450, 550))


def test_a_clock_that_goes_back_makes_no_result_heavier() -> None:
    known = learn(estimate(80, 20, age_seconds=-60), lesson(0, 0), now=BEGIN, forgetting=FORGETTING)
    assert (known.successes, known.failures) == pytest.approx((80, 20))
    assert known.counted_at == BEGIN + timedelta(seconds=60)


def test_a_channel_nobody_has_tried_is_hoped_to_be_good() -> None:
    assert chances().of("a", SEGMENT) == HOPE


def test_many_results_in_a_segment_speak_for_themselves() -> None:
    believed = chances(estimate(700, 300), estimate(5_000, 0, segment="pay/any/h5/CNY/5")).of("a", SEGMENT)
    assert believed.mean == pytest.approx(0.7, abs=0.01)
    assert believed.observations == pytest.approx(1_020, rel=0.05)


def test_few_results_lean_on_other_amounts_and_then_on_everything_else() -> None:
    elsewhere = estimate(200, 800, segment="pay/any/h5/CNY/5")
    assert chances(elsewhere).of("a", SEGMENT).mean == pytest.approx(0.2, abs=0.01)
    same_scene = estimate(600, 400, segment="pay/any/code/CNY/3")
    believed = chances(elsewhere, same_scene).of("a", SEGMENT)
    assert believed.mean == pytest.approx(0.59, abs=0.02)
    assert believed.observations == pytest.approx(20), "what is borrowed weighs little"


def test_payouts_say_nothing_about_payments_and_channels_nothing_about_one_another() -> None:
    known = chances(
        estimate(0, 1_000, segment="pay_out/any/code/CNY/5"), estimate(0, 1_000, channel="another")
    )
    assert known.of("a", SEGMENT) == HOPE


def test_what_fades_becomes_hope_again_so_that_it_is_tried_again() -> None:
    believed = chances(estimate(0, 1_000, age_seconds=100 * 3_600)).of("a", SEGMENT)
    assert believed.mean == pytest.approx(HOPE.mean, abs=0.001)
