"""Codes that users show: to be paid, and to pay."""

from collections.abc import Sequence

import msgspec

from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.db import Transaction
from tael.foundation.http.limits import Limits, Rate
from tael.foundation.patience import until_committed
from tael.wallets.errors import NoSuchCode, TooManyCodes
from tael.wallets.model.codes import PaymentCode, PersonalCode
from tael.wallets.rules.codes import address_of, personal_code_in, why_not_by_code, why_not_good
from tael.wallets.schemas.codes import PersonalCodeBody, personal_code_body
from tael.wallets.store import orders as kept
from tael.wallets.usecases import codes
from tael.wallets.usecases.codes import MakePersonalCode
from tael.wallets.usecases.ground import Ground

__all__ = ["Codes", "MakePersonalCode", "RevokePersonalCode", "count_payment_code"]

_RATE = Rate(30, 60)
"""How many payment codes somebody may make: one a minute is shown, and some screens are opened again."""


async def count_payment_code(limits: Limits, user_id: str) -> None:
    """One more that somebody makes, wherever; refuses `TooManyCodes`."""
    taken = await limits.ask(f"payment codes {user_id}", _RATE)
    if taken.wait_seconds:
        raise TooManyCodes(
            f"At most {_RATE.tokens} payment codes in a minute.",
            retry_after_seconds=taken.wait_seconds,
            hint="Show the one that you have: it is good for a minute.",
        )


class RevokePersonalCode(msgspec.Struct, frozen=True, kw_only=True):
    """A wish that a code of one's own is good no more."""

    code: str
    user_id: str


class Codes:
    """Codes that users show: to be paid, and to pay."""

    def __init__(self, ground: Ground, clerk: Clerk) -> None:
        self._ground = ground
        self._clerk = clerk

    # To pay.

    async def payment_code(self, *, user_id: str, login_id: str) -> PaymentCode:
        """A new number that pays once, until the next one is shown and a little longer. Only its hash is kept."""

        async def work(tx: Transaction) -> PaymentCode:
            return await codes.make_payment_code(tx, self._ground, user_id=user_id, login_id=login_id)

        return await until_committed(self._ground.database, work, what="wallets.make_payment_code")

    # To be paid.

    async def make(self, call: Call[MakePersonalCode]) -> Answer:
        """A new code to be paid by; a static one takes the place of the one before. Refuses `WalletMalformed`."""

        async def verb(tx: Transaction, wish: MakePersonalCode) -> PersonalCode:
            return await codes.make_personal_code(tx, self._ground, wish)

        return await self._clerk.answer(call, verb, shown=self._shown, status=201)

    async def revoke(self, call: Call[RevokePersonalCode]) -> Answer:
        """One's own code is good no more; refuses `NoSuchCode`."""

        async def verb(tx: Transaction, wish: RevokePersonalCode) -> PersonalCode:
            now = self._ground.clock.now()
            found = await kept.revoke_personal_code(tx, wish.code, user_id=wish.user_id, now=now)
            if found is None:
                raise NoSuchCode("You have no such code.", field="code")
            return found

        return await self._clerk.answer(call, verb, shown=self._shown, status=200)

    async def mine(self, user_id: str, *, limit: int = 20) -> Sequence[PersonalCode]:
        """A user's codes that are good, newest first."""
        async with self._ground.database.transaction() as tx:
            return await kept.list_personal_codes(tx, user_id, now=self._ground.clock.now(), limit=limit)

    async def find(self, said: str) -> PersonalCode | None:
        """The personal code in what somebody scanned or typed; `None` if it is none. Refuses `NoSuchCode`."""
        text = personal_code_in(said)
        if text is None:
            return None
        async with self._ground.database.transaction() as tx:
            found = await kept.find_personal_code(tx, text)
        if found is None:
            raise NoSuchCode("There is no such code.", field="payee", hint="Let the payee show a new one.")
        return found

    def check_good(self, code: PersonalCode) -> None:
        """Refuses `NoSuchCode` of one that was revoked, or whose time is over."""
        refusal = why_not_good(code, self._ground.clock.now())
        if refusal is not None:
            raise refusal

    def check(self, code: PersonalCode, *, amount_minor: int, currency: str, scanned: bool) -> None:
        """Refuses `NoSuchCode`, `CodeNotForRemote`, `WalletMalformed`."""
        refusal = why_not_by_code(
            code,
            amount_minor=amount_minor,
            currency=currency,
            scanned=scanned,
            now=self._ground.clock.now(),
        )
        if refusal is not None:
            raise refusal

    def body(self, code: PersonalCode) -> PersonalCodeBody:
        """A code as its user sees it."""
        return personal_code_body(code, address=address_of(code.code, public_url=self._ground.public_url))

    # By themselves.

    async def warn_of_business(self) -> None:
        """Tell users who are paid by code as often as merchants are."""

        async def work(tx: Transaction) -> None:
            await codes.warn_of_business(tx, self._ground)

        await until_committed(self._ground.database, work, what="wallets.warn_of_business")

    async def forget_old(self) -> None:
        """Forget codes that are over, and close orders that nobody paid in time."""
        await codes.forget_old(self._ground)

    def _shown(self, code: PersonalCode) -> tuple[str, PersonalCodeBody]:
        return code.code, self.body(code)
