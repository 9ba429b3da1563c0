"""What was a merchant told, and how did it arrive? The log of events; a delivery with its attempts; sending it again."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.web.portal.acting import action, done, page, read_form, show
from tael.web.portal.affairs import owner_of
from tael.web.portal.behind import Behind
from tael.web.portal.webhooks import TONES, Done, On
from tael.web.ui.acting import call, settled
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.webhooks.api import EVENT_TYPES, EventFilter, Resend, message
from tael.webhooks.errors import NoSuchEvent
from tael.webhooks.model import LoggedEvent

HOME = "/portal/events"
DELIVERIES = "/portal/webhook-deliveries"
ROWS = 25
_EXCERPT = 4_096

OfType = Annotated[
    str, QueryParameter(name="type", pattern=r"^[a-z_.]{0,64}$(?!\n)", description="Only of this type")
]
About = Annotated[
    str,
    QueryParameter(name="about", pattern=r"^[a-z0-9_]{0,40}$(?!\n)", description="Only about this object"),
]
Before = Annotated[
    str, QueryParameter(pattern=r"^(evt_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]


def event_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The log, one event, one delivery."""
    return [*_log(behind), *_delivering(behind)]


def _log(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission="events.read")
    async def show_events(
        *, request: PageRequest, event_type: OfType = "", about: About = "", before: Before = ""
    ) -> Response[bytes]:
        found = await behind.webhooks.list_events(
            EventFilter(
                merchant_id=owner_of(request),
                before=before or None,
                type=event_type or None,
                object_id=about or None,
                limit=ROWS + 1,
            )
        )
        asked = {name: text for name, text in (("type", event_type), ("about", about)) if text}
        return await show(
            behind,
            request,
            "portal/events.html",
            here="events",
            events=found[:ROWS],
            types=EVENT_TYPES,
            asked=asked,
            older=urlencode(asked | {"before": found[ROWS - 1].id}) if len(found) > ROWS else "",
            newest=bool(before),
        )

    @page(f"{HOME}/{{event_id:str}}", permission="events.read")
    async def show_event(request: PageRequest, event_id: FromPath[str]) -> Response[bytes]:
        about = check_id(event_id, prefix="evt", field="event_id")
        event = await behind.webhooks.get_event(about, merchant_id=owner_of(request))
        return await show(
            behind, request, "portal/event.html", here="events", event=event, text=text_of(event)
        )

    return [show_events, show_event]


def _delivering(behind: Behind) -> list[HTTPRouteHandler]:
    at = f"{DELIVERIES}/{{delivery_id:str}}"

    @page(at, permission="webhooks.read")
    async def show_delivery(request: PageRequest, delivery_id: FromPath[str]) -> Response[bytes]:
        return await _page_of(behind, request, delivery_id, Form())

    @action(f"{at}/resend", permission="webhooks.write")
    async def resend(request: PageRequest, delivery_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        about = check_id(delivery_id, prefix="whd", field="delivery_id")
        command = Resend(delivery_id=about, merchant_id=owner_of(request))
        try:
            asked = call(request, form, "webhooks.resend", On(about), command)
            settled(await behind.webhooks.answer(asked, lambda _: Done("resent"), status=200))
        except Refusal as refusal:
            return await _page_of(behind, request, delivery_id, form.refused(refusal))
        return done(request, f"{DELIVERIES}/{about}", "resent")

    return [show_delivery, resend]


def text_of(event: LoggedEvent) -> str:
    """An event as it is sent, in lines."""
    return msgspec.json.format(message(event), indent=2).decode()


async def _page_of(behind: Behind, request: PageRequest, delivery_id: str, form: Form) -> Response[bytes]:
    owner = owner_of(request)
    delivery, attempts = await behind.webhooks.get_delivery(
        check_id(delivery_id, prefix="whd", field="delivery_id"), merchant_id=owner
    )
    try:
        text = text_of(await behind.webhooks.get_event(delivery.event_id, merchant_id=owner))
    except NoSuchEvent:
        text = ""
    return await show(
        behind,
        request,
        "portal/delivery.html",
        here="webhooks",
        form=form,
        delivery=delivery,
        endpoint=await behind.webhooks.get_endpoint(delivery.endpoint_id, merchant_id=owner),
        attempts=[(each, each.body[:_EXCERPT].decode(errors="replace")) for each in reversed(attempts)],
        tones=TONES,
        text=text,
        waits=delivery.ended_at is None,
    )
