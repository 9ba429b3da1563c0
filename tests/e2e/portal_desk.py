"""How does a test sit at the merchants' portal without a browser? It signs up or in, reads pages, and sends their forms."""

import re
from html import unescape
from typing import Any

import aiohttp
import pyotp

from tael.foundation.clock import SystemClock
from tael.foundation.ids import new_id
from tael.identity.model import Visitor
from tael.merchants.model import Invite, Merchant, TeamRole
from tael.testing.platform import Platform
from tests.e2e.console_desk import FROM_US, Seen

PASSWORD = "violet-otter-umbrella"
_SECRET = re.compile(r"<p><code>([A-Z2-7 ]{32,})</code></p>")
_RECOVERY = re.compile(r"<li><code>([A-Z2-9]{4}(?:-[A-Z2-9]{4}){3})</code></li>")
TEST_VISITOR = Visitor(device="test", address="127.0.0.1")


class PortalSeat:
    """A browser at the portal, in English, with cookies of its own."""

    def __init__(self, shop: Platform, root: str = "") -> None:
        """root: `/test` for the portal of test mode."""
        self.shop = shop
        self.root = root
        self.cookies: dict[str, str] = {}
        self.secret = ""
        self.recovery_codes: list[str] = []
        self.login_id = ""

    async def look(self, path: str, **headers: str) -> Seen:
        """A page of the portal; `path` begins after `/portal`."""
        return await self._ask("GET", path, headers=headers)

    async def send(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Seen:
        """A form, as our own page sends it unless `headers` say otherwise."""
        return await self._ask("POST", path, data=fields, headers=FROM_US if headers is None else headers)

    async def fill(self, path: str, ending: str, /, **fields: str) -> Seen:
        """Open a page and send one of its forms with these fields."""
        address, hidden = (await self.look(path)).form(ending)
        kept = {name: unescape(text) for name, text in hidden.items()}
        return await self.send(unescape(address).removeprefix(f"{self.root}/portal"), kept | fields)

    async def set_up_second_factor(self) -> Seen:
        """Scan the code, as a phone would, and confirm it."""
        shown = await self.look("/second-factor")
        self.secret = _SECRET.findall(shown.text)[0].replace(" ", "")
        seen = await self.fill("/second-factor", "/second-factor", code=self.code())
        self.recovery_codes = _RECOVERY.findall(seen.text)
        return seen

    def code(self) -> str:
        """What the authenticator shows now."""
        return pyotp.TOTP(self.secret).at(SystemClock().now())

    async def _ask(self, method: str, path: str, *, headers: dict[str, str], **how: Any) -> Seen:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        said = {"Cookie": cookie, "Accept": "text/html", "Accept-Language": "en", **headers}
        url = f"{self.shop.public_url}{self.root}/portal{path}"
        async with self.shop.session.request(
            method, url, headers=said, allow_redirects=False, **how
        ) as answer:
            self._keep(answer)
            return Seen(answer.status, answer.headers.get("Location", ""), await answer.text())

    def _keep(self, answer: aiohttp.ClientResponse) -> None:
        for name, morsel in answer.cookies.items():
            if morsel.value and morsel["max-age"] != "0":
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)


async def seat_in(
    shop: Platform, merchant: Merchant, role: TeamRole, *, name: str = "Ann", stores: tuple[str, ...] = ()
) -> PortalSeat:
    """Somebody in a merchant's team, perhaps in some stores only, signed in, with a second factor."""
    identity, email = shop.house.people.identity, f"{new_id('mail')}@teapot.example"
    seat = PortalSeat(shop)
    password_hash = await identity.hash_of(PASSWORD)
    async with shop.house.database.transaction() as tx:
        login, begun = await identity.register(
            tx,
            name=name,
            email=email,
            password_hash=password_hash,
            visitor=TEST_VISITOR,
            acts_for=merchant.id,
        )
        invited = await shop.house.team.do(
            tx,
            Invite(merchant_id=merchant.id, email=email, role=role, stores=stores),
            actor="operator:test",
        )
    token = await shop.house.team.invitation_token(invited)
    assert token
    async with shop.house.database.transaction() as tx:
        await shop.house.team.accept(tx, token, login_id=login.id, email=email, name=name)
    seat.login_id = login.id
    seat.cookies["tael_portal"] = begun.token
    await seat.set_up_second_factor()
    return seat
