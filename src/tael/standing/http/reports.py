"""How do members of staff pass on what somebody outside says of a user, and see what was said? Routes of the internal listener."""

from operator import attrgetter
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.standing.api import ReportSignal, Standing
from tael.standing.errors import NoStanding, ReportMalformed
from tael.standing.http.answers import APPROVE
from tael.standing.http.own import TAGS, call_of
from tael.standing.model import HeardSignal, Report
from tael.standing.schemas import OnOne
from tael.standing.schemas.proposed import ReportRequest

REPORT = "users.report"

UserId = Annotated[str, PathParameter(description="`usr_` and 26 characters")]
BeforeNumber = Annotated[
    int | None,
    QueryParameter(name="cursor", ge=1, le=2**62, description="`next_cursor` of the page before"),
]


def report_routes(standing: Standing) -> list[HTTPRouteHandler]:
    """Signals of others."""
    return [_report(standing), _list_signals(standing)]


def _report(standing: Standing) -> HTTPRouteHandler:
    @post(
        "/v1/users/{user_id:str}/signals",
        opt={"permission": REPORT, REFUSES: [NoStanding, ReportMalformed]},
        tags=TAGS,
        responses={201: ResponseSpec(Report, description="The report", generate_examples=False)},
    )
    async def report_user(
        request: Request[Any, Any, Any],
        user_id: UserId,
        data: JSONBody[ReportRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Pass on what somebody outside says of a user. What lowers holds at once; what would raise a limit waits for another person."""
        command = ReportSignal(
            actor=caller_of(request).actor,
            user_id=check_id(user_id, prefix="usr", field="user_id"),
            kind=data.kind,
            source=data.source,
            reference=data.reference,
            reason=data.reason,
        )
        call = call_of(request, command, idempotency_key, OnOne(id=user_id, asked=data))
        return respond(await standing.answer(call, shown=lambda it: (it.id, it), status=201))

    return report_user


def _list_signals(standing: Standing) -> HTTPRouteHandler:
    @get("/v1/users/{user_id:str}/signals", opt={"permission": APPROVE}, tags=TAGS)
    async def list_signals_of_user(
        user_id: UserId, *, limit: Limit = 50, cursor: BeforeNumber = None
    ) -> Page[HeardSignal]:
        """List what speaks for or against a user. Newest first: what the platform saw, and what others said."""
        found = await standing.reads.signals(
            check_id(user_id, prefix="usr", field="user_id"), before=cursor, limit=limit + 1
        )
        return page_of(found, limit, key=attrgetter("seq"))

    return list_signals_of_user
