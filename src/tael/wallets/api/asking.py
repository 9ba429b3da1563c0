"""Questions to users before their money moves: is this what you want, and how strongly must it be confirmed?"""

from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.wallets.model.asked import Asked
from tael.wallets.schemas.orders import AskedActBody, question_body
from tael.wallets.usecases.asking import AskAbout, AskAboutOrder, ask_about, ask_about_order
from tael.wallets.usecases.ground import Ground

__all__ = ["AskAbout", "AskAboutOrder", "Asked", "Asking"]


class Asking:
    """Questions to users before their money moves."""

    def __init__(self, ground: Ground, clerk: Clerk) -> None:
        self._ground = ground
        self._clerk = clerk

    async def about(self, wish: AskAbout) -> Asked:
        """A question about one act; refuses `WalletMalformed`, `LimitReached`."""
        async with self._ground.database.transaction() as tx:
            return await ask_about(tx, self._ground, wish)

    async def about_order(self, wish: AskAboutOrder) -> Asked:
        """A question about an order; refuses `NoSuchOrder`, `OrderEnded`, and as `about` does."""
        async with self._ground.database.transaction() as tx:
            return await ask_about_order(tx, self._ground, wish)

    async def answer(self, call: Call[AskAbout]) -> Answer:
        """`about`, under the caller's key."""

        async def verb(tx: Transaction, wish: AskAbout) -> Asked:
            return await ask_about(tx, self._ground, wish)

        return await self._clerk.answer(call, verb, shown=_shown, status=200)

    async def answer_order(self, call: Call[AskAboutOrder]) -> Answer:
        """`about_order`, under the caller's key."""

        async def verb(tx: Transaction, wish: AskAboutOrder) -> Asked:
            return await ask_about_order(tx, self._ground, wish)

        return await self._clerk.answer(call, verb, shown=_shown, status=200)


def _shown(asked: Asked) -> tuple[str, AskedActBody]:
    return asked.confirmation_id or new_id("cfm"), question_body(asked)
