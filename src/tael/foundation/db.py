"""How do we speak to PostgreSQL? Named SQL from files, inside transactions that never lie about COMMIT.

`queries(package)` reads the `.sql` files of a context's `sql/` folder; each query starts with a line
`-- name: lock_payments` and takes named parameters. `Database.transaction()` gives a `Transaction`; leaving
the block commits. Three things can go wrong, and the caller can tell them apart:

`ConnectionLost`   before COMMIT was sent: nothing happened
`Contention`       the server rolled back because of a deadlock or a lock that took too long: nothing happened
`CommitUnknown`    around COMMIT: it may or may not have happened; only reading by key will tell
"""

import asyncio
import re
import select
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib import resources
from typing import Any, TypeVar, cast

import msgspec
import psycopg
import structlog
from psycopg.pq import TransactionStatus
from psycopg.rows import AsyncRowFactory, dict_row, tuple_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from tael.foundation.arrays import array_text
from tael.foundation.errors import Malformed, Unavailable

log = structlog.get_logger("tael.db")

set_json_loads(msgspec.json.decode)  # JSON has one reader, and it is the fast one

T = TypeVar("T")
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class ConnectionLost(Unavailable):
    """The connection broke before COMMIT was sent. Nothing happened."""

    code = "database_unavailable"


class Contention(Unavailable):
    """The server rolled the transaction back so that another could go on. Nothing happened."""

    code = "database_contention"


class NoPartition(Unavailable):
    """A row belongs into a part of its table that has not been made. Nothing happened."""

    code = "database_no_partition"


class CommitUnknown(Exception):
    """COMMIT was sent and its answer is missing or cannot be trusted. Read again by key."""


class Query(msgspec.Struct, frozen=True):
    """One named statement of a file in `sql/`."""

    name: str
    text: bytes

    @property
    def reads(self) -> bool:
        """Whether it only looks: a `select`, after its comments. Locks and sequences leave nothing behind."""
        return _READS.match(self.text) is not None


class Queries:
    """The named statements of one context: `SQL.lock_payments`."""

    def __init__(self, named: Mapping[str, Query]) -> None:
        self.named = named

    def __getattr__(self, name: str) -> Query:
        try:
            return self.named[name]
        except KeyError:
            raise AttributeError(f"no query is named {name!r}") from None


_READS = re.compile(rb"(--[^\n]*\n|\s)*select\b", re.IGNORECASE)
_NAME = re.compile(r"^-- name: (\w+)[^\n]*\n", re.MULTILINE)


def queries(package: str) -> Queries:
    """The queries in the `sql/` folder of `package`, each under its name."""
    named: dict[str, Query] = {}
    for file in sorted(resources.files(package).joinpath("sql").iterdir(), key=lambda entry: entry.name):
        _, *parts = _NAME.split(file.read_text("utf-8"))
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            if name in named:
                raise ValueError(f"{package}: two queries are named {name}")
            named[name] = Query(name, text.strip().encode())
    return Queries(named)


def columns(items: Sequence[object], fields: str) -> dict[str, list[Any]]:
    """Many things as one list per field, each under the field's name: what a statement over `unnest` takes."""
    return {field: [getattr(item, field) for item in items] for field in fields.split()}


