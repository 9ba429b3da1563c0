"""Who is at the portal? A cookie holds a token; whose it is, and whether it still holds, is asked each time.

The forms of a session hold a token made of the session's and of the merchant for whom it acts: what was filled in for one
merchant does nothing for another.

Whoever works in some stores only, works in stores of live. Test mode has others, made up by the merchant's programs: there
they act in all of them, with no more permissions than in live.
"""

import secrets

from tael.foundation.errors import Forbidden
from tael.foundation.http.permissions import Authenticate, Connection, Principal
from tael.identity.api import SESSION_SECONDS
from tael.identity.model import actor_of
from tael.merchants.api import Merchants, permissions_left, permissions_of
from tael.merchants.errors import NoSuchMerchant
from tael.merchants.model import actor_of_member
from tael.web.portal.behind import People
from tael.web.ui.session_cookies import SessionCookie

HOME = "/portal"
COOKIE = SessionCookie(name="tael_portal", home=HOME, seconds=SESSION_SECONDS)
SIGNED_IN = "signed_in"
"""The permission of everybody who is signed in, for whichever merchant or none."""
_TOKEN = "portal_token"  # noqa: S105 - a name in the state of a request
_INSIDE = secrets.token_urlsafe(32)
"""What tells a session from an API key. Only this process knows it, so no header can say it."""
_IN_STORES_ONLY = Forbidden(
    "This is about the whole merchant, and you work in some of its stores only.",
    hint="Ask an owner of the team.",
)


class PortalSessions:
    """Sessions of merchants' people on the public listener, beside the keys of their servers."""

    def __init__(self, people: People, merchants: Merchants) -> None:
        """`merchants`: of the house that they look at; how a merchant stands there says what is left to do."""
        self._people = people
        self._merchants = merchants

    def secret_of(self, connection: Connection) -> str | None:
        """What `authenticate` is asked about for a request with a session; none if there is none to be believed."""
        token = COOKIE.believed(connection)
        if not token:
            return None
        connection.scope["state"][_TOKEN] = token
        return _INSIDE + token

    def beside(self, keys: Authenticate) -> Authenticate:
        """Who is behind a session or, by `keys`, behind an API key."""

        async def authenticate(secret: str) -> Principal:
            if secret.startswith(_INSIDE):
                return await self._principal(secret.removeprefix(_INSIDE))
            return await keys(secret)

        return authenticate

    async def _principal(self, token: str) -> Principal:
        present = await self._people.identity.present(token)
        merchant_id = present.session.acts_for
        member = await self._people.team.membership(present.login.id, merchant_id) if merchant_id else None
        if member is None:
            me = actor_of(present.login.id)
            return Principal(owner=me, actor=me, permissions=frozenset({SIGNED_IN}))
        left = await self._left(member.merchant_id, permissions_of(member.role, member.stores))
        looks_at_live = self._merchants is self._people.merchants
        return Principal(
            owner=member.merchant_id,
            actor=actor_of_member(present.login.id),
            permissions=left | {SIGNED_IN},
            stores=frozenset(member.stores) if looks_at_live else frozenset(),
            withheld=permissions_of(member.role) if member.stores else frozenset(),
            withheld_because=_IN_STORES_ONLY,
        )

    async def _left(self, merchant_id: str, permissions: frozenset[str]) -> frozenset[str]:
        """What is left of a role as the merchant stands; nothing before test mode has heard of a new merchant."""
        try:
            merchant = await self._merchants.get(merchant_id)
        except NoSuchMerchant:
            return frozenset()
        return permissions_left(merchant.state, permissions)
