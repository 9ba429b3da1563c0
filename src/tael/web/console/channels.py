"""Which channels are there, how is each, and how does one say how it shall be spoken to? Looking, trying, proposing."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.channels.port import ConnectorKind, Outcome
from tael.foundation.db import Transaction
from tael.foundation.errors import Malformed, NotFound, Refusal
from tael.foundation.printable import PRINTABLE
from tael.foundation.proposals import ProposalState
from tael.web.console.acting import action, done, once, page, show, who
from tael.web.console.behind import Behind
from tael.web.console.charts import hours_chart
from tael.web.console.matrix import matrix_of
from tael.web.console.settings_form import (
    NothingChanges,
    as_typed,
    credentials_in,
    fields_asked,
    secrets_of,
    settings_in,
)
from tael.web.console.views import ChannelRow, operation_rows
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest

CHANGE, READ = "channels.change", "channels.read"
_DAY = timedelta(days=1)
_SOON = timedelta(days=30)


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked beside the connector's own fields."""

    note: Annotated[str, Meta(min_length=1, max_length=1000, pattern=PRINTABLE)]
    channel: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,31}$(?!\n)")] = ""


class Told(msgspec.Struct, frozen=True):
    """How a channel shall be spoken to, as it was typed."""

    kind: ConnectorKind
    settings: Mapping[str, Any]
    credentials: Mapping[str, str]


