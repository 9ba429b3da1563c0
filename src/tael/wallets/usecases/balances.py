"""What is in a wallet? Exactly what the ledger says, at this moment; and what of it may not be spent, as standing says."""

from collections.abc import Sequence
from datetime import datetime

from tael.foundation.db import Transaction
from tael.ledger.api import AccountStanding
from tael.ledger.model import Frozen
from tael.standing.model import InForce
from tael.wallets.model import Balance
from tael.wallets.rules.floors import frozen_part
from tael.wallets.usecases.floors import wallets_now
from tael.wallets.usecases.ground import Ground


async def balances(tx: Transaction, ground: Ground, user_id: str, *, now: datetime) -> list[Balance]:
    """In each currency that wallets can hold; nothing is there before it is first used. Refuses `NoStanding`."""
    currencies = sorted(ground.limits(now).currencies)
    held = await ground.standing.restrictions_of(tx, user_id)
    found = await wallets_now(tx, ground, [(user_id, currency) for currency in currencies])
    return [balance_of(currency, found.get((user_id, currency)), held, now=now) for currency in currencies]


def balance_of(
    currency: str, standing: AccountStanding | None, held: Sequence[InForce], *, now: datetime
) -> Balance:
    """A wallet's account as its user understands it. held: the restrictions that hold now."""
    if standing is None:
        return Balance(currency=currency, total_minor=0, available_minor=0, held_minor=0, frozen_minor=0)
    total = -standing.balance.balance_minor
    on_its_way = standing.balance.held_debits_minor
    free = total - on_its_way
    floor = standing.account.limit_at(now).floor_minor or 0
    all_of_it = standing.account.frozen in (Frozen.OUT, Frozen.BOTH)
    frozen = free if all_of_it else frozen_part(free, floor, held, currency=currency)
    return Balance(
        currency=currency,
        total_minor=total,
        available_minor=free - frozen,
        held_minor=on_its_way,
        frozen_minor=frozen,
    )
