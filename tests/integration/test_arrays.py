"""Does every list come out of PostgreSQL as it went in?"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.app.house import House
from tael.foundation.arrays import array_text
from tael.foundation.db import Query
from tael.payments.model import PaymentState

TEXTS = [
    "",
    "a",
    "NULL",
    "null",
    '"',
    "\\",
    "\\n",
    "a,b",
    "{}",
    " ",
    "\t\r\n\x01\x1f\x7f",
    "两杯咖啡",
    "🫖",
    "'",
    "\u2028",
]
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    ("type", "values"),
    [
        ("text", TEXTS),
        ("text", [None, "x", None]),
        ("text", [None, None]),
        ("text", []),
        ("bigint", [0, -1, 2**63 - 1, -(2**63), None]),
        ("boolean", [True, False, None]),
        ("bytea", [b"", b'\x00\xff\\"{},', None]),
        ("bytea", [None, b"late"]),
        ("timestamptz", [NOON, None]),
    ],
)
async def test_a_list_comes_back_as_it_went_in(house: House, type: str, values: list[Any]) -> None:
    query = Query("round_trip", f"select %(values)s::{type}[]".encode())
    async with house.database.transaction() as tx:
        assert await tx.tuples(query, values=values) == [(values,)]


async def test_states_travel_as_their_words(house: House) -> None:
    query = Query("round_trip", b"select %(values)s::text[]")
    async with house.database.transaction() as tx:
        assert await tx.tuples(query, values=list(PaymentState)) == [
            ([str(state) for state in PaymentState],)
        ]


async def test_times_keep_their_moment_to_the_microsecond(house: House) -> None:
    query = Query("round_trip", b"select unnest(%(values)s::timestamptz[])")
    async with house.database.transaction() as tx:
        assert await tx.tuples(query, values=[NOON]) == [(NOON.astimezone(UTC),)]


def _read_by_the_rules(text: str) -> list[str | None]:
    """The elements of a one-dimensional array, read as PostgreSQL's manual says (8.15.6)."""
    found: list[str | None] = []
    position = 1
    while text[position] != "}":
        if text[position] == '"':
            element, position = "", position + 1
            while text[position] != '"':
                position += text[position] == "\\"
                element, position = element + text[position], position + 1
            found.append(element)
            position += 1
        else:
            end = min(place for place in (text.find(",", position), len(text) - 1) if place > 0)
            assert text[position:end] == "null"
            found.append(None)
            position = end
        position += text[position] == ","
    return found


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_text_is_written_by_the_rules_of_arrays(texts: list[str | None]) -> None:
    assert _read_by_the_rules(array_text(texts)) == texts
