"""How do those who operate the platform look at users' top-ups and withdrawals? The payout behind one is at `/v1/payouts`."""

from operator import attrgetter
from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.ids import check_id
from tael.funding.api import Funding
from tael.funding.model import FundingFilter, TopUpState, WithdrawalState
from tael.funding.schemas.money import StaffTopUpBody, StaffWithdrawalBody, shown_top_ups, withdrawal_body

READ = "wallets.read"
TAGS = ["Top-ups and withdrawals"]
OfUser = Annotated[str | None, QueryParameter(max_length=40, description="Only those of this user")]
TopUpsIn = Annotated[TopUpState | None, QueryParameter(name="state", description="Only those in this state")]
WithdrawalsIn = Annotated[
    WithdrawalState | None, QueryParameter(name="state", description="Only those in this state")
]


def staff_routes(funding: Funding) -> list[HTTPRouteHandler]:
    """Look at everybody's."""
    return [_top_ups(funding), _withdrawals(funding)]


def _top_ups(funding: Funding) -> HTTPRouteHandler:
    @get("/v1/top_ups", opt={"permission": READ}, tags=TAGS)
    async def list_all_top_ups(
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        user_id: OfUser = None,
        top_up_state: TopUpsIn = None,
    ) -> Page[StaffTopUpBody]:
        """List top-ups. Of all users, newest first."""
        wanted = _wanted(cursor, user_id, top_up_state, limit, prefix="top")
        found = await funding.everybodys_top_ups(wanted)
        items = [
            StaffTopUpBody(user_id=each.user_id, top_up=body)
            for each, body in zip(found, shown_top_ups(found), strict=True)
        ]
        return page_of(items, limit, key=attrgetter("top_up.id"))

    return list_all_top_ups


def _withdrawals(funding: Funding) -> HTTPRouteHandler:
    @get("/v1/withdrawals", opt={"permission": READ}, tags=TAGS)
    async def list_all_withdrawals(
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        user_id: OfUser = None,
        withdrawal_state: WithdrawalsIn = None,
    ) -> Page[StaffWithdrawalBody]:
        """List withdrawals. Of all users, newest first."""
        wanted = _wanted(cursor, user_id, withdrawal_state, limit, prefix="wdr")
        found = await funding.everybodys_withdrawals(wanted)
        items = [
            StaffWithdrawalBody(user_id=each.user_id, withdrawal=withdrawal_body(each)) for each in found
        ]
        return page_of(items, limit, key=attrgetter("withdrawal.id"))

    return list_all_withdrawals


def _wanted(
    cursor: str | None, user_id: str | None, state: str | None, limit: int, *, prefix: str
) -> FundingFilter:
    return FundingFilter(
        before=id_in(cursor, prefix=prefix),
        user_id=None if user_id is None else check_id(user_id, prefix="usr", field="user_id"),
        state=state,
        limit=limit + 1,
    )
