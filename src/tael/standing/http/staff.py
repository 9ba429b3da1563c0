"""How do members of staff look at standings, restrict, review, lift, decide and answer? Routes of the internal listener."""

from operator import attrgetter
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.clock import Clock
from tael.foundation.errors import Refusal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.four_eyes import REFUSED, DecideRequest, ProposalId
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of, principal_of
from tael.foundation.ids import check_id
from tael.foundation.proposals import ProposalState
from tael.standing.api import (
    DecideProposal,
    LiftRestriction,
    ProposeLift,
    RestrictionFilter,
    ReviewRestriction,
    SetRestriction,
    Standing,
    as_shown,
)
from tael.standing.errors import (
    EndedAlready,
    NoStanding,
    NoSuchRestriction,
    OwnRestriction,
    RestrictionMalformed,
    ReviewedAlready,
    TwoPeopleNeeded,
)
from tael.standing.http.answers import APPROVE, READ, OfUser, answer_routes
from tael.standing.http.own import (
    TAGS,
    InForceOnly,
    RestrictionId,
    call_of,
)
from tael.standing.http.reports import report_routes
from tael.standing.model import Entry, Kind, NewRestriction, Restriction
from tael.standing.schemas import (
    LiftRequest,
    NothingRequest,
    OnOne,
    SetRestrictionRequest,
    StandingBody,
    standing_body,
)
from tael.standing.schemas.proposed import StandingProposal, proposal_body

RESTRICT = "users.restrict"

AnyRequest = Request[Any, Any, Any]
UserId = Annotated[str, PathParameter(description="`usr_` and 26 characters")]
WithKind = Annotated[Kind | None, QueryParameter(name="kind", description=f"Only these: {', '.join(Kind)}")]
ToReview = Annotated[bool, QueryParameter(description="Only those that a second person has to look at")]
WithProposalState = Annotated[
    ProposalState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ProposalState)}"),
]
BeforeNumber = Annotated[
    int | None,
    QueryParameter(name="cursor", ge=1, le=2**62, description="`next_cursor` of the page before"),
]


def standing_staff_routes(standing: Standing, clock: Clock) -> list[HTTPRouteHandler]:
    """For members of staff."""
    return [
        _get_standing(standing),
        _list_history(standing),
        _list_restrictions(standing),
        _get_restriction(standing),
        _set_restriction(standing),
        _review(standing),
        _lift(standing),
        _propose_lift(standing),
        _list_proposals(standing),
        _decide(standing),
        *report_routes(standing),
        *answer_routes(standing, clock),
    ]


def _sees_in_full(request: AnyRequest) -> bool:
    """Whether somebody may know of what its user must not hear: those who decide about users."""
    return APPROVE in principal_of(request).permissions


def _get_standing(standing: Standing) -> HTTPRouteHandler:
    @get(
        "/v1/users/{user_id:str}/standing",
        opt={"permission": READ, REFUSES: [NoStanding]},
        tags=TAGS,
    )
    async def get_standing_of_user(request: AnyRequest, user_id: UserId) -> StandingBody:
        """Get a user's standing. What they may do now, and why not."""
        view = await standing.reads.view(check_id(user_id, prefix="usr", field="user_id"))
        return standing_body(view, in_full=_sees_in_full(request))

    return get_standing_of_user


def _list_history(standing: Standing) -> HTTPRouteHandler:
    @get("/v1/users/{user_id:str}/standing/history", opt={"permission": APPROVE}, tags=TAGS)
    async def list_history_of_standing(
        user_id: UserId, *, limit: Limit = 50, cursor: BeforeNumber = None
    ) -> Page[Entry]:
        """List what has changed. In a user's standing, newest first: who did it, and why."""
        found = await standing.reads.history(
            check_id(user_id, prefix="usr", field="user_id"), before=cursor, limit=limit + 1
        )
        return page_of(found, limit, key=attrgetter("seq"))

    return list_history_of_standing


def _list_restrictions(standing: Standing) -> HTTPRouteHandler:
    @get("/v1/restrictions", opt={"permission": READ}, tags=TAGS)
    async def list_restrictions(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        of_user: OfUser = None,
        of_kind: WithKind = None,
        in_force: InForceOnly = False,
        to_review: ToReview = False,
    ) -> Page[Restriction]:
        """List restrictions. Newest first. What users must not hear is seen by those alone who decide about users."""
        in_full = _sees_in_full(request)
        wanted = RestrictionFilter(
            user_id=of_user,
            kind=of_kind,
            in_force=in_force,
            to_review=to_review,
            in_full=in_full,
            before=cursor,
            limit=limit + 1,
        )
        found = await standing.reads.restrictions(wanted)
        return page_of([as_shown(each, in_full=in_full) for each in found], limit)

    return list_restrictions


def _get_restriction(standing: Standing) -> HTTPRouteHandler:
    @get(
        "/v1/restrictions/{restriction_id:str}",
        opt={"permission": READ, REFUSES: [NoSuchRestriction]},
        tags=TAGS,
    )
    async def get_restriction(request: AnyRequest, restriction_id: RestrictionId) -> Restriction:
        """Get a restriction. With its papers."""
        found = await standing.reads.restriction(_restriction(restriction_id))
        return as_shown(found, in_full=_sees_in_full(request))

    return get_restriction


