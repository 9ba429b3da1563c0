"""How does a test sit at the console without a browser? It signs in, reads pages, and sends their forms as a browser would."""

import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec
import pyotp
from playwright.async_api import Page

from tael.foundation.clock import SystemClock
from tael.staff.model import NewMember, Role
from tael.testing.platform import Platform
from tests.e2e.browsing import shut_out
from tests.e2e.staff_desk import hired

_FORM = re.compile(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_SECRET = re.compile(r"<p><code>([A-Z2-7 ]{32,})</code></p>")
FROM_US = {"Sec-Fetch-Site": "same-origin"}


class Seen(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    location: str
    text: str

    def form(self, ending: str) -> tuple[str, dict[str, str]]:
        """Address and hidden fields of the form whose address ends so."""
        found = [(address, inner) for address, inner in _FORM.findall(self.text) if address.endswith(ending)]
        assert found, f"no form for {ending} in {self.text[:2000]}"
        address, inner = found[0]
        return address, dict(_HIDDEN.findall(inner))

    def has_form(self, ending: str) -> bool:
        """Whether there is one."""
        return any(address.endswith(ending) for address, _ in _FORM.findall(self.text))


class Seat(msgspec.Struct, frozen=True):
    """Somebody at the console, in English."""

    shop: Platform
    actor: str
    cookies: Mapping[str, str]

    async def look(self, path: str, **headers: str) -> Seen:
        """A page."""
        return await self._ask("GET", path, headers=headers)

    async def send(
        self,
        path: str,
        fields: Mapping[str, str] | aiohttp.FormData | bytes,
        headers: Mapping[str, str] | None = None,
    ) -> Seen:
        """A form, as our own page sends it unless `headers` say otherwise."""
        return await self._ask("POST", path, data=fields, headers=FROM_US if headers is None else headers)

    async def fill(self, path: str, ending: str, /, **fields: str) -> Seen:
        """Open a page and send one of its forms with these fields; `__` in a name stands for a dot."""
        address, hidden = (await self.look(path)).form(ending)
        typed = {name.replace("__", "."): text for name, text in fields.items()}
        return await self.send(address.removeprefix("/console"), hidden | typed)

    async def _ask(self, method: str, path: str, *, headers: Mapping[str, str], **how: Any) -> Seen:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        said = {"Cookie": cookie, "Accept": "text/html", "Accept-Language": "en", **headers}
        url = f"{self.shop.internal_url}/console{path}"
        async with self.shop.session.request(
            method, url, headers=said, allow_redirects=False, **how
        ) as answer:
            return Seen(answer.status, answer.headers.get("Location", ""), await answer.text())


async def seat_of(shop: Platform, name: str, role: Role) -> Seat:
    """A new member of staff, signed in; with a new authenticator, if one is asked for."""
    made = await hired(shop, name, role)
    seat, to = await key_shown(shop, made)
    if to.startswith("/console/code"):
        seat = await code_shown(seat, secret_in((await seat.look("/code")).text))
    return seat


async def key_shown(shop: Platform, made: NewMember) -> tuple[Seat, str]:
    """A session of somebody who has shown their key and nothing else, and where it leads."""
    form = {"key": made.key.secret, "next": ""}
    url = f"{shop.internal_url}/console/sign-in"
    async with shop.session.post(url, data=form, headers=FROM_US, allow_redirects=False) as answer:
        assert answer.status == 303
        cookies = {"tael_staff": answer.cookies["tael_staff"].value}
        return Seat(shop, made.member.actor, cookies), answer.headers["Location"]


async def code_shown(seat: Seat, secret: str, *, code: str = "") -> Seat:
    """The session after a code of the authenticator."""
    form = {"code": code or pyotp.TOTP(secret).at(SystemClock().now()), "next": ""}
    url = f"{seat.shop.internal_url}/console/code"
    said = {"Cookie": f"tael_staff={seat.cookies['tael_staff']}", "Accept-Language": "en", **FROM_US}
    async with seat.shop.session.post(url, data=form, headers=said, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
        return Seat(seat.shop, seat.actor, {"tael_staff": answer.cookies["tael_staff"].value})


async def come_in(page: Page, shop: Platform, secret: str) -> None:
    """In a browser: with a key, and a code of a new authenticator if one is asked for."""
    await page.goto(f"{shop.internal_url}/console/sign-in")
    await page.fill("#key", secret)
    await page.click("main button[type=submit]")
    if "/console/code" in page.url:
        assert await shut_out(page) == []
        await page.fill("#code", pyotp.TOTP(secret_in(await page.content())).at(SystemClock().now()))
        await page.click("main button[type=submit]")


def secret_in(page: str) -> str:
    """What the page says to an authenticator that is set up by hand."""
    return str(_SECRET.findall(page)[0]).replace(" ", "")
