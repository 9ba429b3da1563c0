"""How does a test ask an application without a network between? Straight through ASGI, a millisecond a request."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.types import ASGIApp

from tael.testing.platform import Reply


async def ask(
    app: ASGIApp, method: str, target: str, *, headers: Mapping[str, str], body: bytes = b""
) -> Reply:
    """The answer of an application to a request for `target`, a path with its query."""
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 40_000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]  # a dict is all that a scope is
    start = next(each for each in sent if each["type"] == "http.response.start")
    whole = b"".join(each.get("body", b"") for each in sent if each["type"] == "http.response.body")
    found = {name.decode().title(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], found, whole)


async def document_of(app: ASGIApp, *, at: str = "") -> Any:
    """The OpenAPI document of a listener; `at` an address, if it has several."""
    return msgspec.json.decode((await ask(app, "GET", f"{at}/openapi.json", headers={})).raw)
