"""What have links and static codes in common? An address that many payers come by, and that can be switched off."""

import base64
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from tael.checkout import store
from tael.checkout.model import Link, LinkTerms, StaticCode, StaticCodeTerms
from tael.checkout.usecases.ground import Ground
from tael.foundation.calls import Answer, Call
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.foundation.money import exponent_of

A = TypeVar("A", Link, StaticCode)
B = TypeVar("B", bound=msgspec.Struct)
_PREFIXES = {Link: "lnk", StaticCode: "cod"}


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to let nobody more begin to pay by an address, or to let them again."""

    id: str
    merchant_id: str
    active: bool


class Addresses(Generic[A, B]):
    """The addresses of one kind."""

    def __init__(self, ground: Ground, noun: type[A], body: Callable[[A], B]) -> None:
        """`body`: how the API shows one."""
        self._ground = ground
        self._noun: type[A] = noun
        self.body: Callable[[A], B] = body

    def drawn_up(self, terms: LinkTerms | StaticCodeTerms, *, merchant_id: str) -> A:
        """One as a merchant wants it, at an address of its own; `create` makes it. Refuses an unknown currency."""
        exponent_of(terms.currency)
        return self._noun(
            id=new_id(_PREFIXES[self._noun]),
            merchant_id=merchant_id,
            code=_short_code(),
            created_at=self._ground.clock.now(),
            **msgspec.structs.asdict(terms),
        )

    async def _made(self, call: Call[A], verb: Callable[[Transaction, A], Awaitable[A]]) -> Answer:
        return await self._ground.clerk.answer(
            call, verb, shown=lambda made: (made.id, self.body(made)), status=201
        )

    async def switch(self, call: Call[Switch]) -> Answer:
        """Switch one on or off; whoever is paying by it goes on. Refuses `NoSuchLink`, `NoSuchStaticCode`."""

        async def verb(tx: Transaction, wish: Switch) -> A:
            return await store.switch(
                tx, self._noun, wish.id, merchant_id=wish.merchant_id, active=wish.active
            )

        return await self._ground.clerk.answer(
            call, verb, shown=lambda found: (found.id, self.body(found)), status=200
        )

    async def get(self, id: str, *, merchant_id: str) -> A:
        """One of them; refuses `NoSuchLink`, `NoSuchStaticCode`."""
        async with self._ground.database.transaction() as tx:
            return await store.find(tx, self._noun, id, merchant_id=merchant_id)

    async def page(
        self, merchant_id: str, *, active: bool | None = None, before: str | None, limit: int
    ) -> Sequence[A]:
        """A merchant's, newest first; only those that are switched on, or off, if `active` says so."""
        async with self._ground.database.transaction() as tx:
            return await store.page(tx, self._noun, merchant_id, before=before, limit=limit, active=active)


def _short_code() -> str:
    """The last part of a new address: 80 random bits, in letters and digits that can be read out."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()
