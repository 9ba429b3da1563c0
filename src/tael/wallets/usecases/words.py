"""In which words does a statement speak? In the language in which it was asked for."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from tael.wallets.model.statements import StatementLanguage


def word(language: StatementLanguage, group: str, name: str) -> str:
    """`word(ENGLISH, "kind", "transfer_out")`; every word is there in each language."""
    return words(language)[group][name]


@cache
def words(language: StatementLanguage) -> Mapping[str, Mapping[str, str]]:
    """All of a language."""
    return tomllib.loads(
        resources.files("tael.wallets").joinpath("words", f"{language}.toml").read_text("utf-8")
    )
