"""How is an application made? One factory, so that every listener has the same manners.

Strict JSON, a limit on bodies, problem documents, a request id on every answer, metrics by route, a permission on
every route, security headers.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from litestar.types.internal_types import RouteHandlerMapItem
from prometheus_client import Histogram

from tael.foundation.clock import monotonic_seconds
from tael.foundation.errors import Unauthenticated
from tael.foundation.http.bodies import StrictRequest
from tael.foundation.http.parameters import refuse_unknown_query
from tael.foundation.http.permissions import (
    OPTION,
    PUBLIC,
    Admit,
    Authenticate,
    Connection,
    Guard,
    Principal,
    SecretOf,
    permission_guard,
)
from tael.foundation.http.problems import ProblemPage, problem_handlers
from tael.foundation.ids import new_id
from tael.foundation.telemetry import HTTP_SECONDS

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.-]{1,64}")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]
"""On every answer, unless its route says otherwise: money is nobody's to cache."""
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class _ByPath(dict[str, RouteHandlerMapItem]):
    """The handlers of one address by method, looked for when they are asked for."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        super().__init__()
        self._routes = routes

    def get(self, path: str, default: Any = None) -> Any:
        """Those of `path`."""
        return {
            method: handler
            for route in self._routes
            if route.path == path and isinstance(route, HTTPRoute)
            for handler in route.route_handlers
            for method in handler.http_methods
        } or default


class _Listener(Litestar):
    """Registers hundreds of routes in a moment: Litestar would make a map of all of them anew for each."""

    @property
    def route_handler_method_map(self) -> dict[str, RouteHandlerMapItem]:
        """What registering asks of the routes so far: those of one address."""
        return _ByPath(self.routes)


class RouteWithoutPermission(Exception):
    """A route does not say who may call it."""


async def nobody(_secret: str) -> Principal:
    """An `authenticate` for listeners that have only public routes."""
    raise Unauthenticated("No keys are accepted here.")


def make_app(
    routes: Sequence[HTTPRouteHandler],
    *,
    body_limit_bytes: int,
    authenticate: Authenticate = nobody,
    page: ProblemPage | None = None,
    session: SecretOf | None = None,
    admit: Admit | None = None,
    https: bool = False,
) -> ASGIApp:
    """An ASGI application of `routes`, each of which names its permission in `opt`.

    page    shows a refusal or an accident to a browser
    session finds the secret of somebody who is signed in at a browser
    admit   refuses a request of somebody who is known: because of its address, its signature, its number
    https   whether browsers reach us by https only; they are told to remember it
    """
    app = _Listener(
        route_handlers=list(routes),
        middleware=[
            DefineMiddleware(
                _Gate,
                guards=[permission_guard(authenticate, session, admit), refuse_unknown_query],
            )
        ],
        exception_handlers=problem_handlers(page),
        request_class=StrictRequest,
        request_max_body_size=body_limit_bytes,
        openapi_config=None,
        on_app_init=[_every_route_names_its_permission],
        logging_config=None,
    )
    return _Envelope(app, [*_HEADERS, _HTTPS_ONLY] if https else _HEADERS)


def _every_route_names_its_permission(config: AppConfig) -> AppConfig:
    for handler in config.route_handlers:
        if isinstance(handler, BaseRouteHandler) and OPTION not in handler.opt:
            raise RouteWithoutPermission(f"{handler} names no permission: say opt={{'permission': …}}")
    return config


class _Gate:
    """Before a route runs: may this caller have it, and does the request fit? Each guard may refuse.

    A guard may put something between the route and the caller, too, by the connection's `receive` and `send`.

    Guards handed to Litestar itself cost an eighth of a request: it copies the route for each of them.
    """

    def __init__(self, app: ASGIApp, guards: Sequence[Guard]) -> None:
        self.app = app
        self.guards = guards

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection: Connection = ASGIConnection(scope, receive, send)
        for guard in self.guards:
            await guard(connection, scope["route_handler"])
        await self.app(scope, connection.receive, connection.send)


class _Envelope:
    """Around every request: its id, its time, and the headers that every answer carries."""

    def __init__(self, app: ASGIApp, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        await self._answer(scope, receive, send)

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        started = monotonic_seconds()
        request_id = _request_id(scope["headers"])
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = scope["state"].get("headers", ())
                headers = [*message["headers"], (b"x-request-id", request_id.encode()), *said]
                named = {name for name, _ in headers}
                headers += [header for header in self.headers if header[0] not in named]
                message["headers"] = headers
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            route = scope.get("path_template") or "none"
            _seconds_of(route, scope["method"], status).observe(monotonic_seconds() - started)


@lru_cache(maxsize=4_096)
def _seconds_of(route: str, method: str, status: int) -> Histogram:
    """Where the time of such a request is counted: found once, as the library's own look-up takes longer than counting."""
    return HTTP_SECONDS.labels(route, method, status)


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's `X-Request-Id` if it is well formed, or a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value.decode("ascii")
    return new_id("req")


__all__ = ["PUBLIC", "RouteWithoutPermission", "make_app"]
