"""What is due, what was proposed, and how do channels compare? Registers, deadlines, terms, scorecards."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Annotated, Any, cast

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.errors import Malformed
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, LastNumber, Limit, Page, page_of
from tael.foundation.proposals import NoSuchProposal, ProposalState
from tael.partners.api import Partners
from tael.partners.errors import NoSuchPartner
from tael.partners.http.forms import (
    READ,
    AfterDeadline,
    OfChannel,
    RecordName,
    cursor_of,
    deadline_in_cursor,
    id_in_path,
    moment_in_query,
)
from tael.partners.model import (
    Acceptance,
    Certificate,
    Checklist,
    Deadline,
    DeadlineKind,
    Document,
    DocumentKind,
    Drill,
    DrillState,
    FeeTable,
    PolicyChange,
    PolicyState,
    Reminder,
    Run,
    Scorecard,
    Terms,
    Window,
)
from tael.partners.reads import Reads
from tael.partners.schemas import ProposalBody
from tael.partners.usecases.four_eyes import proposal_body

MOST_DAYS = 92
"""The longest time over which channels are scored."""

OfKind = Annotated[
    DocumentKind | None, QueryParameter(name="kind", description=f"Only: {', '.join(DocumentKind)}")
]
OfDeadlineKind = Annotated[
    DeadlineKind | None, QueryParameter(name="kind", description=f"Only: {', '.join(DeadlineKind)}")
]
Overdue = Annotated[
    bool | None, QueryParameter(name="overdue", description="Only what should have been done before today")
]
EndsAfter = Annotated[
    str | None,
    QueryParameter(
        name="ends_after",
        format="date-time",
        description="Only what holds then or later, such as 2026-03-01T00:00:00Z",
    ),
]
EndsBefore = Annotated[
    str | None,
    QueryParameter(name="ends_before", format="date-time", description="Only what is in use and ends before"),
]
Days = Annotated[int, QueryParameter(ge=0, le=3_650, description="Due within so many days; 0: overdue")]
Since = Annotated[
    str | None,
    QueryParameter(format="date-time", description="From when on; absent: 30 days before `until`"),
]
Until = Annotated[str | None, QueryParameter(format="date-time", description="Until when; absent: until now")]


def _in_state(states: type[StrEnum]) -> Any:
    """The parameter that lets only what is in one of these states through."""
    described = QueryParameter(name="state", description=f"Only those that are: {', '.join(states)}")
    return cast(Any, Annotated)[states | None, described]


class Register(msgspec.Struct, frozen=True):
    """One list of what is kept of all channels: newest first, page by page."""

    name: str
    """Under `/v1/partnership/`."""
    of: type[Any]
    read: Callable[..., Awaitable[Sequence[Any]]]
    meaning: str
    narrowed_by: Any = None
    """The query's parameter that narrows the list, if there is one beside the channel."""
    narrowing: Callable[[Partners, Any], Mapping[str, object]] = lambda _, __: {}
    """What the reader is told of that parameter."""
    cursor: Any = LastId
    key: Callable[[Any], object] = attrgetter("id")


async def _proposals(reads: Reads, *, channel: str | None, **wanted: Any) -> Sequence[ProposalBody]:
    return [proposal_body(each) for each in await reads.proposals(about=channel, **wanted)]


def _state(_: Partners, state: StrEnum | None) -> Mapping[str, object]:
    return {"state": state}


REGISTERS: tuple[Register, ...] = (
    Register(
        "documents",
        Document,
        Reads.documents,
        "List documents. Newest first, without their bytes.",
        OfKind,
        lambda _, kind: {"kind": kind},
    ),
    Register(
        "acceptances",
        Acceptance,
        Reads.acceptances,
        "List reports of the acceptance kit. Newest first; the report itself is a document.",
    ),
    Register(
        "fee_tables", FeeTable, Reads.fee_tables, "List fee tables. Newest first, those of the past as well."
    ),
    Register(
        "windows",
        Window,
        Reads.windows,
        "List maintenance windows. Newest first.",
        EndsAfter,
        lambda _, text: {"ends_after": moment_in_query(text, field="ends_after")},
    ),
    Register(
        "policy_changes",
        PolicyChange,
        Reads.policy_changes,
        "List what partners announced. Newest first.",
        _in_state(PolicyState),
        _state,
    ),
    Register(
        "checklists", Checklist, Reads.checklists, "List check-lists. Newest first, retired ones as well."
    ),
    Register(
        "runs",
        Run,
        Reads.runs,
        "List runs of check-lists. Newest first, with what was answered.",
        Overdue,
        lambda partners, overdue: {"overdue_on": partners.today if overdue else None},
    ),
    Register(
        "certificates",
        Certificate,
        Reads.certificates,
        "List certificates and keys. Newest first; with `ends_before`, those in use that end before.",
        EndsBefore,
        lambda _, text: {"ends_before": moment_in_query(text, field="ends_before")},
    ),
    Register(
        "drills",
        Drill,
        Reads.drills,
        "List failover drills. Newest first, planned and run.",
        _in_state(DrillState),
        _state,
    ),
    Register(
        "reminders",
        Reminder,
        Reads.reminders,
        "List who was reminded of what. Newest first.",
        cursor=LastNumber,
        key=attrgetter("seq"),
    ),
    Register(
        "proposals",
        ProposalBody,
        _proposals,
        "List what was proposed. Newest first, with what would change and its digest.",
        _in_state(ProposalState),
        _state,
    ),
)


def register_routes(partners: Partners) -> list[HTTPRouteHandler]:
    """Every list, deadlines, terms, scorecards."""
    return [
        *(_list(partners, register) for register in REGISTERS),
        _list_deadlines(partners),
        _get_proposal(partners),
        _list_terms(partners),
        _list_scorecards(partners),
    ]


def _list(partners: Partners, register: Register) -> HTTPRouteHandler:
    async def page(limit: int, cursor: Any, channel: str | None, **narrowed: Any) -> Page[Any]:
        found = await register.read(
            partners.reads, channel=channel, before=cursor, limit=limit + 1, **narrowed
        )
        return page_of(found, limit, key=register.key)

    async def plain(*, limit: Limit = 50, cursor: Any = None, channel: OfChannel = None) -> Any:
        return await page(limit, cursor, channel)

    async def narrowed(
        *, limit: Limit = 50, cursor: Any = None, channel: OfChannel = None, only: Any = None
    ) -> Any:
        return await page(limit, cursor, channel, **register.narrowing(partners, only))

    handler: Any = plain if register.narrowed_by is None else narrowed
    handler.__name__ = f"list_{register.name}"
    handler.__doc__ = register.meaning
    handler.__annotations__ |= {"cursor": register.cursor, "return": cast(Any, Page)[register.of]}
    if register.narrowed_by is not None:
        handler.__annotations__["only"] = register.narrowed_by
    return get(f"/v1/partnership/{register.name}", opt={"permission": READ}, tags=["Partners"])(handler)


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
        return page_of(found, limit, key=cursor_of)

    return list_deadlines


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
