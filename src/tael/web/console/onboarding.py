"""How does one partner come along its way? Its pages, and the forms by which staff lead it, hand in papers, and do duties.

Each form has a page of its own (`asks`). Whatever a form does is one command of partners, under the name of the form.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.channels.port import Operation, Product
from tael.foundation.errors import NotFound, Refusal
from tael.foundation.money import Money
from tael.foundation.proposals import ProposalState
from tael.partners.api import Asked, PartnerView, action_of
from tael.partners.errors import NoSuchRecord
from tael.partners.model import State
from tael.partners.schemas import Command, Propose
from tael.web.console.acting import action, call, done, page, settled, show, who
from tael.web.console.asks import ASKS, PAPERS, WAY, Ask, Entry
from tael.web.console.behind import Behind
from tael.web.console.commands import fee_row, field_on_page, percent_typed
from tael.web.console.partner_views import (
    ONWARD,
    channel_named,
    due_row,
    gates_of,
    missing_in,
    said,
    stations_of,
)
from tael.web.ui.formats import day_text
from tael.web.ui.forms import Form, read_form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

READ, CHANGE = "partners.read", "partners.change"
_AHEAD = timedelta(days=90)
_LIMIT = 100
"""Of each kind of thing on a partner's pages."""
_SPARE_ROWS = 3
"""Empty rows of a new fee table, besides those of the present one."""
_MOST_ROWS = 200
_RECORD = re.compile(r"[a-z]{2,6}_[0-9a-z]{26}")
_ROW = re.compile(r"lines\.(\d{1,3})\.")


class NoSuchForm(NotFound):
    """There is no form of that name."""

    code = "console.no_such_form"


class _Said(msgspec.Struct, frozen=True):
    """What a form said, and about what."""

    about: str
    command: Command[Any]


