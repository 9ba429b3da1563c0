"""In which words does a user hear of an agreement, a review, an element that did not match? In their own language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from tael.users.model import LANGUAGES


def word(language: str, group: str, name: str) -> str:
    """`word("en", "review", "lost_phone")`; every word that the program says is there in each language."""
    return _words(language)[group][name]


def listed(language: str, group: str, names: list[str]) -> str:
    """Several of them, one after the other."""
    return ("、" if language == LANGUAGES[0] else ", ").join(word(language, group, name) for name in names)


@cache
def _words(language: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(
        resources.files("tael.users").joinpath("words", f"{language}.toml").read_text("utf-8")
    )
