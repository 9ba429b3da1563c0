"""Where do frozen parts of a balance lie? As the floor of the wallet's account, below which the ledger lets nothing fall.

A floor takes no money away and needs none to be there: if less is there than is frozen, what arrives counts, too, and nothing
leaves. It begins and ends at its moment by itself. Standing knows what is frozen; floors follow it when it tells. Whoever
spends looks whether standing knows of more than the ledger does: what an authority has ordered counts from that moment on, not
from when somebody heard of it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.api import AccountChange, AccountStanding, accounts_by_number
from tael.standing.model import Known, Permission
from tael.wallets import postings
from tael.wallets.rules.floors import floor_steps
from tael.wallets.usecases.ground import Ground

Name = tuple[str, str]
"""A user and a currency."""


async def raise_floors(
    tx: Transaction, ground: Ground, known: Mapping[Name, Known], *, now: datetime
) -> None:
    """Let the ledger keep at least what standing says is frozen; their standings are locked, their wallets open."""
    frozen = {name: minor for name, who in known.items() if (minor := who.frozen_minor.get(name[1], 0))}
    found = await wallets_now(tx, ground, frozen)
    short = [
        name for name, minor in frozen.items() if (found[name].account.limit_at(now).floor_minor or 0) < minor
    ]
    await _follow(tx, ground, {name: found[name] for name in short}, now=now)


async def follow_standing(tx: Transaction, ground: Ground, user_ids: Collection[str]) -> None:
    """Let the floors of these users' wallets be what standing says, now and at every moment to come."""
    asked = [(user_id, Permission.LOOK) for user_id in sorted(user_ids)]
    await ground.standing.lock_and_check(tx, asked)
    now = ground.clock.now()
    names = [(user_id, currency) for user_id, _ in asked for currency in ground.limits(now).currencies]
    await ground.ledger.open_accounts(tx, [postings.wallet(*name) for name in names])
    await _follow(tx, ground, await wallets_now(tx, ground, names), now=now)


async def wallets_now(
    tx: Transaction, ground: Ground, names: Collection[Name]
) -> Mapping[Name, AccountStanding]:
    """The accounts of wallets as they are at this moment, of those that are open."""
    if not names:
        return {}
    by_account = {postings.wallet(*name).name: name for name in names}
    accounts = await ground.ledger.find_accounts(tx, list(by_account))
    found = await accounts_by_number(tx, [account.no for account in accounts.values()])
    return {by_account[each.account.code, each.account.currency]: each for each in found}


async def _follow(
    tx: Transaction, ground: Ground, wallets: Mapping[Name, AccountStanding], *, now: datetime
) -> None:
    changes: list[AccountChange] = []
    held = {
        user_id: await ground.standing.restrictions_of(tx, user_id)
        for user_id in dict.fromkeys(user_id for user_id, _ in wallets)
    }
    for (user_id, currency), wallet in wallets.items():
        account = wallet.account
        steps = floor_steps(account.limits, held[user_id], currency=currency, now=now)
        changes += [AccountChange(code=account.code, currency=currency, limit=limit) for limit in steps]
    if changes:
        await _write(tx, ground, changes)


async def _write(tx: Transaction, ground: Ground, changes: Sequence[AccountChange]) -> None:
    for verdict in await ground.ledger.change_accounts(tx, changes):
        if isinstance(verdict, Refusal):
            raise verdict
