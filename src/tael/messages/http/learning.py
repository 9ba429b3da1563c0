"""How does a user learn to keep safe? Tips, advice that was read, quizzes: routes below `/v1/me`."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import LastId, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.messages.api import AnswerQuiz, Messages, ReadAdvice
from tael.messages.errors import AnswersMalformed, NoSuchAdvice, NoSuchQuiz, QuizEnded
from tael.messages.http.forms import OWN, AnyRequest, call_of
from tael.messages.model import Advice, Quiz, QuizResult
from tael.messages.schemas import AnswersRequest, NoParticulars, TipsBody

TAGS = ["Education"]
AdviceId = Annotated[str, PathParameter(description="`adv_` and 26 characters, as the API gave it")]
QuizId = Annotated[str, PathParameter(description="`qiz_` and 26 characters, as the API gave it")]
OnlyOpen = Annotated[bool, QueryParameter(name="open", description="Only those that are not passed")]


def learning_routes(messages: Messages) -> list[HTTPRouteHandler]:
    """Tips and quizzes."""
    return [_tips(messages), _read(messages), _quizzes(messages), _answer(messages)]


def _tips(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/me/tips", opt={"permission": OWN}, tags=TAGS)
    async def list_my_tips(request: AnyRequest) -> TipsBody:
        """List tips. All that we have to say about frauds and safety, in your language."""
        return TipsBody(items=list(await messages.tips(caller_of(request).owner)))

    return list_my_tips


def _read(messages: Messages) -> HTTPRouteHandler:
    @post(
        "/v1/me/tips/{advice_id:str}/read",
        status_code=200,
        opt={"permission": OWN, REFUSES: [NoSuchAdvice]},
        tags=TAGS,
        responses=answers(200, Advice, "What you were shown, read"),
    )
    async def mark_my_tip_read(
        request: AnyRequest,
        advice_id: AdviceId,
        data: JSONBody[NoParticulars],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Say that you have read a warning. It was shown before something that you were about to do."""
        id = check_id(advice_id, prefix="adv", field="advice_id")
        command = ReadAdvice(advice_id=id, user_id=caller_of(request).owner)
        call = call_of(request, command, key=idempotency_key, data=data, id=id)
        return respond(await messages.answer(call, shown=lambda advice: (id, advice)))

    return mark_my_tip_read


def _quizzes(messages: Messages) -> HTTPRouteHandler:
    @get("/v1/me/quizzes", opt={"permission": OWN}, tags=TAGS)
    async def list_my_quizzes(
        request: AnyRequest, *, limit: Limit = 50, cursor: LastId = None, only_open: OnlyOpen = False
    ) -> Page[Quiz]:
        """List your quizzes. Newest first, with their questions."""
        found = await messages.quizzes(
            caller_of(request).owner, only_open=only_open, before=cursor, limit=limit + 1
        )
        return page_of(found, limit)

    return list_my_quizzes


def _answer(messages: Messages) -> HTTPRouteHandler:
    @post(
        "/v1/me/quizzes/{quiz_id:str}/answers",
        status_code=200,
        opt={"permission": OWN, REFUSES: [NoSuchQuiz, QuizEnded, AnswersMalformed]},
        tags=TAGS,
        responses=answers(200, QuizResult, "How you did, and the quiz as it is now"),
    )
    async def answer_my_quiz(
        request: AnyRequest,
        quiz_id: QuizId,
        data: JSONBody[AnswersRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Answer a quiz. Two right answers of three pass; if not, it asks you three others."""
        id = check_id(quiz_id, prefix="qiz", field="quiz_id")
        command = AnswerQuiz(quiz_id=id, user_id=caller_of(request).owner, answers=data.answers)
        call = call_of(request, command, key=idempotency_key, data=data, id=id)
        return respond(await messages.answer(call, shown=lambda result: (id, result)))

    return answer_my_quiz
