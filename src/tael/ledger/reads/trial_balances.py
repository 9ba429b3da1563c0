"""Do debits equal credits? The balances of all accounts on their sides, now or at a moment."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.ledger.model import AccountClass, Timeline, TrialBalanceLine
from tael.ledger.reads.balances import balances_before, just_after
from tael.ledger.reads.charts import LONGEST_REPORT, accounts_in_order, check_length
from tael.ledger.store import SQL

MOST_SEGMENTS = 200
"""A code has no more characters, so none has more segments."""
_AT_A_TIME = 5_000
_TOO_LONG = "Ask for sums by the first segments of the codes: depth 1 or 2."
_ORDER = {account_class: place for place, account_class in enumerate(AccountClass)}

_Key = tuple[str, AccountClass, str, int]
"""Currency, class, node, exponent."""


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of a trial balance in one currency."""

    currency: str
    exponent: int
    account_class: AccountClass | None
    """`None` for all classes together, where the two sides have to be equal."""
    debits_minor: int
    credits_minor: int


async def trial_balance(
    tx: Transaction, *, depth: int | None = None, longest: int = LONGEST_REPORT
) -> list[TrialBalanceLine]:
    """The balances of now, by currency, class and code; `depth` sums by so many segments. Refuses `ReportTooLong`."""
    rows = await tx.tuples(SQL.trial_balance, segments=depth or MOST_SEGMENTS, limit=longest + 1)
    check_length(len(rows), longest, hint=_TOO_LONG)
    return _lines(
        {
            (currency, AccountClass(account_class), code, exponent): (int(debits), int(credits))
            for code, currency, exponent, account_class, debits, credits in rows
        }
    )


async def trial_balance_at(
    tx: Transaction,
    moment: datetime,
    *,
    by: Timeline,
    depth: int | None = None,
    longest: int = LONGEST_REPORT,
) -> list[TrialBalanceLine]:
    """The balances of a moment; in a transaction that sees one (`Transaction.freeze`). Refuses `ReportTooLong`."""
    sides: dict[_Key, tuple[int, int]] = {}
    after = ("", "")
    while True:
        accounts = await accounts_in_order(tx, after=after, limit=_AT_A_TIME)
        if not accounts:
            return _lines(sides)
        after = (accounts[-1].code, accounts[-1].currency)
        minors = await balances_before(tx, [each.no for each in accounts], just_after(moment), by=by)
        for account, minor in zip(accounts, minors, strict=True):
            code = ":".join(account.code.split(":")[:depth])
            key = (account.currency, account.account_class, code, account.exponent)
            debits, credits = sides.get(key, (0, 0))
            sides[key] = (debits + max(minor, 0), credits + max(-minor, 0))
        check_length(len(sides), longest, hint=_TOO_LONG)


def _lines(sides: dict[_Key, tuple[int, int]]) -> list[TrialBalanceLine]:
    return [
        TrialBalanceLine(
            code=code,
            currency=currency,
            exponent=exponent,
            account_class=account_class,
            debits_minor=debits,
            credits_minor=credits,
        )
        for (currency, account_class, code, exponent), (debits, credits) in sorted(
            sides.items(), key=lambda item: (item[0][0], _ORDER[item[0][1]], item[0][2])
        )
    ]


def totals_of(lines: Sequence[TrialBalanceLine]) -> list[Total]:
    """The sums of each class, then of all classes, currency by currency, in the order of the lines."""
    classes: dict[tuple[str, int], dict[AccountClass | None, tuple[int, int]]] = {}
    for line in lines:
        sums = classes.setdefault((line.currency, line.exponent), {})
        for key in (line.account_class, None):
            debits, credits = sums.get(key, (0, 0))
            sums[key] = (debits + line.debits_minor, credits + line.credits_minor)
    return [
        Total(
            currency=currency,
            exponent=exponent,
            account_class=account_class,
            debits_minor=debits,
            credits_minor=credits,
        )
        for (currency, exponent), sums in classes.items()
        for account_class, (debits, credits) in sorted(sums.items(), key=lambda item: item[0] is None)
    ]


def unbalanced_currencies(lines: Sequence[TrialBalanceLine]) -> list[str]:
    """Currencies in which debits and credits differ."""
    return [
        total.currency
        for total in totals_of(lines)
        if total.account_class is None and total.debits_minor != total.credits_minor
    ]
