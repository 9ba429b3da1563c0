"""How did it go? Routes of deliveries and their attempts, and of sending again."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.webhooks.api import DeliveryFilter, Resend, ResendFailed, Webhooks
from tael.webhooks.errors import EndpointIsDisabled, NoSuchDelivery, NoSuchEndpoint
from tael.webhooks.http.forms import (
    READ,
    WRITE,
    AnyRequest,
    DeliveryId,
    EndpointId,
    OfEvent,
    WithState,
    call_about,
)
from tael.webhooks.schemas import (
    DeliveryBody,
    DeliveryDetailBody,
    NoParticulars,
    ResendFailedRequest,
    ResentBody,
    delivery_body,
    delivery_detail_body,
)


def delivery_routes(webhooks: Webhooks) -> list[HTTPRouteHandler]:
    """List deliveries, get one with its attempts, send again."""
    return [_list(webhooks), _get(webhooks), _resend(webhooks), _resend_failed(webhooks)]


def _list(webhooks: Webhooks) -> HTTPRouteHandler:
    @get(
        "/v1/webhook_endpoints/{endpoint_id:str}/deliveries",
        opt={"permission": READ, REFUSES: [NoSuchEndpoint]},
        tags=["Webhooks"],
    )
    async def list_webhook_deliveries(
        request: AnyRequest,
        endpoint_id: EndpointId,
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        in_state: WithState = None,
        event_id: OfEvent = None,
    ) -> Page[DeliveryBody]:
        """List deliveries to an endpoint. Newest first."""
        found = await webhooks.list_deliveries(
            DeliveryFilter(
                merchant_id=caller_of(request).owner,
                endpoint_id=check_id(endpoint_id, prefix="whe", field="endpoint_id"),
                before=id_in(cursor, prefix="whd"),
                state=in_state,
                event_id=event_id,
                limit=limit + 1,
            )
        )
        return page_of([delivery_body(each) for each in found], limit)

    return list_webhook_deliveries


def _get(webhooks: Webhooks) -> HTTPRouteHandler:
    @get(
        "/v1/webhook_deliveries/{delivery_id:str}",
        opt={"permission": READ, REFUSES: [NoSuchDelivery]},
        tags=["Webhooks"],
    )
    async def get_webhook_delivery(request: AnyRequest, delivery_id: DeliveryId) -> DeliveryDetailBody:
        """Get a delivery. With every attempt, and what your server answered."""
        delivery, attempts = await webhooks.get_delivery(
            check_id(delivery_id, prefix="whd", field="delivery_id"), merchant_id=caller_of(request).owner
        )
        return delivery_detail_body(delivery, attempts)

    return get_webhook_delivery


def _resend(webhooks: Webhooks) -> HTTPRouteHandler:
    @post(
        "/v1/webhook_deliveries/{delivery_id:str}/resend",
        status_code=200,
        opt={"permission": WRITE, REFUSES: [NoSuchDelivery, NoSuchEndpoint, EndpointIsDisabled]},
        tags=["Webhooks"],
        responses=answers(200, DeliveryBody, "The delivery, which waits to be sent"),
    )
    async def resend_webhook_delivery(
        request: AnyRequest,
        delivery_id: DeliveryId,
        data: JSONBody[NoParticulars],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Send a delivery again. Also one that arrived: with the same `webhook-id`, so that you know it again."""
        id = check_id(delivery_id, prefix="whd", field="delivery_id")
        call = call_about(
            request,
            action="webhooks.resend",
            key=idempotency_key,
            id=id,
            data=data,
            command=Resend(delivery_id=id, merchant_id=caller_of(request).owner),
        )
        return respond(await webhooks.answer(call, delivery_body, status=200))

    return resend_webhook_delivery


def _resend_failed(webhooks: Webhooks) -> HTTPRouteHandler:
    @post(
        "/v1/webhook_endpoints/{endpoint_id:str}/resend",
        status_code=200,
        opt={"permission": WRITE, REFUSES: [NoSuchEndpoint, EndpointIsDisabled]},
        tags=["Webhooks"],
        responses=answers(200, ResentBody, "How many wait to be sent"),
    )
    async def resend_failed_webhook_deliveries(
        request: AnyRequest,
        endpoint_id: EndpointId,
        data: JSONBody[ResendFailedRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Send again what was given up. All deliveries to an endpoint since a moment, 10,000 at a time."""
        id = check_id(endpoint_id, prefix="whe", field="endpoint_id")
        call = call_about(
            request,
            action="webhooks.resend_failed",
            key=idempotency_key,
            id=id,
            data=data,
            command=ResendFailed(endpoint_id=id, merchant_id=caller_of(request).owner, since=data.since),
        )
        return respond(await webhooks.answer(call, lambda count: ResentBody(resent=count), status=200))

    return resend_failed_webhook_deliveries
