"""The routes of the checkout's API; its pages are `web.checkout`."""

from litestar.handlers import HTTPRouteHandler

from tael.checkout.api import Checkout
from tael.checkout.http.counter import counter_routes
from tael.checkout.http.forms import PERMISSIONS
from tael.checkout.http.links import link_routes
from tael.checkout.http.sessions import session_routes
from tael.checkout.http.static_codes import static_code_routes
from tael.customers.api import Customers
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.merchants.api import Merchants

__all__ = ["PERMISSIONS", "checkout_api_routes"]


def checkout_api_routes(
    checkout: Checkout, merchants: Merchants, customers: Customers, clock: Clock, settings: Settings
) -> list[HTTPRouteHandler]:
    """Sessions, links, static codes, and the counter."""
    return [
        *session_routes(checkout.sessions, merchants, clock, settings),
        *link_routes(checkout.links),
        *static_code_routes(checkout.static_codes, merchants, settings),
        *counter_routes(checkout.counter, merchants, customers),
    ]
