"""Where is it? Pages by their titles, payments, refunds and disputes by id, order number or amount."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.disputes.model import Dispute
from tael.foundation.http.permissions import Principal
from tael.foundation.money import Money
from tael.payments.api import Sought
from tael.web.portal.acting import go_to, page, show
from tael.web.portal.behind import Behind
from tael.web.portal.dispute_views import TONES as DISPUTE_TONES
from tael.web.portal.payments import amounts_of
from tael.web.portal.places import open_to
from tael.web.portal.session import SIGNED_IN
from tael.web.portal.views import STEP_TONES, TONES
from tael.web.portal.within import Sight
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

MOST = 20
Text = Annotated[str, QueryParameter(name="q", max_length=128, description="What is looked for")]


def search_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page."""

    @page("/portal/search", permission=SIGNED_IN)
    async def search(*, request: PageRequest, text: Text = "") -> Response[bytes]:
        principal: Principal = request.scope["user"]
        text = text.strip()
        say = CATALOGUES[reader_of(request).language].say
        named = [
            place
            for place in open_to(principal.permissions, in_test_mode=behind.test_kit is not None)
            if text and text.casefold() in say(f"portal.{place.name}.title").casefold()
        ]
        sought = Sought(merchant_id=principal.owner, text=text, amounts_minor=amounts_of(text), limit=MOST)
        sight = Sight(behind, request)
        may_look = text and "payments.read" in principal.permissions
        payments = await sight.find_payments(sought) if may_look else []
        refunds = await sight.find_refunds(sought) if may_look else []
        if len(payments) == 1 and text in (payments[0].id, payments[0].reference):
            return go_to(request, f"/portal/payments/{payments[0].id}")
        disputes = await _disputes(behind, principal, text)
        if len(disputes) == 1 and text == disputes[0].id:
            return go_to(request, f"/portal/disputes/{text}")
        return await show(
            behind,
            request,
            "portal/search.html",
            here="search",
            text=text,
            named=named,
            payments=payments,
            refunds=[(each, Money(each.amount_minor, each.currency)) for each in refunds],
            disputes=[(each, Money(each.amount_minor, each.currency)) for each in disputes],
            dispute_tones=DISPUTE_TONES,
            tones=TONES,
            step_tones=STEP_TONES,
        )

    return [search]


async def _disputes(behind: Behind, principal: Principal, text: str) -> Sequence[Dispute]:
    """The disputes that a text may mean."""
    if not text or "disputes.read" not in principal.permissions:
        return []
    return await behind.disputes.search(principal.owner, text, amounts_minor=amounts_of(text), limit=MOST)
