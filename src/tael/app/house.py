"""What are the parts of a process? All of them, built from the settings in one place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import structlog

from tael.app.closing import still_open
from tael.app.people import People, make_people
from tael.app.subscriptions import FACTS, keep_mirroring, mirroring, subscriptions
from tael.app.terms import KnownTerms
from tael.app.versions import VERSIONS
from tael.channels import jobs as channels_jobs
from tael.channels.api import Channels
from tael.channels.port import is_of_our_vault
from tael.channels.registry import version_of
from tael.channels.transport import Transport, VaultDoor
from tael.checkout import jobs as checkout_jobs
from tael.checkout.api import Checkout
from tael.customers.api import Customers
from tael.disputes import jobs as disputes_jobs
from tael.disputes.api import Disputes
from tael.exports import jobs as exports_jobs
from tael.exports.api import Exports
from tael.exports.registry import exportables
from tael.foundation.clock import Clock, SystemClock
from tael.foundation.config import Settings
from tael.foundation.courier import Courier
from tael.foundation.db import CommitUnknown, Database
from tael.foundation.errors import Unavailable
from tael.foundation.http.strangers import Strangers
from tael.foundation.jobs import Jobs
from tael.foundation.sealing import Sealer
from tael.foundation.signing import SigningKey, key_in, trusted_keys_in
from tael.foundation.vouching import Voucher
from tael.identity import jobs as identity_jobs
from tael.ledger import jobs as ledger_jobs
from tael.ledger.api import Books, Ledger, LedgerKeys
from tael.merchants import jobs as merchants_jobs
from tael.merchants.api import MerchantKeys, Merchants, Team
from tael.offers.api import Offers
from tael.partners import jobs as partners_jobs
from tael.partners.api import Partners
from tael.payments import jobs as payments_jobs
from tael.payments.api import Payments
from tael.routing import jobs as routing_jobs
from tael.routing.api import Routing
from tael.staff.api import Staff
from tael.vault.api import VaultClient
from tael.webhooks import jobs as webhooks_jobs
from tael.webhooks.api import Webhooks

CONTEXTS = (
    "foundation",
    "staff",
    "identity",
    "ledger",
    "merchants",
    "channels",
    "partners",
    "routing",
    "offers",
    "payments",
    "disputes",
    "exports",
    "checkout",
    "customers",
    "vault",
    "webhooks",
)
"""The contexts with tables, in the order in which their migrations run."""
APPLICATION_ROLE = "tael_app"
REPORT_KEY = "acceptance"
"""The name of the key that signs acceptance reports, among this installation's keys."""
AGREEMENT_KEY = "agreements"
"""The name of the key that signs what merchants agree to."""
REFRESH_SECONDS = 2.0
"""After this long a channel that was changed is spoken to in the new way by every process."""
FORGET_BUCKETS_SECONDS = 60
"""How often buckets of keys and networks are forgotten that are full again."""

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
    merchant_keys: MerchantKeys
    team: Team
    staff: Staff
    people: People
    strangers: Strangers
    channels: Channels
    partners: Partners
    routing: Routing
    offers: Offers
    payments: Payments
    disputes: Disputes
    exports: Exports
    checkout: Checkout
    customers: Customers
    vault: VaultClient
    webhooks: Webhooks
    courier: Courier
    jobs: Jobs


def make_house(
    settings: Settings,
    database_url: str,
    *,
    clock: Clock | None = None,
    application: str = "tael",
    beside: House | None = None,
) -> House:
    """Every part, not connected yet. `beside`, the house of test mode, is told of merchants."""
    clock, size, role = clock or SystemClock(), settings.database_pool_size, APPLICATION_ROLE
    database = Database(database_url, pool_size=size, application=application, role=role)
    jobs = Jobs(database_url, stalled_seconds=settings.stalled_job_seconds, role=role)
    voucher, vault = _vault(settings, clock)
    sealer, ledger, offers = Sealer(settings.keys_folder), Ledger(clock), Offers(database, clock)
    books = Books(database, ledger, settings)
    channels = _channels(settings, database, clock, sealer, voucher)
    partners = _partners(settings, database, clock, channels)
    routing = _routing(settings, database, clock, channels, partners)
    merchants = _merchants(settings, database, clock, sealer)
    customers = Customers(database, clock, sealer, vault, is_of_our_vault=is_of_our_vault)
    within = (database, ledger, channels, routing, merchants)
    payments = Payments(
        *within, offers=offers, customers=customers, sealer=sealer, clock=clock, settings=settings
    )
    disputes = Disputes(database, payments, channels, sealer=sealer, clock=clock)
    checkout = Checkout(database, payments, merchants, customers, clock=clock, settings=settings)
    shows = {"pay": payments.show, "rfd": payments.show, "dsp": disputes.show, "cs": checkout.show}
    webhooks = Webhooks(database, sealer, clock, settings, shows=shows, api_version=VERSIONS.newest)
    subscribed = subscriptions(payments, disputes, checkout, webhooks, merchants)
    mirrored = [] if beside is None else mirroring(merchants, beside.merchants)
    house = House(
        settings=settings,
        clock=clock,
        sealer=sealer,
        database=database,
        ledger=ledger,
        books=books,
        ledger_keys=LedgerKeys(database, clock),
        merchants=merchants,
        merchant_keys=MerchantKeys(database, clock, settings, VERSIONS),
        team=Team(database, clock, sealer),
        staff=Staff(database, clock),
        people=make_people(settings, database, clock, sealer),
        strangers=Strangers(database, clock, settings),
        channels=channels,
        partners=partners,
        routing=routing,
        offers=offers,
        payments=payments,
        disputes=disputes,
        exports=Exports(database, jobs, exportables(payments, disputes, books), sealer=sealer, clock=clock),
        checkout=checkout,
        customers=customers,
        vault=vault,
        webhooks=webhooks,
        courier=Courier(database, clock, FACTS, [*subscribed, *mirrored]),
        jobs=jobs,
    )
    _register_jobs(house, beside)
    return house


