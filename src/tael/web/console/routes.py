"""Which pages does the console have? Signing in, the capability matrix, one channel, a conversation, scores, decisions."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, quote

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from tael.channels.api import Channels
from tael.channels.port import Operation, Product
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.errors import Refusal
from tael.foundation.http.permissions import PUBLIC
from tael.partners.api import Partners
from tael.routing.api import DecisionFilter, Decisions, Routing, RuleBook
from tael.staff.api import Staff
from tael.web.console.session import Sessions
from tael.web.console.views import ChannelRow, operation_rows
from tael.web.ui.pages import PageRequest, Pages
from tael.web.ui.problems import problem_page_if_wanted

PAGES = Pages("console", Path(__file__).parent)
CONSOLE_ASSETS = PAGES.assets
"""For `web.ui.routes.asset_routes`."""
HOME = "/console/channels"
_OURS = re.compile(r"/console(/[a-z0-9_/-]*)?(\?[A-Za-z0-9_=&.%-]*)?")
_LONGEST_FORM = 2_000
_DAY = timedelta(days=1)
_MONTH = timedelta(days=30)

Number = Annotated[
    str, QueryParameter(name="number", max_length=128, pattern=r"^[\x21-\x7e]*$", description="Ours")
]


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the pages ask."""

    database: Database
    clock: Clock
    channels: Channels
    partners: Partners
    routing: Routing
    staff: Staff
    sessions: Sessions


def console_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Every page of the console."""
    return [
        *_doors(behind),
        _matrix(behind),
        _channel(behind),
        _conversation(behind),
        _scores(behind),
        _decisions(behind),
    ]


def console_problem(request: PageRequest, status: int) -> Response[bytes] | None:
    """Whoever is not signed in and opens a page is asked who they are; everybody else hears what is wrong."""
    path = request.url.path
    if status == 401 and path.startswith("/console") and "text/html" in request.headers.get("accept", ""):
        query = f"?{request.url.query}" if request.url.query else ""
        return _see_other(f"/console/sign-in?next={quote(path + query)}")
    return problem_page_if_wanted(request, status)


def _doors(behind: Behind) -> list[HTTPRouteHandler]:
    @get("/console", opt={"permission": PUBLIC}, include_in_schema=False)
    async def enter() -> Response[bytes]:
        return _see_other(HOME)

    @get("/console/sign-in", opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_sign_in(request: PageRequest) -> Response[bytes]:
        return PAGES.render(
            request, "console/sign_in.html", error=False, next=_next(request.query_params.get("next", ""))
        )

    @post("/console/sign-in", opt={"permission": PUBLIC}, include_in_schema=False)
    async def sign_in(request: PageRequest) -> Response[bytes]:
        form = parse_qs((await request.body())[:_LONGEST_FORM].decode("utf-8", "replace"))
        secret, wanted = form.get("key", [""])[0].strip(), _next(form.get("next", [""])[0])
        try:
            await behind.staff.authenticate(secret)
        except Refusal as refusal:
            return PAGES.render(
                request, "console/sign_in.html", status=refusal.status, error=True, next=wanted
            )
        response = _see_other(wanted)
        response.cookies.append(behind.sessions.begin(secret, secure=request.url.scheme == "https"))
        return response

    @post("/console/sign-out", opt={"permission": PUBLIC}, include_in_schema=False)
    async def sign_out(request: PageRequest) -> Response[bytes]:
        response = _see_other("/console/sign-in")
        response.cookies.append(behind.sessions.end(secure=request.url.scheme == "https"))
        return response

    return [enter, show_sign_in, sign_in, sign_out]


def _matrix(behind: Behind) -> HTTPRouteHandler:
    @get("/console/channels", opt={"permission": "channels.read"}, include_in_schema=False)
    async def show_channels(request: PageRequest) -> Response[bytes]:
        return PAGES.render(
            request,
            "console/channels.html",
            here="channels",
            channels=[_row(behind, name) for name in behind.channels.names()],
            products=list(Product),
            operations=list(Operation),
        )

    return show_channels


def _channel(behind: Behind) -> HTTPRouteHandler:
    @get("/console/channels/{channel:str}", opt={"permission": "channels.read"}, include_in_schema=False)
    async def show_channel(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        now = behind.clock.now()
        row = _row(behind, channel)
        async with behind.database.transaction() as tx:
            configurations = await behind.channels.configurations(tx, channel)
            measures = await behind.channels.measures(tx, since=now - _DAY, until=now, channel=channel)
        return PAGES.render(
            request,
            "console/channel.html",
            here="channels",
            channel=row,
            can=behind.channels.capabilities(channel),
            settings=sorted(behind.channels.configuration(channel).settings.items()),
            configurations=configurations,
            operations=operation_rows(measures),
        )

    return show_channel


def _conversation(behind: Behind) -> HTTPRouteHandler:
    @get("/console/exchanges", opt={"permission": "channels.read"}, include_in_schema=False)
    async def show_conversation(request: PageRequest, number: Number = "") -> Response[bytes]:
        async with behind.database.transaction() as tx:
            found = await behind.channels.exchanges(tx, [number]) if number else []
        return PAGES.render(
            request, "console/exchanges.html", here="exchanges", number=number, exchanges=found
        )

    return show_conversation


def _scores(behind: Behind) -> HTTPRouteHandler:
    @get("/console/scorecards", opt={"permission": "partners.read"}, include_in_schema=False)
    async def show_scores(request: PageRequest) -> Response[bytes]:
        now = behind.clock.now()
        cards = await behind.partners.scorecards(since=now - _MONTH, until=now)
        return PAGES.render(request, "console/scorecards.html", here="scorecards", cards=cards)

    return show_scores


def _decisions(behind: Behind) -> HTTPRouteHandler:
    @get("/console/decisions", opt={"permission": "routing.read"}, include_in_schema=False)
    async def show_decisions(request: PageRequest) -> Response[bytes]:
        decisions = await Decisions(behind.database).page(DecisionFilter(limit=50))
        rules = await RuleBook(behind.database, behind.clock).everything()
        return PAGES.render(
            request, "console/decisions.html", here="decisions", decisions=decisions, rules=rules
        )

    return show_decisions


def _row(behind: Behind, name: str) -> ChannelRow:
    can, simulated = behind.channels.capabilities(name), behind.channels.moves_no_real_money(name)
    terms = behind.partners.terms_now().get(name)
    return ChannelRow(
        name=name,
        connector=behind.channels.configuration(name).connector,
        method=can.method,
        simulated=simulated,
        state=str(terms.state) if terms is not None else "trial" if simulated else "research",
        health=str(behind.routing.health().get(name, "well")),
        products=can.products,
        operations=can.operations,
        currencies=sorted(can.currencies),
    )


def _next(wanted: str) -> str:
    """Where to go after signing in: a page of ours and nowhere else."""
    return wanted if _OURS.fullmatch(wanted) and not wanted.startswith("//") else HOME


def _see_other(address: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"Location": address, "Cache-Control": "no-store"})
