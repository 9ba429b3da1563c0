"""Who calls Tael? A client with a key, blocking or in an event loop; each is good for many calls, and for threads."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

import httpx

from tael.client.api import Api
from tael.client.bound import AsyncPages, Awaited, Blocking, Pages
from tael.client.calls import Call, Page
from tael.client.ledger import Books
from tael.client.sending import (
    PATIENCE_SECONDS,
    TIMEOUT_SECONDS,
    Outcome,
    Pause,
    Signer,
    Steps,
    Try,
    Wire,
    wire,
)
from tael.client.version import VERSION

T = TypeVar("T")

TEST_KEY = "tael_test_"
"""How keys of test mode begin."""


class BlockingClient:
    """Sends calls and waits for their answers. Use it in a `with` block, or `close` it."""

    def __init__(self, wire: Wire, http: httpx.Client | None) -> None:
        self._wire = wire
        self._http = http or httpx.Client()

    def send(self, call: Call[T]) -> T:
        """The answer to a call; raises `errors.Refused`, `errors.Unreachable`."""
        return self.take(self._wire.sending(call))

    def sending(self, call: Call[T]) -> Steps[T]:
        """The steps to the answer."""
        return self._wire.sending(call)

    def take(self, steps: Steps[T]) -> T:
        """Take every step, and give what they lead to."""
        outcome: Outcome | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # what a generator returns is not typed
            outcome = self._outcome(step)

    def _outcome(self, step: Try | Pause) -> Outcome | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            answer = self._http.send(step.request, stream=step.into is not None)
            if step.into is not None:
                try:
                    if answer.is_success:
                        step.into.truncate(step.into.seek(0))
                        for part in answer.iter_bytes():
                            step.into.write(part)
                    else:
                        answer.read()
                finally:
                    answer.close()
        except httpx.TransportError as error:
            return error
        return answer

    def pages(self, first: Call[Page[T]]) -> Pages[T]:
        """Everything in a list, from this page on."""
        return Pages(self, first)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._http.close()


class AwaitedClient:
    """The same inside an event loop: `async with`, `await`, `async for`."""

    def __init__(self, wire: Wire, http: httpx.AsyncClient | None) -> None:
        self._wire = wire
        self._http = http or httpx.AsyncClient()

    def send(self, call: Call[T]) -> Coroutine[Any, Any, T]:
        """The answer to a call; raises `errors.Refused`, `errors.Unreachable`."""
        return self.take(self._wire.sending(call))

    def sending(self, call: Call[T]) -> Steps[T]:
        """The steps to the answer."""
        return self._wire.sending(call)

    async def take(self, steps: Steps[T]) -> T:
        """Take every step, and give what they lead to."""
        outcome: Outcome | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # what a generator returns is not typed
            outcome = await self._outcome(step)

    async def _outcome(self, step: Try | Pause) -> Outcome | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            answer = await self._http.send(step.request, stream=step.into is not None)
            if step.into is not None:
                try:
                    if answer.is_success:
                        step.into.truncate(step.into.seek(0))
                        async for part in answer.aiter_bytes():
                            step.into.write(part)
                    else:
                        await answer.aread()
                finally:
                    await answer.aclose()
        except httpx.TransportError as error:
            return error
        return answer

    def pages(self, first: Call[Page[T]]) -> AsyncPages[T]:
        """Everything in a list, from this page on."""
        return AsyncPages(self, first)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()


class Tael(BlockingClient, Api[Blocking]):
    """The API for merchants.

    url               where Tael is, such as `https://pay.example.com`
    key               `tael_…`, or `tael_test_…` for test mode
    timeout_seconds   how long one try may wait for bytes of an answer
    patience_seconds  how long a call is sent again before it is given up
    signer            signs each request; see `tael.client.signing`
    http              your own `httpx` client, for a proxy or certificates of your own
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        signer: Signer | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.test_mode = key.startswith(TEST_KEY)
        """Whether no real money moves."""
        how = wire(
            url,
            key,
            version=VERSION,
            signer=signer,
            timeout_seconds=timeout_seconds,
            patience_seconds=patience_seconds,
        )
        BlockingClient.__init__(self, how, http)
        Api.__init__(self, self)


class AsyncTael(AwaitedClient, Api[Awaited]):
    """The same as `Tael`, inside an event loop."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        signer: Signer | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.test_mode = key.startswith(TEST_KEY)
        """Whether no real money moves."""
        how = wire(
            url,
            key,
            version=VERSION,
            signer=signer,
            timeout_seconds=timeout_seconds,
            patience_seconds=patience_seconds,
        )
        AwaitedClient.__init__(self, how, http)
        Api.__init__(self, self)


class Ledger(BlockingClient, Books[Blocking]):
    """The ledger's own API (`tael run ledger`), with a key of `tael ledger keys create`."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        http: httpx.Client | None = None,
    ) -> None:
        BlockingClient.__init__(
            self, wire(url, key, timeout_seconds=timeout_seconds, patience_seconds=patience_seconds), http
        )
        Books.__init__(self, self)


class AsyncLedger(AwaitedClient, Books[Awaited]):
    """The same as `Ledger`, inside an event loop."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        AwaitedClient.__init__(
            self, wire(url, key, timeout_seconds=timeout_seconds, patience_seconds=patience_seconds), http
        )
        Books.__init__(self, self)
