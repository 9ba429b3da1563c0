"""Which address does what? A bare ASGI application: the gateway's route is on a benchmark's path."""

import asyncio
from urllib.parse import parse_qs, parse_qsl

import msgspec
from litestar.types import HTTPScope, Receive, Send

from tael.simulators.alipay.control import Control, ControlRefused
from tael.simulators.alipay.gateway import CHARSETS, Gateway
from tael.simulators.alipay.pages import STATIC, Pages, language_of
from tael.simulators.alipay.wire import TooLong, header_of, read_body, respond

GATEWAY = "/gateway.do"
CONNECTION = "tael.connection"
"""The ASGI extension with which `server` lets us drop a connection without an answer."""

_SECURITY = (
    (
        b"content-security-policy",
        b"; ".join(
            (
                b"default-src 'none'",
                b"style-src 'self'",
                b"img-src 'self'",
                b"form-action 'self'",
                b"base-uri 'none'",
                b"frame-ancestors 'none'",
            )
        ),
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)
_JSON = "application/json"
_HTML = "text/html; charset=utf-8"


class Application:
    """Routes requests; speaks HTTP only."""

    def __init__(self, *, gateway: Gateway, control: Control, pages: Pages) -> None:
        self._gateway = gateway
        self._control = control
        self._pages = pages

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._route(scope, receive, send)
        except TooLong:
            await respond(send, b"too long", status=413)

    async def _route(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path == GATEWAY:
            await self._answer_gateway(scope, receive, send)
        elif path.startswith("/_control/"):
            await self._answer_control(method, path.removeprefix("/_control/"), receive, send)
        elif path in STATIC:
            content_type, body = STATIC[path]
            await respond(send, body, content_type=content_type)
        elif method == "POST" and header_of(scope, b"sec-fetch-site") in ("cross-site", "same-site"):
            await respond(send, b"forms are taken from our own pages only", status=403)
        else:
            await self._answer_page(scope, receive, send)

    async def _answer_gateway(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        reply = self._gateway.answer(parameters_of(scope["query_string"], await read_body(receive)))
        if reply.delay_seconds:
            await asyncio.sleep(reply.delay_seconds)
        if reply.lost:
            await _drop(scope)
        else:
            await respond(send, reply.body, content_type=f"text/html;charset={reply.charset}")

    async def _answer_control(self, method: str, path: str, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        try:
            answer = msgspec.json.encode(self._control.answer(method, path, body))
        except ControlRefused as refused:
            problem = msgspec.json.encode({"error": refused.message})
            await respond(send, problem, status=refused.status, content_type=_JSON)
        else:
            await respond(send, answer, content_type=_JSON)

    async def _answer_page(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        query = parse_qs(scope["query_string"].decode("latin-1"))
        language = language_of(query.get("lang", [""])[0], header_of(scope, b"accept-language"))
        code = path.removeprefix("/pay/")
        is_code = path.startswith("/pay/") and code.isascii() and code.isalnum()
        if is_code and method == "POST":
            await _see_other(send, self._pages.payer_acts(code, await read_body(receive)))
        elif is_code:
            status, page = self._pages.payer(code, language=language, declined="declined" in query)
            await respond(send, page, status=status, content_type=_HTML, headers=_SECURITY)
        elif path == "/faults" and method == "POST":
            await _see_other(send, self._pages.operator_acts(await read_body(receive)))
        elif path == "/":
            page = self._pages.operator(language=language)
            await respond(send, page, content_type=_HTML, headers=_SECURITY)
        else:
            await respond(send, b"there is nothing here", status=404)


def parameters_of(query: bytes, body: bytes) -> dict[str, str]:
    """The parameters of a call, from the query and the form together, in the charset that they name."""
    text = (query + b"&" + body).decode("latin-1")
    named = parse_qs(text[:10_000]).get("charset", ["utf-8"])[0].lower()
    charset = CHARSETS.get(named, "utf-8")
    return dict(parse_qsl(text, keep_blank_values=True, encoding=charset, errors="replace"))


async def _see_other(send: Send, location: str) -> None:
    await respond(send, b"", status=303, headers=((b"location", location.encode()),))


async def _drop(scope: HTTPScope) -> None:
    """End the connection without an answer."""
    extensions = scope.get("extensions") or {}
    abort = extensions.get(CONNECTION, {}).get("abort")
    if callable(abort):
        abort()
    await asyncio.sleep(0)
