"""Which parameters does a route take, and what if others come? Each once, and no other.

An unknown name in the query would be a filter that silently filters nothing.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, ParameterKwarg, PathParameter

from tael.foundation.errors import Malformed

_LONGEST_NAME = 64


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a route."""

    python_name: str
    name: str
    """As it goes over the wire."""
    place: str
    """`path`, `query` or `header`."""
    description: str
    annotation: Any
    required: bool
    default: Any


@lru_cache(maxsize=1024)
def parameters_of(handler: BaseRouteHandler) -> tuple[Parameter, ...]:
    """What a route takes besides its body."""
    found = []
    for python_name, field in handler.parsed_fn_signature.parameters.items():
        kwarg = field.kwarg_definition
        if not isinstance(kwarg, ParameterKwarg):
            continue
        place = (
            "header"
            if isinstance(kwarg, HeaderParameter)
            else "path"
            if isinstance(kwarg, PathParameter)
            else "query"
        )
        found.append(
            Parameter(
                python_name,
                kwarg.name or python_name,
                place,
                kwarg.description or "",
                field.raw,
                required=not field.has_default,
                default=field.default if field.has_default else None,
            )
        )
    return tuple(found)


def refuse_unknown_query(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuses `Malformed` for a name that the route does not know, or that comes twice."""
    text = connection.scope["query_string"].decode("latin-1")
    if not text:
        return
    known = [parameter.name for parameter in parameters_of(handler) if parameter.place == "query"]
    seen: set[str] = set()
    for name, _ in parse_qsl(text, keep_blank_values=True):
        shown = name[:_LONGEST_NAME]
        if name not in known:
            raise Malformed(
                f"There is no parameter named {shown}.",
                field=shown,
                hint=f"Known here: {', '.join(known) or 'none'}.",
            )
        if name in seen:
            raise Malformed(f"{shown} stands in the address more than once.", field=shown, hint="Name it once.")
        seen.add(name)
