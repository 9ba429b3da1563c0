"""How is the API described to programs? As an OpenAPI 3.1 document, made of what the routes themselves say.

A route says it with its signature (parameters, body), its docstring, its `responses`, and in `opt` its
`permission` and what it `refuses`. Types become JSON Schema with the words of their descriptions.
"""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from tael.foundation.errors import Forbidden, Malformed, Refusal, Throttled, Unauthenticated, Unavailable
from tael.foundation.http.bodies import WrongMediaType, wanted_body
from tael.foundation.http.parameters import Parameter, parameters_of
from tael.foundation.http.permissions import OPTION
from tael.foundation.http.problems import TooLarge
from tael.foundation.idempotency import KeyReused, StillRunning
from tael.foundation.problems import PROBLEM_JSON, Problem

Document = dict[str, Any]

REFUSES = "refuses"
"""The option in which a route names the refusals of its own."""
BODIES = "bodies"
"""The option in which a route that reads its body by itself says what it takes: types by media type."""
_EVERY_ROUTE = (Malformed, Unauthenticated, Forbidden, Unavailable)
_EVERY_CHANGE = (WrongMediaType, TooLarge, Throttled)
_EVERY_KEY = (KeyReused, StillRunning)
_REF = "#/components/schemas/{name}"
_CONSTRAINTS = {
    "ge": "minimum",
    "le": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "format": "format",
}


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes cannot say themselves."""

    title: str
    version: str
    description: str
    server_url: str
    key: str = "A key of the merchant: `tael_…`"
    """What opens it."""
    refuses: Sequence[type[Refusal]] = ()
    """What any route may refuse, besides the usual: the refusals of a bad key."""


def describe(api: Api, routes: Iterable[HTTPRouteHandler]) -> Document:
    """The OpenAPI document of those of `routes` that are not hidden (`include_in_schema=False`)."""
    shown = [route for route in routes if route.include_in_schema is not False]
    schemas, components = _schemas(shown)
    paths: dict[str, Document] = {}
    for route in shown:
        for path in route.paths:
            operations = paths.setdefault(re.sub(r"\{(\w+):\w+\}", r"{\1}", path), {})
            for method in route.http_methods:
                operations[method.lower()] = _operation(api, route, schemas, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": api.version, "description": api.description},
        "servers": [{"url": api.server_url}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(tag for route in shown for tag in route.tags or ())],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": api.key}},
        },
    }


def answers(done: int, struct: Any, description: str, *, pending: str = "") -> dict[int, ResponseSpec]:
    """What a route answers, for its document: when it is done, and (202) while it is not known yet what becomes of it."""
    described = {done: ResponseSpec(struct, description=description, generate_examples=False)}
    if pending:
        described[202] = ResponseSpec(struct, description=pending, generate_examples=False)
    return described


def example_of(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    """A value that fits a schema, made of the examples in it."""
    for name in ("examples", "enum"):
        if name in schema:
            return schema[name][0]
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], components)
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: example_of(inner, components) for name, inner in properties.items()}
        case "array":
            return [example_of(schema["items"], components)]
        case "string":
            return "2026-03-01T04:00:00Z" if schema.get("format") == "date-time" else ""
        case "integer":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case _:
            return None


def _schemas(routes: Sequence[HTTPRouteHandler]) -> tuple[dict[Any, Document], dict[str, Document]]:
    types: list[Any] = [Problem]
    for route in routes:
        types += [
            type_ for type_ in (*_bodies(route).values(), *map(_type, _answers(route).values())) if type_
        ]
    unique = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(unique, ref_template=_REF)
    return dict(zip(unique, schemas, strict=True)), components


def _operation(
    api: Api, route: HTTPRouteHandler, schemas: Mapping[Any, Document], components: Mapping[str, Document]
) -> Document:
    text = inspect.getdoc(route.fn) or ""
    summary, _, rest = text.partition(". ")
    operation: Document = {
        "operationId": route.fn.__name__,
        "summary": summary.removesuffix("."),
        "description": rest or text,
        "tags": list(route.tags or ()),
        "x-permission": route.opt[OPTION],
        "parameters": [_parameter(parameter) for parameter in parameters_of(route)],
        "responses": {},
    }
    bodies = _bodies(route)
    if bodies:
        operation["requestBody"] = {
            "required": True,
            "content": {kind: _content(schemas[body], components) for kind, body in bodies.items()},
        }
    for status, spec in _answers(route).items():
        schema = {"type": "string"} if spec.data_container is str else schemas[_type(spec)]
        operation["responses"][str(status)] = {
            "description": spec.description,
            "content": {str.__str__(spec.media_type): _content(schema, components)},
        }
    keyed = any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"])
    refusals = [
        *_EVERY_ROUTE,
        *(_EVERY_CHANGE if bodies else ()),
        *(_EVERY_KEY if keyed else ()),
        *api.refuses,
    ]
    operation["responses"] |= _problems([*refusals, *route.opt.get(REFUSES, ())], schemas[Problem])
    return operation


def _bodies(route: HTTPRouteHandler) -> Mapping[str, Any]:
    """What a route takes, by media type."""
    body = wanted_body(route)
    bodies: Mapping[str, Any] = route.opt.get(BODIES, {})
    return bodies if body is None else {"application/json": body}


def _answers(route: HTTPRouteHandler) -> Mapping[int, ResponseSpec]:
    """What a route answers if all goes well."""
    if route.responses:
        return route.responses
    annotation = route.parsed_fn_signature.return_type.annotation
    return {200: ResponseSpec(annotation, description=(inspect.getdoc(route.fn) or "").partition(".")[0])}


def _type(spec: ResponseSpec) -> Any:
    return None if spec.data_container is str else spec.data_container


def _content(schema: Document, components: Mapping[str, Document]) -> Document:
    return {"schema": schema, "example": example_of(schema, components)}


def _parameter(parameter: Parameter) -> Document:
    field, kwarg = parameter.field, parameter.field.kwarg_definition
    (schema,), inner = msgspec.json.schema_components([field.annotation], ref_template=_REF)
    schema = next(iter(inner.values())) if "$ref" in schema else schema
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    single: Document = inner[options[0]["$ref"].rpartition("/")[2]] if "$ref" in options[0] else options[0]
    limits = {
        name: getattr(kwarg, ours)
        for ours, name in _CONSTRAINTS.items()
        if getattr(kwarg, ours, None) is not None
    }
    described = {key: value for key, value in single.items() if key not in ("title", "description")} | limits
    if field.has_default and field.default is not None:
        described["default"] = field.default
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": not field.has_default,
        "description": parameter.description,
        "schema": described,
    }


def _problems(refusals: Iterable[type[Refusal]], schema: Document) -> dict[str, Document]:
    """The answers of those refusals: one for each status, which lists the codes and what they mean."""
    by_status: dict[int, dict[str, type[Refusal]]] = {}
    for refusal in refusals:
        by_status.setdefault(refusal.status, {})[refusal.code] = refusal
    return {
        str(status): {
            "description": " · ".join(f"`{code}`: {_meaning(refusal)}" for code, refusal in codes.items()),
            "content": {PROBLEM_JSON: {"schema": schema, "examples": _problem_examples(codes)}},
        }
        for status, codes in sorted(by_status.items())
    }


def _problem_examples(codes: Mapping[str, type[Refusal]]) -> Document:
    return {
        code.replace(".", "_"): {"value": msgspec.to_builtins(Problem.of(refusal(_meaning(refusal))))}
        for code, refusal in codes.items()
    }


def _meaning(refusal: type[Refusal]) -> str:
    return (inspect.getdoc(refusal) or refusal.title).partition("\n")[0]
