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
from tael.foundation.personal import PHONE
from tael.foundation.postgres import EmbeddedPostgres
from tael.identity.api import USER_TOKEN
from tael.identity.model import Factor, Visitor
from tael.identity.store import payment_passwords
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.standing.model import Presence
from tael.testing.books import faults_in_books
from tael.users import store as users_store
from tael.users.model import User, UserState
from tael.users.usecases.agreements import versions
from tael.wallets import postings
from tests.bench.purses import Payer
from tests.bench.stage import Say, Server, free_port, make_home, tael_process, until_listening

PAYERS = 2_000
"""So many that nobody comes near a limit of a day: the counters are kept, and never refuse."""
_GIVEN = Money(100_000_00, "CNY")
_SMALL = Money(20_000, "CNY")
_SOURCES = ("identity_database", "mobile_operator", "bank_card")
_CASH = AccountSpec("bench:cash", "CNY", AccountClass.ASSET)
_AGREED = [f"{name}@{each[-1].version}" for name, each in versions().items()]
_VISITOR = Visitor(device="bench", address="127.0.0.1")

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
    server: Server
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
        port = free_port()
        environment = {
            "TAEL_HOME": str(home),
            "TAEL_DATABASE_URL": urls.application,
            "TAEL_PUBLIC_LISTEN": f"127.0.0.1:{port}",
            "TAEL_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "TAEL_LOG_LEVEL": "warning",
            "TAEL_PERSON_CHANGES_PER_SECOND": "1000",
        }
        run = ["run", "--here", "--child-of", str(os.getpid())]
        server = await stack.enter_async_context(tael_process([*run, "public"], environment))
        worker = await stack.enter_async_context(tael_process([*run, "worker", "clock"], environment))
        await until_listening(port)
        yield WalletsStage(
            urls=urls,
            postmaster_pid=postgres.pid or 0,
            house=house,
            server=Server(server, f"http://127.0.0.1:{port}"),
            worker_pid=worker,
            payers=payers[1:],
            hot=payers[0].user_id,
        )


async def _users(house: House, count: int) -> list[Payer]:
    password_hash = await house.people.identity.hash_of(new_id("pw"))
    async with house.database.transaction() as tx:
        made = [await _user(tx, house, number, password_hash) for number in range(count)]
        await _give(tx, house, [payer.user_id for payer in made])
    return made


async def _user(tx: Transaction, house: House, number: int, password_hash: str) -> Payer:
    people, now, phone = house.people, house.clock.now(), f"+86138{number:08}"
    login = await people.identity.add_login(tx, name="", password_hash=password_hash, visitor=_VISITOR)
    user = User(
        id=new_id("usr"),
        login_id=login.id,
        state=UserState.ACTIVE,
        language="zh-CN",
        phone_shown=phone,
        agreed=(),
        registered_at=now,
    )
    sealed = people.personal.seal(phone, about=f"user {user.id} phone")
    await users_store.insert_user(tx, user, sealed=sealed, index=people.personal.index_of(PHONE, phone))
    await users_store.set_agreed(tx, user.id, _AGREED)
    await people.standing.open(tx, user.id, now)
    for source in _SOURCES:
        await people.standing.record_evidence(tx, user.id, source, Presence.REMOTE, now)
    await people.messages.address(tx, user.id, phone=phone, language="zh-CN")
    await payment_passwords.agree(tx, login.id, _SMALL, now=now)
    signed_in = await people.identity.begin_whole(tx, login.id, _VISITOR, factor=Factor.CODE)
    return Payer(user.id, f"{USER_TOKEN}{signed_in.session.token}")


async def _give(tx: Transaction, house: House, user_ids: Sequence[str]) -> None:
    wallets = [postings.wallet(user_id, "CNY") for user_id in user_ids]
    await house.ledger.open_accounts(tx, [_CASH, *wallets])
    await house.ledger.post(
        tx,
        [
            JournalEntry(
                id=new_id("top"),
                kind="bench.top_up",
                reference=wallet.code,
                postings=(debit(_CASH, _GIVEN), credit(wallet, _GIVEN)),
            )
            for wallet in wallets
        ],
    )


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
