"""What somebody confirmed, for their copy; and what becomes of a login when its person leaves."""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.identity.model import Visitor
from tael.identity.store import forgetting as store
from tael.identity.store.forgetting import Confirmed
from tael.identity.usecases import forgetting
from tael.identity.usecases.desk import Desk


class Forgetting:
    """The end of a login."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def forget_login(
        self, tx: Transaction, login_id: str, *, because: str, visitor: Visitor | None = None
    ) -> None:
        """Whoever it is leaves: no session, no device, nothing that proves who they are. What they signed is kept."""
        await forgetting.forget(self._desk, tx, login_id, because=because, visitor=visitor)

    async def erase_login(self, tx: Transaction, login_id: str) -> None:
        """Nothing has to be kept of it any longer; the empty row stays, for others point at it."""
        await store.erase(tx, login_id)

    async def confirmed_by(self, tx: Transaction, login_id: str, *, limit: int) -> Sequence[Confirmed]:
        """Which acts somebody confirmed, in the words that they saw, the newest first."""
        return await store.confirmed_by(tx, login_id, limit=limit)
