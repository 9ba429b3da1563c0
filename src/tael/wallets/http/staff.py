"""What is in a user's wallet, what may they still spend, and what moved it? For members of staff, to look."""

from litestar import get
from litestar.handlers import HTTPRouteHandler

from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit
from tael.foundation.ids import check_id
from tael.wallets.api import Wallets
from tael.wallets.errors import NoWallet
from tael.wallets.http.forms import STAFF, UserId, bills_body, place_in
from tael.wallets.model.bills import BillFilter
from tael.wallets.schemas.bills import BillsBody
from tael.wallets.schemas.wallet import LimitsBody, WalletBody, balance_body, limit_body

_TAGS = ["Wallet"]


def wallet_staff_routes(wallets: Wallets) -> list[HTTPRouteHandler]:
    """Balance, limits and bills of a user."""

    @get("/v1/users/{user_id:str}/wallet", opt={"permission": STAFF}, tags=_TAGS)
    async def get_wallet_of_user(user_id: UserId) -> WalletBody:
        """Get a user's wallet. What is in it, exactly, at this moment."""
        found = await wallets.balances(check_id(user_id, prefix="usr", field="user_id"))
        return WalletBody(balances=[balance_body(balance) for balance in found])

    @get("/v1/users/{user_id:str}/limits", opt={"permission": STAFF, REFUSES: [NoWallet]}, tags=_TAGS)
    async def get_limits_of_user(user_id: UserId) -> LimitsBody:
        """Get a user's limits. How far each is used, who says so, and when it is free again."""
        found = await wallets.limits(check_id(user_id, prefix="usr", field="user_id"))
        return LimitsBody(limits=[limit_body(limit) for limit in found])

    @get("/v1/users/{user_id:str}/bills", opt={"permission": STAFF}, tags=_TAGS)
    async def list_bills_of_user(user_id: UserId, *, limit: Limit = 50, cursor: Cursor = None) -> BillsBody:
        """List a user's bills. Newest first, as the user sees them; a page may be short: go on while there is a cursor."""
        wanted = BillFilter(
            user_id=check_id(user_id, prefix="usr", field="user_id"),
            before=place_in(cursor),
            limit=limit,
        )
        found = await wallets.bills.list(wanted)
        return bills_body(found)

    return [get_wallet_of_user, get_limits_of_user, list_bills_of_user]
