"""How does a bare ASGI application read a call and send an answer?"""

from collections.abc import Mapping
from urllib.parse import parse_qs

import msgspec
from litestar.types import HTTPScope, Receive, Send

LONGEST_BODY = 8_000_000


class TooLong(Exception):
    """The body is longer than we read."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, as it came."""

    method: str
    path: str
    """Percent-decoded; `raw_path` is what a signature covers."""
    raw_path: str
    query: str
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes

    @property
    def target(self) -> str:
        """Path and query as they were written."""
        return f"{self.raw_path}?{self.query}" if self.query else self.raw_path

    def asked(self, name: str) -> str:
        """A parameter of the query, or nothing."""
        return parse_qs(self.query).get(name, [""])[0]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP answer, and by which names fault switches know the call."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    """Empty for none."""
    headers: Mapping[str, str] = {}
    order: str = ""
    """Our number of what the call was about."""
    method: str = ""
    """The channel's name of the call: `alipay.trade.query`, `POST /v1/refunds`."""


async def read_call(scope: HTTPScope, receive: Receive) -> Call:
    """The whole request; raises `TooLong`."""
    path = scope["path"]
    raw_path = scope.get("raw_path") or path.encode()
    if path.startswith("http://"):
        path = "/" + path.removeprefix("http://").partition("/")[2]
        raw_path = path.encode()
    return Call(
        method=scope["method"],
        path=path,
        raw_path=raw_path.decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=await _read_body(receive),
    )


async def _read_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message["body"])
        length += len(message["body"])
        if length > LONGEST_BODY:
            raise TooLong
        if not message["more_body"]:
            return b"".join(parts)


async def respond(send: Send, answer: Answer, *, only_half: bool = False) -> None:
    """Send the answer, or its head and half of its body."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.content_type:
        headers.append((b"content-type", answer.content_type.encode()))
    headers.append((b"content-length", str(len(answer.body)).encode()))
    if answer.status == 204:
        headers = [(name, value) for name, value in headers if name != b"content-length"]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if only_half:
        half = answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
    else:
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})


def plain(text: str, *, status: int = 200) -> Answer:
    """A few words."""
    return Answer(status=status, content_type="text/plain; charset=utf-8", body=text.encode())
