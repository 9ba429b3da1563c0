"""In which language does the reader read, and what are the words? Chinese first, English complete.

The catalogues are `locales/*.toml`: `en.toml`, and `en.partners.toml` for what would make it too long. A key such as
`checkout.paid.title` is a path through their tables. A missing key or placeholder is an error, never a blank.
"""

import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

_LOCALES = Path(__file__).parent / "locales"
_Tree: TypeAlias = "Mapping[str, str | _Tree]"


class Language(StrEnum):
    """A language in which every page exists; the value is its BCP 47 tag."""

    CHINESE = "zh-CN"
    ENGLISH = "en"

    @property
    def own_name(self) -> str:
        """What its readers call it."""
        return {Language.CHINESE: "中文", Language.ENGLISH: "English"}[self]

    @property
    def other(self) -> "Language":
        """The one to offer in the language switch."""
        return Language.ENGLISH if self is Language.CHINESE else Language.CHINESE


def _leaves(tree: _Tree, path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, str):
            yield path + name, value
        else:
            yield from _leaves(value, f"{path}{name}.")


class Catalogue:
    """All messages in one language."""

    def __init__(self, language: Language, messages: Mapping[str, str]) -> None:
        self.language = language
        self.messages = messages

    def say(self, key: str, **values: str | int) -> str:
        """The message `key` with `values` in its placeholders; `KeyError` if either is missing."""
        return self.messages[key].format_map(values)

    def word(self, table: str, name: str) -> str:
        """What people call one of many things (`method_of`, `alipay`); its own name if there is no word for it."""
        return self.messages.get(f"{table}.{name.replace('.', '_')}", name)


def load_catalogue(language: Language) -> Catalogue:
    """Read one catalogue from its files; `ValueError` if two of them say the same key."""
    messages: dict[str, str] = {}
    for path in sorted(_LOCALES.glob(f"{language}*.toml")):
        said = dict(_leaves(tomllib.loads(path.read_text(encoding="utf-8"))))
        if twice := messages.keys() & said.keys():
            raise ValueError(f"{path.name}: said before: {', '.join(sorted(twice))}")
        messages |= said
    return Catalogue(language, messages)


CATALOGUES = {language: load_catalogue(language) for language in Language}


def language_of(tag: str) -> Language | None:
    """The language that serves readers of `tag` (`zh-Hant-TW`, `en-GB`), if there is one."""
    primary = tag.strip().lower().partition("-")[0]
    return {"zh": Language.CHINESE, "en": Language.ENGLISH}.get(primary)


def choose_language(*, asked: str | None, remembered: str | None, accepted: str) -> Language:
    """What the address asks for, else what the cookie remembers, else what the browser prefers.

    `accepted` is the header Accept-Language (RFC 9110, 12.5.4). Readers of neither language get Chinese.
    """
    for tag in (asked, remembered, *_by_preference(accepted)):
        language = language_of(tag) if tag else None
        if language:
            return language
    return Language.CHINESE


def _by_preference(accepted: str) -> list[str]:
    """The tags of Accept-Language, most wanted first; those with weight 0 or nonsense left out."""
    weighted = []
    for item in accepted.split(",")[:20]:
        tag, _, parameter = item.partition(";")
        weight = parameter.strip().removeprefix("q=").strip() or "1"
        weighted.append((_thousandths(weight), tag.strip()))
    return [tag for thousandths, tag in sorted(weighted, key=lambda pair: -pair[0]) if thousandths > 0]


def _thousandths(weight: str) -> int:
    whole, _, decimals = weight.partition(".")
    digits = whole + decimals[:3].ljust(3, "0")
    return int(digits) if digits.isascii() and digits.isdigit() else 0
