"""Which parameters does a route take, and what if others come? Each once, and no other.

An unknown name in the query would be a filter that silently filters nothing. A parameter that is declared as
`metadata[key]` stands for every `metadata[…]`, each once.
"""

import re
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, ParameterKwarg, PathParameter
from litestar.typing import FieldDefinition
from msgspec import Meta

from tael.foundation.errors import Malformed
from tael.foundation.http.permissions import is_public
from tael.foundation.http.wording import meaning_of

PAGE = "page"
"""The option of routes that serve pages."""
_LONGEST_NAME = 64
_IN_MAP = re.compile(r"(\w+)\[(.+)\]", re.DOTALL)


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a route."""

    python_name: str
    name: str
    """As it goes over the wire."""
    place: str
    """`path`, `query` or `header`."""
    description: str
    field: FieldDefinition


def parameters_of(handler: BaseRouteHandler) -> list[Parameter]:
    """What a route takes besides its body."""
    return [
        Parameter(
            python_name,
            field.kwarg_definition.name or python_name,
            _place(field.kwarg_definition),
            field.kwarg_definition.description or meaning_of(field.raw),
            field,
        )
        for python_name, field in handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, ParameterKwarg)
    ]


def _place(kwarg: ParameterKwarg) -> str:
    if isinstance(kwarg, HeaderParameter):
        return "header"
    return "path" if isinstance(kwarg, PathParameter) else "query"


async def refuse_unknown_query(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Refuses `Malformed` for a name that a route of the API does not know, or that comes twice.

    Pages are not so strict: people arrive with whatever the link before them appended.
    """
    text = connection.scope["query_string"].decode("latin-1")
    if not text or is_public(connection, handler) or handler.opt.get(PAGE):
        return
    known = [parameter.name for parameter in parameters_of(handler) if parameter.place == "query"]
    seen: set[str] = set()
    for name, _ in parse_qsl(text, keep_blank_values=True):
        shown = name[:_LONGEST_NAME]
        if name not in known and _IN_MAP.sub(r"\1[key]", name) not in known:
            raise Malformed(
                f"There is no parameter named {shown}.",
                field=shown,
                hint=f"Known here: {', '.join(known) or 'none'}.",
            )
        if name in seen:
            raise Malformed(
                f"{shown} stands in the address more than once.", field=shown, hint="Name it once."
            )
        seen.add(name)


def read_map(query: bytes, name: str) -> dict[str, str]:
    """What the query says under `name[…]`, by what stands between the brackets."""
    found = {}
    for key, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        match = _IN_MAP.fullmatch(key)
        if match and match[1] == name:
            found[match[2]] = text
    return found


def read_moment(text: str | None, *, field: str) -> datetime | None:
    """The moment that a parameter names; refuses `Malformed`, because noon is not the same everywhere.

    Routes take it as text: the framework would also read `1772323200`, and fail on the year 10000.
    """
    if text is None:
        return None
    try:
        moment: datetime = msgspec.convert(text, Annotated[datetime, Meta(tz=True)])
    except (msgspec.ValidationError, ValueError):
        raise Malformed(
            f"{field} is not a date and time with its zone.",
            field=field,
            hint="Write it as 2026-03-01T00:00:00Z, or with +08:00 (in an address %2B08:00) for China.",
        ) from None
    return moment
