"""How is a call answered that is rare? In a transaction of its own, under the caller's key.

A call that must speak with a channel is opened with its rows, and closed with its answer.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from tael.foundation.calls import (
    Answer,
    Begun,
    Call,
    Closing,
    CommandVerb,
    Reply,
    answering,
    close_calls,
)
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.patience import until_committed

C = TypeVar("C", bound=msgspec.Struct)
R = TypeVar("R")


class Desk:
    """Answers the calls of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def open(
        self, call: Call[C], verb: CommandVerb[C, R], reply: Callable[[R], Reply]
    ) -> Answer | Begun:
        """The answer, or what was begun and has to be closed."""
        answer = answering(verb, reply, clock=self._clock)

        async def work(tx: Transaction) -> Answer | Begun:
            return (await answer(tx, [call]))[0]

        return await until_committed(self._database, work, what=call.action)

    async def answer(
        self, call: Call[C], verb: CommandVerb[C, R], body: Callable[[R], tuple[str, Answer]]
    ) -> Answer:
        """The answer of a call that is done in one transaction; `body` gives the object's id and what is said of it."""

        def reply(result: R) -> Reply:
            identity, said = body(result)
            return Reply(object_id=identity, answer=said)

        answer = await self.open(call, verb, reply)
        assert isinstance(answer, Answer), "its verb is done in one transaction"  # noqa: S101 - for the reader
        return answer

    async def close(self, call: Call[C], answer: Answer) -> Answer:
        """Write the answer of an open call down, and give it."""
        closing = Closing(owner=call.caller.owner, key=call.key, answer=answer)

        async def work(tx: Transaction) -> None:
            await close_calls(tx, [closing])

        await until_committed(self._database, work, what=call.action)
        return answer


def written(body: msgspec.Struct, *, status: int = 200) -> Answer:
    """A body as an answer."""
    return Answer(status=status, body=msgspec.json.encode(body))
