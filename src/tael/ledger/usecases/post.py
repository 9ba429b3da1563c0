"""Book journal entries, many at a time: loaded once, decided in order, written with one statement per table."""

from collections.abc import Sequence
from datetime import datetime

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger import rules, store
from tael.ledger.decisions import Known, Sheet, decide
from tael.ledger.model import Account, Booked, Decided, JournalEntry, Phase, moment_of, number_at
from tael.ledger.rules import Standing


async def post(
    tx: Transaction, entries: Sequence[JournalEntry], *, cache: store.AccountCache, now: datetime
) -> list[Booked | Refusal]:
    """Book each entry or say why not. An entry that is in the books already gets the receipt it got then.

    The balances of all accounts are locked first, in the order of their numbers: everything that this
    transaction reads afterwards stays true until it commits.
    """
    if not entries:
        return []
    targets = [target for entry in entries if (target := entry.ends or entry.reverses)]
    names = dict.fromkeys(rules.accounts_of(entries))
    if targets:
        names |= dict.fromkeys(await _accounts_of_targets(tx, targets))
    accounts = await cache.find(tx, list(names))
    locked = await store.lock_balances(tx, [account.no for account in accounts.values()])
    accounts = await _up_to_date(tx, accounts, locked, cache)
    first_no = await store.draw_numbers(tx, len(entries), now_us=number_at(now))
    standings = _standings(accounts, locked, moment_of(first_no))
    sheet = await _sheet(tx, entries, targets, standings)
    before = {standing.no: standing.amounts for standing in standings.values()}

    verdicts = decide(entries, sheet, first_no=first_no)

    decided = [verdict for verdict in verdicts if isinstance(verdict, Decided)]
    if decided:
        await store.insert_entries(tx, decided)
        moved = {each.no: each.amounts for each in standings.values() if each.amounts != before[each.no]}
        if moved:
            await store.update_balances(tx, moved)
    return [
        Booked(verdict.no, verdict.entry.id) if isinstance(verdict, Decided) else verdict
        for verdict in verdicts
    ]


async def _accounts_of_targets(tx: Transaction, targets: Sequence[str]) -> set[store.AccountName]:
    """What the entries touch that are to be ended or reversed. They never change, so they are read before the lock."""
    numbers = await store.find_numbers(tx, targets)
    return store.names_of(await store.entries_by_number(tx, list(numbers.values())))


async def _up_to_date(
    tx: Transaction,
    accounts: dict[store.AccountName, Account],
    locked: Sequence[store.LockedBalance],
    cache: store.AccountCache,
) -> dict[store.AccountName, Account]:
    """The accounts as they stand under the lock: those that were frozen or limited meanwhile are read again."""
    versions = {balance.account_no: balance.version for balance in locked}
    old = [name for name, account in accounts.items() if account.version != versions[account.no]]
    return accounts | await cache.refresh(tx, old) if old else accounts


def _standings(
    accounts: dict[store.AccountName, Account], locked: Sequence[store.LockedBalance], moment: datetime
) -> dict[store.AccountName, Standing]:
    balances = {balance.account_no: balance for balance in locked}
    standings = {}
    for name, account in accounts.items():
        balance = balances[account.no]
        standings[name] = Standing(
            account,
            account.limit_at(moment),
            balance=balance.balance_minor,
            held_debits=balance.held_debits_minor,
            held_credits=balance.held_credits_minor,
            dated=balance.dated_minor,
        )
    return standings


async def _sheet(
    tx: Transaction,
    entries: Sequence[JournalEntry],
    targets: Sequence[str],
    standings: dict[store.AccountName, Standing],
) -> Sheet:
    """What the books say, under the lock, of the entries that the batch brings, ends or reverses."""
    ids = [id for id in (*(entry.id for entry in entries), *targets) if id.isprintable()]
    numbers = await store.find_numbers(tx, ids)
    booked = await store.entries_by_number(tx, list(numbers.values())) if numbers else []
    ended: dict[str, Phase] = {}
    taken_back: dict[str, str] = {}
    if targets and booked:
        id_of = {entry.no: entry.id for entry in booked}
        for no, phase, id in await store.entries_regarding(tx, list(id_of)):
            if phase.ends_a_hold:
                ended[id_of[no]] = phase
            else:
                taken_back[id_of[no]] = id
    dated = any(entry.effective_at is not None for entry in entries)
    return Sheet(
        standings,
        known={entry.id: Known(entry.no, entry.as_entry()) for entry in booked},
        ended=ended,
        taken_back=taken_back,
        closed_until=await store.closed_until(tx) if dated else None,
    )
