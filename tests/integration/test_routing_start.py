"""Does a process start whose rules cannot be read, and are there rules that cannot?"""

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.errors import Unavailable
from tael.routing.api import Routing, RuleBook, RuleWanted
from tael.routing.model import Decision, RuleVerb
from tael.testing.clocks import ManualClock
from tael.testing.routing_worlds import SimpleChannels, SimpleTerms, wanted_payment


async def test_without_readable_rules_a_process_starts_and_decides_nothing_until_it_can(
    urls: DatabaseUrls, database: Database
) -> None:
    channels = SimpleChannels(a=SimpleTerms())
    routing = Routing(database, ManualClock(), channels, channels)
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        await owner.execute("alter table routing.rules rename to mislaid")
        await routing.start()
        try:
            assert isinstance(routing.decide([wanted_payment()])[0], Unavailable)
            await owner.execute("alter table routing.mislaid rename to rules")
            await routing.refresh()
            assert isinstance(routing.decide([wanted_payment()])[0], Decision)
        finally:
            await routing.stop()


async def test_the_database_keeps_no_rule_whose_end_cannot_be_read_back(
    urls: DatabaseUrls, database: Database
) -> None:
    night = RuleWanted(verb=RuleVerb.NEVER, channels=["a"], expression="true", owner="risk", reason="a test")
    await RuleBook(database, ManualClock()).add(night, known_channels=["a"], actor="operator:test")
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        with pytest.raises(psycopg.errors.CheckViolation):
            await owner.execute("update routing.rules set ends_at = '10000-01-01Z'")
