"""Where do advice, campaigns and quizzes lie?"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from tael.foundation.db import Transaction
from tael.messages.model import Campaign, CampaignState, QuizFigures, Shown
from tael.messages.store.messages import SQL

_SHOWN_LOOKED_AT = 50


class ReadAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """Advice that was read."""

    id: str
    tip: str
    moment: str
    read_at: datetime


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that goes on."""

    id: str
    tip: str
    last_seq: int
    started_at: datetime


class KeptQuiz(msgspec.Struct, frozen=True, kw_only=True):
    """A quiz as it lies here."""

    id: str
    user_id: str
    because: str
    required: bool
    questions: tuple[str, ...]
    tries: int
    assigned_at: datetime
    passed_at: datetime | None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One set of answers."""

    id: str
    quiz_id: str
    user_id: str
    questions: tuple[str, ...]
    answers: tuple[int, ...]
    score: int
    passed: bool


class AdviceCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a tip was shown and read."""

    tip: str
    shown: int
    read: int


class ToldCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a template of education was posted and read."""

    template: str
    told: int
    told_read: int


async def shown_in(tx: Transaction, user_id: str, moment: str) -> Sequence[Shown]:
    """What somebody was shown in a moment, the last first."""
    return await tx.rows(SQL.shown_in, Shown, user_id=user_id, moment=moment, limit=_SHOWN_LOOKED_AT)


async def insert_advice(
    tx: Transaction, id: str, *, user_id: str, moment: str, tip: str, now: datetime
) -> None:
    """That somebody is shown a tip."""
    await tx.run(SQL.insert_advice, id=id, user_id=user_id, moment=moment, tip=tip, now=now)


async def read_advice(tx: Transaction, id: str, *, user_id: str, now: datetime) -> ReadAdvice | None:
    """That they have read it; none if it was never shown to them."""
    return await tx.row(SQL.read_advice, ReadAdvice, id=id, user_id=user_id, now=now)


async def start_campaign(
    tx: Transaction, id: str, *, tip: str, because: str, day: date, started_by: str, now: datetime
) -> bool:
    """Begin to tell everybody; false if this was begun before."""
    return (
        await tx.run(
            SQL.start_campaign, id=id, tip=tip, because=because, day=day, started_by=started_by, now=now
        )
        > 0
    )


async def lock_running_campaign(tx: Transaction) -> Running | None:
    """The oldest that goes on, for us alone."""
    rows = await tx.rows(SQL.lock_running_campaign, Running)
    return rows[0] if rows else None


async def advance_campaign(
    tx: Transaction, id: str, *, posted: int, last_seq: int, ended_at: datetime | None
) -> None:
    """So many more were told, up to this person."""
    state = CampaignState.RUNNING if ended_at is None else CampaignState.DONE
    await tx.run(
        SQL.advance_campaign, id=id, posted=posted, last_seq=last_seq, state=state, ended_at=ended_at
    )


async def list_campaigns(tx: Transaction, *, before: str | None, limit: int) -> Sequence[Campaign]:
    """Campaigns, newest first."""
    return await tx.rows(SQL.list_campaigns, Campaign, before=before, limit=limit)


async def insert_quiz(tx: Transaction, quiz: KeptQuiz) -> None:
    """Write a quiz."""
    fields = msgspec.structs.asdict(quiz)
    await tx.run(
        SQL.insert_quiz,
        **{name: fields[name] for name in ("id", "user_id", "because", "required")},
        questions=list(quiz.questions),
        now=quiz.assigned_at,
    )


async def lock_quiz(tx: Transaction, id: str, *, user_id: str) -> KeptQuiz | None:
    """A quiz of somebody, locked."""
    rows = await tx.rows(SQL.lock_quiz, KeptQuiz, id=id, user_id=user_id)
    return rows[0] if rows else None


async def list_quizzes(
    tx: Transaction, user_id: str, *, only_open: bool, before: str | None, limit: int
) -> Sequence[KeptQuiz]:
    """Somebody's quizzes, newest first."""
    return await tx.rows(
        SQL.list_quizzes, KeptQuiz, user_id=user_id, open=only_open, before=before, limit=limit
    )


async def last_questions(tx: Transaction, user_id: str) -> Sequence[str]:
    """What somebody was asked last."""
    rows = await tx.tuples(SQL.last_questions, user_id=user_id)
    return rows[0][0] if rows else ()


async def answer_quiz(
    tx: Transaction, answered: Answered, *, next_questions: Sequence[str], now: datetime
) -> None:
    """Keep a set of answers, and how the quiz stands after it."""
    fields = msgspec.structs.asdict(answered)
    lists = {"questions": list(answered.questions), "answers": list(answered.answers)}
    await tx.run(SQL.insert_quiz_answers, **(fields | lists), now=now)
    await tx.run(
        SQL.move_quiz,
        id=answered.quiz_id,
        questions=list(next_questions),
        passed_at=now if answered.passed else None,
    )


async def who_owes_quiz(tx: Transaction, user_ids: Sequence[str]) -> set[str]:
    """Those of them who have to pass one."""
    return {user_id for (user_id,) in await tx.tuples(SQL.who_owes_quiz, user_ids=list(user_ids))}


async def forget_of(tx: Transaction, user_id: str) -> None:
    """What somebody was shown and asked."""
    for query in (SQL.forget_advice_of, SQL.forget_quizzes_of, SQL.forget_quiz_answers_of):
        await tx.run(query, user_id=user_id)


async def advice_figures(tx: Transaction, since: datetime) -> Sequence[AdviceCount]:
    """How often each tip was shown and read."""
    return await tx.rows(SQL.advice_figures, AdviceCount, since=since)


async def told_figures(tx: Transaction, since: datetime) -> Sequence[ToldCount]:
    """How often each tip was posted and read."""
    return await tx.rows(SQL.told_figures, ToldCount, since=since)


async def quiz_figures(tx: Transaction, since: datetime) -> Sequence[QuizFigures]:
    """How quizzes end, by what they were assigned for."""
    return await tx.rows(SQL.quiz_figures, QuizFigures, since=since)
