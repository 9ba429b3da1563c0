"""Which user is behind a request, in which circumstances do they ask, and for what?"""

from typing import Any, cast

import msgspec
from litestar import Request

from tael.behaviour.model import Circumstances
from tael.foundation.clock import Clock
from tael.foundation.http.permissions import principal_of
from tael.identity.api import UserPrincipal
from tael.identity.model import Visitor


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A command from outside: about whom, by whom and from where."""

    user_id: str
    """Empty where staff ask about a thing of which it is not known yet whose it is."""
    actor: str
    visitor: Visitor
    about: str
    command: msgspec.Struct
    proven: bool = False
    """Whether a user has shown in the last minutes something that they have."""


def me(request: Request[Any, Any, Any]) -> UserPrincipal:
    """The user who asks: a route with one of their permissions lets nobody else in."""
    return cast(UserPrincipal, principal_of(request))


def circumstances_of(request: Request[Any, Any, Any], clock: Clock) -> Circumstances:
    """From where and with what they ask."""
    return Circumstances(
        at=clock.now(),
        address=request.client.host if request.client else None,
        device_id=me(request).present.session.device_id,
        user_agent=request.headers.get("user-agent"),
    )
