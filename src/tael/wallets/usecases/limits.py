"""What may a user still spend, and who says so?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tael.foundation.db import Transaction
from tael.wallets import store
from tael.wallets.errors import NoWallet, WalletMalformed
from tael.wallets.model import LimitShown
from tael.wallets.rules import limits
from tael.wallets.rules.limits import Counters, Terms
from tael.wallets.usecases.ground import Ground

DAYS_KEPT = timedelta(days=7)
"""Limits ask about this day alone, and about years; a week is for whoever wants to know why something was refused."""
_AT_A_TIME = 5_000


async def limits_of(tx: Transaction, ground: Ground, user_id: str, *, currency: str) -> Sequence[LimitShown]:
    """Every limit of a user in a currency, how far it is used, and when it is free again."""
    now = ground.clock.now()
    if currency not in ground.limits(now).currencies:
        raise WalletMalformed(f"Wallets hold no {currency[:12]}.", field="currency")
    terms, counters, _ = await room_of(tx, ground, user_id, currency, at=now)
    return limits.shown(user_id, terms, counters, currency=currency, at=now)


async def room_of(
    tx: Transaction, ground: Ground, user_id: str, currency: str, *, at: datetime
) -> tuple[Terms, Counters, Sequence[str]]:
    """In which limits a user spends a currency, what of them is used, and in which years that may be. Refuses `NoWallet`."""
    known = (await ground.standing.known(tx, [user_id])).get(user_id)
    if known is None:
        raise NoWallet("There is no such user.", field="user_id")
    opened = (await store.find_wallets(tx, [user_id])).get(user_id, at)
    periods = limits.periods_between(opened, at)
    terms = Terms(
        account_class=known.terms,
        agreed=known.limits,
        day=ground.day_limits(at).get(currency),
        house=ground.limits(at).currencies[currency],
    )
    return terms, await store.find_counters(tx, [user_id], periods=periods), periods[1:]


async def forget_counters(ground: Ground) -> None:
    """Forget the counters of days that are long over; what counts for years and for life stays."""
    before = limits.day_of(ground.clock.now() - DAYS_KEPT)
    after: str | None = ""
    while after is not None:
        async with ground.database.transaction() as tx:
            after = await store.forget_counters(tx, before_day=before, after=after, limit=_AT_A_TIME)
