"""How does a signed-in user look after what proves who they are, and confirm what they do? Routes of the public listener."""

from litestar.handlers import HTTPRouteHandler

from tael.identity.api import Identity
from tael.identity.http.asking import Around, Desk
from tael.identity.http.confirming import confirmation_routes
from tael.identity.http.factors import factor_routes
from tael.identity.http.places import place_routes
from tael.identity.http.things import thing_routes

__all__ = ["Around", "security_routes"]


def security_routes(identity: Identity, around: Around) -> list[HTTPRouteHandler]:
    """All of them."""
    desk = Desk(identity, around)
    return [*factor_routes(desk), *thing_routes(desk), *place_routes(desk), *confirmation_routes(desk)]
