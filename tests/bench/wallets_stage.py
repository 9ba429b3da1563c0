"""What does the bench of wallets stand on? Users who are signed in and have money, a server, a worker: made from nothing."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls, bring_up_to_date
from tael.foundation.config import Settings
from tael.foundation.db import Query, Transaction
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.foundation.postgres import EmbeddedPostgres
from tael.testing.books import faults_in_books
from tael.testing.users import give, signed_in, verified_user
from tests.bench.purses import Payer
from tests.bench.stage import Say, Server, free_port, make_home, tael_process, until_answering

PAYERS = 2_000
"""So many that nobody comes near a limit of a day: the counters are kept, and never refuse."""
SERVERS = 2
"""So many processes take requests, as `tael run --workers 2` has on two cores."""
_GIVEN = Money(100_000_00, "CNY")

_FOUND = Query("found", b"select count(*) from wallets.transfers where id = any(%(ids)s)")
_DIFFERING = Query(
    "differing",
    b"""select count(*) from (
            select payer_id as user_id, sum(amount_minor) as minor, count(*) as times
            from wallets.transfers where state = 'arrived' group by payer_id
        ) t full join (
            select user_id, sum(used_minor) as minor, sum(used_count) as times
            from wallets.counters where kind = 'transfer' group by user_id
        ) c using (user_id)
        where (t.minor, t.times) is distinct from (c.minor, c.times)""",
)


class WalletsStage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything, running."""

    urls: DatabaseUrls
    postmaster_pid: int
    house: House
    servers: Sequence[Server]
    """Processes that take users' requests, each at an address of its own: one for each core."""
    worker_pid: int
    payers: list[Payer]
    hot: str
    """The user to whom everybody sends."""


@asynccontextmanager
async def set_wallets_stage(say: Say) -> AsyncIterator[WalletsStage]:
    """Start everything below a folder of its own, and leave nothing behind."""
    async with AsyncExitStack() as stack:
        home = make_home()
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        postgres = EmbeddedPostgres(home / "postgres", on_step=lambda step: say(f"PostgreSQL: {step}"))
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        urls = DatabaseUrls(postgres.url("tael_app"), postgres.url("tael_owner"))
        await bring_up_to_date(urls, apply=True)
        house = await stack.enter_async_context(open_house(Settings(home=home), urls.application))
        say(f"{PAYERS} users, signed in, verified to class II, with {_GIVEN} each")
        payers = await _users(house, PAYERS + 1)
        ports = [free_port() for _ in range(SERVERS)]
        environment = {
            "TAEL_HOME": str(home),
            "TAEL_DATABASE_URL": urls.application,
            "TAEL_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
            "TAEL_LOG_LEVEL": "warning",
            "TAEL_PERSON_CHANGES_PER_SECOND": "1000",
        }
        run = ["run", "--here", "--child-of", str(os.getpid())]
        listening = [environment | {"TAEL_PUBLIC_LISTEN": f"127.0.0.1:{port}"} for port in ports]
        servers = [
            await stack.enter_async_context(tael_process([*run, "public"], each)) for each in listening
        ]
        worker = await stack.enter_async_context(tael_process([*run, "worker", "clock"], environment))
        for port in ports:
            await until_answering(port)
        yield WalletsStage(
            urls=urls,
            postmaster_pid=postgres.pid or 0,
            house=house,
            servers=[
                Server(pid, f"http://127.0.0.1:{port}") for pid, port in zip(servers, ports, strict=True)
            ],
            worker_pid=worker,
            payers=payers[1:],
            hot=payers[0].user_id,
        )


async def _users(house: House, count: int) -> list[Payer]:
    password_hash = await house.people.identity.hash_of(new_id("pw"))
    async with house.database.transaction() as tx:
        made = [await _payer(tx, house, password_hash) for _ in range(count)]
        await give(tx, house, [payer.user_id for payer in made], _GIVEN)
    return made


async def _payer(tx: Transaction, house: House, password_hash: str) -> Payer:
    user = await verified_user(tx, house, password_hash=password_hash, language="zh-CN")
    return Payer(user.user_id, await signed_in(tx, house, user))


async def faults(stage: WalletsStage, *, acknowledged: Sequence[str]) -> list[str]:
    """What is wrong, in sentences; nothing if every transfer is there, counted, and the books balance."""
    found = [f"ledger: {fault}" for fault in await faults_in_books(stage.house)]
    async with stage.house.database.transaction() as tx:
        present = (await tx.tuples(_FOUND, ids=list(acknowledged)))[0][0]
        differing = (await tx.tuples(_DIFFERING))[0][0]
    if present != len(acknowledged):
        found.append(f"{len(acknowledged) - present} acknowledged transfers are not in the database")
    if differing:
        found.append(f"the counters of {differing} users are not what they sent")
    return found
