"""How does a user see what they may do, freeze their account, ask for more, and object? Routes of the public listener."""

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.calls import Call
from tael.foundation.clock import Clock
from tael.foundation.errors import Refusal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import Principal, caller_of, principal_of
from tael.foundation.ids import check_id
from tael.standing.api import (
    ACTIONS,
    Ask,
    Command,
    Freeze,
    Object,
    RestrictionFilter,
    Standing,
    TakeBack,
    Thaw,
    digest_of_thaw,
)
from tael.standing.errors import (
    AskedAlready,
    ConfirmationNeeded,
    EndedAlready,
    NoSuchRequest,
    NoSuchRestriction,
    NothingToAsk,
    NotYoursToLift,
    RequestMalformed,
    RestrictionMalformed,
)
from tael.standing.schemas import (
    AskRequest,
    FreezeRequest,
    NothingRequest,
    ObjectionBody,
    ObjectRequest,
    OnOne,
    RequestBody,
    RestrictionBody,
    StandingBody,
    ThawConfirmationBody,
    ThawRequest,
    objection_body,
    request_body,
    restriction_body,
    standing_body,
)

BASIC, MANAGEMENT = "user.basic", "user.management"
TAGS = ["Standing"]

AnyRequest = Request[Any, Any, Any]


class Confirming(Protocol):
    """Who knows how users are signed in, and asks them to confirm something."""

    def login_of(self, principal: Principal) -> str:
        """As whom a user is signed in."""
        ...

    async def ask(self, principal: Principal, about: bytes, words: Mapping[str, str]) -> str:
        """Ask for the confirmation of an act with this digest, shown in these words; gives its id."""
        ...


RestrictionId = Annotated[str, PathParameter(description="`rst_` and 26 characters, as the API gave it")]
RequestId = Annotated[str, PathParameter(description="`prq_` and 26 characters, as the API gave it")]
InForceOnly = Annotated[bool, QueryParameter(description="Only what is taken now")]


def standing_routes(standing: Standing, clock: Clock, confirming: Confirming) -> list[HTTPRouteHandler]:
    """For users: look, freeze and thaw, ask, object."""
    return [
        _get_standing(standing),
        _list_restrictions(standing),
        _freeze(standing),
        _ask_confirmation(standing, confirming),
        _thaw(standing, confirming),
        _list_requests(standing, clock),
        _ask(standing, clock),
        _take_back(standing, clock),
        _list_objections(standing, clock),
        _object(standing, clock),
    ]


def call_of(request: AnyRequest, command: Command, key: str, asked: msgspec.Struct) -> Call[Command]:
    """A command as it came in."""
    return Call(
        caller=caller_of(request), action=ACTIONS[type(command)], key=key, request=asked, command=command
    )


def _get_standing(standing: Standing) -> HTTPRouteHandler:
    @get("/v1/me/standing", opt={"permission": BASIC}, tags=TAGS)
    async def get_my_standing(request: AnyRequest) -> StandingBody:
        """Get your standing. What you may do now; of what you may not: why, and what you can do about it."""
        return standing_body(await standing.reads.view(caller_of(request).owner))

    return get_my_standing


def _list_restrictions(standing: Standing) -> HTTPRouteHandler:
    @get("/v1/me/restrictions", opt={"permission": BASIC}, tags=TAGS)
    async def list_my_restrictions(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None, in_force: InForceOnly = False
    ) -> Page[RestrictionBody]:
        """List your restrictions. What is and was taken from you, newest first."""
        wanted = RestrictionFilter(
            user_id=caller_of(request).owner, in_force=in_force, before=cursor, limit=limit + 1
        )
        found = await standing.reads.restrictions(wanted)
        return page_of([restriction_body(each) for each in found], limit)

    return list_my_restrictions


