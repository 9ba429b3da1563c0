"""People with money in a browser: a platform that passkeys know, with a vault, banks and another wallet to top up from."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Browser, BrowserContext, Page

from tael.app.house import House
from tael.app.post_office import leading_to
from tael.app.supervisor import DatabaseUrls
from tael.channels.port import ShowCode
from tael.foundation.calls import Call, Caller
from tael.foundation.config import Settings
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.identity.api import USER_TOKEN
from tael.testing import users
from tael.testing.databases import fresh_database
from tael.testing.platform import Platform, running_platform
from tael.testing.post_office import running_post_office
from tael.testing.simulators import running_simulator
from tael.testing.vaults import RunningVault, running_vault
from tael.testing.verification import running_sources
from tael.wallets.api.codes import MakePersonalCode
from tael.wallets.model.codes import PersonalCodeKind
from tests.e2e.wallet_desk import MovedClock, WalletTown

CHANNELS = ("alipay", "unionpay", "stripe")
PIN = "482915"
SENDS = ("sms_url", "sms_key_file", "smtp_url", "push_services", "push_contact")
PHONE_SCREEN: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "locale": "en-GB",
    "has_touch": True,
    "reduced_motion": "reduce",
}
_REFUSED = "the server responded with a status of 4"
"""How a browser says that a form was refused."""


class Somebody(msgspec.Struct, frozen=True, kw_only=True):
    """A user who is signed in at a browser."""

    user_id: str
    login_id: str
    phone: str
    token: str


class MoneyTown(msgspec.Struct, frozen=True, kw_only=True):
    """A platform, its vault, and whoever lives around it."""

    shop: Platform
    vault: RunningVault
    letters: WalletTown
    """The same platform, and what its post office has brought."""

    @property
    def house(self) -> House:
        """The parts of it."""
        return self.shop.house

    @property
    def url(self) -> str:
        """Where the wallet is."""
        return f"{self.shop.public_url}/wallet"

    async def somebody(
        self, name: str = "张三", *, minor: int = 0, verified: bool = True, pin: str = PIN
    ) -> Somebody:
        """Somebody new, verified to class II, with so much in the wallet and a payment password."""
        house, amount = self.house, Money(minor, "CNY")
        digest = await house.people.identity.hash_of_payment_password(pin) if pin else ""
        async with house.database.transaction() as tx:
            user = await users.verified_user(
                tx, house, name=name, small=None, sources=users.SOURCES if verified else ()
            )
            if digest:
                await house.people.identity.set_payment_password(tx, user.login_id, digest)
            token = await users.signed_in(tx, house, user)
            if minor:
                await users.give(tx, house, [user.user_id], amount)
        return Somebody(
            user_id=user.user_id,
            login_id=user.login_id,
            phone=user.phone.removeprefix("+86"),
            token=token.removeprefix(USER_TOKEN),
        )

    async def give(self, who: Somebody, minor: int) -> None:
        """Put money into a wallet, as a top-up would."""
        async with self.house.database.transaction() as tx:
            await users.give(tx, self.house, [who.user_id], Money(minor, "CNY"))

    async def has(self, who: Somebody) -> int:
        """What somebody can spend."""
        [balance] = await self.house.wallets.balances(who.user_id)
        return balance.available_minor

    async def code_of(self, who: Somebody, *, amount_minor: int | None = None) -> str:
        """The address of a code to be paid by: a printed one, or one that asks for an amount."""
        kind = PersonalCodeKind.STATIC if amount_minor is None else PersonalCodeKind.DYNAMIC
        wish = MakePersonalCode(user_id=who.user_id, kind=kind, amount_minor=amount_minor)
        caller = Caller(owner=who.user_id, actor=f"user:{who.user_id}")
        await self.house.wallets.codes.make(
            Call(caller=caller, action="wallets.make_code", key=new_id("key"), request=wish, command=wish)
        )
        [code] = await self.house.wallets.codes.mine(who.user_id)
        return self.house.wallets.codes.body(code).address

    async def paid_elsewhere(self, user_id: str) -> None:
        """A user's newest top-up is paid in the other wallet, whose code they see."""
        [begun] = await self.house.funding.top_ups(user_id, before=None, limit=1)
        shown = await self.house.funding.get_top_up(begun.id, user_id=user_id)
        assert isinstance(shown.action, ShowCode)
        await self.shop.simulators["alipay"].control.pay(shown.action.code_url)

    @asynccontextmanager
    async def at(self, browser: Browser, who: Somebody, **device: Any) -> AsyncIterator[Page]:
        """Their browser, signed in, and a page in it. Whatever its console complains of fails the test, but for refusals."""
        context, complaints = await browser.new_context(**(PHONE_SCREEN | device)), list[str]()
        await sign_in(context, self, who)
        page = await context.new_page()
        page.on("console", lambda said: None if _REFUSED in said.text else complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(error.message))
        yield page
        await context.close()
        assert complaints == []


async def sign_in(context: BrowserContext, town: MoneyTown, who: Somebody) -> None:
    """Put the cookie of somebody's session into a browser."""
    await context.add_cookies([{"name": "tael_wallet", "value": who.token, "url": town.shop.public_url}])


@contextlib.asynccontextmanager
async def money_town(
    server: DatabaseUrls, folder: Path, *, channels: Sequence[str] = CHANNELS, **settings: Any
) -> AsyncIterator[MoneyTown]:
    """All of it, until the block ends."""
    home = folder / "platform"
    async with contextlib.AsyncExitStack() as stack:
        urls = await stack.enter_async_context(fresh_database(server))
        clock = MovedClock()
        vault = await stack.enter_async_context(running_vault(urls, home, clock=clock))
        office = await stack.enter_async_context(running_post_office(folder / "office", clock=clock))
        sources = await stack.enter_async_context(running_sources(folder / "sources", clock=clock))
        sources.tell(Settings(home=home).verification_home)
        led = leading_to(Settings(home=home), office.url, folder / "office")
        sends = {name: getattr(led, name) for name in SENDS} | {"smtp_url": office.reached_by(led).smtp_url}
        simulators = {
            name: await stack.enter_async_context(
                running_simulator(name, folder / name, clock=clock, speed=200)
            )
            for name in channels
        }
        chosen: Mapping[str, Any] = {
            "host": "localhost",
            "balance": True,
            "channels": channels,
            "simulators": simulators,
            "vault_url": vault.url,
            "vault_door_url": vault.door.url,
            "channel_timeout_seconds": 5.0,
            **sends,
            **settings,
        }
        shop = await stack.enter_async_context(running_platform(urls, home, clock=clock, **chosen))
        certificate = shop.simulators["unionpay"].credentials["encryption_certificate"].encode()
        await vault.vault.allow_key("unionpay", certificate, actor="operator:test")
        if "stripe" in channels:
            await vault.vault.allow("stripe", shop.simulators["stripe"].url, actor="operator:test")
        await vault.vault.allow("verification.bank_card", sources.url, actor="operator:test")
        letters = WalletTown(shop=shop, office=office, sources=sources, clock=clock, read={})
        yield MoneyTown(shop=shop, vault=vault, letters=letters)
