"""What is asked of every route of a listener: operations out of its OpenAPI document, asked by several callers."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar.types import ASGIApp

from tael.foundation.http.openapi import example_of
from tael.foundation.ids import new_id
from tests.e2e.in_process import ask
from tests.e2e.shares import EVERYTHING, Share


class Operation(msgspec.Struct, frozen=True):
    """One thing that can be asked of a listener."""

    method: str
    path: str
    permission: str
    body: bytes
    """An example with every field."""
    least: bytes
    """An example with the fields that must be there."""
    query: tuple[str, ...]
    """Parameters that must be there."""
    ids: dict[str, str]
    """A name of nothing for each parameter of the path."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


ONE_OF: Mapping[str, tuple[str, ...]] = {"create_checkout_session": ("amount_minor",)}
"""Fields without which nothing is made, though a document cannot say so, by the operation."""


def operations_in(document: Any) -> list[Operation]:
    """Everything that a document describes, with an example of its body."""
    components = document["components"]["schemas"]
    return [
        Operation(
            method.upper(),
            path,
            operation["x-permission"],
            _body(operation, components),
            _body(operation, components, least=True),
            tuple(
                f"{each['name'].replace('[key]', '[x]')}={_written(example_of(each['schema'], components))}"
                for each in operation["parameters"]
                if each["in"] == "query" and each["required"]
            ),
            {
                each["name"]: _name_of_nothing(each)
                for each in operation["parameters"]
                if each["in"] == "path"
            },
        )
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _body(operation: Any, components: Any, *, least: bool = False) -> bytes:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return b""
    schema = content["application/json"]["schema"]
    example = example_of(schema, components)
    if least and "$ref" in schema:
        needed = components[schema["$ref"].rpartition("/")[2]].get("required", ())
        named = {*needed, *ONE_OF.get(operation["operationId"], ())}
        example = {name: value for name, value in example.items() if name in named}
    return msgspec.json.encode(example)


def _name_of_nothing(parameter: Any) -> str:
    """What could be the name of a thing, by what is said of the parameter, but is none."""
    kind = re.search(r"`(\w+_)` and 26 characters", parameter["description"])
    if kind:
        return f"{kind[1]}06dk3vg5m8x4t9c1h2zq7n0rby"
    if parameter["schema"].get("type") == "integer":
        return "1"
    if "enum" in parameter["schema"]:
        return str(parameter["schema"]["enum"][0])
    name: str = parameter["name"]
    if name.endswith("_id") and name not in NAMES:
        return f"{name[:3]}_06dk3vg5m8x4t9c1h2zq7n0rby"
    assert name in NAMES, (
        f"the matrix knows no example of {name} ({parameter['description']}): add it to NAMES"
    )
    return NAMES[name]


def _written(example: object) -> str:
    return str(example or "x")


NAMES: Mapping[str, str] = {
    "channel": "nobody",
    "code": "mfrggzdfmztwq2lk",
    "id": "doc_06dk3vg5m8x4t9c1h2zq7n0rby",
    "language": "en",
    "name": "nobody",
    "number": "1",
    "version": "2000-01",
    "prefix": "tael_aaaaaaaaaa",
}
"""The name of nothing, where the description of a parameter does not say what names look like."""


def target_of(operation: Operation, things: Mapping[str, str]) -> str:
    """The address of an operation, about `things` by their kind, or about nothing."""
    path = operation.path
    for name, nothing in operation.ids.items():
        path = path.replace(f"{{{name}}}", things.get(kind_of(nothing), nothing))
    return path + ("?" + "&".join(operation.query) if operation.query else "")


def kind_of(name: str) -> str:
    """What an id is of: its prefix."""
    return name.partition("_")[0]


async def asked(
    app: ASGIApp, operation: Operation, secret: str | None, things: Mapping[str, str] = {}
) -> tuple[int, str]:
    """Status and code of the answer."""
    headers = {"Idempotency-Key": new_id("key"), "Content-Type": "application/json"}
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret}"
    reply = await ask(
        app, operation.method, target_of(operation, things), headers=headers, body=operation.body
    )
    if not reply.headers.get("Content-Type", "").startswith("application/problem+json"):
        return reply.status, ""
    missing = reply.body.get("permission", operation.permission)
    further = "" if missing == operation.permission else f" for {missing}, too"
    return reply.status, reply.body["code"] + further


class Matrix:
    """The routes of one listener, each asked by several callers."""

    def __init__(self, app: ASGIApp, operations: Sequence[Operation]) -> None:
        self.app = app
        self.operations = operations
        self.seen: Counter[str] = Counter()

    async def refuses_all(
        self, secret: str | None, status: int, code: str, *, share: Share = EVERYTHING
    ) -> None:
        """No route of a share lets this caller in."""
        for operation in share.of(self.operations):
            found = await asked(self.app, operation, secret)
            assert found == (status, code), f"{operation}: {found}"
            self.seen[str(operation)] += 1

    async def lets_in(self, secret: str, permissions: frozenset[str], *, refused: Share = EVERYTHING) -> None:
        """A route lets this caller in if and only if its permission is among theirs; of those that refuse, a share is asked."""
        of_turn = {str(each) for each in refused.of(self.operations)}
        asking = [each for each in self.operations if each.permission in permissions or str(each) in of_turn]
        for operation in asking:
            status, code = await asked(self.app, operation, secret)
            what = f"{operation} ({operation.permission}) with {sorted(permissions)[:3]}…: {status} {code}"
            if operation.permission in permissions:
                assert status not in (401, 429) and code != "forbidden" and status < 500, what  # noqa: PT018 - one thought
            else:
                assert (status, code) == (403, "forbidden"), what
            self.seen[str(operation)] += 1
