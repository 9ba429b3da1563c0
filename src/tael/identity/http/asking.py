"""What do all these routes stand on? Who asks, from where, one answer for each key, and what other contexts know of them.

A call is kept to know its repeats. What is kept of these says nothing secret: a request without its secrets, an answer
without what is shown once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from litestar import Request, Response

from tael.foundation.calls import Answer, Call, is_known
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Unauthenticated
from tael.foundation.http.calls import respond
from tael.foundation.http.permissions import caller_of, principal_of
from tael.identity.api import Identity, UserPrincipal, device_of
from tael.identity.errors import WRONG_PROOFS
from tael.identity.model import Present, Visitor

LOOK, MANAGE = "user.basic", "user.management"
TAGS = ["Security"]

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What these routes need of others."""

    database: Database
    clock: Clock
    send: Callable[[Transaction, str, str, Mapping[str, str]], Awaitable[None]]
    """Send a user a one-time code, once the transaction has committed; with the words of the act that it confirms, if any."""
    known_of: Callable[[str], Awaitable[Sequence[str]]]
    """What others know of a user: no password is made of that. Telephone number, document number."""
    called: Callable[[str], Awaitable[str]]
    """How a user knows themselves again on the list of a phone's passkeys: the masked number."""


class Said(msgspec.Struct, frozen=True):
    """What a request was about, and what it said that is no secret: a repeat must say the same of the same."""

    about: str
    body: Any = None


class _Nothing(msgspec.Struct, frozen=True):
    """The command of a call whose verb knows everything."""


class Work(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a route does."""

    action: str
    said: Said
    ready: Callable[[], Awaitable[T]]
    """What is slow, or may be refused before anything is written. Not asked of a repeat."""
    act: Callable[[Transaction, T], Awaitable[tuple[str, object]]]
    """In one transaction with the answer: the id of what came of it, and what is said of it."""
    refused: Callable[[Transaction, T], Awaitable[None]] | None = None
    """If what was shown is wrong: what is written down of that beside the answer. Nothing else of `act` stays."""


class Desk:
    """The same for every route."""

    def __init__(self, identity: Identity, around: Around) -> None:
        self.identity = identity
        self.around = around
        self._clerk = Clerk(around.database, around.clock)

    async def answer(self, request: AnyRequest, key: str, work: Work[T], *, status: int = 200) -> Answer:
        """One effect and one answer for each key."""
        call = Call(
            caller=caller_of(request),
            action=f"identity.{work.action}",
            key=key,
            request=work.said,
            command=_Nothing(),
        )
        async with self.around.database.transaction() as tx:
            known = await is_known(tx, call)
        ready = None if known else await work.ready()

        async def verb(tx: Transaction, _: _Nothing) -> Any:
            try:
                async with tx.connection.transaction():
                    return await work.act(tx, ready)  # type: ignore[arg-type]  # of a repeat, it is not called
            except WRONG_PROOFS as refusal:
                if work.refused is None:
                    raise
                await work.refused(tx, ready)  # type: ignore[arg-type]  # likewise
                return refusal  # given, not raised: what was written of it stays

        return await self._clerk.answer(call, verb, shown=lambda result: result, status=status)

    async def respond(
        self, request: AnyRequest, key: str, work: Work[T], *, status: int = 200
    ) -> Response[Any]:
        """The same as what goes out."""
        return respond(await self.answer(request, key, work, status=status))


async def nothing() -> None:
    """Nothing has to be ready."""


def present_of(request: AnyRequest) -> Present:
    """Who asks, and in which session; refuses `Unauthenticated` where nobody's session stands behind it."""
    principal = principal_of(request)
    if not isinstance(principal, UserPrincipal):
        raise Unauthenticated("This is for users who are signed in.", hint="Sign in, and send the token.")
    return principal.present


def visitor_of(request: AnyRequest) -> Visitor:
    """From where. Without the request's id: the line of the call has it, and there is one line for each request."""
    return Visitor(
        device=request.headers.get("user-agent", ""),
        address=request.client.host if request.client else "",
        device_id=device_of(request.scope.get("user")),
    )
