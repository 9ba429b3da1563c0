"""Who is at the wallet? A cookie holds the token of a user's session; whose it is, and whether it still holds, is asked each time.

A second cookie holds the token of the device, if its user trusts it: with the password it stands in for a factor. It outlives
the session, and signing out leaves it. Users of test mode are others than those of live, so each mode has its own cookies.
"""

import secrets

from tael.foundation.config import TEST
from tael.foundation.http.permissions import Authenticate, Connection, Principal
from tael.users.api import Users
from tael.web.ui.pages import PageRequest
from tael.web.ui.session_cookies import SessionCookie

HOME = "/wallet"
LOOK, PAY, MANAGE = "user.basic", "user.transaction", "user.management"
"""The permissions of pages: who looks, who moves money, who changes what proves who they are."""
_DAY = 24 * 3600
COOKIE = SessionCookie(name="tael_wallet", home=HOME, seconds=30 * _DAY)
DEVICE = SessionCookie(name="tael_wallet_device", home=HOME, seconds=400 * _DAY)
_IN_TEST = {
    each.name: SessionCookie(name=f"{each.name}_test", home=HOME, seconds=each.seconds)
    for each in (COOKIE, DEVICE)
}
_INSIDE = secrets.token_urlsafe(32)
"""What tells a session from an API key. Only this process knows it, so no header can say it."""


def in_mode(connection: Connection | PageRequest, cookie: SessionCookie = COOKIE) -> SessionCookie:
    """The cookie of the mode that a request goes to."""
    in_test = connection.scope.get("root_path") == f"/{TEST}"
    return _IN_TEST[cookie.name] if in_test else cookie


def token_of(request: PageRequest) -> str:
    """The token of the session that a browser has, if any."""
    return in_mode(request).token_of(request)


class WalletSessions:
    """Sessions of users at a browser, beside the keys of merchants' servers and the sessions of their people."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def secret_of(self, connection: Connection) -> str | None:
        """What `authenticate` is asked about for a request with a session; none if there is none to be believed."""
        token = in_mode(connection).believed(connection)
        return _INSIDE + token if token else None

    def beside(self, others: Authenticate) -> Authenticate:
        """Who is behind a session or, by `others`, behind anything else."""

        async def authenticate(secret: str) -> Principal:
            if secret.startswith(_INSIDE):
                return await self._users.principal(secret.removeprefix(_INSIDE))
            return await others(secret)

        return authenticate