def onboarding_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Every page of one partner."""
    return [_way(behind), _papers(behind), _duties(behind), _history(behind), *_forms(behind)]


def _way(behind: Behind) -> HTTPRouteHandler:
    @page("/console/partners/{channel:str}", permission=READ)
    async def show_way(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        reads, now, today = behind.partners.reads, behind.clock.now(), behind.partners.today
        shared = await _shared(behind, channel)
        outlook = await behind.partners.outlook(channel)
        documents = await reads.documents(channel=channel, limit=_LIMIT)
        due = await reads.deadlines(until=now + _AHEAD, channel=channel, limit=5)
        return show(
            request,
            "console/partner_way.html",
            here="partners",
            tab=WAY,
            **shared,
            outlook=outlook,
            missing=missing_in(outlook),
            gates=gates_of(outlook),
            onward=[move for move in ONWARD if move in (*outlook.alone, *outlook.together)],
            documents=documents,
            due=[due_row(each, today=today) for each in due],
            today=today,
        )

    return show_way


def _papers(behind: Behind) -> HTTPRouteHandler:
    @page("/console/partners/{channel:str}/papers", permission=READ)
    async def show_papers(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        reads, shared = behind.partners.reads, await _shared(behind, channel)
        return show(
            request,
            "console/partner_papers.html",
            here="partners",
            tab=PAPERS,
            **shared,
            documents=await reads.documents(channel=channel, limit=_LIMIT),
            acceptances=await reads.acceptances(channel=channel, limit=_LIMIT),
            certificates=await reads.certificates(channel=channel, limit=_LIMIT),
            tables=await reads.fee_tables(channel=channel, limit=_LIMIT),
            limit=_LIMIT,
            money=Money,
            now=behind.clock.now(),
            today=behind.partners.today,
        )

    return show_papers


def _duties(behind: Behind) -> HTTPRouteHandler:
    @page("/console/partners/{channel:str}/duties", permission=READ)
    async def show_duties(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        reads, shared = behind.partners.reads, await _shared(behind, channel)
        return show(
            request,
            "console/partner_duties.html",
            here="partners",
            tab="duties",
            **shared,
            windows=await reads.windows(channel=channel, limit=_LIMIT),
            policy_changes=await reads.policy_changes(channel=channel, limit=_LIMIT),
            checklists=await reads.checklists(channel=channel, limit=_LIMIT),
            runs=await reads.runs(channel=channel, limit=_LIMIT),
            drills=await reads.drills(channel=channel, limit=_LIMIT),
            limit=_LIMIT,
            now=behind.clock.now(),
            today=behind.partners.today,
        )

    return show_duties


def _history(behind: Behind) -> HTTPRouteHandler:
    @page("/console/partners/{channel:str}/history", permission=READ)
    async def show_history(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        text = said(request, "before")
        before = int(text) if text.isdecimal() and len(text) <= 15 else None
        lines = await behind.partners.reads.history(channel_named(channel), before=before, limit=_LIMIT + 1)
        return show(
            request,
            "console/partner_history.html",
            here="partners",
            tab="history",
            **await _shared(behind, channel),
            lines=lines[:_LIMIT],
            more=lines[_LIMIT - 1].seq if len(lines) > _LIMIT else None,
        )

    return show_history


async def _shared(behind: Behind, channel: str) -> dict[str, Any]:
    """What every page of a partner shows; refuses `NoSuchPartner`."""
    view = await behind.partners.reads.partner(channel_named(channel), today=behind.partners.today)
    waiting = await behind.partners.reads.proposals(about=channel, state=ProposalState.OPEN, limit=20)
    return {
        "view": view,
        "partner": view.partner,
        "stations": stations_of(view),
        "waiting": waiting,
        "names": await behind.people(),
    }


def _forms(behind: Behind) -> list[HTTPRouteHandler]:
    @page("/console/partners/{channel:str}/do/{name:str}", permission=CHANGE)
    async def show_form(request: PageRequest, channel: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        return await _form_page(behind, request, channel, name, Form())

    @action("/console/partners/{channel:str}/do/{name:str}", permission=CHANGE)
    async def send_form(request: PageRequest, channel: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        form, ask = await read_form(request), _ask(name)
        about = _record_of(ask, request) or channel_named(channel)
        try:
            command = ask.read(form)
            asked = Asked(about=about, command=command, actor=who(request), channel=channel_named(channel))
            doing = call(request, form, action_of(type(command)), _Said(about, command), asked)
            settled(await behind.partners.answer(doing))
        except Refusal as refusal:
            if refusal.field is not None:
                refusal.field = field_on_page(form, refusal.field)
            return await _form_page(
                behind, request, channel, name, form.refused(refusal, secret=("content",))
            )
        told = "partner_proposed" if isinstance(command, Propose) else f"partner_{name}"
        return done(f"/console/partners/{channel}{'' if ask.page == WAY else f'/{ask.page}'}", told)

    return [show_form, send_form]


def _ask(name: str) -> Ask:
    try:
        return ASKS[name]
    except KeyError:
        raise NoSuchForm(f"There is no form {name[:40]!r}.") from None


def _record_of(ask: Ask, request: PageRequest) -> str:
    """The id of what a form is about; empty if it is about the partner itself, whatever the address says."""
    if not ask.of_record:
        return ""
    of = request.query_params.get("of", "")
    if not _RECORD.fullmatch(of):
        raise NoSuchRecord(f"There is nothing with the id {of[:40]!r}.", field="of")
    return of


async def _form_page(
    behind: Behind, request: PageRequest, channel: str, name: str, form: Form
) -> Response[bytes]:
    ask = _ask(name)
    of = _record_of(ask, request)
    shared = await _shared(behind, channel)
    given = _given(behind, shared["view"], request)
    about_fees = await _about_fees(behind, request, channel, form) if name == "change_fees" else {}
    return show(
        request,
        "console/partner_fees_form.html" if about_fees else "console/partner_form.html",
        here="partners",
        form=form,
        tab=ask.page,
        **shared,
        **form_words(request),
        name=name,
        ask=ask,
        of=of,
        given=given | ({"due_on": ""} if name == "advance" else {}),
        missing=missing_in(await behind.partners.outlook(channel)) if name in set(ONWARD) else [],
        choices={
            "owner": owners(shared["names"], given["owner"]),
            **await _choices(behind, channel, name, of),
        },
        **about_fees,
    )


def form_words(request: PageRequest) -> dict[str, Any]:
    """What the templates of forms ask: words that there may not be, and the words of options."""
    catalogue = CATALOGUES[reader_of(request).language]

    def options(entry: Entry) -> list[tuple[str, str]]:
        return [(each, catalogue.say(f"console.{entry.options_words}.{each}")) for each in entry.options]

    return {"say_if": lambda key: catalogue.messages.get(key, ""), "options": options}


async def _about_fees(behind: Behind, request: PageRequest, channel: str, form: Form) -> dict[str, Any]:
    """The rows of the present table to begin with, some that are empty, and the tables that may end."""
    say = CATALOGUES[reader_of(request).language].say
    tables = await behind.partners.reads.fee_tables(channel=channel, limit=_LIMIT)
    present = next((each for each in tables if each.holds_at(behind.clock.now())), None)
    rows = [fee_row(line) for line in present.lines] if present is not None else []
    typed = [int(row[1]) + 1 for name in form.values if (row := _ROW.match(name))]
    wanted = max([len(rows) + _SPARE_ROWS, *typed])
    empty: list[dict[str, str]] = [{} for _ in range(wanted - len(rows))]
    return {
        "rows": [*rows, *empty][:_MOST_ROWS],
        "open_tables": [
            (each.id, day_text(each.effective_from)) for each in tables if each.effective_until is None
        ],
        "product_options": [(each, say(f"console.product_of.{each}")) for each in Product],
        "operation_options": [
            (each, say(f"console.operation_of.{each}"))
            for each in (Operation.PAY, Operation.REFUND, Operation.PAY_OUT)
        ],
    }


def owners(names: Mapping[str, str], present: str) -> list[tuple[str, str]]:
    """Who can see to something: members of staff, and whoever does so now."""
    known = sorted(names.items(), key=lambda each: each[1])
    return known if present in names else [(present, present), *known]


def _given(behind: Behind, view: PartnerView, request: PageRequest) -> dict[str, str]:
    """What stands in a form before anybody has typed: what is known, and what the link said."""
    partner = view.partner
    present = next((each for each in view.steps if each.step.value == partner.state.value), None)
    me = who(request)
    known = {
        "owner": present.owner if present is not None else me,
        "due_on": present.due_on.isoformat() if present is not None and present.due_on else "",
        "share": "5.00"
        if partner.state is not State.CANARY
        else percent_typed(partner.share_basis_points, decimals=2),
        "failures": percent_typed(partner.guard.largest_failure_basis_points, decimals=2)
        if partner.guard
        else "3.00",
        "smallest_sample": str(partner.guard.smallest_sample) if partner.guard else "200",
        "ended_on": behind.partners.today.isoformat(),
        "every_days": "90",
        "holds": "true",
    }
    return known | {name: text for name in ("kind", "step", "item") if (text := said(request, name))}


async def _choices(behind: Behind, channel: str, name: str, of: str) -> dict[str, Sequence[tuple[str, str]]]:
    """Options that are things of this partner."""
    if name == "record_certificate":
        kept = await behind.partners.reads.certificates(channel=channel, limit=_LIMIT)
        return {"replaces": [(each.id, each.name) for each in kept if each.replaced_at is None]}
    if name == "answer_item":
        runs = await behind.partners.reads.runs(channel=channel, limit=_LIMIT)
        run = next((each for each in runs if each.id == of), None)
        items = enumerate(run.items if run is not None else (), 1)
        return {"item": [(str(place), f"{place}. {item}") for place, item in items]}
    return {}
