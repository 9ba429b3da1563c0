"""How does a merchant make offers and coupons, pause and end them, and see what was redeemed? Routes of the public listener."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from tael.foundation.calls import Call, Caller
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Limit, Page
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id, new_id
from tael.foundation.printable import PRINTABLE
from tael.offers.api import Command, MakeCoupons, MakeOffer, NewCoupons, Offers, SetOfferState, action_of
from tael.offers.errors import NoSuchOffer, OfferEnded, OfferMalformed
from tael.offers.model import Coupon, Funder, Offer, OfferState, Redemption, Terms

READ, WRITE = "offers.read", "offers.write"
TAGS = ["Offers"]

AnyRequest = Request[Any, Any, Any]
OfferId = Annotated[str, PathParameter(description="`off_` and 26 characters, as the API gave it")]
WithState = Annotated[
    OfferState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(OfferState)}"),
]
After = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        pattern=r"^[A-Za-z0-9_]{1,40}$(?!\n)",
        description="`next_cursor` of the page before; absent for the first page",
    ),
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class MakeOfferRequest(_Strict, frozen=True, kw_only=True):
    """An offer at the merchant's cost. It holds from its start to its end, as long as its budget lasts."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            pattern=PRINTABLE,
            description="As payers see it",
            examples=["双十一"],
        ),
    ]
    terms: Terms


class OfferStateRequest(_Strict, frozen=True, kw_only=True):
    """Whether an offer may be used."""

    state: OfferState


class MakeCouponsRequest(_Strict, frozen=True, kw_only=True):
    """New codes for an offer."""

    count: Annotated[int, Meta(ge=1, le=1_000, description="How many")]
    uses_most: Annotated[int, Meta(ge=1, le=1_000_000, description="How often each can be used")] = 1


class OnOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A request about one offer, as a repeat must send it again."""

    offer_id: str
    asked: msgspec.Struct


class OfferBody(msgspec.Struct, frozen=True, kw_only=True):
    """An offer."""

    id: str
    name: str
    funder: Funder
    state: OfferState
    terms: Terms
    used_minor: int
    """What is held or spent of the budget."""
    created_at: datetime


class CouponsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Codes that were made."""

    offer_id: str
    codes: tuple[str, ...]


def offer_routes(offers: Offers) -> list[HTTPRouteHandler]:
    """Make, look, pause and end; coupons; redemptions."""
    return [
        _list(offers),
        _make(offers),
        _get(offers),
        _set_state(offers),
        _make_coupons(offers),
        _list_coupons(offers),
        _list_redemptions(offers),
    ]


def _list(offers: Offers) -> HTTPRouteHandler:
    @get("/v1/offers", opt={"permission": READ}, tags=TAGS)
    async def list_offers(
        request: AnyRequest, *, limit: Limit = 50, cursor: After = None, in_state: WithState = None
    ) -> Page[OfferBody]:
        """List offers. Newest first."""
        found = await offers.find(
            merchant_id=caller_of(request).owner, state=in_state, before=cursor, limit=limit + 1
        )
        items = [_body(each) for each in found[:limit]]
        return Page(items=items, next_cursor=items[-1].id if len(found) > limit else None)

    return list_offers


def _get(offers: Offers) -> HTTPRouteHandler:
    @get("/v1/offers/{offer_id:str}", opt={"permission": READ, REFUSES: [NoSuchOffer]}, tags=TAGS)
    async def get_offer(request: AnyRequest, offer_id: OfferId) -> OfferBody:
        """Get an offer. With what is used of its budget."""
        return _body(await offers.get(_checked(offer_id), merchant_id=caller_of(request).owner))

    return get_offer


