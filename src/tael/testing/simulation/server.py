"""What would PostgreSQL do? Rows in memory, row locks that are waited for, READ COMMITTED, and a COMMIT that may not answer.

What this stands in for is `tael.foundation.db`: the same transactions, the same three ways to fail. What a statement
means stands in `statements`.
"""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec

from tael.foundation.db import CommitUnknown, ConnectionLost, Contention, Database, Query, Transaction
from tael.testing.simulation import statements
from tael.testing.simulation.statements import Row

T = TypeVar("T")
Place = tuple[str, Hashable]
"""A table, and the key of a row."""
_NUMBERS: Place = ("advisory lock", "entry numbers")


class Odds(msgspec.Struct, frozen=True):
    """How often what goes wrong."""

    connection_lost: float = 0.004
    """Of a statement."""
    commit_lost: float = 0.02
    """Of a COMMIT that never takes effect, and nobody says so."""
    answer_lost: float = 0.03
    """Of a COMMIT that does, and nobody says so."""


PEACE = Odds(connection_lost=0, commit_lost=0, answer_lost=0)


class Commit(msgspec.Struct, frozen=True):
    """What one transaction has changed: the new rows, `None` where one was deleted."""

    rows: dict[Place, Row | None]

    def of(self, table: str) -> list[Row]:
        """The new rows of a table."""
        return [row for (name, _), row in self.rows.items() if name == table and row is not None]


