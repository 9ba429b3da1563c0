"""Freeze, close, limit an account. Its balance is locked first, so that no entry passes by."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger import rules, store
from tael.ledger.errors import AccountClosed, AccountInUse, AccountMalformed, NoSuchAccount
from tael.ledger.model import Account, Frozen, Limit


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of an account. What is not said stays as it is."""

    code: str
    currency: str
    limit: Limit | None = None
    """A new limit, beside those that it has; it counts from `begins_at` on."""
    frozen: Frozen | None = None
    close: bool = False
    metadata: Mapping[str, str] | None = None
    """Replaces the metadata; an empty one removes it."""


async def change_accounts(
    tx: Transaction, changes: Sequence[AccountChange], *, cache: store.AccountCache, now: datetime
) -> list[Account | Refusal]:
    """Each account as it stands afterwards, or why not: `NoSuchAccount`, `AccountMalformed`, `AccountClosed`, `AccountInUse`."""
    names = [(change.code, change.currency) for change in changes]
    found = await cache.find(tx, names)
    locked = await store.lock_balances(tx, [account.no for account in found.values()])
    balances = {balance.account_no: balance for balance in locked}
    answers: list[Account | Refusal] = []
    for name, change in zip(names, changes, strict=True):
        current = (await cache.refresh(tx, [name])).get(name) if name in found else None
        refusal = _why_not(change, current, balances)
        if refusal is not None or current is None:
            answers.append(refusal or _not_open(change))
        else:
            await _write(tx, current, change, now)
            answers.append((await cache.refresh(tx, [name]))[name])
    return answers


def _why_not(
    change: AccountChange, account: Account | None, balances: Mapping[int, store.LockedBalance]
) -> Refusal | None:
    if account is None:
        return _not_open(change)
    if account.closed_at is not None and not change.close:
        return AccountClosed(f"{change.code} in {change.currency} is closed.", field="code")
    malformed = rules.why_limit_malformed(change.limit) if change.limit is not None else None
    if malformed is not None:
        return malformed
    complaint = rules.why_metadata_malformed(change.metadata) if change.metadata else None
    if complaint is not None:
        return AccountMalformed(complaint, field="metadata")
    on_it = balances[account.no]
    if change.close and (on_it.balance_minor or on_it.held_debits_minor or on_it.held_credits_minor):
        return AccountInUse(
            f"{change.code} in {change.currency} has a balance or holds.",
            field="code",
            hint="Move the balance away and end the pending entries first.",
            balance_minor=on_it.balance_minor,
        )
    return None


async def _write(tx: Transaction, account: Account, change: AccountChange, now: datetime) -> None:
    if change.limit is not None:
        await store.insert_limits(tx, [(account.no, change.limit)], set_at=now)
    await store.set_standing(
        tx,
        msgspec.structs.replace(
            account,
            frozen=account.frozen if change.frozen is None else change.frozen,
            closed_at=(account.closed_at or now) if change.close else account.closed_at,
            metadata=account.metadata if change.metadata is None else (change.metadata or None),
        ),
    )


def _not_open(change: AccountChange) -> NoSuchAccount:
    return NoSuchAccount(f"No account {change.code} is open in {change.currency}.", field="code")
