"""How does a test come to people who sign in? With a clock moved by hand and an authenticator of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pyotp

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.sealing import Sealer
from tael.identity.api import Identity
from tael.identity.model import Confirmed, Login, NewSession, Visitor
from tael.testing.clocks import ManualClock

PASSWORD = "violet-otter-umbrella"
AT_HOME = Visitor(device="Firefox", address="203.0.113.7")


class Door(msgspec.Struct, frozen=True):
    """Identity in an empty database."""

    identity: Identity
    database: Database
    clock: ManualClock

    async def register(self, email: str = "ann@teapot.example", password: str = PASSWORD) -> "Person":
        """Somebody who has set up a second factor and signed in."""
        hash = await self.identity.hash_of(password, about=(email,))
        async with self.database.transaction() as tx:
            login, half = await self.identity.register(
                tx, name="Ann", email=email, password_hash=hash, visitor=AT_HOME
            )
        secret = await self.identity.offer_second_factor(await self.identity.present(half.token, half=True))
        confirmed = await self.identity.confirm_second_factor(half.token, self.code(secret), AT_HOME)
        return Person(self, login, secret, confirmed)

    def code(self, secret: str) -> str:
        """What an authenticator shows now."""
        return pyotp.TOTP(secret).at(self.clock.now())


class Person(msgspec.Struct, frozen=True):
    """Somebody with a login and an authenticator."""

    door: Door
    login: Login
    secret: str
    confirmed: Confirmed

    def code(self) -> str:
        """A code that was not shown before."""
        self.door.clock.move(seconds=30)
        return self.door.code(self.secret)

    async def sign_in(self, visitor: Visitor = AT_HOME, password: str = PASSWORD) -> NewSession:
        """Another session, by password and code."""
        half = await self.door.identity.sign_in(self.login.email, password, visitor)
        return await self.door.identity.prove(half.token, self.code(), visitor)


@asynccontextmanager
async def a_door(urls: DatabaseUrls, folder: Path, *, breached: Path | None = None) -> AsyncIterator[Door]:
    """Identity in a database, by a clock that is moved by hand. breached: a list of passwords that nobody may choose."""
    database, clock = Database(urls.application, role="tael_app"), ManualClock()
    await database.open()
    identity = Identity(database, clock, Sealer(folder), breached_passwords=breached)
    yield Door(identity, database, clock)
    await database.close()
