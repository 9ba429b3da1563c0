"""Do the commands of `tael routing` say what operations need to know?"""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import ErrorClass
from tael.foundation.clock import SystemClock
from tael.foundation.db import Database
from tael.routing.api import Routing
from tael.routing.model import Decision, PastDecision, Result
from tael.testing.databases import fresh_database
from tael.testing.routing_worlds import SimpleChannels, SimpleTerms, wanted_payment
from tests.integration.test_cli import tael


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """Three hundred decisions by chance: channel a always succeeds, channel b never."""
    async with fresh_database(server) as one:
        database = Database(one.application, role="tael_app")
        await database.open()
        channels = SimpleChannels(a=SimpleTerms(), b=SimpleTerms())
        dice = random.Random(1).random
        routing = Routing(database, SystemClock(), channels, channels, policy="random", dice=dice)
        await routing.refresh()
        wanted = [wanted_payment(f"att_{number}") for number in range(300)]
        made = [each for each in routing.decide(wanted) if isinstance(each, Decision)]
        async with database.transaction() as tx:
            await routing.keep(tx, made)
            results = [(each.subject, each.chosen == "a") for each in made[1:]]
            await routing.learn(
                tx,
                [
                    Result(subject=subject, succeeded=good, error_class=None if good else ErrorClass.DECLINED)
                    for subject, good in results
                ],
            )
        await database.close()
        yield one


async def shown(urls: DatabaseUrls, *arguments: str) -> str:
    status, output, errors = await tael("routing", *arguments, TAEL_DATABASE_URL=urls.application)
    assert status == 0, errors
    assert "Traceback" not in errors
    return output


async def refused(urls: DatabaseUrls, *arguments: str) -> str:
    status, output, errors = await tael("routing", *arguments, TAEL_DATABASE_URL=urls.application)
    assert status != 0, output
    assert "Traceback" not in errors
    return errors


async def test_a_replay_says_what_another_policy_would_have_brought(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    export = tmp_path / "decisions.jsonl"
    output = await shown(urls, "replay", "--policy", "fixed:a", "--export", str(export))
    success = next(line for line in output.splitlines() if line.startswith("success"))
    assert "100.00% [100.00% … 100.00%]" in success
    assert "299 decisions" in output
    exported = [msgspec.json.decode(line, type=PastDecision) for line in export.read_bytes().splitlines()]
    assert len({each.subject for each in exported}) == 299
    assert {each.succeeded for each in exported} == {True, False}


async def test_a_policy_or_a_time_about_which_nothing_is_known_is_refused(urls: DatabaseUrls) -> None:
    assert "There is no policy 'luckiest'." in await refused(urls, "replay", "--policy", "luckiest")
    early = ("--since", "2020-01-01", "--until", "2020-02-01")
    assert "has a result" in await refused(urls, "replay", "--policy", "random", *early)


async def test_a_rule_is_added_listed_and_ended(urls: DatabaseUrls) -> None:
    words = ("--owner", "operations", "--reason", "[red]maintenance[/red] of a")
    rule_id = (
        await shown(urls, "rules", "add", "never", 'channel == "a"', *words, "--priority", "5")
    ).strip()
    assert rule_id.startswith("rul_")
    line = next(line for line in (await shown(urls, "rules", "list")).splitlines() if rule_id in line)
    assert "[red]maintenance[/red] of a" in line
    await shown(urls, "rules", "end", rule_id)
    assert "The rule ended" in await refused(urls, "rules", "end", rule_id)
    assert "[red]maintenance[/red] of a" in await shown(urls, "rules", "show", "1")


async def test_a_decision_is_shown_with_everybody_who_was_thought_of(urls: DatabaseUrls) -> None:
    output = await shown(urls, "decisions", "att_0")
    assert "open" in output
    assert "0.5000" in output
    assert "→" in output
    assert len((await shown(urls, "decisions", "--limit", "7", "--channel", "b")).splitlines()) == 8
    assert "Nothing was decided for att_none." in await refused(urls, "decisions", "att_none")


async def test_a_change_that_is_proposed_waits_for_somebody_else(urls: DatabaseUrls) -> None:
    line = await shown(urls, "rules", "propose", "never", 'channel == "b"', "--reason", "b is dear")
    proposal_id, digest = line.split()
    waiting = await shown(urls, "rules", "proposals")
    assert f"digest {digest}" in waiting
    assert '+ never * when channel == "b"' in waiting
    assert "may not decide" in await refused(urls, "rules", "approve", proposal_id, "--digest", digest)


async def test_a_trial_shows_shares_before_and_after_a_change(urls: DatabaseUrls) -> None:
    output = await shown(urls, "rules", "try", "never", 'channel == "a"', "--latest", "100")
    assert "Of 100 decisions" in output
    line = next(line for line in output.splitlines() if line.startswith("b "))
    assert line.split()[1:] == ["50.00", "%", "100.00", "%"]
    assert "line 1, column 15" in await refused(urls, "rules", "try", "never", "amount_minor >")
