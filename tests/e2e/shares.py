"""How is a product of two lists shared out? `make test` looks at each thing with a part of the rest, the drills at all of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import pytest

from tests.e2e.browsing import DESKTOP_IN_CHINESE, PHONE_IN_ENGLISH

T = TypeVar("T")


def screens(*kinds: tuple[str, str, int]) -> Mapping[str, dict[str, Any]]:
    """What a browser is told of screens with a language, colours and a width, by their names."""
    return {
        f"{language}-{scheme}-{width}": {
            "locale": language,
            "color_scheme": scheme,
            "viewport": {"width": width, "height": 900},
        }
        for language, scheme, width in kinds
    }


SCREENS = screens(("zh-CN", "light", 1280), ("en", "dark", 390))
DEVICES: Mapping[str, dict[str, Any]] = {"desktop-zh": DESKTOP_IN_CHINESE, "phone-en": PHONE_IN_ENGLISH}
BY_LANGUAGE: Mapping[str, dict[str, Any]] = {"zh-CN": DESKTOP_IN_CHINESE, "en": PHONE_IN_ENGLISH}


class Share(msgspec.Struct, frozen=True):
    """Every so-manieth of a list, beginning with one of the first."""

    number: int
    count: int

    def of(self, things: Sequence[T]) -> Sequence[T]:
        """What of it is in the share; all shares together are the whole."""
        return things[self.number % self.count :: self.count]


EVERYTHING = Share(0, 1)


def in_turn(rows: Collection[str], *, parts: int | None = None) -> list[Any]:
    """Each row with a share of what is asked of it: with one of `parts`, in turn, and in the drills with everything.

    rows   values for `parametrize` by the name of the case, or names that are values; the share is one value more
    parts  as many as there are rows, if nothing is said: then each thing is asked with one row
    """
    shared = [
        pytest.param(*_values(row), Share(number, parts or len(rows)), id=name)
        for number, (name, row) in enumerate(_named(rows).items())
    ]
    whole = [
        pytest.param(*_values(row), EVERYTHING, id=f"{name}-all", marks=pytest.mark.drill)
        for name, row in _named(rows).items()
    ]
    return [*shared, *whole]


def one_of(rows: Collection[str], kept: str) -> list[Any]:
    """The row of that name, and the others in the drills."""
    return [
        pytest.param(*_values(row), id=name, marks=() if name == kept else pytest.mark.drill)
        for name, row in _named(rows).items()
    ]


def _named(rows: Collection[str]) -> Mapping[str, object]:
    return rows if isinstance(rows, Mapping) else {each: each for each in rows}


def _values(row: object) -> tuple[object, ...]:
    return row if isinstance(row, tuple) else (row,)
