"""Where do a merchant's events go? Routes of endpoints."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.calls import Call
from tael.foundation.errors import Refusal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id, new_id
from tael.webhooks.api import (
    ChangeEndpoint,
    CreateEndpoint,
    RotateSecret,
    SendTest,
    SetEndpointState,
    Webhooks,
)
from tael.webhooks.errors import (
    AddressRefused,
    EndpointIsDisabled,
    EndpointMalformed,
    NoSuchEndpoint,
    TooManyEndpoints,
)
from tael.webhooks.http.forms import READ, WRITE, AnyRequest, EndpointId, call_about
from tael.webhooks.model import EndpointState
from tael.webhooks.schemas import (
    ChangeEndpointRequest,
    CreateEndpointRequest,
    EndpointBody,
    EndpointWithSecret,
    NoParticulars,
    RotateSecretRequest,
    TestSent,
    endpoint_body,
)

_TAGS = ["Webhooks"]
_ONE = "/v1/webhook_endpoints/{endpoint_id:str}"


def endpoint_routes(webhooks: Webhooks) -> list[HTTPRouteHandler]:
    """Look, create, change, enable, disable, remove, rotate the secret, test."""
    return [
        _list(webhooks),
        _get(webhooks),
        _create(webhooks),
        _change(webhooks),
        _rotate(webhooks),
        _test(webhooks),
        _set_state(webhooks, "enable", EndpointState.ENABLED),
        _set_state(webhooks, "disable", EndpointState.DISABLED),
        _set_state(webhooks, "remove", EndpointState.REMOVED),
    ]


def _list(webhooks: Webhooks) -> HTTPRouteHandler:
    @get("/v1/webhook_endpoints", opt={"permission": READ}, tags=_TAGS)
    async def list_webhook_endpoints(
        request: AnyRequest, *, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[EndpointBody]:
        """List endpoints. Newest first."""
        found = await webhooks.list_endpoints(
            caller_of(request).owner, before=id_in(cursor, prefix="whe"), limit=limit + 1
        )
        return page_of([endpoint_body(each) for each in found], limit)

    return list_webhook_endpoints


def _get(webhooks: Webhooks) -> HTTPRouteHandler:
    @get(_ONE, opt={"permission": READ, REFUSES: [NoSuchEndpoint]}, tags=_TAGS)
    async def get_webhook_endpoint(request: AnyRequest, endpoint_id: EndpointId) -> EndpointBody:
        """Get an endpoint. Without its secret."""
        found = await webhooks.get_endpoint(_id(endpoint_id), merchant_id=caller_of(request).owner)
        return endpoint_body(found)

    return get_webhook_endpoint


def _create(webhooks: Webhooks) -> HTTPRouteHandler:
    @post(
        "/v1/webhook_endpoints",
        opt={"permission": WRITE, REFUSES: [AddressRefused, EndpointMalformed, TooManyEndpoints]},
        tags=_TAGS,
        responses=answers(201, EndpointWithSecret, "The endpoint, with its secret"),
    )
    async def create_webhook_endpoint(
        request: AnyRequest, data: JSONBody[CreateEndpointRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Create an endpoint. Its secret is in this answer and in no other."""
        caller = caller_of(request)
        call = Call(
            caller=caller,
            action="webhooks.create_endpoint",
            key=idempotency_key,
            request=data,
            command=CreateEndpoint(
                endpoint_id=new_id("whe"),
                merchant_id=caller.owner,
                url=data.url,
                events=data.events,
                description=data.description,
                ordered=data.ordered,
            ),
        )
        return respond(await webhooks.answer_with_secret(call, status=201))

    return create_webhook_endpoint


