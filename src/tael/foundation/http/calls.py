"""How do calls come in and answers go out? One header in, bytes out."""

from typing import Annotated, Any, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.params import HeaderParameter
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from tael.foundation.calls import Answer, Call
from tael.foundation.http.permissions import caller_of
from tael.foundation.problems import PROBLEM_JSON

_JSON, _PROBLEM = b"application/json", PROBLEM_JSON.encode()

IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Your own name for this request, 1 to 128 visible ASCII characters: "
        "repeated with the same name, it has one effect and one answer",
    ),
]

C = TypeVar("C", bound=msgspec.Struct)


class OnObject(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with what it is about: what a repeat must repeat."""

    object_id: str
    request: msgspec.Struct | None = None


def a_call(
    request: Request[Any, Any, Any],
    action: str,
    key: str,
    said: msgspec.Struct | None,
    command: C,
    *,
    about: str = "",
) -> Call[C]:
    """A call under the caller's key.

    said    the body of the request; none if it has none
    about   the id of an object that its address names
    """
    asked = OnObject(object_id=about, request=said) if about or said is None else said
    return Call(caller=caller_of(request), action=action, key=key, request=asked, command=command)


class WrittenResponse(Response[bytes]):
    """An answer that is written already: it goes out as it is.

    Past Litestar's own response, which would think about cookies, encodings and templates for a fifth of a request.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    @property
    def lines(self) -> list[tuple[bytes, bytes]]:
        """The header lines."""
        lines = [
            (b"content-type", _PROBLEM if self.answer.status >= 400 else _JSON),
            (b"content-length", b"%d" % len(self.answer.body)),
        ]
        if self.answer.replayed:
            lines.append((b"idempotent-replayed", b"true"))
        if self.answer.retry_after_seconds is not None:
            lines.append((b"retry-after", b"%d" % self.answer.retry_after_seconds))
        return lines

    def to_asgi_response(self, *_: object, **__: object) -> ASGIResponse:
        """Itself, ready to be sent."""
        return cast(ASGIResponse, self._send)

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.answer.status, "headers": self.lines})
        await send({"type": "http.response.body", "body": self.answer.body, "more_body": False})


def respond(answer: Answer) -> WrittenResponse:
    """The answer as it was written down, byte for byte."""
    return WrittenResponse(answer)
