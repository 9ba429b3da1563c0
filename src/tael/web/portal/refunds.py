"""Which refunds are there? By state, page by page."""

from typing import Annotated
from urllib.parse import urlencode

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.http.permissions import Principal
from tael.foundation.money import Money
from tael.payments.api import RefundFilter
from tael.payments.model import RefundState
from tael.web.portal.acting import page, show
from tael.web.portal.behind import Behind
from tael.web.portal.views import STEP_TONES
from tael.web.portal.within import Sight
from tael.web.ui.pages import PageRequest

ROWS = 25

InState = Annotated[
    str, QueryParameter(name="state", pattern=r"^[a-z_]{0,32}$(?!\n)", description="Only in it")
]
Before = Annotated[
    str, QueryParameter(pattern=r"^(rfd_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]


def refund_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page."""

    @page("/portal/refunds", permission="payments.read")
    async def show_refunds(
        *, request: PageRequest, in_state: InState = "", before: Before = ""
    ) -> Response[bytes]:
        principal: Principal = request.scope["user"]
        state = RefundState(in_state) if in_state in set(RefundState) else None
        found = await Sight(behind, request).refunds(
            RefundFilter(merchant_id=principal.owner, before=before or None, state=state, limit=ROWS)
        )
        asked = {"state": str(state)} if state else {}
        return await show(
            behind,
            request,
            "portal/refunds.html",
            here="refunds",
            refunds=[(each, Money(each.amount_minor, each.currency)) for each in found.items],
            chosen=state,
            states=list(RefundState),
            tones=STEP_TONES,
            looked_back_to=found.looked_back_to,
            older=urlencode(asked | {"before": found.next}) if found.next else "",
            newest=bool(before),
        )

    return [show_refunds]