def _vault(settings: Settings, clock: Clock) -> tuple[Voucher, VaultClient]:
    voucher = Voucher(settings.vault_key_file, clock, mode=settings.mode)
    return voucher, VaultClient(
        voucher, clock, door_url=settings.vault_door_url, public_url=settings.vault_url
    )


def _channels(
    settings: Settings, database: Database, clock: Clock, sealer: Sealer, voucher: Voucher
) -> Channels:
    transport = Transport(
        timeout_seconds=settings.channel_timeout_seconds, vault=VaultDoor(settings.vault_door_url, voucher)
    )
    return Channels(database, transport, clock, sealer, calls_at_once=settings.channel_calls_at_once)


def _partners(settings: Settings, database: Database, clock: Clock, channels: Channels) -> Partners:
    return Partners(
        database,
        channels,
        clock,
        connector_version=version_of,
        trusted_keys=lambda: trusted_keys_in(settings.keys_folder, REPORT_KEY),
    )


def _routing(
    settings: Settings, database: Database, clock: Clock, channels: Channels, partners: Partners
) -> Routing:
    terms = KnownTerms(channels, partners.terms_now)
    routing = Routing(database, clock, channels, terms, policy=settings.routing_policy)
    channels.watch(routing.observe)
    return routing


def _merchants(settings: Settings, database: Database, clock: Clock, sealer: Sealer) -> Merchants:
    def signing_key() -> SigningKey:
        return key_in(settings.keys_folder, AGREEMENT_KEY, "ed25519")

    return Merchants(database, clock, sealer=sealer, signing_key=signing_key)


def _register_jobs(house: House, beside: House | None) -> None:
    jobs, settings = house.jobs, house.settings
    ledger_jobs.register_jobs(jobs, house.books)
    identity_jobs.register_jobs(jobs, house.people.identity)
    jobs.add("foundation.forget_buckets", house.strangers.forget_full)
    jobs.every(FORGET_BUCKETS_SECONDS, "foundation.forget_buckets")
    channels_jobs.register_jobs(jobs, house.channels, exchange_days=settings.exchange_days)
    routing_jobs.register_jobs(jobs, house.routing, decision_days=settings.decision_days)
    partners_jobs.register_jobs(jobs, house.partners)
    payments_jobs.register_jobs(jobs, house.payments, house.channels, every_seconds=settings.janitor_seconds)
    disputes_jobs.register_jobs(jobs, house.disputes)
    exports_jobs.register_jobs(jobs, house.exports)
    checkout_jobs.register_jobs(jobs, house.checkout)
    webhooks_jobs.register_jobs(jobs, house.webhooks, event_days=settings.event_days)
    open_affairs = still_open(house.database, house.ledger, house.merchants, house.payments, house.clock)
    merchants_jobs.register_jobs(jobs, house.merchants, open_affairs)
    if beside is not None:
        keep_mirroring(jobs, house.merchants, beside.merchants, house.clock)


@asynccontextmanager
async def open_house(
    settings: Settings,
    database_url: str,
    *,
    clock: Clock | None = None,
    application: str = "tael",
    refresh_seconds: float = REFRESH_SECONDS,
    beside: House | None = None,
) -> AsyncIterator[House]:
    """Connect everything; on the way out finish what is in the lanes, then disconnect."""
    house = make_house(settings, database_url, clock=clock, application=application, beside=beside)
    await house.database.open()
    await house.channels.start()
    await house.partners.refresh()
    await house.routing.start()
    await house.offers.refresh()
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
        await house.vault.close()
        await house.database.close()


async def _keep_refreshing(house: House, every_seconds: float) -> None:
    """Speak to channels, and use them, as was approved last."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            changed = await house.channels.refresh()
            await house.partners.refresh()
            await house.offers.refresh()
            if changed:  # what is offered must be found at once
                await house.routing.refresh()
        except (Unavailable, CommitUnknown) as error:
            log.warning("refresh_interrupted", reason=str(error))
        except Exception:  # whatever goes wrong in one round, there has to be another
            log.exception("refresh_failed")
