"""Who may call a route? Each route names one permission; a route that names none refuses to start.

The application hands in `authenticate`, which turns the secret of an `Authorization: Bearer` header into a
`Principal`, or refuses.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler

from tael.foundation.calls import Caller
from tael.foundation.errors import Forbidden, Unauthenticated

PUBLIC = "public"
"""The permission of routes that anybody may call."""
OPTION = "permission"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who is behind a request."""

    owner: str
    """The merchant whose data the request is about."""
    actor: str
    """Who acts for it, for the audit trail."""
    permissions: frozenset[str]
    stores: frozenset[str] = frozenset()
    """The only stores in which they act and look; none are named: everywhere. Keys are never limited."""
    withheld: frozenset[str] = frozenset()
    """What they would have, too, were it not for `withheld_because`."""
    withheld_because: Forbidden | None = None
    is_proven: bool = False
    """Whether a user has shown in the last minutes something that they have. Keys and staff prove themselves otherwise."""

    def why_not(self, permission: str) -> Forbidden:
        """Why they may not do this."""
        if self.withheld_because is not None and permission in self.withheld:
            return self.withheld_because
        return Forbidden(
            f"This needs the permission {permission}, which is not given.",
            hint="Use a key or a role that has it.",
            permission=permission,
        )


Authenticate = Callable[[str], Awaitable[Principal]]
Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
SecretOf = Callable[[Connection], str | None]
"""The secret behind a session, if a request carries one."""
Admit = Callable[[Connection, BaseRouteHandler, Principal], Awaitable[None]]
"""What a request must pass besides, once it is known who sends it."""


def permission_guard(
    authenticate: Authenticate, session: SecretOf | None = None, admit: Admit | None = None
) -> Guard:
    """A guard for the whole application: finds out who calls, and whether they may.

    session   of people at a browser, who send no Authorization header
    """

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if is_public(connection, handler):
            return
        needed = handler.opt[OPTION]
        header = connection.headers.get("authorization")
        secret = session(connection) if session is not None and header is None else None
        principal = await authenticate(secret or _bearer(header))
        if admit is not None:
            await admit(connection, handler, principal)
        if needed not in principal.permissions:
            raise principal.why_not(needed)
        connection.scope["user"] = principal

    return guard


def is_public(connection: Connection, handler: BaseRouteHandler) -> bool:
    """Whether anybody may call; what methods an address has (OPTIONS, which the framework answers) is no secret."""
    return connection.scope.get("method") == "OPTIONS" or handler.opt[OPTION] == PUBLIC


def principal_of(request: Request[Any, Any, Any]) -> Principal:
    """Who is behind a request that passed the guard."""
    principal: Principal = request.scope["user"]
    return principal


def caller_of(request: Request[Any, Any, Any]) -> Caller:
    """The caller of a request that passed the guard."""
    principal = principal_of(request)
    return Caller(
        owner=principal.owner,
        actor=principal.actor,
        request_id=request.scope["state"]["request_id"],
        remote_address=request.client.host if request.client else None,
    )


def _bearer(header: str | None) -> str:
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Unauthenticated(
            "The Authorization header is missing.",
            field="Authorization",
            hint="Send `Authorization: Bearer` and your API key; a user signs in, and sends the token of the session.",
        )
    return secret.strip()
