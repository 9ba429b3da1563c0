"""What wallets hear of restrictions: money that may not be spent stays above the floor of its account."""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.foundation.events import Event
from tael.standing.events import RestrictionLifted, RestrictionSet
from tael.wallets.usecases.floors import follow_standing
from tael.wallets.usecases.ground import Ground


class Freezes:
    """The parts of balances that may not be spent; which ones, standing says."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def hear(self, tx: Transaction, facts: Sequence[Event]) -> None:
        """Something was frozen or thawed: let the floors follow."""
        users = {
            fact.object_id
            for fact in facts
            if isinstance(fact, RestrictionSet | RestrictionLifted) and fact.amount_minor is not None
        }
        if users:
            await follow_standing(tx, self._ground, users)
