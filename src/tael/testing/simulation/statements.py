"""What does each named query of the ledger mean? The same, said in Python over rows in memory."""

import re
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Protocol

import msgspec

from tael.foundation.db import Query
from tael.ledger.model import number_at

Row = dict[str, Any]


class View(Protocol):
    """What a transaction sees and can do."""

    def get(self, table: str, key: Hashable) -> Row | None:
        """A row: its own, or the one that is committed now."""

    def all_of(self, table: str) -> list[Row]:
        """Every row that it sees."""

    def has_written(self, table: str, key: Hashable) -> bool:
        """Whether it has changed the row itself."""

    async def lock(self, table: str, key: Hashable) -> None:
        """Wait until nobody else has the row; `Contention` if all wait for one another."""

    async def put(self, table: str, key: Hashable, row: Row | None) -> None:
        """Write a row, or delete it, when nobody else has it locked."""

    async def insert(self, table: str, key: Hashable, row: Row) -> None:
        """Write a row with a key of its own; `Contention` if somebody else has written one."""

    def next_serial(self) -> int:
        """A number that an identity column gives out."""

    async def draw(self, count: int, *, now_us: int) -> int:
        """The first of so many numbers of entries, which nobody draws again; waits for whoever closes a period."""

    async def stop_drawing(self) -> None:
        """Wait until nobody who has drawn numbers is still at work; nobody draws any until this one ends."""

    def leave_behind(self, no: int) -> None:
        """No number before this one is drawn any more."""

    def note_look(self) -> None:
        """It looks now which ids are in the books."""


_KEYS = {
    "currencies": ("code",),
    "accounts": ("code", "currency"),
    "limits": ("no",),
    "balances": ("account_no",),
    "entries": ("no",),
    "entry_ids": ("id",),
    "postings": ("account_no", "entry_no", "position"),
    "holds": ("entry_no", "position"),
    "open_holds": ("entry_no",),
    "closings": ("no",),
    "dated_postings": ("account_no", "effective_at", "entry_no", "position"),
    "dated_sums": ("account_no", "span", "begins_at"),
}
TABLES = tuple(_KEYS)
_SELECTED = re.compile(r"select\s+(.*?)\s+from\b", re.DOTALL)
_COPIED = re.compile(r"copy ledger\.(\w+) \(([^)]*)\)")
_INTEGERS = {"no", "regards_no", "account_no", "entry_no", "amount_minor", "balance_after_minor", "position"}

Meaning = Callable[..., Awaitable[Any]]
MEANING: dict[str, Meaning] = {}


def _means(meaning: Meaning) -> Meaning:
    """The function has the name of the query."""
    MEANING[meaning.__name__.removeprefix("_")] = meaning
    return meaning


@cache
def columns_of(query: Query) -> list[str]:
    """The columns of a simple `select`, by name; nothing if it only calls a function."""
    found = _SELECTED.match(query.text.decode())
    return [column.split()[-1].split(".")[-1] for column in found[1].split(",")] if found else []


# ── COPY ──────────────────────────────────────────────────────────────────────────────────────────────


async def copy(tx: View, query: Query, rows: Iterable[Sequence[object]]) -> None:
    """Insert rows into the table that the query names."""
    table, columns = _copied(query)
    for values in rows:
        row = dict(zip(columns, values, strict=True))
        await tx.insert(table, tuple(row[name] for name in _KEYS[table]), row)


def read_copy(query: Query, lines: str) -> Iterator[list[object]]:
    """Rows of COPY's text format."""
    _, columns = _copied(query)
    for line in lines.splitlines():
        yield [_value(name, text) for name, text in zip(columns, line.split("\t"), strict=True)]


@cache
def _copied(query: Query) -> tuple[str, list[str]]:
    found = _COPIED.search(query.text.decode())
    assert found is not None, f"{query.name} is no COPY"
    return found[1], found[2].split(", ")


def _value(column: str, text: str) -> object:
    if text == r"\N":
        return None
    if column in _INTEGERS:
        return int(text)
    if column == "effective_at":
        return datetime.fromisoformat(text)
    text = text.replace("\\\\", "\\")
    return msgspec.json.decode(text) if column == "metadata" else text


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────────────


