"""Who wants what to be otherwise, and who says yes? Proposals of every area: a list, one of them, a decision.

The pages of an area take its permissions, as its verbs in the API do: `channels.read` to look, `channels.approve` to decide,
`channels.change` to take back.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, get_args

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from tael.foundation import proposals
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id
from tael.foundation.printable import PRINTABLE
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState
from tael.merchants.schemas import Change as MerchantChange
from tael.partners.schemas import Change
from tael.web.console.acting import action, done, page, show, who
from tael.web.console.behind import Behind
from tael.web.console.changes import AREAS_OF, what_it_means, withdraw
from tael.web.console.differences import pretty
from tael.web.console.meant import Decision
from tael.web.console.places import AREAS, proposes
from tael.web.ui.forms import Form, read_form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

PAGE_OF = 25
KINDS = (
    "channels.configuration",
    "routing.rules",
    "staff.roles",
    "offers.make",
    "rules.change",
    "users.lift_restriction",
    "messages.campaign",
    *(f"partners.{change.__struct_config__.tag}" for change in get_args(Change)),
    *(f"merchants.{change.__struct_config__.tag}" for change in get_args(MerchantChange)),
)
"""Those that have words."""

OfState = Annotated[
    str, QueryParameter(name="state", max_length=16, pattern=PRINTABLE, description="Only those that are so")
]
ByWhom = Annotated[
    str,
    QueryParameter(name="by", max_length=64, pattern=PRINTABLE, description="Only what this member proposed"),
]
OfKind = Annotated[
    str, QueryParameter(name="kind", max_length=64, pattern=PRINTABLE, description="Only of this kind")
]
After = Annotated[
    str,
    QueryParameter(
        name="cursor", pattern=r"^[a-z0-9_]{0,40}$(?!\n)", description="The last one of the page before"
    ),
]


class DecisionForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Yes or no, to what was read."""

    approve: bool
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    note: Annotated[str, Meta(max_length=1000, pattern=PRINTABLE)] = ""


def proposal_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The same pages for each area."""
    made: Sequence[Callable[[Behind, str], HTTPRouteHandler]] = (_list, _one, _decide, _withdraw)
    return [route(behind, area) for area in AREAS for route in made]


def _list(behind: Behind, area: str) -> HTTPRouteHandler:
    @page(f"/console/proposals/{area}", permission=f"{area}.read")
    async def show_proposals(
        request: PageRequest,
        in_state: OfState = "open",
        by: ByWhom = "",
        kind: OfKind = "",
        cursor: After = "",
    ) -> Response[bytes]:
        wanted = ProposalFilter(
            kind=kind if kind.startswith(f"{area}.") else area,
            state=ProposalState(in_state) if in_state in set(ProposalState) else None,
            proposed_by=by or None,
            before=cursor or None,
            limit=PAGE_OF + 1,
        )
        now = behind.clock.now()
        async with behind.database.transaction() as tx:
            found = await proposals.list_proposals(tx, wanted, now=now)
            counts = await proposals.count_by_state(tx, area, now=now)
        people = await behind.people()
        return show(
            request,
            "console/proposals.html",
            here=f"{area}_proposals",
            area=area,
            proposals=found[:PAGE_OF],
            older=found[PAGE_OF - 1].id if len(found) > PAGE_OF else "",
            counts=[(each, counts.get(each, 0)) for each in ProposalState],
            total=sum(counts.values()),
            state=in_state,
            by=by,
            kind=kind,
            kinds=[each for each in KINDS if each.startswith(f"{area}.")],
            words_of=_words_of(request),
            people=people,
            me=who(request),
        )

    return show_proposals


def _one(behind: Behind, area: str) -> HTTPRouteHandler:
    @page(f"/console/proposals/{area}/{{proposal_id:str}}", permission=f"{area}.read")
    async def show_proposal(request: PageRequest, proposal_id: FromPath[str]) -> Response[bytes]:
        return await _shown(behind, request, area, await _found(behind, area, proposal_id), Form())

    return show_proposal


def _decide(behind: Behind, area: str) -> HTTPRouteHandler:
    @action(f"/console/proposals/{area}/{{proposal_id:str}}/decision", permission=f"{area}.approve")
    async def decide_about_it(request: PageRequest, proposal_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        proposal = await _found(behind, area, proposal_id)
        try:
            said = form.into(DecisionForm)
            if not said.approve and not said.note.strip():
                raise RefusedWithoutReason("A refusal says why.", field="note")
            decision = Decision(approve=said.approve, digest=said.digest, note=said.note)
            await AREAS_OF[area].decides(behind, proposal.id, decision, who(request))
        except Refusal as refusal:
            return await _shown(behind, request, area, proposal, form.refused(refusal))
        return done(_address(area, proposal.id), "approved" if said.approve else "refused")

    return decide_about_it


def _withdraw(behind: Behind, area: str) -> HTTPRouteHandler:
    @action(f"/console/proposals/{area}/{{proposal_id:str}}/withdrawal", permission=proposes(area))
    async def withdraw_it(request: PageRequest, proposal_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        proposal = await _found(behind, area, proposal_id)
        try:
            await withdraw(behind, area, proposal.id, by=who(request))
        except Refusal as refusal:
            return await _shown(behind, request, area, proposal, form.refused(refusal))
        return done(_address(area, proposal.id), "withdrawn")

    return withdraw_it


class RefusedWithoutReason(Malformed):
    """Whoever proposed something hears why it shall not be."""

    code = "console.refused_without_reason"


def _words_of(request: PageRequest) -> Callable[[str], str]:
    """What a kind of proposals is called; the kind itself if it has no words."""
    messages = CATALOGUES[reader_of(request).language].messages
    return lambda kind: messages.get(f"console.kind_of.{kind.replace('.', '_')}", kind)


async def _found(behind: Behind, area: str, id: str) -> Proposal:
    check_id(id, prefix="prop", field="proposal_id")
    async with behind.database.transaction() as tx:
        return await proposals.get(tx, id, now=behind.clock.now(), kind=area)


async def _shown(
    behind: Behind, request: PageRequest, area: str, proposal: Proposal, form: Form
) -> Response[bytes]:
    latest = await _found(behind, area, proposal.id)
    return show(
        request,
        "console/proposal.html",
        here=f"{area}_proposals",
        form=form,
        area=area,
        proposal=latest,
        meant=await what_it_means(behind, area, latest),
        content=pretty(latest.content) if area not in ("channels", "merchants") else "",
        people=await behind.people(),
        words_of=_words_of(request),
        proposes=proposes(area),
        is_mine=latest.proposed_by.lower() == who(request).lower(),
    )


def _address(area: str, id: str) -> str:
    return f"/console/proposals/{area}/{id}"
