"""Where am I signed in, and from which devices did I come? Sessions and devices, and their end."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from tael.foundation.db import Transaction
from tael.foundation.http.calls import IdempotencyKey
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Page
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.identity.errors import NoSuchDevice, NoSuchSession
from tael.identity.http.asking import (
    LOOK,
    MANAGE,
    TAGS,
    AnyRequest,
    Desk,
    Said,
    Work,
    nothing,
    present_of,
    visitor_of,
)
from tael.identity.schemas import (
    DeviceBody,
    EndedBody,
    NothingMore,
    UserSessionBody,
    device_body,
    session_body,
)

SessionId = Annotated[str, PathParameter(description="`ses_` and 26 characters, as the API gave it")]
DeviceId = Annotated[str, PathParameter(description="`dev_` and 26 characters, as the API gave it")]


def place_routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Sessions and devices."""
    return [*_looks(desk), _end(desk), _end_others(desk), _revoke(desk)]


def _looks(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/v1/me/sessions", opt={"permission": LOOK}, tags=TAGS)
    async def list_my_sessions(request: AnyRequest) -> Page[UserSessionBody]:
        """List your sessions. Where you are signed in, the last seen first; a hundred at most."""
        here = present_of(request)
        found = await desk.identity.sessions(here.login.id)
        return Page(items=[session_body(each, here=here.session) for each in found], next_cursor=None)

    @get("/v1/me/devices", opt={"permission": LOOK}, tags=TAGS)
    async def list_my_devices(request: AnyRequest) -> Page[DeviceBody]:
        """List your devices. Where you have shown more than your password, the last seen first; a hundred at most."""
        here = present_of(request)
        found = await desk.identity.devices(here.login.id)
        return Page(items=[device_body(each, here=here.session) for each in found], next_cursor=None)

    return [list_my_sessions, list_my_devices]


def _end(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/sessions/{session_id:str}/end",
        status_code=200,
        opt={"permission": LOOK, REFUSES: [NoSuchSession]},
        tags=TAGS,
        responses=answers(200, EndedBody, "What has ended"),
    )
    async def end_my_session(
        request: AnyRequest,
        session_id: SessionId,
        data: JSONBody[NothingMore],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """End a session. Also this one: that is how you sign out."""
        id, login_id = check_id(session_id, prefix="ses", field="session_id"), present_of(request).login.id

        async def act(tx: Transaction, _: None) -> tuple[str, EndedBody]:
            await desk.identity.end_session_of(tx, login_id, id, visitor_of(request))
            return id, EndedBody(id=id, ended=1)

        work = Work(action="end_session", said=Said(id, data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work)

    return end_my_session


def _end_others(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/sessions/end_others",
        status_code=200,
        opt={"permission": LOOK},
        tags=TAGS,
        responses=answers(200, EndedBody, "How many have ended"),
    )
    async def end_my_other_sessions(
        request: AnyRequest, data: JSONBody[NothingMore], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """End all your sessions but this one."""
        here, owner = present_of(request), caller_of(request).owner

        async def act(tx: Transaction, _: None) -> tuple[str, EndedBody]:
            ended = await desk.identity.end_all_sessions(
                tx,
                here.login.id,
                but=here.session.id,
                because="ended_from_another",
                visitor=visitor_of(request),
            )
            return owner, EndedBody(id=owner, ended=ended)

        work = Work(action="end_other_sessions", said=Said(here.session.id, data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work)

    return end_my_other_sessions


def _revoke(desk: Desk) -> HTTPRouteHandler:
    @post(
        "/v1/me/devices/{device_id:str}/revoke",
        status_code=200,
        opt={"permission": MANAGE, REFUSES: [NoSuchDevice]},
        tags=TAGS,
        responses=answers(200, EndedBody, "What is not believed any more, and how many sessions have ended"),
    )
    async def revoke_my_device(
        request: AnyRequest,
        device_id: DeviceId,
        data: JSONBody[NothingMore],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Revoke a device. Its sessions end, and with your password it has to show one thing more again."""
        id, login_id = check_id(device_id, prefix="dev", field="device_id"), present_of(request).login.id

        async def act(tx: Transaction, _: None) -> tuple[str, EndedBody]:
            ended = await desk.identity.revoke_device(tx, login_id, id, visitor_of(request))
            return id, EndedBody(id=id, ended=ended)

        work = Work(action="revoke_device", said=Said(id, data), ready=nothing, act=act)
        return await desk.respond(request, idempotency_key, work)

    return revoke_my_device
