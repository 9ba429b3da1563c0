"""How does a merchant take lists out? It asks for a file, looks how far it is, and fetches it."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter
from litestar.response import Stream

from tael.exports.api import CancelExport, CreateExport, Exports
from tael.exports.errors import ExportMalformed, ExportNotReady, NoSuchExport, TooManyExports
from tael.exports.model import ExportFilter, ExportFormat
from tael.exports.schemas import (
    CancelExportRequest,
    CreateExportRequest,
    ExportBody,
    OnExport,
    export_body,
)
from tael.foundation.calls import Call
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.permissions import Principal, caller_of
from tael.foundation.ids import check_id

READ, WRITE = "exports.read", "exports.write"
TAGS = ["Exports"]
AnyRequest = Request[Any, Any, Any]
ExportId = Annotated[str, PathParameter(description="`exp_` and 26 characters, as the API gave it")]
_MEDIA = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export_routes(exports: Exports) -> list[HTTPRouteHandler]:
    """Every route about exports."""
    return [_create(exports), _list(exports), _get(exports), _cancel(exports), _file(exports)]


def _create(exports: Exports) -> HTTPRouteHandler:
    @post(
        "/v1/exports",
        opt={"permission": WRITE, REFUSES: [ExportMalformed, TooManyExports]},
        tags=TAGS,
        status_code=202,
        responses={202: ResponseSpec(ExportBody, description="The export", generate_examples=False)},
    )
    async def create_export(
        request: AnyRequest, data: JSONBody[CreateExportRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Create an export. It is written by and by; it needs the permission to read such lists, too."""
        principal: Principal = request.scope["user"]
        command = CreateExport(
            merchant_id=principal.owner,
            actor=principal.actor,
            permissions=principal.permissions,
            kind=data.kind,
            format=data.format,
            filters=data.filters,
            columns=data.columns,
            time_zone=data.time_zone,
        )
        call = Call(
            caller=caller_of(request),
            action="exports.create",
            key=idempotency_key,
            request=data,
            command=command,
        )
        return respond(await exports.create(call))

    return create_export


def _list(exports: Exports) -> HTTPRouteHandler:
    @get("/v1/exports", opt={"permission": READ}, tags=TAGS)
    async def list_exports(
        request: AnyRequest, *, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[ExportBody]:
        """List exports. Newest first; send `next_cursor` as `cursor` for the next page."""
        wanted = ExportFilter(
            merchant_id=caller_of(request).owner,
            before=id_in(cursor, prefix="exp"),
            limit=limit + 1,
        )
        found = await exports.list(wanted)
        return page_of([export_body(export) for export in found], limit)

    return list_exports


def _get(exports: Exports) -> HTTPRouteHandler:
    @get("/v1/exports/{export_id:str}", opt={"permission": READ, REFUSES: [NoSuchExport]}, tags=TAGS)
    async def get_export(request: AnyRequest, export_id: ExportId) -> ExportBody:
        """Get an export. To see how far it is."""
        export_id = check_id(export_id, prefix="exp", field="export_id")
        return export_body(await exports.get(export_id, merchant_id=caller_of(request).owner))

    return get_export


def _cancel(exports: Exports) -> HTTPRouteHandler:
    @post(
        "/v1/exports/{export_id:str}/cancel",
        opt={"permission": WRITE, REFUSES: [NoSuchExport]},
        tags=TAGS,
        status_code=200,
        responses={200: ResponseSpec(ExportBody, description="The export", generate_examples=False)},
    )
    async def cancel_export(
        request: AnyRequest,
        export_id: ExportId,
        data: JSONBody[CancelExportRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Cancel an export. One that has ended stays as it is."""
        export_id = check_id(export_id, prefix="exp", field="export_id")
        call = Call(
            caller=caller_of(request),
            action="exports.cancel",
            key=idempotency_key,
            request=OnExport(export_id=export_id, request=data),
            command=CancelExport(merchant_id=caller_of(request).owner, export_id=export_id),
        )
        return respond(await exports.cancel(call))

    return cancel_export


def _file(exports: Exports) -> HTTPRouteHandler:
    @get(
        "/v1/exports/{export_id:str}/file",
        opt={"permission": READ, REFUSES: [NoSuchExport, ExportNotReady]},
        tags=TAGS,
        responses={200: ResponseSpec(str, media_type="text/csv", description="The file")},
    )
    async def get_export_file(request: AnyRequest, export_id: ExportId) -> Stream:
        """Get the file of an export. As long as it is kept, with the permission to read such lists."""
        export_id = check_id(export_id, prefix="exp", field="export_id")
        principal: Principal = request.scope["user"]
        export = await exports.get(export_id, merchant_id=principal.owner)
        content = exports.read(export, permissions=principal.permissions)
        name = f"{export.kind}-{export.created_at:%Y%m%d-%H%M%S}.{export.format}"
        return Stream(
            content,
            media_type=_MEDIA[export.format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return get_export_file