def _make(offers: Offers) -> HTTPRouteHandler:
    @post(
        "/v1/offers",
        opt={"permission": WRITE, REFUSES: [OfferMalformed]},
        tags=TAGS,
        responses={201: ResponseSpec(OfferBody, description="The offer")},
    )
    async def make_offer(
        request: AnyRequest, data: JSONBody[MakeOfferRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Make an offer. Payers pay less by it, at your cost, from its start on."""
        caller = caller_of(request)
        command = MakeOffer(
            id=new_id("off"),
            name=data.name,
            terms=data.terms,
            funder=Funder.MERCHANT,
            merchant_id=caller.owner,
            actor=caller.actor,
        )
        call = _call(caller, command, idempotency_key, data)
        return respond(await offers.answer(call, shown=_shown, status=201))

    return make_offer


def _set_state(offers: Offers) -> HTTPRouteHandler:
    @post(
        "/v1/offers/{offer_id:str}/state",
        status_code=200,
        opt={"permission": WRITE, REFUSES: [NoSuchOffer, OfferEnded]},
        tags=TAGS,
        responses={200: ResponseSpec(OfferBody, description="The offer as it stands afterwards")},
    )
    async def set_offer_state(
        request: AnyRequest,
        offer_id: OfferId,
        data: JSONBody[OfferStateRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Pause an offer, let it go on, or end it. What payers have begun to pay with it stays as they saw it."""
        caller = caller_of(request)
        command = SetOfferState(offer_id=_checked(offer_id), state=data.state, merchant_id=caller.owner)
        call = _call(caller, command, idempotency_key, OnOffer(offer_id=offer_id, asked=data))
        return respond(await offers.answer(call, shown=_shown))

    return set_offer_state


def _make_coupons(offers: Offers) -> HTTPRouteHandler:
    @post(
        "/v1/offers/{offer_id:str}/coupons",
        opt={"permission": WRITE, REFUSES: [NoSuchOffer]},
        tags=TAGS,
        responses={201: ResponseSpec(CouponsBody, description="The codes")},
    )
    async def make_coupons(
        request: AnyRequest,
        offer_id: OfferId,
        data: JSONBody[MakeCouponsRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Make coupons. Codes that open an offer which needs one."""
        caller = caller_of(request)
        command = MakeCoupons(
            offer_id=_checked(offer_id),
            count=data.count,
            uses_most=data.uses_most,
            merchant_id=caller.owner,
        )
        call = _call(caller, command, idempotency_key, OnOffer(offer_id=offer_id, asked=data))
        return respond(await offers.answer(call, shown=_shown_codes, status=201))

    return make_coupons


def _list_coupons(offers: Offers) -> HTTPRouteHandler:
    @get("/v1/offers/{offer_id:str}/coupons", opt={"permission": READ, REFUSES: [NoSuchOffer]}, tags=TAGS)
    async def list_coupons(
        request: AnyRequest, offer_id: OfferId, *, limit: Limit = 50, cursor: After = None
    ) -> Page[Coupon]:
        """List coupons. In the order of their codes."""
        found = await offers.coupons(
            _checked(offer_id), merchant_id=caller_of(request).owner, after=cursor, limit=limit + 1
        )
        items = list(found[:limit])
        return Page(items=items, next_cursor=items[-1].code if len(found) > limit else None)

    return list_coupons


def _list_redemptions(offers: Offers) -> HTTPRouteHandler:
    @get("/v1/offers/{offer_id:str}/redemptions", opt={"permission": READ, REFUSES: [NoSuchOffer]}, tags=TAGS)
    async def list_redemptions(
        request: AnyRequest, offer_id: OfferId, *, limit: Limit = 50, cursor: After = None
    ) -> Page[Redemption]:
        """List redemptions. What was used of an offer, newest first."""
        found = await offers.redemptions(
            _checked(offer_id), merchant_id=caller_of(request).owner, before=cursor, limit=limit + 1
        )
        items = list(found[:limit])
        return Page(items=items, next_cursor=items[-1].id if len(found) > limit else None)

    return list_redemptions


def _call(caller: Caller, command: Command, key: str, request: msgspec.Struct) -> Call[Command]:
    return Call(caller=caller, action=action_of(command), key=key, request=request, command=command)


def _checked(offer_id: str) -> str:
    return check_id(offer_id, prefix="off", field="offer_id")


def _body(offer: Offer) -> OfferBody:
    return OfferBody(
        id=offer.id,
        name=offer.name,
        funder=offer.funder,
        state=offer.state,
        terms=offer.terms,
        used_minor=offer.used_minor,
        created_at=offer.created_at,
    )


def _shown(offer: Offer) -> tuple[str, OfferBody]:
    return offer.id, _body(offer)


def _shown_codes(made: NewCoupons) -> tuple[str, CouponsBody]:
    return made.id, CouponsBody(offer_id=made.id, codes=tuple(made.codes))
