"""What stands in the books? Reading never locks."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from tael.foundation.db import Query, Transaction
from tael.ledger.model import Finding, PostedEntry, TrialBalanceLine
from tael.ledger.store import SQL, entries_by_reference

CHECKS: dict[str, Query] = {
    "debits equal credits in every currency": SQL.check_currencies_sum_to_zero,
    "every entry balances": SQL.check_entries_balance,
    "every entry has its postings": SQL.check_entries_have_postings,
    "every posting has its entry": SQL.check_postings_have_entries,
    "every running balance replays": SQL.check_running_balances,
    "every balance equals its replay": SQL.check_balances_equal_replay,
    "every account has a balance": SQL.check_accounts_have_balances,
}
"""What `verify` checks, in order."""


class BooksSize(msgspec.Struct, frozen=True):
    """How much is in the books."""

    entries: int
    postings: int
    accounts: int


async def entries_about(tx: Transaction, references: Sequence[str], *, limit: int = 200) -> list[PostedEntry]:
    """The entries about some business objects, in the order of booking."""
    return await entries_by_reference(tx, references, limit=limit)


async def trial_balance(tx: Transaction) -> list[TrialBalanceLine]:
    """The totals of every account, by currency, class and code."""
    return [
        TrialBalanceLine(
            code=code,
            currency=currency,
            account_class=account_class,
            debits_minor=int(debits),
            credits_minor=int(credits),
            balance_minor=balance,
        )
        for code, currency, account_class, debits, credits, balance in await tx.tuples(SQL.trial_balance)
    ]


async def books_size(tx: Transaction) -> BooksSize:
    """Numbers of entries, postings and accounts."""
    return BooksSize(*(await tx.tuples(SQL.count_books))[0])


async def verify(tx: Transaction) -> AsyncIterator[tuple[str, list[Finding]]]:
    """Each check with what it found; run it in a transaction that sees one moment (`Transaction.freeze`)."""
    for check, query in CHECKS.items():
        yield check, [Finding(check, detail) for (detail,) in await tx.tuples(query)]
