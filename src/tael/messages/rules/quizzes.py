"""Which questions is somebody asked, and when have they passed? Data in `messages/tips/quiz.toml`.

Three questions of the bank, none that was asked in the last quiz as long as there are others. Two right answers pass.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import resources

import msgspec

from tael.messages.errors import AnswersMalformed
from tael.messages.model import Language, Question

QUESTIONS, ENOUGH = 3, 2


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question in one language."""

    text: str
    options: tuple[str, ...]
    because: str
    """Why the right answer is right."""


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"zh": "zh-CN"}):
    """A question of the bank."""

    name: str
    right: int
    """The position of the right answer, from 0."""
    zh: Words
    en: Words

    def words(self, language: Language) -> Words:
        """It in a language."""
        return self.zh if language is Language.CHINESE else self.en


def fit_to_ask(asked_before: Collection[str]) -> list[str]:
    """The questions from which three are drawn."""
    fresh = [name for name in bank() if name not in asked_before]
    return fresh if len(fresh) >= QUESTIONS else list(bank())


def asked(names: Sequence[str], language: Language) -> list[Question]:
    """Questions as they are asked; one that a later version has dropped is left out."""
    items = [bank()[name] for name in names if name in bank()]
    return [
        Question(name=item.name, text=item.words(language).text, options=item.words(language).options)
        for item in items
    ]


def right_answers(names: Sequence[str]) -> list[int]:
    """The positions of the right answers."""
    return [bank()[name].right for name in names]


def reasons(names: Sequence[str], language: Language) -> list[str]:
    """Why they are right."""
    return [bank()[name].words(language).because for name in names]


def score_of(names: Sequence[str], answers: Sequence[int]) -> int:
    """How many answers are right; refuses `AnswersMalformed`."""
    if len(answers) != len(names) or any(
        not 0 <= answer < len(bank()[name].zh.options) for name, answer in zip(names, answers, strict=False)
    ):
        raise AnswersMalformed(
            f"There are {len(names)} questions, each with one answer: the number of an option, from 0.",
            field="answers",
        )
    return sum(answer == right for answer, right in zip(answers, right_answers(names), strict=True))


def passes(score: int) -> bool:
    """Whether so many right answers are enough."""
    return score >= ENOUGH


@cache
def bank() -> Mapping[str, Item]:
    """Every question, by name."""
    text = resources.files("tael.messages").joinpath("tips", "quiz.toml").read_text("utf-8")
    items = msgspec.convert(tomllib.loads(text)["question"], list[Item])
    return {item.name: item for item in items}
