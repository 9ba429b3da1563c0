"""How is somebody asked what they have learned? Three questions after a risky event, until two answers of a set are right."""

import secrets
from collections.abc import Sequence

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.messages.errors import NoSuchQuiz, QuizEnded
from tael.messages.model import Language, Post, Quiz, QuizResult
from tael.messages.rules import quizzes
from tael.messages.store import education
from tael.messages.store.education import Answered, KeptQuiz
from tael.messages.usecases.desk import Desk
from tael.messages.usecases.people import person_of
from tael.messages.usecases.post import post

_DICE = secrets.SystemRandom()


class AnswerQuiz(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's answers, one for each question: the positions of options, from 0."""

    quiz_id: str
    user_id: str
    answers: Sequence[int]
    language: Language | None = None
    """In which language the result is told; `None`: that in which they are told everything."""


async def assign_quiz(desk: Desk, tx: Transaction, user_id: str, *, because: str, required: bool) -> Quiz:
    """Ask somebody three questions, and tell them; one that they have been asked for the same reason goes on."""
    for known in await education.list_quizzes(tx, user_id, only_open=True, before=None, limit=20):
        if known.because == because and known.required >= required:
            return await _in_their_language(tx, known)
    kept = KeptQuiz(
        id=new_id("qiz"),
        user_id=user_id,
        because=because,
        required=required,
        questions=tuple(_draw(await education.last_questions(tx, user_id))),
        tries=0,
        assigned_at=desk.now(),
        passed_at=None,
    )
    await education.insert_quiz(tx, kept)
    await post(desk, tx, [Post(to=user_id, template="quiz_assigned")])
    return await _in_their_language(tx, kept)


async def answer_quiz(tx: Transaction, wanted: AnswerQuiz, desk: Desk) -> QuizResult:
    """How they did; not passed, the quiz asks other questions. Refuses `NoSuchQuiz`, `QuizEnded`, `AnswersMalformed`."""
    kept = await education.lock_quiz(tx, wanted.quiz_id, user_id=wanted.user_id)
    if kept is None:
        raise NoSuchQuiz(f"There is no quiz {wanted.quiz_id}.", field="quiz_id")
    if kept.passed_at is not None:
        raise QuizEnded("This quiz has been passed.")
    score, now = quizzes.score_of(kept.questions, wanted.answers), desk.now()
    passed = quizzes.passes(score)
    following = kept.questions if passed else tuple(_draw(kept.questions))
    answered = Answered(
        id=new_id("qza"),
        quiz_id=kept.id,
        user_id=kept.user_id,
        questions=kept.questions,
        answers=tuple(wanted.answers),
        score=score,
        passed=passed,
    )
    await education.answer_quiz(tx, answered, next_questions=following, now=now)
    language = wanted.language or (await person_of(tx, kept.user_id)).language
    after = msgspec.structs.replace(
        kept, questions=following, tries=kept.tries + 1, passed_at=now if passed else None
    )
    return QuizResult(
        quiz=shown(after, language),
        score=score,
        passed=passed,
        right=quizzes.right_answers(kept.questions),
        because=quizzes.reasons(kept.questions, language),
    )


def shown(kept: KeptQuiz, language: Language) -> Quiz:
    """A quiz as it is asked."""
    return Quiz(
        id=kept.id,
        because=kept.because,
        required=kept.required,
        questions=quizzes.asked(kept.questions, language),
        assigned_at=kept.assigned_at,
        tries=kept.tries,
        passed_at=kept.passed_at,
    )


async def _in_their_language(tx: Transaction, kept: KeptQuiz) -> Quiz:
    return shown(kept, (await person_of(tx, kept.user_id)).language)


def _draw(asked_before: Sequence[str]) -> list[str]:
    return _DICE.sample(quizzes.fit_to_ask(asked_before), quizzes.QUESTIONS)
