"""Where do the books lie? The ledger's only SQL: rows in, rows out, many at a time."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries
from tael.ledger.model import (
    Account,
    AccountClass,
    AccountSpec,
    JournalEntry,
    Line,
    PostedEntry,
    PostedPosting,
)

SQL = queries("tael.ledger")

AccountName = tuple[str, str]


class AccountCache:
    """The accounts that this process has seen. They never change, so each is read once."""

    def __init__(self) -> None:
        self._known: dict[AccountName, Account] = {}

    async def find(self, tx: Transaction, names: Sequence[AccountName]) -> dict[AccountName, Account]:
        """The open accounts among `names`."""
        unknown = [name for name in names if name not in self._known]
        found = {name: self._known[name] for name in names if name in self._known}
        if unknown:
            for row in await _find_accounts(tx, unknown):
                account = msgspec.convert(row, Account, from_attributes=True)
                found[account.code, account.currency] = account
                if row.settled:
                    self._known[account.code, account.currency] = account
        return found


class _AccountRow(msgspec.Struct, frozen=True):
    no: int
    code: str
    currency: str
    account_class: str
    limit_rule: str
    floor_minor: int
    settled: bool


async def _find_accounts(tx: Transaction, names: Sequence[AccountName]) -> list[_AccountRow]:
    return await tx.rows(
        SQL.find_accounts,
        _AccountRow,
        codes=[code for code, _ in names],
        currencies=[currency for _, currency in names],
    )


async def insert_accounts(tx: Transaction, specs: Sequence[AccountSpec], *, opened_at: datetime) -> None:
    """Open accounts with a balance of zero; those that are open already stay as they are."""
    await tx.run(
        SQL.insert_accounts,
        codes=[spec.code for spec in specs],
        currencies=[spec.currency for spec in specs],
        classes=[spec.account_class for spec in specs],
        limit_rules=[spec.limit_rule for spec in specs],
        floors=[spec.floor_minor for spec in specs],
        opened_at=opened_at,
    )


async def lock_balances(tx: Transaction, account_nos: Sequence[int]) -> dict[int, int]:
    """The balances, debits positive, locked in the order of the account numbers until the transaction ends."""
    return dict(await tx.tuples(SQL.lock_balances, account_nos=list(account_nos)))


async def update_balances(tx: Transaction, balances: dict[int, int]) -> None:
    """Write the new balances: one statement, each row once."""
    await tx.run(SQL.update_balances, account_nos=list(balances), balances=list(balances.values()))


async def find_entries(tx: Transaction, ids: Sequence[str]) -> dict[str, PostedEntry]:
    """The entries in the books among `ids`, with their postings."""
    return {
        entry.id: entry
        for entry in await with_postings(tx, await tx.rows(SQL.find_entries, PostedEntry, ids=list(ids)))
    }


async def entries_by_reference(
    tx: Transaction, references: Sequence[str], *, limit: int
) -> list[PostedEntry]:
    """The entries about some business objects, oldest first."""
    found = await tx.rows(SQL.entries_by_reference, PostedEntry, references=list(references), limit=limit)
    return await with_postings(tx, found)


async def with_postings(tx: Transaction, entries: Sequence[PostedEntry]) -> list[PostedEntry]:
    """The same entries with their postings filled in."""
    if not entries:
        return []
    lines: dict[int, list[PostedPosting]] = {entry.no: [] for entry in entries}
    for row in await tx.tuples(SQL.postings_of_entries, entry_nos=list(lines)):
        lines[row[0]].append(
            PostedPosting(
                code=row[1],
                currency=row[2],
                account_class=AccountClass(row[3]),
                amount_minor=row[4],
                balance_after_minor=row[5],
            )
        )
    return [msgspec.structs.replace(entry, postings=tuple(lines[entry.no])) for entry in entries]


async def insert_entries(
    tx: Transaction, decided: Sequence[tuple[JournalEntry, Sequence[Line]]], *, booked_at: datetime
) -> list[int]:
    """Write the entries and their lines; gives the entries' numbers, in order."""
    numbers = [no for (no,) in await tx.tuples(SQL.next_entry_numbers, count=len(decided))]
    numbered = list(zip(numbers, decided, strict=True))
    await tx.copy(
        SQL.copy_entries,
        (
            (no, entry.id, entry.kind, entry.reference, entry.effective_at or booked_at, booked_at)
            for no, (entry, _) in numbered
        ),
    )
    await tx.copy(
        SQL.copy_postings,
        (
            (line.account_no, no, position, line.amount_minor, line.balance_after_minor)
            for no, (_, lines) in numbered
            for position, line in enumerate(lines)
        ),
    )
    return numbers
