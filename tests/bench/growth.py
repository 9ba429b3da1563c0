"""How does a book come to ten million transfers in minutes? Written by the database itself, as its owner.

Each transfer goes from one of a thousand accounts into the hot one, so that this one has ten million postings. Their
numbers lie between the first moment of this month and now, in the very partition that the bench posts into.
"""

import asyncio
from collections.abc import Callable

import psycopg

CHUNK = 250_000

_ENTRIES = """
insert into ledger.entries (no, phase, id, kind, reference)
select %(first)s + i, 'single', 'grown-' || lpad(i::text, 24, '0'), 'bench.transfer', 'bench:' || i %% 1000
from generate_series(%(begin)s::bigint, %(end)s::bigint) as i
"""
_IDS = """
insert into ledger.entry_ids (id, no)
select 'grown-' || lpad(i::text, 24, '0'), %(first)s + i from generate_series(%(begin)s::bigint, %(end)s::bigint) as i
"""
_POSTINGS = """
insert into ledger.postings (account_no, entry_no, amount_minor, balance_after_minor, position)
select account_no, %(first)s + i, amount_minor, balance_after_minor, position
from generate_series(%(begin)s::bigint, %(end)s::bigint) as i
join lateral (values
    (%(spread)s + i %% 1000, 100, (i / 1000 + 1) * 100, 0), (%(hot)s, -100, -(i + 1) * 100, 1)
) as line (account_no, amount_minor, balance_after_minor, position) on true
"""
_BALANCES = """
update ledger.balances b set balance_minor = given.balance_minor
from (
    select %(spread)s + i, (%(count)s - i + 999) / 1000 * 100 from generate_series(0::bigint, 999) as i
    union all select %(hot)s, -%(count)s * 100
) as given (account_no, balance_minor)
where b.account_no = given.account_no
"""


async def grow(owner_url: str, *, count: int, say: Callable[[int], None]) -> None:
    """Fill empty books with `count` transfers; `say` hears how many are in. To be called before anything is posted."""
    connect = psycopg.AsyncConnection.connect
    async with (
        await connect(owner_url) as one,
        await connect(owner_url) as two,
        await connect(owner_url) as three,
    ):
        connections = (one, two, three)
        first, spread, hot = await _places(one)
        done = [0, 0, 0]

        async def fill(place: int, statement: str) -> None:
            connection = connections[place]
            await connection.execute("set synchronous_commit = off")
            for begin in range(0, count, CHUNK):
                end = min(begin + CHUNK, count)
                given = {"first": first, "begin": begin, "end": end - 1, "spread": spread, "hot": hot}
                await connection.execute(statement, given)
                await connection.commit()
                done[place] = end
                say(min(done))

        await asyncio.gather(fill(0, _ENTRIES), fill(1, _IDS), fill(2, _POSTINGS))
        await one.execute(_BALANCES, {"count": count, "spread": spread, "hot": hot})
        await one.execute("select setval('ledger.entry_numbers', %s)", [first + count])
        await one.commit()
        for connection in connections:
            await connection.set_autocommit(True)
        await one.execute(
            "vacuum (analyze) ledger.entries, ledger.postings, ledger.entry_ids, ledger.balances"
        )
        await one.execute("checkpoint")


async def _places(connection: psycopg.AsyncConnection[tuple[int, ...]]) -> tuple[int, int, int]:
    """The number of the first moment of this month, of the first of the thousand accounts, of the hot one."""
    cursor = await connection.execute(
        "select ledger.number_at(date_trunc('month', now() at time zone 'UTC') at time zone 'UTC'),"
        " (select no from ledger.accounts where code = 'bench:0'),"
        " (select no from ledger.accounts where code = 'bench:hot')"
    )
    row = await cursor.fetchone()
    assert row is not None
    await connection.commit()
    return row[0], row[1], row[2]
