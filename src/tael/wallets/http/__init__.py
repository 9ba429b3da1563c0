"""The routes of wallets: for users themselves, and about them."""

from litestar.handlers import HTTPRouteHandler

from tael.foundation.http.limits import Limits
from tael.identity.api import Identity
from tael.users.api import Users
from tael.wallets.api import Wallets
from tael.wallets.http.asking import asking_routes
from tael.wallets.http.bills import bill_routes
from tael.wallets.http.codes import code_routes
from tael.wallets.http.orders import order_routes
from tael.wallets.http.packets import packet_routes
from tael.wallets.http.staff import wallet_staff_routes
from tael.wallets.http.statements import statement_routes
from tael.wallets.http.transfers import transfer_routes
from tael.wallets.http.wallet import wallet_look_routes

__all__ = ["statement_routes", "wallet_routes", "wallet_staff_routes"]


def wallet_routes(
    wallets: Wallets, users: Users, identity: Identity, lookups: Limits
) -> list[HTTPRouteHandler]:
    """What users do with their money. lookups: counts how often somebody looks for payees."""
    del identity
    return [
        *wallet_look_routes(wallets),
        *transfer_routes(wallets, users, lookups),
        *asking_routes(wallets, users),
        *order_routes(wallets),
        *code_routes(wallets, lookups),
        *packet_routes(wallets, users),
        *bill_routes(wallets),
    ]
