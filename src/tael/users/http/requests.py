"""What do all routes of users share? The words of addresses, who is there, and how a command becomes a call."""

from collections.abc import Sequence
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from tael.foundation.calls import Call
from tael.foundation.errors import Refusal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.permissions import caller_of, principal_of
from tael.foundation.ids import check_id
from tael.identity.api import device_of
from tael.identity.model import Visitor
from tael.users.api import Asked, Users

AnyRequest = Request[Any, Any, Any]
OWN_TAG, STAFF_TAG = "Users", "Users"
UserId = Annotated[str, PathParameter(description="`usr_` and 26 characters, as the API gave it")]
ReviewId = Annotated[str, PathParameter(description="`rvw_` and 26 characters, as the API gave it")]
CheckId = Annotated[str, PathParameter(description="`chk_` and 26 characters, as the API gave it")]
RequestId = Annotated[str, PathParameter(description="`pdr_` and 26 characters, as the API gave it")]


class On(msgspec.Struct, frozen=True):
    """What a request was about, and what it said: a repeat must say the same of the same."""

    about: str
    body: msgspec.Struct


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One route that changes something."""

    path: str
    name: str
    command: type[msgspec.Struct]
    gives: type[Any]
    says: str
    permission: str
    status: int = 200
    refuses: Sequence[type[Refusal]] = ()


def visitor_of(request: AnyRequest) -> Visitor:
    """Whoever sends a request."""
    return Visitor(
        device=request.headers.get("user-agent", ""),
        address=request.client.host if request.client else "",
        request_id=request.scope["state"].get("request_id"),
        device_id=device_of(request.scope.get("user")),
    )


def call_of(
    request: AnyRequest, *, action: str, key: str, about: str, command: msgspec.Struct, user_id: str
) -> Call[Asked]:
    """A command as a call under its key."""
    caller = caller_of(request)
    return Call(
        caller=caller,
        action=f"users.{action}",
        key=key,
        request=On(about, command),
        command=Asked(
            user_id=user_id,
            actor=caller.actor,
            visitor=visitor_of(request),
            about=about,
            command=command,
            proven=principal_of(request).is_proven,
        ),
    )


def change_route(users: Users, change: Change, *, own: bool) -> HTTPRouteHandler:
    """The route of a change that goes about oneself, or about a review that staff look at."""
    if "{review_id" in change.path:

        async def about_review(
            request: AnyRequest, review_id: ReviewId, data: Any, idempotency_key: IdempotencyKey
        ) -> Response[Any]:
            about = check_id(review_id, prefix="rvw", field="review_id")
            user_id = caller_of(request).owner if own else ""
            call = call_of(
                request,
                action=change.name,
                key=idempotency_key,
                about=about,
                command=data,
                user_id=user_id,
            )
            return respond(await users.answer(call, status=change.status))

        handler: Any = about_review
    else:

        async def about_oneself(
            request: AnyRequest, data: Any, idempotency_key: IdempotencyKey
        ) -> Response[Any]:
            call = call_of(
                request,
                action=change.name,
                key=idempotency_key,
                about="",
                command=data,
                user_id=caller_of(request).owner,
            )
            return respond(await users.answer(call, status=change.status))

        handler = about_oneself
    handler.__name__ = change.name
    handler.__doc__ = change.says
    handler.__annotations__["data"] = cast(Any, JSONBody)[change.command]
    return post(
        change.path,
        status_code=change.status,
        opt={"permission": change.permission, REFUSES: list(change.refuses)},
        tags=[OWN_TAG if own else STAFF_TAG],
        responses=answers(change.status, change.gives, "As it stands afterwards"),
    )(handler)
