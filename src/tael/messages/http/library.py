"""What do we say to people, on which days are they taught what, and how did somebody do in their quizzes? For members of staff."""

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.ids import check_id
from tael.messages.api import Line, Messages, Template, calendar, templates
from tael.messages.http.forms import READ
from tael.messages.model import Quiz
from tael.messages.schemas import (
    CalendarBody,
    CalendarLine,
    TemplateBody,
    TemplatesBody,
    WordsBody,
)

UserId = Annotated[str, PathParameter(description="`usr_` and 26 characters")]


def library_routes(messages: Messages) -> list[HTTPRouteHandler]:
    """Templates, calendar, somebody's quizzes."""
    return [_templates(), _calendar(), _quizzes(messages)]


def _templates() -> HTTPRouteHandler:
    @get("/v1/message_templates", opt={"permission": READ}, tags=["Messages"])
    async def list_message_templates() -> TemplatesBody:
        """List templates. Everything that people are told, in both languages; they come with the program."""
        return TemplatesBody(items=[_shown(each) for each in templates().values()])

    return list_message_templates


def _calendar() -> HTTPRouteHandler:
    @get("/v1/message_calendar", opt={"permission": READ}, tags=["Education"])
    async def list_message_calendar() -> CalendarBody:
        """List the calendar. On which days of China everybody is told which tip."""
        return CalendarBody(items=[_line(each) for each in calendar()])

    return list_message_calendar


def _quizzes(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/users/{user_id:str}/quizzes", opt={"permission": READ}, tags=["Education"])
    async def list_quizzes_of_user(
        user_id: UserId, *, limit: Limit = 50, cursor: LastId = None
    ) -> Page[Quiz]:
        """List a user's quizzes. Newest first, with how often they tried and whether they passed."""
        id = check_id(user_id, prefix="usr", field="user_id")
        found = await messages.quizzes(id, before=cursor, limit=limit + 1)
        return page_of(found, limit)

    return list_quizzes_of_user


def _shown(template: Template) -> TemplateBody:
    return TemplateBody(
        name=template.name,
        urgency=template.kind.urgency,
        ways=list(template.kind.ways),
        values=dict(template.kind.values),
        words={
            str(language): WordsBody(title=words.title, text=words.text, text_sms=words.text_sms)
            for language, words in template.words.items()
        },
    )


def _line(line: Line) -> CalendarLine:
    return CalendarLine(tip=line.tip, because=line.because, days=list(line.days))
