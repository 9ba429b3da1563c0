"""What is due, what was proposed, and how do channels compare? Registers, deadlines, terms, scorecards."""

from datetime import timedelta
from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.errors import Malformed
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Limit, Page
from tael.foundation.proposals import NoSuchProposal, ProposalState
from tael.partners.api import Partners
from tael.partners.errors import NoSuchPartner
from tael.partners.http.forms import (
    READ,
    After,
    AfterDeadline,
    AfterNumber,
    OfChannel,
    RecordName,
    cursor_of,
    deadline_in_cursor,
    id_in_path,
    moment_in_query,
    page_of,
)
from tael.partners.model import (
    Certificate,
    Checklist,
    Deadline,
    DeadlineKind,
    Drill,
    DrillState,
    PolicyChange,
    PolicyState,
    Reminder,
    Run,
    Scorecard,
    Terms,
)
from tael.partners.schemas import ProposalBody
from tael.partners.usecases.four_eyes import proposal_body

MOST_DAYS = 92
"""The longest time over which channels are scored."""

WithState = Annotated[
    PolicyState | None, QueryParameter(name="state", description=f"Only those in: {', '.join(PolicyState)}")
]
OfDrillState = Annotated[
    DrillState | None, QueryParameter(name="state", description=f"Only those in: {', '.join(DrillState)}")
]
OfProposalState = Annotated[
    ProposalState | None,
    QueryParameter(name="state", description=f"Only those that are: {', '.join(ProposalState)}"),
]
OfDeadlineKind = Annotated[
    DeadlineKind | None, QueryParameter(name="kind", description=f"Only: {', '.join(DeadlineKind)}")
]
Overdue = Annotated[bool, QueryParameter(description="Only what should have been done before today")]
Days = Annotated[int, QueryParameter(ge=0, le=3_650, description="Due within so many days; 0: overdue")]
Since = Annotated[
    str | None,
    QueryParameter(format="date-time", description="From when on; absent: 30 days before `until`"),
]
Until = Annotated[str | None, QueryParameter(format="date-time", description="Until when; absent: until now")]


def register_routes(partners: Partners) -> list[HTTPRouteHandler]:
    """Policy changes, check-lists, certificates, drills, deadlines, reminders, proposals, terms, scorecards."""
    return [
        _list_policy_changes(partners),
        _list_checklists(partners),
        _list_runs(partners),
        _list_certificates(partners),
        _list_drills(partners),
        _list_deadlines(partners),
        _list_reminders(partners),
        _list_proposals(partners),
        _get_proposal(partners),
        _list_terms(partners),
        _list_scorecards(partners),
    ]


