"""The routes of messages: a user's own, what they learn, staff's log and campaigns, and the gateway's receipts."""

from litestar.handlers import HTTPRouteHandler

from tael.messages.api import Messages
from tael.messages.http.campaigns import campaign_routes
from tael.messages.http.learning import learning_routes
from tael.messages.http.library import library_routes
from tael.messages.http.own import own_routes
from tael.messages.http.receipts import receipt_routes, unsubscription_route
from tael.messages.http.staff import log_routes

__all__ = ["message_routes", "message_staff_routes", "receipt_routes"]


def message_routes(messages: Messages) -> list[HTTPRouteHandler]:
    """On the public listener."""
    return [*own_routes(messages), *learning_routes(messages), unsubscription_route(messages)]


def message_staff_routes(messages: Messages) -> list[HTTPRouteHandler]:
    """On the internal listener."""
    return [*log_routes(messages), *campaign_routes(messages), *library_routes(messages)]
