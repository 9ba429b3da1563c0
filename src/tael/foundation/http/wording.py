"""How does a fault of form read to the person who made it? Which field, what it must be, what to do.

The library that reads the request says "Expected `int`, got `float` - at `$.amount_minor`". A newcomer hears:
"amount_minor must be a whole number, not a number with decimals", and as a hint what the field means.
"""

import re
from collections.abc import Mapping
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
    (r"Expected `(?P<wanted>[^`]+)`, got `(?P<given>[^`]+)`", "{field} must be {wanted}, not {given}."),
    (r"Expected `int` >= (?P<bound>\S+)", "{field} must be at least {bound}."),
    (r"Expected `int` <= (?P<bound>\S+)", "{field} must be at most {bound}."),
    (r"Expected `str` of length >= 1$", "{field} must not be empty."),
    (r"Expected `str` of length >= (?P<bound>\d+)", "{field} must have at least {bound} characters."),
    (r"Expected `str` of length <= (?P<bound>\d+)", "{field} may have at most {bound} characters."),
    (r"Expected `array` of length >= 1$", "{field} must not be empty."),
    (r"Expected `array` of length >= (?P<bound>\d+)", "{field} must have at least {bound} entries."),
    (r"Expected `array` of length <= (?P<bound>\d+)", "{field} may have at most {bound} entries."),
    (r"Expected `str` matching regex", "{field} has characters or a form that are not allowed."),
    (r"Object missing required field `(?P<field>[^`]+)`", "{field} is missing."),
    (r"Object contains unknown field `(?P<field>.*)`", "There is no field named {field}."),
    (r"Missing required \w+ parameter '(?P<field>[^']+)'", "{field} is missing."),
    (r"Invalid enum value (?P<value>.+)", "{field} cannot be {value}."),
    (r"(?:Integer value|Number) out of range", "{field} is too large a number."),
]
_TABLE = [(re.compile(pattern), sentence) for pattern, sentence in _SENTENCES]
_PLACE = re.compile(r" - at (?:`key` in )?`\$\.?(?P<path>[^`]*)`$")
_LONGEST_NAME = 64

Meanings = Mapping[str, str]
"""What each field means, for the hint; in the order in which they are listed."""


def refusal_of(said: str, *, field: str = "", meanings: Meanings, of_body: bool = True) -> Malformed:
    """The refusal for what the library said; `field` unless the saying names one itself."""
    place = _PLACE.search(said)
    found = field or (place["path"].replace("[...]", "") if place else "")
    said = said[: place.start()] if place else said
    for pattern, sentence in _TABLE:
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
        return Malformed(message, field=found or None, hint=_hint(found, said, meanings))
    return Malformed("The request does not fit.", field=found or None, hint=_hint(found, said, meanings))


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


def _kind(names: str) -> str:
    return " or ".join(
        _KINDS.get(name, name) for name in names.split(" | ") if names == "null" or name != "null"
    )


def _hint(field: str, said: str, meanings: Meanings) -> str | None:
    if "unknown field" in said:
        return f"Known here: {', '.join(meanings) or 'nothing, send {}'}."
    meaning = meanings.get(field)
    return f"{meaning}." if meaning else None
