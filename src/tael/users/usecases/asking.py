"""Which user is behind a request, and in which circumstances do they ask?"""

from typing import Any, cast

from litestar import Request

from tael.behaviour.model import Circumstances
from tael.foundation.clock import Clock
from tael.foundation.http.permissions import principal_of
from tael.identity.api import UserPrincipal


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