def _change(webhooks: Webhooks) -> HTTPRouteHandler:
    @post(
        f"{_ONE}/change",
        status_code=200,
        opt={"permission": WRITE, REFUSES: [NoSuchEndpoint, AddressRefused, EndpointMalformed]},
        tags=_TAGS,
        responses=answers(200, EndpointBody, "The endpoint as it is afterwards"),
    )
    async def change_webhook_endpoint(
        request: AnyRequest,
        endpoint_id: EndpointId,
        data: JSONBody[ChangeEndpointRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Change an endpoint. What you do not name stays as it is."""
        command = ChangeEndpoint(
            endpoint_id=_id(endpoint_id),
            merchant_id=caller_of(request).owner,
            url=data.url,
            events=data.events,
            description=data.description,
            ordered=data.ordered,
        )
        call = _call(request, "webhooks.change_endpoint", idempotency_key, data, command)
        return respond(await webhooks.answer(call, endpoint_body, status=200))

    return change_webhook_endpoint


def _rotate(webhooks: Webhooks) -> HTTPRouteHandler:
    @post(
        f"{_ONE}/rotate_secret",
        status_code=200,
        opt={"permission": WRITE, REFUSES: [NoSuchEndpoint]},
        tags=_TAGS,
        responses=answers(200, EndpointWithSecret, "The endpoint, with its new secret"),
    )
    async def rotate_webhook_secret(
        request: AnyRequest,
        endpoint_id: EndpointId,
        data: JSONBody[RotateSecretRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Rotate an endpoint's secret. For a while both sign, so that you can change yours without missing anything."""
        command = RotateSecret(
            endpoint_id=_id(endpoint_id),
            merchant_id=caller_of(request).owner,
            overlap_seconds=data.overlap_seconds,
        )
        call = _call(request, "webhooks.rotate_secret", idempotency_key, data, command)
        return respond(await webhooks.answer_with_secret(call, status=200))

    return rotate_webhook_secret


def _test(webhooks: Webhooks) -> HTTPRouteHandler:
    @post(
        f"{_ONE}/test",
        status_code=200,
        opt={"permission": WRITE, REFUSES: [NoSuchEndpoint, EndpointIsDisabled]},
        tags=_TAGS,
        responses=answers(200, TestSent, "The delivery of the test event"),
    )
    async def test_webhook_endpoint(
        request: AnyRequest,
        endpoint_id: EndpointId,
        data: JSONBody[NoParticulars],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Send a test event. To this endpoint alone; look at the delivery to see how it went."""
        command = SendTest(endpoint_id=_id(endpoint_id), merchant_id=caller_of(request).owner)
        call = _call(request, "webhooks.test_endpoint", idempotency_key, data, command)
        return respond(await webhooks.answer(call, lambda id: TestSent(delivery_id=id), status=200))

    return test_webhook_endpoint


_SAID = {
    "enable": "Enable an endpoint. Events that happen from now on are sent to it.",
    "disable": "Disable an endpoint. What still waits for it is given up, and can be sent again later.",
    "remove": "Remove an endpoint. It is forgotten, and so is its secret.",
}


def _set_state(webhooks: Webhooks, verb: str, state: EndpointState) -> HTTPRouteHandler:
    async def set_webhook_endpoint_state(
        request: AnyRequest,
        endpoint_id: EndpointId,
        data: JSONBody[NoParticulars],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        command = SetEndpointState(
            endpoint_id=_id(endpoint_id), merchant_id=caller_of(request).owner, state=state
        )
        call = _call(request, f"webhooks.{verb}_endpoint", idempotency_key, data, command)
        return respond(await webhooks.answer(call, endpoint_body, status=200))

    set_webhook_endpoint_state.__name__ = f"{verb}_webhook_endpoint"
    set_webhook_endpoint_state.__doc__ = _SAID[verb]
    refuses: list[type[Refusal]] = [NoSuchEndpoint]
    return post(
        f"{_ONE}/{verb}",
        status_code=200,
        opt={"permission": WRITE, REFUSES: refuses},
        tags=_TAGS,
        responses=answers(200, EndpointBody, "The endpoint as it is afterwards"),
    )(set_webhook_endpoint_state)


def _id(endpoint_id: str) -> str:
    return check_id(endpoint_id, prefix="whe", field="endpoint_id")


def _call(
    request: AnyRequest,
    action: str,
    key: str,
    data: msgspec.Struct,
    command: ChangeEndpoint | RotateSecret | SendTest | SetEndpointState,
) -> Call[Any]:
    return call_about(request, action=action, key=key, id=command.endpoint_id, data=data, command=command)
