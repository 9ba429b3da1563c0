"""Which payments do payers dispute? By state, with how long is left to answer, page by page."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.disputes.api import DisputeFilter
from tael.disputes.model import Dispute, DisputeState
from tael.foundation.http.permissions import Principal
from tael.web.portal.acting import page, show
from tael.web.portal.behind import Behind
from tael.web.portal.dispute_views import TONES, by_deadline, left_of
from tael.web.portal.payments import Day, amounts_of, begin_of, end_of
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

READ, WRITE = "disputes.read", "disputes.write"
HOME = "/portal/disputes"
ROWS = 25
ALWAYS_SHOWN = (DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW)
"""The tabs that are there though nothing is in them."""

InState = Annotated[
    str, QueryParameter(name="state", pattern=r"^[a-z_]{0,32}$(?!\n)", description="Only in it")
]
Text = Annotated[str, QueryParameter(name="q", max_length=128, description="An id, a payment, an amount")]
Before = Annotated[
    str, QueryParameter(pattern=r"^(dsp_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]


def dispute_list_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page."""

    @page(HOME, permission=READ)
    async def show_disputes(
        *,
        request: PageRequest,
        in_state: InState = "",
        text: Text = "",
        since: Day = "",
        until: Day = "",
        before: Before = "",
    ) -> Response[bytes]:
        principal: Principal = request.scope["user"]
        state = DisputeState(in_state) if in_state in set(DisputeState) else None
        said = {"state": str(state or ""), "q": text.strip(), "since": since, "until": until}
        wanted = DisputeFilter(
            merchant_id=principal.owner,
            before=before or None,
            state=state,
            opened_from=begin_of(since),
            opened_before=end_of(until),
            limit=ROWS + 1,
        )
        found = await _found(behind, wanted, said["q"])
        if state is DisputeState.NEEDS_RESPONSE and len(found) <= ROWS and not before:
            found = by_deadline(found)
        counts = await behind.disputes.counts(principal.owner)
        now = behind.clock.now()

        def query(**changed: str | None) -> str:
            return "?" + urlencode({name: each for name, each in (said | changed).items() if each})

        return await show(
            behind,
            request,
            "portal/disputes.html",
            here="disputes",
            asked=said,
            filtered=any(each for name, each in said.items() if name != "state"),
            query=query,
            counts=counts,
            states=[each for each in DisputeState if each in ALWAYS_SHOWN or counts.get(each)],
            tones=TONES,
            disputes=[(each, left_of(each, now)) for each in found[:ROWS]],
            now=now,
            reason_of=lambda reason: reason_words(request, reason)[0],
            older=query(before=found[ROWS - 1].id) if len(found) > ROWS else "",
            newest=bool(before),
        )

    return [show_disputes]


async def _found(behind: Behind, wanted: DisputeFilter, text: str) -> Sequence[Dispute]:
    """A page of disputes; what a text may mean, looked for by itself, fits into one."""
    if not text:
        return await behind.disputes.list(wanted)
    found = await behind.disputes.search(wanted.merchant_id, text, amounts_minor=amounts_of(text), limit=ROWS)
    return [each for each in found if wanted.state in (None, each.state)]


def reason_words(request: PageRequest, reason: str) -> tuple[str, str]:
    """Why, in plain words, and what speaks against it; for reasons that nobody has words for, what holds of all."""
    messages = CATALOGUES[reader_of(request).language].messages
    known = reason if f"portal.dispute_reason_of.{reason}" in messages else "general"
    return messages[f"portal.dispute_reason_of.{known}"], messages[f"portal.dispute_advice_of.{known}"]
