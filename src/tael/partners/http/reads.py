"""How is a partner looked at? One, all of them, its history, and what was handed in."""

from operator import attrgetter
from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.http.downloads import BYTES, saved
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, LastNumber, Limit, Page, page_of
from tael.partners.api import Partners, PartnerView
from tael.partners.errors import NoSuchPartner, NoSuchRecord
from tael.partners.http.forms import (
    READ,
    ChannelName,
    RecordName,
    channel_in_path,
    id_in_path,
)
from tael.partners.model import (
    HistoryLine,
    Outlook,
    Partner,
    State,
)

WithState = Annotated[
    State | None, QueryParameter(name="state", description=f"Only those in: {', '.join(State)}")
]
What = Annotated[
    str | None,
    QueryParameter(pattern=r"^[a-z_.]{1,64}$(?!\n)", description="Only this verb: `partners.advance`"),
]


def read_routes(partners: Partners) -> list[HTTPRouteHandler]:
    """Partners, their history, the bytes of documents."""
    return [
        _list_partners(partners),
        _get_partner(partners),
        _get_outlook(partners),
        _list_history(partners),
        _get_content(partners),
    ]


def _list_partners(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partners", opt={"permission": READ}, tags=["Partners"])
    async def list_partners(
        *, limit: Limit = 50, cursor: LastId = None, in_state: WithState = None
    ) -> Page[Partner]:
        """List partners. By the names of their channels."""
        found = await partners.reads.partners(after=cursor, state=in_state, limit=limit + 1)
        return page_of(found, limit, key=attrgetter("channel"))

    return list_partners


def _get_partner(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partners/{channel:str}", opt={"permission": READ, REFUSES: [NoSuchPartner]}, tags=["Partners"])
    async def get_partner(channel: ChannelName) -> PartnerView:
        """Get a partner. With the steps that were begun, the list of each, and the papers that are missing."""
        return await partners.reads.partner(channel_in_path(channel), today=partners.today)

    return get_partner


def _get_outlook(partners: Partners) -> HTTPRouteHandler:
    @get(
        "/v1/partners/{channel:str}/outlook",
        opt={"permission": READ, REFUSES: [NoSuchPartner]},
        tags=["Partners"],
    )
    async def get_outlook(channel: ChannelName) -> Outlook:
        """Get what may be done with a partner now, and what is missing before its next state."""
        return await partners.outlook(channel_in_path(channel))

    return get_outlook


def _list_history(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partners/{channel:str}/history", opt={"permission": READ}, tags=["Partners"])
    async def list_history(
        channel: ChannelName, *, limit: Limit = 50, cursor: LastNumber = None, what: What = None
    ) -> Page[HistoryLine]:
        """List all that ever happened with a partner. Newest first; no line is ever changed."""
        found = await partners.reads.history(
            channel_in_path(channel), before=cursor, what=what, limit=limit + 1
        )
        return page_of(found, limit, key=attrgetter("seq"))

    return list_history


def _get_content(partners: Partners) -> HTTPRouteHandler:
    @get(
        "/v1/partnership/documents/{id:str}/content",
        opt={"permission": READ, REFUSES: [NoSuchRecord]},
        tags=["Partners"],
        responses=BYTES,
    )
    async def get_document_content(id: RecordName) -> Response[bytes]:
        """Get a document's bytes. Exactly as they were handed in, to be saved, never to be shown as a page."""
        document, content = await partners.reads.document(id_in_path(id))
        return saved(content, id=document.id)

    return get_document_content
