"""Users with money: whoever tests wallets needs some."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.behaviour.model import Circumstances
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.identity.model import Visitor
from tael.identity.store import payment_passwords
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.standing.model import Presence
from tael.testing.platform import QUICK
from tael.wallets import postings
from tael.wallets.api import SendTransfer, Wallets

CASH = AccountSpec("test:cash", "CNY", AccountClass.ASSET)
SMALL = Money(20_000, "CNY")
"""What they let pass without a confirmation."""
SOURCES = ("identity_database", "mobile_operator", "bank_card", "document_face", "video")

_VISITOR = Visitor(device="test", address="127.0.0.1")


class Person(msgspec.Struct, frozen=True):
    """A user, and with which login they sign in."""

    user_id: str
    login_id: str


class Scene:
    """A house with users."""

    def __init__(self, house: House, clock: Clock) -> None:
        self.house = house
        self.clock = clock
        self._keys = itertools.count()

    @property
    def wallets(self) -> Wallets:
        """Their wallets."""
        return self.house.wallets

    async def person(self, minor: int = 0, *, sources: int = 3, small: Money | None = SMALL) -> Person:
        """Somebody of whom so many sources know who they are, with so much in their wallet."""
        return (await self.persons(1, minor, sources=sources, small=small))[0]

    async def persons(
        self, count: int, minor: int = 0, *, sources: int = 3, small: Money | None = SMALL
    ) -> Sequence[Person]:
        """Several of them, at once."""
        identity, made, now = self.house.people.identity, [], self.clock.now()
        async with self.house.database.transaction() as tx:
            for _ in range(count):
                login = await identity.add_login(tx, name="Li", password_hash="none", visitor=_VISITOR)
                made.append(Person(new_id("usr"), login.id))
            for each in made:
                await self.house.people.standing.open(tx, each.user_id, now)
                for source in SOURCES[:sources]:
                    await self.house.people.standing.record_evidence(
                        tx, each.user_id, source, Presence.REMOTE, now
                    )
                if small is not None:
                    await payment_passwords.agree(tx, each.login_id, small, now=now)
            if minor:
                await self.give(tx, [each.user_id for each in made], minor)
        return made

    async def give(self, tx: Transaction, user_ids: Sequence[str], minor: int) -> None:
        """Put money into wallets, as a top-up would."""
        amount, ledger = Money(minor, "CNY"), self.house.ledger
        wallets = [postings.wallet(user_id, "CNY") for user_id in user_ids]
        await ledger.open_accounts(tx, [CASH, *wallets])
        await ledger.post(
            tx,
            [
                JournalEntry(
                    id=new_id("top"),
                    kind="wallet.top_up",
                    reference=wallet.code,
                    postings=(debit(CASH, amount), credit(wallet, amount)),
                )
                for wallet in wallets
            ],
        )

    async def give_often(self, who: Person, *, times: int) -> None:
        """A fen, so many times, as other people's transfers would."""
        wallet, amount = postings.wallet(who.user_id, "CNY"), Money(1, "CNY")
        for begin in range(0, times, 2_000):
            made = [
                JournalEntry(
                    id=f"{who.user_id}:{no}",
                    kind=postings.TRANSFER,
                    reference=f"{who.user_id}:{no}",
                    postings=(debit(CASH, amount), credit(wallet, amount)),
                )
                for no in range(begin, min(begin + 2_000, times))
            ]
            async with self.house.database.transaction() as tx:
                await self.house.ledger.open_accounts(tx, [CASH, wallet])
                await self.house.ledger.post(tx, made)

    async def available(self, person: Person) -> int:
        """What somebody can spend."""
        [balance] = await self.wallets.balances(person.user_id)
        return balance.available_minor

    def call(
        self,
        payer: Person,
        payee: Person,
        minor: int,
        *,
        key: str | None = None,
        delay_hours: int = 0,
        confirmation_id: str | None = None,
        name_checked: bool = True,
    ) -> Call[SendTransfer]:
        """A wish to send money, under a key of its own."""
        command = SendTransfer(
            id=new_id("trf"),
            payer_id=payer.user_id,
            login_id=payer.login_id,
            payee_id=payee.user_id,
            amount_minor=minor,
            currency="CNY",
            delay_hours=delay_hours,
            confirmation_id=confirmation_id,
            name_checked=name_checked,
            circumstances=Circumstances(at=self.clock.now()),
        )
        return Call(
            caller=Caller(owner=payer.user_id, actor=f"user:{payer.user_id}"),
            action="wallets.transfer",
            key=key or f"key-{next(self._keys)}",
            request=_Said(payee=payee.user_id, amount_minor=minor, delay_hours=delay_hours),
            command=command,
        )

    async def send(self, payer: Person, payee: Person, minor: int, **how: object) -> Answer:
        """Send it."""
        return await self.wallets.transfer(self.call(payer, payee, minor, **how))  # type: ignore[arg-type]


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    payee: str
    amount_minor: int
    delay_hours: int


def code_of(answer: Answer) -> str:
    """The refusal's code, or the state of what was done."""
    body = msgspec.json.decode(answer.body)
    return str(body["code"] if answer.status >= 400 else body["state"])


def id_of(answer: Answer) -> str:
    """The id of what was made."""
    return str(msgspec.json.decode(answer.body)["id"])


@asynccontextmanager
async def wallets_scene(urls: DatabaseUrls, home: Path, clock: Clock) -> AsyncIterator[Scene]:
    """A house whose clock moves by hand, without listeners."""
    async with open_house(Settings(home=home, **QUICK), urls.application, clock=clock) as house:
        yield Scene(house, clock)
