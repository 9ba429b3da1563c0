"""Which pages move money, or show how it moved? All of them, put together."""

from litestar.handlers import HTTPRouteHandler

from tael.web.wallet.behind import Behind
from tael.web.wallet.bills import bill_page_routes
from tael.web.wallet.cards import card_routes
from tael.web.wallet.confirming import confirming_routes
from tael.web.wallet.home import home_routes
from tael.web.wallet.limits import limit_routes
from tael.web.wallet.orders import order_routes
from tael.web.wallet.packets import packet_routes
from tael.web.wallet.pay import pay_routes
from tael.web.wallet.receive import receive_routes
from tael.web.wallet.scan import scan_routes
from tael.web.wallet.statements import statement_page_routes
from tael.web.wallet.top_ups import top_up_routes
from tael.web.wallet.transfer import transfer_routes
from tael.web.wallet.transfers import transfer_look_routes
from tael.web.wallet.withdrawals import withdrawal_routes


def money_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Home, ways in and out, between people, to merchants, and what is written of it."""
    return [
        *home_routes(behind),
        *confirming_routes(behind),
        *transfer_routes(behind),
        *transfer_look_routes(behind),
        *receive_routes(behind),
        *top_up_routes(behind),
        *withdrawal_routes(behind),
        *card_routes(behind),
        *pay_routes(behind),
        *scan_routes(behind),
        *order_routes(behind),
        *bill_page_routes(behind),
        *statement_page_routes(behind),
        *limit_routes(behind),
        *packet_routes(behind),
    ]
