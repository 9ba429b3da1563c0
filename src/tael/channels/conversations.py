"""How is a connector's conversation carried on? Step by step, with the channel's wire and its signer, until its time is over."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, cast

import msgspec

from tael.channels.errors import NoAnswer
from tael.channels.port import Conversation, HttpRequest, HttpResponse, Reply, Signed, SignOnce, Step

T = TypeVar("T")


class Wire(Protocol):
    """Whatever carries one message and its answer; raises `NoAnswer` if no whole answer comes."""

    async def send(self, request: HttpRequest, *, timeout_seconds: float | None = None) -> HttpResponse:
        """One exchange."""
        ...


class Signer(Protocol):
    """Whoever holds a channel's private keys for transactions."""

    async def sign_once(self, wanted: SignOnce) -> Signed:
        """The transaction for a number: made when it is first asked for, the same bytes ever after."""
        ...


class NoSigner(Exception):
    """The conversation wants a transaction signed, and the channel has no signer."""


Seen = Callable[[HttpRequest, HttpResponse], None]


class _End(msgspec.Struct, Generic[T], frozen=True):
    result: T


async def carry_on(
    conversation: Conversation[T],
    wire: Wire,
    *,
    signer: Signer | None = None,
    timeout_seconds: float | None = None,
    seen: Seen | None = None,
    aside: bool = False,
) -> T:
    """What the conversation came to; raises what `wire` raises. `seen` hears of each exchange.

    `timeout_seconds` is for the whole conversation, however many messages and signatures it takes and however slowly
    an answer drips; after that it ends with `NoAnswer`. `aside`: answers are long, and read in a thread; one that is being
    read when the time is over is read to its end, and nobody waits for it.
    """

    async def take(step: Step) -> Reply:
        if isinstance(step, SignOnce):
            if signer is None:
                raise NoSigner(step.number)
            return await signer.sign_once(step)
        if not isinstance(step, HttpRequest):
            raise TypeError(f"a step is a message or a signature, not {type(step).__name__}")
        response = await wire.send(step)
        if seen is not None:
            seen(step, response)
        return response

    limit = asyncio.timeout(timeout_seconds)
    try:
        async with limit:
            step = _on(conversation, None)
            while not isinstance(step, _End):
                reply = await take(step)
                step = (
                    await asyncio.to_thread(_on, conversation, reply) if aside else _on(conversation, reply)
                )
            return step.result
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise NoAnswer("no answer in time") from error
    finally:
        with contextlib.suppress(ValueError) if aside else contextlib.nullcontext():
            conversation.close()  # in a thread that still reads, it cannot be


def _on(conversation: Conversation[T], reply: Reply | None) -> Step | _End[T]:
    """What the connector says next."""
    try:
        return conversation.send(cast(Any, reply))
    except StopIteration as end:
        return _End(end.value)
