"""Which routes are served on which address? Four listeners, so that networks can be kept apart."""

from collections.abc import Sequence
from functools import partial

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from tael.app import about
from tael.app.house import House
from tael.app.modes import TwoHouses
from tael.app.portals import people_of, portal_behind, portal_mark
from tael.app.user_routes import user_routes, user_staff_routes, with_users
from tael.app.versions import VERSIONS
from tael.app.wallet_pages import first_of, wallet_pages, with_wallet
from tael.channels.http import channel_routes
from tael.checkout.http import checkout_api_routes
from tael.customers.http import customer_routes
from tael.disputes.http import dispute_routes, dispute_staff_routes
from tael.exports.http import export_routes, search_route
from tael.exports.registry import findables
from tael.foundation.http.admission import Admission, KeyPrincipal
from tael.foundation.http.app import PUBLIC, make_app
from tael.foundation.http.dated_rules import rule_routes
from tael.foundation.http.four_eyes import withdrawal_route
from tael.foundation.http.limits import Limits
from tael.foundation.http.openapi import describe
from tael.foundation.http.permissions import Authenticate, Principal
from tael.foundation.http.signatures import Nonces
from tael.foundation.rule_changes import RuleChanges
from tael.foundation.telemetry import EXPOSITION_TYPE, exposition
from tael.ledger.http import ledger_routes
from tael.merchants.http import (
    key_routes,
    merchant_routes,
    merchant_staff_routes,
    place_routes,
    team_routes,
)
from tael.messages.http import receipt_routes
from tael.offers.http import offer_routes, offer_staff_routes
from tael.partners.http import partner_routes
from tael.payments.http import begin_routes, change_routes, notice_routes, read_routes
from tael.payouts.http import payout_staff_routes
from tael.routing.http import routing_routes
from tael.staff.http import staff_routes
from tael.verification.http import verification_notice_routes
from tael.web.checkout.card_routes import card_routes
from tael.web.checkout.cards import HostedCards
from tael.web.checkout.counter import counter_page_routes
from tael.web.checkout.desk import PaymentDesk
from tael.web.checkout.pages import CHECKOUT_ASSETS
from tael.web.checkout.routes import checkout_routes
from tael.web.checkout.visits import Ways, visit_routes
from tael.web.console.behind import Behind
from tael.web.console.routes import CONSOLE_ASSETS, console_problem, console_routes
from tael.web.console.session import Sessions, with_sessions
from tael.web.portal.routes import PORTAL_ASSETS, portal_problem, portal_routes
from tael.web.portal.session import PortalSessions
from tael.web.reference.routes import REFERENCE_ASSETS, reference_routes
from tael.web.ui.problems import problem_page_if_wanted
from tael.web.ui.routes import asset_routes, gallery_routes
from tael.web.wallet.routes import WALLET_ASSETS
from tael.web.wallet.session import WalletSessions
from tael.webhooks.http import webhook_routes

DOCUMENT_BYTES = 6_000_000
"""Largest body of the internal listener, where documents are uploaded."""
_PROPOSALS = (
    ("/v1/channel_proposals", "channels", "Channels"),
    ("/v1/routing/rule_proposals", "routing", "Routing"),
    ("/v1/offer_proposals", "offers", "Offers"),
    ("/v1/rule_proposals", "rules", "Rules"),
    ("/v1/message_campaign_proposals", "messages", "Education"),
    ("/v1/restriction_proposals", "users", "Standing"),
)
"""Where proposals of an area are, whoever proposed one takes it back there."""
_PROPOSED_WITH = {"users": "users.restrict"}
"""The permission to propose in an area, where it is not to change."""
_PROPOSALS_OF_PEOPLE = (("/v1/staff_proposals", "staff", "Staff"),)


def make_listener(house: House, listener: str, *, beside: House | None = None) -> ASGIApp:
    """The application of one listener; of two houses, if there is one of test mode beside that of live."""
    two = beside is not None
    live = _of_one_house(house, listener, people=house, two_modes=two)
    if beside is None:
        return live
    return TwoHouses(live, _of_one_house(beside, listener, people=house, two_modes=two))


