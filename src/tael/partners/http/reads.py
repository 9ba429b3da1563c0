"""How is a partner looked at? One, its history and papers, and lists, newest first."""

from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Limit, Page
from tael.partners.api import Partners, PartnerView
from tael.partners.errors import NoSuchPartner, NoSuchRecord
from tael.partners.http.forms import (
    READ,
    After,
    AfterNumber,
    ChannelName,
    OfChannel,
    RecordName,
    channel_in_path,
    id_in_path,
    moment_in_query,
    page_of,
)
from tael.partners.model import (
    Acceptance,
    Document,
    DocumentKind,
    FeeTable,
    HistoryLine,
    Partner,
    State,
    Window,
)

WithState = Annotated[
    State | None, QueryParameter(name="state", description=f"Only those in: {', '.join(State)}")
]
OfKind = Annotated[
    DocumentKind | None, QueryParameter(name="kind", description=f"Only: {', '.join(DocumentKind)}")
]
What = Annotated[
    str | None,
    QueryParameter(pattern=r"^[a-z_.]{1,64}$(?!\n)", description="Only this verb: `partners.advance`"),
]
EndsAfter = Annotated[
    str | None,
    QueryParameter(
        format="date-time", description="Only what holds then or later, such as 2026-03-01T00:00:00Z"
    ),
]


def read_routes(partners: Partners) -> list[HTTPRouteHandler]:
    """Partners, history, documents, acceptances, fee tables, windows."""
    return [
        _list_partners(partners),
        _get_partner(partners),
        _list_history(partners),
        _list_documents(partners),
        _get_content(partners),
        _list_acceptances(partners),
        _list_fee_tables(partners),
        _list_windows(partners),
    ]


def _list_partners(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partners", opt={"permission": READ}, tags=["Partners"])
    async def list_partners(
        *, limit: Limit = 50, cursor: After = None, in_state: WithState = None
    ) -> Page[Partner]:
        """List partners. By the names of their channels."""
        found = await partners.reads.partners(after=cursor, state=in_state, limit=limit + 1)
        return page_of(found, limit, lambda each: each.channel)

    return list_partners


def _get_partner(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partners/{channel:str}", opt={"permission": READ, REFUSES: [NoSuchPartner]}, tags=["Partners"])
    async def get_partner(channel: ChannelName) -> PartnerView:
        """Get a partner. With the steps that were begun, the list of each, and the papers that are missing."""
        return await partners.reads.partner(channel_in_path(channel), today=partners.today)

    return get_partner


def _list_history(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partners/{channel:str}/history", opt={"permission": READ}, tags=["Partners"])
    async def list_history(
        channel: ChannelName, *, limit: Limit = 50, cursor: AfterNumber = None, what: What = None
    ) -> Page[HistoryLine]:
        """List all that ever happened with a partner. Newest first; no line is ever changed."""
        found = await partners.reads.history(
            channel_in_path(channel), before=cursor, what=what, limit=limit + 1
        )
        return page_of(found, limit, lambda each: each.seq)

    return list_history


def _list_documents(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/documents", opt={"permission": READ}, tags=["Partners"])
    async def list_documents(
        *, limit: Limit = 50, cursor: After = None, channel: OfChannel = None, kind: OfKind = None
    ) -> Page[Document]:
        """List documents. Newest first, without their bytes."""
        found = await partners.reads.documents(channel=channel, kind=kind, before=cursor, limit=limit + 1)
        return page_of(found, limit, lambda each: each.id)

    return list_documents


def _get_content(partners: Partners) -> HTTPRouteHandler:
    @get(
        "/v1/partnership/documents/{id:str}/content",
        opt={"permission": READ, REFUSES: [NoSuchRecord]},
        tags=["Partners"],
        responses={
            200: ResponseSpec(
                str, description="The bytes", media_type="application/octet-stream", generate_examples=False
            )
        },
    )
    async def get_document_content(id: RecordName) -> Response[bytes]:
        """Get a document's bytes. Exactly as they were handed in, to be saved, never to be shown as a page."""
        document, content = await partners.reads.document(id_in_path(id))
        return Response(
            content,
            media_type="application/octet-stream",
            headers={
                "content-disposition": f'attachment; filename="{document.id}"',
                "content-security-policy": "sandbox",
            },
        )

    return get_document_content


def _list_acceptances(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/acceptances", opt={"permission": READ}, tags=["Partners"])
    async def list_acceptances(
        *, limit: Limit = 50, cursor: After = None, channel: OfChannel = None
    ) -> Page[Acceptance]:
        """List reports of the acceptance kit. Newest first; the report itself is a document."""
        found = await partners.reads.acceptances(channel=channel, before=cursor, limit=limit + 1)
        return page_of(found, limit, lambda each: each.id)

    return list_acceptances


def _list_fee_tables(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/fee_tables", opt={"permission": READ}, tags=["Partners"])
    async def list_fee_tables(
        *, limit: Limit = 50, cursor: After = None, channel: OfChannel = None
    ) -> Page[FeeTable]:
        """List fee tables. Newest first, those of the past as well."""
        found = await partners.reads.fee_tables(channel=channel, before=cursor, limit=limit + 1)
        return page_of(found, limit, lambda each: each.id)

    return list_fee_tables


def _list_windows(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/windows", opt={"permission": READ}, tags=["Partners"])
    async def list_windows(
        *,
        limit: Limit = 50,
        cursor: After = None,
        channel: OfChannel = None,
        ends_after: EndsAfter = None,
    ) -> Page[Window]:
        """List maintenance windows. Newest first."""
        found = await partners.reads.windows(
            channel=channel,
            ends_after=moment_in_query(ends_after, field="ends_after"),
            before=cursor,
            limit=limit + 1,
        )
        return page_of(found, limit, lambda each: each.id)

    return list_windows
