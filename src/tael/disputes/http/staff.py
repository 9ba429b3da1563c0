"""How do those who operate the platform look at disputes? At everybody's; answering is the merchant's own affair."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.disputes.api import Disputes, StaffDisputeFilter
from tael.disputes.errors import NoSuchDispute, NoSuchFile
from tael.disputes.http.own import DisputeId, FileId, WithState
from tael.disputes.schemas import StaffDisputeBody, StaffDisputeDetailBody, staff_body, staff_detail_body
from tael.foundation.http.downloads import BYTES, saved
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id

READ = "payments.read"
TAGS = ["Disputes"]
OfMerchant = Annotated[str | None, QueryParameter(description="Only those of this merchant")]


def dispute_staff_routes(disputes: Disputes) -> list[HTTPRouteHandler]:
    """Look at all disputes, those whose payment nobody knows among them."""
    return [_list(disputes), _get(disputes), _get_file(disputes)]


def _list(disputes: Disputes) -> HTTPRouteHandler:
    @get("/v1/disputes", opt={"permission": READ}, tags=TAGS)
    async def list_all_disputes(
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        dispute_state: WithState = None,
        merchant_id: OfMerchant = None,
    ) -> Page[StaffDisputeBody]:
        """List disputes. Of all merchants, newest first; also those whose payment nobody knows."""
        wanted = StaffDisputeFilter(
            before=id_in(cursor, prefix="dsp"),
            state=dispute_state,
            merchant_id=None
            if merchant_id is None
            else check_id(merchant_id, prefix="mer", field="merchant_id"),
            limit=limit + 1,
        )
        found = await disputes.everybodys(wanted)
        return page_of([staff_body(dispute) for dispute in found], limit)

    return list_all_disputes


def _get(disputes: Disputes) -> HTTPRouteHandler:
    @get("/v1/disputes/{dispute_id:str}", opt={"permission": READ, REFUSES: [NoSuchDispute]}, tags=TAGS)
    async def get_any_dispute(dispute_id: DisputeId) -> StaffDisputeDetailBody:
        """Get a dispute. With what the merchant says in it."""
        found = await disputes.get_any(check_id(dispute_id, prefix="dsp", field="dispute_id"))
        return staff_detail_body(found, await disputes.draft(found))

    return get_any_dispute


def _get_file(disputes: Disputes) -> HTTPRouteHandler:
    @get(
        "/v1/disputes/{dispute_id:str}/files/{file_id:str}/content",
        opt={"permission": READ, REFUSES: [NoSuchDispute, NoSuchFile]},
        tags=TAGS,
        responses=BYTES,
    )
    async def get_file_of_any_dispute(
        request: Request[Any, Any, Any], dispute_id: DisputeId, file_id: FileId
    ) -> Response[bytes]:
        """Get the bytes of a file of evidence. To be saved; the audit trail says who did."""
        dispute = await disputes.get_any(check_id(dispute_id, prefix="dsp", field="dispute_id"))
        named = check_id(file_id, prefix="file", field="file_id")
        file, content = await disputes.open_file(dispute, named, actor=caller_of(request).actor)
        return saved(content, id=file.id, name=file.name)

    return get_file_of_any_dispute
