"""Where do frozen parts of a balance lie? As the floor of the wallet's account, below which the ledger lets nothing fall.

A floor takes no money away and needs none to be there: if less is there than is frozen, what arrives counts, too, and nothing
leaves. It begins and ends at its moment by itself. Whoever spends looks whether standing knows of more than the ledger does:
what an authority has ordered counts from that moment on, not from when somebody heard of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.api import AccountChange
from tael.ledger.model import Limit
from tael.standing.model import Known
from tael.wallets import postings
from tael.wallets.usecases.ground import Ground


async def raise_floors(
    tx: Transaction, ground: Ground, known: Mapping[tuple[str, str], Known], *, now: datetime
) -> None:
    """Let the ledger keep at least what standing says is frozen. known: by user and currency."""
    frozen = {
        postings.wallet(user_id, currency).name: minor
        for (user_id, currency), who in known.items()
        if (minor := who.frozen_minor.get(currency, 0))
    }
    if not frozen:
        return
    accounts = await ground.ledger.find_accounts(tx, list(frozen))
    short = [
        (name, minor)
        for name, minor in frozen.items()
        if (accounts[name].limit_at(now).floor_minor or 0) < minor
    ]
    await set_floors(tx, ground, [(name, [(now, minor)]) for name, minor in short])


async def set_floors(
    tx: Transaction,
    ground: Ground,
    floors: Sequence[tuple[tuple[str, str], Sequence[tuple[datetime, int]]]],
) -> None:
    """Write the floors of accounts, each from a moment on."""
    changes = [
        AccountChange(code=code, currency=currency, limit=Limit(begins_at=at, floor_minor=minor))
        for (code, currency), steps in floors
        for at, minor in steps
    ]
    if changes:
        for verdict in await ground.ledger.change_accounts(tx, changes):
            if isinstance(verdict, Refusal):
                raise verdict
