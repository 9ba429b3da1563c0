"""How does a merchant make offers and coupons, pause and end them, and see what was redeemed? Routes of the public listener."""

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.calls import Call, Caller
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.four_eyes import REFUSED, DecideRequest, ProposalId
from tael.foundation.http.four_eyes import shown as in_plain_sight
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id, new_id
from tael.foundation.proposals import Proposal, ProposalState
from tael.offers.api import (
    Command,
    DecideOffer,
    MakeCoupons,
    MakeOffer,
    Offers,
    PlatformOffer,
    ProposeOffer,
    SetOfferState,
    action_of,
    proposed_in,
)
from tael.offers.errors import NoSuchOffer, OfferEnded, OfferMalformed, OfferNotYours
from tael.offers.model import Coupon, Funder, OfferState, Redemption
from tael.offers.schemas import (
    CouponsBody,
    MakeCouponsRequest,
    MakeOfferRequest,
    OfferBody,
    OfferProposal,
    OfferStateRequest,
    OnOffer,
    ProposeOfferRequest,
    offer_body,
    shown,
    shown_codes,
)

READ, WRITE = "offers.read", "offers.write"
TAGS = ["Offers"]

AnyRequest = Request[Any, Any, Any]
OfferId = Annotated[str, PathParameter(description="`off_` and 26 characters, as the API gave it")]
WithState = Annotated[
    OfferState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(OfferState)}"),
]
ProposalWithState = Annotated[
    ProposalState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ProposalState)}"),
]
After = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        pattern=r"^[A-Za-z0-9_]{1,40}$(?!\n)",
        description="`next_cursor` of the page before; absent for the first page",
    ),
]


class Side(msgspec.Struct, frozen=True):
    """Whose offers somebody sees, and what they need to."""

    whose: Callable[[AnyRequest], str | None]
    """The merchant; none for the platform, which sees everybody's."""
    read: str = READ
    write: str = WRITE
    funder: Funder | None = None
    """Whose offers are listed."""


_MERCHANTS = Side(lambda request: caller_of(request).owner)
_PLATFORMS = Side(lambda _: None, write="offers.change", funder=Funder.PLATFORM)
APPROVE = "offers.approve"


def offer_routes(offers: Offers) -> list[HTTPRouteHandler]:
    """For a merchant: make, look, pause and end; coupons; redemptions."""
    return [_make(offers), *_both(offers, _MERCHANTS)]


def offer_staff_routes(offers: Offers) -> list[HTTPRouteHandler]:
    """For the platform's staff: the same, but that its own offers take two people."""
    return [_propose(offers), _list_proposals(offers), _decide(offers), *_both(offers, _PLATFORMS)]


def _both(offers: Offers, side: Side) -> list[HTTPRouteHandler]:
    return [
        _list(offers, side),
        _get(offers, side),
        _set_state(offers, side),
        _make_coupons(offers, side),
        _list_coupons(offers, side),
        _list_redemptions(offers, side),
    ]


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
        return respond(await offers.answer(call, shown=shown, status=201))

    return make_offer


def _list(offers: Offers, side: Side) -> HTTPRouteHandler:
    @get("/v1/offers", opt={"permission": side.read}, tags=TAGS)
    async def list_offers(
        request: AnyRequest, *, limit: Limit = 50, cursor: After = None, in_state: WithState = None
    ) -> Page[OfferBody]:
        """List offers. Newest first."""
        found = await offers.find(
            merchant_id=side.whose(request),
            funder=side.funder,
            state=in_state,
            before=cursor,
            limit=limit + 1,
        )
        return page_of([offer_body(each) for each in found], limit)

    return list_offers


def _get(offers: Offers, side: Side) -> HTTPRouteHandler:
    @get("/v1/offers/{offer_id:str}", opt={"permission": side.read, REFUSES: [NoSuchOffer]}, tags=TAGS)
    async def get_offer(request: AnyRequest, offer_id: OfferId) -> OfferBody:
        """Get an offer. With what is used of its budget."""
        return offer_body(await offers.get(_checked(offer_id), merchant_id=side.whose(request)))

    return get_offer