def _of_one_house(house: House, listener: str, *, people: House, two_modes: bool) -> ASGIApp:
    """`people`: the house in which staff and merchants' people are known; that of live, whichever they look at."""
    settings = house.settings
    if listener == "public":
        sessions = PortalSessions(people_of(people), house.merchants)
        wallets = WalletSessions(house.people.users)
        return make_app(
            [
                *public_routes(house, people=people),
                *portal_routes(portal_behind(house, people=people, two_modes=two_modes)),
                *wallet_pages(house),
            ],
            body_limit_bytes=settings.body_limit_bytes,
            authenticate=with_users(house, wallets.beside(sessions.beside(_merchant_keys(house)))),
            admit=_admission(house),
            page=with_wallet(portal_problem),
            session=first_of(sessions.secret_of, wallets.secret_of),
            https=settings.public_url.startswith("https:"),
        )
    if listener == "ledger":
        return make_app(
            books_routes(house),
            body_limit_bytes=settings.body_limit_bytes,
            authenticate=_ledger_keys(house),
            page=problem_page_if_wanted,
        )
    if listener == "notices":
        people_notices = [
            *verification_notice_routes(house.people.verification),
            *receipt_routes(house.people.messages),
        ]
        routes = [*notice_routes(house.payments), *people_notices, *_health(house)]
        return make_app(routes, body_limit_bytes=settings.body_limit_bytes)
    return make_app(
        operations_routes(house) if house is people else _test_operations_routes(house),
        body_limit_bytes=max(settings.body_limit_bytes, DOCUMENT_BYTES),
        authenticate=with_sessions(people.staff, people.people.identity),
        page=console_problem,
        session=Sessions(people.sealer, people.clock).secret_of,
    )


def public_routes(house: House, *, people: House | None = None) -> list[HTTPRouteHandler]:
    """The API of merchants and the checkout of payers. people: of live, if `house` is that of test mode."""
    cards = HostedCards(house.customers, house.vault, house.clock, public_url=house.settings.public_url)
    desk = PaymentDesk(
        house.payments, house.merchants, house.checkout, house.clock, cards=cards, strangers=house.strangers
    )
    api = [
        *begin_routes(house.payments, house.merchants, house.customers, house.clock, house.settings),
        *change_routes(house.payments),
        *read_routes(house.payments, house.settings, disputes_of=house.disputes.shown_of_payments),
        *customer_routes(house.customers),
        *checkout_api_routes(house.checkout, house.merchants, house.customers, house.clock, house.settings),
        *dispute_routes(house.disputes),
        *offer_routes(house.offers),
        search_route(findables(house.payments, house.disputes, house.customers)),
        *export_routes(house.exports),
        *key_routes(house.merchant_keys),
        *(_of_live_alone(house) if people is None or people is house else ()),
        *place_routes(house.merchants),
        *webhook_routes(house.webhooks),
    ]
    users = user_routes(house)
    return [
        *api,
        *reference_routes(partial(describe, about.of_merchants(house.settings), api)),
        *users,
        *reference_routes(partial(describe, about.of_users(house.settings), users), at="/users"),
        *checkout_routes(desk),
        *card_routes(desk),
        *counter_page_routes(house.checkout.counter, house.merchants, portal_mark),
        *visit_routes(
            Ways(
                checkout=house.checkout,
                payments=house.payments,
                merchants=house.merchants,
                clock=house.clock,
                strangers=house.strangers,
                public_url=house.settings.public_url,
            )
        ),
        *asset_routes(CHECKOUT_ASSETS, REFERENCE_ASSETS, PORTAL_ASSETS, WALLET_ASSETS),
        *_health(house),
    ]


def _of_live_alone(house: House) -> list[HTTPRouteHandler]:
    """A merchant's people and papers: no key of test mode reaches them."""
    return [
        *team_routes(house.team, portal_url=f"{house.settings.public_url}/portal"),
        *merchant_routes(house.merchants),
    ]


def books_routes(house: House) -> list[HTTPRouteHandler]:
    """The ledger's own API."""
    api = ledger_routes(house.books, house.clock)
    return [
        *api,
        *reference_routes(partial(describe, about.of_the_ledger(house.settings), api)),
        *asset_routes(REFERENCE_ASSETS),
        *_health(house),
    ]


