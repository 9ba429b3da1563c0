"""How does a call reach Tael, and what if the network fails? The same call is sent again: every call can be repeated.

Posting an entry is idempotent by its id, opening an account by its name, so a lost answer is asked for again and not
guessed. What was refused is raised as `Refused`, with the code, the field and the hint of the problem document.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Generic, Self, TypeVar, cast

import httpx
import msgspec

from tael.foundation.clock import monotonic_seconds
from tael.foundation.http.pages import Page

T = TypeVar("T")

TIMEOUT_SECONDS = 10.0
"""How long one try may take."""
PATIENCE_SECONDS = 30.0
"""How long a call is sent again while nobody answers, or the answer is "not now"."""
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 2.0
_UNKNOWN = 202
"""Tael does not know yet whether it was done: the same call tells later."""
_NOT_NOW = frozenset({_UNKNOWN, 429, 502, 503, 504})
"""Statuses after which the same call is sent again."""


class Refused(Exception):
    """Tael understood the call and said no. Sent again as it is, it would be refused again."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code: str = problem.get("code", "unknown")
        """Stable, such as `ledger.limit_passed`; the reference lists them all."""
        self.field: str | None = problem.get("field")
        """Which field of the request was wrong."""
        self.hint: str | None = problem.get("hint")
        """What can be done about it."""
        self.problem = problem
        """The whole problem document (RFC 9457)."""
        super().__init__(f"{self.code}: {problem.get('detail') or problem.get('title')}")


class Unreachable(Exception):
    """No answer came for as long as we had patience, or only "not now" and "not known yet".

    Nothing is said about whether the call took effect: sent again, the same call tells.
    """


class Call(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One call as it goes over the wire, and the type of its answer; `bytes` are given as they are."""

    method: str
    path: str
    answer: type[T]
    query: Mapping[str, str] = {}
    body: bytes | None = None
    content_type: str = "application/json"
    lines: bool = False
    """Whether the answer is a list that comes line by line."""

    def page_after(self, cursor: str) -> "Call[T]":
        """The call for the next page."""
        return msgspec.structs.replace(self, query={**self.query, "cursor": cursor})

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """The call as `client` sends it."""
        headers = {} if self.body is None else {"Content-Type": self.content_type}
        return client.build_request(
            self.method, self.path, params=dict(self.query), content=self.body, headers=headers
        )


Outcome = httpx.Response | httpx.TransportError


class _Patience:
    """How long to go on, and how long to wait before the next try."""

    def __init__(self, seconds: float) -> None:
        self._deadline = monotonic_seconds() + seconds
        self._pause = _FIRST_PAUSE_SECONDS

    def pause_after(self, outcome: Outcome) -> float | None:
        """Seconds to wait before the same call is sent again; `None` if this was its outcome."""
        seconds = self._pause * random.uniform(0.5, 1.0)
        if isinstance(outcome, httpx.Response):
            if outcome.status_code not in _NOT_NOW:
                return None
            asked = outcome.headers.get("Retry-After", "")
            seconds = float(asked) if asked.isdigit() else seconds
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
        return seconds if monotonic_seconds() + seconds < self._deadline else None


def _read(call: Call[T], outcome: Outcome) -> T:
    """The answer; raises the refusal that it is, or that there was none."""
    if isinstance(outcome, httpx.TransportError):
        raise Unreachable(f"{call.method} {call.path}: {outcome!r}") from outcome
    if outcome.status_code in _NOT_NOW:
        raise Unreachable(f"{call.method} {call.path}: {outcome.status_code} {outcome.text[:500]}")
    if outcome.is_error:
        try:
            problem = msgspec.json.decode(outcome.content, type=dict[str, Any])
        except msgspec.MsgspecError:
            problem = {"title": outcome.reason_phrase}
        raise Refused(outcome.status_code, problem)
    if call.answer is bytes:
        return cast(T, outcome.content)
    if call.lines:
        return msgspec.convert(msgspec.json.Decoder().decode_lines(outcome.content), call.answer)
    return msgspec.json.decode(outcome.content, type=call.answer)


class Client:
    """Sends calls and waits for their answers. Use it in a `with` block, or `close` it."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._client = httpx.Client(base_url=url, headers=_authorization(key), timeout=timeout_seconds)

    def send(self, call: Call[T]) -> T:
        """The answer; raises `Refused`, `Unreachable`."""
        patience = _Patience(self._patience_seconds)
        while True:
            outcome = self._try(call)
            pause = patience.pause_after(outcome)
            if pause is None:
                return _read(call, outcome)
            time.sleep(pause)

    def _try(self, call: Call[Any]) -> Outcome:
        try:
            return self._client.send(call.request(self._client))
        except httpx.TransportError as error:
            return error

    def every(self, pages: Call[Page[T]]) -> Iterator[T]:
        """Every item of a list, page after page."""
        wanted = pages
        while True:
            page = self.send(wanted)
            yield from page.items
            if page.next_cursor is None:
                return
            wanted = pages.page_after(page.next_cursor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._client.close()


class AsyncClient:
    """The same inside an event loop."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._client = httpx.AsyncClient(base_url=url, headers=_authorization(key), timeout=timeout_seconds)

    async def send(self, call: Call[T]) -> T:
        """The answer; raises `Refused`, `Unreachable`."""
        patience = _Patience(self._patience_seconds)
        while True:
            outcome = await self._try(call)
            pause = patience.pause_after(outcome)
            if pause is None:
                return _read(call, outcome)
            await asyncio.sleep(pause)

    async def _try(self, call: Call[Any]) -> Outcome:
        try:
            return await self._client.send(call.request(self._client))
        except httpx.TransportError as error:
            return error

    async def every(self, pages: Call[Page[T]]) -> AsyncIterator[T]:
        """Every item of a list, page after page."""
        wanted = pages
        while True:
            page = await self.send(wanted)
            for item in page.items:
                yield item
            if page.next_cursor is None:
                return
            wanted = pages.page_after(page.next_cursor)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()


def _authorization(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
