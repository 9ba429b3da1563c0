"""Which routes do users have, and which are about them?"""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from tael.app.house import House


def user_routes(house: House) -> Sequence[HTTPRouteHandler]:
    """On the public listener: for users themselves."""
    del house
    return []


def user_staff_routes(house: House) -> Sequence[HTTPRouteHandler]:
    """On the internal listener: about users, for members of staff."""
    del house
    return []
