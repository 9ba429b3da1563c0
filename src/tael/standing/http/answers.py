"""How do members of staff decide about what users ask for, and answer objections? Routes of the internal listener."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.clock import Clock
from tael.foundation.errors import Refusal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.standing.api import (
    AnswerObjection,
    Standing,
)
from tael.standing.api import DecideRequest as Decide
from tael.standing.errors import (
    EndedAlready,
    NoSuchObjection,
    NoSuchRequest,
    OwnRestriction,
    TwoPeopleNeeded,
)
from tael.standing.http.own import (
    TAGS,
    RequestId,
    call_of,
)
from tael.standing.model import ObjectionState, RequestState
from tael.standing.schemas import (
    AnswerObjectionRequest,
    DecideRequestRequest,
    OnOne,
    StaffObjectionBody,
    StaffRequestBody,
    staff_objection_body,
    staff_request_body,
)

READ, APPROVE = "users.read", "users.approve"

AnyRequest = Request[Any, Any, Any]
ObjectionId = Annotated[str, PathParameter(description="`obj_` and 26 characters, as the API gave it")]
OfUser = Annotated[
    str | None,
    QueryParameter(name="user_id", pattern=r"^usr_[0-9a-z]{26}$(?!\n)", description="Only of this user"),
]
WithRequestState = Annotated[
    RequestState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(RequestState)}"),
]
WithObjectionState = Annotated[
    ObjectionState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ObjectionState)}"),
]


def answer_routes(standing: Standing, clock: Clock) -> list[HTTPRouteHandler]:
    """Requests and objections."""
    return [
        _list_requests(standing, clock),
        _decide_request(standing, clock),
        _list_objections(standing, clock),
        _answer_objection(standing, clock),
    ]


def _list_requests(standing: Standing, clock: Clock) -> HTTPRouteHandler:
    @get("/v1/permission_requests", opt={"permission": READ}, tags=TAGS)
    async def list_permission_requests(
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        of_user: OfUser = None,
        in_state: WithRequestState = None,
    ) -> Page[StaffRequestBody]:
        """List users' requests. By what is due first: what is overdue comes before all else."""
        found = await standing.reads.requests(user_id=of_user, state=in_state, after=cursor, limit=limit + 1)
        return page_of([staff_request_body(each, now=clock.now()) for each in found], limit)

    return list_permission_requests


def _decide_request(standing: Standing, clock: Clock) -> HTTPRouteHandler:
    @post(
        "/v1/permission_requests/{request_id:str}/decision",
        status_code=200,
        opt={"permission": APPROVE, REFUSES: [NoSuchRequest, EndedAlready]},
        tags=TAGS,
        responses={200: ResponseSpec(StaffRequestBody, description="The request as it ended")},
    )
    async def decide_permission_request(
        request: AnyRequest,
        request_id: RequestId,
        data: JSONBody[DecideRequestRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Decide about a user's request. Approved, they have it at once; the user is told what you answer."""
        command = Decide(
            actor=caller_of(request).actor,
            request_id=check_id(request_id, prefix="prq", field="request_id"),
            approve=data.approve,
            answer=data.answer,
        )
        call = call_of(request, command, idempotency_key, OnOne(id=request_id, asked=data))
        return respond(
            await standing.answer(call, shown=lambda it: (it.id, staff_request_body(it, now=clock.now())))
        )

    return decide_permission_request


def _list_objections(standing: Standing, clock: Clock) -> HTTPRouteHandler:
    @get("/v1/objections", opt={"permission": READ}, tags=TAGS)
    async def list_objections(
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        of_user: OfUser = None,
        in_state: WithObjectionState = None,
    ) -> Page[StaffObjectionBody]:
        """List objections. By what is due first: what is overdue comes before all else."""
        found = await standing.reads.objections(
            user_id=of_user, state=in_state, after=cursor, limit=limit + 1
        )
        return page_of([staff_objection_body(each, now=clock.now()) for each in found], limit)

    return list_objections


def _answer_objection(standing: Standing, clock: Clock) -> HTTPRouteHandler:
    refused: list[type[Refusal]] = [NoSuchObjection, OwnRestriction, TwoPeopleNeeded, EndedAlready]

    @post(
        "/v1/objections/{objection_id:str}/answer",
        status_code=200,
        opt={"permission": APPROVE, REFUSES: refused},
        tags=TAGS,
        responses={200: ResponseSpec(StaffObjectionBody, description="The objection as it ended")},
    )
    async def answer_objection(
        request: AnyRequest,
        objection_id: ObjectionId,
        data: JSONBody[AnswerObjectionRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Answer an objection. Whoever set the restriction does not; what two people lift is granted by lifting it."""
        command = AnswerObjection(
            actor=caller_of(request).actor,
            objection_id=check_id(objection_id, prefix="obj", field="objection_id"),
            grant=data.grant,
            answer=data.answer,
        )
        call = call_of(request, command, idempotency_key, OnOne(id=objection_id, asked=data))
        return respond(
            await standing.answer(call, shown=lambda it: (it.id, staff_objection_body(it, now=clock.now())))
        )

    return answer_objection
