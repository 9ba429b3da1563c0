"""What are the parts of a process? All of them, built from the settings in one place."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import structlog

from tael.app.closing import still_open
from tael.app.contexts import CONTEXTS
from tael.app.funding_desk import make_funding
from tael.app.people import People, make_people
from tael.app.people_told import heard_of_people
from tael.app.purse_door import open_purse_door
from tael.app.purses import make_wallets
from tael.app.subscriptions import FACTS, keep_mirroring, mirroring, subscriptions
from tael.app.terms import KnownTerms
from tael.app.versions import VERSIONS
from tael.behaviour import jobs as behaviour_jobs
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
from tael.foundation.courier import Courier, Subscription
from tael.foundation.dated_rules import DatedRules, shipped_rules
from tael.foundation.db import CommitUnknown, Database
from tael.foundation.errors import Unavailable
from tael.foundation.http.strangers import Strangers
from tael.foundation.jobs import Jobs
from tael.foundation.sealing import Sealer
from tael.foundation.signing import SigningKey, key_in, trusted_keys_in
from tael.foundation.vouching import Voucher
from tael.funding import jobs as funding_jobs
from tael.funding.api import Funding
from tael.identity import jobs as identity_jobs
from tael.ledger import jobs as ledger_jobs
from tael.ledger.api import Books, Ledger, LedgerKeys
from tael.merchants import jobs as merchants_jobs
from tael.merchants.api import MerchantKeys, Merchants, Team
from tael.messages import jobs as messages_jobs
from tael.offers.api import Offers
from tael.partners import jobs as partners_jobs
from tael.partners.api import Partners
from tael.payments import jobs as payments_jobs
from tael.payments.api import Payments
from tael.payouts import jobs as payouts_jobs
from tael.payouts.api import Payouts
from tael.routing import jobs as routing_jobs
from tael.routing.api import Routing
from tael.staff.api import Staff
from tael.standing import jobs as standing_jobs
from tael.users import jobs as users_jobs
from tael.vault.api import VaultClient
from tael.verification import jobs as verification_jobs
from tael.wallets import jobs as wallets_jobs
from tael.wallets.api import Wallets
from tael.webhooks import jobs as webhooks_jobs
from tael.webhooks.api import Webhooks

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
    rules: DatedRules
    people: People
    strangers: Strangers
    channels: Channels
    partners: Partners
    routing: Routing
    offers: Offers
    payments: Payments
    payouts: Payouts
    wallets: Wallets
    funding: Funding
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
    clock = clock or SystemClock()
    database, jobs = _database(settings, database_url, application)
    voucher, vault = _vault(settings, clock)
    sealer, ledger, offers = Sealer(settings.keys_folder), Ledger(clock), Offers(database, clock)
    books, rules = Books(database, ledger, settings), DatedRules(database, shipped_rules(*CONTEXTS))
    people = make_people(settings, database, clock, sealer, rules)
    wallets = make_wallets(settings, books, sealer, rules, people)
    channels, partners, routing = _roads(settings, database, clock, sealer, voucher)
    merchants = _merchants(settings, database, clock, sealer)
    customers = Customers(database, clock, sealer, vault, is_of_our_vault=is_of_our_vault)
    within, payers = (database, ledger, channels, routing, merchants), (offers, customers)
    payments, payouts = ways = _both_ways(within, payers, sealer=sealer, clock=clock, settings=settings)
    funding = make_funding(people, wallets, ways, (books, rules, merchants, vault))
    disputes = Disputes(database, payments, channels, sealer=sealer, clock=clock)
    checkout = Checkout(database, payments, merchants, customers, clock=clock, settings=settings)
    webhooks = _webhooks(settings, database, clock, sealer, (payments, disputes, checkout))
    heard = [*subscriptions(payments, disputes, checkout, webhooks, merchants), *_mirrored(merchants, beside)]
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
        rules=rules,
        people=people,
        strangers=Strangers(database, clock, settings),
        channels=channels,
        partners=partners,
        routing=routing,
        offers=offers,
        payments=payments,
        payouts=payouts,
        wallets=wallets,
        funding=funding,
        disputes=disputes,
        exports=Exports(database, jobs, exportables(payments, disputes, books), sealer=sealer, clock=clock),
        checkout=checkout,
        customers=customers,
        vault=vault,
        webhooks=webhooks,
        courier=Courier(database, clock, FACTS, [*heard, *heard_of_people(people, wallets, funding, ways)]),
        jobs=jobs,
    )
    _register_jobs(house, beside)
    return house


def _mirrored(merchants: Merchants, beside: House | None) -> Sequence[Subscription]:
    return mirroring(merchants, beside.merchants if beside else None)


def _both_ways(
    within: tuple[Database, Ledger, Channels, Routing, Merchants],
    payers: tuple[Offers, Customers],
    *,
    sealer: Sealer,
    clock: Clock,
    settings: Settings,
) -> tuple[Payments, Payouts]:
    """Money that comes, and money that goes; what channels tell of the latter by themselves is passed on."""
    offers, customers = payers
    payments = Payments(
        *within, offers=offers, customers=customers, sealer=sealer, clock=clock, settings=settings
    )
    payouts = Payouts(*within[:4], sealer=sealer, clock=clock, settings=settings)
    payments.pass_on_payouts(payouts.hear)
    return payments, payouts


def _database(settings: Settings, url: str, application: str) -> tuple[Database, Jobs]:
    role = APPLICATION_ROLE
    database = Database(url, pool_size=settings.database_pool_size, application=application, role=role)
    return database, Jobs(url, stalled_seconds=settings.stalled_job_seconds, role=role)


def _webhooks(
    settings: Settings,
    database: Database,
    clock: Clock,
    sealer: Sealer,
    shown: tuple[Payments, Disputes, Checkout],
) -> Webhooks:
    payments, disputes, checkout = shown
    shows = {"pay": payments.show, "rfd": payments.show, "dsp": disputes.show, "cs": checkout.show}
    return Webhooks(database, sealer, clock, settings, shows=shows, api_version=VERSIONS.newest)


def _vault(settings: Settings, clock: Clock) -> tuple[Voucher, VaultClient]:
    voucher = Voucher(settings.vault_key_file, clock, mode=settings.mode)
    return voucher, VaultClient(
        voucher, clock, door_url=settings.vault_door_url, public_url=settings.vault_url
    )


def _roads(
    settings: Settings, database: Database, clock: Clock, sealer: Sealer, voucher: Voucher
) -> tuple[Channels, Partners, Routing]:
    """The channels, on which terms they work, and who chooses among them."""
    channels = _channels(settings, database, clock, sealer, voucher)
    partners = _partners(settings, database, clock, channels)
    return channels, partners, _routing(settings, database, clock, channels, partners)


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
    jobs.add("foundation.reseal", house.people.resealing.job)
    jobs.daily("foundation.reseal", hour=18, minute=10)
    channels_jobs.register_jobs(jobs, house.channels, exchange_days=settings.exchange_days)
    routing_jobs.register_jobs(jobs, house.routing, decision_days=settings.decision_days)
    partners_jobs.register_jobs(jobs, house.partners)
    payments_jobs.register_jobs(jobs, house.payments, house.channels, every_seconds=settings.janitor_seconds)
    payouts_jobs.register_jobs(jobs, house.payouts, every_seconds=settings.janitor_seconds)
    wallets_jobs.register_jobs(jobs, house.wallets)
    funding_jobs.register_jobs(jobs, house.funding, every_seconds=settings.janitor_seconds)
    disputes_jobs.register_jobs(jobs, house.disputes)
    verification_jobs.register_jobs(jobs, house.people.verification)
    standing_jobs.register_jobs(jobs, house.people.standing)
    behaviour_jobs.register_jobs(jobs, house.people.behaviour)
    messages_jobs.register_jobs(jobs, house.people.messages)
    users_jobs.register_jobs(jobs, house.people.users)
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
    await house.rules.refresh()
    open_purse_door(house.channels, house.wallets, house.payments, house.merchants)
    await house.channels.start()
    await house.partners.refresh()
    await house.routing.start()
    await house.offers.refresh()
    house.books.start()
    house.payments.start()
    house.payouts.start()
    house.wallets.start()
    await house.people.identity.start()
    house.people.users.start()
    refreshing = asyncio.create_task(_keep_refreshing(house, refresh_seconds), name="refresh")
    try:
        yield house
    finally:
        refreshing.cancel()
        await asyncio.gather(refreshing, return_exceptions=True)
        await house.people.users.stop()
        await house.people.identity.stop()
        await house.wallets.stop()
        await house.payouts.stop()
        await house.payments.stop()
        await house.books.stop()
        await house.routing.stop()
        await house.channels.close()
        await house.vault.close()
        await house.people.wires.close()
        await house.database.close()


async def _keep_refreshing(house: House, every_seconds: float) -> None:
    """Speak to channels, and use them, as was approved last."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            changed = await house.channels.refresh()
            await house.partners.refresh()
            await house.offers.refresh()
            await house.rules.refresh()
            if changed:  # what is offered must be found at once
                await house.routing.refresh()
        except (Unavailable, CommitUnknown) as error:
            log.warning("refresh_interrupted", reason=str(error))
        except Exception:  # whatever goes wrong in one round, there has to be another
            log.exception("refresh_failed")
