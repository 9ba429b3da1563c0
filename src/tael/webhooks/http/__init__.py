"""How do merchants reach webhooks? Routes of the public listener.

forms       what the routes have in common: permissions, parameters
events      the log
endpoints   where events go: look, create, change, enable, disable, remove, rotate the secret, test
deliveries  how it went; send again
"""

from litestar.handlers import HTTPRouteHandler

from tael.webhooks.api import Webhooks
from tael.webhooks.http.deliveries import delivery_routes
from tael.webhooks.http.endpoints import endpoint_routes
from tael.webhooks.http.events import event_routes

__all__ = ["webhook_routes"]


def webhook_routes(webhooks: Webhooks) -> list[HTTPRouteHandler]:
    """The log of events, endpoints, deliveries."""
    return [*event_routes(webhooks), *endpoint_routes(webhooks), *delivery_routes(webhooks)]
