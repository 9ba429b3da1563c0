"""How does an operation read in Python? As a method that says its path, its answer, and what is handed in."""

import keyword
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from docs.reference.client.names import WHOLE
from docs.reference.client.nouns import Nouns, Schema, docstring, said_of

_OF_WHAT = {"account": "proposal"}
"""What `{id}` is the id of, where the path before it does not say so."""
_BUILT_IN = {"open"}
"""Names that Python has given away; an underscore makes them ours."""
_KEY = "idempotency_key"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation as the document describes it."""

    method: str
    path: str
    said: Mapping[str, Any]


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is handed in."""

    name: str
    hint: str
    about: str
    required: bool
    positional: bool = False
    place: str = "body"

    def __str__(self) -> str:
        hint = self.hint if self.required or self.hint.endswith("None") else f"{self.hint} | None"
        return f"{self.name}: {hint}" + ("" if self.required else " = None")


def method(name: str, operation: Operation, nouns: Nouns) -> str:
    """The text of a method."""
    path = _path(operation.path)
    arguments = [*_from_path(path), *_from_query(operation, nouns), *_from_body(operation, nouns)]
    names = [each.name for each in arguments]
    if len(names) != len(set(names)):
        raise ValueError(f"{operation.said['operationId']}: two things have one name among {names}")
    needs_key = any(each["name"] == "Idempotency-Key" for each in operation.said.get("parameters", ()))
    if needs_key:
        arguments.append(
            Argument(name=_KEY, hint="str", about="your name for this wish; made by itself", required=False)
        )
    answer, page = _answer(operation, nouns)
    signature = ", ".join(_signature(arguments))
    call = f'read("{path}", {answer}, locals())'
    if operation.method != "GET":
        call = f'change("{path}", {answer}, locals(){_how(operation, arguments, needs_key=needs_key)})'
    return "\n".join(
        [
            f"    @{'listing' if page else 'operation'}",
            f"    def {name}(self, {signature}) -> Call[{answer}]:",
            *docstring(_about(operation, arguments), indent=8),
            f"        return {call}",
        ]
    )


def _how(operation: Operation, arguments: list[Argument], *, needs_key: bool) -> str:
    """What is unusual about a change."""
    told = ""
    if operation.method != "POST":
        told += f', method="{operation.method}"'
    if not needs_key:
        told += ", keyed=False"
    asked = [each.name for each in arguments if each.place == "query"]
    if asked:
        told += f", query={tuple(asked)!r}"
    whole = [each.name for each in arguments if each.place == "whole"]
    if whole:
        told += f', body="{whole[0]}"'
    return told


def _signature(arguments: list[Argument]) -> Iterator[str]:
    ordered = sorted(arguments, key=lambda each: (not each.positional, not each.required))
    yield from (str(each) for each in ordered if each.positional)
    named = [each for each in ordered if not each.positional]
    if named:
        yield "*"
    yield from (str(each) for each in named)


def _about(operation: Operation, arguments: list[Argument]) -> list[str]:
    summary = operation.said["summary"].rstrip(".") + "."
    about = " ".join(filter(None, [summary, operation.said.get("description")]))
    told = [
        f"`{each.name}`: {each.about.rstrip('.')}." for each in arguments if each.about and each.name != _KEY
    ]
    return [about, " ".join(told)] if told else [about]


def _path(path: str) -> str:
    """The path with speaking names: `/v1/customers/{customer_id}`."""
    parts = path.split("/")
    for place, part in enumerate(parts):
        if part == "{id}":
            before = parts[place - 1].removesuffix("s")
            parts[place] = f"{{{_OF_WHAT.get(before, before)}_id}}"
    return "/".join(parts)


def _from_path(path: str) -> Iterator[Argument]:
    for part in path.split("/"):
        if part.startswith("{"):
            yield Argument(name=part.strip("{}"), hint="str", about="", required=True, positional=True)


def _from_query(operation: Operation, nouns: Nouns) -> Iterator[Argument]:
    for each in operation.said.get("parameters", ()):
        if each["in"] != "query":
            continue
        name, hint = each["name"], nouns.argument(each["schema"])
        if name.endswith("[key]"):
            name, hint = name.removesuffix("[key]"), "Mapping[str, str]"
        if name == "expand":
            hint = "Sequence[str]"
        name = f"{name}_" if keyword.iskeyword(name) or name in _BUILT_IN else name
        about, required = each.get("description", ""), each["required"]
        yield Argument(
            name=name, hint=hint, about=about, required=required, positional=required, place="query"
        )


def _from_body(operation: Operation, nouns: Nouns) -> Iterator[Argument]:
    content = operation.said.get("requestBody", {}).get("content", {})
    if not content:
        return
    schema = content["application/json"]["schema"]
    if schema.get("type") == "array":
        yield Argument(
            name="items", hint=nouns.argument(schema), about="", required=True, positional=True, place="whole"
        )
        return
    if schema["$ref"].rpartition("/")[2] in WHOLE:
        hint = nouns.argument(schema)
        yield Argument(name=hint.lower(), hint=hint, about="", required=True, positional=True, place="whole")
        return
    body = nouns.schema(schema["$ref"])
    for name, each in body.get("properties", {}).items():
        required = name in body.get("required", ())
        hint = nouns.argument(each)
        if not required and hint.endswith(" | None") and each.get("default") is not None:
            raise ValueError(f"{operation.path}: {name} means one thing as null, and another when left out")
        yield Argument(name=name, hint=hint, about=said_of(each), required=required)


def schema_of_answer(operation: Operation) -> Schema | None:
    """What comes back, or of what it is a list; `None` if it is a file."""
    good = next(answer for status, answer in operation.said["responses"].items() if status.startswith("2"))
    schema: Schema | None = good.get("content", {}).get("application/json", {}).get("schema")
    return schema


def _answer(operation: Operation, nouns: Nouns) -> tuple[str, bool]:
    """The type of the answer, and whether it is a page."""
    schema = schema_of_answer(operation)
    if schema is None:
        return "bytes", False
    item = nouns.item_of(schema)
    if item is not None and item is not schema:
        return f"Page[{nouns.answer(item)}]", True
    if schema.get("type") == "array":
        return f"tuple[{nouns.answer(schema['items'])}, ...]", False
    return nouns.answer(schema), False
