"""Who is at the console? A cookie holds the member's key, sealed: nobody can read it, and whoever revokes the key ends the
session at once.

It ends after eight hours, and after a quarter of an hour in which nobody asked for a page. What a page asks for by itself is
no sign of a person.

Whoever may approve shows a code of their authenticator, too (`code.py`). A session in which they did not is good for looking
only; and once they have an authenticator, their key alone approves nothing over the API either.

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
from tael.foundation.errors import Forbidden
from tael.foundation.http.permissions import Authenticate, Connection, Principal
from tael.foundation.sealing import SealBroken, Sealer
from tael.identity.api import Identity
from tael.staff.api import Staff, asks_for_code, left_without_code
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
_SHOWN, _PROVEN = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
"""What tells a session from a key, and one with a code from one without. Only this process knows, so no header says it."""
_CODE_NEEDED = Forbidden(
    "Whoever approves shows a code of their authenticator first.",
    hint="Sign in at the console again; it asks for the code, or sets an authenticator up.",
)


def with_sessions(staff: Staff, identity: Identity) -> Authenticate:
    """Who is behind a session at the console, or behind a key alone."""

    async def authenticate(secret: str) -> Principal:
        proven, at_console = secret.startswith(_PROVEN), secret.startswith((_PROVEN, _SHOWN))
        holder = await staff.authenticate(secret[len(_PROVEN) :] if at_console else secret)
        left = holder.permissions
        if (
            not proven
            and asks_for_code(left)
            and (at_console or await identity.has_authenticator(holder.actor))
        ):
            left = left_without_code(left, at_console=at_console)
        return Principal(
            owner=holder.actor,
            actor=holder.actor,
            permissions=left,
            withheld=holder.permissions - left,
            withheld_because=_CODE_NEEDED,
        )

    return authenticate


class _Session(msgspec.Struct, frozen=True):
    secret: str
    until: datetime
    last_seen: datetime
    form_token: str
    proven: bool = False
    """Whether a code was shown, too."""


class Sessions:
    """Sessions that are kept nowhere but at the browser."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock

    def begin(self, secret: str, *, secure: bool, proven: bool = False) -> Cookie:
        """The cookie of somebody who showed a key. proven: and a code of their authenticator."""
        now = self._clock.now()
        begun = _Session(secret, now + LIFETIME, now, secrets.token_urlsafe(16), proven)
        return self._sealed(begun, secure=secure)

    def end(self, *, secure: bool) -> Cookie:
        """The cookie that takes the other one away."""
        return _cookie("", timedelta(0), secure=secure)

    def key_of(self, connection: Connection) -> str | None:
        """The key behind a session that holds, whatever the request wants; whether a code was shown, too, is not said."""
        session = self._open(connection.cookies.get(COOKIE, ""))
        return None if session is None else session.secret

    def secret_of(self, connection: Connection) -> str | None:
        """What `authenticate` is asked about for a request with a session that holds; the form's token is then in its state."""
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
        return (_PROVEN if session.proven else _SHOWN) + session.secret

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
