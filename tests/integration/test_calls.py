"""Has each Idempotency-Key one effect and one answer, whoever repeats it, whenever, with whatever body?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.calls import (
    Answer,
    Begun,
    Call,
    Caller,
    Closing,
    Reply,
    answering,
    close_calls,
)
from tael.foundation.db import Query, Transaction
from tael.foundation.errors import Declined, Refusal
from tael.foundation.http.calls import respond
from tael.foundation.idempotency import LEASE_SECONDS
from tael.foundation.lane import Lane
from tael.testing.clocks import ManualClock
from tael.testing.database_wire import Break, BreakingWire
from tael.testing.databases import fresh_database
from tests.integration.notebook import Notebook, Write, open_notebook

AUDIT = Query(
    "audit",
    b"select happened_at, actor, action, object_id, result, request_id, remote_address"
    b" from foundation.audit order by seq",
)
CALLER = Caller(owner="mer_1", actor="key:tael_a", request_id="req_1", remote_address="203.0.113.9")


class NoteRequest(msgspec.Struct, frozen=True):
    text: str
    colour: str = "yellow"


class Desk:
    """The verb of the notebook behind keys. A note whose text is `slow` stays open until it is closed."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.clock = ManualClock()
        self.verb = answering(self._write, self._reply, clock=self.clock)
        self._made = 0

    async def _write(self, tx: Transaction, commands: Sequence[Write]) -> Sequence[Write | Refusal]:
        answers = await self.notebook.write(tx, commands)
        return [
            answer if isinstance(answer, Refusal) else command
            for answer, command in zip(answers, commands, strict=True)
        ]

    def _reply(self, written: Write) -> Reply:
        done = Answer(status=201, body=b'{"id": "%s"}' % written.id.encode())
        return Reply(object_id=written.id, answer=None if written.text == "slow" else done)

    def call(
        self,
        key: str,
        text: str = "tea",
        *,
        action: str = "notes.write",
        colour: str = "yellow",
        owner: str = "mer_1",
    ) -> Call[Write]:
        """A call under a key; each time with a new object id, as an HTTP handler makes it."""
        self._made += 1
        return Call(
            caller=msgspec.structs.replace(CALLER, owner=owner),
            action=action,
            key=key,
            request=NoteRequest(text, colour),
            command=Write(f"note_{self._made}", text),
        )

    async def ask(self, *calls: Call[Write]) -> list[Answer | Begun]:
        """All in one transaction."""
        async with self.notebook.database.transaction() as tx:
            return list(await self.verb(tx, calls))

    async def close(self, key: str, body: bytes) -> None:
        async with self.notebook.database.transaction() as tx:
            closing = Closing(owner="mer_1", key=key, answer=Answer(status=201, body=body))
            await close_calls(tx, [closing])

    async def audit(self) -> list[tuple[object, ...]]:
        async with self.notebook.database.transaction() as tx:
            return await tx.tuples(AUDIT)


@pytest.fixture(scope="module")
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """One database for all of them, emptied before each."""
    async with fresh_database(server) as one:
        yield one


@pytest.fixture
async def desk(urls: DatabaseUrls) -> AsyncIterator[Desk]:
    async with open_notebook(urls) as notebook:
        yield Desk(notebook)


def answer_of(given: Answer | Begun) -> Answer:
    assert isinstance(given, Answer)
    return given


def begun_with(given: Answer | Begun) -> str:
    assert isinstance(given, Begun)
    return given.object_id


def code_of(given: Answer | Begun) -> str:
    return str(msgspec.json.decode(answer_of(given).body)["code"])


async def test_r4_a_repeat_gets_the_first_answer_byte_for_byte_and_is_told_so(desk: Desk) -> None:
    [first] = await desk.ask(desk.call("k1"))
    desk.clock.move(days=3_650)
    [again] = await desk.ask(desk.call("k1"))

    assert first == Answer(status=201, body=b'{"id": "note_1"}', replayed=False)
    assert again == Answer(status=201, body=b'{"id": "note_1"}', replayed=True)
    assert (b"idempotent-replayed", b"true") in respond(again).lines
    assert b"idempotent-replayed" not in dict(respond(answer_of(first)).lines)
    assert [note.id for note in await desk.notebook.notes()] == ["note_1"]