class Server:
    """One database."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.odds = Odds()
        self.tables: dict[str, dict[Hashable, Row]] = {name: {} for name in statements.TABLES}
        self.commits: list[Commit] = []
        self.last_no = 0
        self.serial = 0
        self.open: list[SimulatedTransaction] = []
        self.deadlocks = 0
        self.faults = 0
        self._holders: dict[Place, SimulatedTransaction] = {}
        self._trace = hashlib.sha256()

    def note(self, *words: object) -> None:
        """Write down what happens, in the order in which it happens."""
        self._trace.update(" ".join(map(str, words)).encode() + b"\n")

    @property
    def trace_hash(self) -> str:
        """Of everything that has happened: the same for the same dice."""
        return self._trace.hexdigest()

    def holder_of(self, place: Place) -> "SimulatedTransaction | None":
        """Who has the row locked."""
        return self._holders.get(place)

    async def lock(self, tx: "SimulatedTransaction", place: Place) -> None:
        """Wait until nobody else has the row, or raise `Contention` if all wait for one another."""
        await self.wait_for(tx, lambda: self.holder_of(place))
        self._holders[place] = tx

    async def wait_for(
        self, tx: "SimulatedTransaction", find_other: "Callable[[], SimulatedTransaction | None]"
    ) -> None:
        """Wait as long as there is another that has to end first; `Contention` if all wait for one another."""
        while (other := find_other()) is not None and other is not tx:
            chain = other
            while chain.waits_for is not None:
                chain = chain.waits_for
                if chain is tx:
                    self.deadlocks += 1
                    raise Contention("The database was busy with a conflicting change.")
            tx.waits_for = other
            try:
                await other.ended.wait()
            finally:
                tx.waits_for = None
        tx.check()

    def finish(self, tx: "SimulatedTransaction") -> None:
        """Let go of what a transaction has locked."""
        self._holders = {place: holder for place, holder in self._holders.items() if holder is not tx}
        self.open.remove(tx)
        tx.ended.set()

    def take(self, tx: "SimulatedTransaction") -> None:
        """Make what a transaction has written true for everybody."""
        for (table, key), row in tx.own.items():
            if row is None:
                self.tables[table].pop(key, None)
            else:
                self.tables[table][key] = row
        if tx.own:
            self.commits.append(Commit(dict(tx.own)))
        self.finish(tx)

    def crash(self, process: str) -> None:
        """Roll back what a process had open; what it had asked to commit, it may have committed."""
        for tx in [each for each in self.open if each.process == process]:
            if tx.is_committing and self.dice.random() < 0.5:
                self.take(tx)
            else:
                self.finish(tx)

    def happens(self, odds: float) -> bool:
        """Throw the dice for a fault."""
        came = odds > 0 and self.dice.random() < odds
        self.faults += came
        return came

    async def travel(self) -> None:
        """Something is on its way: others may go first, or much may happen before it arrives."""
        await asyncio.sleep(self.dice.choice((0, 0, 0, 0.001, 0.004)))


class SimulatedTransaction(Transaction):
    """A transaction of the simulated server."""

    def __init__(self, server: Server, process: str) -> None:
        self.server = server
        self.process = process
        self.wrote = False
        self.own: dict[Place, Row | None] = {}
        self.ended = asyncio.Event()
        self.waits_for: SimulatedTransaction | None = None
        self.is_committing = False
        self.has_drawn = False
        self.looked_at = 0
        """How many transactions had committed when it last looked which ids are in the books."""
        self.first_no = 0
        """The first of the numbers that it drew last."""
        server.open.append(self)

    # ── Rows as this transaction sees them ────────────────────────────────────────────────────────────

    def get(self, table: str, key: Hashable) -> Row | None:
        """A row: its own, or the one that is committed now."""
        place = (table, key)
        return self.own[place] if place in self.own else self.server.tables[table].get(key)

    def all_of(self, table: str) -> list[Row]:
        """Every row that it sees."""
        own = {key: row for (name, key), row in self.own.items() if name == table}
        if not own:
            return list(self.server.tables[table].values())
        return [row for row in (self.server.tables[table] | own).values() if row is not None]

    def has_written(self, table: str, key: Hashable) -> bool:
        """Whether it has changed the row itself."""
        return (table, key) in self.own

    async def lock(self, table: str, key: Hashable) -> None:
        """Wait until nobody else has the row; `Contention` if all wait for one another."""
        await self.server.lock(self, (table, key))

    async def put(self, table: str, key: Hashable, row: Row | None) -> None:
        """Write a row, or delete it, when nobody else has it locked."""
        await self.lock(table, key)
        self.own[table, key] = row

    async def insert(self, table: str, key: Hashable, row: Row) -> None:
        """Write a row with a key of its own; `Contention` if somebody else has written one."""
        await self.lock(table, key)
        if self.get(table, key) is not None:
            raise Contention("Another transaction has just written the same key.")
        self.own[table, key] = row

    def next_serial(self) -> int:
        """A number that an identity column gives out; what is rolled back leaves a gap."""
        self.server.serial += 1
        return self.server.serial

    async def draw(self, count: int, *, now_us: int) -> int:
        """The first of so many numbers of entries, which nobody draws again; waits for whoever closes a period."""
        if not self.has_drawn:
            await self.server.wait_for(self, lambda: self.server.holder_of(_NUMBERS))
        self.has_drawn = True
        self.first_no = max(self.server.last_no + 1, now_us)
        self.server.last_no = self.first_no + count - 1
        return self.first_no

    async def stop_drawing(self) -> None:
        """Wait until nobody who has drawn numbers is still at work; nobody draws any until this one ends."""
        await self.server.lock(self, _NUMBERS)
        others = [each for each in self.server.open if each is not self]
        await self.server.wait_for(
            self, lambda: next((each for each in others if each.has_drawn and not each.ended.is_set()), None)
        )

    def leave_behind(self, no: int) -> None:
        """No number before this one is drawn any more."""
        self.server.last_no = max(self.server.last_no, no - 1)

    def note_look(self) -> None:
        """It looks now which ids are in the books."""
        self.looked_at = len(self.server.commits)

    def check(self) -> None:
        """Raise `ConnectionLost` if the server has ended it."""
        if self.ended.is_set():
            raise ConnectionLost("The connection to the database broke.", retry_after_seconds=1)

    # ── What the ledger calls ─────────────────────────────────────────────────────────────────────────

    async def run(self, query: Query, **parameters: object) -> int:
        """Run a statement and say how many rows it touched."""
        self.wrote = True
        answer = await self._ask(query, parameters)
        return answer if isinstance(answer, int) else len(answer)

    async def rows(self, query: Query, of: type[T], **parameters: object) -> list[T]:
        """The rows as structs `of`."""
        self.wrote |= not query.reads
        return msgspec.convert(await self._ask(query, parameters), list[of])  # type: ignore[valid-type]

    async def tuples(self, query: Query, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows as plain tuples, their columns in the order of the query."""
        self.wrote |= not query.reads
        rows: list[Row] = await self._ask(query, parameters)
        columns = statements.columns_of(query)
        return [tuple(row[name] for name in columns) if columns else tuple(row.values()) for row in rows]

    async def copy(self, query: Query, rows: Iterable[Sequence[object]]) -> None:
        """Write many rows."""
        self.wrote = True
        await self._arrive(query)
        await statements.copy(self, query, rows)

    async def copy_text(self, query: Query, lines: str) -> None:
        """Write many rows that are lines of COPY's text format."""
        await self.copy(query, statements.read_copy(query, lines))

    async def _ask(self, query: Query, parameters: dict[str, Any]) -> Any:
        await self._arrive(query)
        return await statements.MEANING[query.name](self, **parameters)

    async def _arrive(self, query: Query) -> None:
        server = self.server
        server.note(self.process, query.name)
        await server.travel()
        self.check()
        if server.happens(server.odds.connection_lost):
            server.finish(self)
            self.check()


class SimulatedDatabase(Database):
    """What one process believes to be its pool of connections."""

    def __init__(self, server: Server, process: str) -> None:
        self._server = server
        self._process = process

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        tx = SimulatedTransaction(self._server, self._process)
        try:
            yield tx
            await self._commit(tx)
        finally:
            if not tx.ended.is_set():
                self._server.finish(tx)

    async def _commit(self, tx: SimulatedTransaction) -> None:
        server = self._server
        lost = CommitUnknown("the wire broke") if tx.wrote else ConnectionLost("The connection broke.")
        tx.is_committing = True
        await server.travel()
        if tx.ended.is_set() or server.happens(server.odds.commit_lost):
            raise lost
        server.take(tx)
        server.note(tx.process, "commits", len(server.commits))
        await server.travel()
        if server.happens(server.odds.answer_lost):
            raise lost
