"""How is a rare call answered? By itself, in one transaction, under the caller's key.

What many callers want at once goes through a lane. The rest (a new key, a decision, an upload) is done by a clerk: one
verb, one command, which gives a result or raises its refusal. A refusal is an answer, too, and leaves nothing behind but
itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec

from tael.foundation.calls import (
    Answer,
    Begun,
    Call,
    Closing,
    PrintKey,
    Reply,
    answering,
    close_calls,
    is_known,
    no_key,
)
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal, Unavailable
from tael.foundation.patience import until_committed

C = TypeVar("C", bound=msgspec.Struct)
R = TypeVar("R")

Verb = Callable[[Transaction, C], Awaitable[R]]


class Clerk:
    """Answers the rare calls of one database."""

    def __init__(self, database: Database, clock: Clock, *, print_key: PrintKey = no_key) -> None:
        """print_key: of the fingerprints that are kept of requests, where these tell who somebody is."""
        self._database = database
        self._clock = clock
        self._print_key = print_key

    async def answer(
        self,
        call: Call[C],
        verb: Verb[C, R],
        *,
        shown: Callable[[R], tuple[str, object]],
        status: int,
    ) -> Answer:
        """The answer of a verb that is done in one transaction.

        shown   the id of what came of it, and what is said of it
        """

        def reply(result: R) -> Reply:
            object_id, body = shown(result)
            return Reply(object_id=object_id, answer=written(body, status=status))

        return await self.answer_as(call, verb, reply)

    async def answer_as(self, call: Call[C], verb: Verb[C, R], reply: Callable[[R], Reply]) -> Answer:
        """The same where what came of it says by itself how it is answered."""
        answer = await self.open(call, verb, reply)
        assert isinstance(answer, Answer), "its verb is done in one transaction"  # noqa: S101 - for the reader
        return answer

    async def answer_again(self, call: Call[Any]) -> Answer | None:
        """What was answered under the call's key, by a verb that is done in one transaction; `None` if it is a new one.

        To be asked before anything is looked up for a call: what was there at the first time may be gone at the second.
        """
        async with self._database.transaction() as tx:
            if not await is_known(tx, call):
                return None
        return await self.answer_as(call, _not_again, _not_again)

    async def open(self, call: Call[C], verb: Verb[C, R], reply: Callable[[R], Reply]) -> Answer | Begun:
        """The answer, or what was begun and has to be closed (`close`) when its channel has spoken."""

        async def one_by_one(tx: Transaction, commands: Sequence[C]) -> Sequence[R | Refusal]:
            return [await _result_or_refusal(tx, verb, command) for command in commands]

        answer = answering(one_by_one, reply, clock=self._clock, print_key=self._print_key)

        async def work(tx: Transaction) -> Answer | Begun:
            return (await answer(tx, [call]))[0]

        return await until_committed(self._database, work, what=call.action)

    async def close(self, call: Call[C], answer: Answer) -> Answer:
        """Write the answer of an open call down, and give it."""
        closing = Closing(owner=call.caller.owner, key=call.key, answer=answer)

        async def work(tx: Transaction) -> None:
            await close_calls(tx, [closing])

        await until_committed(self._database, work, what=call.action)
        return answer


def written(body: object, *, status: int = 200) -> Answer:
    """A body as an answer."""
    return Answer(status=status, body=msgspec.json.encode(body))


def _not_again(*_: Any) -> Any:
    raise AssertionError("what was answered once is not done a second time")


async def _result_or_refusal(tx: Transaction, verb: Verb[C, R], command: C) -> R | Refusal:
    """What the verb gives, or its refusal, with nothing else written."""
    try:
        async with tx.connection.transaction():
            return await verb(tx, command)
    except Unavailable:
        raise  # nothing was decided: the caller may send the same again
    except Refusal as refusal:
        return refusal