def operations_routes(house: House) -> list[HTTPRouteHandler]:
    """The API of those who operate the platform, their console, metrics and the design system."""
    api = [
        *_operating(house),
        *dispute_staff_routes(house.disputes),
        *merchant_staff_routes(house.merchants),
        *staff_routes(house.staff),
        *_withdrawals(house, _PROPOSALS_OF_PEOPLE),
    ]
    return [
        _metrics,
        *api,
        *console_routes(
            Behind(
                database=house.database,
                clock=house.clock,
                channels=house.channels,
                partners=house.partners,
                merchants=house.merchants,
                offers=house.offers,
                disputes=house.disputes,
                routing=house.routing,
                rules=house.rules,
                staff=house.staff,
                identity=house.people.identity,
                users=house.people.users,
                standing=house.people.standing,
                verification=house.people.verification,
                behaviour=house.people.behaviour,
                messages=house.people.messages,
                wallets=house.wallets,
                funding=house.funding,
                payouts=house.payouts,
                sessions=Sessions(house.sealer, house.clock),
                strangers=house.strangers,
            )
        ),
        *gallery_routes(house.clock),
        *reference_routes(partial(describe, about.of_operations(house.settings), api)),
        *asset_routes(REFERENCE_ASSETS, CONSOLE_ASSETS),
        *_health(house),
    ]


def _test_operations_routes(house: House) -> list[HTTPRouteHandler]:
    """What operates test mode: people and pages belong to the house of live."""
    return [*_operating(house), *_health(house)]


def _operating(house: House) -> list[HTTPRouteHandler]:
    return [
        *channel_routes(house.channels, house.database, house.clock),
        *partner_routes(house.partners),
        *payout_staff_routes(house.payouts),
        *offer_staff_routes(house.offers),
        *routing_routes(house.routing, house.database, house.clock, subjects_of=house.payments.subjects_of),
        *rule_routes(house.rules, RuleChanges(house.database, house.clock, house.rules), house.clock),
        *user_staff_routes(house),
        *_withdrawals(house, _PROPOSALS),
    ]


def _withdrawals(house: House, proposals: Sequence[tuple[str, str, str]]) -> list[HTTPRouteHandler]:
    return [
        withdrawal_route(
            address,
            area=area,
            database=house.database,
            clock=house.clock,
            tags=[tag],
            permission=_PROPOSED_WITH.get(area),
        )
        for address, area, tag in proposals
    ]


def _merchant_keys(house: House) -> Authenticate:
    async def authenticate(secret: str) -> Principal:
        holder = await house.merchant_keys.authenticate(secret)
        return KeyPrincipal(
            owner=holder.merchant_id,
            actor=f"key:{holder.prefix}",
            permissions=holder.permissions,
            withheld=holder.withheld,
            withheld_because=holder.refusal,
            key=holder.prefix,
            version=holder.key.version,
            reads_per_second=holder.reads_per_second,
            changes_per_second=holder.changes_per_second,
            addresses=holder.networks,
            signers=holder.signers,
            must_sign=holder.key.must_sign,
        )

    return authenticate


def _admission(house: House) -> Admission:
    """What a merchant's key asks of the requests that come with it."""
    return Admission(
        origin="/".join(house.settings.public_url.split("/")[:3]),
        limits=Limits(house.database, house.clock),
        nonces=Nonces(house.database, house.clock),
        versions=VERSIONS,
        clock=house.clock,
        used=house.merchant_keys.ring.note,
        person_changes=house.settings.person_changes_per_second,
    )


def _ledger_keys(house: House) -> Authenticate:
    async def authenticate(secret: str) -> Principal:
        key = await house.ledger_keys.authenticate(secret)
        return Principal(owner="ledger", actor=f"key:{key.prefix}", permissions=frozenset(key.permissions))

    return authenticate


def _health(house: House) -> list[HTTPRouteHandler]:
    @get("/health", opt={"permission": PUBLIC}, include_in_schema=False)
    async def health() -> dict[str, str]:
        """Whether this process can do its work now."""
        await house.database.ping()
        return {"status": "ok"}

    return [health]


@get("/metrics", opt={"permission": PUBLIC}, include_in_schema=False, sync_to_thread=False)
def _metrics() -> Response[bytes]:
    """Prometheus metrics of this process."""
    return Response(exposition(), media_type=EXPOSITION_TYPE)
