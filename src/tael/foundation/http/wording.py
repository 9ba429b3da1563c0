"""How does a fault of form read to the person who made it? Which field, what it must be, what to do.

The library that reads the request says "Expected `int`, got `float` - at `$.amount_minor`". A newcomer hears:
"amount_minor must be a whole number, not a number with decimals", and as a hint what the field means.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, get_args

import msgspec
from msgspec import Meta

from tael.foundation.errors import Malformed

_KINDS = {
    "int": "a whole number",
    "float": "a number with decimals",
    "str": "a text",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
    "datetime": "a date and time",
}
_SENTENCES = [
    (
        "wrong_kind",
        r"Expected `(?P<wanted>[^`]+)`, got `(?P<given>[^`]+)`",
        "{field} must be {wanted}, not {given}.",
    ),
    ("too_small", r"Expected `int` >= (?P<bound>\S+)", "{field} must be at least {bound}."),
    ("too_large", r"Expected `int` <= (?P<bound>\S+)", "{field} must be at most {bound}."),
    ("missing", r"Expected `str` of length >= 1$", "{field} must not be empty."),
    (
        "too_short",
        r"Expected `str` of length >= (?P<bound>\d+)",
        "{field} must have at least {bound} characters.",
    ),
    (
        "too_long",
        r"Expected `str` of length <= (?P<bound>\d+)",
        "{field} may have at most {bound} characters.",
    ),
    ("missing", r"Expected `array` of length >= 1$", "{field} must not be empty."),
    (
        "too_few",
        r"Expected `array` of length >= (?P<bound>\d+)",
        "{field} must have at least {bound} entries.",
    ),
    (
        "too_many",
        r"Expected `array` of length <= (?P<bound>\d+)",
        "{field} may have at most {bound} entries.",
    ),
    ("form", r"Expected `str` matching regex", "{field} has characters or a form that are not allowed."),
    ("missing", r"Object missing required field `(?P<field>[^`]+)`", "{field} is missing."),
    ("unknown", r"Object contains unknown field `(?P<field>.*)`", "There is no field named {field}."),
    ("missing", r"Missing required \w+ parameter '(?P<field>[^']+)'", "{field} is missing."),
    ("not_offered", r"Invalid enum value (?P<value>.+)", "{field} cannot be {value}."),
    ("wrong_kind", r"(?:Integer value|Number) out of range", "{field} is too large a number."),
]
FAULTS = sorted({fault for fault, _, _ in _SENTENCES})
"""The usual faults of form; pages have words for each (`form.wrong_of`)."""
_TABLE = [(fault, re.compile(pattern), sentence) for fault, pattern, sentence in _SENTENCES]
_PLACE = re.compile(r" - at (?:`key` in )?`\$\.?(?P<path>[^`]*)`$")
_LONGEST_NAME = 64
_MOST_CHOICES = 40

Meanings = Mapping[str, str]
"""What each field means, for the hint; in the order in which they are listed."""


def refusal_of(
    said: str, *, field: str = "", meanings: Meanings, of_body: bool = True, wanted: object = None
) -> Malformed:
    """The refusal for what the library said; `field` unless the saying names one itself.

    wanted   what was asked for: then of an enumeration the hint lists what there is
    """
    place = _PLACE.search(said)
    found = field or (place["path"].replace("[...]", "") if place else "")
    said = said[: place.start()] if place else said
    for fault, pattern, sentence in _TABLE:
        match = pattern.match(said)
        if match is None:
            continue
        words = match.groupdict()
        inner = words.pop("field", None)
        if inner:
            found = f"{found}.{inner}" if found and of_body else inner
        found = found[:_LONGEST_NAME]
        words |= {key: _kind(value) for key, value in words.items() if key in ("wanted", "given")}
        # In an address everything is a text: what was given is no news.
        shown = sentence if of_body else sentence.replace(", not {given}", "")
        message = shown.format(field=found or "The body", **words)
        hint = _hint(found, said, meanings)
        if fault == "not_offered" and (choices := choices_of(wanted, found if of_body else "")):
            hint = " ".join(filter(None, (hint, f"It can be {', '.join(choices)}.")))
        refusal = Malformed(message, field=found or None, hint=hint)
        refusal.fault, refusal.bound = fault, words.get("bound", "")
        return refusal
    refusal = Malformed("The request does not fit.", field=found or None, hint=_hint(found, said, meanings))
    refusal.fault = "form"
    return refusal


def meanings_of(struct: Any) -> Meanings:
    """What the fields of a struct mean, by their descriptions."""
    fields = msgspec.structs.fields(struct) if isinstance(struct, type) else ()
    return {field.encode_name: meaning_of(field.type) for field in fields}


def meaning_of(annotated: object) -> str:
    """The description in an annotation, the outermost first."""
    for part in reversed(get_args(annotated)):
        if isinstance(part, Meta) and part.description:
            return part.description
    return next((text for part in get_args(annotated) if (text := meaning_of(part))), "")


def choices_of(wanted: object, path: str) -> Sequence[str]:
    """What an enumeration at a path in a type can be; nothing if there is none, or too much to list."""
    within = list(_parts(wanted))
    for step in re.findall(r"\w+", path):
        if step.isdecimal():
            continue
        structs = [each for each in within if isinstance(each, type) and issubclass(each, msgspec.Struct)]
        fields = [each for struct in structs for each in msgspec.structs.fields(struct)]
        within = [part for each in fields if each.encode_name == step for part in _parts(each.type)]
    enums = [each for each in within if isinstance(each, type) and issubclass(each, Enum)]
    named = [each for each in within if isinstance(each, str)]
    choices = [*(str(one.value) for each in enums for one in each), *named]
    return choices if len(choices) <= _MOST_CHOICES else ()


def _parts(annotated: object) -> Iterator[object]:
    """The types within an annotation, through lists and unions; of a `Literal` its texts."""
    inner = get_args(annotated)
    if not inner:
        yield annotated
    for part in inner:
        yield from _parts(part)


def _kind(names: str) -> str:
    return " or ".join(
        _KINDS.get(name, name) for name in names.split(" | ") if names == "null" or name != "null"
    )


def _hint(field: str, said: str, meanings: Meanings) -> str | None:
    if "unknown field" in said:
        return f"Known here: {', '.join(meanings) or 'nothing, send {}'}."
    meaning = meanings.get(field)
    return f"{meaning}." if meaning else None
