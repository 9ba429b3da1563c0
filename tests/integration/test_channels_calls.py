"""Does a call end in time, whatever the channel does, and harm nobody, whatever the connector does?"""

import asyncio
import contextlib
import threading
from datetime import date

import pytest
from structlog.testing import capture_logs

from tael.app.house import House
from tael.channels.errors import (
    BillNotReady,
    ChannelBusy,
    ConnectorFailed,
    NoAnswer,
    NoticeRefused,
    NotOffered,
)
from tael.channels.model import ExchangeKind
from tael.channels.port import (
    Bill,
    BillKind,
    BillWanted,
    Conversation,
    ErrorClass,
    FeedPage,
    InboundNotice,
    Notice,
    Operation,
    Outcome,
    OutcomeState,
    Request,
    Signed,
    SignOnce,
    ask,
    sign_once,
)
from tests.integration.scripted_channel import Converse, Scene, opened

SECRET = "hunter2-in-the-exception"
PAID = Outcome(state=OutcomeState.SUCCEEDED, order_number="att_1")
TURNS = 30
WANTED = BillWanted(kind=BillKind.TRADES, day=date(2026, 3, 1))


class HangingSigner:
    """Never comes back."""

    async def sign_once(self, wanted: SignOnce) -> Signed:
        """Nothing."""
        await asyncio.Event().wait()
        raise AssertionError(wanted)


def asking(scene: Scene, path: str, times: int = 1, then: object = PAID) -> Converse:
    """Ask so often, then say that it was paid."""

    def converse(_: Request) -> Conversation[Outcome]:
        for _turn in range(times):
            yield from ask(scene.get(path))
        return then  # type: ignore[return-value]

    return converse


async def test_a_conversation_has_one_limit_of_time_however_many_messages_it_takes(house: House) -> None:
    async with opened(house.database) as scene:
        scene.connector.conversation = asking(scene, "/late/0.1", TURNS)
        outcome = await scene.call(seconds=0.5)
        assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRANSPORT)
        assert len(scene.asked) < TURNS, "each message was in time, all of them were not"
        turns = await scene.said()
        assert len(turns) == len(scene.asked)
        assert (turns[0].state, turns[0].message, turns[0].heard) == ("unknown", "no answer in time", "")
        assert {each.state for each in turns[1:]} == {""}


async def test_an_answer_that_drips_ends_with_the_conversation(house: House) -> None:
    async with opened(house.database) as scene:
        scene.connector.conversation = asking(scene, "/drip", 2)
        assert (await scene.call(seconds=0.3)).error_class is ErrorClass.TRANSPORT
        assert scene.asked == ["/drip"]


async def test_a_signer_that_hangs_ends_with_the_conversation(house: House) -> None:
    def converse(_: Request) -> Conversation[Outcome]:
        yield from sign_once(SignOnce(number="out_1", transaction={}))
        return PAID

    async with opened(house.database, signer=HangingSigner()) as scene:
        scene.connector.conversation = converse
        outcome = await asyncio.wait_for(scene.call(seconds=0.2), 10)
        assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRANSPORT)


def raising(_: Request) -> Conversation[Outcome]:
    raise KeyError(SECRET)


BUGS = ("at once", "after an answer", "no outcome", "no message", "what is not offered")


async def test_a_bug_of_a_connector_is_an_unknown_outcome_and_harms_only_its_own_call(house: House) -> None:
    async with opened(house.database) as scene:

        def failing(bug: str) -> Converse:
            def converse(_: Request) -> Conversation[Outcome]:
                yield from ask(scene.get("/say/hello"))
                if bug == "what is not offered":
                    raise NotOffered("Not in this way.")
                if bug == "no message":
                    yield "junk"  # type: ignore[misc]
                if bug == "no outcome":
                    return None  # type: ignore[return-value]
                raise KeyError(SECRET)

            return raising if bug == "at once" else converse

        with capture_logs() as logs:
            outcomes = []
            for bug in BUGS:
                scene.connector.conversation = failing(bug)
                outcomes.append(await scene.call())
        assert {(each.state, each.error_class) for each in outcomes} == {
            (OutcomeState.UNKNOWN, ErrorClass.TRUST)
        }
        assert [call.error_class for call in scene.seen] == [ErrorClass.TRUST] * len(BUGS)
        notes = await scene.said()
        assert [each.error_class for each in notes] == ["trust"] * len(BUGS)
        assert {(each.state, each.number) for each in notes} == {("unknown", "att_1")}
        assert SECRET not in repr([outcomes, notes, logs])
        told = [each["where"] for each in logs if each["event"] == "connector_failed"]
        assert len(told) == len(BUGS) - 1
        assert __file__ in told[0]

        scene.connector.conversation = asking(scene, "/say/paid")
        assert await scene.call() == PAID, "its turn was given back"


async def test_what_is_not_offered_before_anything_was_said_is_refused(house: House) -> None:
    def converse(_: Request) -> Conversation[Outcome]:
        raise NotOffered("Not in this way.")

    async with opened(house.database) as scene:
        scene.connector.conversation = converse
        with pytest.raises(NotOffered):
            await scene.call()


async def test_who_only_watches_cannot_take_an_outcome_away(house: House) -> None:
    async with opened(house.database) as scene:
        scene.caller.observers.insert(0, lambda call: [][len(call.channel)])
        scene.connector.conversation = asking(scene, "/say/paid")
        assert await scene.call() == PAID
        assert len(scene.seen) == 1