async def test_the_same_key_with_another_body_is_told_which_fields_differ(desk: Desk) -> None:
    await desk.ask(desk.call("k1"))
    [again] = await desk.ask(desk.call("k1", "coffee", colour="blue"))

    assert answer_of(again).status == 409
    problem = msgspec.json.decode(answer_of(again).body)
    assert problem["code"] == "idempotency_key_reused"
    assert problem["field"] == "Idempotency-Key"
    assert "with another text, colour (note_1) at 2026-03-01 04:00:00 UTC" in problem["detail"]
    assert len(await desk.notebook.notes()) == 1


async def test_the_same_key_for_another_verb_is_told_the_first_verb(desk: Desk) -> None:
    await desk.ask(desk.call("k1"))
    [again] = await desk.ask(desk.call("k1", action="notes.erase"))

    assert answer_of(again).status == 409
    assert b"first used for notes.write" in answer_of(again).body


async def test_keys_belong_to_their_owner(desk: Desk) -> None:
    answers = await desk.ask(desk.call("k1"), desk.call("k1", "coffee", owner="mer_2"))

    assert [answer_of(answer).status for answer in answers] == [201, 201]
    assert len(await desk.notebook.notes()) == 2


async def test_a_refusal_is_remembered_as_an_answer(desk: Desk) -> None:
    [first] = await desk.ask(desk.call("k1", "refuse me"))
    [again] = await desk.ask(desk.call("k1", "refuse me"))

    assert answer_of(first).status == Declined.status
    assert answer_of(again).body == answer_of(first).body
    assert answer_of(again).replayed
    assert desk.notebook.batches == [1], "the verb ran once"


async def test_repeats_within_one_batch_share_one_effect(desk: Desk) -> None:
    answers = await desk.ask(desk.call("k1"), desk.call("k1"), desk.call("k2"), desk.call("k1", "coffee"))

    assert [answer_of(answer).replayed for answer in answers] == [False, True, False, False]
    assert answer_of(answers[0]).body == answer_of(answers[1]).body
    assert code_of(answers[3]) == "idempotency_key_reused"
    assert [note.id for note in await desk.notebook.notes()] == ["note_1", "note_3"]


async def test_a_repeat_while_the_first_call_is_at_work_is_told_to_come_back(desk: Desk) -> None:
    [first] = await desk.ask(desk.call("k1", "slow"))
    [again] = await desk.ask(desk.call("k1", "slow"))

    assert begun_with(first) == "note_1"
    assert answer_of(again).status == 409
    assert code_of(again) == "idempotency_in_flight"
    assert (b"retry-after", b"1") in respond(answer_of(again)).lines
    await desk.close("k1", b'{"id": "note_1", "slow": true}')
    [afterwards] = await desk.ask(desk.call("k1", "slow"))
    assert afterwards == Answer(status=201, body=b'{"id": "note_1", "slow": true}', replayed=True)


async def test_after_the_lease_one_newcomer_takes_the_work_over_for_the_same_object(desk: Desk) -> None:
    await desk.ask(desk.call("k1", "slow"))
    desk.clock.move(seconds=LEASE_SECONDS)

    first, second = await desk.ask(desk.call("k1", "slow"), desk.call("k1", "slow"))
    [third] = await desk.ask(desk.call("k1", "slow"))

    assert begun_with(first) == "note_1"
    assert code_of(second) == code_of(third) == "idempotency_in_flight", "one worker at a time"
    assert len(await desk.notebook.notes()) == 1


async def test_a_call_with_another_body_takes_nothing_over(desk: Desk) -> None:
    await desk.ask(desk.call("k1", "slow"))
    desk.clock.move(seconds=LEASE_SECONDS)

    [stranger] = await desk.ask(desk.call("k1", "coffee"))
    [newcomer] = await desk.ask(desk.call("k1", "slow"))

    assert code_of(stranger) == "idempotency_key_reused"
    assert begun_with(newcomer) == "note_1"