@_means
async def _find_accounts(tx: View, codes: list[str], currencies: list[str]) -> list[Row]:
    found = []
    for name in zip(codes, currencies, strict=True):
        account = tx.get("accounts", name)
        if account is None:
            continue
        no = account["no"]
        limits = [row for row in tx.all_of("limits") if row["account_no"] == no]
        currency = tx.get("currencies", (account["currency"],))
        balance = tx.get("balances", (no,))
        assert balance is not None
        assert currency is not None
        found.append(
            account
            | {
                "exponent": currency["exponent"],
                "version": balance["version"],
                "limits": sorted(limits, key=lambda row: (row["begins_at"], row["no"])),
                "settled": not (tx.has_written("accounts", name) or tx.has_written("balances", (no,))),
            }
        )
    return found


@_means
async def _insert_currencies(tx: View, codes: list[str], exponents: list[int]) -> int:
    for code, exponent in sorted(zip(codes, exponents, strict=True)):
        await tx.lock("currencies", (code,))
        if tx.get("currencies", (code,)) is None:
            await tx.put("currencies", (code,), {"code": code, "exponent": exponent})
    return len(codes)


@_means
async def _find_currencies(tx: View, codes: list[str]) -> list[Row]:
    return [row for row in tx.all_of("currencies") if row["code"] in codes]


@_means
async def _insert_accounts(tx: View, begins_at: datetime, opened_at: datetime, **columns: list[Any]) -> int:
    names = ("codes", "currencies", "classes", "metadata", "floors", "ceilings")
    asked = zip(*(columns[name] for name in names), strict=True)
    for code, currency, account_class, metadata, floor, ceiling in sorted(asked, key=lambda row: row[:2]):
        await tx.lock("accounts", (code, currency))
        if tx.get("accounts", (code, currency)) is not None:
            continue
        no = tx.next_serial()
        account = {"no": no, "code": code, "currency": currency, "account_class": str(account_class)}
        account |= {"frozen": "no", "closed_at": None, "opened_at": opened_at}
        account["metadata"] = msgspec.json.decode(metadata) if metadata else None
        await tx.put("accounts", (code, currency), account)
        await _insert_limits(
            tx, account_nos=[no], begins_at=[begins_at], floors=[floor], ceilings=[ceiling], set_at=opened_at
        )
        amounts = dict.fromkeys(
            ("balance_minor", "held_debits_minor", "held_credits_minor", "dated_minor"), 0
        )
        await tx.put("balances", (no,), {"account_no": no, **amounts, "version": 1})
    return len(columns["codes"])


@_means
async def _insert_limits(
    tx: View,
    *,
    account_nos: list[int],
    begins_at: list[datetime],
    floors: list[int | None],
    ceilings: list[int | None],
    set_at: datetime,
) -> int:
    for account_no, begins, floor, ceiling in zip(account_nos, begins_at, floors, ceilings, strict=True):
        no = tx.next_serial()
        row = {"no": no, "account_no": account_no, "begins_at": begins, "set_at": set_at}
        await tx.put("limits", (no,), row | {"floor_minor": floor, "ceiling_minor": ceiling})
    return len(account_nos)


@_means
async def _set_standing(tx: View, account_no: int, **changes: Any) -> int:
    [account] = [row for row in tx.all_of("accounts") if row["no"] == account_no]
    metadata = msgspec.json.decode(changes["metadata"]) if changes["metadata"] else None
    changed = account | changes | {"metadata": metadata, "frozen": str(changes["frozen"])}
    await tx.put("accounts", (account["code"], account["currency"]), changed)
    return 1


@_means
async def _raise_versions(tx: View, account_nos: list[int]) -> int:
    for no in sorted(account_nos):
        await tx.lock("balances", (no,))
        balance = tx.get("balances", (no,))
        assert balance is not None
        await tx.put("balances", (no,), balance | {"version": balance["version"] + 1})
    return len(account_nos)


@_means
async def _lock_balances(tx: View, account_nos: list[int]) -> list[Row]:
    found = []
    for no in sorted(set(account_nos)):
        await tx.lock("balances", (no,))
        balance = tx.get("balances", (no,))
        assert balance is not None
        found.append(balance)
    return found


