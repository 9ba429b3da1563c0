"""Open accounts, many at a time; one that is open already, in the same way, is left as it is."""

from collections.abc import Sequence
from datetime import datetime

from tael.foundation.db import Transaction
from tael.ledger import store
from tael.ledger.errors import AccountDiffers
from tael.ledger.model import Account, AccountSpec


async def open_accounts(
    tx: Transaction, specs: Sequence[AccountSpec], *, cache: store.AccountCache, now: datetime
) -> list[Account | AccountDiffers]:
    """Each account as it is open now, or `AccountDiffers` if it was opened before with another class or limit."""
    names = [spec.name for spec in specs]
    found = await cache.find(tx, names)
    missing = [spec for spec in specs if spec.name not in found]
    if missing:
        await store.insert_accounts(tx, missing, opened_at=now)
        found |= await cache.find(tx, [spec.name for spec in missing])
    return [_same_or_refusal(spec, found[spec.name]) for spec in specs]


def _same_or_refusal(spec: AccountSpec, account: Account) -> Account | AccountDiffers:
    for field in ("account_class", "limit_rule", "floor_minor"):
        if getattr(spec, field) != getattr(account, field):
            return AccountDiffers(
                f"{spec.code} is open in {spec.currency} with {field} {getattr(account, field)}, "
                f"not {getattr(spec, field)}.",
                field=field,
            )
    return account
