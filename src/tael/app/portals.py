"""How is the merchants' portal put together? People of one house, and what they look at of the same or another."""

from tael.app.house import House
from tael.app.stand_in_places import stand_ins
from tael.foundation.config import TEST
from tael.foundation.http.permissions import Principal
from tael.simulators.base.habits import HABITS
from tael.web.portal.behind import Behind, People, TestKit
from tael.web.portal.session import COOKIE
from tael.web.ui.pages import PageRequest
from tael.web.ui.session_cookies import form_token


def people_of(house: House) -> People:
    """Who signs in at the portal."""
    return People(
        database=house.database,
        clock=house.clock,
        identity=house.people.identity,
        merchants=house.merchants,
        team=house.team,
        strangers=house.strangers,
    )


def portal_behind(house: House, *, people: House, two_modes: bool) -> Behind:
    """What the portal's pages ask. two_modes: whether there is test mode beside live."""
    return Behind(
        people=people_of(people),
        database=house.database,
        clock=house.clock,
        offers=house.offers,
        payments=house.payments,
        checkout=house.checkout,
        disputes=house.disputes,
        channels=house.channels,
        ledger=house.ledger,
        merchants=house.merchants,
        merchant_keys=house.merchant_keys,
        webhooks=house.webhooks,
        exports=house.exports,
        test_kit=_test_kit(house) if house.settings.mode == TEST else None,
        public_url=house.settings.public_url,
        two_modes=two_modes,
    )


def _test_kit(house: House) -> TestKit:
    stand_ins_of = stand_ins(house.settings)
    return TestKit(amounts=sorted(HABITS), stand_ins={name: each.url for name, each in stand_ins_of.items()})


def portal_mark(request: PageRequest) -> str:
    """What the forms of a session hold, on pages of the portal that are made elsewhere: the counter."""
    principal: Principal = request.scope["user"]
    return form_token(COOKIE.token_of(request), principal.owner)


def portal_url(house: House) -> str:
    """Where people of this house find the portal."""
    return f"{house.settings.public_url}/portal"
