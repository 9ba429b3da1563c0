"""Users with cards, a vault, banks and a wallet's channels, in a house where nobody does anything by himself."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.behaviour.model import Circumstances
from tael.channels.port import Product
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.clock import SystemClock
from tael.foundation.config import Settings
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.funding.api import BindCard, MakeQuote, OnCard, RefundTopUp, StartTopUp, Withdraw
from tael.funding.model import PLATFORM_PAYEE
from tael.identity.api import USER_TOKEN
from tael.identity.model import Factor, Visitor
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.testing.fault_proxy import FaultProxy
from tael.testing.platform import QUICK, install
from tael.testing.simulators import RunningSimulator, SimulatorControl, running_simulator
from tael.testing.users import SOURCES, verified_user
from tael.testing.vaults import RunningVault, running_vault
from tael.testing.verification import running_sources

CARD, OTHER, SLOW, CLOSED = (
    "6222020000000000018",
    "6222020000001237",
    "6222030000000000016",
    "6222040000000000014",
)
"""Good ones; one to which money goes when its bank's people say so, and one that takes none."""
OF_ANOTHER = "6222020000004041"
Wires = dict[str, FaultProxy]
_VISITOR = Visitor(device="test", address="127.0.0.1")


class Somebody(msgspec.Struct, frozen=True):
    """A verified user, and with which login they sign in."""

    user_id: str
    login_id: str


class FundingScene(msgspec.Struct, frozen=True, kw_only=True):
    """What a test works with."""

    house: House
    vault: RunningVault
    simulators: Mapping[str, RunningSimulator]
    clock: ManualClock
    settings: Settings
    urls: DatabaseUrls

    def control(self, channel: str) -> SimulatorControl:
        """The simulator behind a channel."""
        return self.simulators[channel].control

    async def somebody(self, name: str = "张三", *, verified: bool = True) -> Somebody:
        """A user of whom three sources know who they are; somebody else each time."""
        sources = SOURCES if verified else ()
        async with self.house.database.transaction() as tx:
            made = await verified_user(tx, self.house, name=name, sources=sources)
        return Somebody(made.user_id, made.login_id)

    # What users do.

    async def token(self, who: Somebody, number: str = CARD) -> str:
        """A card typed in at the vault's page."""
        return str((await self.vault.tokenise(number, merchant_id=who.user_id, security_code=""))["id"])

    async def bind(self, who: Somebody, number: str = CARD, *, phone: str = "", code: str = "") -> Answer:
        """Type a card in, and say that it is one's own."""
        wish = BindCard(
            card_id=new_id("bcd"),
            check_id=new_id("chk"),
            user_id=who.user_id,
            token=await self.token(who, number),
            phone=phone,
            code=code,
            circumstances=self.here(),
        )
        return await self.house.funding.bind(self.call(who, wish))

    async def card(self, who: Somebody, number: str = CARD) -> str:
        """The id of a card that is bound."""
        answer = await self.bind(who, number)
        assert read(answer)["state"] == "bound", answer.body
        return str(read(answer)["id"])

    async def on_card(self, who: Somebody, verb: str, card_id: str) -> Answer:
        """Unbind a card, or choose it."""
        do = getattr(self.house.funding, verb)
        return await do(self.call(who, OnCard(card_id=card_id, user_id=who.user_id)))  # type: ignore[no-any-return]

    def top_up_call(
        self, who: Somebody, minor: int, *, key: str | None = None, method: str = "alipay", **more: Any
    ) -> Call[StartTopUp]:
        """A wish to top up."""
        wish = StartTopUp(
            id=new_id("top"),
            user_id=who.user_id,
            amount_minor=minor,
            currency="CNY",
            method=method,
            **{"product": Product.CODE, "bank_card_id": None, "return_url": None, **more},
            circumstances=self.here(),
        )
        return self.call(who, wish, key=key, said=f"{minor} {method}")

    async def top_up(self, who: Somebody, minor: int, **more: Any) -> dict[str, Any]:
        """Begin to top up."""
        return read(await self.house.funding.top_up(self.top_up_call(who, minor, **more)))

    async def funded(self, who: Somebody, minor: int) -> dict[str, Any]:
        """Top up, and pay."""
        begun = await self.top_up(who, minor)
        await self.control("alipay").pay(begun["action"]["code_url"])
        await self.time_passes()
        return begun

    async def refund(
        self, who: Somebody, top_up_id: str, minor: int | None = None, *, key: str | None = None
    ) -> Answer:
        """Have a top-up back."""
        wish = RefundTopUp(
            id=new_id("tpr"),
            top_up_id=top_up_id,
            user_id=who.user_id,
            login_id=who.login_id,
            amount_minor=minor,
            confirmation_id=None,
        )
        return await self.house.funding.refund_top_up(
            self.call(who, wish, key=key, said=f"{top_up_id} {minor}")
        )

    async def quote(self, who: Somebody, minor: int, card_id: str | None = None) -> Answer:
        """Ask what it costs."""
        wish = MakeQuote(
            id=new_id("wdq"),
            user_id=who.user_id,
            bank_card_id=card_id,
            amount_minor=minor,
            currency="CNY",
        )
        return await self.house.funding.quote(self.call(who, wish))

    def withdraw_call(
        self, who: Somebody, quote_id: str, *, key: str | None = None, confirmation_id: str | None = None
    ) -> Call[Withdraw]:
        """A wish to withdraw as it was quoted."""
        wish = Withdraw(
            id=new_id("wdr"),
            payout_id=new_id("pyo"),
            user_id=who.user_id,
            login_id=who.login_id,
            quote_id=quote_id,
            confirmation_id=confirmation_id,
            circumstances=self.here(),
        )
        return self.call(who, wish, key=key, said=quote_id)

    async def withdraw(self, who: Somebody, minor: int, card_id: str | None = None) -> dict[str, Any]:
        """Quote and withdraw."""
        quoted = read(await self.quote(who, minor, card_id))
        assert "id" in quoted, quoted
        return read(await self.house.funding.withdraw(self.withdraw_call(who, quoted["id"])))

    def call(
        self, who: Somebody, command: msgspec.Struct, *, key: str | None = None, said: str = ""
    ) -> Call[Any]:
        """A call of a user's, under a key of its own."""
        return Call(
            caller=Caller(owner=who.user_id, actor=f"user:{who.user_id}"),
            action=f"funding.{type(command).__name__}",
            key=key or new_id("key"),
            request=_Said(said),
            command=command,
        )

    async def session(self, who: Somebody, *, payment_password: str = "") -> str:
        """The token of somebody who is signed in."""
        identity = self.house.people.identity
        digest = await identity.hash_of_payment_password(payment_password) if payment_password else ""
        async with self.house.database.transaction() as tx:
            signed_in = await identity.begin_whole(tx, who.login_id, _VISITOR, factor=Factor.CODE)
            if digest:
                await identity.set_payment_password(tx, who.login_id, digest)
        return str(USER_TOKEN + signed_in.session.token)

    def here(self) -> Circumstances:
        """From where they act."""
        return Circumstances(at=self.clock.now())

    # What happens by itself, and what there is to see.

    async def time_passes(self, *, seconds: int = 60) -> None:
        """Every janitor makes its round, and all facts are told."""
        self.clock.move(seconds=seconds)
        house = self.house
        await house.payments.janitor.inquire_due()
        await house.payments.janitor.refund_due()
        await house.payouts.janitor.send_due()
        await house.payouts.janitor.inquire_due()
        await house.funding.send_due_refunds()
        while await house.courier.deliver():
            continue

    async def balance(self, who: Somebody) -> int:
        """What somebody can spend."""
        return -await self.on(f"user:{who.user_id}:wallet")

    async def left_with_payee(self) -> int:
        """What lies with the platform's own payee: never more than for a moment."""
        return await self.on(f"merchant:{PLATFORM_PAYEE}:pending")

    async def on(self, account: str) -> int:
        """Debits less credits of an account."""
        async with self.house.database.transaction() as tx:
            lines = await self.house.ledger.trial_balance(tx)
        return sum(line.balance_minor for line in lines if line.code == account)

    async def withdrawal(self, who: Somebody, id: str) -> Any:
        """A withdrawal as it stands."""
        return await self.house.funding.get_withdrawal(id, user_id=who.user_id)

    async def rows(self, text: bytes, **more: object) -> list[Any]:
        """What a question to the database says."""
        async with self.house.database.transaction() as tx:
            return list(await tx.tuples(Query("rows", text), **more))


