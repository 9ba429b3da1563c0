"""Book journal entries, many at a time: loaded once, decided in order, written with one statement per table."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.foundation.db import Contention, Transaction
from tael.foundation.errors import Refusal
from tael.ledger import store
from tael.ledger.archives import archived_among
from tael.ledger.decisions import Known, Sheet, Verdict, accounts_of, decide
from tael.ledger.model import (
    Account,
    Booked,
    Decided,
    JournalEntry,
    Phase,
    PostedEntry,
    moment_of,
    number_at,
)
from tael.ledger.rules import Standing


async def post(
    tx: Transaction, entries: Sequence[JournalEntry], *, cache: store.AccountCache, now: datetime
) -> list[Booked | Refusal]:
    """Book each entry or say why not. An entry that is in the books already gets the receipt it got then."""
    verdicts = await book(tx, entries, cache=cache, now=now)
    return [
        Booked(verdict.no, verdict.entry.id) if isinstance(verdict, Decided) else verdict
        for verdict in verdicts
    ]


async def book(
    tx: Transaction, entries: Sequence[JournalEntry], *, cache: store.AccountCache, now: datetime
) -> list[Verdict]:
    """What became of each entry: `Decided` and written now, `Booked` before, or refused.

    The balances of all accounts are locked first, in the order of their numbers: everything that this
    transaction reads afterwards stays true until it commits.
    """
    if not entries:
        return []
    wanted = [
        target for entry in entries if (target := entry.ends or entry.reverses) and target.isprintable()
    ]
    targets = await _find_targets(tx, wanted) if wanted else []
    names = dict.fromkeys(accounts_of(entries)) | dict.fromkeys(store.names_of(targets))
    accounts = await cache.find(tx, list(names))
    locked = await store.lock_balances(tx, [account.no for account in accounts.values()])
    accounts = await _up_to_date(tx, accounts, locked, cache)
    first_no = await store.draw_numbers(tx, len(entries), now_us=number_at(now))
    standings = _standings(accounts, locked, moment_of(first_no))
    sheet = await _sheet(tx, entries, wanted, standings)
    _refuse_to_guess(sheet, wanted, seen={target.id for target in targets})
    before = {standing.no: standing.amounts for standing in standings.values()}

    verdicts = decide(_with_expiries(entries, sheet, first_no), sheet, first_no=first_no)

    decided = [verdict for verdict in verdicts if isinstance(verdict, Decided)]
    if decided:
        await store.insert_entries(tx, decided)
        moved = {each.no: each.amounts for each in standings.values() if each.amounts != before[each.no]}
        if moved:
            await store.update_balances(tx, moved)
    return verdicts


def _with_expiries(entries: Sequence[JournalEntry], sheet: Sheet, first_no: int) -> Sequence[JournalEntry]:
    """Those that expire some seconds after their booking, with the moment. A repeat counts from the first booking."""
    if all(entry.expires_in_seconds is None for entry in entries):
        return entries
    booked_as = {id: known.no for id, known in sheet.known.items()} | dict(sheet.archived_as)
    numbers = [booked_as.setdefault(entry.id, no) for no, entry in enumerate(entries, first_no)]
    return [
        entry
        if entry.expires_in_seconds is None
        else msgspec.structs.replace(
            entry,
            expires_at=moment_of(no) + timedelta(seconds=entry.expires_in_seconds),
            expires_in_seconds=None,
        )
        for no, entry in zip(numbers, entries, strict=True)
    ]


async def _find_targets(tx: Transaction, ids: Sequence[str]) -> list[PostedEntry]:
    """The entries that are to be ended or reversed. They never change, so they are read before the lock."""
    numbers = await store.find_numbers(tx, ids)
    return await store.entries_by_number(tx, list(numbers.values()))


def _refuse_to_guess(sheet: Sheet, targets: Sequence[str], *, seen: set[str]) -> None:
    """Raise `Contention` if an entry to be ended or reversed was booked after its accounts should have been locked."""
    if any(target in sheet.known and target not in seen for target in targets):
        raise Contention("An entry that is to be ended or reversed was booked at this very moment.")


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
    known = {entry.id: Known(entry.no, entry.as_entry()) for entry in booked}
    return Sheet(
        standings,
        known=known,
        ended=ended,
        taken_back=taken_back,
        closed_until=await store.closed_until(tx) if dated else None,
        archived=await archived_among(tx, numbers, known=known),
        archived_as={id: no for id, no in numbers.items() if id not in known},
    )
