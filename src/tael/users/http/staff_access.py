"""How do members of staff see with what a user comes in, and shut somebody else out?"""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.behaviour.api import masked_address
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.ids import check_id
from tael.identity.errors import NoSuchDevice
from tael.users.api import Access, Users
from tael.users.errors import NoSuchUser, UserClosed
from tael.users.http.requests import STAFF_TAG, AnyRequest, UserId, call_of
from tael.users.schemas.staff import (
    AccessBody,
    AccessDeviceBody,
    AccessSessionBody,
    EndedAccessBody,
    EndSessionsRequest,
    RevokeDeviceRequest,
)

READ, RESTRICT = "users.read", "users.restrict"


def access_routes(users: Users) -> list[HTTPRouteHandler]:
    """Look, end sessions, believe a device no longer."""
    return [_access(users), _end(users), _revoke(users)]


def _access(users: Users) -> HTTPRouteHandler:
    @get("/v1/users/{user_id:str}/access", opt={"permission": READ, REFUSES: [NoSuchUser]}, tags=[STAFF_TAG])
    async def get_user_access(user_id: UserId) -> AccessBody:
        """Get with what a user comes in. Sessions, devices, and which credentials there are."""
        return _body(await users.reads.access(check_id(user_id, prefix="usr", field="user_id")))

    return get_user_access


def _end(users: Users) -> HTTPRouteHandler:
    @post(
        "/v1/users/{user_id:str}/sessions/end",
        status_code=200,
        opt={"permission": RESTRICT, REFUSES: [NoSuchUser, UserClosed]},
        tags=[STAFF_TAG],
        responses=answers(200, EndedAccessBody, "How many have ended"),
    )
    async def end_user_sessions(
        request: AnyRequest,
        user_id: UserId,
        data: JSONBody[EndSessionsRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """End all sessions of a user. They are told, and sign in again."""
        id = check_id(user_id, prefix="usr", field="user_id")
        call = call_of(
            request, action="end_user_sessions", key=idempotency_key, about=id, command=data, user_id=id
        )
        return respond(await users.answer(call))

    return end_user_sessions


def _revoke(users: Users) -> HTTPRouteHandler:
    @post(
        "/v1/users/{user_id:str}/devices/revoke",
        status_code=200,
        opt={"permission": RESTRICT, REFUSES: [NoSuchUser, UserClosed, NoSuchDevice]},
        tags=[STAFF_TAG],
        responses=answers(200, EndedAccessBody, "How many sessions at it have ended"),
    )
    async def revoke_user_device(
        request: AnyRequest,
        user_id: UserId,
        data: JSONBody[RevokeDeviceRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Believe a device of a user no longer. Its sessions end; they are told."""
        id = check_id(user_id, prefix="usr", field="user_id")
        call = call_of(
            request, action="revoke_user_device", key=idempotency_key, about=id, command=data, user_id=id
        )
        return respond(await users.answer(call))

    return revoke_user_device


def _body(access: Access) -> AccessBody:
    return AccessBody(
        sessions=[
            AccessSessionBody(
                id=each.id,
                kind=each.kind,
                device=each.device,
                network=masked_address(each.address),
                created_at=each.created_at,
                last_seen_at=each.last_seen_at,
            )
            for each in access.sessions
        ],
        devices=[
            AccessDeviceBody(
                id=each.id,
                name=each.name,
                trusted=each.trusted_at is not None,
                first_seen_at=each.first_seen_at,
                last_seen_at=each.last_seen_at,
            )
            for each in access.devices
        ],
        passkeys=len(access.passkeys),
        has_payment_password=access.has_payment_password,
        has_authenticator=access.has_authenticator,
        recovery_codes_left=access.recovery_codes_left,
    )
