"""How does a schema read in Python? As a `Noun`, a `Word`, or a type of the language."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from docs.reference.client.names import NOUNS

Schema = Mapping[str, Any]

_PLAIN = {"string": "str", "integer": "int", "boolean": "bool", "number": "float"}
_OF_STRINGS = {"date-time": "datetime", "date": "date"}
_LEAST_IN_COMMON = 5
"""So many fields of another noun, and all of them, make a noun a kind of it."""


class Nouns:
    """The schemas of one document; remembers which were used."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        self._made: dict[str, str] = {}
        self._schema_names: dict[str, str] = {}
        self._used: list[str] = []
        self._tags: dict[str, tuple[str, str]] = {}
        """Of a schema that is one of several: the field that says which, and what it says."""
        for schema in schemas.values():
            self._learn_tags(schema)

    def _learn_tags(self, schema: Any) -> None:
        if isinstance(schema, dict):
            one_of = schema.get("discriminator", {})
            for tag, ref in one_of.get("mapping", {}).items():
                self._tags[_schema_of(ref)] = one_of["propertyName"], tag
        inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        for each in inner:
            self._learn_tags(each)

    def newly_used(self) -> dict[str, str]:
        """The text of each noun that was used for the first time since the last call, by its name."""
        new = {name: text for name, text in self._made.items() if name not in self._used}
        self._used += new
        return new

    def schema(self, ref: str) -> Schema:
        """The schema that a reference names."""
        return self._schemas[_schema_of(ref)]

    def make_in_order(self, schemas: Sequence[Schema]) -> None:
        """Write nouns from the smallest to the largest, so that what says more is a kind of what says less."""
        for schema in sorted(schemas, key=lambda each: len(self._fields_of(each))):
            self.answer(schema)

    def _fields_of(self, schema: Schema) -> Mapping[str, Any]:
        return dict(self.schema(schema["$ref"]).get("properties", {})) if "$ref" in schema else {}

    def item_of(self, schema: Schema | None) -> Schema | None:
        """Of what it is a page, or it itself."""
        if schema and "$ref" in schema and _schema_of(schema["$ref"]).startswith("Page_"):
            item: Schema = self.schema(schema["$ref"])["properties"]["items"]["items"]
            return item
        return schema

    def answer(self, schema: Schema) -> str:
        """The type of something that comes back, or that stands in a noun."""
        match schema:
            case {"$ref": ref}:
                return self._noun(_schema_of(ref))
            case {"anyOf": [*choices]}:
                return " | ".join(dict.fromkeys(self.answer(each) for each in choices))
            case {"enum": [*words]}:
                return f"Literal[{_listed(words)}]"
            case {"type": "array", "items": items}:
                return f"list[{self.answer(items)}]"
            case {"type": "array", "prefixItems": [*items]}:
                return f"tuple[{', '.join(map(self.answer, items))}]"
            case {"type": "array"}:
                return "list[Any]"
            case {"type": "object", "additionalProperties": dict(values)} if values:
                return f"dict[str, {self.answer(values)}]"
            case {"type": "object"}:
                return "dict[str, Any]"
            case {"type": "null"}:
                return "None"
            case {"type": "string", "contentEncoding": "base64"}:
                return "bytes"
            case {"type": "string", "format": form} if form in _OF_STRINGS:
                return _OF_STRINGS[form]
            case {"type": kind}:
                return _PLAIN[kind]
            case _:
                return "Any"

    def argument(self, schema: Schema) -> str:
        """The type of something that is handed in: words may be written as texts."""
        match schema:
            case {"$ref": ref} if "enum" in self.schema(ref):
                return f"{self.answer(schema)} | Literal[{_listed(self.schema(ref)['enum'])}]"
            case {"enum": [*words]}:
                return " | ".join([*self._words_like(words), f"Literal[{_listed(words)}]"])
            case {"anyOf": [*choices]}:
                return " | ".join(dict.fromkeys(self.argument(each) for each in choices))
            case {"type": "array", "items": items}:
                return f"Sequence[{self.argument(items)}]"
            case {"type": "object", "additionalProperties": dict(values)} if values:
                return f"Mapping[str, {self.argument(values)}]"
            case {"type": "object"}:
                return "Mapping[str, Any]"
            case _:
                return self.answer(schema)

    def _words_like(self, words: Sequence[str]) -> Iterator[str]:
        """The name under which these words are known, if there is one."""
        for name, schema in self._schemas.items():
            if set(schema.get("enum", ())) == set(words):
                yield self._noun(name)
                return

    def _noun(self, schema_name: str) -> str:
        """The name of a schema in Python; it is written if it is new."""
        schema = self._schemas[schema_name]
        name = name_of(schema_name)
        if self._schema_names.setdefault(name, schema_name) != schema_name:
            raise ValueError(
                f"{name} would be {schema_name}, and is {self._schema_names[name]}: see names.py"
            )
        if name not in self._made:
            text = self._words(name, schema) if "enum" in schema else self._struct(name, schema_name, schema)
            self._made[name] = text
        return name

    def _words(self, name: str, schema: Schema) -> str:
        lines = [f'    {re.sub(r"[^A-Z0-9]", "_", word.upper())} = "{word}"' for word in schema["enum"]]
        return "\n".join([f"class {name}(Word):", f'    """{schema["description"]}"""', "", *lines])

    def _struct(self, name: str, schema_name: str, schema: Schema) -> str:
        fields = dict(schema.get("properties", {}))
        tag = ""
        if schema_name in self._tags:
            field, said = self._tags[schema_name]
            fields.pop(field)
            tag = f', tag_field="{field}", tag="{said}"'
        lines = [line for field, each in fields.items() for line in self._field(field, each, schema)]
        base, inherited = self._base_of(lines)
        own = lines[inherited:] or [""]
        options = f"frozen=True, kw_only=True, omit_defaults=True{tag}"
        about = schema.get("description") or f"{name}."
        return "\n".join([f"class {name}({base}, {options}):", *docstring([about], indent=4), "", *own])

    def _field(self, name: str, schema: Schema, of: Schema) -> Iterator[str]:
        hint = self.answer(schema)
        default = ""
        if name not in of.get("required", ()):
            default = f" = {self._default(schema)}"
            hint = hint if "default" in schema or hint.endswith("None") else f"{hint} | None"
        about = said_of(schema)
        said = docstring([about], indent=4) if about else []
        yield "\n".join([f"    {name}: {hint}{default}", *said])

    def _default(self, schema: Schema) -> str:
        default = schema.get("default")
        if isinstance(default, str) and "$ref" in schema:
            return f'{self.answer(schema)}("{default}")'
        if isinstance(default, list | dict):
            return f"msgspec.field(default_factory={type(default).__name__})"
        return repr(default)

    def _base_of(self, lines: Sequence[str]) -> tuple[str, int]:
        """The noun whose fields are the first of these, and how many they are."""
        for name, text in reversed(self._made.items()):
            theirs = text.split("\n\n", 1)[-1]
            for count in range(len(lines), _LEAST_IN_COMMON - 1, -1):
                if theirs == "\n".join(lines[:count]) and "(Noun," in text:
                    return name, count
        return "Noun", 0


def name_of(schema_name: str) -> str:
    """What a schema is called in Python."""
    if schema_name in NOUNS:
        return NOUNS[schema_name]
    return schema_name.rpartition(".")[2].removesuffix("Body").removesuffix("Request")


def said_of(schema: Schema) -> str:
    """What a schema says of itself. Bytes are handed in and come back as they are."""
    about = str(schema.get("description", ""))
    return about.replace(" in base64", "") if "contentEncoding" in schema else about


def docstring(parts: Sequence[str], *, indent: int) -> list[str]:
    """A docstring of a few paragraphs, line by line."""
    margin = " " * indent
    raw = "r" if any("\\" in part for part in parts) else ""
    if len(parts) == 1 and len(parts[0]) + indent + 7 <= 110:
        return [f'{margin}{raw}"""{parts[0]}"""']
    lines = []
    for number, part in enumerate(parts):
        opening = f'{raw}"""' if number == 0 else ""
        lines += [
            *([""] if number else []),
            *textwrap.wrap(opening + part, 110, initial_indent=margin, subsequent_indent=margin),
        ]
    return [*lines, f'{margin}"""']


def _schema_of(ref: str) -> str:
    return ref.removeprefix("#/components/schemas/")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
