"""What are the parts of a process? All of them, built from the settings in one place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import structlog

from tael.app.subscriptions import FACTS, subscriptions
from tael.app.terms import KnownTerms
from tael.channels import jobs as channels_jobs
from tael.channels.api import Channels
from tael.channels.registry import version_of
from tael.channels.transport import Transport
from tael.foundation.clock import Clock, SystemClock
from tael.foundation.config import Settings
from tael.foundation.courier import Courier
from tael.foundation.db import CommitUnknown, Database
from tael.foundation.errors import Unavailable
from tael.foundation.jobs import Jobs
from tael.foundation.sealing import Sealer
from tael.foundation.signing import trusted_keys_in
from tael.ledger import jobs as ledger_jobs
from tael.ledger.api import Books, Ledger, LedgerKeys
from tael.merchants.api import Merchants
from tael.partners import jobs as partners_jobs
from tael.partners.api import Partners
from tael.payments import jobs as payments_jobs
from tael.payments.api import Payments
from tael.routing import jobs as routing_jobs
from tael.routing.api import Routing
from tael.staff.api import Staff

CONTEXTS = ("foundation", "staff", "ledger", "merchants", "channels", "partners", "routing", "payments")
"""The contexts with tables, in the order in which their migrations run."""
APPLICATION_ROLE = "tael_app"
REPORT_KEY = "acceptance"
"""The name of the key that signs acceptance reports, among this installation's keys."""
REFRESH_SECONDS = 2.0
"""After this long a channel that was changed is spoken to in the new way by every process."""

log = structlog.get_logger("tael.house")


class House(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one process."""

    settings: Settings
    clock: Clock
    sealer: Sealer
    database: Database
    ledger: Ledger
    books: Books
    ledger_keys: LedgerKeys
    merchants: Merchants
    staff: Staff
    channels: Channels
    partners: Partners
    routing: Routing
    payments: Payments
    courier: Courier
    jobs: Jobs


def make_house(
    settings: Settings, database_url: str, *, clock: Clock | None = None, application: str = "tael"
) -> House:
    """Every part, not connected yet."""
    clock = clock or SystemClock()
    database = Database(
        database_url, pool_size=settings.database_pool_size, application=application, role=APPLICATION_ROLE
    )
    sealer = Sealer(settings.keys_folder)
    ledger = Ledger(clock)
    books = Books(database, ledger, settings)
    channels = Channels(
        database,
        Transport(timeout_seconds=settings.channel_timeout_seconds),
        clock,
        sealer,
        calls_at_once=settings.channel_calls_at_once,
    )
    partners = Partners(
        database,
        channels,
        clock,
        connector_version=version_of,
        trusted_keys=lambda: trusted_keys_in(settings.keys_folder, REPORT_KEY),
    )
    terms = KnownTerms(channels, partners.terms_now)
    routing = Routing(database, clock, channels, terms, policy=settings.routing_policy)
    channels.watch(routing.observe)
    payments = Payments(database, ledger, channels, routing, sealer=sealer, clock=clock, settings=settings)
    jobs = Jobs(database_url, stalled_seconds=settings.stalled_job_seconds, role=APPLICATION_ROLE)
    ledger_jobs.register_jobs(jobs, books)
    channels_jobs.register_jobs(jobs, channels, exchange_days=settings.exchange_days)
    routing_jobs.register_jobs(jobs, routing, decision_days=settings.decision_days)
    partners_jobs.register_jobs(jobs, partners)
    payments_jobs.register_jobs(jobs, payments, channels, every_seconds=settings.janitor_seconds)
    return House(
        settings=settings,
        clock=clock,
        sealer=sealer,
        database=database,
        ledger=ledger,
        books=books,
        ledger_keys=LedgerKeys(database, clock),
        merchants=Merchants(database, clock),
        staff=Staff(database, clock),
        channels=channels,
        partners=partners,
        routing=routing,
        payments=payments,
        courier=Courier(database, clock, FACTS, subscriptions(payments)),
        jobs=jobs,
    )


@asynccontextmanager
async def open_house(
    settings: Settings,
    database_url: str,
    *,
    clock: Clock | None = None,
    application: str = "tael",
    refresh_seconds: float = REFRESH_SECONDS,
) -> AsyncIterator[House]:
    """Connect everything; on the way out finish what is in the lanes, then disconnect."""
    house = make_house(settings, database_url, clock=clock, application=application)
    await house.database.open()
    await house.channels.start()
    await house.partners.refresh()
    await house.routing.start()
    house.books.start()
    house.payments.start()
    refreshing = asyncio.create_task(_keep_refreshing(house, refresh_seconds), name="refresh")
    try:
        yield house
    finally:
        refreshing.cancel()
        await asyncio.gather(refreshing, return_exceptions=True)
        await house.payments.stop()
        await house.books.stop()
        await house.routing.stop()
        await house.channels.close()
        await house.database.close()


async def _keep_refreshing(house: House, every_seconds: float) -> None:
    """Speak to channels, and use them, as was approved last."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            changed = await house.channels.refresh()
            await house.partners.refresh()
            if changed:  # what is offered must be found at once
                await house.routing.refresh()
        except (Unavailable, CommitUnknown) as error:
            log.warning("refresh_interrupted", reason=str(error))
        except Exception:  # whatever goes wrong in one round, there has to be another
            log.exception("refresh_failed")
