"""What do the tests of lanes, calls and couriers write into? A table of their own, with a verb on many commands."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import psycopg

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database, Query, Transaction
from tael.foundation.errors import Declined, Refusal

WRITE = Query(
    "write",
    b"insert into public.notes (id, text) select * from unnest(%(ids)s::text[], %(texts)s::text[])"
    b" on conflict (id) do update set written = notes.written + 1",
)
READ = Query("read", b"select id, text, written, xmin::text as transaction from public.notes order by line")
POISON = Query("poison", b"select 1 / %(zero)s")


class Write(msgspec.Struct, frozen=True):
    """A command: write a note under an id that the caller chose. `refuse me` is refused, `poison` breaks SQL."""

    id: str
    text: str = ""


class Note(msgspec.Struct, frozen=True):
    """A note in the table, with how often it was written and by which transaction."""

    id: str
    text: str
    written: int
    transaction: str


class Notebook:
    """The table, and the verb that writes into it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.batches: list[int] = []
        """The size of each batch that was tried."""

    async def write(self, tx: Transaction, commands: Sequence[Write]) -> list[str | Refusal]:
        """Write each note; gives its id."""
        self.batches.append(len(commands))
        accepted = [each for each in commands if each.text != "refuse me"]
        await tx.run(WRITE, ids=[each.id for each in accepted], texts=[each.text for each in accepted])
        if any(each.text == "poison" for each in commands):
            await tx.run(POISON, zero=0)
        return [
            Declined(f"{each.id} is refused.") if each.text == "refuse me" else each.id for each in commands
        ]

    async def notes(self) -> list[Note]:
        """What is in the table, in the order of writing."""
        async with self.database.transaction() as tx:
            return await tx.rows(READ, Note)


@asynccontextmanager
async def open_notebook(urls: DatabaseUrls, *, through: str | None = None) -> AsyncIterator[Notebook]:
    """An empty notebook; `through` is the URL of a wire to the same database."""
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        await owner.execute(
            "create table if not exists public.notes (id text primary key, text text not null,"
            " written int not null default 1, line bigint generated always as identity)"
        )
        await owner.execute("grant select, insert, update on public.notes to tael_app")
        await owner.execute(
            "truncate public.notes, foundation.calls, foundation.audit, foundation.outbox restart identity"
        )
    database = Database(through or urls.application, pool_size=6)
    await database.open()
    try:
        yield Notebook(database)
    finally:
        await database.close()
