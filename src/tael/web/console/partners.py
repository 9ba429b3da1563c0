"""Who are our partners, what is due with all of them, and how do they compare? Lists, and the form that begins with one."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from tael.foundation.errors import Refusal
from tael.foundation.http.sheets import Row, sheet
from tael.foundation.money import Money
from tael.partners.api import Asked, action_of
from tael.partners.model import Deadline, DeadlineKind, Part, Scorecard, State
from tael.partners.schemas import Command, OpenPartner
from tael.web.console.acting import action, call, done, page, settled, show, who
from tael.web.console.asks import OPENING
from tael.web.console.behind import Behind
from tael.web.console.billed_fees import fee_routes
from tael.web.console.onboarding import CHANGE, READ, form_words, owners
from tael.web.console.partner_views import DueRow, channel_named, due_row, partner_rows, said
from tael.web.ui.formats import amount_text, share_text
from tael.web.ui.forms import Form, read_form
from tael.web.ui.i18n import CATALOGUES, Language
from tael.web.ui.pages import PageRequest, reader_of

_AHEAD = timedelta(days=60)
_MONTH = timedelta(days=30)
_PAGE = 50
_MOST_DUE = 200
"""Deadlines that are looked at for the list of partners, and shown on one page of deadlines."""
_MOST_LINES = 10_000
"""Of a file."""
PERIODS = (0, 7, 30, 60, 90, 365)
"""Within how many days something is due; 0 is overdue."""


class _Opened(msgspec.Struct, frozen=True):
    channel: str
    command: Command[Any]


class _Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which deadlines are looked for."""

    days: int
    kind: DeadlineKind | None
    channel: str | None

    @property
    def query(self) -> str:
        """The same in an address."""
        asked = {"days": self.days, "kind": self.kind, "channel": self.channel}
        return "&".join(f"{name}={value}" for name, value in asked.items() if value is not None)


