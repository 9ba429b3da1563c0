"""Is what was said written down, whatever happens to the database and whatever stands in it, and found again?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import msgspec
import pytest

from tael.app.house import House
from tael.app.supervisor import DatabaseUrls
from tael.channels import store
from tael.channels.model import CallSeen, Exchange, ExchangeFilter, ExchangeKind
from tael.channels.port import InboundNotice, NoticeReply, Operation, OutcomeState
from tael.channels.usecases.journal import AT_A_TIME, Journal
from tael.channels.usecases.turned_away import AT_ONCE, SUMMARY_SECONDS
from tael.foundation.clock import SystemClock
from tael.foundation.db import Database, Query
from tael.foundation.ids import new_id
from tael.testing.clocks import ManualClock
from tael.testing.database_wire import Break, BreakingWire
from tests.integration.scripted_channel import NAME, opened
from tests.integration.test_cli import tael

FLOOD = 5_000
COUNTED = Query("counted", b"select coalesce(sum(calls), 0)::int from channels.measures")


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(urls.application)
    await database.open()
    yield database
    await database.close()


def note(number: str = "att_1", **changes: object) -> Exchange:
    """A turn of a conversation."""
    exchange = Exchange(
        id=new_id("exch"),
        at=SystemClock().now(),
        channel=NAME,
        kind=ExchangeKind.CALL,
        operation="pay",
        number=number,
        state="waiting",
    )
    return msgspec.structs.replace(exchange, **changes)


def gossip() -> Exchange:
    """What the database will not have."""
    return note(kind="gossip")


def call() -> CallSeen:
    """One call to count."""
    return CallSeen(
        channel=NAME, operation=Operation.PAY, state=OutcomeState.WAITING, error_class=None, seconds=0.1
    )


async def written(database: Database, **wanted: object) -> list[Exchange]:
    """What can be looked up, newest first."""
    async with database.transaction() as tx:
        return await store.list_exchanges(tx, msgspec.convert({"limit": 10_000, **wanted}, ExchangeFilter))


async def soon(look: Callable[[], Awaitable[list[Exchange]]]) -> list[Exchange]:
    """What is there as soon as something is."""
    for _ in range(400):
        if found := await look():
            return found
        await asyncio.sleep(0.05)
    return []


async def counted(database: Database) -> int:
    """How many calls were counted."""
    async with database.transaction() as tx:
        return int((await tx.tuples(COUNTED))[0][0])


async def test_whatever_a_channel_says_can_be_written(database: Database) -> None:
    journal = Journal(database, SystemClock())
    rubbish = "a\0b\ud800c"
    journal.note(
        note("n" * 5_000, code=rubbish, message=rubbish * 1_000, said=rubbish, heard=rubbish, state=rubbish)
    )
    journal.note(note(code=7))
    journal.note(note("att_2"))
    await journal.write_all()
    second, first = await written(database)
    assert (first.code, first.said, first.heard, first.state) == ("a\ufffdb\ufffdc",) * 4
    assert (len(first.number), len(first.message or "")) == (128, 1_000)
    assert second.number == "att_2", "what cannot even be read is lost alone"


async def test_one_bad_note_does_not_take_the_others_of_its_batch_along(database: Database) -> None:
    journal = Journal(database, SystemClock())
    for place in range(AT_A_TIME):
        journal.note(gossip() if place == 77 else note())
        journal.count(call())
    await journal.write_all()
    assert len(await written(database)) == AT_A_TIME - 1
    assert await counted(database) == AT_A_TIME


async def test_the_journal_goes_on_after_bad_notes(database: Database) -> None:
    journal = Journal(database, SystemClock())
    journal.start()
    for number in ("att_1", "att_2"):
        journal.note(gossip())
        journal.note(note(number))
        assert await soon(lambda: written(database, numbers=[number]))  # noqa: B023 - called at once
    await journal.stop()


async def test_notes_and_counts_whose_commit_was_lost_are_there_once(
    urls: DatabaseUrls, database: Database
) -> None:
    async with BreakingWire(urls.application) as wire:
        far = Database(wire.url)
        await far.open()
        journal = Journal(far, SystemClock())
        for broken in (Break.AFTER_COMMIT, Break.BEFORE_COMMIT):
            journal.note(note(str(broken)))
            journal.count(call())
            wire.break_next(broken)
            await journal.write_all()
            journal.note(note("later"))
            await journal.write_all()
        assert wire.broken == 2
        await far.close()
    numbers = [each.number for each in await written(database)]
    assert numbers == ["later", "before_commit", "later", "after_commit"]
    assert await counted(database) == 2


async def test_forged_notices_do_not_push_out_what_was_really_said(database: Database) -> None:
    clock = ManualClock()
    inbound = InboundNotice(headers={}, query="", body=b"x" * 200)
    async with opened(database, clock=clock) as scene:
        scene.connector.reply = lambda: NoticeReply(status=400, content_type="text/plain", body=b"no")
        for place in range(FLOOD):
            scene.ear.refuse(scene.desk, inbound, "forged")
            if place % (FLOOD // 10) == 0:
                scene.journal.note(note())
        assert len(await scene.said(kind=ExchangeKind.CALL)) == 10
        assert len(await scene.said(kind=ExchangeKind.NOTICE)) == AT_ONCE

        clock.move(seconds=SUMMARY_SECONDS)
        scene.ear.refuse(scene.desk, inbound, "forged")
        told = [each.message for each in await scene.said(state="refused") if not each.heard]
        assert told == [f"{FLOOD - int(AT_ONCE)} more notices were refused, of which no note was kept."]
        assert len(await scene.said(kind=ExchangeKind.NOTICE)) == AT_ONCE + 2


async def test_the_count_of_what_was_not_kept_survives_the_end_of_the_process(database: Database) -> None:
    async with opened(database, clock=ManualClock()) as scene:
        for _ in range(FLOOD):
            scene.ear.refuse(scene.desk, InboundNotice(headers={}, query="", body=b""), "forged")
        await scene.journal.stop()
        [count] = [each for each in await scene.said() if "more notices" in (each.message or "")]
        assert str(FLOOD - int(AT_ONCE)) in (count.message or "")


async def test_exchanges_are_listed_newest_first_page_by_page_and_by_what_is_known_of_them(
    house: House,
) -> None:
    journal, start = Journal(house.database, SystemClock()), SystemClock().now()
    for place in range(10):
        moment = start + timedelta(minutes=place)
        journal.note(note(f"att_{place}", at=moment, state="unknown" if place == 3 else "waiting"))
    journal.note(note("", channel="other", kind=ExchangeKind.FEED, state="refused", at=start))
    await journal.write_all()

    pages, before = [], None
    while page := await written(house.database, limit=4, before=before):
        pages.append([each.number for each in page])
        before = page[-1].id
    assert pages == [
        ["", "att_9", "att_8", "att_7"],
        ["att_6", "att_5", "att_4", "att_3"],
        ["att_2", "att_1", "att_0"],
    ]
    for wanted, numbers in (
        ({"numbers": ["att_2", "att_5", ""]}, ["att_5", "att_2"]),
        ({"channel": "other"}, [""]),
        ({"kind": "feed"}, [""]),
        ({"state": "unknown"}, ["att_3"]),
        ({"since": start + timedelta(minutes=8)}, ["att_9", "att_8"]),
        ({"until": start + timedelta(minutes=2), "channel": NAME}, ["att_1", "att_0"]),
    ):
        assert [each.number for each in await written(house.database, **wanted)] == numbers, wanted
    assert await house.channels.forget_exchanges(older_than=timedelta(days=1)) == 0


async def test_the_command_line_shows_a_page_and_where_the_next_one_begins(
    urls: DatabaseUrls, database: Database
) -> None:
    journal = Journal(database, SystemClock())
    for place in range(3):
        journal.note(note(f"att_{place}", said=f"about att_{place}"))
    await journal.write_all()
    where = {"TAEL_DATABASE_URL": urls.application, "TAEL_DATABASE_OWNER_URL": urls.owner}
    status, shown, errors = await tael("channels", "exchanges", "--limit", "2", "--channel", NAME, **where)
    assert status == 0, errors
    assert shown.index("about att_2") < shown.index("about att_1")
    assert "att_0" not in shown
    before = shown.split("--before ")[1].split()[0]
    _, older, _ = await tael("channels", "exchanges", "--before", before, "--kind", "call", **where)
    assert "about att_0" in older
    assert "att_1" not in older
    status, _, errors = await tael("channels", "exchanges", "att_9", **where)
    assert status != 0
    assert "Traceback" not in errors
