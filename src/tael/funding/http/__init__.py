"""The routes of funding: what users do with their cards, top-ups and withdrawals."""

from litestar.handlers import HTTPRouteHandler

from tael.funding.api import Funding
from tael.funding.http.cards import card_routes
from tael.funding.http.staff import staff_routes
from tael.funding.http.top_ups import top_up_routes
from tael.funding.http.withdrawals import withdrawal_routes


def funding_staff_routes(funding: Funding) -> list[HTTPRouteHandler]:
    """About users, for members of staff."""
    return staff_routes(funding)


def funding_routes(funding: Funding) -> list[HTTPRouteHandler]:
    """All of them, for users themselves."""
    return [*card_routes(funding), *top_up_routes(funding), *withdrawal_routes(funding)]
