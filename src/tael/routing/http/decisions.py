"""How are decisions read, one by one and as a file, and how are channels?"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from tael.foundation.clock import Clock
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.parameters import read_moment
from tael.foundation.http.sheets import Row, sheet
from tael.foundation.ids import check_id
from tael.routing.api import DecisionFilter, Decisions, Routing
from tael.routing.errors import NoSuchDecision
from tael.routing.http.rules import READ, TAGS
from tael.routing.model import Purpose, Traffic
from tael.routing.schemas import (
    SHEET_COLUMNS,
    ChannelHealth,
    DecisionBody,
    ProductTraffic,
    decision_body,
    decision_row,
    product_traffic,
)

LONGEST_SHEET = 100_000
"""Lines of one exported file."""
_SHEET_PAGE = 500

DecisionId = Annotated[str, PathParameter(description="`dec_` and 26 characters, as the API gave it")]
AboutSubject = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=64,
        pattern=r"^[\x21-\x7e]+$(?!\n)",
        description="Only what was decided for this payment (`pay_…`), attempt, refund or payout",
    ),
]
ForChannel = Annotated[
    str | None,
    QueryParameter(pattern=r"^[a-z][a-z0-9_]{1,31}$(?!\n)", description="Only those in which it was drawn"),
]
ForMerchant = Annotated[
    str | None, QueryParameter(pattern=r"^mer_[0-9a-z]{26}$(?!\n)", description="Only this merchant's")
]
ForPurpose = Annotated[Purpose | None, QueryParameter(description=f"Only: {', '.join(Purpose)}")]
Since = Annotated[
    str | None,
    QueryParameter(format="date-time", description="The first moment, such as 2026-03-01T00:00:00Z"),
]
Until = Annotated[
    str | None,
    QueryParameter(format="date-time", description="The first moment that is no longer part of it"),
]
Minutes = Annotated[int, QueryParameter(ge=1, le=1_440, description="How far to look back for payments")]


SubjectsOf = Callable[[str], Awaitable[Sequence[str]]]
"""The attempts and refunds of a payment: those above routing know them."""


def decision_routes(
    routing: Routing, decisions: Decisions, clock: Clock, subjects_of: SubjectsOf
) -> list[HTTPRouteHandler]:
    """What was decided, and what decisions go by."""
    return [
        _list(decisions, subjects_of),
        _export(decisions, subjects_of),
        _get(decisions),
        _health(routing, decisions, clock),
    ]


def _list(decisions: Decisions, subjects_of: SubjectsOf) -> HTTPRouteHandler:
    @get("/v1/routing/decisions", opt={"permission": READ}, tags=TAGS)
    async def list_decisions(
        *,
        limit: Limit = 50,
        cursor: LastId = None,
        subject: AboutSubject = None,
        channel: ForChannel = None,
        merchant_id: ForMerchant = None,
        purpose: ForPurpose = None,
        since: Since = None,
        until: Until = None,
    ) -> Page[DecisionBody]:
        """List decisions. Newest first, with all candidates: scores, probabilities, and why each was not eligible."""
        about = await _about(subject, subjects_of)
        which = _which(about, channel, merchant_id, purpose, since=since, until=until)
        found = await decisions.page(msgspec.structs.replace(which, before=cursor, limit=limit + 1))
        return page_of([decision_body(each) for each in found], limit)

    return list_decisions


def _export(decisions: Decisions, subjects_of: SubjectsOf) -> HTTPRouteHandler:
    @get(
        "/v1/routing/decisions.csv",
        opt={"permission": READ},
        tags=TAGS,
        responses={200: ResponseSpec(str, media_type="text/csv", description="A line for each decision")},
    )
    async def export_decisions(
        *,
        cursor: LastId = None,
        subject: AboutSubject = None,
        channel: ForChannel = None,
        merchant_id: ForMerchant = None,
        purpose: ForPurpose = None,
        since: Since = None,
        until: Until = None,
    ) -> Stream:
        """Export decisions as CSV. Newest first; a file has at most 100,000 lines; if it is full, the id in its last
        line is the `cursor` of the next file.
        """
        about = await _about(subject, subjects_of)
        which = _which(about, channel, merchant_id, purpose, since=since, until=until)
        wanted = msgspec.structs.replace(which, before=cursor, limit=_SHEET_PAGE)
        return sheet(SHEET_COLUMNS, _pages(decisions, wanted), file_name="decisions.csv")

    return export_decisions


async def _about(subject: str | None, subjects_of: SubjectsOf) -> Sequence[str] | None:
    if subject is None:
        return None
    return await subjects_of(subject) if subject.startswith("pay_") else [subject]


def _which(
    subjects: Sequence[str] | None,
    channel: str | None,
    merchant_id: str | None,
    purpose: Purpose | None,
    *,
    since: str | None,
    until: str | None,
) -> DecisionFilter:
    return DecisionFilter(
        subjects=subjects,
        channel=channel,
        merchant_id=merchant_id,
        purpose=purpose,
        decided_from=read_moment(since, field="since"),
        decided_before=read_moment(until, field="until"),
    )


async def _pages(decisions: Decisions, wanted: DecisionFilter) -> AsyncIterator[Sequence[Row]]:
    """Page after page until there are no more, or the file is full."""
    for _ in range(LONGEST_SHEET // _SHEET_PAGE):
        found = await decisions.page(wanted)
        yield [decision_row(each) for each in found]
        if len(found) < _SHEET_PAGE:
            return
        wanted = msgspec.structs.replace(wanted, before=found[-1].id)


def _get(decisions: Decisions) -> HTTPRouteHandler:
    @get(
        "/v1/routing/decisions/{decision_id:str}",
        opt={"permission": READ, REFUSES: [NoSuchDecision]},
        tags=TAGS,
    )
    async def get_decision(decision_id: DecisionId) -> DecisionBody:
        """Get a decision. With all candidates: scores, probabilities, and why each was not eligible."""
        return decision_body(await decisions.find(check_id(decision_id, prefix="dec", field="decision_id")))

    return get_decision


def _health(routing: Routing, decisions: Decisions, clock: Clock) -> HTTPRouteHandler:
    @get("/v1/routing/health", opt={"permission": READ}, tags=TAGS)
    async def list_health(minutes: Minutes = 15) -> list[ChannelHealth]:
        """List how channels are. The breaker as the process sees it that answers, by its own calls, with announced
        maintenance: another process may answer otherwise. How payments went lately in each scene, whichever process took
        them.
        """
        traffic = await decisions.traffic(since=clock.now() - timedelta(minutes=minutes))
        return [_health_body(routing, channel, traffic) for channel in routing.channels()]

    return list_health


def _health_body(routing: Routing, channel: str, traffic: Sequence[Traffic]) -> ChannelHealth:
    standing = routing.standing(channel)
    seen = {each.product: product_traffic(each) for each in traffic if each.channel == channel}
    offered = sorted(routing.capabilities(channel).products | seen.keys())
    return ChannelHealth(
        channel=channel,
        health=standing.health,
        usable=standing.health.usable,
        resting_seconds=standing.resting_seconds,
        window_calls=standing.calls,
        window_faults=standing.faults,
        window_slow=standing.slow,
        good_probes=standing.good_probes,
        products=[
            seen.get(product)
            or ProductTraffic(product=product, decisions=0, succeeded=0, failed=0, success_basis_points=None)
            for product in offered
        ],
    )
