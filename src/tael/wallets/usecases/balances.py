"""What is in a wallet? Exactly what the ledger says, at this moment."""

from datetime import datetime

from tael.foundation.db import Transaction
from tael.ledger.api import AccountStanding, accounts_by_number
from tael.ledger.model import Frozen
from tael.wallets import postings
from tael.wallets.model import Balance
from tael.wallets.usecases.ground import Ground


async def balances(tx: Transaction, ground: Ground, user_id: str, *, now: datetime) -> list[Balance]:
    """In each currency that wallets can hold; nothing is there before it is first used."""
    currencies = sorted(ground.limits(now).currencies)
    names = [postings.wallet(user_id, currency).name for currency in currencies]
    accounts = await ground.ledger.find_accounts(tx, names)
    open_ = await accounts_by_number(tx, [account.no for account in accounts.values()])
    found = {standing.account.currency: standing for standing in open_}
    return [balance_of(currency, found.get(currency), now=now) for currency in currencies]


def balance_of(currency: str, standing: AccountStanding | None, *, now: datetime) -> Balance:
    """A wallet's account as its user understands it."""
    if standing is None:
        return Balance(currency=currency, total_minor=0, available_minor=0, held_minor=0, frozen_minor=0)
    total = -standing.balance.balance_minor
    held = standing.balance.held_debits_minor
    free = total - held
    floor = standing.account.limit_at(now).floor_minor or 0
    all_of_it = standing.account.frozen in (Frozen.OUT, Frozen.BOTH)
    frozen = free if all_of_it else min(floor, free)
    return Balance(
        currency=currency,
        total_minor=total,
        available_minor=free - frozen,
        held_minor=held,
        frozen_minor=frozen,
    )
