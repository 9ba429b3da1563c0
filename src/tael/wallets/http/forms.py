"""What do the routes of wallets have in common? Parameters, and how a call is put."""

from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from litestar.params import PathParameter

from tael.foundation.calls import Call
from tael.foundation.http.permissions import caller_of

LOOK, ACT = "user.basic", "user.transaction"
STAFF = "wallets.read"

AnyRequest = Request[Any, Any, Any]
C = TypeVar("C", bound=msgspec.Struct)
TransferId = Annotated[str, PathParameter(description="`trf_` and 26 characters, as the API gave it")]
PacketId = Annotated[str, PathParameter(description="`pkt_` and 26 characters, as the API gave it")]
OrderNumber = Annotated[str, PathParameter(description="The order's number, as it was shown")]
UserId = Annotated[str, PathParameter(description="`usr_` and 26 characters")]


class OnObject(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with what it is about: what a repeat must repeat."""

    object_id: str
    request: msgspec.Struct | None = None


def a_call(
    request: AnyRequest, action: str, key: str, said: msgspec.Struct | None, command: C, *, about: str = ""
) -> Call[C]:
    """A call under the caller's key, about an object that its address names."""
    asked = OnObject(object_id=about, request=said) if about or said is None else said
    return Call(caller=caller_of(request), action=action, key=key, request=asked, command=command)
