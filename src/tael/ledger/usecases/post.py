"""Book journal entries, many at a time: decided in order, written with one statement per table."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger import rules, store
from tael.ledger.model import Account, Booked, JournalEntry, Line


async def post(
    tx: Transaction, entries: Sequence[JournalEntry], *, cache: store.AccountCache, now: datetime
) -> list[Booked | Refusal]:
    """Book each entry or say why not. An entry that is in the books already gets the receipt it got then.

    The balances of all accounts are locked first, in the order of their numbers: everything that this
    transaction reads afterwards stays true until it commits.
    """
    accounts = await cache.find(tx, rules.accounts_of(entries))
    balances = await store.lock_balances(tx, [account.no for account in accounts.values()])
    before = dict(balances)
    known = await store.find_entries(tx, [entry.id for entry in entries])
    first_of_id = {id: booked.as_entry() for id, booked in known.items()}
    receipts: dict[str, Booked] = {id: Booked(booked.no, id) for id, booked in known.items()}
    refusals: dict[int, Refusal] = {}
    decided: list[tuple[JournalEntry, list[Line]]] = []

    for place, entry in enumerate(entries):
        verdict = _verdict(entry, first_of_id, accounts, balances)
        if isinstance(verdict, Refusal):
            refusals[place] = verdict
        elif verdict:
            first_of_id[entry.id] = entry
            decided.append((entry, verdict))

    receipts |= await _write(tx, decided, _changed(before, balances), now)
    return [
        refusals[place] if place in refusals else receipts[entry.id] for place, entry in enumerate(entries)
    ]


def _verdict(
    entry: JournalEntry,
    first_of_id: Mapping[str, JournalEntry],
    accounts: Mapping[tuple[str, str], Account],
    balances: dict[int, int],
) -> list[Line] | Refusal:
    """The lines to write, none if the entry is in the books already, or the refusal."""
    malformed = rules.why_malformed(entry)
    if malformed is not None:
        return malformed
    if entry.id in first_of_id:
        return rules.why_reused(entry, first_of_id[entry.id]) or []
    return rules.decide(entry, accounts, balances)


async def _write(
    tx: Transaction,
    decided: Sequence[tuple[JournalEntry, list[Line]]],
    balances: dict[int, int],
    now: datetime,
) -> dict[str, Booked]:
    if not decided:
        return {}
    numbers = await store.insert_entries(tx, decided, booked_at=now)
    await store.update_balances(tx, balances)
    return {entry.id: Booked(no, entry.id) for no, (entry, _) in zip(numbers, decided, strict=True)}


def _changed(before: Mapping[int, int], after: Mapping[int, int]) -> dict[int, int]:
    return {no: minor for no, minor in after.items() if minor != before[no]}
