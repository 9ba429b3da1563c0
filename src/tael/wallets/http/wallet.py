"""What is in my wallet, and what may I still spend?"""

from litestar import get
from litestar.handlers import HTTPRouteHandler

from tael.foundation.http.openapi import REFUSES
from tael.users.api import me
from tael.wallets.api import Wallets
from tael.wallets.errors import NoWallet
from tael.wallets.http.forms import LOOK, AnyRequest
from tael.wallets.schemas.wallet import LimitsBody, WalletBody, balance_body, limit_body

_TAGS = ["Wallet"]


def wallet_look_routes(wallets: Wallets) -> list[HTTPRouteHandler]:
    """Balance and limits."""
    return [_wallet(wallets), _limits(wallets)]


def _wallet(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/wallet", opt={"permission": LOOK}, tags=_TAGS)
    async def get_wallet(request: AnyRequest) -> WalletBody:
        """Get my wallet. What is in it, exactly, at this moment."""
        found = await wallets.balances(me(request).owner)
        return WalletBody(balances=[balance_body(balance) for balance in found])

    return get_wallet


def _limits(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/limits", opt={"permission": LOOK, REFUSES: [NoWallet]}, tags=_TAGS)
    async def get_limits(request: AnyRequest) -> LimitsBody:
        """Get my limits. How far each is used, who says so, and when it is free again."""
        found = await wallets.limits(me(request).owner)
        return LimitsBody(limits=[limit_body(limit) for limit in found])

    return get_limits