def partner_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The lists."""
    return [
        _partners(behind),
        *_opening(behind),
        _deadlines(behind),
        _deadlines_file(behind),
        _scorecards(behind),
        _scorecard(behind),
        *fee_routes(behind),
    ]


def _partners(behind: Behind) -> HTTPRouteHandler:
    @page("/console/partners", permission=READ)
    async def show_partners(request: PageRequest) -> Response[bytes]:
        reads, now = behind.partners.reads, behind.clock.now()
        asked = said(request, "state")
        state = State(asked) if asked in set(State) else None
        after = said(request, "after") or None
        found = await reads.partners(after=after, state=state, limit=_PAGE + 1)
        shown = found[:_PAGE]
        due = await reads.deadlines(until=now + _AHEAD, limit=_MOST_DUE)
        rows = partner_rows(
            shown,
            steps=await reads.present_steps([each.channel for each in shown]),
            due=[due_row(each, today=behind.partners.today) for each in due],
            health={name: str(health) for name, health in behind.routing.health().items()},
            shares={name: terms.share_basis_points for name, terms in behind.partners.terms_now().items()},
        )
        return show(
            request,
            "console/partners.html",
            here="partners",
            rows=rows,
            state=state,
            states=list(State),
            names=await behind.people(),
            after=shown[-1].channel if len(found) > _PAGE else None,
        )

    return show_partners


def _opening(behind: Behind) -> list[HTTPRouteHandler]:
    async def form_page(request: PageRequest, form: Form) -> Response[bytes]:
        known, me = set(behind.partners.terms_now()), who(request)
        return show(
            request,
            "console/partner_opening.html",
            here="partners",
            form=form,
            **form_words(request),
            ask=OPENING,
            given={
                "owner": me,
                "channel": said(request, "channel"),
            },
            choices={"owner": owners(await behind.people(), me)},
            channels=[name for name in behind.channels.names() if name not in known],
        )

    @page("/console/partners-opening", permission=CHANGE)
    async def show_opening(request: PageRequest) -> Response[bytes]:
        return await form_page(request, Form())

    @action("/console/partners-opening", permission=CHANGE)
    async def open_partner(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        channel = form.text("channel").strip()
        try:
            values = {name: given for name, given in form.values.items() if name != "channel"}
            command = msgspec.structs.replace(form, values=values).into(OpenPartner)
            asked = Asked(about=channel, command=command, actor=who(request))
            doing = call(request, form, action_of(OpenPartner), _Opened(channel, command), asked)
            settled(await behind.partners.answer(doing))
        except Refusal as refusal:
            return await form_page(request, form.refused(refusal))
        return done(f"/console/partners/{channel}", "partner_open_partner")

    return [show_opening, open_partner]


def _deadlines(behind: Behind) -> HTTPRouteHandler:
    @page("/console/deadlines", permission=READ)
    async def show_deadlines(request: PageRequest) -> Response[bytes]:
        wanted = _wanted(request)
        found = await behind.partners.reads.deadlines(
            until=behind.clock.now() + timedelta(days=wanted.days),
            channel=wanted.channel,
            kind=wanted.kind,
            limit=_MOST_DUE + 1,
        )
        return show(
            request,
            "console/partner_deadlines.html",
            here="deadlines",
            rows=[due_row(each, today=behind.partners.today) for each in found[:_MOST_DUE]],
            more=len(found) > _MOST_DUE,
            wanted=wanted,
            periods=PERIODS,
            kinds=list(DeadlineKind),
            channels=[each.channel for each in await behind.partners.reads.partners(limit=200)],
            names=await behind.people(),
        )

    return show_deadlines


def _wanted(request: PageRequest) -> _Filter:
    """What the address asks for; what makes no sense is as good as not said."""
    days, kind = said(request, "days"), said(request, "kind")
    return _Filter(
        days=int(days) if days in {str(each) for each in PERIODS} else 60,
        kind=DeadlineKind(kind) if kind in set(DeadlineKind) else None,
        channel=said(request, "channel") or None,
    )


def _deadlines_file(behind: Behind) -> HTTPRouteHandler:
    @page("/console/deadlines.csv", permission=READ)
    async def get_deadlines_file(request: PageRequest) -> Stream:
        say = CATALOGUES[reader_of(request).language].say
        names = await behind.people()
        columns = (
            say("console.deadlines.due"),
            say("console.deadlines.days"),
            say("console.deadlines.kind"),
            say("console.deadlines.channel"),
            say("console.deadlines.what"),
            say("console.deadlines.owner"),
        )

        async def pages() -> AsyncIterator[Sequence[Row]]:
            async for rows in _all_due(behind, _wanted(request)):
                yield [
                    _due_line(row, say(f"console.deadline_kind_of.{row.deadline.kind}"), names)
                    for row in rows
                ]

        return sheet(columns, pages(), file_name=f"deadlines-{behind.partners.today}.csv")

    return get_deadlines_file


def _due_line(row: DueRow, kind: str, names: Mapping[str, str]) -> Row:
    due = row.deadline
    return str(row.last_day), row.days, kind, due.channel, due.what, names.get(due.owner, due.owner)


async def _all_due(behind: Behind, wanted: _Filter) -> AsyncIterator[list[DueRow]]:
    """Deadlines, page by page, at most `_MOST_LINES`."""
    until = behind.clock.now() + timedelta(days=wanted.days)
    after = None
    for _ in range(_MOST_LINES // _MOST_DUE):
        found: Sequence[Deadline] = await behind.partners.reads.deadlines(
            until=until, channel=wanted.channel, kind=wanted.kind, after=after, limit=_MOST_DUE
        )
        yield [due_row(each, today=behind.partners.today) for each in found]
        if len(found) < _MOST_DUE:
            return
        after = found[-1].due_at, str(found[-1].kind), found[-1].object_id


def _scorecards(behind: Behind) -> HTTPRouteHandler:
    @page("/console/scorecards", permission=READ)
    async def show_scorecards(request: PageRequest) -> Response[bytes]:
        now = behind.clock.now()
        cards = await behind.partners.scorecards(since=now - _MONTH, until=now)
        return show(
            request, "console/scorecards.html", here="scorecards", cards=_ranked(cards), parts=list(Part)
        )

    return show_scorecards


def _ranked(cards: Sequence[Scorecard]) -> list[Scorecard]:
    """The best first, of those that can be judged in every part; then the others."""
    return sorted(cards, key=lambda card: (not card.complete, -(card.total or 0), card.channel))


def _scorecard(behind: Behind) -> HTTPRouteHandler:
    @page("/console/scorecards/{channel:str}", permission=READ)
    async def show_scorecard(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        now = behind.clock.now()
        cards = await behind.partners.scorecards(since=now - _MONTH, until=now)
        [card] = await behind.partners.scorecards(
            since=now - _MONTH, until=now, channel=channel_named(channel)
        )
        complete = [each for each in cards if each.complete]
        return show(
            request,
            "console/partner_scorecard.html",
            here="scorecards",
            card=card,
            rank=1 + sum((each.total or 0) > (card.total or 0) for each in complete),
            ranked=len(complete),
            shown=lambda name, value: _figure(name, value, reader_of(request).language),
        )

    return show_scorecard


def _figure(name: str, value: int | str | None, language: Language) -> str:
    """A figure of a scorecard in the form in which people read it."""
    if value is None:
        return "–"
    if name == "basis_points" and isinstance(value, int):
        return share_text(value)
    if name.endswith("_ms"):
        return f"{value} ms"
    if name.endswith("_seconds"):
        return f"{value} s"
    if name.endswith("_minor") and isinstance(value, int):
        return amount_text(Money(value, "CNY"), language)
    return f"{value:,}" if isinstance(value, int) else value