class Transaction:
    """One database transaction. Parameters are passed by name; `None` stands for NULL."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.wrote = False
        """Whether a statement may have changed something: if not, it matters to nobody whether COMMIT took effect."""
        self.published = False
        """Whether it wrote down facts that the courier is to carry."""

    async def run(self, query: Query, **parameters: object) -> int:
        """Run a statement and say how many rows it touched."""
        self.wrote = True
        async with self.connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(query.text, _written(parameters))
            return cursor.rowcount

    async def rows(self, query: Query, of: type[T], **parameters: object) -> list[T]:
        """The rows as structs `of`, matched by column name and converted (text to enums)."""
        self.wrote |= not query.reads
        async with self.connection.cursor(row_factory=cast(AsyncRowFactory[Any], dict_row)) as cursor:
            await cursor.execute(query.text, _written(parameters))
            return msgspec.convert(await cursor.fetchall(), list[of])  # type: ignore[valid-type]

    async def row(self, query: Query, of: type[T], **parameters: object) -> T | None:
        """The one row as a struct `of`, or `None`."""
        found = await self.rows(query, of, **parameters)
        return found[0] if found else None

    async def tuples(self, query: Query, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows as plain tuples: the fast way for wide batches."""
        self.wrote |= not query.reads
        async with self.connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(query.text, _written(parameters))
            return await cursor.fetchall()

    async def copy(self, query: Query, rows: Iterable[Sequence[object]]) -> None:
        """Write many rows through `COPY … FROM STDIN`: the fastest way in.

        Whoever copies has looked before which keys are taken, so one that is taken now was taken meanwhile: `Contention`.
        """
        self.wrote = True
        with _refusals_of_copy():
            async with self.connection.cursor() as cursor, cursor.copy(query.text) as copy:
                for row in rows:
                    await copy.write_row(row)

    async def copy_text(self, query: Query, lines: str) -> None:
        """Write many rows that are lines of COPY's text format already: for tables where `copy` is too slow."""
        self.wrote = True
        with _refusals_of_copy():
            async with self.connection.cursor() as cursor, cursor.copy(query.text) as copy:
                await copy.write(lines)

    async def freeze(self) -> None:
        """See one moment for the rest of the transaction, and change nothing. To be called first."""
        await self.connection.execute("set transaction isolation level repeatable read, read only")

    async def plan_for_what_is_asked(self) -> None:
        """Plan what follows for its very parameters: filters that are not given are `null is null`, and only such a plan sees that,
        and takes the index. Nobody who waits for a page is worth the processors of all others.
        """
        await self.connection.execute(
            "select set_config('plan_cache_mode', 'force_custom_plan', true),"
            " set_config('max_parallel_workers_per_gather', '0', true)"
        )

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Send the statements of this block without waiting for each answer (pipeline mode).

        For several writes in a row: half the work of a round trip each. Inside, nobody knows yet how many rows a
        statement touched, and COPY is not possible.
        """
        async with self.connection.pipeline():
            yield


@contextmanager
def _refusals_of_copy() -> Iterator[None]:
    """What the server refuses of the rows, in our words."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise Contention("Another transaction has just written the same key.") from error
    except psycopg.errors.CheckViolation as error:
        if error.diag.constraint_name is not None:
            raise
        raise NoPartition(
            f"{error.diag.schema_name}.{error.diag.table_name} has no part for this row yet:"
            f" {error.diag.message_detail}",
            hint="Parts are made ahead by the worker: see that one runs, with a clock, and that its clock is right.",
        ) from error


def _written(parameters: dict[str, object]) -> dict[str, object]:
    return {
        name: array_text(value) if isinstance(value, list) else value for name, value in parameters.items()
    }


_NUL = "NUL (0x00)"
"""What the driver says of a text with the one character that the database has no place for."""
_NOT_SERIALISED = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
)


_RECONNECT_SECONDS = 0.3
"""How long one attempt to connect goes on before a fresh one begins. The pool's own pauses double each time: after an
outage of seconds it would sleep through the server's return."""


