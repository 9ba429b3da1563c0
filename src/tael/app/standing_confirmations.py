"""How does a user confirm that a freeze is lifted? By two factors, signed after a forgotten password, in the session in which they were asked."""

from collections.abc import Mapping

from tael.foundation.db import Database, Transaction
from tael.foundation.http.permissions import Principal
from tael.identity.api import Identity, UserPrincipal
from tael.identity.model import Present, Strength, Used

STRENGTH = Strength.TWO


class StandingConfirmations:
    """Asks identity, on behalf of standing, which does not know it."""

    def __init__(self, database: Database, identity: Identity) -> None:
        self._database = database
        self._identity = identity

    def login_of(self, principal: Principal) -> str:
        """As whom a user is signed in."""
        return _present(principal).login.id

    async def ask(self, principal: Principal, about: bytes, words: Mapping[str, str]) -> str:
        """A new question in this session."""
        present = _present(principal)
        async with self._database.transaction() as tx:
            asked = await self._identity.ask_confirmation(
                tx,
                login_id=present.login.id,
                session_id=present.session.id,
                about=about,
                factors=self._identity.factors_for(
                    await self._identity.raised(tx, present.login.id, STRENGTH)
                ),
                words=words,
            )
        return asked.id

    async def use(self, tx: Transaction, login_id: str, confirmation_id: str, about: bytes) -> None:
        """Use a confirmation up; raises why it cannot be."""
        strength = await self._identity.raised(tx, login_id, STRENGTH)
        used = Used(id=confirmation_id, login_id=login_id, about=about, strength=strength)
        for refusal in await self._identity.use_confirmations(tx, [used]):
            if refusal is not None:
                raise refusal


def _present(principal: Principal) -> Present:
    if not isinstance(principal, UserPrincipal):
        raise TypeError("Only users have a standing of their own.")
    return principal.present