def _list_policy_changes(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/policy_changes", opt={"permission": READ}, tags=["Partners"])
    async def list_policy_changes(
        *, limit: Limit = 50, cursor: After = None, channel: OfChannel = None, in_state: WithState = None
    ) -> Page[PolicyChange]:
        """List what partners announced. Newest first."""
        found = await partners.reads.policy_changes(
            channel=channel, state=in_state, before=cursor, limit=limit + 1
        )
        return page_of(found, limit, lambda each: each.id)

    return list_policy_changes


def _list_checklists(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/checklists", opt={"permission": READ}, tags=["Partners"])
    async def list_checklists(
        *, limit: Limit = 50, cursor: After = None, channel: OfChannel = None
    ) -> Page[Checklist]:
        """List check-lists. Newest first, retired ones as well."""
        found = await partners.reads.checklists(channel=channel, before=cursor, limit=limit + 1)
        return page_of(found, limit, lambda each: each.id)

    return list_checklists


def _list_runs(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/runs", opt={"permission": READ}, tags=["Partners"])
    async def list_runs(
        *, limit: Limit = 50, cursor: After = None, channel: OfChannel = None, overdue: Overdue = False
    ) -> Page[Run]:
        """List runs of check-lists. Newest first, with what was answered."""
        found = await partners.reads.runs(
            channel=channel,
            overdue_on=partners.today if overdue else None,
            before=cursor,
            limit=limit + 1,
        )
        return page_of(found, limit, lambda each: each.id)

    return list_runs


def _list_certificates(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/certificates", opt={"permission": READ}, tags=["Partners"])
    async def list_certificates(
        *, limit: Limit = 50, cursor: After = None, channel: OfChannel = None, ends_before: Until = None
    ) -> Page[Certificate]:
        """List certificates and keys. Newest first; with `ends_before`, those in use that end before."""
        found = await partners.reads.certificates(
            channel=channel,
            ends_before=moment_in_query(ends_before, field="ends_before"),
            before=cursor,
            limit=limit + 1,
        )
        return page_of(found, limit, lambda each: each.id)

    return list_certificates


def _list_drills(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/drills", opt={"permission": READ}, tags=["Partners"])
    async def list_drills(
        *, limit: Limit = 50, cursor: After = None, channel: OfChannel = None, in_state: OfDrillState = None
    ) -> Page[Drill]:
        """List failover drills. Newest first, planned and run."""
        found = await partners.reads.drills(channel=channel, state=in_state, before=cursor, limit=limit + 1)
        return page_of(found, limit, lambda each: each.id)

    return list_drills


def _list_deadlines(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/deadlines", opt={"permission": READ}, tags=["Partners"])
    async def list_deadlines(
        *,
        limit: Limit = 50,
        cursor: AfterDeadline = None,
        days: Days = 60,
        channel: OfChannel = None,
        kind: OfDeadlineKind = None,
    ) -> Page[Deadline]:
        """List what is due. Soonest first: what is overdue stands at the top."""
        found = await partners.reads.deadlines(
            until=partners.now + timedelta(days=days),
            channel=channel,
            kind=kind,
            after=deadline_in_cursor(cursor),
            limit=limit + 1,
        )
        return page_of(found, limit, cursor_of)

    return list_deadlines


def _list_reminders(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/reminders", opt={"permission": READ}, tags=["Partners"])
    async def list_reminders(
        *, limit: Limit = 50, cursor: AfterNumber = None, channel: OfChannel = None
    ) -> Page[Reminder]:
        """List who was reminded of what. Newest first."""
        found = await partners.reads.reminders(channel=channel, before=cursor, limit=limit + 1)
        return page_of(found, limit, lambda each: each.seq)

    return list_reminders


def _list_proposals(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/proposals", opt={"permission": READ}, tags=["Partners"])
    async def list_proposals(
        *,
        limit: Limit = 50,
        cursor: After = None,
        channel: OfChannel = None,
        in_state: OfProposalState = None,
    ) -> Page[ProposalBody]:
        """List what was proposed. Newest first, with what would change and its digest."""
        found = await partners.reads.proposals(about=channel, state=in_state, before=cursor, limit=limit + 1)
        return page_of([proposal_body(each) for each in found], limit, lambda each: each.id)

    return list_proposals


def _get_proposal(partners: Partners) -> HTTPRouteHandler:
    @get(
        "/v1/partnership/proposals/{id:str}",
        opt={"permission": READ, REFUSES: [NoSuchProposal]},
        tags=["Partners"],
    )
    async def get_proposal(id: RecordName) -> ProposalBody:
        """Get a proposal. Whoever decides sends its digest back."""
        return proposal_body(await partners.reads.proposal(id_in_path(id)))

    return get_proposal


def _list_terms(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/terms", opt={"permission": READ}, tags=["Partners"])
    async def list_terms() -> list[Terms]:
        """List the terms on which channels may be used now. As routing sees them."""
        return sorted((await partners.terms()).values(), key=lambda each: each.channel)

    return list_terms


def _list_scorecards(partners: Partners) -> HTTPRouteHandler:
    @get("/v1/partnership/scorecards", opt={"permission": READ, REFUSES: [NoSuchPartner]}, tags=["Partners"])
    async def list_scorecards(
        *, channel: OfChannel = None, since: Since = None, until: Until = None
    ) -> list[Scorecard]:
        """Compare channels in figures. Each part with its score, its weight and the raw figures."""
        end = moment_in_query(until, field="until") or partners.now
        begin = moment_in_query(since, field="since") or end - timedelta(days=30)
        if not timedelta(0) < end - begin <= timedelta(days=MOST_DAYS):
            raise Malformed(
                f"Scores are of up to {MOST_DAYS} days, and `until` comes after `since`.", field="since"
            )
        return list(await partners.scorecards(since=begin, until=end, channel=channel))

    return list_scorecards
