"""Which accounts are there, and what do they come to? As a list, as sums by prefix, as a tree by segments of codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from tael.foundation.db import Transaction
from tael.ledger.errors import ReportTooLong
from tael.ledger.model import AccountClass, Frozen
from tael.ledger.store import SQL

LONGEST_REPORT = 10_000
"""Lines of a report that is one answer."""
AFTER_EVERY_CHARACTER = chr(0x10FFFF)
"""No code holds it, so whatever begins with a prefix comes before the prefix and this."""


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account in a list, with what is on it now. Debits are positive."""

    no: int
    code: str
    currency: str
    exponent: int
    account_class: AccountClass
    frozen: Frozen
    closed_at: datetime | None
    balance_minor: int
    held_debits_minor: int
    held_credits_minor: int


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """What accounts in one currency come to now. Debits are positive."""

    currency: str
    exponent: int
    accounts: int
    """How many they are."""
    balance_minor: int
    """Debits less credits of what is posted."""
    held_debits_minor: int
    held_credits_minor: int

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            currency=self.currency,
            exponent=self.exponent,
            accounts=self.accounts + other.accounts,
            balance_minor=self.balance_minor + other.balance_minor,
            held_debits_minor=self.held_debits_minor + other.held_debits_minor,
            held_credits_minor=self.held_credits_minor + other.held_credits_minor,
        )


class Node(msgspec.Struct, kw_only=True):
    """A place in the tree of accounts: `merchant` is above `merchant:42`, which is above `merchant:42:pending`."""

    code: str
    """Empty for the root of all."""
    classes: set[AccountClass] = msgspec.field(default_factory=set)
    """Those of the account itself and of all below."""
    sums: dict[str, Sum] = msgspec.field(default_factory=dict)
    """The account itself and all below, by currency."""
    children: list["Node"] = msgspec.field(default_factory=list)

    def add(self, account_class: AccountClass, part: Sum) -> None:
        """Count something in that is here or below."""
        self.classes.add(account_class)
        so_far = self.sums.get(part.currency)
        self.sums[part.currency] = part if so_far is None else so_far + part


def range_of(prefix: str) -> dict[str, Any]:
    """The codes that begin with `prefix`, as a range of the index."""
    return {"begins_with": prefix, "ends_before": prefix + AFTER_EVERY_CHARACTER}


async def accounts_in_order(
    tx: Transaction, prefix: str = "", *, after: tuple[str, str] = ("", ""), limit: int
) -> list[AccountLine]:
    """Accounts whose code begins with `prefix`, by code and currency, after one that was seen before."""
    return await tx.rows(
        SQL.accounts_in_order,
        AccountLine,
        **range_of(prefix),
        after_code=after[0],
        after_currency=after[1],
        limit=limit,
    )


async def sums_of_prefix(tx: Transaction, prefix: str = "") -> list[Sum]:
    """What all accounts whose code begins with `prefix` come to, a line for each currency."""
    return [_sum(row) for row in await tx.tuples(SQL.sums_of_prefix, **range_of(prefix))]


async def tree(tx: Transaction, root: str = "", *, depth: int, longest: int = LONGEST_REPORT) -> Node:
    """The account `root` and those below, `depth` levels deep; what is deeper is summed in the last level.

    Refuses `ReportTooLong`.
    """
    root = root.rstrip(":")
    below = f"{root}:" if root else ""
    rows = await tx.tuples(
        SQL.sums_by_node,
        root=root,
        **range_of(below),
        segments=below.count(":") + depth,
        limit=longest + 1,
    )
    check_length(len(rows), longest, hint="Ask for fewer levels, or for a part of the tree.")
    top = Node(code=root)
    nodes = {root: top}
    for code, account_class, *numbers in sorted(rows, key=lambda row: row[0].split(":")):
        part = _sum(numbers)
        for place in _path(root, code):
            if place not in nodes:
                nodes[place] = Node(code=place)
                nodes[_above(place, root)].children.append(nodes[place])
            nodes[place].add(AccountClass(account_class), part)
    return top


def check_length(lines: int, longest: int, *, hint: str) -> None:
    """Refuses `ReportTooLong`."""
    if lines > longest:
        raise ReportTooLong(f"The report would have more than {longest:,} lines.", hint=hint)


def _path(root: str, code: str) -> Sequence[str]:
    """The nodes from the root to `code`."""
    segments = code.split(":")
    first = root.count(":") + 2 if root else 1
    return [root, *(":".join(segments[:end]) for end in range(first, len(segments) + 1))]


def _above(code: str, root: str) -> str:
    """The node above."""
    above, _, _ = code.rpartition(":")
    return above if len(above) > len(root) else root


def _sum(row: Sequence[Any]) -> Sum:
    """A row, whose sums may be wider than what the database keeps for one account."""
    currency, exponent, accounts, balance, held_debits, held_credits = row
    return Sum(
        currency=currency,
        exponent=exponent,
        accounts=accounts,
        balance_minor=int(balance),
        held_debits_minor=int(held_debits),
        held_credits_minor=int(held_credits),
    )
