"""How is the merchants' portal put together? People of one house, and what they look at of the same or another."""

from tael.app.house import House
from tael.foundation.http.permissions import Principal
from tael.web.portal.behind import Behind, People
from tael.web.portal.session import form_token, token_of
from tael.web.ui.pages import PageRequest


def people_of(house: House) -> People:
    """Who signs in at the portal."""
    return People(
        database=house.database,
        clock=house.clock,
        identity=house.identity,
        merchants=house.merchants,
        team=house.team,
    )


def portal_behind(house: House, *, people: House, two_modes: bool) -> Behind:
    """What the portal's pages ask. two_modes: whether there is test mode beside live."""
    return Behind(
        people=people_of(people),
        database=house.database,
        clock=house.clock,
        payments=house.payments,
        channels=house.channels,
        ledger=house.ledger,
        public_url=house.settings.public_url,
        two_modes=two_modes,
    )


def portal_mark(request: PageRequest) -> str:
    """What the forms of a session hold, on pages of the portal that are made elsewhere: the counter."""
    principal: Principal = request.scope["user"]
    return form_token(token_of(request), principal.owner)


def portal_url(house: House) -> str:
    """Where people of this house find the portal."""
    return f"{house.settings.public_url}/portal"
