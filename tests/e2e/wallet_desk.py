"""People with a wallet in a browser: a platform that passkeys know, a post office for their codes, sources that know them."""

import itertools
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from playwright.async_api import Browser, Page

from tael.foundation.clock import CHINA, SystemClock
from tael.foundation.identity_documents import check_character
from tael.identity.api import USER_TOKEN
from tael.messages.store import education
from tael.simulators.messages import Arrived
from tael.testing.patience import once
from tael.testing.platform import Platform
from tael.testing.post_office import PostOffice
from tael.testing.verification import RunningSources
from tael.users.model import User
from tests.e2e.person_desk import a_user

PASSWORD = "violet-otter-umbrella"
PHONE_SCREEN: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "locale": "en-GB",
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36",
}
_CODE = re.compile(r"(?<!\d)\d{6}(?![\d*])")
_PHONES = itertools.count(10_000_100)
_SEQUENCES = itertools.count(307_010)
_REFUSED = "the server responded with a status of 4"
"""How a browser says that a form was refused."""
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class MovedClock:
    """Time as it goes from the next noon in China, so that no day ends while a test counts in it; and further on as tests move it."""

    def __init__(self) -> None:
        now = SystemClock().now()
        noon = now.astimezone(CHINA).replace(hour=12, minute=0, second=0, microsecond=0)
        self._ahead = (noon - now) % timedelta(days=1)

    def now(self) -> datetime:
        """The moment."""
        return SystemClock().now() + self._ahead

    def move(self, **duration: float) -> None:
        """Move on: `clock.move(minutes=6)`."""
        self._ahead += timedelta(**duration)


class WalletTown(msgspec.Struct, frozen=True, kw_only=True):
    """A platform, and who is around it."""

    shop: Platform
    office: PostOffice
    sources: RunningSources
    clock: MovedClock
    read: dict[str, int]
    """The number of the last message that each telephone's owner has read."""

    @property
    def url(self) -> str:
        """Where the wallet is."""
        return f"{self.shop.public_url}/wallet"

    async def code(self, phone: str) -> str:
        """The code of the next message with one at a telephone, as soon as it has come."""

        async def look() -> Sequence[Arrived]:
            arrived = await self.office.arrived(to=phone, kind="sms")
            return [
                each for each in arrived if each.number > self.read.get(phone, 0) and _CODE.search(each.text)
            ]

        newest = (await once(look, bool))[0]
        self.read[phone] = newest.number
        found = _CODE.search(newest.text)
        assert found is not None
        return found[0]

    async def user_with(self, phone: str) -> User:
        """Who has registered with a number."""
        user = await self.shop.house.people.users.find_by_phone(phone)
        assert user is not None
        return user

    async def tips_read(self, phone: str, moment: str) -> Sequence[bool]:
        """Of every tip that somebody was shown in a moment, the last first: whether they read it."""
        user = await self.user_with(phone)
        async with self.shop.house.database.transaction() as tx:
            shown = await education.shown_in(tx, user.id, moment)
        return [each.read_at is not None for each in shown]

    @asynccontextmanager
    async def at(self, browser: Browser, **device: Any) -> AsyncIterator[Page]:
        """A browser that knows nothing yet. Whatever its console complains of fails the test, but for refusals."""
        context, complaints = await browser.new_context(**(PHONE_SCREEN | device)), list[str]()
        page = await context.new_page()
        page.on("console", lambda said: None if _REFUSED in said.text else complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(error.message))
        yield page
        await context.close()
        assert complaints == []

    async def register(self, page: Page, phone: str = "") -> str:
        """Somebody registers by hand; gives their number."""
        phone = phone or f"137{next(_PHONES):08}"
        await page.goto(f"{self.url}/register")
        await page.locator("#f-phone").fill(phone)
        await page.locator("main form button[type=submit]").click()
        await page.locator("#f-code").fill(await self.code(f"+86{phone}"))
        await page.locator("#f-password").fill(PASSWORD)
        await page.wait_for_load_state()
        for tick in await page.locator("input[type=checkbox]").all():
            await tick.check()
        await page.locator("form[action$=finish] button[type=submit]").click()
        await page.wait_for_url("**/wallet/home")
        return phone

    async def newcomer(self, page: Page) -> str:
        """Somebody who registered with a program, whose session this browser has; gives their number. Quicker than by hand."""
        phone = f"137{next(_PHONES):08}"
        token = (await a_user(self.shop, f"+86{phone}")).token.removeprefix(USER_TOKEN)
        await page.context.add_cookies([{"name": "tael_wallet", "value": token, "url": self.shop.public_url}])
        return phone

    async def claim(self, page: Page, name: str = "张三", number: str = "") -> None:
        """Say who one is, with a resident identity card."""
        await page.goto(f"{self.url}/verification/identity")
        await page.locator("#f-name").fill(name)
        await page.locator("#f-number").fill(number or id_number())
        await page.locator("#f-valid_until").fill("2036-01-01")
        await page.locator("main form.acting button[type=submit]").click()
        await page.wait_for_url("**/wallet/verification")

    async def sign_in(self, page: Page, phone: str, password: str = PASSWORD) -> None:
        """Number and password, where one is asked for them."""
        await page.goto(f"{self.url}/sign-in")
        await page.locator("#f-phone").fill(phone)
        await page.locator("#f-password").fill(password)
        async with page.expect_navigation():
            await page.locator("form[action$='/sign-in'] button[type=submit]").click()


def id_number() -> str:
    """The number of a resident identity card that nobody else here has."""
    digits = f"11010119880{next(_SEQUENCES):06}"
    return digits + check_character(digits)


async def hold_passkeys(page: Page) -> None:
    """Give a page a phone's authenticator."""
    client = await page.context.new_cdp_session(page)
    await client.send("WebAuthn.enable")
    await client.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
