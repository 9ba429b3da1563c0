"""What do payers dispute, of all merchants? A list, each of them, and the files in them. Merchants answer by themselves."""

from typing import Annotated

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from tael.disputes.api import StaffDisputeFilter
from tael.disputes.model import DisputeState
from tael.foundation.http.downloads import saved
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.web.console.acting import page, show, who
from tael.web.console.behind import Behind
from tael.web.ui.pages import PageRequest

READ = "payments.read"
HOME = "/console/disputes"
ROWS = 50
TONES = {
    DisputeState.NEEDS_RESPONSE: "warning",
    DisputeState.WON: "good",
    DisputeState.LOST: "danger",
    DisputeState.ACCEPTED: "danger",
}

InState = Annotated[
    str, QueryParameter(name="state", pattern=r"^[a-z_]{0,32}$(?!\n)", description="Only in it")
]
Before = Annotated[
    str, QueryParameter(pattern=r"^(dsp_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]


def dispute_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """A list, one of them, a file."""
    return [_list(behind), _one(behind), _file(behind)]


def _list(behind: Behind) -> HTTPRouteHandler:
    @page(HOME, permission=READ)
    async def show_disputes(
        *, request: PageRequest, in_state: InState = "", before: Before = ""
    ) -> Response[bytes]:
        state = DisputeState(in_state) if in_state in set(DisputeState) else None
        wanted = StaffDisputeFilter(state=state, before=before or None, limit=ROWS + 1)
        found = await behind.disputes.everybodys(wanted)
        owners = {each.merchant_id for each in found if each.merchant_id}
        counts = await behind.disputes.counts_of_all()
        return show(
            request,
            "console/disputes.html",
            here="disputes",
            disputes=[(each, Money(each.amount_minor, each.currency)) for each in found[:ROWS]],
            merchants=await behind.merchants.find(sorted(owners)),
            chosen=state,
            counts=counts,
            states=list(DisputeState),
            tones=TONES,
            now=behind.clock.now(),
            older=found[ROWS - 1].id if len(found) > ROWS else "",
        )

    return show_disputes


def _one(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HOME}/{{dispute_id:str}}", permission=READ)
    async def show_dispute(request: PageRequest, dispute_id: FromPath[str]) -> Response[bytes]:
        dispute = await behind.disputes.get_any(check_id(dispute_id, prefix="dsp", field="dispute_id"))
        owners = await behind.merchants.find([dispute.merchant_id] if dispute.merchant_id else [])
        return show(
            request,
            "console/dispute.html",
            here="disputes",
            dispute=dispute,
            merchant=owners.get(dispute.merchant_id or ""),
            draft=await behind.disputes.draft(dispute),
            money=lambda minor: Money(minor, dispute.currency),
            tones=TONES,
        )

    return show_dispute


def _file(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HOME}/{{dispute_id:str}}/files/{{file_id:str}}", permission=READ)
    async def get_file(
        request: PageRequest, dispute_id: FromPath[str], file_id: FromPath[str]
    ) -> Response[bytes]:
        dispute = await behind.disputes.get_any(check_id(dispute_id, prefix="dsp", field="dispute_id"))
        named = check_id(file_id, prefix="file", field="file_id")
        file, content = await behind.disputes.open_file(dispute, named, actor=who(request))
        return saved(content, id=file.id, name=file.name)

    return get_file
