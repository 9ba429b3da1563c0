"""What does the ledger's bench stand on? A durable database, a server, a worker that seals, a key: made from nothing."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls, bring_up_to_date
from tael.foundation.config import Settings
from tael.foundation.db import Query
from tael.foundation.postgres import EmbeddedPostgres
from tests.bench.stage import Say, Server, free_port, make_home, tael_process, until_answering
from tests.bench.transfers import ACCOUNTS, HOT

SERVER, WORKER = ("ledger",), ("worker", "clock")
"""One process that listens, and one that seals blocks and lets holds expire meanwhile."""

_SIZE = Query(
    "size",
    b"""select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'ledger' and c.relkind in ('r', 'S')""",
)
_LAST = Query(
    "last", b"select (select max(no) from ledger.entries), (select max(last_no) from ledger.blocks)"
)


class LedgerStage(msgspec.Struct, frozen=True, kw_only=True):
    """Books with accounts, and a server in front of them."""

    urls: DatabaseUrls
    postmaster_pid: int
    house: House
    server: Server
    worker_pid: int
    secret: str

    async def size_bytes(self) -> int:
        """Every table and index of the ledger on disk."""
        async with self.house.database.transaction() as tx:
            return int((await tx.tuples(_SIZE))[0][0])

    async def entries(self) -> int:
        """How many entries are in the books."""
        async with self.house.database.transaction() as tx:
            return (await self.house.ledger.size(tx)).entries

    async def sealed(self) -> bool:
        """Whether every entry lies in a sealed block."""
        async with self.house.database.transaction() as tx:
            last, sealed = (await tx.tuples(_LAST))[0]
        return last is None or (sealed is not None and sealed >= last)


@asynccontextmanager
async def set_ledger_stage(
    say: Say, *, fill: Callable[[DatabaseUrls], Awaitable[None]] | None = None
) -> AsyncIterator[LedgerStage]:
    """Start everything below a folder of its own, and leave nothing behind. `fill` may fill the books before the server starts."""
    async with AsyncExitStack() as stack:
        home = make_home()
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        postgres = EmbeddedPostgres(home / "postgres", on_step=lambda step: say(f"PostgreSQL: {step}"))
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        urls = DatabaseUrls(postgres.url("tael_app"), postgres.url("tael_owner"))
        await bring_up_to_date(urls, apply=True)
        house = await stack.enter_async_context(open_house(Settings(home=home), urls.application))
        async with house.database.transaction() as tx:
            await house.ledger.open_accounts(tx, [*ACCOUNTS, HOT])
        made = await house.ledger_keys.create("bench", may=["read", "write"], actor="operator:bench")
        if fill is not None:
            await fill(urls)
        port = free_port()
        environment = {
            "TAEL_HOME": str(home),
            "TAEL_DATABASE_URL": urls.application,
            "TAEL_LEDGER_LISTEN": f"127.0.0.1:{port}",
            "TAEL_LOG_LEVEL": "warning",
        }
        run = ["run", "--here", "--child-of", str(os.getpid())]
        server = await stack.enter_async_context(tael_process([*run, *SERVER], environment))
        worker = await stack.enter_async_context(tael_process([*run, *WORKER], environment))
        await until_answering(port)
        yield LedgerStage(
            urls=urls,
            postmaster_pid=postgres.pid or 0,
            house=house,
            server=Server(server, f"http://127.0.0.1:{port}"),
            worker_pid=worker,
            secret=made.secret,
        )