def _set_restriction(standing: Standing) -> HTTPRouteHandler:
    @post(
        "/v1/restrictions",
        opt={"permission": RESTRICT, REFUSES: [NoStanding, RestrictionMalformed]},
        tags=TAGS,
        responses={201: ResponseSpec(Restriction, description="The restriction", generate_examples=False)},
    )
    async def set_restriction(
        request: AnyRequest, data: JSONBody[SetRestrictionRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Restrict a user. At once; a second person looks at it within a working day."""
        check_id(data.user_id, prefix="usr", field="user_id")
        new = NewRestriction(**{name: getattr(data, name) for name in data.__struct_fields__})
        command = SetRestriction(actor=caller_of(request).actor, new=new)
        call = call_of(request, command, idempotency_key, data)
        return respond(await standing.answer(call, shown=_shown, status=201))

    return set_restriction


def _review(standing: Standing) -> HTTPRouteHandler:
    refused: list[type[Refusal]] = [NoSuchRestriction, OwnRestriction, ReviewedAlready, EndedAlready]

    @post(
        "/v1/restrictions/{restriction_id:str}/review",
        status_code=200,
        opt={"permission": APPROVE, REFUSES: refused},
        tags=TAGS,
        responses={200: ResponseSpec(Restriction, description="The restriction", generate_examples=False)},
    )
    async def review_restriction(
        request: AnyRequest,
        restriction_id: RestrictionId,
        data: JSONBody[NothingRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Agree with a restriction. Whoever set it does not."""
        command = ReviewRestriction(
            actor=caller_of(request).actor, restriction_id=_restriction(restriction_id)
        )
        call = call_of(request, command, idempotency_key, OnOne(id=restriction_id, asked=data))
        return respond(await standing.answer(call, shown=_shown))

    return review_restriction


def _lift(standing: Standing) -> HTTPRouteHandler:
    @post(
        "/v1/restrictions/{restriction_id:str}/lift",
        status_code=200,
        opt={"permission": RESTRICT, REFUSES: [NoSuchRestriction, TwoPeopleNeeded, EndedAlready]},
        tags=TAGS,
        responses={200: ResponseSpec(Restriction, description="The restriction", generate_examples=False)},
    )
    async def lift_restriction(
        request: AnyRequest,
        restriction_id: RestrictionId,
        data: JSONBody[LiftRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Lift a restriction. Those by law, by risk and by users themselves take two people: propose it."""
        command = LiftRestriction(
            actor=caller_of(request).actor, restriction_id=_restriction(restriction_id), note=data.note
        )
        call = call_of(request, command, idempotency_key, OnOne(id=restriction_id, asked=data))
        return respond(await standing.answer(call, shown=_shown))

    return lift_restriction


def _propose_lift(standing: Standing) -> HTTPRouteHandler:
    @post(
        "/v1/restrictions/{restriction_id:str}/proposals",
        opt={"permission": RESTRICT, REFUSES: [NoSuchRestriction, EndedAlready]},
        tags=TAGS,
        responses={201: ResponseSpec(StandingProposal, description="It waits for another person")},
    )
    async def propose_to_lift_restriction(
        request: AnyRequest,
        restriction_id: RestrictionId,
        data: JSONBody[LiftRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Propose to lift a restriction. Nothing changes until somebody else approves."""
        command = ProposeLift(
            actor=caller_of(request).actor, restriction_id=_restriction(restriction_id), note=data.note
        )
        call = call_of(request, command, idempotency_key, OnOne(id=restriction_id, asked=data))
        return respond(await standing.answer(call, shown=lambda it: (it.id, proposal_body(it)), status=201))

    return propose_to_lift_restriction


def _list_proposals(standing: Standing) -> HTTPRouteHandler:
    @get("/v1/restriction_proposals", opt={"permission": READ}, tags=TAGS)
    async def list_restriction_proposals(
        *, limit: Limit = 50, cursor: LastId = None, in_state: WithProposalState = None
    ) -> Page[StandingProposal]:
        """List what was proposed to be lifted or raised. Newest first; whoever decides sends the digest back."""
        found = await standing.reads.proposals(state=in_state, before=cursor, limit=limit + 1)
        return page_of([proposal_body(each) for each in found], limit)

    return list_restriction_proposals


def _decide(standing: Standing) -> HTTPRouteHandler:
    @post(
        "/v1/restriction_proposals/{proposal_id:str}/decision",
        status_code=200,
        opt={"permission": APPROVE, REFUSES: [*REFUSED, EndedAlready]},
        tags=TAGS,
        responses={200: ResponseSpec(StandingProposal, description="The proposal as it ended")},
    )
    async def decide_restriction_proposal(
        request: AnyRequest,
        proposal_id: ProposalId,
        data: JSONBody[DecideRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Decide about lifting or raising. Approved, a restriction ends at once, and an objection to it is granted; a report counts."""
        command = DecideProposal(
            actor=caller_of(request).actor,
            proposal_id=check_id(proposal_id, prefix="prop", field="proposal_id"),
            approve=data.approve,
            digest=data.digest,
            note=data.note,
        )
        call = call_of(request, command, idempotency_key, OnOne(id=proposal_id, asked=data))
        return respond(await standing.answer(call, shown=lambda it: (it.id, proposal_body(it))))

    return decide_restriction_proposal


def _restriction(id: str) -> str:
    return check_id(id, prefix="rst", field="restriction_id")


def _shown(restriction: Restriction) -> tuple[str, Restriction]:
    return restriction.id, as_shown(restriction, in_full=False)
