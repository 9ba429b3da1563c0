"""How does a browser say whose session it has? By a cookie with a token, believed on the pages of its own surface only.

For changes it is believed only if the browser says that our own page sent them. The forms of a session hold a token made of
the session's and of whom they are about: what was filled in for one does nothing for another.
"""

import hashlib
import hmac

import msgspec
from litestar.datastructures import Cookie

from tael.foundation.http.permissions import Connection
from tael.identity.api import device_of
from tael.identity.model import Visitor
from tael.web.ui.acting import is_our_own
from tael.web.ui.pages import PageRequest

_SAFE = ("GET", "HEAD")
_LONGEST = 100


class SessionCookie(msgspec.Struct, frozen=True, kw_only=True):
    """The cookie of one surface."""

    name: str
    home: str
    """What the addresses of the surface begin with."""
    seconds: int
    """How long a browser keeps it."""

    def token_of(self, connection: Connection) -> str:
        """The token that a browser sends, if any."""
        token = connection.cookies.get(self.name, "")
        return token if len(token) <= _LONGEST else ""

    def believed(self, connection: Connection) -> str:
        """The token of a request to a page of this surface, if what it asks for may be done for it; else nothing."""
        path = str(connection.scope["path"])
        if not (path == self.home or path.startswith(f"{self.home}/")):
            return ""
        if connection.scope.get("method") not in _SAFE and not is_our_own(connection):
            return ""
        return self.token_of(connection)

    def with_token(self, token: str, *, secure: bool) -> Cookie:
        """The cookie for a browser; an empty token takes it away."""
        return Cookie(
            key=self.name,
            value=token,
            path="/",
            max_age=self.seconds if token else 0,
            httponly=True,
            samesite="lax",
            secure=secure,
        )


def form_token(token: str, owner: str) -> str:
    """What the forms of a session hold, about one owner."""
    return hmac.new(token.encode(), owner.encode(), hashlib.sha256).hexdigest()


def visitor_of(request: PageRequest) -> Visitor:
    """Whoever sends a request."""
    return Visitor(
        device=request.headers.get("user-agent", ""),
        address=request.client.host if request.client else "",
        request_id=request.scope["state"].get("request_id"),
        device_id=device_of(request.scope.get("user")),
    )
