"""Does a replay over the database say what one over the same decisions in memory says?"""

import random
from datetime import timedelta

import pytest

from tael.foundation.db import Database
from tael.routing.api import Decisions, Routing, read_policy
from tael.routing.errors import NothingToJudge
from tael.routing.model import PastDecision, Result
from tael.routing.replay import Trial
from tael.testing.clocks import ManualClock
from tael.testing.routing_worlds import BEGIN, WORLDS, Luck, SimpleChannels, play

ALWAYS = {"since": BEGIN - timedelta(days=1), "until": BEGIN + timedelta(days=1)}
RANDOM = read_policy("random")


@pytest.fixture
async def past(database: Database) -> list[PastDecision]:
    """Two and a half thousand decisions of the true code in a world that we know, more than two pages of them."""
    made = list(play(Luck(WORLDS[1], payments=2_500, seed=4), RANDOM, seed=4))
    channels = SimpleChannels()
    routing = Routing(database, ManualClock(BEGIN), channels, channels, dice=random.Random(1).random)
    async with database.transaction() as tx:
        await routing.keep(tx, made)
        await routing.learn(
            tx, [Result(subject=each.subject, succeeded=each.succeeded) for each in made if each.turn % 10]
        )
    return sorted((each for each in made if each.turn % 10), key=lambda each: (each.decided_at, each.id))


async def test_a_replay_hears_every_decision_with_a_result_once(
    database: Database, past: list[PastDecision]
) -> None:
    heard: list[str] = []
    policy = read_policy("fixed:channel1")
    found = await Decisions(database).judge(policy, heard=lambda each: heard.append(each.subject), **ALWAYS)
    trial = Trial(policy)
    for each in past:
        trial.hear(each)
    assert heard == [each.subject for each in past]
    assert found == trial.judgement()
    assert await Decisions(database).count(**ALWAYS) == len(past)


async def test_only_the_time_asked_for_is_judged(database: Database, past: list[PastDecision]) -> None:
    since, until = BEGIN + timedelta(seconds=10), BEGIN + timedelta(seconds=20)
    found = await Decisions(database).judge(RANDOM, since=since, until=until)
    assert found.decisions == sum(since <= each.decided_at < until for each in past) > 0
    with pytest.raises(NothingToJudge):
        await Decisions(database).judge(RANDOM, since=until, until=since)
