"""Which routes do users have, and which are about them?"""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from tael.app.credentials import around_of
from tael.app.house import House
from tael.app.standing_confirmations import StandingConfirmations
from tael.behaviour.http import behaviour_routes, behaviour_staff_routes
from tael.foundation.http.limits import Limits
from tael.foundation.http.permissions import Authenticate, Principal
from tael.funding.http import funding_routes, funding_staff_routes
from tael.identity.api import USER_TOKEN
from tael.identity.http import security_routes
from tael.messages.http import message_routes, message_staff_routes
from tael.standing.http import standing_routes, standing_staff_routes
from tael.users.http import door_routes, own_routes
from tael.users.http import user_staff_routes as staff_routes_of_users
from tael.verification.http import verification_staff_routes
from tael.wallets.http import statement_routes, wallet_routes, wallet_staff_routes


def with_users(house: House, others: Authenticate) -> Authenticate:
    """Who is behind a user's session or, by `others`, behind anything else."""

    async def authenticate(secret: str) -> Principal:
        if secret.startswith(USER_TOKEN):
            return await house.people.users.principal(secret.removeprefix(USER_TOKEN))
        return await others(secret)

    return authenticate


def user_routes(house: House) -> Sequence[HTTPRouteHandler]:
    """On the public listener: for users themselves."""
    people = house.people
    confirming = StandingConfirmations(house.database, people.identity)
    return [
        *door_routes(people.users, house.strangers, people.identity),
        *own_routes(people.users),
        *security_routes(
            people.identity, around_of(house.database, house.clock, people.users, people.messages)
        ),
        *behaviour_routes(people.behaviour),
        *message_routes(people.messages),
        *standing_routes(people.standing, house.clock, confirming),
        *wallet_routes(house.wallets, people.users, people.identity, Limits(house.database, house.clock)),
        *statement_routes(house.wallets, house.strangers),
        *funding_routes(house.funding),
    ]


def user_staff_routes(house: House) -> Sequence[HTTPRouteHandler]:
    """On the internal listener: about users, for members of staff."""
    return [
        *staff_routes_of_users(house.people.users),
        *verification_staff_routes(house.people.verification),
        *behaviour_staff_routes(house.people.behaviour),
        *message_staff_routes(house.people.messages),
        *standing_staff_routes(house.people.standing, house.clock),
        *funding_staff_routes(house.funding),
        *wallet_staff_routes(house.wallets),
    ]