def channel_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Channels: all of them, one of them, and what is proposed about them."""
    return [
        _list(behind),
        _matrix(behind),
        _one(behind),
        _probe(behind),
        *_change(behind),
        *_new(behind),
    ]


def _list(behind: Behind) -> HTTPRouteHandler:
    @page("/console/channels", permission=READ)
    async def show_channels(request: PageRequest) -> Response[bytes]:
        now = behind.clock.now()
        async with behind.database.transaction() as tx:
            measures = await behind.channels.measures(tx, since=now - _DAY, until=now)
        rows = [_row(behind, name) for name in behind.channels.names()]
        charts = {
            row.name: hours_chart([each for each in measures if each.channel == row.name], until=now)
            for row in rows
        }
        return show(
            request,
            "console/channels.html",
            here="channels",
            channels=rows,
            charts=charts,
            ending={row.name: _ends_soon(behind, row.name) for row in rows},
            troubles=behind.channels.troubles(),
        )

    return show_channels


def _matrix(behind: Behind) -> HTTPRouteHandler:
    @page("/console/matrix", permission=READ)
    async def show_matrix(request: PageRequest) -> Response[bytes]:
        rows = [_row(behind, name) for name in behind.channels.names()]
        can = {row.name: behind.channels.capabilities(row.name) for row in rows}
        return show(request, "console/matrix.html", here="matrix", channels=rows, parts=matrix_of(can))

    return show_matrix


def _one(behind: Behind) -> HTTPRouteHandler:
    @page("/console/channels/{channel:str}", permission=READ)
    async def show_channel(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        return await _shown(behind, request, channel)

    return show_channel


def _probe(behind: Behind) -> HTTPRouteHandler:
    @action("/console/channels/{channel:str}/probe", permission=CHANGE)
    async def probe_channel(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            outcome = await behind.channels.probe(channel)
        except NotFound:
            raise
        except Refusal as refusal:
            return await _shown(behind, request, channel, form=form.refused(refusal))
        return await _shown(behind, request, channel, probed=outcome)

    return probe_channel


async def _shown(
    behind: Behind,
    request: PageRequest,
    channel: str,
    *,
    probed: Outcome | None = None,
    form: Form | None = None,
) -> Response[bytes]:
    now = behind.clock.now()
    row = _row(behind, channel)
    async with behind.database.transaction() as tx:
        configurations = await behind.channels.configurations(tx, channel)
        measures = await behind.channels.measures(tx, since=now - _DAY, until=now, channel=channel)
        waiting = await behind.channels.proposals(tx, channel=channel, state=ProposalState.OPEN)
    return show(
        request,
        "console/channel.html",
        here="channels",
        form=form,
        probed=probed,
        channel=row,
        can=behind.channels.capabilities(channel),
        settings=sorted(behind.channels.configuration(channel).settings.items()),
        configurations=configurations,
        operations=operation_rows(measures),
        chart=hours_chart(measures, until=now),
        certificates=behind.channels.certificates(channel),
        now=now,
        soon=now + _SOON,
        waiting=waiting,
        people=await behind.people(),
        trouble_here=next((each for each in behind.channels.troubles() if each.channel == channel), None),
    )


# How one shall be spoken to.


def _change(behind: Behind) -> list[HTTPRouteHandler]:
    @page("/console/channels/{channel:str}/change", permission=CHANGE)
    async def show_change(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        return _change_page(behind, request, Form(), channel=channel)

    @action("/console/channels/{channel:str}/change", permission=CHANGE)
    async def propose_change(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        before = behind.channels.configuration(channel)
        kind = _kind(behind, before.connector)
        try:
            told = Told(kind, settings_in(form, kind, before.settings), credentials_in(form, kind))
            if told.settings == dict(before.settings) and not told.credentials:
                raise NothingChanges("This is how the channel is spoken to already.")
            id = await _propose(behind, request, form, channel, told)
        except Refusal as refusal:
            refused = form.refused(refusal, secret=secrets_of(kind))
            return _change_page(behind, request, refused, channel=channel)
        return done(f"/console/proposals/channels/{id}", "proposed")

    return [show_change, propose_change]


def _new(behind: Behind) -> list[HTTPRouteHandler]:
    @page("/console/connectors", permission=CHANGE)
    async def show_connectors(request: PageRequest) -> Response[bytes]:
        kinds = sorted(behind.channels.connectors().values(), key=lambda kind: kind.name)
        return show(request, "console/connectors.html", here="channels", kinds=kinds)

    @page("/console/connectors/{connector:str}/new", permission=CHANGE)
    async def show_new(request: PageRequest, connector: FromPath[str]) -> Response[bytes]:
        return _change_page(behind, request, Form(), connector=connector)

    @action("/console/connectors/{connector:str}/new", permission=CHANGE)
    async def propose_new(request: PageRequest, connector: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        kind = _kind(behind, connector)
        try:
            channel = form.text("channel").strip()
            if not channel or channel in behind.channels.names():
                raise Malformed("A new channel has a name that no other has.", field="channel")
            told = Told(kind, settings_in(form, kind, {}), credentials_in(form, kind))
            id = await _propose(behind, request, form, channel, told)
        except Refusal as refusal:
            refused = form.refused(refusal, secret=secrets_of(kind))
            return _change_page(behind, request, refused, connector=connector)
        return done(f"/console/proposals/channels/{id}", "proposed")

    return [show_connectors, show_new, propose_new]


async def _propose(behind: Behind, request: PageRequest, form: Form, channel: str, told: Told) -> str:
    saying = form.into(Saying)

    async def verb(tx: Transaction) -> str:
        proposal = await behind.channels.propose(
            tx,
            channel,
            connector=told.kind.name,
            settings=told.settings,
            credentials=told.credentials,
            keep=True,
            note=saying.note,
            by=who(request),
        )
        return proposal.id

    return await once(behind, request, form, "channels.propose_at_the_console", verb)


def _change_page(
    behind: Behind, request: PageRequest, form: Form, *, channel: str = "", connector: str = ""
) -> Response[bytes]:
    """The form of a change, or, without a channel, of a new one."""
    before: Mapping[str, Any] = {}
    if channel:
        configuration = behind.channels.configuration(channel)
        before, connector = configuration.settings, configuration.connector
    kind = _kind(behind, connector)
    return show(
        request,
        "console/channel_change.html",
        here="channels",
        form=form,
        channel=channel,
        kind=kind,
        settings=fields_asked(kind.settings),
        credentials=fields_asked(kind.credentials),
        before={asked.name: as_typed(before.get(asked.name)) for asked in fields_asked(kind.settings)},
        address=f"/console/channels/{channel}/change" if channel else f"/console/connectors/{connector}/new",
    )


def _kind(behind: Behind, connector: str) -> ConnectorKind:
    kind = behind.channels.connectors().get(connector)
    if kind is None:
        raise NotFound(f"There is no connector {connector[:32]!r}.", field="connector")
    return kind


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


def _ends_soon(behind: Behind, channel: str) -> Sequence[Any]:
    """Certificates that end within a month, or have."""
    soon = behind.clock.now() + _SOON
    return [each for each in behind.channels.certificates(channel) if each.ends_at <= soon]
