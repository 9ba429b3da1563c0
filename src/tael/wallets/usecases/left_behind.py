"""Whose money is in wallets that nobody can open any more? Refunds and returns reach also who has left: it stays theirs."""

from collections.abc import Sequence

import msgspec

from tael.foundation.money import Money
from tael.users.api import UserFilter
from tael.users.model import UserState
from tael.wallets.usecases.floors import wallets_now
from tael.wallets.usecases.ground import Ground

_AT_A_TIME = 200


class LeftBehind(msgspec.Struct, frozen=True, kw_only=True):
    """What we owe somebody who has left."""

    user_id: str
    state: UserState
    total: Money


async def left_behind(ground: Ground, *, limit: int) -> Sequence[LeftBehind]:
    """By users who left, the newest first: those who can still be found, then those of whom nothing else is kept."""
    found: list[LeftBehind] = []
    for state in (UserState.CLOSED, UserState.ERASED):
        before: str | None = None
        while len(found) < limit:
            ids = await _page(ground, state, before)
            found += await _held(ground, ids, state)
            if len(ids) < _AT_A_TIME:
                break
            before = ids[-1]
    return found[:limit]


async def _page(ground: Ground, state: UserState, before: str | None) -> Sequence[str]:
    wanted = UserFilter(state=state, before=before, limit=_AT_A_TIME)
    return [each.known.user.id for each in await ground.users.reads.list_users(wanted)]


async def _held(ground: Ground, ids: Sequence[str], state: UserState) -> Sequence[LeftBehind]:
    currencies = sorted(ground.limits(ground.clock.now()).currencies)
    async with ground.database.transaction() as tx:
        wallets = await wallets_now(tx, ground, [(id, currency) for id in ids for currency in currencies])
    return [
        LeftBehind(user_id=user_id, state=state, total=Money(-wallet.balance.balance_minor, currency))
        for (user_id, currency), wallet in wallets.items()
        if wallet.balance.balance_minor
    ]
