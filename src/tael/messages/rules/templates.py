"""Which messages are there, and what do they say? Data in `messages/templates`, checked when they are read.

`kinds.toml` names each message with its urgency, its ways and its values; `zh-CN.toml` and `en.toml` have its words. A word
in braces stands for a value. A tip (`messages/tips`) is a message without values, named `tip.<name>`.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources

import msgspec

from tael.foundation.money import Money
from tael.messages.errors import MessageMalformed
from tael.messages.model import Language, Urgency, Value, Way
from tael.messages.rules.wording import written

SIGNATURES = {Language.CHINESE: "【Tael】", Language.ENGLISH: "[Tael] "}
"""What every text message to a telephone begins with: the law wants to know who writes."""
_TYPES: Mapping[str, type[Value]] = {
    "text": str,
    "money": Money,
    "time": datetime,
    "day": datetime,
    "number": int,
    "code": str,
}
VALUE_KINDS = tuple(_TYPES)
TIP = "tip."
_NAME = re.compile(r"\{([a-z_]+)\}")
_BRACE = re.compile(r"[{}]")


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a message says in one language."""

    title: str
    text: str
    text_sms: str = ""
    """Without our signature, which is put before it. Empty: a telephone is sent the text."""

    def places(self) -> frozenset[str]:
        """The values that it names."""
        return frozenset(
            name for text in (self.title, self.text, self.text_sms) for name in _NAME.findall(text)
        )


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message that there is."""

    urgency: Urgency
    ways: tuple[Way, ...]
    values: Mapping[str, str] = {}
    """What it is told, by name: each a kind of `VALUE_KINDS`."""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A message that there is, with its words."""

    name: str
    kind: Kind
    words: Mapping[Language, Words]

    @property
    def is_secret(self) -> bool:
        """Whether what it says is nobody's business once it has arrived."""
        return self.kind.urgency is Urgency.CODE


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody reads."""

    title: str
    text: str
    short: str


def check_values(template: Template, values: Mapping[str, Value]) -> None:
    """Refuses `MessageMalformed` unless the values are exactly those that the template has places for."""
    wanted = template.kind.values
    if set(wanted) != set(values):
        raise MessageMalformed(
            f"{template.name} says {', '.join(sorted(wanted)) or 'nothing of its own'}, not"
            f" {', '.join(sorted(values)) or 'nothing'}.",
            field="values",
        )
    for name, kind in wanted.items():
        try:
            written(kind, values[name], Language.ENGLISH)
        except (TypeError, KeyError):
            raise MessageMalformed(
                f"{name} of {template.name} is a {kind}.", field=f"values.{name}"
            ) from None


def rendered(template: Template, values: Mapping[str, Value], language: Language) -> Rendered:
    """What a message says; `values` have been checked."""
    words = template.words[language]
    said = {name: written(kind, values[name], language) for name, kind in template.kind.values.items()}

    def fill(text: str) -> str:
        return _NAME.sub(lambda match: said[match[1]], text)

    short = SIGNATURES[language] + fill(words.text_sms or words.text)
    return Rendered(title=fill(words.title), text=fill(words.text), short=short)


def template_of(name: str) -> Template:
    """A template; refuses `MessageMalformed`."""
    try:
        return templates()[name]
    except KeyError:
        raise MessageMalformed(f"There is no message named {name[:60]!r}.", field="template") from None


def encoded(values: Mapping[str, Value]) -> bytes:
    """Values as they are kept, sealed."""
    return msgspec.json.encode(dict(values))


def decoded(template: Template, kept: bytes) -> dict[str, Value]:
    """What was kept; raises `KeyError` or `msgspec.MsgspecError` if the template has another form by now."""
    raw = msgspec.json.decode(kept, type=dict[str, msgspec.Raw])
    return {
        name: msgspec.json.decode(raw[name], type=_TYPES[kind]) for name, kind in template.kind.values.items()
    }


@cache
def templates() -> Mapping[str, Template]:
    """Every message that there is, tips among them."""
    kinds = msgspec.convert(_read("templates", "kinds.toml"), dict[str, Kind])
    words = {
        language: msgspec.convert(_read("templates", f"{language}.toml"), dict[str, Words])
        for language in Language
    }
    of_tips = {
        language: {
            TIP + name: each
            for name, each in msgspec.convert(_read("tips", f"{language}.toml"), dict[str, Words]).items()
        }
        for language in Language
    }
    tip = Kind(urgency=Urgency.EDUCATION, ways=(Way.IN_APP, Way.PUSH))
    all_kinds = kinds | dict.fromkeys(of_tips[Language.CHINESE], tip)
    all_words = {language: words[language] | of_tips[language] for language in Language}
    return {
        name: Template(
            name=name, kind=kind, words={language: all_words[language][name] for language in Language}
        )
        for name, kind in all_kinds.items()
    }


def wrong_with(template: Template) -> list[str]:
    """What does not fit together in a template; nothing if it is fit to be sent."""
    wrong = [
        f"{name} is no kind of value" for name in template.kind.values.values() if name not in VALUE_KINDS
    ]
    wanted = frozenset(template.kind.values)
    for language, words in template.words.items():
        if words.places() != wanted:
            wrong.append(f"{language} names {sorted(words.places())}, not {sorted(wanted)}")
        if Way.SMS in template.kind.ways and not words.text_sms:
            wrong.append(f"{language} has no short form for telephones")
        left = [
            each for each in (words.title, words.text, words.text_sms) if _BRACE.search(_NAME.sub("", each))
        ]
        if left:
            wrong.append(f"{language} has a brace that is no place: {left[0]!r}")
    is_code = "code" in template.kind.values.values()
    if is_code is not (template.kind.urgency is Urgency.CODE):
        wrong.append("a code is said in messages of that urgency alone")
    if is_code and Way.IN_APP in template.kind.ways:
        wrong.append("a code stands in nobody's list")
    return wrong


def _read(folder: str, file: str) -> Mapping[str, object]:
    return tomllib.loads(resources.files("tael.messages").joinpath(folder, file).read_text("utf-8"))