class _Said(msgspec.Struct, frozen=True):
    text: str


def read(answer: Answer) -> dict[str, Any]:
    """What an answer says."""
    return dict(msgspec.json.decode(answer.body))


@contextlib.asynccontextmanager
async def funding_scene(
    urls: DatabaseUrls, folder: Path, *, behind: Wires | None = None, **settings: Any
) -> AsyncIterator[FundingScene]:
    """A channel to be paid over, one that pays out to cards, sources that know everybody, and a vault between them.

    behind   proxies on the way to the channels, by their names
    """
    clock = ManualClock(SystemClock().now())
    home = folder / "home"
    async with contextlib.AsyncExitStack() as stack:
        vault = await stack.enter_async_context(running_vault(urls, home, clock=clock))
        sources = await stack.enter_async_context(running_sources(folder / "sources", clock=clock))
        simulators = {
            name: await stack.enter_async_context(
                running_simulator(name, folder / name, clock=clock, speed=200)
            )
            for name in ("alipay", "unionpay")
        }
        chosen = Settings(
            home=home,
            **{**QUICK, **settings},
            vault_url=vault.settings.vault_url,
            vault_door_url=vault.settings.vault_door_url,
        )
        sources.tell(chosen.verification_home)
        certificate = simulators["unionpay"].credentials["encryption_certificate"].encode()
        await vault.vault.allow_key("unionpay", certificate, actor="operator:test")
        await vault.vault.allow("verification.bank_card", sources.url, actor="operator:test")
        house = await stack.enter_async_context(open_house(chosen, urls.application, clock=clock))
        for name, running in simulators.items():
            told = {}
            if behind is not None:
                target = urlsplit(running.settings["gateway_url"])
                proxy = FaultProxy(target.hostname or "", target.port or 0)
                behind[name] = await stack.enter_async_context(proxy)
                told = {"gateway_url": proxy.url + target.path}
            await install(house, name, running, **told)
        yield FundingScene(
            house=house,
            vault=vault,
            simulators=simulators,
            clock=clock,
            settings=chosen,
            urls=urls,
        )
        assert not await faults_in_books(house)
