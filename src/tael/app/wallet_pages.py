"""How is the wallet put together? Users of one house, and what its pages ask of the same."""

from collections.abc import Sequence

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.app.credentials import around_of
from tael.app.house import House
from tael.foundation.http.limits import Limits
from tael.foundation.http.permissions import Connection, SecretOf
from tael.foundation.http.problems import ProblemPage
from tael.web.ui.pages import PageRequest
from tael.web.wallet.behind import Behind, People
from tael.web.wallet.routes import is_of_wallet, wallet_problem, wallet_routes


def wallet_pages(house: House) -> Sequence[HTTPRouteHandler]:
    """Every page of the wallet."""
    return wallet_routes(wallet_behind(house))


def wallet_behind(house: House) -> Behind:
    """What the wallet's pages ask."""
    people = house.people
    around = around_of(house.database, house.clock, people.users, people.messages)
    return Behind(
        people=People(
            identity=people.identity,
            users=people.users,
            verification=people.verification,
            standing=people.standing,
            behaviour=people.behaviour,
            messages=people.messages,
            send=around.send,
            known_of=around.known_of,
            called=around.called,
        ),
        database=house.database,
        clock=house.clock,
        wallets=house.wallets,
        funding=house.funding,
        payments=house.payments,
        checkout=house.checkout,
        merchants=house.merchants,
        strangers=house.strangers,
        limits=Limits(house.database, house.clock),
        rules=house.rules,
        public_url=house.settings.public_url,
    )


def first_of(*sessions: SecretOf) -> SecretOf:
    """The first of several sessions that a request carries: each is believed on the pages of its own surface only."""

    def secret_of(connection: Connection) -> str | None:
        return next((found for session in sessions if (found := session(connection))), None)

    return secret_of


def with_wallet(others: ProblemPage) -> ProblemPage:
    """What is said to whoever cannot see a page: of the wallet in its words, of others in theirs."""

    def problem(request: PageRequest, status: int) -> Response[bytes] | None:
        return wallet_problem(request, status) if is_of_wallet(request) else others(request, status)

    return problem