@_means
async def _update_balances(tx: View, account_nos: list[int], **columns: list[int]) -> int:
    names = ("balances", "held_debits", "held_credits", "dated")
    for no, *amounts in sorted(zip(account_nos, *(columns[name] for name in names), strict=True)):
        await tx.lock("balances", (no,))
        balance = tx.get("balances", (no,))
        assert balance is not None
        assert all(-(2**63) <= minor < 2**63 for minor in amounts)
        fields = ("balance_minor", "held_debits_minor", "held_credits_minor", "dated_minor")
        await tx.put("balances", (no,), balance | dict(zip(fields, amounts, strict=True)))
    return len(account_nos)


# ── Entries ───────────────────────────────────────────────────────────────────────────────────────────


@_means
async def _find_numbers(tx: View, ids: list[str]) -> list[Row]:
    tx.note_look()
    found = (tx.get("entry_ids", (id,)) for id in dict.fromkeys(ids))
    return [row for row in found if row is not None]


@_means
async def _entries_by_number(tx: View, numbers: list[int]) -> list[Row]:
    found = []
    for no in numbers:
        entry = tx.get("entries", (no,))
        if entry is not None:
            regards = tx.get("entries", (entry["regards_no"],))
            found.append(entry | {"regards": regards["id"] if regards else None})
    return found


@_means
async def _postings_of_entries(tx: View, numbers: list[int]) -> list[Row]:
    return _lines_of(tx, "postings", numbers)


@_means
async def _holds_of_entries(tx: View, numbers: list[int]) -> list[Row]:
    return _lines_of(tx, "holds", numbers)


def _lines_of(tx: View, table: str, numbers: Sequence[int]) -> list[Row]:
    accounts = {row["no"]: row for row in tx.all_of("accounts")}
    lines = [row for row in tx.all_of(table) if row["entry_no"] in numbers]
    lines.sort(key=lambda row: (row["entry_no"], row["position"]))
    return [row | accounts[row["account_no"]] | {"exponent": 2} for row in lines]


@_means
async def _entries_regarding(tx: View, numbers: list[int]) -> list[Row]:
    return [row for row in tx.all_of("entries") if row["regards_no"] in numbers]


@_means
async def _draw_numbers(tx: View, count: int, now_us: int) -> list[Row]:
    return [{"draw_numbers": await tx.draw(count, now_us=now_us)}]


@_means
async def _lock_numbers(tx: View) -> int:
    await tx.stop_drawing()
    return 1


@_means
async def _leave_numbers_behind(tx: View, moment: datetime) -> int:
    tx.leave_behind(number_at(moment))
    return 1


@_means
async def _insert_closing(tx: View, **columns: Any) -> int:
    no = tx.next_serial()
    await tx.insert("closings", (no,), {"no": no, **columns})
    return 1


@_means
async def _closings(tx: View, limit: int) -> list[Row]:
    return sorted(tx.all_of("closings"), key=lambda row: -int(row["no"]))[:limit]


@_means
async def _closed_until(tx: View) -> list[Row]:
    return [{"closed_until": row["closed_until"]} for row in await _closings(tx, 1)]


@_means
async def _insert_audit(_tx: View, **columns: list[Any]) -> int:
    return len(columns["times"])


@_means
async def _end_holds(tx: View, numbers: list[int]) -> int:
    ended = 0
    for no in sorted(numbers):
        await tx.lock("open_holds", (no,))
        if tx.get("open_holds", (no,)) is not None:
            await tx.put("open_holds", (no,), None)
            ended += 1
    return ended


@_means
async def _due_holds(tx: View, now: datetime, limit: int) -> list[Row]:
    due = [row for row in tx.all_of("open_holds") if row["expires_at"] and row["expires_at"] <= now]
    due.sort(key=lambda row: (row["expires_at"], row["entry_no"]))
    entries = (tx.get("entries", (row["entry_no"],)) for row in due[:limit])
    return [{"id": entry["id"]} for entry in entries if entry is not None]


@_means
async def _add_dated_sums(tx: View, **columns: list[Any]) -> int:
    names = ("account_nos", "spans", "begins_at", "amounts")
    for no, span, begins_at, minor in sorted(zip(*(columns[name] for name in names), strict=True)):
        key = (no, span, begins_at)
        await tx.lock("dated_sums", key)
        kept = tx.get("dated_sums", key)
        total = minor + (kept["amount_minor"] if kept else 0)
        row = {"account_no": no, "span": span, "begins_at": begins_at, "amount_minor": total}
        await tx.put("dated_sums", key, row)
    return len(columns["account_nos"])
