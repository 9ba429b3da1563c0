"""How do those who operate the platform look at payouts, and have a channel asked? Routes of the internal API."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.calls import Call
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.payouts.api import Payouts
from tael.payouts.errors import NoSuchPayout, NowhereToInquire
from tael.payouts.model import PayoutFilter, PayoutState
from tael.payouts.schemas import InquireRequest, OnPayout, PayoutBody, payout_body

READ, ASK = "payments.read", "channels.change"
TAGS = ["Payouts"]

AnyRequest = Request[Any, Any, Any]
PayoutId = Annotated[str, PathParameter(description="The payout's id")]
WithState = Annotated[
    PayoutState | None, QueryParameter(name="state", description="Only payouts in this state")
]
OfOwner = Annotated[str | None, QueryParameter(max_length=40, description="Only payouts of this owner")]
OverChannel = Annotated[
    str | None, QueryParameter(max_length=64, description="Only payouts that this channel was given")
]


def payout_staff_routes(payouts: Payouts) -> list[HTTPRouteHandler]:
    """Look at payouts, and ask about one."""
    return [_list(payouts), _get(payouts), _inquire(payouts)]


def _list(payouts: Payouts) -> HTTPRouteHandler:
    @get("/v1/payouts", opt={"permission": READ}, tags=TAGS)
    async def list_payouts(
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        payout_state: WithState = None,
        owner: OfOwner = None,
        channel: OverChannel = None,
    ) -> Page[PayoutBody]:
        """List payouts. Newest first, whosoever they are."""
        wanted = PayoutFilter(
            before=id_in(cursor, prefix="pyo"),
            state=payout_state,
            owner=owner,
            channel=channel,
            limit=limit + 1,
        )
        found = await payouts.page(wanted)
        return page_of([payout_body(story) for story in found], limit)

    return list_payouts


def _get(payouts: Payouts) -> HTTPRouteHandler:
    @get("/v1/payouts/{payout_id:str}", opt={"permission": READ, REFUSES: [NoSuchPayout]}, tags=TAGS)
    async def get_payout(payout_id: PayoutId) -> PayoutBody:
        """Get a payout. With the channels that it was given to."""
        return payout_body(await payouts.get(check_id(payout_id, prefix="pyo", field="payout_id")))

    return get_payout


def _inquire(payouts: Payouts) -> HTTPRouteHandler:
    @post(
        "/v1/payouts/{payout_id:str}/inquire",
        status_code=200,
        opt={"permission": ASK, REFUSES: [NoSuchPayout, NowhereToInquire]},
        tags=TAGS,
        responses={
            200: ResponseSpec(PayoutBody, description="As it stands afterwards", generate_examples=False)
        },
    )
    async def inquire_payout(
        request: AnyRequest,
        payout_id: PayoutId,
        data: JSONBody[InquireRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Ask what became of a payout. The channel that had it last says; nothing is sent to anybody."""
        named = OnPayout(payout_id=check_id(payout_id, prefix="pyo", field="payout_id"), request=data)
        call = Call(
            caller=caller_of(request),
            action="payouts.inquire",
            key=idempotency_key,
            request=named,
            command=named,
        )
        return respond(await payouts.answer_inquiry(call))

    return inquire_payout
