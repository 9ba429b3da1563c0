"""Codes that users show: to be paid, and to pay."""

from tael.foundation.clerk import Clerk
from tael.wallets.errors import NoSuchCode
from tael.wallets.model.codes import PersonalCode
from tael.wallets.rules.codes import personal_code_in, why_not_by_code
from tael.wallets.store import orders as kept
from tael.wallets.usecases.ground import Ground


class Codes:
    """Codes that users show: to be paid, and to pay."""

    def __init__(self, ground: Ground, clerk: Clerk) -> None:
        self._ground = ground
        self._clerk = clerk

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