async def test_a_call_that_is_given_up_gives_its_turn_back_and_is_noted(house: House) -> None:
    async with opened(house.database) as scene:
        scene.connector.conversation = asking(scene, "/hang")
        call = asyncio.create_task(scene.call())
        await scene.hangs.wait()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert [each.message for each in await scene.said()] == ["Nobody waited for the end."]
        scene.connector.conversation = asking(scene, "/say/paid")
        assert await scene.call() == PAID


async def test_a_notice_that_makes_the_connector_fail_is_refused_and_answered(house: House) -> None:
    def failing(*_: object) -> Notice:
        raise RecursionError(SECRET)

    inbound = InboundNotice(headers={}, query="", body=b"{}")
    async with opened(house.database) as scene:
        scene.connector.reading = failing
        with capture_logs() as logs, pytest.raises(NoticeRefused) as refused:
            scene.ear.read(scene.desk, inbound)
        assert "RecursionError" in refused.value.message
        assert SECRET not in repr(logs) + refused.value.message
        scene.connector.reply = failing  # type: ignore[assignment]
        assert scene.ear.refuse(scene.desk, inbound, refused.value.message).status == 400
        assert scene.ear.accept(scene.desk).status == 200
        scene.connector.reading = lambda _: None  # type: ignore[assignment,return-value]
        with pytest.raises(NoticeRefused):
            scene.ear.read(scene.desk, inbound)


async def test_pages_of_a_feed_are_noted_masked_and_cut_each_with_what_it_told(house: House) -> None:
    paid = Notice(notice_id="n1", outcome=PAID)

    async with opened(house.database) as scene:

        def feed() -> Conversation[FeedPage]:
            yield from ask(scene.get("/say/sign=abcdefghijklmnop&x=1"))
            yield from ask(scene.get("/say/x=y&?times=20000"))
            return FeedPage(notices=[paid], cursor="2")

        scene.connector.feed = feed
        assert (await scene.ear.fetch(scene.desk, "")).cursor == "2"
        told, second, first = await scene.said(kind=ExchangeKind.FEED)
        assert (told.number, told.state) == ("att_1", "succeeded")
        assert (first.state, second.state) == ("", "succeeded")
        assert "abcdefgh" not in first.heard
        assert "characters)" in second.heard
        assert len(second.heard) < 20_000


async def test_a_bill_is_noted_like_any_call_and_takes_no_turn_from_payments(house: House) -> None:
    async with opened(house.database) as scene:

        def late() -> Conversation[Bill]:
            yield from ask(scene.get("/say/not-yet"))
            raise BillNotReady("Tomorrow.")

        def broken() -> Conversation[Bill]:
            yield from ask(scene.get("/say/what"))
            raise KeyError(SECRET)

        def long() -> Conversation[Bill]:
            for _ in range(TURNS):
                yield from ask(scene.get("/late/0.1"))
            return Bill(wanted=WANTED, file_name="x", content=b"", lines=[])

        async def fetch(seconds: float = 5.0) -> Bill:
            return await scene.caller.fetch(
                scene.desk,
                scene.connector.bill,
                Bill,
                kind=ExchangeKind.BILL,
                what="trades",
                timeout_seconds=seconds,
            )

        for bill, error in ((late, BillNotReady), (broken, ConnectorFailed), (long, NoAnswer)):
            scene.connector.bill = bill
            with pytest.raises(error):
                await fetch(0.5)
        endings = [(each.state, each.code) for each in await scene.said() if each.state]
        assert endings == [("unknown", None), ("unknown", None), ("refused", "channels.bill_not_ready")]
        assert SECRET not in repr(await scene.said())

        in_loop = threading.get_ident()
        threads: list[int] = []

        def alone() -> Conversation[Bill]:
            yield from ask(scene.get("/hang" if not threads else "/say/a-bill"))
            threads.append(threading.get_ident())
            return Bill(wanted=WANTED, file_name="x", content=b"", lines=[])

        scene.connector.bill = alone
        async with scene.desk.turns:
            first = asyncio.create_task(fetch())
            await scene.hangs.wait()
            with pytest.raises(ChannelBusy, match="fetched already"):
                await fetch()
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            threads.append(in_loop)
            assert (await fetch()).empty, "the first was given up"
        assert threads[1] != in_loop, "what a bill says is read in a thread"


async def test_a_bill_that_is_still_read_when_its_time_is_over_lets_no_other_begin(house: House) -> None:
    async with opened(house.database) as scene:
        goes_on = threading.Event()

        def slow() -> Conversation[Bill]:
            yield from ask(scene.get("/say/a-bill"))
            goes_on.wait(20)
            return Bill(wanted=WANTED, file_name="x", content=b"", lines=[])

        async def fetch(seconds: float) -> Bill:
            how = {"kind": ExchangeKind.BILL, "what": "trades", "timeout_seconds": seconds}
            return await scene.caller.fetch(scene.desk, slow, Bill, **how)  # type: ignore[arg-type]

        with pytest.raises(NoAnswer):
            await fetch(0.3)
        with pytest.raises(ChannelBusy):
            await fetch(5)
        goes_on.set()
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(ChannelBusy):
                    assert (await fetch(10)).empty
                    break
                await asyncio.sleep(0.01)


async def test_a_probe_of_an_operation_needs_no_order_to_be_noted(house: House) -> None:
    async with opened(house.database) as scene:
        scene.connector.conversation = asking(scene, "/say/hello")
        await scene.caller.call(scene.desk, Request(operation=Operation.PROBE))
        [note] = await scene.said()
        assert (note.operation, note.number, note.kind) == ("probe", "", ExchangeKind.CALL)
