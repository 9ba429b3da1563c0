"""What was spent comes back: how much of their limits do acts give back, and in which periods?"""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.identity.model import Strength
from tael.wallets import store
from tael.wallets.model import Used
from tael.wallets.rules import limits
from tael.wallets.rules.limits import Act
from tael.wallets.usecases.ground import Ground


async def unspend(tx: Transaction, ground: Ground, acts: Sequence[tuple[Act, Strength]]) -> None:
    """Take back what acts had counted, each in the periods of its own moment."""
    if not acts:
        return
    await store.lock_wallets(tx, [act.user_id for act, _ in acts], now=ground.clock.now())
    given = [
        (key, Used(act.amount.minor, 1)) for act, strength in acts for key in limits.given_back(act, strength)
    ]
    await store.give_back_counters(tx, given)
