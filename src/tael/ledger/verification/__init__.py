"""Are the books right, and are they still what was sealed? Everything replayed, every row hashed again.

The replay finds what contradicts itself. The chain of blocks finds what does not: somebody with all rights over the
database may write consistent lies, but not the signatures over what stood there before. What the newest rows are is
known outside only from the heads that were exported: without one, a chain that was cut off looks like a short chain.

evidence   what is known outside the database
chain      the blocks as such
rows       what the blocks have sealed
months     the files of months that were archived
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from tael.foundation.db import Query, Transaction
from tael.ledger.archives import Archive, all_archives
from tael.ledger.blocks import all_blocks
from tael.ledger.model import Finding, moment_of
from tael.ledger.store import SQL
from tael.ledger.verification.chain import Chain
from tael.ledger.verification.evidence import FINDINGS_LIMIT, Evidence
from tael.ledger.verification.months import check_months, closing_balances
from tael.ledger.verification.rows import Differences, compare, in_words, load

__all__ = ["CHECKS", "Evidence", "Progress", "verify"]

CHECKS: dict[str, Query] = {
    "debits equal credits in every currency": SQL.check_currencies_sum_to_zero,
    "every entry balances": SQL.check_entries_balance,
    "every entry has its lines": SQL.check_entries_have_lines,
    "every line has its entry": SQL.check_lines_have_entries,
    "every running balance replays": SQL.check_running_balances,
    "every balance equals its replay": SQL.check_balances_equal_replay,
    "every account is whole": SQL.check_accounts_are_whole,
    "what accounts hold are their open holds": SQL.check_held_totals,
    "a hold is open until it has ended": SQL.check_open_holds,
    "every pending entry ends once": SQL.check_ends,
    "no more is posted than was held": SQL.check_posts_within_holds,
    "every entry is reversed at most once": SQL.check_reversals,
    "postings with a time of their own are listed": SQL.check_dated_postings,
    "their running sums replay": SQL.check_dated_balances,
    "their sums by hour and day replay": SQL.check_dated_sums,
    "every id belongs to one entry": SQL.check_entry_ids,
    "what is left of archived entries is whole": SQL.check_archived_ids,
}
"""What is replayed, in order."""

_LATE = timedelta(minutes=10)
"""An entry that was booked so long before a block was sealed would be in it, or in one before."""

Progress = Callable[[int, int], None]
"""Is told how many of how many steps are done."""
Checked = tuple[str, list[Finding]]


async def verify(
    tx: Transaction, *, evidence: Evidence | None = None, progress: Progress = lambda _done, _of: None
) -> AsyncIterator[Checked]:
    """Each check with what it found; run it in a transaction that sees one moment (`Transaction.freeze`).

    Without `evidence` nobody knows whose signatures to believe, and they are not looked at.
    """
    archives = await all_archives(tx)
    (blocks,) = (await tx.tuples(SQL.count_blocks))[0]
    done, steps = 0, len(CHECKS) + 2 * blocks + len(archives)

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, steps)

    async for checked in _replay(tx, archives):
        yield checked
        step()
    chain = Chain(evidence)
    async for block in all_blocks(tx):
        chain.add(block)
        step()
    chain.end()
    for check, details in chain.faults.items():
        yield _checked(check, details)
    async for check, details in check_months(tx, archives, evidence):
        yield _checked(check, details)
        step()
    yield _checked("every row is as it was sealed", await _altered_rows(tx, _end_of(archives), step))
    yield await _unsealed(tx)


async def _altered_rows(tx: Transaction, archived_until: int, step: Callable[[], None]) -> list[str]:
    """Rows that are not what their blocks have sealed. While one block is hashed, the next one is on its way."""
    faults: list[str] = []
    hashing: asyncio.Future[Differences] | None = None
    async for block in all_blocks(tx):
        if len(faults) < FINDINGS_LIMIT:
            sealed = await load(tx, block.header, archived_until=archived_until)
            if hashing is not None:
                faults += await in_words(tx, await hashing)
            hashing = asyncio.ensure_future(asyncio.to_thread(compare, sealed))
        step()
    return faults if hashing is None else faults + await in_words(tx, await hashing)


async def _replay(tx: Transaction, archives: list[Archive]) -> AsyncIterator[Checked]:
    """What the database says by itself, from where the accounts stood when the last archived month ended."""
    openings = closing_balances(archives)
    for check, query in CHECKS.items():
        found = await tx.tuples(
            query,
            archived_until=_end_of(archives),
            account_nos=list(openings),
            openings=list(openings.values()),
        )
        yield _checked(check, [detail for (detail,) in found])


def _end_of(archives: list[Archive]) -> int:
    """The last number that is no longer in the database."""
    return archives[-1].last_no if archives else -1


def _checked(check: str, details: list[str]) -> Checked:
    return check, [Finding(check, detail) for detail in details[:FINDINGS_LIMIT]]


async def _unsealed(tx: Transaction) -> Checked:
    """Entries behind the last block are not sealed yet: nothing wrong, unless the sealer has passed them by."""
    rows: list[tuple[int, int | None, datetime | None]] = await tx.tuples(SQL.unsealed_entries)
    count, oldest, sealed_at = rows[0]
    check = "every entry is sealed" + (f" ({count} are not sealed yet)" if count else "")
    if oldest is None or sealed_at is None or sealed_at - moment_of(oldest) < _LATE:
        return check, []
    detail = f"entry no. {oldest} of {moment_of(oldest)} is in no block, and one was sealed at {sealed_at}"
    return check, [Finding(check, detail)]
