"""What was on an account at a moment, as it was booked then, or as we know today that it counted?"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from tael.foundation.db import Transaction
from tael.ledger.errors import MonthArchived
from tael.ledger.model import Account, AccountClass, Timeline, moment_of, number_at
from tael.ledger.store import SQL

_INSTANT = timedelta(microseconds=1)
"""The books know nothing shorter."""
_LAST = datetime.max.replace(tzinfo=UTC) - _INSTANT


class AccountBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What was on an account at a moment. Debits are positive."""

    code: str
    currency: str
    exponent: int
    account_class: AccountClass
    at: datetime
    by: Timeline
    balance_minor: int


def just_after(moment: datetime) -> datetime:
    """The next moment: what is at `moment` is before it."""
    return min(moment, _LAST) + _INSTANT


async def balances_at(
    tx: Transaction, accounts: Sequence[Account], moment: datetime, *, by: Timeline
) -> list[AccountBalance]:
    """What was on the accounts at `moment`, with everything of that very microsecond."""
    minors = await balances_before(tx, [account.no for account in accounts], just_after(moment), by=by)
    return [
        AccountBalance(
            code=account.code,
            currency=account.currency,
            exponent=account.exponent,
            account_class=account.account_class,
            at=moment,
            by=by,
            balance_minor=minor,
        )
        for account, minor in zip(accounts, minors, strict=True)
    ]


async def balances_before(
    tx: Transaction, account_nos: Sequence[int], before: datetime, *, by: Timeline
) -> list[int]:
    """What was on accounts, by number, before a moment: debits less credits. A handful of index look-ups for each.

    Refuses `MonthArchived` for a moment whose postings are no longer here.
    """
    before_no = number_at(before)
    rows = await tx.tuples(
        SQL.balances_before,
        account_nos=list(account_nos),
        before=before,
        before_no=before_no,
        effective=by is Timeline.EFFECTIVE,
    )
    if rows and rows[0][2] is not None and before_no <= rows[0][2]:
        raise MonthArchived(
            f"The books before {moment_of(rows[0][2] + 1).isoformat()} have been archived.",
            hint="Ask for a later moment, or read the archive's files.",
        )
    booked = dict(zip(account_nos, [minor for minor, _, _ in rows], strict=True))
    none_before = [no for no, minor in booked.items() if minor is None]
    if none_before:
        kept = await tx.tuples(
            SQL.balances_before_all_that_is_kept, account_nos=none_before, before_no=before_no
        )
        booked |= zip(none_before, [minor for (minor,) in kept], strict=True)
    return [
        booked[no] + int(difference or 0) for no, (_, difference, _) in zip(account_nos, rows, strict=True)
    ]


async def kept_from(tx: Transaction) -> datetime | None:
    """From when on postings are in the database; `None` if nothing has been archived."""
    last_no: int | None = (await tx.tuples(SQL.last_archived_number))[0][0]
    return None if last_no is None else moment_of(last_no + 1)
