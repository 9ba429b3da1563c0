"""How does a call reach Tael, and what if the network fails? The same call is sent again, until there is an answer.

Every call can be repeated: what changes something goes under an Idempotency-Key, which stays the same over all tries,
so it takes effect once. How it goes is written once, as a generator of steps; whether a step blocks or is awaited is
up to who takes it.
"""

import random
import re
from collections.abc import Generator, Mapping
from typing import Any, BinaryIO, Protocol, TypeVar, cast

import httpx
import msgspec

from tael import __version__
from tael.client.calls import JSON, Call
from tael.client.errors import BY_CODE
from tael.client.refusals import NotUnderstood, Refused, Unreachable, kind_of
from tael.foundation.clock import monotonic_seconds

T = TypeVar("T")

TIMEOUT_SECONDS = 15.0
"""How long one try may take."""
PATIENCE_SECONDS = 60.0
"""How long a call is sent again while nobody answers, or the answer is "not now"."""
USER_AGENT = f"tael-python/{__version__} httpx/{httpx.__version__}"
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 5.0
_VISIBLE = re.compile(r"[!-~]+")
_PROBLEM = "application/problem+json"
_IN_FLIGHT = "idempotency_in_flight"
"""The first try is still at work: its answer is to be asked for once more."""


class Signer(Protocol):
    """Signs requests; see `tael.client.signing`."""

    def sign(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, str]:
        """The headers that a signature needs besides `headers`."""
        ...


class Pause(msgspec.Struct, frozen=True):
    """Wait."""

    seconds: float


class Try(msgspec.Struct, frozen=True):
    """Send this; its outcome is an answer, or that there was none."""

    request: httpx.Request
    into: BinaryIO | None


Outcome = httpx.Response | httpx.TransportError
Steps = Generator[Try | Pause, Any, T]
"""What is to be done, step by step, for a result."""


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """How calls of one client are sent."""

    url: str
    headers: Mapping[str, str]
    signer: Signer | None
    timeout_seconds: float
    patience_seconds: float

    def __repr__(self) -> str:
        """Without the key, which nobody should find in a log."""
        return f"Wire({self.url!r})"

    def sending(self, call: Call[T]) -> Steps[T]:
        """The steps to the answer of a call; raises `Refused`, `Unreachable`."""
        deadline = monotonic_seconds() + self.patience_seconds
        longest = _FIRST_PAUSE_SECONDS
        while True:
            left = deadline - monotonic_seconds()
            outcome: Outcome = yield Try(self._request(call, min(self.timeout_seconds, left)), call.into)
            seconds = _pause_after(outcome, longest)
            if seconds is None or monotonic_seconds() + seconds >= deadline:
                return _read(call, outcome)
            longest = min(longest * 2, _LONGEST_PAUSE_SECONDS)
            yield Pause(seconds)

    def _request(self, call: Call[Any], timeout_seconds: float) -> httpx.Request:
        """The call as it goes out, signed anew each time: a signature is good once."""
        headers = dict(self.headers)
        if call.body is not None:
            headers["Content-Type"] = JSON
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        url = httpx.URL(self.url + call.path, params=dict(call.query) or None)
        if self.signer is not None:
            headers |= self.signer.sign(call.method, str(url), headers, call.body)
        timeout = httpx.Timeout(max(timeout_seconds, 0.001)).as_dict()
        return httpx.Request(
            call.method, url, headers=headers, content=call.body, extensions={"timeout": timeout}
        )


def wire(
    url: str,
    key: str,
    *,
    version: str | None = None,
    signer: Signer | None = None,
    timeout_seconds: float,
    patience_seconds: float,
) -> Wire:
    """How a client with this key sends."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is no address: it begins with https://, or http:// on your own machine.")
    if not _VISIBLE.fullmatch(key):
        raise ValueError("This is no key: it has a space or a line break in it, or nothing at all.")
    headers = {"Authorization": f"Bearer {key}", "User-Agent": USER_AGENT, "Accept": "*/*"}
    if version is not None:
        headers["Tael-Version"] = version
    return Wire(
        url=url.rstrip("/"),
        headers=headers,
        signer=signer,
        timeout_seconds=timeout_seconds,
        patience_seconds=patience_seconds,
    )


def _pause_after(outcome: Outcome, longest: float) -> float | None:
    """Seconds to wait before the same call is sent again; `None` if this was its outcome."""
    jittered = longest * random.uniform(0.5, 1.0)
    if not isinstance(outcome, httpx.Response):
        return jittered
    asked = outcome.headers.get("Retry-After", "")
    wanted = max(float(asked), jittered) if asked.isdecimal() else jittered
    match outcome.status_code:
        case 202 if _is_problem(outcome):
            return wanted
        case 409 if _problem(outcome).get("code") == _IN_FLIGHT:
            return wanted
        case 429 | 500 | 502 | 503 | 504:
            return wanted
        case _:
            return None


def _read(call: Call[T], outcome: Outcome) -> T:
    """The answer; raises the refusal that it is, or that there was none."""
    if isinstance(outcome, httpx.TransportError):
        raise Unreachable(
            f"{call.method} {call.path}: {outcome!r}", idempotency_key=call.idempotency_key
        ) from outcome
    if outcome.is_error or _is_problem(outcome):
        raise refused(outcome)
    if not outcome.is_success:
        raise NotUnderstood(f"{call.method} {call.path}: {outcome.status_code} leads elsewhere")
    if call.into is not None:
        return cast(T, call.into)
    if call.answer is bytes:
        return cast(T, outcome.content)
    try:
        return msgspec.json.decode(outcome.content, type=call.answer)
    except msgspec.MsgspecError as error:
        raise NotUnderstood(f"{call.method} {call.path}: {error}") from error


def refused(answer: httpx.Response) -> Refused:
    """The refusal that an answer is, by its code, or else by its status."""
    problem = _problem(answer) or {"title": f"{answer.status_code} {answer.reason_phrase}"}
    kind = BY_CODE.get(problem.get("code", ""), kind_of(answer.status_code))
    return kind(answer.status_code, problem, request_id=answer.headers.get("X-Request-Id"))


def _is_problem(answer: httpx.Response) -> bool:
    return str(answer.headers.get("Content-Type", "")).startswith(_PROBLEM)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem document; empty if it is none, as when a proxy answers."""
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any]) if _is_problem(answer) else {}
    except msgspec.MsgspecError:
        return {}
