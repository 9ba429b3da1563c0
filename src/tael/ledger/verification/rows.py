"""Is every row as it was sealed, and which one is not?"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tael.foundation.db import Transaction
from tael.ledger.blocks import leaves_in, texts_of
from tael.ledger.model import moment_of
from tael.ledger.proofs import Header, digest_for, leaves_of, root_of
from tael.ledger.store import SQL
from tael.ledger.verification.evidence import FINDINGS_LIMIT

_LEAST_NUMBER = -(2**63)


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A block with its leaves, and the rows as they are now."""

    header: Header
    numbers: Sequence[int]
    leaves: Sequence[bytes]
    rows: Sequence[tuple[int, str]]
    begin: int
    """From which number on rows are compared: what was before is no longer in the database."""


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of the rows of a block."""

    header: Header
    faults: Sequence[str] = ()
    missing: Sequence[int] = ()
    """Numbers of rows that are gone."""


async def load(tx: Transaction, header: Header, *, archived_until: int) -> Sealed:
    """What a block has sealed, beside what is there. Entries up to `archived_until` are in files, looked at elsewhere."""
    numbers, leaves = await leaves_in(tx, header.no)
    out = archived_until if header.sealed_table == "entries" else -1
    rows: Sequence[tuple[int, str]] = ()
    if header.last_no > out:
        # Before the first row that is here there must be none.
        first_no = header.first_no if header.first_no > out + 1 else _LEAST_NUMBER
        rows = await texts_of(tx, header.sealed_table, first_no=first_no, last_no=header.last_no)
    return Sealed(header=header, numbers=numbers, leaves=leaves, rows=rows, begin=out + 1)


def compare(sealed: Sealed) -> Differences:
    """How the rows differ from the leaves of their block, and the leaves from what was signed."""
    header, digest = sealed.header, digest_for(sealed.header.key)
    faults = []
    if (
        not len(sealed.numbers) == len(sealed.leaves) == header.row_count
        or root_of(sealed.leaves, digest) != header.root
    ):
        faults.append(f"the hashes kept in block {header.no} are not those that it signed")
    expected = {
        number: leaf
        for number, leaf in zip(sealed.numbers, sealed.leaves, strict=False)
        if number >= sealed.begin
    }
    found = differences(header, sealed.rows, expected)
    return msgspec.structs.replace(found, faults=[*faults, *found.faults])


def differences(
    header: Header, rows: Sequence[tuple[int, str]], expected: Mapping[int, bytes]
) -> Differences:
    """How rows differ from what a block expects of them, by number."""
    leaves = leaves_of([text for _, text in rows], digest_for(header.key))
    if expected == {number: leaf for (number, _), leaf in zip(rows, leaves, strict=True)}:
        return Differences(header=header)
    left = dict(expected)
    faults: list[str] = []
    for (number, text), leaf in zip(rows, leaves, strict=True):
        leaf_then = left.pop(number, None)
        if leaf_then != leaf and len(faults) < FINDINGS_LIMIT:
            what = "was inserted after" if leaf_then is None else "is not what it was in"
            faults.append(f"{_name(text)} {what} block {header.no}, which sealed its place")
    return Differences(header=header, faults=faults, missing=list(left)[:FINDINGS_LIMIT])


async def in_words(tx: Transaction, found: Differences) -> list[str]:
    """Each difference as a sentence."""
    return [*found.faults, *await _gone(tx, found.header, found.missing)]


async def _gone(tx: Transaction, header: Header, numbers: Sequence[int]) -> list[str]:
    """Of a row that is gone only the hash is left; the list of ids may still know what an entry was called."""
    known: Mapping[int, str] = {}
    if numbers and header.sealed_table == "entries":
        known = dict(await tx.tuples(SQL.ids_of_numbers, numbers=list(numbers)))
    return [
        f"{_ONE_OF[header.sealed_table]} no. {number}{f' ({known[number]})' if number in known else ''}"
        f" is gone: block {header.no} has sealed it"
        for number in numbers
    ]


_ONE_OF = {
    "currencies": "currency",
    "accounts": "account",
    "limits": "limit",
    "closings": "closing",
    "entries": "entry",
}


def _name(text: str) -> str:
    """What to call a row: `entry e1 (no. 848…)`, `account shop CNY (no. 17)`."""
    kind, no, *rest = json.loads(text)
    match kind, rest:
        case "account", [code, currency, *_]:
            said: Any = f"{code} {currency}"
        case "limit", [_, code, currency, *_]:
            said = f"of {code} {currency}"
        case "closing", [until, *_]:
            said = f"until {moment_of(until)}"
        case _, [said, *_]:
            pass
        case _:
            said = ""
    return f"{kind} {said} (no. {no})"
