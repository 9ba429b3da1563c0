"""How does a bare ASGI application read a body and send an answer?"""

from litestar.types import HTTPScope, Receive, Send

LONGEST_BODY = 1_000_000


class TooLong(Exception):
    """The body is longer than we read."""


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request; raises `TooLong`."""
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


async def respond(
    send: Send,
    body: bytes,
    *,
    status: int = 200,
    content_type: str = "text/plain; charset=utf-8",
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    """Send one whole answer."""
    fixed = ((b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def header_of(scope: HTTPScope, name: bytes) -> str:
    """A request's header, or nothing."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return ""
