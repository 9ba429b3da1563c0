"""Who is at the console? A cookie holds the member's key, sealed: nobody can read it, and whoever revokes the key ends the
session at once.

It ends after eight hours, and after a quarter of an hour in which nobody asked for a page. What a page asks for by itself is
no sign of a person.

The cookie is believed for looking, and for changes only if the browser says that our own page sent them. In it
stands a token that only our pages know, too: a form without it does nothing (`acting`).
"""

import base64
import binascii
import secrets
from datetime import datetime, timedelta

import msgspec
from litestar.datastructures import Cookie

from tael.foundation.clock import Clock
from tael.foundation.http.permissions import Connection
from tael.foundation.sealing import SealBroken, Sealer
from tael.web.ui.acting import is_our_own
from tael.web.ui.forms import FORM_MARK

COOKIE = "tael_staff"
LIFETIME = timedelta(hours=8)
IDLE = timedelta(minutes=15)
"""After so long without a person the session has ended."""
_RENEWED_EVERY = timedelta(minutes=1)
"""How much of `IDLE` passes before a browser is given a new cookie."""
RENEWED = "renewed_session"
"""Under which name the state of a request holds the cookie that keeps its session alive, if it is time for one."""
BY_ITSELF = "by_itself"
"""What stands in the query of a page that was asked for by itself (`renew.js`)."""
_ABOUT = "a session at the console"
_LONGEST = 2_000
_SAFE = ("GET", "HEAD")


class _Session(msgspec.Struct, frozen=True):
    secret: str
    until: datetime
    last_seen: datetime
    form_token: str


class Sessions:
    """Sessions that are kept nowhere but at the browser."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock

    def begin(self, secret: str, *, secure: bool) -> Cookie:
        """The cookie of somebody who showed a key."""
        now = self._clock.now()
        return self._sealed(_Session(secret, now + LIFETIME, now, secrets.token_urlsafe(16)), secure=secure)

    def end(self, *, secure: bool) -> Cookie:
        """The cookie that takes the other one away."""
        return _cookie("", timedelta(0), secure=secure)

    def secret_of(self, connection: Connection) -> str | None:
        """The key behind a request, if it carries a session that holds; the form's token is then in its state."""
        changes = connection.scope.get("method") not in _SAFE
        session = self._open(connection.cookies.get(COOKIE, ""))
        if session is None or (changes and not is_our_own(connection)):
            return None
        state = connection.scope["state"]
        state[FORM_MARK] = session.form_token
        now = self._clock.now()
        if now - session.last_seen >= _RENEWED_EVERY and _asked_by_a_person(connection):
            renewed = msgspec.structs.replace(session, last_seen=now)
            state[RENEWED] = self._sealed(renewed, secure=connection.url.scheme == "https")
        return session.secret

    def _sealed(self, session: _Session, *, secure: bool) -> Cookie:
        sealed = self._sealer.seal(msgspec.json.encode(session), about=_ABOUT)
        left = session.until - self._clock.now()
        return _cookie(base64.urlsafe_b64encode(sealed).decode(), left, secure=secure)

    def _open(self, text: str) -> _Session | None:
        if not text or len(text) > _LONGEST:
            return None
        try:
            opened = self._sealer.open(base64.urlsafe_b64decode(text), about=_ABOUT)
            session = msgspec.json.decode(opened, type=_Session)
        except (SealBroken, binascii.Error, ValueError):
            return None
        return session if self._clock.now() < min(session.until, session.last_seen + IDLE) else None


def _asked_by_a_person(connection: Connection) -> bool:
    """Whether somebody opened this page or sent this form: a page that renews itself says that it does."""
    return BY_ITSELF not in connection.query_params


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
