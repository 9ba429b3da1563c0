"""Where do the books lie? The ledger's only SQL: rows in, rows out, many at a time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tael.foundation.db import Transaction, queries
from tael.ledger.model import (
    ALWAYS,
    Account,
    AccountClass,
    AccountSpec,
    Closing,
    Decided,
    Frozen,
    Limit,
    Phase,
    PostedEntry,
    PostedPosting,
    moment_of,
)

SQL = queries("tael.ledger")

AccountName = tuple[str, str]


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────────────


class AccountCache:
    """The accounts that this process has seen. What the lock on its balance says of its version is the truth."""

    def __init__(self) -> None:
        self._known: dict[AccountName, Account] = {}

    async def find(self, tx: Transaction, names: Sequence[AccountName]) -> dict[AccountName, Account]:
        """The open accounts among `names`, as they stood when this process last looked."""
        unknown = [name for name in names if name not in self._known]
        found = {name: self._known[name] for name in names if name in self._known}
        return found | await self.refresh(tx, unknown) if unknown else found

    async def refresh(self, tx: Transaction, names: Sequence[AccountName]) -> dict[AccountName, Account]:
        """The open accounts among `names` as they stand now."""
        found = {}
        rows = await tx.rows(
            SQL.find_accounts,
            _SeenAccountRow,
            codes=[code for code, _ in names],
            currencies=[currency for _, currency in names],
        )
        for row in rows:
            account = msgspec.convert(row, Account, from_attributes=True)
            found[account.code, account.currency] = account
            if row.settled:
                self._known[account.code, account.currency] = account
        return found


class AccountRow(msgspec.Struct, frozen=True):
    """The columns of an account, to be converted into `Account`."""

    no: int
    code: str
    currency: str
    exponent: int
    account_class: AccountClass
    frozen: Frozen
    closed_at: datetime | None
    metadata: dict[str, str] | None
    opened_at: datetime
    version: int
    limits: tuple[Limit, ...]


class _SeenAccountRow(AccountRow, frozen=True):
    settled: bool


async def insert_currencies(tx: Transaction, exponents: Mapping[str, int]) -> dict[str, int]:
    """Make sure that currencies are known; says with how many decimals each is."""
    await tx.run(SQL.insert_currencies, codes=list(exponents), exponents=list(exponents.values()))
    return dict(await tx.tuples(SQL.find_currencies, codes=list(exponents)))


async def insert_accounts(tx: Transaction, specs: Sequence[AccountSpec], *, opened_at: datetime) -> None:
    """Open accounts with a balance of zero; those that are open already stay as they are."""
    await tx.run(
        SQL.insert_accounts,
        codes=[spec.code for spec in specs],
        currencies=[spec.currency for spec in specs],
        classes=[spec.account_class for spec in specs],
        metadata=[metadata_text(spec.metadata) for spec in specs],
        floors=[spec.floor_minor for spec in specs],
        ceilings=[spec.ceiling_minor for spec in specs],
        begins_at=ALWAYS,
        opened_at=opened_at,
    )


async def insert_limits(tx: Transaction, limits: Sequence[tuple[int, Limit]], *, set_at: datetime) -> None:
    """Give accounts, by number, new limits."""
    await tx.run(
        SQL.insert_limits,
        account_nos=[no for no, _ in limits],
        begins_at=[limit.begins_at for _, limit in limits],
        floors=[limit.floor_minor for _, limit in limits],
        ceilings=[limit.ceiling_minor for _, limit in limits],
        set_at=set_at,
    )
    await raise_versions(tx, [no for no, _ in limits])


async def set_standing(tx: Transaction, account: Account) -> None:
    """Write whether an account is frozen or closed, and its metadata."""
    await tx.run(
        SQL.set_standing,
        account_no=account.no,
        frozen=account.frozen,
        closed_at=account.closed_at,
        metadata=metadata_text(account.metadata),
    )
    await raise_versions(tx, [account.no])


async def raise_versions(tx: Transaction, account_nos: Sequence[int]) -> None:
    """Tell every process that what it remembers of these accounts is out of date."""
    await tx.run(SQL.raise_versions, account_nos=list(account_nos))


class LockedBalance(msgspec.Struct, frozen=True, gc=False):
    """What is on an account, locked until the transaction ends. Debits are positive."""

    account_no: int
    balance_minor: int
    held_debits_minor: int
    held_credits_minor: int
    dated_minor: int
    version: int


async def lock_balances(tx: Transaction, account_nos: Sequence[int]) -> list[LockedBalance]:
    """The balances, locked in the order of the account numbers."""
    return [LockedBalance(*row) for row in await tx.tuples(SQL.lock_balances, account_nos=list(account_nos))]


async def update_balances(tx: Transaction, amounts: Mapping[int, tuple[int, int, int, int]]) -> None:
    """Write the new balances (posted, held debits, held credits, dated): one statement, each row once."""
    balances, held_debits, held_credits, dated = zip(*amounts.values(), strict=True)
    await tx.run(
        SQL.update_balances,
        account_nos=list(amounts),
        balances=list(balances),
        held_debits=list(held_debits),
        held_credits=list(held_credits),
        dated=list(dated),
    )


# ── Entries ───────────────────────────────────────────────────────────────────────────────────────────


class _EntryRow(msgspec.Struct, frozen=True):
    no: int
    id: str
    kind: str
    reference: str
    phase: Phase
    metadata: dict[str, str] | None
    effective_at: datetime | None
    regards: str | None


async def find_numbers(tx: Transaction, ids: Sequence[str]) -> dict[str, int]:
    """Under which numbers those of the ids are in the books that are."""
    return dict(await tx.tuples(SQL.find_numbers, ids=list(ids)))


async def entries_by_number(tx: Transaction, numbers: Sequence[int]) -> list[PostedEntry]:
    """The entries with these numbers, with their lines."""
    return await with_lines(tx, await tx.rows(SQL.entries_by_number, _EntryRow, numbers=list(numbers)))


async def entries_by_reference(
    tx: Transaction, references: Sequence[str], *, limit: int
) -> list[PostedEntry]:
    """The entries about some business objects, oldest first."""
    found = await tx.rows(SQL.entries_by_reference, _EntryRow, references=list(references), limit=limit)
    return await with_lines(tx, found)


async def with_lines(tx: Transaction, rows: Sequence[_EntryRow]) -> list[PostedEntry]:
    """The entries of these rows with what they moved or hold."""
    if not rows:
        return []
    lines: dict[int, list[PostedPosting]] = {row.no: [] for row in rows}
    expiries: dict[int, datetime | None] = {}
    for no, *account, minor, after in await tx.tuples(SQL.postings_of_entries, numbers=list(lines)):
        lines[no].append(_line(account, minor, after))
    pending = [row.no for row in rows if row.phase is Phase.PENDING]
    if pending:
        for no, *account, minor, expires_at in await tx.tuples(SQL.holds_of_entries, numbers=pending):
            lines[no].append(_line(account, minor, None))
            expiries[no] = expires_at
    return [_posted(row, lines[row.no], expiries.get(row.no)) for row in rows]


def _line(account: Sequence[Any], minor: int, after: int | None) -> PostedPosting:
    code, currency, exponent, account_class = account
    return PostedPosting(
        code=code,
        currency=currency,
        exponent=exponent,
        account_class=AccountClass(account_class),
        amount_minor=minor,
        balance_after_minor=after,
    )


def _posted(row: _EntryRow, lines: Sequence[PostedPosting], expires_at: datetime | None) -> PostedEntry:
    booked_at = moment_of(row.no)
    return PostedEntry(
        no=row.no,
        id=row.id,
        kind=row.kind,
        reference=row.reference,
        effective_at=row.effective_at or booked_at,
        booked_at=booked_at,
        phase=row.phase,
        expires_at=expires_at,
        ends=row.regards if row.phase.ends_a_hold else None,
        reverses=None if row.phase.ends_a_hold else row.regards,
        metadata=row.metadata,
        postings=tuple(lines),
    )


async def entries_regarding(tx: Transaction, numbers: Sequence[int]) -> list[tuple[int, Phase, str]]:
    """Which entries end or reverse those with these numbers: the number, in which phase, by which id."""
    return [
        (no, Phase(phase), id)
        for no, phase, id in await tx.tuples(SQL.entries_regarding, numbers=list(numbers))
    ]


async def closed_until(tx: Transaction) -> datetime | None:
    """Until when the books are closed."""
    found: list[tuple[datetime]] = await tx.tuples(SQL.closed_until)
    return found[0][0] if found else None


async def lock_numbers(tx: Transaction) -> None:
    """Wait until nobody who has drawn numbers is still writing; nobody draws any until this transaction ends."""
    await tx.run(SQL.lock_numbers)


async def leave_numbers_behind(tx: Transaction, moment: datetime) -> None:
    """Make every number drawn from now on that of a moment at or after `moment`."""
    await tx.run(SQL.leave_numbers_behind, moment=moment)


async def insert_closing(tx: Transaction, closing: Closing) -> None:
    """Write down until when the books are closed from now on."""
    await tx.run(
        SQL.insert_closing,
        closed_until=closing.closed_until,
        closed_at=closing.closed_at,
        actor=closing.actor,
    )


async def find_closings(tx: Transaction, *, limit: int) -> list[Closing]:
    """Closings and re-openings, the latest first: that one counts."""
    return await tx.rows(SQL.closings, Closing, limit=limit)


async def draw_numbers(tx: Transaction, count: int, *, now_us: int) -> int:
    """The first of `count` consecutive numbers of entries."""
    return int((await tx.tuples(SQL.draw_numbers, count=count, now_us=now_us))[0][0])


async def due_holds(tx: Transaction, *, now: datetime, limit: int) -> list[str]:
    """The ids of pending entries whose time is over, the longest overdue first."""
    return [id for (id,) in await tx.tuples(SQL.due_holds, now=now, limit=limit)]


async def insert_entries(tx: Transaction, decided: Sequence[Decided]) -> None:
    """Write entries with their ids, lines and holds."""
    await tx.copy_text(SQL.copy_entries, "".join(map(_entry_line, decided)))
    await tx.copy_text(
        SQL.copy_entry_ids, "".join([f"{_text(each.entry.id)}\t{each.no}\n" for each in decided])
    )
    await tx.copy_text(
        SQL.copy_postings,
        "".join(
            [
                f"{line.account_no}\t{each.no}\t{line.amount_minor}\t{line.balance_after_minor}\t{position}\n"
                for each in decided
                for position, line in enumerate(each.lines)
            ]
        ),
    )
    await _insert_holds(tx, [each for each in decided if each.held])
    ends = [each.regards_no for each in decided if each.regards_no and each.entry.phase.ends_a_hold]
    if ends and await tx.run(SQL.end_holds, numbers=ends) != len(ends):
        raise RuntimeError(f"of {len(ends)} holds to end, some had ended")
    await _insert_dated(tx, [each for each in decided if each.dated_after])


async def _insert_holds(tx: Transaction, pending: Sequence[Decided]) -> None:
    if not pending:
        return
    await tx.copy(
        SQL.copy_holds,
        (
            (line.account_no, each.no, line.amount_minor, each.entry.expires_at, position)
            for each in pending
            for position, line in enumerate(each.held)
        ),
    )
    await tx.copy(SQL.copy_open_holds, ((each.no, each.entry.expires_at) for each in pending))


async def _insert_dated(tx: Transaction, dated: Sequence[Decided]) -> None:
    """What a balance as of a past effective time is made of: the postings, and their sums by hour and day."""
    if not dated:
        return
    sums: dict[tuple[int, str, datetime], int] = {}
    rows = []
    for each in dated:
        moment = (each.entry.effective_at or moment_of(each.no)).astimezone(UTC)
        hour = moment.replace(minute=0, second=0, microsecond=0)
        for position, (line, after) in enumerate(zip(each.lines, each.dated_after, strict=True)):
            rows.append((line.account_no, moment, each.no, line.amount_minor, after, position))
            for span, begins_at in (("hour", hour), ("day", hour.replace(hour=0))):
                key = (line.account_no, span, begins_at)
                sums[key] = sums.get(key, 0) + line.amount_minor
    await tx.copy(SQL.copy_dated_postings, rows)
    await tx.run(
        SQL.add_dated_sums,
        account_nos=[no for no, _, _ in sums],
        spans=[span for _, span, _ in sums],
        begins_at=[begins_at for _, _, begins_at in sums],
        amounts=list(sums.values()),
    )


def _entry_line(each: Decided) -> str:
    """A row of `ledger.entries` in COPY's text format."""
    entry = each.entry
    effective_at = entry.effective_at.isoformat() if entry.effective_at else r"\N"
    metadata = _text(metadata_text(entry.metadata) or "") if entry.metadata else r"\N"
    return (
        f"{each.no}\t{effective_at}\t{each.regards_no or _NULL}\t{entry.phase.value}\t{_text(entry.id)}"
        f"\t{_text(entry.kind)}\t{_text(entry.reference)}\t{metadata}\n"
    )


_NULL = r"\N"


def _text(value: str) -> str:
    """A printable text in COPY's format: of the characters that mean something there, only a backslash is printable."""
    return value.replace("\\", "\\\\") if "\\" in value else value


def metadata_text(metadata: Mapping[str, str] | None) -> str | None:
    """Metadata as the JSON that the database keeps; none is NULL."""
    return msgspec.json.encode(metadata).decode() if metadata else None


def names_of(entries: Iterable[PostedEntry]) -> set[AccountName]:
    """Code and currency of the accounts that entries in the books touch."""
    return {(line.code, line.currency) for entry in entries for line in entry.postings}
