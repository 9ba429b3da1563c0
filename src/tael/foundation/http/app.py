"""How is an application made? One factory, so that every listener has the same manners.

Strict JSON, a limit on bodies, problem documents, a request id on every answer, metrics by route, a permission on
every route, security headers, and the OpenAPI 3.1 page.
"""

import re
from collections.abc import Sequence
from typing import Any

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tael import __version__
from tael.foundation.clock import monotonic_seconds
from tael.foundation.errors import Refusal
from tael.foundation.http.permissions import OPTION, PUBLIC, Authenticate, permission_guard
from tael.foundation.http.problems import accident_response, framework_response, refusal_response
from tael.foundation.ids import new_id
from tael.foundation.telemetry import HTTP_SECONDS

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.-]{1,64}")
_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]


class RouteWithoutPermission(Exception):
    """A route does not say who may call it."""


async def nobody(secret: str) -> Any:
    """An `authenticate` for listeners that have only public routes."""
    raise Refusal("No keys are accepted here.")


def make_app(
    routes: Sequence[HTTPRouteHandler],
    *,
    title: str,
    body_limit_bytes: int,
    authenticate: Authenticate = nobody,
    documented: bool = False,
) -> ASGIApp:
    """An ASGI application of `routes`, each of which names its permission in `opt`."""
    app = Litestar(
        route_handlers=list(routes),
        guards=[permission_guard(authenticate)],
        exception_handlers={
            Refusal: refusal_response,
            HTTPException: framework_response,
            Exception: accident_response,
        },
        request_max_body_size=body_limit_bytes,
        openapi_config=_openapi(title) if documented else None,
        on_app_init=[_every_route_names_its_permission],
        logging_config=None,
    )
    return _Envelope(app)


def _every_route_names_its_permission(config: AppConfig) -> AppConfig:
    for handler in config.route_handlers:
        if isinstance(handler, BaseRouteHandler) and OPTION not in handler.opt:
            raise RouteWithoutPermission(f"{handler} names no permission: say opt={{'permission': …}}")
    return config


def _openapi(title: str) -> OpenAPIConfig:
    return OpenAPIConfig(
        title=title,
        version=__version__,
        description="Amounts are whole numbers of minor units (fen, cents). Every POST takes an Idempotency-Key.",
        path="/openapi",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        security=[{"key": []}],
        components=Components(security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}),
        use_handler_docstrings=True,
    )


class _Envelope:
    """Around every request: its id, its time, and the headers that every answer carries."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = monotonic_seconds()
        request_id = _request_id(scope["headers"])
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], (b"x-request-id", request_id.encode())]
                named = {name for name, _ in headers}
                headers += [header for header in _HEADERS if header[0] not in named]
                message["headers"] = headers
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            route = scope.get("path_template") or "none"
            HTTP_SECONDS.labels(route, scope["method"], status).observe(monotonic_seconds() - started)


def _request_id(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """The caller's `X-Request-Id` if it is well formed, or a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value.decode("ascii")
    return new_id("req")


__all__ = ["PUBLIC", "RouteWithoutPermission", "make_app"]