class Database:
    """A pool of connections to one database, as one role."""

    def __init__(
        self, url: str, *, pool_size: int = 12, application: str = "tael", role: str | None = None
    ) -> None:
        options = "-c search_path=jobs -c timezone=UTC -c idle_in_transaction_session_timeout=30s -c lock_timeout=10s"
        if role:
            options += f" -c role={role}"
        self._url, self._application, self._role = url, application, role
        self.published = asyncio.Event()
        """Set whenever a transaction of this process has committed facts: a courier that waits for some need not look for them."""
        self._pool = AsyncConnectionPool(
            url,
            kwargs={"options": options, "application_name": application, "connect_timeout": 5},
            min_size=1,
            max_size=pool_size,
            timeout=5,
            reconnect_timeout=_RECONNECT_SECONDS,
            reconnect_failed=AsyncConnectionPool.check,
            open=False,
            name=application,
        )

    def apart(self, *, pool_size: int) -> "Database":
        """The same database over connections of its own, not open yet: for what has to be done while its caller holds one
        of these, and would wait for ever if all who hold one did so.
        """
        beside = Database(self._url, pool_size=pool_size, application=self._application, role=self._role)
        beside.published = self.published
        return beside

    async def open(self, *, wait_seconds: float = 30) -> None:
        """Connect; raises `Unavailable` if the database does not answer in time."""
        try:
            await self._pool.open(wait=True, timeout=wait_seconds)
        except PoolTimeout as error:
            raise Unavailable(f"The database does not answer: {error}.") from error

    async def ping(self) -> None:
        """Ask for a sign of life; raises `ConnectionLost`."""
        async with self.transaction() as tx:
            await tx.connection.execute("select 1")

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def _connection(self) -> Connection:
        """A connection of the pool that is alive as far as can be seen. Dead ones are handed back to be replaced.

        The pool's own check would pause longer after each dead one: after a restart of the server all are dead.
        """
        while True:
            try:
                connection = await self._pool.getconn()
            except (PoolTimeout, psycopg.OperationalError) as error:
                raise ConnectionLost("The database does not answer.", retry_after_seconds=1) from error
            if not connection.closed and not _is_gone(connection):
                return connection
            await connection.close()
            await self._pool.putconn(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        connection = await self._connection()
        tx = Transaction(connection)
        try:
            try:
                yield tx
            except BaseException as error:
                survived = await _roll_back(connection)
                if isinstance(error, _NOT_SERIALISED):
                    raise Contention("The database was busy with a conflicting change.") from error
                if isinstance(error, psycopg.DataError) and _NUL in str(error):
                    raise Malformed("A text holds no character of nothing (NUL).") from error
                if isinstance(error, psycopg.Error) and not survived:
                    raise ConnectionLost(
                        "The connection to the database broke.", retry_after_seconds=1
                    ) from error
                raise
            try:
                await _commit(connection)
            except CommitUnknown as error:
                if tx.wrote:
                    raise
                raise ConnectionLost(
                    "The connection to the database broke.", retry_after_seconds=1
                ) from error
            if tx.published:
                self.published.set()
        finally:
            await self._pool.putconn(connection)


def database_failed(error: BaseException) -> bool:
    """Whether it was the database that failed, and not what it was to write: then the same may go well later."""
    about_what_was_written = (psycopg.DataError, psycopg.IntegrityError)
    return isinstance(error, psycopg.Error) and not isinstance(error, about_what_was_written)


def _is_gone(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether an idle connection has something to read: the server's goodbye, or the end of the stream.

    Asking the server would cost a round trip before each transaction. What died without a word (a cut wire) is found
    by the transaction itself: nothing has happened yet, and lanes try again.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


async def _roll_back(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Roll back; false if the connection is no more, which comes to the same."""
    try:
        await connection.rollback()
    except psycopg.Error:
        await connection.close()
    return not connection.closed


async def _commit(connection: psycopg.AsyncConnection[Any]) -> None:
    """COMMIT, and believe it only if the server said so without a warning.

    A commit that was cancelled while it waited for a standby answers success with warning 01000, and the row
    may vanish in a failover: that is unknown, too. COMMIT of a transaction in which a statement failed answers
    success as well, and rolls back.
    """
    if connection.info.transaction_status == TransactionStatus.IDLE:
        return
    if connection.info.transaction_status == TransactionStatus.INERROR:
        await _roll_back(connection)
        raise psycopg.errors.InFailedSqlTransaction("A statement failed, and its error was swallowed.")
    warnings: list[str] = []

    def notice(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.sqlstate and diagnostic.sqlstate.startswith("01"):
            warnings.append(f"{diagnostic.sqlstate} {diagnostic.message_primary}")

    connection.add_notice_handler(notice)
    try:
        await connection.commit()
    except _NOT_SERIALISED as error:
        raise Contention("The database was busy with a conflicting change.") from error
    except psycopg.errors.IntegrityError:
        raise  # a deferred check said no: the commit did not take effect
    except Exception as error:
        await connection.close()
        raise CommitUnknown(str(error)) from error
    except BaseException:  # cancelled: nobody waits for an answer, and the cancellation must go on
        await connection.close()
        raise
    finally:
        connection.remove_notice_handler(notice)
    if warnings:
        raise CommitUnknown("; ".join(warnings))