def _set_state(offers: Offers, side: Side) -> HTTPRouteHandler:
    @post(
        "/v1/offers/{offer_id:str}/state",
        status_code=200,
        opt={"permission": side.write, REFUSES: [NoSuchOffer, OfferNotYours, OfferEnded]},
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
        command = SetOfferState(
            offer_id=_checked(offer_id), state=data.state, merchant_id=side.whose(request)
        )
        call = _call(caller, command, idempotency_key, OnOffer(offer_id=offer_id, asked=data))
        return respond(await offers.answer(call, shown=shown))

    return set_offer_state


def _make_coupons(offers: Offers, side: Side) -> HTTPRouteHandler:
    @post(
        "/v1/offers/{offer_id:str}/coupons",
        opt={"permission": side.write, REFUSES: [NoSuchOffer, OfferNotYours]},
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
            merchant_id=side.whose(request),
        )
        call = _call(caller, command, idempotency_key, OnOffer(offer_id=offer_id, asked=data))
        return respond(await offers.answer(call, shown=shown_codes, status=201))

    return make_coupons


def _list_coupons(offers: Offers, side: Side) -> HTTPRouteHandler:
    @get(
        "/v1/offers/{offer_id:str}/coupons", opt={"permission": side.read, REFUSES: [NoSuchOffer]}, tags=TAGS
    )
    async def list_coupons(
        request: AnyRequest, offer_id: OfferId, *, limit: Limit = 50, cursor: After = None
    ) -> Page[Coupon]:
        """List coupons. In the order of their codes."""
        found = await offers.coupons(
            _checked(offer_id), merchant_id=side.whose(request), after=cursor, limit=limit + 1
        )
        return page_of(found, limit, key=attrgetter("code"))

    return list_coupons


def _list_redemptions(offers: Offers, side: Side) -> HTTPRouteHandler:
    @get(
        "/v1/offers/{offer_id:str}/redemptions",
        opt={"permission": side.read, REFUSES: [NoSuchOffer]},
        tags=TAGS,
    )
    async def list_redemptions(
        request: AnyRequest, offer_id: OfferId, *, limit: Limit = 50, cursor: After = None
    ) -> Page[Redemption]:
        """List redemptions. What was used of an offer, newest first."""
        found = await offers.redemptions(
            _checked(offer_id), merchant_id=side.whose(request), before=cursor, limit=limit + 1
        )
        return page_of(found, limit)

    return list_redemptions


def proposal_body(proposal: Proposal) -> OfferProposal:
    """A proposal in plain sight."""
    offer = proposed_in(proposal)
    return in_plain_sight(
        proposal, OfferProposal, name=offer.name, merchant_id=offer.merchant_id, terms=offer.terms
    )


def shown_proposal(proposal: Proposal) -> tuple[str, OfferProposal]:
    """What came of proposing or deciding, for the answer."""
    return proposal.id, proposal_body(proposal)


def _call(caller: Caller, command: Command, key: str, request: msgspec.Struct) -> Call[Command]:
    return Call(caller=caller, action=action_of(command), key=key, request=request, command=command)


def _checked(offer_id: str) -> str:
    return check_id(offer_id, prefix="off", field="offer_id")


def _propose(offers: Offers) -> HTTPRouteHandler:
    @post(
        "/v1/offer_proposals",
        opt={"permission": "offers.change", REFUSES: [OfferMalformed]},
        tags=TAGS,
        responses={
            201: ResponseSpec(OfferProposal, description="The proposal, which waits for another person")
        },
    )
    async def propose_offer(
        request: AnyRequest, data: JSONBody[ProposeOfferRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Propose an offer at the platform's cost. It holds once somebody else has approved it."""
        caller = caller_of(request)
        offer = PlatformOffer(
            id=new_id("off"), name=data.name, merchant_id=data.merchant_id, terms=data.terms
        )
        command = ProposeOffer(offer=offer, note=data.note, actor=caller.actor)
        call = _call(caller, command, idempotency_key, data)
        return respond(await offers.answer(call, shown=shown_proposal, status=201))

    return propose_offer


def _list_proposals(offers: Offers) -> HTTPRouteHandler:
    @get("/v1/offer_proposals", opt={"permission": READ}, tags=TAGS)
    async def list_offer_proposals(
        *, limit: Limit = 50, cursor: After = None, in_state: ProposalWithState = None
    ) -> Page[OfferProposal]:
        """List proposed offers. Newest first; whoever decides sends the digest back."""
        found = await offers.proposals(state=in_state, before=cursor, limit=limit + 1)
        return page_of([proposal_body(each) for each in found], limit)

    return list_offer_proposals


def _decide(offers: Offers) -> HTTPRouteHandler:
    @post(
        "/v1/offer_proposals/{proposal_id:str}/decision",
        status_code=200,
        opt={"permission": APPROVE, REFUSES: [*REFUSED, OfferMalformed]},
        tags=TAGS,
        responses={200: ResponseSpec(OfferProposal, description="The proposal as it ended")},
    )
    async def decide_offer(
        request: AnyRequest,
        proposal_id: ProposalId,
        data: JSONBody[DecideRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Decide about a proposed offer. Approved, it is made at once; whoever proposed it does not decide."""
        caller = caller_of(request)
        command = DecideOffer(
            proposal_id=check_id(proposal_id, prefix="prop", field="proposal_id"),
            approve=data.approve,
            digest=data.digest,
            note=data.note,
            actor=caller.actor,
        )
        call = _call(caller, command, idempotency_key, OnOffer(offer_id=proposal_id, asked=data))
        return respond(await offers.answer(call, shown=shown_proposal))

    return decide_offer
