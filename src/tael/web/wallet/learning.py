"""What should everybody know who moves money? Tips against fraud, to be read at any time, and a quiz after a risky event."""

from collections.abc import Sequence

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.calls import Call
from tael.foundation.errors import Malformed, NotFound, Refusal
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.messages.api import AnswerQuiz
from tael.messages.model import Quiz, QuizResult
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import (
    LOOK,
    action,
    answer_as,
    go_to,
    me,
    page,
    read_advice,
    read_form,
    root_of,
    show,
    spoken_on,
)
from tael.web.wallet.behind import Behind
from tael.web.wallet.door import next_of

HOME = "/wallet/learn"
_SHOWN = 50


def learning_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Tips, and one quiz."""
    messages = behind.people.messages

    @page(HOME, permission=LOOK)
    async def show_tips(request: PageRequest) -> Response[bytes]:
        user_id = me(request).owner
        return await show(
            behind,
            request,
            "wallet/learn.html",
            here="learn",
            tips=await messages.tips(user_id, language=spoken_on(request)),
            quizzes=await messages.quizzes(user_id, limit=_SHOWN),
        )

    @action(f"{HOME}/tips/read", permission=LOOK)
    async def read_tip(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        await read_advice(behind, request, form)
        return go_to(request, next_of(form.text("next").removeprefix(root_of(request))) or HOME)

    @page(f"{HOME}/quizzes/{{quiz_id:str}}", permission=LOOK)
    async def show_quiz(request: PageRequest, quiz_id: FromPath[str]) -> Response[bytes]:
        return await quiz_page(request, await _quiz(behind, request, quiz_id), Form(), None)

    @action(f"{HOME}/quizzes/{{quiz_id:str}}", permission=LOOK)
    async def answer_quiz(request: PageRequest, quiz_id: FromPath[str]) -> Response[bytes]:
        form, asked = await read_form(request), await _quiz(behind, request, quiz_id)
        try:
            command = AnswerQuiz(
                quiz_id=asked.id,
                user_id=me(request).owner,
                answers=_answers(form, len(asked.questions)),
                language=spoken_on(request),
            )
            call = Call(
                caller=caller_of(request),
                action="messages.answer_quiz",
                key=f"form:{form.once}",
                request=command,
                command=command,
            )
            said = await messages.answer(call, shown=lambda result: (asked.id, result))
            result = answer_as(said, QuizResult)
        except Refusal as refusal:
            return await quiz_page(request, asked, form.refused(refusal), None)
        return await quiz_page(request, asked, Form(), result)

    async def quiz_page(
        request: PageRequest, quiz: Quiz, form: Form, result: QuizResult | None
    ) -> Response[bytes]:
        return await show(
            behind, request, "wallet/quiz.html", here="learn", form=form, quiz=quiz, result=result
        )

    return [show_tips, read_tip, show_quiz, answer_quiz]


async def _quiz(behind: Behind, request: PageRequest, quiz_id: str) -> Quiz:
    id = check_id(quiz_id, prefix="qiz", field="quiz_id")
    found = await behind.people.messages.quizzes(me(request).owner, limit=_SHOWN, language=spoken_on(request))
    quiz = next((each for each in found if each.id == id), None)
    if quiz is None:
        raise NotFound("There is no such quiz.")
    return quiz


def _answers(form: Form, count: int) -> Sequence[int]:
    """The number of an option for each question; refuses `Malformed` of one that is missing."""
    given = [form.text(f"q{place}") for place in range(count)]
    if not all(each.isdecimal() and len(each) == 1 for each in given):
        raise Malformed("Answer every question.", field="answers")
    return msgspec.convert(given, list[int], strict=False)