async def test_an_answer_that_was_given_is_never_replaced(desk: Desk) -> None:
    await desk.ask(desk.call("k1", "slow"))
    await desk.close("k1", b"first")
    await desk.close("k1", b"second")

    [again] = await desk.ask(desk.call("k1", "slow"))
    assert answer_of(again).body == b"first"


async def test_s17_each_new_call_leaves_one_line_in_the_audit_trail_and_a_repeat_none(desk: Desk) -> None:
    await desk.ask(desk.call("k1"), desk.call("k2", "refuse me"), desk.call("k3", "slow"))
    await desk.ask(
        desk.call("k1"), desk.call("k2", "refuse me"), desk.call("k3", "slow"), desk.call("k1", "x")
    )

    who = ("key:tael_a", "notes.write")
    where = ("req_1", "203.0.113.9")
    now = desk.clock.now()
    assert await desk.audit() == [
        (now, *who, "note_1", "done", *where),
        (now, *who, None, "declined", *where),
        (now, *who, "note_3", "begun", *where),
    ]


async def test_a_transaction_that_fails_leaves_neither_key_nor_audit(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError):
        await _ask_and_die(desk)

    assert await desk.audit() == []
    [answer] = await desk.ask(desk.call("k1"))
    assert not answer_of(answer).replayed


async def _ask_and_die(desk: Desk) -> None:
    async with desk.notebook.database.transaction() as tx:
        await desk.verb(tx, [desk.call("k1")])
        raise ZeroDivisionError


async def test_r4_two_processes_with_the_same_keys_have_one_effect_each(urls: DatabaseUrls) -> None:
    """Two pools, two lanes, 40 keys, each sent 10 times to either side at once."""
    async with open_notebook(urls) as one, open_notebook(urls) as other:
        desks = [Desk(one), Desk(other)]
        lanes: list[Lane[Call[Write], Answer | Begun]] = [
            Lane(f"calls {side}", desk.notebook.database, desk.verb, batch_limit=16)
            for side, desk in enumerate(desks)
        ]
        for lane in lanes:
            lane.start()
        sent = [
            (
                key,
                side,
                Call(
                    caller=CALLER,
                    action="notes.write",
                    key=f"k{key}",
                    request=NoteRequest("tea"),
                    command=Write(f"note_{key}_{side}_{repeat}"),
                ),
            )
            for repeat in range(10)
            for key in range(40)
            for side in (0, 1)
        ]
        answers = await asyncio.gather(*[lanes[side].submit(call) for _, side, call in sent])
        for lane in lanes:
            await lane.stop()

        bodies: dict[int, set[bytes]] = {}
        firsts: dict[int, int] = {}
        for (key, _, _), answer in zip(sent, answers, strict=True):
            bodies.setdefault(key, set()).add(answer_of(answer).body)
            firsts[key] = firsts.get(key, 0) + (not answer_of(answer).replayed)
        assert all(len(said) == 1 for said in bodies.values()), "every answer to a key is the same"
        assert set(firsts.values()) == {1}
        assert len(await one.notes()) == 40
        assert len(await desks[0].audit()) == 40


async def test_r10_a_call_whose_commit_is_unknown_has_one_effect_and_a_true_answer(
    urls: DatabaseUrls,
) -> None:
    async with BreakingWire(urls.application) as wire, open_notebook(urls, through=wire.url) as notebook:
        desk = Desk(notebook)
        lane: Lane[Call[Write], Answer | Begun] = Lane("calls", notebook.database, desk.verb)
        lane.start()
        wire.break_next(Break.AFTER_COMMIT, Break.BEFORE_COMMIT)
        answers = await asyncio.gather(*[lane.submit(desk.call(f"k{key}")) for key in range(10)])
        await lane.stop()

        notes = await notebook.notes()
        assert [answer_of(answer).body for answer in answers] == [
            b'{"id": "%s"}' % note.id.encode() for note in notes
        ]
        assert {note.written for note in notes} == {1}
        assert len(await desk.audit()) == 10


def test_a_lease_is_longer_than_a_channel_may_take_to_answer() -> None:
    assert timedelta(seconds=LEASE_SECONDS) > timedelta(seconds=10)
