"""Do the books hold in a world made of dice? Two thousand worlds with a hundred operations each.

A failure names its seed. `make test T="tests/chaos/test_r6_simulation.py --seed N"` lives that one again, alone.
"""

import collections
import os
import subprocess
import sys
import traceback
from collections.abc import Iterable

import pytest

from tael.testing.simulation.life import Life
from tael.testing.simulation.truth import check

OPERATIONS = 100
QUICK, ALL = range(60), range(2_000)


def live(seed: int) -> Life:
    """One world, and what must be true of it."""
    life = Life(seed)
    life.live(OPERATIONS)
    check(life)
    return life


def live_all(seeds: Iterable[int]) -> collections.Counter[str]:
    """What happened in these worlds, added up."""
    seen: collections.Counter[str] = collections.Counter()
    for seed in seeds:
        try:
            life = live(seed)
        except Exception:  # whatever it is, the seed must be told
            again = f'make test T="tests/chaos/test_r6_simulation.py --seed {seed}"'
            pytest.fail(
                f"{traceback.format_exc()}\nin the world of seed {seed}; to live it again:\n    {again}"
            )
        seen["worlds"] += 1
        seen["deaths"] += life.deaths
        seen["faults"] += life.server.faults
        seen["acknowledged"] += len(life.acknowledged)
        seen["unanswered"] += len(life.unanswered)
        for decision in life.decisions:
            seen.update(answer.refused for answer in decision.answers)
    return seen


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> Iterable[int]:
    """The worlds of a quick run, or the one that was asked for."""
    one: int | None = request.config.getoption("--seed", default=None)
    return QUICK if one is None else [one]


@pytest.mark.timeout(300)
def test_r6_the_books_hold_in_many_worlds(seeds: Iterable[int]) -> None:
    seen = live_all(seeds)

    if seen["worlds"] > 1:
        _assert_that_much_happened(seen)


@pytest.mark.drill
def test_r6_the_books_hold_in_2000_worlds() -> None:
    _assert_that_much_happened(live_all(ALL))


def _assert_that_much_happened(seen: collections.Counter[str]) -> None:
    """A world in which nothing happens proves nothing."""
    for what, per_world in {"acknowledged": 40, "faults": 5, "deaths": 1, "unanswered": 0.1}.items():
        assert seen[what] > per_world * seen["worlds"], f"{what}: {seen[what]} in {seen['worlds']} worlds"
    for reason in ("hold_ended", "hold_expired", "hold_exceeded", "limit_passed", "period_closed"):
        assert seen[f"ledger.{reason}"] > seen["worlds"] // 10, reason
    for reason in (
        "linked_refused",
        "entry_id_reused",
        "already_reversed",
        "account_closed",
        "no_such_entry",
    ):
        assert seen[f"ledger.{reason}"] > seen["worlds"] // 20, reason


def test_r6_the_same_seed_lives_the_same_world_in_another_process_too() -> None:
    seeds = [3, 14, 159]
    here = [[live(seed).server.trace_hash for seed in seeds] for _ in range(2)]
    program = (
        "from tests.chaos.test_r6_simulation import live;"
        f"print(*(live(seed).server.trace_hash for seed in {seeds}))"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "3"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert here[0] == here[1]
    assert elsewhere.stdout.split()[-len(seeds) :] == [str(trace) for trace in here[0]]


def test_r6_other_seeds_live_other_worlds() -> None:
    assert len({live(seed).server.trace_hash for seed in range(10)}) == 10
