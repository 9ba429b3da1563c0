"""What are people taught, when, and do they hear it? Campaigns, the calendar of tips, how much is read, how quizzes end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from tael.foundation.clock import CHINA
from tael.foundation.errors import Refusal
from tael.foundation.printable import LINES, PRINTABLE
from tael.messages.api import ProposeCampaign, calendar, templates
from tael.messages.model import Campaign
from tael.web.console.acting import action, call, done, page, settled, who
from tael.web.console.asking import WHY, Question, Shown, show_person, show_question
from tael.web.console.asks import Entry
from tael.web.console.behind import Behind
from tael.web.console.cells import Cell, Section, at, text, word
from tael.web.console.letters import CHANGE, READ, template_link
from tael.web.console.listing import Asked, Listing, Reader, list_routes
from tael.web.ui.acting import Made
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest, reader_of

CAMPAIGNS, EDUCATION = "/console/campaigns", "/console/education"
TIP = "tip."
CAMPAIGN_COLUMNS = ("tip", "because", "day", "state", "told", "ended_at")
CALENDAR_COLUMNS = ("tip", "because", "days", "next_day")
FIGURE_COLUMNS = ("tip", "shown", "read", "told", "told_read")
QUIZ_COLUMNS = ("because", "assigned", "passed_count", "answered", "right_first")
FIGURES_OF = timedelta(days=90)
_AHEAD = 400
"""So many days on it is looked for the next day of a line."""


class _Proposed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tip that everybody shall be told."""

    tip: Annotated[str, Meta(min_length=1, max_length=60, pattern=PRINTABLE)]
    note: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=LINES)]


def teaching_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Campaigns, and what is taught."""
    return [*list_routes(behind, _campaigns(behind)), *_new_campaign(behind), _education(behind)]


def _campaigns(behind: Behind) -> Listing:
    async def read(_: Asked, __: Reader, before: str | None, limit: int) -> Sequence[Campaign]:
        return await behind.messages.campaigns(before=before, limit=limit)

    def row(campaign: Campaign, _: Reader) -> Sequence[Cell]:
        return (
            template_link(f"{TIP}{campaign.tip}"),
            text(campaign.because),
            text(campaign.day),
            word("campaign_state_of", campaign.state, "good" if campaign.ended_at else "warning"),
            text(campaign.posted),
            at(campaign.ended_at),
        )

    return Listing(
        here="campaigns",
        address=CAMPAIGNS,
        permission=READ,
        columns=CAMPAIGN_COLUMNS,
        read=read,
        row=row,
    )


def _new_campaign(behind: Behind) -> list[HTTPRouteHandler]:
    path = f"{CAMPAIGNS}-new"
    question = Question(
        name="campaign", address=path, entries=(Entry(name="tip", kind="select"), WHY), together=True
    )

    def ask(request: PageRequest, form: Form) -> Response[bytes]:
        language = reader_of(request).language
        tips = [
            (name.removeprefix(TIP), {str(each): said for each, said in one.words.items()}[language].title)
            for name, one in templates().items()
            if name.startswith(TIP)
        ]
        return show_question(
            request, question, form, here="campaigns", about="", back=CAMPAIGNS, choices={"tip": tips}
        )

    @page(path, permission=CHANGE)
    async def ask_for_campaign(request: PageRequest) -> Response[bytes]:
        return ask(request, Form())

    @action(path, permission=CHANGE)
    async def propose_campaign(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(_Proposed)
            command = ProposeCampaign(tip=said.tip, note=said.note, actor=who(request))
            asked = call(request, form, "messages.propose_campaign", said, command)
            settled(await behind.messages.answer(asked, shown=lambda it: (it.id, Made(it.id)), status=201))
        except Refusal as refusal:
            return ask(request, form.refused(refusal))
        return done(CAMPAIGNS, "campaign_proposed")

    return [ask_for_campaign, propose_campaign]


def _education(behind: Behind) -> HTTPRouteHandler:
    @page(EDUCATION, permission=READ)
    async def show_education(request: PageRequest) -> Response[bytes]:
        now = behind.clock.now()
        tips, quizzes = await behind.messages.figures(since=now - FIGURES_OF)
        figures = [
            (
                template_link(f"{TIP}{each.tip}"),
                *map(text, (each.shown, each.read, each.told, each.told_read)),
            )
            for each in tips
        ]
        of_quizzes = [
            (
                word("quiz_because_of", each.because),
                *map(text, (each.assigned, each.passed, each.answered, each.right_first)),
            )
            for each in quizzes
        ]
        return show_person(
            request,
            Shown(
                here="education",
                heading="",
                back=CAMPAIGNS,
                sections=[
                    Section(name="calendar", columns=CALENDAR_COLUMNS, rows=_calendar_rows(now)),
                    Section(name="tip_figures", columns=FIGURE_COLUMNS, rows=figures),
                    Section(name="quiz_figures", columns=QUIZ_COLUMNS, rows=of_quizzes),
                ],
            ),
        )

    return show_education


def _calendar_rows(now: datetime) -> list[Sequence[Cell]]:
    """Each line with the next of its days, the soonest first."""
    today = now.astimezone(CHINA).date()
    coming = [today + timedelta(days=days) for days in range(_AHEAD)]
    lines = []
    for each in calendar():
        days = set(each.days)
        names = [(day, {f"{day.day}", f"{day:%d}", f"{day:%m-%d}", day.isoformat()}) for day in coming]
        soonest = next((day for day, of in names if of & days), None)
        lines.append((soonest.isoformat() if soonest else "–", each))
    return [
        (
            template_link(f"{TIP}{each.tip}"),
            text(each.because),
            text(", ".join(each.days)),
            text(soonest),
        )
        for soonest, each in sorted(lines, key=lambda pair: pair[0])
    ]
