"""What are the parts of a process? All of them, built from the settings in one place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from tael.app.subscriptions import FACTS, subscriptions
from tael.channels.api import Channels
from tael.channels.registry import configured_connectors
from tael.channels.transport import Transport
from tael.foundation.clock import Clock, SystemClock
from tael.foundation.config import Settings
from tael.foundation.courier import Courier
from tael.foundation.db import Database
from tael.foundation.jobs import Jobs
from tael.ledger import jobs as ledger_jobs
from tael.ledger.api import Books, Ledger, LedgerKeys
from tael.merchants.api import Merchants
from tael.payments import jobs as payments_jobs
from tael.payments.api import Payments

CONTEXTS = ("foundation", "ledger", "merchants", "channels", "payments")
"""The contexts with tables, in the order in which their migrations run."""
APPLICATION_ROLE = "tael_app"


class House(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one process."""

    settings: Settings
    clock: Clock
    database: Database
    ledger: Ledger
    books: Books
    ledger_keys: LedgerKeys
    merchants: Merchants
    channels: Channels
    payments: Payments
    courier: Courier
    jobs: Jobs


@asynccontextmanager
async def open_house(
    settings: Settings, database_url: str, *, clock: Clock | None = None, application: str = "tael"
) -> AsyncIterator[House]:
    """Connect everything; on the way out finish what is in the lanes, then disconnect."""
    clock = clock or SystemClock()
    database = Database(
        database_url, pool_size=settings.database_pool_size, application=application, role=APPLICATION_ROLE
    )
    ledger = Ledger(clock)
    books = Books(database, ledger, settings)
    merchants = Merchants(database, clock)
    transport = Transport(timeout_seconds=settings.channel_timeout_seconds)
    channels = Channels(configured_connectors(settings), transport, clock)
    payments = Payments(database, ledger, channels, clock, settings)
    jobs = Jobs(database_url, stalled_seconds=settings.stalled_job_seconds, role=APPLICATION_ROLE)
    ledger_jobs.register_jobs(jobs, books)
    payments_jobs.register_jobs(jobs, payments, every_seconds=settings.janitor_seconds)
    await database.open()
    books.start()
    payments.start()
    try:
        yield House(
            settings=settings,
            clock=clock,
            database=database,
            ledger=ledger,
            books=books,
            ledger_keys=LedgerKeys(database, clock),
            merchants=merchants,
            channels=channels,
            payments=payments,
            courier=Courier(database, clock, FACTS, subscriptions(payments)),
            jobs=jobs,
        )
    finally:
        await payments.stop()
        await books.stop()
        await channels.close()
        await database.close()
