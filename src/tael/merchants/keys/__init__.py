"""With which keys do a merchant's servers call us? Make keys, change them, take them back, say who is behind one.

verbs   what is done in a transaction: one function for each command
ring    who is behind a secret, and when it was used
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from tael.foundation import api_keys, audit
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.foundation.http.signatures import Algorithm, pem_of, read_public_key
from tael.foundation.http.versions import Versions
from tael.foundation.ids import new_id
from tael.merchants.errors import NoSuchKey
from tael.merchants.keys import verbs
from tael.merchants.keys.ring import KeyHolder, Ring
from tael.merchants.model.keys import (
    AddSigningKey,
    ApiKey,
    ChangeKey,
    CreateKey,
    KeyCommand,
    NewApiKey,
    RevokeKey,
    RevokeSigningKey,
    RotateKey,
    SigningKey,
    WantedKey,
)
from tael.merchants.rules.keys import permissions_of
from tael.merchants.schemas.keys import KeyBody, body_of

__all__ = ["KeyHolder", "MerchantKeys"]


class MerchantKeys:
    """The keys of merchants in one database."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, versions: Versions) -> None:
        self._database = database
        self._clock = clock
        self._word = "tael" if settings.mode == "live" else f"tael_{settings.mode}"
        self._clerk = Clerk(database, clock)
        self.versions = versions
        self.ring = Ring(database, clock, settings, word=self._word)

    # Verbs. Each makes a command; `do` does it for an operator or a page, `answer` under an Idempotency-Key.

    def creation(self, merchant_id: str, wanted: WantedKey) -> tuple[CreateKey, str]:
        """The command to make a key, and its secret."""
        made = api_keys.make_secret(f"{self._word}_pk" if wanted.publishable else self._word)
        version = (
            self.versions.newest
            if wanted.version is None
            else self.versions.check(wanted.version, field="version")
        )
        command = CreateKey(
            merchant_id=merchant_id,
            prefix=made.prefix,
            hash=api_keys.hash_of(made.secret),
            wanted=msgspec.structs.replace(wanted, version=version),
        )
        return command, made.secret

    def rotation(self, merchant_id: str | None, prefix: str, *, overlap: timedelta) -> tuple[RotateKey, str]:
        """The command to give a key another secret, and that secret."""
        secret = api_keys.another_secret(prefix)
        command = RotateKey(
            merchant_id=merchant_id, prefix=prefix, hash=api_keys.hash_of(secret), overlap=overlap
        )
        return command, secret

    def change(self, command: ChangeKey) -> ChangeKey:
        """The same command; refuses `UnknownVersion`."""
        if command.version is not None:
            self.versions.check(command.version, field="version")
        return command

    def signing_key(
        self, merchant_id: str | None, prefix: str, *, name: str, algorithm: Algorithm, public_key: str
    ) -> AddSigningKey:
        """The command to let requests be signed by one more private key; refuses `PublicKeyMalformed`."""
        key = SigningKey(
            id=new_id("sgk"),
            prefix=prefix,
            name=name,
            algorithm=algorithm,
            public_key=pem_of(read_public_key(public_key, algorithm)),
            created_at=self._clock.now(),
        )
        return AddSigningKey(merchant_id=merchant_id, prefix=prefix, key=key)

    async def do(self, command: KeyCommand, *, actor: str) -> ApiKey:
        """Do a command; raises what its verb refuses."""
        async with self._database.transaction() as tx:
            key = await verbs.do(tx, command, now=self._clock.now())
            event = AuditEvent(
                happened_at=self._clock.now(),
                actor=actor,
                action=action_of(command),
                object_id=key.prefix,
                result="done",
            )
            await audit.record(tx, [event])
        return key

    async def answer(self, call: Call[KeyCommand]) -> Answer:
        """Do a command under an Idempotency-Key, and give the answer as it is kept: without a secret."""

        async def verb(tx: Transaction, command: KeyCommand) -> tuple[ApiKey, Sequence[SigningKey]]:
            key = await verbs.do(tx, command, now=self._clock.now())
            return key, await verbs.signing_keys(tx, [key.prefix])

        status = 201 if isinstance(call.command, CreateKey) else 200
        return await self._clerk.answer(call, verb, shown=_shown, status=status)

    # Shorter ways for operators and tests.

    async def create(self, merchant_id: str, *, actor: str, wanted: WantedKey | None = None) -> NewApiKey:
        """A new key; its secret is in the answer and nowhere else. Refuses `NoSuchMerchant`, `KeyMalformed`."""
        command, secret = self.creation(merchant_id, wanted or WantedKey())
        return NewApiKey(key=await self.do(command, actor=actor), secret=secret)

    async def rotate(self, prefix: str, *, overlap: timedelta, actor: str) -> NewApiKey:
        """Another secret for a key; the one it had is good for `overlap`. Refuses `NoSuchKey`, `KeyEnded`."""
        command, secret = self.rotation(None, prefix, overlap=overlap)
        return NewApiKey(key=await self.do(command, actor=actor), secret=secret)

    async def revoke(self, prefix: str, *, actor: str) -> None:
        """End a key, everywhere within `CACHE_SECONDS`; refuses `NoSuchKey`."""
        await self.do(RevokeKey(merchant_id=None, prefix=prefix), actor=actor)

    # Questions.

    async def of(self, merchant_id: str, *, after: str | None = None, limit: int = 200) -> Sequence[ApiKey]:
        """A merchant's keys, newest first, without their secrets; `after` is the last one of the page before."""
        async with self._database.transaction() as tx:
            return await verbs.find(tx, merchant_id, after=after, limit=limit)

    async def get(self, merchant_id: str, prefix: str) -> ApiKey:
        """One key of a merchant; refuses `NoSuchKey`."""
        async with self._database.transaction() as tx:
            found = await verbs.find(tx, merchant_id, prefix=prefix, limit=1)
        if not found:
            raise NoSuchKey(f"There is no key {prefix[:40]!r}.", field="prefix")
        return found[0]

    async def signing_keys(self, prefixes: Sequence[str]) -> Sequence[SigningKey]:
        """The public keys of some API keys, oldest first."""
        async with self._database.transaction() as tx:
            return await verbs.signing_keys(tx, prefixes)

    async def authenticate(self, secret: str) -> KeyHolder:
        """Who is behind a secret; refuses `KeyRefused`, `KeyExpired`."""
        return await self.ring.holder_of(secret)

    async def note_uses(self) -> None:
        """Write down which keys were used since the last call, and from where."""
        await self.ring.note_uses()


def shown(key: ApiKey, signing_keys: Sequence[SigningKey]) -> KeyBody:
    """A key as its merchant sees it."""
    return body_of(key, signing_keys, permissions_of(key))


def _shown(done: tuple[ApiKey, Sequence[SigningKey]]) -> tuple[str, KeyBody]:
    return done[0].prefix, shown(*done)


_ACTIONS: dict[type[KeyCommand], str] = {
    CreateKey: "merchants.create_key",
    RotateKey: "merchants.rotate_key",
    ChangeKey: "merchants.change_key",
    RevokeKey: "merchants.revoke_key",
    AddSigningKey: "merchants.add_signing_key",
    RevokeSigningKey: "merchants.revoke_signing_key",
}


def action_of(command: KeyCommand) -> str:
    """The verb in words, for the audit trail."""
    return _ACTIONS[type(command)]
