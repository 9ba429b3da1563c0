"""What does a connector have to be told? The fields of a form, from the structs of its kind, and their words from its code."""

import ast
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Any, get_args, get_origin

import msgspec

from tael.channels.port import ConnectorKind
from tael.foundation.errors import Malformed
from tael.web.ui.forms import Form


class FieldKind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    NUMBER = "number"
    TICK = "tick"
    LINES = "lines"


class FieldAsked(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a connector has to be told."""

    name: str
    kind: FieldKind
    required: bool
    otherwise: str
    """What holds if nothing is said."""
    meaning: str
    """In the words of its author; empty if there are none."""
    of: Any
    """Its type."""


class NothingChanges(Malformed):
    """What is proposed is what is so already."""

    code = "console.nothing_changes"


@cache
def fields_asked(struct: type[msgspec.Struct]) -> Sequence[FieldAsked]:
    """The fields of settings or credentials, those that must be filled in first."""
    meanings = _meanings(struct)
    asked = [
        FieldAsked(
            name=field.name,
            kind=_kind(field.type),
            required=field.required,
            otherwise="" if field.required else as_typed(field.default),
            meaning=meanings.get(field.name, ""),
            of=field.type,
        )
        for field in msgspec.structs.fields(struct)
    ]
    return sorted(asked, key=lambda each: not each.required)


def as_typed(value: Any) -> str:
    """A setting as somebody would type it."""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return "" if value is None or value is msgspec.NODEFAULT else str(value)


def settings_in(form: Form, kind: ConnectorKind, before: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were typed, each of its own type; what is left empty, or at its default, is not among them unless
    it was said before. Refuses `Malformed` that names the field.
    """
    said: dict[str, Any] = {}
    known = {f"settings.{asked.name}" for asked in fields_asked(kind.settings)}
    unknown = next((name for name in form.values if name.startswith("settings.") and name not in known), None)
    if unknown is not None:
        raise Malformed(f"There is no setting {unknown[:64]}.", field=unknown[:64])
    for asked in fields_asked(kind.settings):
        name = f"settings.{asked.name}"
        text = form.text(name).strip()
        if asked.required and not text:
            raise Malformed(f"{asked.name} is missing.", field=name)
        if text == asked.otherwise and asked.name not in before:
            continue
        if text or asked.kind is FieldKind.TICK:
            said[asked.name] = _typed(asked, text, name)
    return said


def credentials_in(form: Form, kind: ConnectorKind) -> dict[str, str]:
    """The credentials that were typed."""
    typed = {asked.name: form.text(f"credentials.{asked.name}") for asked in fields_asked(kind.credentials)}
    return {name: text for name, text in typed.items() if text.strip()}


def secrets_of(kind: ConnectorKind) -> list[str]:
    """The names of fields that are never shown again."""
    return [f"credentials.{asked.name}" for asked in fields_asked(kind.credentials)]


def _typed(asked: FieldAsked, text: str, name: str) -> Any:
    if asked.kind is FieldKind.LINES:
        return [line.strip() for line in text.splitlines() if line.strip()]
    if asked.kind is FieldKind.TICK:
        return text == "true"
    try:
        return msgspec.to_builtins(msgspec.convert(text, asked.of, strict=False))
    except msgspec.ValidationError:
        words = "a whole number" if asked.kind is FieldKind.NUMBER else "something else"
        raise Malformed(f"{asked.name} must be {words}.", field=name) from None


def _kind(of: Any) -> FieldKind:
    if get_origin(of) in (tuple, list):
        return FieldKind.LINES
    if of is bool:
        return FieldKind.TICK
    return FieldKind.NUMBER if int in (of, *get_args(of)) else FieldKind.TEXT


def _meanings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The sentences below the fields in the source, if it is at hand."""
    try:
        [cls] = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return {}
    body = cls.body if isinstance(cls, ast.ClassDef) else []
    return {
        field.target.id: _flowing(inspect.cleandoc(words.value.value))
        for field, words in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(words, ast.Expr)
        and isinstance(words.value, ast.Constant)
        and isinstance(words.value.value, str)
    }


def _flowing(text: str) -> str:
    """Sentences without the line breaks and the marks of the source; examples, which are indented, keep theirs."""
    paragraphs = text.replace("`", "").split("\n\n")
    return "\n".join(each if each.startswith(" ") else " ".join(each.split()) for each in paragraphs)