def _freeze(standing: Standing) -> HTTPRouteHandler:
    @post(
        "/v1/me/restrictions",
        opt={"permission": BASIC, REFUSES: [RestrictionMalformed]},
        tags=TAGS,
        responses={201: ResponseSpec(RestrictionBody, description="What is taken now")},
    )
    async def freeze_my_account(
        request: AnyRequest, data: JSONBody[FreezeRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Freeze your account, or a part of it. At once; you lift it yourself, with a confirmation."""
        caller = caller_of(request)
        command = Freeze(actor=caller.actor, user_id=caller.owner, takes=data.takes)
        call = call_of(request, command, idempotency_key, data)
        return respond(
            await standing.answer(call, shown=lambda it: (it.id, restriction_body(it)), status=201)
        )

    return freeze_my_account


def _ask_confirmation(standing: Standing, confirming: Confirming) -> HTTPRouteHandler:
    @post(
        "/v1/me/restrictions/{restriction_id:str}/confirmation",
        opt={"permission": MANAGEMENT, REFUSES: [NoSuchRestriction, NotYoursToLift, EndedAlready]},
        tags=TAGS,
        responses={201: ResponseSpec(ThawConfirmationBody, description="What has to be confirmed")},
    )
    async def ask_to_confirm_lifting(
        request: AnyRequest, restriction_id: RestrictionId, data: JSONBody[NothingRequest]
    ) -> ThawConfirmationBody:
        """Ask for the confirmation of lifting a restriction that you set yourself. Asked twice, there are two; one of them is enough."""
        del data
        principal = principal_of(request)
        found = await standing.reads.own_to_lift(
            check_id(restriction_id, prefix="rst", field="restriction_id"), user_id=principal.owner
        )
        words = {"act": "lift_restriction", "takes": " ".join(found.takes)}
        id = await confirming.ask(principal, digest_of_thaw(found), words)
        return ThawConfirmationBody(confirmation_id=id)

    return ask_to_confirm_lifting


def _thaw(standing: Standing, confirming: Confirming) -> HTTPRouteHandler:
    refused: list[type[Refusal]] = [NoSuchRestriction, NotYoursToLift, EndedAlready, ConfirmationNeeded]

    @post(
        "/v1/me/restrictions/{restriction_id:str}/lift",
        status_code=200,
        opt={"permission": MANAGEMENT, REFUSES: refused},
        tags=TAGS,
        responses={200: ResponseSpec(RestrictionBody, description="The restriction as it ended")},
    )
    async def lift_my_restriction(
        request: AnyRequest,
        restriction_id: RestrictionId,
        data: JSONBody[ThawRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Lift a restriction that you set yourself. With a confirmation of exactly this."""
        caller = caller_of(request)
        command = Thaw(
            actor=caller.actor,
            user_id=caller.owner,
            restriction_id=check_id(restriction_id, prefix="rst", field="restriction_id"),
            login_id=confirming.login_of(principal_of(request)),
            confirmation_id=data.confirmation_id,
        )
        call = call_of(request, command, idempotency_key, OnOne(id=restriction_id, asked=data))
        return respond(await standing.answer(call, shown=lambda it: (it.id, restriction_body(it))))

    return lift_my_restriction


def _list_requests(standing: Standing, clock: Clock) -> HTTPRouteHandler:
    @get("/v1/me/permission_requests", opt={"permission": BASIC}, tags=TAGS)
    async def list_my_permission_requests(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[RequestBody]:
        """List your requests. For permissions and limits, with until when they are decided; newest first."""
        found = await standing.reads.own_requests(caller_of(request).owner, before=cursor, limit=limit + 1)
        return page_of([request_body(each, now=clock.now()) for each in found], limit)

    return list_my_permission_requests


def _ask(standing: Standing, clock: Clock) -> HTTPRouteHandler:
    @post(
        "/v1/me/permission_requests",
        opt={"permission": MANAGEMENT, REFUSES: [RequestMalformed, NothingToAsk, AskedAlready]},
        tags=TAGS,
        responses={201: ResponseSpec(RequestBody, description="The request, with until when it is decided")},
    )
    async def ask_for_permission(
        request: AnyRequest, data: JSONBody[AskRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Ask for a permission or another limit. A lower limit holds at once; the rest is decided in some working days."""
        caller = caller_of(request)
        command = Ask(
            actor=caller.actor,
            user_id=caller.owner,
            permission=data.permission,
            limit=data.limit,
            wanted=data.wanted,
            words=data.words,
        )
        call = call_of(request, command, idempotency_key, data)
        return respond(
            await standing.answer(
                call, shown=lambda it: (it.id, request_body(it, now=clock.now())), status=201
            )
        )

    return ask_for_permission


def _take_back(standing: Standing, clock: Clock) -> HTTPRouteHandler:
    @post(
        "/v1/me/permission_requests/{request_id:str}/withdrawal",
        status_code=200,
        opt={"permission": MANAGEMENT, REFUSES: [NoSuchRequest, EndedAlready]},
        tags=TAGS,
        responses={200: ResponseSpec(RequestBody, description="The request as it ended")},
    )
    async def withdraw_permission_request(
        request: AnyRequest,
        request_id: RequestId,
        data: JSONBody[NothingRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Withdraw a request. As long as nobody has decided."""
        caller = caller_of(request)
        command = TakeBack(
            actor=caller.actor,
            user_id=caller.owner,
            request_id=check_id(request_id, prefix="prq", field="request_id"),
        )
        call = call_of(request, command, idempotency_key, OnOne(id=request_id, asked=data))
        return respond(
            await standing.answer(call, shown=lambda it: (it.id, request_body(it, now=clock.now())))
        )

    return withdraw_permission_request


def _list_objections(standing: Standing, clock: Clock) -> HTTPRouteHandler:
    @get("/v1/me/objections", opt={"permission": BASIC}, tags=TAGS)
    async def list_my_objections(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[ObjectionBody]:
        """List your objections. With the days in which they are answered; newest first."""
        found = await standing.reads.own_objections(caller_of(request).owner, before=cursor, limit=limit + 1)
        return page_of([objection_body(each, now=clock.now()) for each in found], limit)

    return list_my_objections


def _object(standing: Standing, clock: Clock) -> HTTPRouteHandler:
    @post(
        "/v1/me/objections",
        opt={"permission": BASIC, REFUSES: [NoSuchRestriction, EndedAlready, NothingToAsk, AskedAlready]},
        tags=TAGS,
        responses={201: ResponseSpec(ObjectionBody, description="The objection, with its days")},
    )
    async def object_to_restriction(
        request: AnyRequest, data: JSONBody[ObjectRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Object to a restriction. Somebody else than who set it answers, within 15 days."""
        caller = caller_of(request)
        command = Object(
            actor=caller.actor,
            user_id=caller.owner,
            restriction_id=check_id(data.restriction_id, prefix="rst", field="restriction_id"),
            words=data.words,
        )
        call = call_of(request, command, idempotency_key, data)
        return respond(
            await standing.answer(
                call, shown=lambda it: (it.id, objection_body(it, now=clock.now())), status=201
            )
        )

    return object_to_restriction
