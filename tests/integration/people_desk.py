"""How does a test come to users, their phones and their passkeys? By a clock that is moved by hand."""

import hashlib

import msgspec
import pyotp

from tael.identity.api import Identity
from tael.identity.model import Confirmation, Device, Factor, Present, SignedIn, Strength, Visitor
from tael.testing.passkeys import SoftAuthenticator
from tests.integration.identity_desk import PASSWORD, Door

PHONE = Visitor(device="Tael on a phone", address="203.0.113.7")
LAPTOP = Visitor(device="Firefox", address="198.51.100.9")
DIGITS = "739418"
TEA = hashlib.sha256(b"12.80 CNY to the teapot shop").digest()
OTHER = hashlib.sha256(b"12.80 CNY to somebody else").digest()


class User(msgspec.Struct):
    """Somebody with a phone, signed in on it."""

    door: Door
    login_id: str
    about: str
    token: str
    device: Device
    device_token: str
    passkeys: SoftAuthenticator

    @property
    def identity(self) -> Identity:
        """Where they sign in."""
        return self.door.identity

    async def present(self) -> Present:
        """They, now, on their phone."""
        return await self.identity.present_user(self.token)

    async def sign_in(
        self, password: str = PASSWORD, visitor: Visitor = PHONE, *, device_token: str | None = None
    ) -> SignedIn:
        """Their password, shown from somewhere."""
        return await self.identity.sign_in_as(
            self.login_id, password, visitor, about=self.about, device_token=device_token
        )

    async def session_code(self, token: str) -> str:
        """The code that reaches their phone, to prove a session."""
        self.door.clock.move(minutes=1)
        present = await self.identity.present_user(token, half=True)
        async with self.door.database.transaction() as tx:
            return await self.identity.make_session_code(tx, present)

    async def prove(self) -> Present:
        """They show a code in their session on the phone."""
        code = await self.session_code(self.token)
        return await self.identity.prove_again_as(await self.present(), Factor.CODE, code, PHONE)

    async def prove_by_passkey(self) -> Present:
        """They show their passkey in their session on the phone."""
        present = await self.present()
        answer = self.passkeys.use((await self.identity.ask_passkey(present)).options)
        return await self.identity.prove_again_as(present, Factor.PASSKEY, answer, PHONE)

    async def set_payment_password(self, digits: str = DIGITS) -> None:
        """Without ceremony."""
        hash = await self.identity.hash_of_payment_password(digits)
        async with self.door.database.transaction() as tx:
            await self.identity.set_payment_password(tx, self.login_id, hash)

    async def add_passkey(self, name: str = "My phone") -> str:
        """Made on the phone; gives its id. A second one takes the first."""
        has_one = await self.identity.passkeys(self.login_id)
        present = await (self.prove_by_passkey() if has_one else self.prove())
        offered = await self.identity.offer_passkey(present, name="138****1234")
        answer = self.passkeys.make(offered.options)
        async with self.door.database.transaction() as tx:
            made = await self.identity.confirm_passkey(tx, present, answer, name=name, visitor=PHONE)
        return made.id

    async def add_authenticator(self) -> str:
        """Gives its secret."""
        present = await self.prove()
        secret = await self.identity.offer_second_factor(present)
        async with self.door.database.transaction() as tx:
            await self.identity.set_authenticator(
                tx, present, pyotp.TOTP(secret).at(self.door.clock.now()), PHONE
            )
        return secret

    async def ask(self, about: bytes = TEA, strength: Strength = Strength.ONE) -> Confirmation:
        """They are asked about an act."""
        present = await self.present()
        async with self.door.database.transaction() as tx:
            return await self.identity.ask_confirmation(
                tx,
                login_id=self.login_id,
                session_id=present.session.id,
                about=about,
                factors=self.identity.factors_for(strength),
                words={"payee": "茶*", "amount": "12.80 CNY"},
            )

    async def confirm(
        self, confirmation: Confirmation, factor: Factor = Factor.PAYMENT_PASSWORD, proof: str = DIGITS
    ) -> Confirmation:
        """They show something for an act."""
        return await self.identity.confirm(await self.present(), confirmation.id, factor, proof, PHONE)

    async def sign(self, confirmation: Confirmation) -> Confirmation:
        """They confirm an act with their passkey."""
        asked = await self.identity.ask_passkey(await self.present(), confirmation_id=confirmation.id)
        return await self.confirm(confirmation, Factor.PASSKEY, self.passkeys.use(asked.options))


async def a_user(door: Door, about: str = "5f3a") -> User:
    """Somebody who has just registered on their phone."""
    hash = await door.identity.hash_of(PASSWORD, about=("13800001234",))
    async with door.database.transaction() as tx:
        login = await door.identity.add_login(tx, name="usr_1", password_hash=hash, visitor=PHONE)
        begun = await door.identity.begin_whole(tx, login.id, PHONE, factor=Factor.CODE)
    assert begun.device is not None, "whoever is in is somewhere"
    return User(
        door=door,
        login_id=login.id,
        about=about,
        token=begun.session.token,
        device=begun.device,
        device_token=begun.device_token or "",
        passkeys=SoftAuthenticator(),
    )
