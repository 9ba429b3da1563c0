"""How does a user top up? Ask, do what the answer says, look; and have it back."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.channels.port import Product
from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.ids import check_id, new_id
from tael.funding.api import AskRefundConfirmation, Funding, RefundTopUp, StartTopUp
from tael.funding.errors import (
    CardNotBound,
    FundingLimit,
    FundingMalformed,
    NoSuchBankCard,
    NoSuchTopUp,
    NoWay,
    TopUpNotRefundable,
)
from tael.funding.http.forms import ACT, LOOK, AnyRequest, TopUpPath
from tael.funding.schemas.money import (
    AskedBody,
    ConfirmRefundRequest,
    RefundTopUpRequest,
    TopUpBody,
    TopUpRefundBody,
    TopUpRequest,
    shown_top_ups,
)
from tael.standing.errors import NotPermitted
from tael.users.api import circumstances_of, me
from tael.wallets.errors import ConfirmationMissing, LimitReached, NotEnough, WalletFrozen

TAGS = ["Top-ups"]


def top_up_routes(funding: Funding) -> list[HTTPRouteHandler]:
    """A user's top-ups."""
    return [_start(funding), _list(funding), _get(funding), _confirmation(funding), _refund(funding)]


def _start(funding: Funding) -> HTTPRouteHandler:
    @post(
        "/v1/me/top_ups",
        opt={
            "permission": ACT,
            REFUSES: [FundingLimit, FundingMalformed, NoWay, NoSuchBankCard, CardNotBound, NotPermitted],
        },
        tags=TAGS,
        responses=answers(201, TopUpBody, "The top-up, with what you do next"),
    )
    async def start_top_up(
        request: AnyRequest, data: JSONBody[TopUpRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Top up. Scan, go or wait as the answer says; with a card of yours nothing else need be done."""
        wish = StartTopUp(
            id=new_id("top"),
            user_id=me(request).owner,
            amount_minor=data.amount_minor,
            currency=data.currency,
            method=data.method,
            product=Product.CARD if data.bank_card_id is not None else data.product,
            bank_card_id=data.bank_card_id,
            return_url=data.return_url,
            circumstances=circumstances_of(request, funding.clock),
        )
        return respond(await funding.top_up(a_call(request, "funding.top_up", idempotency_key, data, wish)))

    return start_top_up


def _list(funding: Funding) -> HTTPRouteHandler:
    @get("/v1/me/top_ups", opt={"permission": LOOK}, tags=TAGS)
    async def list_top_ups(
        request: AnyRequest, *, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[TopUpBody]:
        """List my top-ups. Newest first."""
        before = id_in(cursor, prefix="top")
        found = await funding.top_ups(me(request).owner, before=before, limit=limit + 1)
        return page_of(shown_top_ups(found), limit)

    return list_top_ups


def _get(funding: Funding) -> HTTPRouteHandler:
    @get("/v1/me/top_ups/{top_up_id:str}", opt={"permission": LOOK, REFUSES: [NoSuchTopUp]}, tags=TAGS)
    async def get_top_up(request: AnyRequest, top_up_id: TopUpPath) -> TopUpBody:
        """Get a top-up. With what is to be done next, as long as it waits."""
        named = check_id(top_up_id, prefix="top", field="top_up_id")
        return await funding.get_top_up(named, user_id=me(request).owner)

    return get_top_up


def _confirmation(funding: Funding) -> HTTPRouteHandler:
    @post(
        "/v1/me/top_ups/{top_up_id:str}/refund_confirmation",
        opt={"permission": ACT, REFUSES: [NoSuchTopUp, TopUpNotRefundable]},
        tags=TAGS,
        responses=answers(201, AskedBody, "What is to be confirmed, and with what"),
    )
    async def confirm_top_up_refund(
        request: AnyRequest,
        top_up_id: TopUpPath,
        data: JSONBody[ConfirmRefundRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Ask for a confirmation. Of having exactly this back; its user then shows the factors."""
        named, present = check_id(top_up_id, prefix="top", field="top_up_id"), me(request).present
        wish = AskRefundConfirmation(
            top_up_id=named,
            user_id=me(request).owner,
            amount_minor=data.amount_minor,
            login_id=present.login.id,
            session_id=present.session.id,
            strength=data.strength,
        )
        call = a_call(request, "funding.ask_refund_confirmation", idempotency_key, data, wish, about=named)
        return respond(await funding.ask_refund_confirmation(call))

    return confirm_top_up_refund


def _refund(funding: Funding) -> HTTPRouteHandler:
    @post(
        "/v1/me/top_ups/{top_up_id:str}/refund",
        opt={
            "permission": ACT,
            REFUSES: [
                NoSuchTopUp,
                TopUpNotRefundable,
                NotEnough,
                LimitReached,
                WalletFrozen,
                ConfirmationMissing,
                NotPermitted,
            ],
        },
        tags=TAGS,
        responses=answers(201, TopUpRefundBody, "The refund, which has ended")
        | answers(202, TopUpRefundBody, "The refund, on its way"),
    )
    async def refund_top_up(
        request: AnyRequest,
        top_up_id: TopUpPath,
        data: JSONBody[RefundTopUpRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Have a top-up back. Out of your wallet, to where it came from."""
        named = check_id(top_up_id, prefix="top", field="top_up_id")
        wish = RefundTopUp(
            id=new_id("tpr"),
            top_up_id=named,
            user_id=me(request).owner,
            login_id=me(request).present.login.id,
            amount_minor=data.amount_minor,
            confirmation_id=data.confirmation_id,
        )
        call = a_call(request, "funding.refund_top_up", idempotency_key, data, wish, about=named)
        return respond(await funding.refund_top_up(call))

    return refund_top_up
