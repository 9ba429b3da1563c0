"""How does a user see what was done in their name, and staff what users did? Routes of the public and the internal listener."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.behaviour.api import AnswerWarning, Behaviour
from tael.behaviour.errors import AlreadyDisowned, AnswerUnproven, NoHabits, NoSuchWarning
from tael.behaviour.model import ActKind, ActResult, ActWarning, Follows
from tael.behaviour.rules import masked_address
from tael.behaviour.schemas import (
    ActBody,
    AnswerWarningRequest,
    HabitsBody,
    StaffWarningBody,
    WarningBody,
    act_body,
    habits_body,
    staff_warning_body,
    warning_body,
)
from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of, principal_of
from tael.foundation.ids import check_id

OWN, STAFF = "user.basic", "users.read"
TAGS = ["Behaviour"]

AnyRequest = Request[Any, Any, Any]
WarningId = Annotated[str, PathParameter(description="`wrn_` and 26 characters, as the API gave it")]
UserId = Annotated[str, PathParameter(description="`usr_` and 26 characters")]
WithKind = Annotated[
    ActKind | None, QueryParameter(name="kind", description=f"Only these: {', '.join(ActKind)}")
]
WithResult = Annotated[
    ActResult | None, QueryParameter(name="result", description=f"Only these: {', '.join(ActResult)}")
]
WithPlace = Annotated[
    str | None,
    QueryParameter(
        name="place",
        pattern=r"^([A-Z]{2}|local)$(?!\n)",
        description="Only from this country, as ISO 3166 has it, or `local`",
    ),
]
WithFollows = Annotated[
    Follows | None,
    QueryParameter(name="follows", description=f"Only those from which follows: {', '.join(Follows)}"),
]
OfUser = Annotated[
    str | None,
    QueryParameter(name="user_id", pattern=r"^usr_[0-9a-z]{26}$(?!\n)", description="Only of this user"),
]


def behaviour_routes(behaviour: Behaviour) -> list[HTTPRouteHandler]:
    """For users: their own record, and their answers to warnings."""
    return [_own_acts(behaviour), _own_warnings(behaviour), _answer(behaviour)]


def behaviour_staff_routes(behaviour: Behaviour) -> list[HTTPRouteHandler]:
    """For the platform's staff: to look, with addresses masked."""
    return [_acts(behaviour), _habits(behaviour), _warnings(behaviour)]


def _own_acts(behaviour: Behaviour) -> HTTPRouteHandler:
    @get("/v1/me/acts", opt={"permission": OWN}, tags=TAGS)
    async def list_my_acts(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        of_kind: WithKind = None,
        with_result: WithResult = None,
        from_place: WithPlace = None,
    ) -> Page[ActBody]:
        """List what you did. Sign-ins, payments and changes in your name, with when, where and what with; newest first."""
        found = await behaviour.acts(
            caller_of(request).owner,
            kind=of_kind,
            result=with_result,
            place=from_place,
            before=cursor,
            limit=limit + 1,
        )
        return page_of([act_body(each, address=each.address) for each in found], limit)

    return list_my_acts


def _own_warnings(behaviour: Behaviour) -> HTTPRouteHandler:
    @get("/v1/me/warnings", opt={"permission": OWN}, tags=TAGS)
    async def list_my_warnings(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[WarningBody]:
        """List your warnings. What was not like you, newest first."""
        found = await behaviour.warnings(user_id=caller_of(request).owner, before=cursor, limit=limit + 1)
        return page_of([warning_body(each) for each in found], limit)

    return list_my_warnings


def _answer(behaviour: Behaviour) -> HTTPRouteHandler:
    @post(
        "/v1/me/warnings/{warning_id:str}/answer",
        status_code=200,
        opt={"permission": OWN, REFUSES: [NoSuchWarning, AlreadyDisowned, AnswerUnproven]},
        tags=TAGS,
        responses={200: ResponseSpec(WarningBody, description="The warning with your answer")},
    )
    async def answer_warning(
        request: AnyRequest,
        warning_id: WarningId,
        data: JSONBody[AnswerWarningRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Answer a warning. If it was not you, all your sessions end and your money rests until it is cleared up; that it was, takes a fresh proof."""
        user = principal_of(request)
        command = AnswerWarning(
            warning_id=check_id(warning_id, prefix="wrn", field="warning_id"),
            user_id=user.owner,
            mine=data.mine,
            proven=user.is_proven,
        )
        call = a_call(
            request, "behaviour.answer_warning", idempotency_key, data, command, about=command.warning_id
        )
        return respond(await behaviour.answer(call, shown=_shown))

    return answer_warning


def _shown(warning: ActWarning) -> tuple[str, WarningBody]:
    return warning.id, warning_body(warning)


def _acts(behaviour: Behaviour) -> HTTPRouteHandler:
    @get("/v1/users/{user_id:str}/acts", opt={"permission": STAFF}, tags=TAGS)
    async def list_acts(
        user_id: UserId,
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        of_kind: WithKind = None,
        with_result: WithResult = None,
        from_place: WithPlace = None,
    ) -> Page[ActBody]:
        """List what a user did. Newest first; of addresses the network alone."""
        found = await behaviour.acts(
            check_id(user_id, prefix="usr", field="user_id"),
            kind=of_kind,
            result=with_result,
            place=from_place,
            before=cursor,
            limit=limit + 1,
        )
        return page_of([act_body(each, address=masked_address(each.address)) for each in found], limit)

    return list_acts


def _habits(behaviour: Behaviour) -> HTTPRouteHandler:
    @get("/v1/users/{user_id:str}/habits", opt={"permission": STAFF, REFUSES: [NoHabits]}, tags=TAGS)
    async def get_habits(user_id: UserId) -> HabitsBody:
        """Get a user's habits. What they usually do, as counted in the last night."""
        found = await behaviour.habits(check_id(user_id, prefix="usr", field="user_id"))
        if found is None:
            raise NoHabits("Nothing is counted of this user yet.", field="user_id")
        return habits_body(found)

    return get_habits


def _warnings(behaviour: Behaviour) -> HTTPRouteHandler:
    @get("/v1/warnings", opt={"permission": STAFF}, tags=TAGS)
    async def list_warnings(
        *, limit: Limit = 50, cursor: LastId = None, user_id: OfUser = None, with_follows: WithFollows = None
    ) -> Page[StaffWarningBody]:
        """List warnings. What was not like a user, of one or of all; newest first."""
        found = await behaviour.warnings(
            user_id=user_id, follows=with_follows, before=cursor, limit=limit + 1
        )
        return page_of([staff_warning_body(each) for each in found], limit)

    return list_warnings
