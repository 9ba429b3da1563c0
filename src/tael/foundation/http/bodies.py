"""How is a request's body read? Strictly: JSON of exactly the shape that the route asks for, each name once.

The bytes go straight into the struct that the handler's `data` names: `"1"`, `1.0` and `true` are no whole
numbers, NaN and infinity are no JSON, an unknown name is a typing error, and a name that stands twice is
refused, because two readers of the same body could take different ones for true.
"""

import json
from collections import Counter
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Request
from litestar.handlers import BaseRouteHandler

from tael.foundation.errors import Malformed
from tael.foundation.http.wording import meanings_of, refusal_of

_JSON = frozenset({"", "application/json"})


class WrongMediaType(Malformed):
    """The body is not said to be JSON."""

    code, status, title = "wrong_media_type", 415, "The body is of another kind than we read"


class StrictRequest(Request[Any, Any, Any]):
    """A request that reads JSON into the struct that its route asks for."""

    async def json(self) -> Any:
        """The body as that struct; refuses `WrongMediaType` and `Malformed`."""
        media_type = self.content_type[0]
        if media_type.lower() not in _JSON:
            raise WrongMediaType(
                f"The body is said to be {media_type[:64]!r}.",
                field="Content-Type",
                hint="Send JSON, with `Content-Type: application/json`.",
            )
        return read_json(await self.body(), wanted_body(self.route_handler))


def wanted_body(handler: BaseRouteHandler) -> Any:
    """The type of the body that a route asks for, or `None`."""
    data = handler.parsed_fn_signature.parameters.get("data")
    return data.annotation if data else None


def read_json(body: bytes, wanted: Any) -> Any:
    """`body` as a `wanted`; refuses `Malformed`, which names the field."""
    try:
        value = _decoder(wanted).decode(body)
        _NAMES.decode(body.decode())
    except msgspec.ValidationError as error:
        raise refusal_of(str(error), meanings=meanings_of(wanted), wanted=wanted) from error
    except RecursionError as error:
        raise Malformed("The body is nested too deeply.", hint="Send a flat JSON object.") from error
    except ValueError as error:  # no JSON (msgspec.DecodeError), or no UTF-8
        raise Malformed(
            f"The body is no JSON: {_where(error)}.", hint="Send one JSON object in UTF-8."
        ) from error
    return value


@lru_cache(maxsize=256)
def _decoder(wanted: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(wanted)


def _each_name_once(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise Malformed(
            f"{twice[:64]} stands in the body more than once.", field=twice[:64], hint="Send each field once."
        )


_NAMES = json.JSONDecoder(object_pairs_hook=_each_name_once)
"""Looks at names only, in two microseconds: what the values are is settled by then."""


def _where(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (
        str(error)
        .removeprefix("JSON is malformed: ")
        .replace("Input data was truncated", "it ends too early")
    )
