"""How does a merchant ask many payers with one address? Payment links: make, look, switch."""

from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.checkout.api import Links, Switch
from tael.checkout.errors import CheckoutMalformed, NoSuchLink
from tael.checkout.http.forms import READ, WRITE, AnyRequest, IsActive, LinkId, fetch_page
from tael.checkout.schemas import CreateLinkRequest, LinkBody, SwitchRequest
from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.merchants.errors import NoSuchMerchantRecord, NotFromThisState

_TAGS = ["Payment links"]


def link_routes(links: Links) -> list[HTTPRouteHandler]:
    """Make, look, switch."""
    return [_create(links), _get(links), _list(links), _switch(links)]


def _create(links: Links) -> HTTPRouteHandler:
    @post(
        "/v1/payment_links",
        opt={"permission": WRITE, REFUSES: [CheckoutMalformed, NoSuchMerchantRecord, NotFromThisState]},
        tags=_TAGS,
        responses=answers(201, LinkBody, "The link"),
    )
    async def create_payment_link(
        request: AnyRequest, data: JSONBody[CreateLinkRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Create a payment link. Whoever opens its `url` can pay with it."""
        link = links.drawn_up(data, merchant_id=caller_of(request).owner)
        return respond(
            await links.create(a_call(request, "checkout.create_link", idempotency_key, data, link))
        )

    return create_payment_link


def _get(links: Links) -> HTTPRouteHandler:
    @get("/v1/payment_links/{link_id:str}", opt={"permission": READ, REFUSES: [NoSuchLink]}, tags=_TAGS)
    async def get_payment_link(request: AnyRequest, link_id: LinkId) -> LinkBody:
        """Get a payment link. With how often it was used."""
        return links.body(await links.get(_checked(link_id), merchant_id=caller_of(request).owner))

    return get_payment_link


def _list(links: Links) -> HTTPRouteHandler:
    @get("/v1/payment_links", opt={"permission": READ}, tags=_TAGS)
    async def list_payment_links(
        request: AnyRequest, *, active: IsActive = None, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[LinkBody]:
        """List payment links. Newest first; send `next_cursor` as `cursor` for the next page."""
        fetch = partial(links.page, caller_of(request).owner, active=active)
        return await fetch_page(fetch, links.body, limit=limit, cursor=cursor, prefix="lnk")

    return list_payment_links


def _switch(links: Links) -> HTTPRouteHandler:
    @post(
        "/v1/payment_links/{link_id:str}/switch",
        opt={"permission": WRITE, REFUSES: [NoSuchLink]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, LinkBody, "The link as it is now"),
    )
    async def switch_payment_link(
        request: AnyRequest,
        link_id: LinkId,
        data: JSONBody[SwitchRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Switch a payment link on or off. Whoever is paying with it can still finish."""
        command = Switch(id=_checked(link_id), merchant_id=caller_of(request).owner, active=data.active)
        call = a_call(request, "checkout.switch_link", idempotency_key, data, command, about=link_id)
        return respond(await links.switch(call))

    return switch_payment_link


def _checked(link_id: str) -> str:
    return check_id(link_id, prefix="lnk", field="link_id")
