"""What do the routes of funding have in common? Parameters, and how a call is put."""

from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from litestar.params import PathParameter

from tael.foundation.calls import Call
from tael.foundation.http.permissions import caller_of

LOOK, ACT, MANAGE = "user.basic", "user.transaction", "user.management"

AnyRequest = Request[Any, Any, Any]
C = TypeVar("C", bound=msgspec.Struct)
CardPath = Annotated[str, PathParameter(description="`bcd_` and 26 characters, as the API gave it")]
TopUpPath = Annotated[str, PathParameter(description="`top_` and 26 characters, as the API gave it")]
QuotePath = Annotated[str, PathParameter(description="`wdq_` and 26 characters, as the API gave it")]
WithdrawalPath = Annotated[str, PathParameter(description="`wdr_` and 26 characters, as the API gave it")]


class On(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with what it is about: what a repeat must repeat."""

    about: str
    request: msgspec.Struct


def a_call(
    request: AnyRequest, action: str, key: str, said: msgspec.Struct, command: C, *, about: str = ""
) -> Call[C]:
    """A call under the caller's key, about an object that its address names."""
    return Call(
        caller=caller_of(request),
        action=action,
        key=key,
        request=On(about=about, request=said),
        command=command,
    )
