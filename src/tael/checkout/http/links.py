"""How does a merchant ask many payers with one address? Payment links: make, look, switch."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.checkout.api import Links, SwitchLink
from tael.checkout.errors import CheckoutMalformed, NoSuchLink
from tael.checkout.http.forms import READ, WRITE, AnyRequest, LinkId, a_call, answers, before, short_code
from tael.checkout.model import Link
from tael.checkout.schemas import CreateLinkRequest, LinkBody, SwitchRequest, link_body
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id, new_id
from tael.merchants.errors import NoSuchMerchantRecord, NotFromThisState

_TAGS = ["Payment links"]


def link_routes(links: Links, clock: Clock, settings: Settings) -> list[HTTPRouteHandler]:
    """Make, look, switch."""
    return [_create(links, clock), _get(links, settings), _list(links, settings), _switch(links)]


def _create(links: Links, clock: Clock) -> HTTPRouteHandler:
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
        caller = caller_of(request)
        link = Link(
            id=new_id("lnk"),
            merchant_id=caller.owner,
            code=short_code(),
            open_count=0,
            paid_count=0,
            active=True,
            created_at=clock.now(),
            **msgspec.structs.asdict(data),
        )
        return respond(
            await links.create(a_call(caller, "checkout.create_link", idempotency_key, data, link))
        )

    return create_payment_link


def _get(links: Links, settings: Settings) -> HTTPRouteHandler:
    @get("/v1/payment_links/{link_id:str}", opt={"permission": READ, REFUSES: [NoSuchLink]}, tags=_TAGS)
    async def get_payment_link(request: AnyRequest, link_id: LinkId) -> LinkBody:
        """Get a payment link. With how often it was used."""
        found = await links.get(_checked(link_id), merchant_id=caller_of(request).owner)
        return link_body(found, public_url=settings.public_url)

    return get_payment_link


def _list(links: Links, settings: Settings) -> HTTPRouteHandler:
    @get("/v1/payment_links", opt={"permission": READ}, tags=_TAGS)
    async def list_payment_links(
        request: AnyRequest, *, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[LinkBody]:
        """List payment links. Newest first; send `next_cursor` as `cursor` for the next page."""
        found = await links.page(
            caller_of(request).owner, before=before(cursor, prefix="lnk"), limit=limit + 1
        )
        items = [link_body(each, public_url=settings.public_url) for each in found[:limit]]
        return Page(items=items, next_cursor=items[-1].id if len(found) > limit else None)

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
        caller = caller_of(request)
        command = SwitchLink(link_id=_checked(link_id), merchant_id=caller.owner, active=data.active)
        return respond(
            await links.switch(
                a_call(caller, "checkout.switch_link", idempotency_key, data, command, about=link_id)
            )
        )

    return switch_payment_link


def _checked(link_id: str) -> str:
    return check_id(link_id, prefix="lnk", field="link_id")
