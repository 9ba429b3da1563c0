"""Who is at the console? A cookie holds the member's key, sealed: nobody can read it, and whoever revokes the key ends the
session at once.

The cookie is believed for looking, and for changes only if the browser says that our own page sent them.
"""

import base64
import binascii
from datetime import datetime, timedelta

import msgspec
from litestar.datastructures import Cookie

from tael.foundation.clock import Clock
from tael.foundation.http.permissions import Connection
from tael.foundation.sealing import SealBroken, Sealer

COOKIE = "tael_staff"
LIFETIME = timedelta(hours=8)
_ABOUT = "a session at the console"
_LONGEST = 2_000
_SAFE = ("GET", "HEAD")


class _Session(msgspec.Struct, frozen=True):
    secret: str
    until: datetime


class Sessions:
    """Sessions that are kept nowhere but at the browser."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock

    def begin(self, secret: str, *, secure: bool) -> Cookie:
        """The cookie of somebody who showed a key."""
        session = _Session(secret, self._clock.now() + LIFETIME)
        sealed = self._sealer.seal(msgspec.json.encode(session), about=_ABOUT)
        return _cookie(base64.urlsafe_b64encode(sealed).decode(), LIFETIME, secure=secure)

    def end(self, *, secure: bool) -> Cookie:
        """The cookie that takes the other one away."""
        return _cookie("", timedelta(0), secure=secure)

    def secret_of(self, connection: Connection) -> str | None:
        """The key behind a request, if it carries a session that holds."""
        text = connection.cookies.get(COOKIE, "")
        changes = connection.scope.get("method") not in _SAFE
        if not text or len(text) > _LONGEST:
            return None
        if changes and connection.headers.get("sec-fetch-site") != "same-origin":
            return None
        try:
            opened = self._sealer.open(base64.urlsafe_b64decode(text), about=_ABOUT)
        except (SealBroken, binascii.Error, ValueError):
            return None
        session = msgspec.json.decode(opened, type=_Session)
        return session.secret if self._clock.now() < session.until else None


def _cookie(value: str, lifetime: timedelta, *, secure: bool) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        path="/",
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=secure,
    )
