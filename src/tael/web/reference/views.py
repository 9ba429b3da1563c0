"""How does an OpenAPI document become something to read? Operations, fields, examples, refusals, in order."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup, escape

Schema = Mapping[str, Any]

_CODE = re.compile(r"`([^`]+)`")
_KEY = re.compile(r"`(tael_\w*…)`")


class Field(msgspec.Struct, frozen=True):
    """A line of a table: a parameter, or a field of a body."""

    name: str
    kind: str
    required: bool
    description: str
    place: str = "body"


def key_in(document: Schema) -> str:
    """How the keys that open an API look: `tael_…`."""
    said = _KEY.search(document["components"]["securitySchemes"]["key"]["description"])
    return said[1] if said else "tael_…"


class Answer(msgspec.Struct, frozen=True):
    """What comes back if all goes well."""

    status: str
    description: str
    example: str
    fields: list[Field]


class Refused(msgspec.Struct, frozen=True):
    """One way in which the operation says no."""

    status: str
    code: str
    meaning: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be asked."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    permission: str
    tag: str
    parameters: list[Field]
    body: list[Field]
    example: str
    answers: list[Answer]
    refused: list[Refused]


def operations_of(document: Schema) -> list[Operation]:
    """What the document describes, in its order."""
    components = document["components"]["schemas"]
    return [
        _operation(method.upper(), path, described, components)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


def prose(text: str) -> Markup:
    """A description with its `code` set as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped in the same line


def _operation(method: str, path: str, described: Schema, components: Schema) -> Operation:
    body = described.get("requestBody", {}).get("content", {}).get("application/json")
    return Operation(
        id=described["operationId"],
        method=method,
        path=path,
        summary=described["summary"],
        description=described["description"],
        permission=described["x-permission"],
        tag=described["tags"][0],
        parameters=[
            Field(each["name"], _kind(each["schema"]), each["required"], each["description"], each["in"])
            for each in described["parameters"]
        ],
        body=list(_fields(body["schema"], components)) if body else [],
        example=_pretty(body["example"]) if body else "",
        answers=[
            _answer(status, answer, components)
            for status, answer in described["responses"].items()
            if status < "400"
        ],
        refused=[
            Refused(status, example["value"]["code"], example["value"]["detail"])
            for status, answer in described["responses"].items()
            for content in answer["content"].values()
            for example in content.get("examples", {}).values()
        ],
    )


def _answer(status: str, answer: Schema, components: Schema) -> Answer:
    (content,) = answer["content"].values()
    return Answer(
        status,
        answer["description"],
        _pretty(content["example"]),
        list(_fields(content["schema"], components)),
    )


def _fields(schema: Schema, components: Schema) -> Iterator[Field]:
    schema = schema["items"] if schema.get("type") == "array" else schema
    schema = components[_name(schema)] if "$ref" in schema else schema
    for name, field in schema.get("properties", {}).items():
        yield Field(name, _kind(field), name in schema.get("required", ()), _meaning(field, components))


def _meaning(field: Schema, components: Schema) -> str:
    """The description of a field, and the values it can have if they are listed."""
    named = components[_name(field)] if "$ref" in field else {}
    options = [field, *field.get("anyOf", ()), named]
    text = next((option["description"] for option in options if "description" in option), "")
    values = ", ".join(f"`{value}`" for value in named.get("enum", ()))
    return f"{text}: {values}" if values else text


def _kind(schema: Schema) -> str:
    """A type in the words of JSON."""
    if "$ref" in schema:
        return _name(schema)
    if "anyOf" in schema:
        return " | ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])}[]"
    return str(schema.get("format") or schema.get("type") or "any")


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _pretty(example: Any) -> str:
    return (
        msgspec.json.format(msgspec.json.encode(example), indent=2).decode()
        if example not in ({}, "")
        else ""
    )


def by_tag(operations: Sequence[Operation]) -> dict[str, list[Operation]]:
    """The operations under their headings."""
    grouped: dict[str, list[Operation]] = {}
    for operation in operations:
        grouped.setdefault(operation.tag, []).append(operation)
    return grouped
