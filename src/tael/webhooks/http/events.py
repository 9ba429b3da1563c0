"""What has a merchant been told? Routes of the log of events."""

from litestar import get
from litestar.handlers import HTTPRouteHandler

from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.parameters import read_moment
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.webhooks.api import EventFilter, Webhooks
from tael.webhooks.errors import NoSuchEvent
from tael.webhooks.http.forms import (
    READ_EVENTS,
    AboutObject,
    AnyRequest,
    CreatedBefore,
    CreatedFrom,
    EventId,
    OfType,
)
from tael.webhooks.schemas import EventBody, event_body


def event_routes(webhooks: Webhooks) -> list[HTTPRouteHandler]:
    """List events, get one."""
    return [_list(webhooks), _get(webhooks)]


def _list(webhooks: Webhooks) -> HTTPRouteHandler:
    @get("/v1/events", opt={"permission": READ_EVENTS}, tags=["Events"])
    async def list_events(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        event_type: OfType = None,
        object_id: AboutObject = None,
        created_from: CreatedFrom = None,
        created_before: CreatedBefore = None,
    ) -> Page[EventBody]:
        """List events. Newest first, whether or not an endpoint wanted them; the log goes back 30 days or more."""
        kind = event_type.removesuffix(".*") if event_type and event_type.endswith(".*") else None
        found = await webhooks.list_events(
            EventFilter(
                merchant_id=caller_of(request).owner,
                before=id_in(cursor, prefix="evt"),
                type=None if kind else event_type,
                kind=kind,
                object_id=object_id,
                created_from=read_moment(created_from, field="created_from"),
                created_before=read_moment(created_before, field="created_before"),
                limit=limit + 1,
            )
        )
        return page_of([event_body(each) for each in found], limit)

    return list_events


def _get(webhooks: Webhooks) -> HTTPRouteHandler:
    @get(
        "/v1/events/{event_id:str}", opt={"permission": READ_EVENTS, REFUSES: [NoSuchEvent]}, tags=["Events"]
    )
    async def get_event(request: AnyRequest, event_id: EventId) -> EventBody:
        """Get an event. As it was sent."""
        found = await webhooks.get_event(
            check_id(event_id, prefix="evt", field="event_id"), merchant_id=caller_of(request).owner
        )
        return event_body(found)

    return get_event
