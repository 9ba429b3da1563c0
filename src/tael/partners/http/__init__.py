"""How do the people who operate the platform reach partners? Routes of the internal listener.

forms     what the routes have in common: permissions, names in addresses, pages
changes   one route for each command, made from a table; each under an Idempotency-Key
billed    fees against a day's bill
reads     partners, the history of one, the bytes of a document
registers lists of all that is kept, made from a table; what is due, terms and scorecards
"""

from litestar.handlers import HTTPRouteHandler

from tael.partners.api import Partners
from tael.partners.http.billed import billed_route
from tael.partners.http.changes import change_routes
from tael.partners.http.forms import PERMISSIONS
from tael.partners.http.reads import read_routes
from tael.partners.http.registers import register_routes

__all__ = ["PERMISSIONS", "partner_routes"]


def partner_routes(partners: Partners) -> list[HTTPRouteHandler]:
    """Every route about partners."""
    return [
        *change_routes(partners),
        *read_routes(partners),
        *register_routes(partners),
        billed_route(partners),
    ]
